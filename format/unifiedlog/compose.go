package unifiedlog

import (
	"fmt"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// format returns what a key leads to, from the decoder's own cache first.
func (d *decoder) format(k formatKey) *format {
	f := d.formats[k]
	if f != nil {
		return f
	}
	f = d.a.strings.format(k)
	if len(d.formats) >= maxFormats {
		clear(d.formats)
	}
	d.formats[k] = f
	return f
}

// itemBytes returns the bytes that begin with the items of an entry, and the
// private bytes they refer to. Those of an oversize entry are in a chunk apart.
func (d *decoder) itemBytes(e *Entry) (b, private []byte) {
	if e.body.items > len(e.data) {
		return nil, nil
	}
	if e.Flags&flagOversize != 0 && (e.Type == TypeLog || e.Type == TypeSignpost) {
		return d.oversize(e)
	}
	return e.data[e.body.items:], e.private
}

// appendItems decodes the arguments of an entry.
func (d *decoder) appendItems(dst []message.Item, e *Entry) []message.Item {
	var bad int
	switch e.Type {
	case TypeTrace:
		dst, bad = appendTrace(dst, e.data[min(e.body.items, len(e.data)):])
	case TypeLog, TypeSignpost, TypeActivity:
		b, private := d.itemBytes(e)
		dst, bad = appendItems(dst, b, private)
	}
	d.stats.BadItems += uint64(bad)
	return dst
}

// appendMessage composes the message of an entry.
func (d *decoder) appendMessage(dst []byte, e *Entry) []byte {
	switch e.Type {
	case TypeLoss:
		return fmt.Appendf(dst, "lost >=%d unreliable messages from %d-%d (Mach continuous exact start-approx. end)",
			e.LossCount, e.LossStart, e.LossEnd)
	case TypeStatedump:
		return d.appendStatedump(dst, e)
	case TypeSimpledump:
		return append(dst, cut(e.data)...)
	}
	f := e.resolve()
	d.items = d.appendItems(d.items[:0], e)
	if f.prog == nil {
		return d.appendUnresolved(dst, f)
	}
	if f.text == "" && len(d.items) > 0 {
		return dynamicText.Append(dst, d.items[:1], &d.options)
	}
	return f.prog.Append(dst, d.items, &d.options)
}

// Programs for arguments whose format is not known, by their kind.
var (
	scalarText = message.Compile([]byte("%lld"))
	dataText   = message.Compile([]byte("%.*P"))
)

// appendMark writes where a format that is missing should be.
func appendMark(dst []byte, f *format) []byte {
	dst = append(dst, "<format "...)
	dst = append(dst, f.status.String()...)
	dst = append(dst, ": "...)
	if f.status != StatusUnknown {
		dst = f.uuid.Append(dst)
	}
	return fmt.Appendf(dst, "+%#x>", f.ref)
}

// appendUnresolved writes what is known of a message without format: where its
// format should be, and the arguments.
func (d *decoder) appendUnresolved(dst []byte, f *format) []byte {
	dst = append(dst, f.mark...)
	first := true
	for i := range d.items {
		it := d.items[i : i+1]
		prog := dynamicText
		switch it[0].Type >> 4 {
		case kindCount, kindMask:
			continue
		case kindScalar, kindErrno:
			prog = scalarText
		case 3:
			prog = dataText
		}
		if first {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, ", "...)
		}
		first = false
		dst = prog.Append(dst, it, &d.options)
	}
	return dst
}
