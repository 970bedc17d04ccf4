package message

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// unsigned reads a little-endian number of 1, 2, 4 or 8 bytes.
func unsigned(data []byte) (n uint64, ok bool) {
	switch len(data) {
	case 4:
		return uint64(binary.LittleEndian.Uint32(data)), true
	case 8:
		return binary.LittleEndian.Uint64(data), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(data)), true
	case 1:
		return uint64(data[0]), true
	}
	return 0, false
}

// signed reads a little-endian number in two's complement.
func signed(data []byte) (n int64, ok bool) {
	u, ok := unsigned(data)
	return extend(u, len(data)), ok
}

// extend extends the sign of a number of size bytes.
func extend(u uint64, size int) int64 {
	switch size {
	case 1:
		return int64(int8(u))
	case 2:
		return int64(int16(u))
	case 4:
		return int64(int32(u))
	}
	return int64(u)
}

// appendUint appends a number in decimal digits.
func appendUint(dst []byte, n uint64) []byte { return strconv.AppendUint(dst, n, 10) }

// appendInt appends a number in decimal digits.
func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// integer writes a number. Its size is that of the item, its sign that of the
// conversion.
func (w *writer) integer(c *conversion, data []byte) {
	u, ok := unsigned(data)
	if !ok {
		w.unsupported()
		return
	}
	size := len(data)
	switch {
	case c.length == lengthChar:
		size, u = 1, u&0xff
	case c.length == lengthShort && size > 2:
		size, u = 2, u&0xffff
	}
	negative, base := false, 10
	switch c.verb {
	case 'd', 'D', 'i':
		n := extend(u, size)
		if c.flags == 0 && w.width < 0 && w.precision < 0 {
			w.dst = strconv.AppendInt(w.dst, n, 10)
			return
		}
		if negative = n < 0; negative {
			n = -n
		}
		u = uint64(n)
	case 'x', 'X', 'p':
		base = 16
	case 'o', 'O':
		base = 8
	}
	if c.flags == 0 && w.width < 0 && w.precision < 0 && c.verb != 'X' && c.verb != 'p' {
		w.dst = strconv.AppendUint(w.dst, u, base)
		return
	}
	w.digits(c, u, base, negative)
}

// digits writes a number with flags, precision and width.
func (w *writer) digits(c *conversion, u uint64, base int, negative bool) {
	var buf [64]byte
	digits := strconv.AppendUint(buf[:0], u, base)
	precision := int(w.clamp(int64(w.precision)))
	if precision == 0 && u == 0 {
		digits = digits[:0]
	}
	prefix := ""
	sign := c.verb == 'd' || c.verb == 'D' || c.verb == 'i'
	switch {
	case negative:
		prefix = "-"
	case sign && c.flags&flagPlus != 0:
		prefix = "+"
	case sign && c.flags&flagSpace != 0:
		prefix = " "
	case c.verb == 'p':
		prefix = "0x"
	case base == 16 && c.flags&flagSharp != 0 && u != 0:
		prefix = "0" + string(c.verb)
	case base == 8 && c.flags&flagSharp != 0 && (len(digits) == 0 || digits[0] != '0'):
		precision = max(precision, len(digits)+1)
	}
	if c.verb == 'X' {
		upper(digits)
	}
	zeros := precision - len(digits)
	if w.precision < 0 && c.flags&flagZero != 0 && !w.minus {
		zeros = max(zeros, w.width-len(prefix)-len(digits))
	}
	start := len(w.dst)
	w.dst = append(w.dst, prefix...)
	for range max(zeros, 0) {
		w.dst = append(w.dst, '0')
	}
	w.dst = append(w.dst, digits...)
	w.pad(start)
}

// upper makes letters of ASCII upper case.
func upper(text []byte) {
	for i, b := range text {
		if 'a' <= b && b <= 'z' {
			text[i] = b - 'a' + 'A'
		}
	}
}

// character writes the low byte of a number (%c) or a code point (%C).
func (w *writer) character(c *conversion, data []byte) {
	u, ok := unsigned(data)
	if !ok {
		w.unsupported()
		return
	}
	start := len(w.dst)
	switch {
	case c.verb == 'C':
		w.dst = utf8.AppendRune(w.dst, rune(min(u, utf8.MaxRune+1)))
	case u&0xff < utf8.RuneSelf:
		w.dst = append(w.dst, byte(u))
	default:
		w.stats.Replaced++
		w.dst = append(w.dst, "\ufffd"...)
	}
	w.pad(start)
}

// float writes a floating-point number of 8 or 4 bytes.
func (w *writer) float(c *conversion, data []byte) {
	u, ok := unsigned(data)
	f := math.Float64frombits(u)
	switch {
	case !ok || len(data) < 4:
		w.unsupported()
		return
	case len(data) == 4:
		f = float64(math.Float32frombits(uint32(u)))
	}
	start := len(w.dst)
	switch {
	case math.Signbit(f) && !math.IsNaN(f):
		w.dst = append(w.dst, '-')
	case c.flags&flagPlus != 0:
		w.dst = append(w.dst, '+')
	case c.flags&flagSpace != 0:
		w.dst = append(w.dst, ' ')
	}
	zero := len(w.dst) // where zeros are filled in
	w.dst = w.magnitude(c, math.Abs(f))
	if c.verb < 'a' {
		upper(w.dst[zero:])
	}
	if c.flags&flagZero != 0 && !w.minus && !math.IsNaN(f) && !math.IsInf(f, 0) {
		if c.verb == 'a' || c.verb == 'A' {
			zero += len("0x")
		}
		w.fill(start, zero)
	}
	w.pad(start)
}

// fill inserts zeros at zero until the text from start has its width.
func (w *writer) fill(start, zero int) {
	missing := w.width - (len(w.dst) - start)
	if missing <= 0 {
		return
	}
	w.dst = slices.Grow(w.dst, missing)
	end := len(w.dst)
	w.dst = w.dst[:end+missing]
	copy(w.dst[zero+missing:], w.dst[zero:end])
	for i := range missing {
		w.dst[zero+i] = '0'
	}
}

// magnitude appends a number that is not negative in lower case.
func (w *writer) magnitude(c *conversion, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(w.dst, "nan"...)
	case math.IsInf(f, 0):
		return append(w.dst, "inf"...)
	}
	precision := int(w.clamp(int64(w.precision)))
	if precision < 0 {
		precision = 6
		if c.wrap.number() {
			precision = 9 // signpost telemetry is written as %.9g
		}
	}
	switch c.verb {
	case 'e', 'E':
		return strconv.AppendFloat(w.dst, f, 'e', precision, 64)
	case 'f', 'F':
		if c.wrap.number() {
			break
		}
		return strconv.AppendFloat(w.dst, f, 'f', precision, 64)
	case 'a', 'A':
		return w.hexFloat(f)
	}
	return strconv.AppendFloat(w.dst, f, 'g', precision, 64)
}

// hexFloat appends a number as %a does: its exponent has no leading zero.
func (w *writer) hexFloat(f float64) []byte {
	start := len(w.dst)
	dst := strconv.AppendFloat(w.dst, f, 'x', int(w.clamp(int64(max(w.precision, none)))), 64)
	for i := start; i+3 < len(dst); i++ {
		if dst[i] == 'p' && dst[i+2] == '0' {
			return append(dst[:i+2], dst[i+3:]...)
		}
	}
	return dst
}
