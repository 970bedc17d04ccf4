package plist

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns the text of a [String] and "" for other kinds. Bytes that are
// not UTF-8 and UTF-16 units without partner are replaced by U+FFFD. The text
// may share memory with the document: clone it to keep it for long.
func (v Value) String() string {
	switch {
	case v.kind != String:
		return ""
	case v.d.xml != nil:
		return v.d.xml.texts[v.d.xml.nodes[v.obj].a]
	case v.n > longContent:
		return v.d.cached(v).text
	}
	return v.text()
}

// Data returns the bytes of [Data] and nil for other kinds. Calls may return
// the same memory: do not change it. A hostile binary list, whose long objects
// overlap until they exceed its size, gets nil for those beyond, and cut texts.
func (v Value) Data() []byte {
	switch {
	case v.kind != Data:
		return nil
	case v.d.xml != nil:
		return v.d.xml.datas[v.d.xml.nodes[v.obj].a]
	case v.n > longContent:
		return v.d.cached(v).data
	}
	return []byte(v.raw())
}

// Embedded parses the bytes of [Data] as a property list of its own, whose
// offsets count from the start of the data. See [Parse] for the errors.
func (v Value) Embedded() (Value, error) {
	if v.kind == Data && v.d.xml == nil {
		return parse(v.raw())
	}
	return Parse(v.Data())
}

// raw returns the bytes of a string or data in a binary list.
func (v Value) raw() string {
	size := uint64(v.n)
	if v.mark()>>4 == markerUTF16 {
		size *= 2
	}
	return v.d.src[v.body : uint64(v.body)+size]
}

// text decodes a string of a binary list.
func (v Value) text() string {
	raw := v.raw()
	if v.mark()>>4 == markerUTF16 {
		return decodeUTF16(raw, true)
	}
	if utf8.ValidString(raw) {
		return raw
	}
	return strings.ToValidUTF8(raw, "\ufffd")
}

// overlapMark ends a text that is cut because objects overlap.
const overlapMark = "… [cut: objects of this list overlap]"

// cached decodes a long string or data once. Long contents that together are
// larger than the document can only be objects laid over each other to make a
// reader do endless work: these are cut.
func (d *document) cached(v Value) longText {
	d.longLock.Lock()
	defer d.longLock.Unlock()
	if l, ok := d.long[v.at]; ok {
		return l
	}
	var l longText
	if d.spent += uint64(len(v.raw())); d.spent > uint64(len(d.src)) {
		if v.kind == String {
			v.n = longContent
			l.text = v.text() + overlapMark
		}
		return l
	}
	if v.kind == Data {
		l.data = []byte(v.raw())
	} else {
		l.text = v.text()
	}
	if d.long == nil {
		d.long = make(map[uint32]longText)
	}
	d.long[v.at] = l
	return l
}

// hasText reports whether a value of a binary list is the string want. It
// compares without decoding, since dictionaries are searched with it.
func (v Value) hasText(want string) bool {
	if v.kind != String {
		return false
	}
	if v.mark()>>4 != markerUTF16 {
		return int(v.n) == len(want) && v.raw() == want
	}
	raw := v.raw()
	for _, r := range want {
		units := utf16.AppendRune(make([]uint16, 0, 2), r)
		for _, u := range units {
			if len(raw) < 2 || uint16(raw[0])<<8|uint16(raw[1]) != u {
				return false
			}
			raw = raw[2:]
		}
	}
	return raw == ""
}

// decodeUTF16 converts UTF-16; a last odd byte is ignored.
func decodeUTF16(raw string, bigEndian bool) string {
	hi, lo := 0, 1
	if !bigEndian {
		hi, lo = 1, 0
	}
	size := 0
	for i := 0; i+1 < len(raw); i += 2 {
		switch u := uint16(raw[i+hi])<<8 | uint16(raw[i+lo]); {
		case u < 0x80:
			size++
		case u < 0x800:
			size += 2
		default:
			size += 3 // a pair of surrogates has four bytes, two less than this
		}
	}
	b := make([]byte, 0, size)
	for i := 0; i+1 < len(raw); i += 2 {
		r := rune(raw[i+hi])<<8 | rune(raw[i+lo])
		if r < utf8.RuneSelf {
			b = append(b, byte(r))
			continue
		}
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+3 < len(raw) {
				pair = utf16.DecodeRune(r, rune(raw[i+2+hi])<<8|rune(raw[i+2+lo]))
			}
			if r = pair; r != utf8.RuneError {
				i += 2
			}
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}
