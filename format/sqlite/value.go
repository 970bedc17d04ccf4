package sqlite

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An Encoding is the text encoding of a database, as its header numbers them.
type Encoding uint32

// The encodings that SQLite knows.
const (
	UTF8    Encoding = 1
	UTF16LE Encoding = 2
	UTF16BE Encoding = 3
)

// String returns the name that PRAGMA encoding gives.
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "UTF-8"
	case UTF16LE:
		return "UTF-16le"
	case UTF16BE:
		return "UTF-16be"
	}
	return "encoding " + strconv.FormatUint(uint64(e), 10)
}

// A Kind is the storage class of a [Value].
type Kind uint8

// The storage classes of SQLite.
const (
	Null Kind = iota
	Int
	Float
	Text
	Blob
)

// String returns the name that the SQL function typeof gives.
func (k Kind) String() string {
	switch k {
	case Int:
		return "integer"
	case Float:
		return "real"
	case Text:
		return "text"
	case Blob:
		return "blob"
	}
	return "null"
}

// A Value is one column of one row. The zero Value is NULL.
type Value struct {
	Kind Kind
	enc  Encoding
	num  uint64 // the integer, or the bits of the float
	b    []byte // text in the encoding enc, or the blob
}

// IsNull reports whether the value is NULL or its column is absent.
func (v Value) IsNull() bool { return v.Kind == Null }

// Int returns the value as an integer: a real is truncated towards zero and held
// within the range of int64, a text or blob gives the number it begins with, and
// everything else is 0.
func (v Value) Int() int64 {
	switch v.Kind {
	case Int:
		return int64(v.num)
	case Float:
		return truncate(math.Float64frombits(v.num))
	case Text, Blob:
		s := numericPrefix(v.Text())
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
		f, _ := strconv.ParseFloat(s, 64)
		return truncate(f)
	}
	return 0
}

// Float returns the value as a real, under the rules of [Value.Int].
func (v Value) Float() float64 {
	switch v.Kind {
	case Int:
		return float64(int64(v.num))
	case Float:
		return math.Float64frombits(v.num)
	case Text, Blob:
		f, _ := strconv.ParseFloat(numericPrefix(v.Text()), 64)
		return f
	}
	return 0
}

// Text returns the value as UTF-8. A number is written as SQLite writes it. Of a
// blob the bytes are taken as UTF-8, since applications store text so. Bytes that
// are no text in the encoding appear as \xNN; NULL gives "".
func (v Value) Text() string {
	switch v.Kind {
	case Int:
		return strconv.FormatInt(int64(v.num), 10)
	case Float:
		return formatFloat(math.Float64frombits(v.num))
	case Text:
		if v.enc == UTF16LE || v.enc == UTF16BE {
			return decodeUTF16(v.b, v.enc)
		}
		return decodeUTF8(v.b)
	case Blob:
		return decodeUTF8(v.b)
	}
	return ""
}

// Blob returns the bytes of a blob or a text as stored, and nil for numbers and
// NULL. The bytes must not be changed; they are shared with a page of the
// database, so a caller that keeps them for long clones them.
func (v Value) Blob() []byte {
	if v.Kind == Text || v.Kind == Blob {
		return v.b
	}
	return nil
}

// truncate converts a real to an integer as CAST does.
func truncate(f float64) int64 {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// maxNumber is the length of the longest text looked at for a number.
const maxNumber = 400

// numericPrefix returns the longest beginning of s that is a decimal number,
// without leading spaces.
func numericPrefix(s string) string {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	s = s[:min(len(s), maxNumber)]
	i, end := 0, 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for i < len(s) && isDigit(s[i]) {
		i++
		end = i
	}
	if i < len(s) && s[i] == '.' {
		digits := end > 0
		i++
		if digits {
			end = i
		}
		for i < len(s) && isDigit(s[i]) {
			i++
			end = i
		}
	}
	if end == 0 || i >= len(s) || s[i] != 'e' && s[i] != 'E' {
		return s[:end]
	}
	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for i < len(s) && isDigit(s[i]) {
		i++
		end = i
	}
	return s[:end]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// realDigits is the number of significant digits of a real written as text.
const realDigits = 15

// formatFloat writes a real as SQLite's CAST long did, with 15 digits.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	case f != f:
		return "NaN"
	case f == 0:
		return "0.0"
	}
	s := strconv.FormatFloat(f, 'e', realDigits-1, 64)
	mant, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp)
	if e >= -4 && e <= realDigits {
		mant, exp = strconv.FormatFloat(f, 'f', max(realDigits-1-e, 0), 64), ""
	} else {
		exp = "e" + exp
	}
	if !strings.Contains(mant, ".") {
		mant += ".0"
	}
	mant = strings.TrimRight(mant, "0")
	if strings.HasSuffix(mant, ".") {
		mant += "0"
	}
	return mant + exp
}

const hexDigits = "0123456789abcdef"

// decodeUTF8 returns b as a string, each byte that is no UTF-8 as \xNN.
func decodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = append(out, '\\', 'x', hexDigits[b[0]>>4], hexDigits[b[0]&15])
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}

// decodeUTF16 returns b as UTF-8, lone surrogates and an odd byte as \xNN.
func decodeUTF16(b []byte, enc Encoding) string {
	unit := binary.LittleEndian.Uint16
	if enc == UTF16BE {
		unit = binary.BigEndian.Uint16
	}
	out := make([]byte, 0, len(b)/2+8)
	for len(b) >= 2 {
		r, n := rune(unit(b)), 2
		if utf16.IsSurrogate(r) {
			full := utf8.RuneError
			if len(b) >= 4 {
				full = utf16.DecodeRune(r, rune(unit(b[2:])))
			}
			if full == utf8.RuneError {
				out = appendEscaped(out, b[:2])
				b = b[2:]
				continue
			}
			r, n = full, 4
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return string(appendEscaped(out, b))
}

func appendEscaped(out, b []byte) []byte {
	for _, c := range b {
		out = append(out, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
	}
	return out
}
