package typedstream

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var errEncoding = errors.New("type encoding not understood")

const (
	maxTypeNesting = 16   // arrays and structures within one type
	maxEncoding    = 4096 // bytes of the types of one group
)

// splitType cuts the first type from an encoding.
func splitType(types string) (one, rest string, err error) {
	depth := 0
	for i := 0; i < len(types); i++ {
		switch types[i] {
		case '[', '{', '(':
			if depth++; depth > maxTypeNesting {
				return "", "", fmt.Errorf("%w: %.40q", errEncoding, types)
			}
		case ']', '}', ')':
			depth--
		}
		if depth == 0 {
			return types[:i+1], types[i+1:], nil
		}
	}
	return "", "", fmt.Errorf("%w: %.40q", errEncoding, types)
}

// value reads one value of one type. With an error, a value of a kind other
// than Nil is the part that could be read.
func (r *reader) value(typ string) (Value, error) {
	v := Value{Type: typ, Offset: r.pos}
	if r.values++; r.values > MaxValues {
		return v, r.at(r.pos, "value", errValues)
	}
	var err error
	switch typ[0] {
	case '@':
		v.Object, err = r.object()
		if v.Object != nil {
			v.Kind = Obj
		}
		return v, err
	case '#':
		var c *class
		if c, err = r.class(); c != nil {
			v.Kind, v.Text = Class, c.name
		}
		return v, err
	case '+', '*', ':', '%':
		return v, r.textValue(&v, typ[0])
	case '[':
		return v, r.array(&v, typ)
	case '{':
		return v, r.structure(&v, typ)
	case '!': // a field that is not written
		return v, nil
	}
	if err = r.numeric(&v, typ[0]); err != nil {
		v.Kind = Nil
		return v, r.at(v.Offset, "value of type "+strconv.Quote(typ[:1]), err)
	}
	return v, nil
}

// numeric reads a number or truth value.
func (r *reader) numeric(v *Value, typ byte) (err error) {
	v.Kind = Int
	switch typ {
	case 'c':
		var n uint64
		n, err = r.fixed(1)
		v.Int = int64(int8(n))
	case 'C', 'B':
		var n uint64
		n, err = r.fixed(1)
		v.Int = int64(n)
	case 's', 'i', 'l', 'q':
		v.Int, err = r.integer()
	case 'S', 'I', 'L', 'Q':
		v.Int, err = r.unsigned()
	case 'f':
		v.Kind = Float
		v.Float, err = r.real(4)
	case 'd':
		v.Kind = Float
		v.Float, err = r.real(8)
	default:
		err = errEncoding
	}
	return err
}

// textValue reads a string.
func (r *reader) textValue(v *Value, typ byte) error {
	var s string
	ok, err := true, error(nil)
	switch typ {
	case '*':
		s, ok, err = r.cString()
	case '+':
		if tag, _ := r.peek(); tag == tagNil {
			r.pos++
			return nil
		}
		s, err = r.sized()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			s = r.rest()
		}
		s = valid(s)
	default:
		s, err = r.shared()
	}
	if ok && (err == nil || s != "") {
		v.Kind, v.Text = String, s
	}
	if err != nil {
		return r.at(v.Offset, "string", err)
	}
	return nil
}

// array reads [12i]; arrays of characters are bytes.
func (r *reader) array(v *Value, typ string) error {
	inner := strings.TrimSuffix(typ[1:], "]")
	digits := len(inner) - len(strings.TrimLeft(inner, "0123456789"))
	count, err := strconv.ParseUint(inner[:digits], 10, 32)
	inner = inner[digits:]
	if err != nil || inner == "" {
		return r.at(v.Offset, "array", fmt.Errorf("%w: %.40q", errEncoding, typ))
	}
	if inner == "c" || inner == "C" {
		s, err := r.take(int(count))
		if err != nil {
			return r.at(v.Offset, "array", err)
		}
		v.Kind, v.Data = Data, []byte(s)
		return nil
	}
	v.Kind = Array
	for range count {
		el, err := r.value(inner)
		if err != nil {
			return err
		}
		v.Elems = append(v.Elems, el)
	}
	return nil
}

// structure reads {name=ii}.
func (r *reader) structure(v *Value, typ string) error {
	_, fields, ok := strings.Cut(strings.TrimSuffix(typ[1:], "}"), "=")
	if !ok {
		return r.at(v.Offset, "structure", fmt.Errorf("%w: %.40q", errEncoding, typ))
	}
	v.Kind = Struct
	for fields != "" {
		one, rest, err := splitType(fields)
		if err != nil {
			return r.at(v.Offset, "structure", err)
		}
		el, err := r.value(one)
		if err != nil {
			return err
		}
		v.Elems, fields = append(v.Elems, el), rest
	}
	return nil
}
