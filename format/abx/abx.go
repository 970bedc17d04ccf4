// Package abx decodes Android binary XML, the form of most XML files of the
// system of Android 12 and later, and plain XML, into the same elements.
//
// A file is a magic number and a stream of events of one byte: the low half is
// the kind of event, the high half the type of the value that follows. Numbers
// are big-endian. Strings have a length of two bytes; names are kept in a pool
// and referred to by index. There can be several elements at the top.
//
// Source: AOSP com.android.internal.util.BinaryXmlSerializer and
// com.android.modules.utils.FastDataOutput; observed files.
package abx

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Limits that a hostile file cannot exceed.
const (
	maxDepth    = 256
	maxElements = 1 << 20
	maxPool     = 1 << 16
)

// Magic is how the binary form begins.
const Magic = "ABX\x00"

var (
	errToken = errors.New("unknown token")
	errType  = errors.New("unknown type of value")
	errDepth = errors.New("elements too deep")
	errCount = errors.New("too many elements")
	errIndex = errors.New("name is not in the pool")
	errEnd   = errors.New("end of an element that was not begun")
)

// An Element is one element with its attributes in the order of the file.
type Element struct {
	Name       string
	Attributes []Attribute
	Elements   []*Element
	Text       string // of all texts in it, joined
	Offset     int    // of its start tag in the file, in bytes; 0 in plain XML
}

// An Attribute is a name with its value as the text that plain XML would have:
// numbers in decimal or, where written so, in hexadecimal, bytes in hexadecimal
// or base64, "true", "false".
type Attribute struct {
	Name, Value string
}

// Get returns the value of an attribute, or "".
func (e *Element) Get(name string) string {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Decode decodes a file of either form. On damage it returns the elements before
// it, those not ended too, with an error that tells the offset.
func Decode(data []byte) ([]*Element, error) {
	if !strings.HasPrefix(string(data[:min(len(data), len(Magic))]), Magic) {
		return plain(data)
	}
	d := &decoder{data: data, pos: len(Magic)}
	for d.pos < len(data) {
		start := d.pos
		if err := d.event(); err != nil {
			return d.done(), fmt.Errorf("read event at offset %d: %w", start, err)
		}
	}
	if len(d.open) > 0 {
		return d.done(), fmt.Errorf("read event at offset %d: %w", d.pos, io.ErrUnexpectedEOF)
	}
	return d.done(), nil
}

type decoder struct {
	tree
	data []byte
	pos  int
	pool []string
}

// A tree is built of elements as they begin and end.
type tree struct {
	root Element
	open []*Element
	text [][]byte // of the open elements
	n    int
}

func (t *tree) begin(e *Element) error {
	if t.n++; t.n > maxElements {
		return errCount
	}
	if len(t.open) >= maxDepth {
		return errDepth
	}
	p := t.top()
	p.Elements = append(p.Elements, e)
	t.open, t.text = append(t.open, e), append(t.text, nil)
	return nil
}

func (t *tree) end() error {
	if len(t.open) == 0 {
		return errEnd
	}
	k := len(t.open) - 1
	t.open[k].Text = string(t.text[k])
	t.open, t.text = t.open[:k], t.text[:k]
	return nil
}

// write adds text to the open element; at the top it has no meaning.
func (t *tree) write(text string) {
	if k := len(t.open) - 1; k >= 0 {
		t.text[k] = append(t.text[k], text...)
	}
}

// done returns the elements, those not ended too.
func (t *tree) done() []*Element {
	for k, e := range t.open {
		e.Text = string(t.text[k])
	}
	return t.root.Elements
}

func (t *tree) top() *Element {
	if len(t.open) == 0 {
		return &t.root
	}
	return t.open[len(t.open)-1]
}

// The kinds of events, those of XmlPull.
const (
	startDocument = 0
	endDocument   = 1
	startTag      = 2
	endTag        = 3
	text          = 4
	docdecl       = 10
	attribute     = 15
)

func (d *decoder) event() error {
	at := d.pos
	token := d.data[d.pos]
	d.pos++
	switch kind := token & 0x0f; {
	case kind == startDocument || kind == endDocument:
		return nil
	case kind == startTag:
		name, err := d.value(token >> 4)
		if err != nil {
			return err
		}
		return d.begin(&Element{Name: name, Offset: at})
	case kind == endTag:
		if _, err := d.value(token >> 4); err != nil {
			return err
		}
		return d.end()
	case kind == attribute:
		name, err := d.interned()
		if err != nil {
			return err
		}
		value, err := d.value(token >> 4)
		e := d.top()
		e.Attributes = append(e.Attributes, Attribute{name, value})
		return err
	case kind >= text && kind <= docdecl:
		value, err := d.value(token >> 4)
		if kind < 8 { // text, CDATA, entity, white space
			d.write(value)
		}
		return err
	}
	return errToken
}

// value reads a value of a type as text.
func (d *decoder) value(kind byte) (string, error) {
	switch kind {
	case 1:
		return "", nil
	case 2:
		b, err := d.bytes()
		return modified(b), err
	case 3:
		return d.interned()
	case 4:
		b, err := d.bytes()
		return hex.EncodeToString(b), err
	case 5:
		b, err := d.bytes()
		return base64.StdEncoding.EncodeToString(b), err
	case 12:
		return "true", nil
	case 13:
		return "false", nil
	}
	size := 4
	if kind == 8 || kind == 9 || kind == 11 {
		size = 8
	}
	if kind < 6 || kind > 11 {
		return "", errType
	}
	b, err := d.take(size)
	if err != nil {
		return "", err
	}
	if size == 4 {
		return number(kind, uint64(binary.BigEndian.Uint32(b)), 32), nil
	}
	return number(kind, binary.BigEndian.Uint64(b), 64), nil
}

func number(kind byte, n uint64, bits int) string {
	switch kind {
	case 6:
		return strconv.FormatInt(int64(int32(n)), 10)
	case 8:
		return strconv.FormatInt(int64(n), 10)
	case 10:
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(n))), 'g', -1, bits)
	case 11:
		return strconv.FormatFloat(math.Float64frombits(n), 'g', -1, bits)
	}
	return strconv.FormatUint(n, 16)
}

