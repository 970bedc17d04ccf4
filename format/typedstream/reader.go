package typedstream

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Head bytes with a meaning; all others are small numbers or references.
const (
	tagInt16 = 0x81
	tagInt32 = 0x82
	tagReal  = 0x83
	tagNew   = 0x84
	tagNil   = 0x85
	tagEnd   = 0x86 // 0x80 and 0x87 to 0x91 are reserved

	firstReference = -110 // the number that refers to entry 0 of a table
)

var (
	errReference = errors.New("reference to something that was not read")
	errDepth     = fmt.Errorf("nested deeper than %d", MaxDepth)
	errValues    = fmt.Errorf("more than %d values", MaxValues)
	errTag       = errors.New("unexpected tag")
)

// A reader decodes one stream. Type encodings, class names and C strings are
// written once and referred to later; so are objects, classes and C strings in
// a table of their own.
type reader struct {
	src     string
	pos     int
	big     bool
	strings []string
	table   []tableEntry
	depth   int
	values  int
}

// A tableEntry is an object, a class or a C string.
type tableEntry struct {
	object *Object
	class  *class
	text   string
	kind   Kind
}

// at puts the position before an error.
func (r *reader) at(pos int, what string, err error) error {
	return fmt.Errorf("read %s at offset %d: %w", what, pos, err)
}

func (r *reader) take(n int) (string, error) {
	if n < 0 || n > len(r.src)-r.pos {
		return "", io.ErrUnexpectedEOF
	}
	s := r.src[r.pos : r.pos+n]
	r.pos += n
	return s, nil
}

func (r *reader) peek() (byte, error) {
	if r.pos >= len(r.src) {
		return 0, io.ErrUnexpectedEOF
	}
	return r.src[r.pos], nil
}

// fixed reads a number of n bytes in the byte order of the stream.
func (r *reader) fixed(n int) (uint64, error) {
	s, err := r.take(n)
	if err != nil {
		return 0, err
	}
	var v uint64
	for i := range n {
		if r.big {
			v = v<<8 | uint64(s[i])
		} else {
			v |= uint64(s[i]) << (8 * i)
		}
	}
	return v, nil
}

// integer reads a signed number: one byte, or a tag and 2 or 4 bytes.
func (r *reader) integer() (int64, error) {
	head, err := r.fixed(1)
	if err != nil {
		return 0, err
	}
	switch head {
	case tagInt16:
		n, err := r.fixed(2)
		return int64(int16(n)), err
	case tagInt32:
		n, err := r.fixed(4)
		return int64(int32(n)), err
	}
	if n := int64(int8(head)); n >= firstReference {
		return n, nil
	}
	return 0, fmt.Errorf("%w 0x%02x", errTag, head)
}

// unsigned reads a count or an unsigned value. A byte of 0x92 and more is that
// number; Apple's writer uses a tag and two bytes from 128 on.
func (r *reader) unsigned() (int64, error) {
	head, err := r.peek()
	if err != nil {
		return 0, err
	}
	n, err := r.integer()
	switch head {
	case tagInt16:
		n = int64(uint16(n))
	case tagInt32:
		n = int64(uint32(n))
	default:
		n &= 0xff
	}
	return n, err
}

// real reads a float or double: a tag and its bytes, or an integer.
func (r *reader) real(size int) (float64, error) {
	head, err := r.peek()
	if err != nil {
		return 0, err
	}
	if head != tagReal {
		n, err := r.integer()
		return float64(n), err
	}
	r.pos++
	n, err := r.fixed(size)
	if size == 4 {
		return float64(math.Float32frombits(uint32(n))), err
	}
	return math.Float64frombits(n), err
}

// head takes the tag that says what follows: nil, something new, or else the
// reference that it reads.
func (r *reader) head(entries int) (tag byte, ref int, err error) {
	tag, err = r.peek()
	if err != nil {
		return 0, 0, err
	}
	if tag == tagNil || tag == tagNew {
		r.pos++
		return tag, 0, nil
	}
	n, err := r.integer()
	if err != nil {
		return 0, 0, err
	}
	if n -= firstReference; n < 0 || n >= int64(entries) {
		return 0, 0, errReference
	}
	return 0, int(n), nil
}

