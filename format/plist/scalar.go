package plist

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// maxDigits is the longest integer text that is converted; 128 bits need 39.
const maxDigits = 64

var (
	errInteger = errors.New("not an integer of 128 bits")
	errDate    = errors.New("not a date of the form 2001-01-01T00:00:00Z")
)

// scalar reads an element without children to its end and fills its node.
func (b *builder) scalar(kind, name string, num uint32) error {
	b.text = b.text[:0]
	for {
		tok, err := b.next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			b.doc.xml.fail(num, b.damage(num, err))
			return err
		}
		switch tok := tok.(type) {
		case xml.CharData:
			b.text = append(b.text, tok...)
		case xml.Directive:
			b.doc.xml.fail(num, b.damage(num, fmt.Errorf("declaration inside <%s>", name)))
			return b.skip(1)
		case xml.StartElement:
			inner := elementName(tok.Name)
			b.doc.xml.fail(num, b.damage(num, fmt.Errorf("element <%s> inside <%s>", shorten(inner), name)))
			return b.skip(2)
		case xml.EndElement:
			if got := elementName(tok.Name); got != name {
				err := fmt.Errorf("</%s> where </%s> belongs", shorten(got), name)
				b.doc.xml.fail(num, b.damage(num, err))
				return err
			}
			if err := b.doc.xml.fill(num, kind, b.text); err != nil {
				b.doc.xml.fail(num, b.damage(num, err))
			}
			return nil
		}
	}
}

// fill sets a scalar node from its text.
func (t *tree) fill(num uint32, kind string, text []byte) error {
	n := &t.nodes[num]
	switch kind {
	case "string":
		n.kind = String
		if len(text) > 0 {
			n.a = uint32(len(t.texts))
			t.texts = append(t.texts, string(text))
		}
		return nil
	case "data":
		return t.fillData(n, text)
	case "true", "false":
		n.kind = Bool
		if kind == "true" {
			n.a = 1
		}
		return nil
	}
	s := strings.TrimSpace(string(text))
	switch kind {
	case "integer":
		return t.fillInteger(n, s)
	case "real":
		f, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("real %q: not a number", shorten(s))
		}
		n.kind, n.a = Real, t.float(f)
	case "date":
		d, err := parseDate(s)
		if err != nil {
			return fmt.Errorf("date %q: %w", shorten(s), err)
		}
		n.kind, n.a = Date, t.float(d)
	}
	return nil
}

// fillInteger accepts decimal and, with 0x, hexadecimal digits and a sign.
func (t *tree) fillInteger(n *node, s string) error {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		n.a, n.b, n.kind = t.number(i>>63, uint64(i))
		return nil
	}
	digits, base := strings.TrimPrefix(s, "+"), 10
	sign := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	if low := strings.ToLower(digits); strings.HasPrefix(low, "0x") {
		digits, base = digits[2:], 16
	}
	if len(digits) > maxDigits || strings.ContainsAny(digits, "+-_") {
		return fmt.Errorf("integer %q: %w", shorten(s), errInteger)
	}
	i, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return fmt.Errorf("integer %q: %w", shorten(s), errInteger)
	}
	if sign {
		i.Neg(i)
	}
	limit := new(big.Int).Lsh(big.NewInt(1), 127)
	if i.Cmp(limit) >= 0 || i.Cmp(new(big.Int).Neg(limit)) < 0 {
		return fmt.Errorf("integer %q: %w", shorten(s), errInteger)
	}
	lo := new(big.Int).And(i, new(big.Int).SetUint64(1<<64-1)).Uint64()
	hi := new(big.Int).Rsh(i, 64).Int64()
	n.a, n.b, n.kind = t.number(hi, lo)
	return nil
}

// fillData decodes base64, between whose characters white space may stand.
func (t *tree) fillData(n *node, text []byte) error {
	packed := make([]byte, 0, len(text))
	for _, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			packed = append(packed, c)
		}
	}
	packed = bytes.TrimRight(packed, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(packed)))
	size, err := base64.RawStdEncoding.Decode(out, packed)
	if err != nil {
		return fmt.Errorf("data of %d characters: %w", len(packed), err)
	}
	n.kind, n.a = Data, uint32(len(t.datas))
	t.datas = append(t.datas, out[:size])
	return nil
}

// parseDate returns seconds since 2001. A fraction and an offset, which Apple
// does not write, are understood too.
func parseDate(s string) (float64, error) {
	d, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, errDate
	}
	return float64(d.Unix()-cocoaEpoch) + float64(d.Nanosecond())/1e9, nil
}