func (d *decoder) take(n int) ([]byte, error) {
	if n > len(d.data)-d.pos {
		return nil, io.ErrUnexpectedEOF
	}
	d.pos += n
	return d.data[d.pos-n : d.pos], nil
}

func (d *decoder) uint16() (int, error) {
	b, err := d.take(2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)), nil
}

func (d *decoder) bytes() ([]byte, error) {
	n, err := d.uint16()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

// interned reads a name by its index in the pool; 0xffff adds a new one.
func (d *decoder) interned() (string, error) {
	i, err := d.uint16()
	if err != nil {
		return "", err
	}
	if i != 0xffff {
		if i >= len(d.pool) {
			return "", errIndex
		}
		return d.pool[i], nil
	}
	b, err := d.bytes()
	if err != nil {
		return "", err
	}
	s := modified(b)
	if len(d.pool) < maxPool {
		d.pool = append(d.pool, s)
	}
	return s, nil
}

// modified decodes the UTF-8 of Java, which writes NUL in two bytes and what is
// beyond 16 bits as two surrogates of three bytes.
func modified(b []byte) string {
	if s := string(b); !strings.Contains(s, "\xed") && !strings.Contains(s, "\xc0\x80") {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	var units []uint16
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c < 0x80:
			units = append(units, uint16(c))
			i++
		case c>>5 == 6 && i+1 < len(b):
			units = append(units, uint16(c&0x1f)<<6|uint16(b[i+1]&0x3f))
			i += 2
		case c>>4 == 14 && i+2 < len(b):
			units = append(units, uint16(c&0x0f)<<12|uint16(b[i+1]&0x3f)<<6|uint16(b[i+2]&0x3f))
			i += 3
		default:
			units = append(units, 0xfffd)
			i++
		}
	}
	return string(utf16.Decode(units))
}

// plain decodes XML, whose several top elements and missing encodings are no error.
func plain(data []byte) ([]*Element, error) {
	x := xml.NewDecoder(strings.NewReader(string(data)))
	x.Strict = false
	x.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var t tree
	for {
		token, err := x.RawToken()
		switch token := token.(type) {
		case xml.StartElement:
			e := &Element{Name: token.Name.Local}
			for _, a := range token.Attr {
				e.Attributes = append(e.Attributes, Attribute{a.Name.Local, a.Value})
			}
			err = t.begin(e)
		case xml.EndElement:
			err = t.end()
		case xml.CharData:
			t.write(string(token))
		}
		if errors.Is(err, io.EOF) {
			if len(t.open) > 0 {
				return t.done(), fmt.Errorf("read element %q: %w", t.top().Name, io.ErrUnexpectedEOF)
			}
			return t.done(), nil
		}
		if err != nil {
			return t.done(), fmt.Errorf("read XML at offset %d: %w", x.InputOffset(), err)
		}
	}
}