// sized reads a length and that many bytes.
func (r *reader) sized() (string, error) {
	n, err := r.unsigned()
	if err != nil {
		return "", err
	}
	if n > int64(len(r.src)-r.pos) {
		return "", fmt.Errorf("%d bytes of %d: %w", n, len(r.src)-r.pos, io.ErrUnexpectedEOF)
	}
	return r.take(int(n))
}

// shared reads a string that is written once, and makes it valid UTF-8 once. It is "" for nil.
func (r *reader) shared() (string, error) {
	tag, ref, err := r.head(len(r.strings))
	if err != nil {
		return "", err
	}
	switch tag {
	case tagNil:
		return "", nil
	case tagNew:
		s, err := r.sized()
		if err != nil {
			return "", err
		}
		s = valid(s)
		r.strings = append(r.strings, s)
		return s, nil
	}
	return r.strings[ref], nil
}

// group reads a type encoding and its values and appends them.
func (r *reader) group(values *[]Value, number int) error {
	pos := r.pos
	types, err := r.shared()
	if err == nil && (types == "" || len(types) > maxEncoding) {
		err = fmt.Errorf("%w: %d characters", errEncoding, len(types))
	}
	if err != nil {
		return r.at(pos, "type encoding", err)
	}
	for types != "" {
		one, rest, err := splitType(types)
		if err != nil {
			return r.at(pos, "type encoding", err)
		}
		v, err := r.value(one)
		v.Group = number
		if v.Kind != Nil || err == nil {
			*values = append(*values, v)
		}
		if err != nil {
			return err
		}
		types = rest
	}
	return nil
}

// object reads an object, nil or a reference to one.
func (r *reader) object() (*Object, error) {
	pos := r.pos
	tag, ref, err := r.head(len(r.table))
	if err != nil {
		return nil, r.at(pos, "object", err)
	}
	if tag != tagNew {
		if tag == tagNil {
			return nil, nil
		}
		if r.table[ref].kind != Obj {
			return nil, r.at(pos, "object", errReference)
		}
		return r.table[ref].object, nil
	}
	if r.depth++; r.depth > MaxDepth {
		return nil, r.at(pos, "object", errDepth)
	}
	defer func() { r.depth-- }()
	o := &Object{Offset: pos}
	r.table = append(r.table, tableEntry{object: o, kind: Obj})
	if o.class, err = r.class(); err != nil {
		return o, err
	}
	for group := 0; ; group++ {
		tag, err := r.peek()
		if err != nil {
			return o, r.at(r.pos, "end of object", err)
		}
		if tag == tagEnd {
			r.pos++
			return o, nil
		}
		if err := r.group(&o.Values, group); err != nil {
			return o, err
		}
	}
}

// class reads a class with those it inherits from, which are new until one is
// nil or a reference.
func (r *reader) class() (*class, error) {
	var first, last *class
	link := func(c *class) {
		if last == nil {
			first = c
		} else {
			last.super = c
		}
		last = c
	}
	for n := 0; ; n++ {
		pos := r.pos
		tag, ref, err := r.head(len(r.table))
		if err == nil && tag == 0 && (r.table[ref].kind != Class || r.table[ref].class == last) {
			err = errReference
		}
		if err == nil && n > maxClasses {
			err = errDepth
		}
		if err != nil {
			return first, r.at(pos, "class", err)
		}
		if tag != tagNew {
			if tag == 0 {
				link(r.table[ref].class)
			}
			return first, nil
		}
		name, err := r.shared()
		if err == nil {
			_, err = r.integer() // version of the class
		}
		if err != nil {
			return first, r.at(pos, "class", err)
		}
		link(&class{name: name})
		r.table = append(r.table, tableEntry{kind: Class, class: last})
	}
}

// cString reads a C string, which is an entry of the table of objects.
func (r *reader) cString() (string, bool, error) {
	tag, ref, err := r.head(len(r.table))
	switch {
	case err != nil || tag == tagNil:
		return "", false, err
	case tag == tagNew:
		s, err := r.shared()
		r.table = append(r.table, tableEntry{text: s, kind: String})
		return s, true, err
	case r.table[ref].kind != String:
		return "", false, errReference
	}
	return r.table[ref].text, true, nil
}

// rest takes what remains of a string that claims to be longer than the stream:
// up to the end of its object, or everything.
func (r *reader) rest() string {
	s := r.src[r.pos:]
	if end := strings.Index(s, string([]byte{tagEnd, tagNew})); end >= 0 {
		s = s[:end]
	}
	return s
}
