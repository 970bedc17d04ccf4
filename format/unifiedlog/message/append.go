package message

import (
	"encoding/base64"
	"encoding/hex"
	"time"
	"unicode/utf8"
)

// A writer composes one message.
type writer struct {
	dst   []byte
	zone  *time.Location
	stats Stats // of this message
	items []Item
	at    int // of the next item

	width, precision int // of the current conversion, none if not given
	minus            bool
}

// Append composes the message of an entry with the given items, appends it to
// dst and returns the extended buffer. It allocates nothing else for common
// conversions. The text is UTF-8 and may hold control characters.
//
// Items are taken in their order: counts as width or precision of the value
// that follows them, mask names with the value that follows, one value for each
// conversion. An empty format shows the first value alone.
func (p *Program) Append(dst []byte, items []Item, o *Options) []byte {
	w := writer{dst: dst, items: items, zone: time.UTC}
	if o != nil && o.Zone != nil {
		w.zone = o.Zone
	}
	w.stats.Messages = 1
	w.message(p)
	if o != nil && o.Stats != nil {
		o.Stats.Add(&w.stats)
	}
	return w.dst
}

// message writes all of the message.
func (w *writer) message(p *Program) {
	if p.text == "" && len(p.convs) == 0 {
		w.bare()
		return
	}
	limit := len(w.dst) + maxMessage
	for i := range p.convs {
		c := &p.convs[i]
		w.dst = append(w.dst, p.text[c.from:c.to]...)
		if len(w.dst) > limit {
			w.stats.Clamped++
			w.dst = append(w.dst, "<decode: message too long>"...)
			return
		}
		w.conversion(c)
	}
	w.dst = append(w.dst, p.text[p.tail:]...)
	w.surplus()
}

// surplus counts the items that are left.
func (w *writer) surplus() {
	for _, it := range w.items[w.at:] {
		if k := it.kind(); k != kindCount && k != kindMask {
			w.stats.Surplus++
		}
	}
}

// The conversions of an empty format.
var (
	bareText   = conversion{verb: 's', precision: none, width: none, spec: "%s"}
	bareNumber = conversion{verb: 'd', precision: none, width: none, spec: "%d"}
	bareData   = conversion{verb: 'P', precision: none, width: none, spec: "%P"}
)

// bare writes the first value as its kind suggests.
func (w *writer) bare() {
	for i := range w.items {
		switch w.items[i].kind() {
		case kindCount, kindMask:
			continue
		case kindScalar, kindErrno:
			w.conversion(&bareNumber)
		case kindData:
			w.conversion(&bareData)
		default:
			w.conversion(&bareText)
		}
		break
	}
	w.surplus()
}

// next takes the value of a conversion and what belongs to it. Fields of
// variable width are stored as scalars, precisions and sizes as counts; a size
// can be stored although the format has it as a constant (%.16P), and need not
// be (%.2f).
func (w *writer) next(c *conversion) *Item {
	w.width, w.precision, w.minus = int(c.width), int(c.precision), c.flags&flagMinus != 0
	counts := 0
	for ; w.at < len(w.items); w.at++ {
		it := &w.items[w.at]
		more := w.at+1 < len(w.items)
		switch k := it.kind(); {
		case k == kindMask:
		case w.width == star && (k == kindCount || k == kindScalar && more):
			w.setWidth(it)
		case k == kindCount && counts < 2:
			w.setPrecision(it)
			counts++
		case w.precision == star && k == kindScalar && more && len(it.Data) == 4:
			w.setPrecision(it)
		default:
			w.at++
			return it
		}
	}
	return nil
}

// setWidth takes the width from an item; a negative one aligns to the left.
func (w *writer) setWidth(it *Item) {
	w.width = none
	n, ok := signed(it.Data)
	if !ok {
		return
	}
	if n < 0 {
		w.minus, n = true, -max(n, -maxWidth-1)
	}
	w.width = int(w.clamp(n))
}

// setPrecision takes the precision from an item; a negative one is none.
func (w *writer) setPrecision(it *Item) {
	w.precision = none
	if n, ok := signed(it.Data); ok && n >= 0 {
		w.precision = int(n) // clamped where it makes the text longer
		if n > maxData<<10 {
			w.precision = maxData << 10
		}
	}
}

// clamp bounds a width or precision.
func (w *writer) clamp(n int64) int64 {
	if n > maxWidth {
		w.stats.Clamped++
		return maxWidth
	}
	return n
}

// conversion writes the value of a conversion.
func (w *writer) conversion(c *conversion) {
	w.stats.Arguments++
	if c.unknown {
		w.stats.Undecoded++
	}
	it := w.next(c)
	if c.wrap == wrapNone {
		w.value(c, it)
		return
	}
	w.dst = append(w.dst, wrapperTexts[c.wrap]...)
	w.value(c, it)
	w.dst = append(w.dst, "##__##"...)
}

// value writes a value, or what stands for one that is not there.
func (w *writer) value(c *conversion, it *Item) {
	switch {
	case it == nil || it.Missing && !it.private():
		w.stats.Missing++
		w.dst = append(w.dst, "<decode: missing data>"...)
	case it.private() && len(it.Data) == 0:
		w.stats.Private++
		w.dst = append(w.dst, "<private>"...)
	case it.kind() == kindMasked:
		w.mask(it.Data)
	case c.decoder != decodeNone:
		w.decode(c, it)
	default:
		w.plain(c, it)
	}
}

// mask writes the hash that replaced a value: equal hashes mean equal values.
func (w *writer) mask(data []byte) {
	w.stats.Masked++
	if len(data) == 0 {
		w.dst = append(w.dst, "<mask.hash: (null)>"...)
		return
	}
	w.dst = append(w.dst, "<mask.hash: '"...)
	w.dst = base64.StdEncoding.AppendEncode(w.dst, data[:min(len(data), maxData)])
	w.dst = append(w.dst, "'>"...)
}

// plain writes a value as the letter of the conversion says.
func (w *writer) plain(c *conversion, it *Item) {
	kind := it.kind()
	number := kind == kindScalar || kind == kindErrno
	ok := true
	switch c.verb {
	case 'd', 'D', 'i', 'u', 'U', 'x', 'X', 'o', 'O', 'p':
		if ok = number; ok {
			w.integer(c, it.Data)
		}
	case 's', 'S', '@':
		if ok = it.text(); ok {
			w.text(c, it)
		}
	case 'c', 'C':
		if ok = number; ok {
			w.character(c, it.Data)
		}
	case 'm':
		if ok = number; ok {
			w.decoded(appendStrerror(w.dst, it.Data, w.zone))
		}
	case 'P':
		switch {
		case kind == kindData:
			w.data(it.Data)
		case it.text():
			w.text(c, it)
		default:
			ok = false
		}
	default:
		if ok = number; ok {
			w.float(c, it.Data)
		}
	}
	if !ok {
		w.mismatch(c, it)
	}
}

// kindNames are those of Apple's tool, which shows other kinds as numbers.
var kindNames = [...]string{"INT", "COUNT", "STRING", "DATA", "OBJECT"}

// mismatch writes that an item is of another kind than its conversion wants.
func (w *writer) mismatch(c *conversion, it *Item) {
	w.stats.Mismatched++
	w.dst = append(w.dst, "<decode: mismatch for ["...)
	w.dst = append(w.dst, c.spec...)
	w.dst = append(w.dst, "] got ["...)
	if k := it.kind(); int(k) < len(kindNames) {
		w.dst = append(w.dst, kindNames[k]...)
	} else {
		w.dst = appendUint(w.dst, uint64(k))
	}
	if it.Type&2 != 0 {
		w.dst = append(w.dst, " public"...)
	}
	if it.private() {
		w.dst = append(w.dst, " private"...)
	}
	w.dst = append(w.dst, " sz:"...)
	w.dst = appendUint(w.dst, uint64(len(it.Data)))
	w.dst = append(w.dst, "]>"...)
}

// unsupported writes that a value has no size or structure known here.
func (w *writer) unsupported() {
	w.stats.Unsupported++
	w.dst = append(w.dst, "<decode: unsupported value>"...)
}

// text writes a text: nothing stored is a null pointer, a single NUL is empty.
// The precision counts bytes and does not apply to objects.
func (w *writer) text(c *conversion, it *Item) {
	start := len(w.dst)
	if len(it.Data) == 0 {
		w.dst = append(w.dst, "(null)"...)
		w.pad(start)
		return
	}
	if it.kind() == kindWide && len(it.Data)%4 == 0 {
		w.wide(it.Data)
		w.pad(start)
		return
	}
	data, replaced := valid(it.Data)
	if replaced {
		w.stats.Replaced++
	}
	if c.verb != '@' && w.precision >= 0 && w.precision < len(data) {
		cut := w.precision
		for cut > 0 && !utf8.RuneStart(data[cut]) {
			cut--
		}
		data = data[:cut]
	}
	w.dst = append(w.dst, data...)
	w.pad(start)
}

// wide writes a text of 32-bit characters up to its NUL.
func (w *writer) wide(data []byte) {
	for i := 0; i+4 <= len(data); i += 4 {
		r, _ := unsigned(data[i : i+4])
		if r == 0 {
			return
		}
		w.dst = utf8.AppendRune(w.dst, rune(min(r, utf8.MaxRune+1)))
	}
}

// pad fills what was written from start on to the width of the conversion.
func (w *writer) pad(start int) {
	n := len(w.dst) - start
	if w.width <= n {
		return
	}
	missing := w.width - n
	for range missing {
		w.dst = append(w.dst, ' ')
	}
	if !w.minus {
		copy(w.dst[start+missing:], w.dst[start:start+n])
		for i := range missing {
			w.dst[start+i] = ' '
		}
	}
}

// data writes data without a decoder in hexadecimal digits, as nobody has
// published what Apple's tool does. Beyond 1 KiB it names the size instead.
func (w *writer) data(data []byte) {
	if w.precision >= 0 && w.precision < len(data) {
		data = data[:w.precision]
	}
	if len(data) == 0 {
		w.dst = append(w.dst, "(null)"...)
		return
	}
	w.dst = appendHex(w.dst, data)
}

// appendHex appends the first maxData bytes in hexadecimal digits, and the size
// if there are more.
func appendHex(dst, data []byte) []byte {
	dst = hex.AppendEncode(dst, data[:min(len(data), maxData)])
	if len(data) > maxData {
		dst = append(dst, "… ("...)
		dst = appendUint(dst, uint64(len(data)))
		dst = append(dst, " bytes)"...)
	}
	return dst
}
