package logtest

import (
	"fmt"
	"math"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// Flags of tracepoints, as package unifiedlog has them.
const (
	flagActivity   = 0x0001
	stringsMain    = 0x0002
	stringsShared  = 0x0004
	stringsUUID    = 0x000a
	stringsLarge   = 0x000c
	flagPrivate    = 0x0100
	flagSubsystem  = 0x0200
	flagOversize   = 0x0800
	activityMarker = 0x80 << 56
)

const (
	pageSize     = 0x1000
	maxPageData  = pageSize - 16 - 64
	maxInline    = 1024 // bytes of arguments before they are put into a chunk apart
	maxArguments = 60000
)

// arguments are encoded arguments.
type arguments struct {
	items, values, private []byte
	n                      int
	kinds                  byte
}

func (a *arguments) encode(args []any) error {
	*a = arguments{items: a.items[:0], values: a.values[:0], private: a.private[:0]}
	for _, arg := range args {
		if err := a.add(arg); err != nil {
			return err
		}
	}
	if len(a.values)+len(a.private) > maxArguments || len(args) > 100 {
		return fmt.Errorf("add entry: %d arguments of %d bytes", len(args), len(a.values)+len(a.private))
	}
	return nil
}

func (a *arguments) add(arg any) error {
	switch v := arg.(type) {
	case int:
		a.scalar(8, uint64(v))
	case int32:
		a.scalar(4, uint64(v))
	case uint32:
		a.scalar(4, uint64(v))
	case int64:
		a.scalar(8, uint64(v))
	case uint64:
		a.scalar(8, v)
	case float64:
		a.scalar(8, math.Float64bits(v))
	case string:
		a.span(0x22, v, true)
	case Object:
		a.span(0x42, string(v), true)
	case Private:
		a.span(0x21, string(v), true)
	case Masked:
		a.span(0xf2, string(v), false)
	case []byte:
		a.item(0x12, 4)
		a.items = le.AppendUint32(a.items, uint32(len(v)))
		a.span(0x32, string(v), false)
	case Redacted:
		a.item(0x41, 4)
		a.items = append(a.items, 0, 0, 0, 0x80)
		a.kinds |= 1
	default:
		return fmt.Errorf("add entry: argument of type %T", arg)
	}
	return nil
}

func (a *arguments) item(typ, size byte) {
	a.n++
	a.items = append(a.items, typ, size)
	if typ>>4 != 0 {
		a.kinds |= 2
	}
}

func (a *arguments) scalar(size int, v uint64) {
	a.item(0x00, byte(size))
	if size == 4 {
		a.items = le.AppendUint32(a.items, uint32(v))
		return
	}
	a.items = le.AppendUint64(a.items, v)
}

// span adds an argument whose bytes stand apart.
func (a *arguments) span(typ byte, s string, nul bool) {
	a.item(typ, 4)
	to := &a.values
	if typ&1 != 0 {
		to = &a.private
		a.kinds |= 1
	}
	n := len(s)
	off := len(*to)
	*to = append(*to, s...)
	if nul {
		*to = append(*to, 0)
		n++
	}
	a.items = le.AppendUint16(le.AppendUint16(a.items, uint16(off)), uint16(n))
}

// appendItems appends the list of items.
func (a *arguments) appendItems(b []byte) []byte {
	b = append(b, a.kinds, byte(a.n))
	return append(append(b, a.items...), a.values...)
}

// tracepoint writes an entry into the page of its process.
func (w *Writer) tracepoint(e *Entry, p *process, continuous uint64) error {
	record := e.Type
	if record == 0 {
		record = unifiedlog.TypeLog
	}
	if record == unifiedlog.TypeLoss {
		return w.loss(e, p, continuous)
	}
	if err := w.args.encode(e.Args); err != nil {
		return err
	}
	a := &w.args
	oversize := len(a.items)+len(a.values)+len(a.private) > maxInline
	flags, ref, high := w.reference(e, p)
	b := w.body[:0]
	switch {
	case record == unifiedlog.TypeActivity:
		b = le.AppendUint64(b, e.Activity|activityMarker)
	case e.Activity != 0:
		flags |= flagActivity
		b = le.AppendUint64(b, e.Activity|activityMarker)
	}
	private := -1
	if len(a.private) > 0 && !oversize && record != unifiedlog.TypeActivity {
		flags |= flagPrivate
		private = len(b)
		b = append(b, 0, 0, 0, 0)
	}
	b = w.location(b, e, flags, ref, high)
	var used *names
	if record != unifiedlog.TypeActivity && e.Subsystem != "" {
		flags |= flagSubsystem
		used = &names{e.Subsystem, e.Category}
		b = le.AppendUint16(b, p.subsystem(*used))
	}
	if record == unifiedlog.TypeSignpost {
		b = le.AppendUint64(b, e.Signpost)
	}
	var tail []byte
	switch {
	case oversize && record != unifiedlog.TypeActivity:
		flags |= flagOversize
		w.oversize++
		b = le.AppendUint32(b, w.oversize)
		if err := w.putOversize(p, continuous); err != nil {
			return err
		}
	case a.n > 0 || record != unifiedlog.TypeActivity:
		b = a.appendItems(b)
		if private >= 0 {
			tail = a.private
		}
	}
	w.body = b
	if private >= 0 {
		if err := w.place(p, b, private, len(tail)); err != nil {
			return err
		}
	}
	return w.put(e, p, continuous, byte(record), flags, ref, b, tail, used)
}

// loss writes that entries were lost since the last one of the process.
func (w *Writer) loss(e *Entry, p *process, continuous uint64) error {
	n := 1
	if len(e.Args) > 0 {
		n, _ = e.Args[0].(int)
	}
	b := le.AppendUint64(w.body[:0], p.page.last)
	w.body = le.AppendUint64(le.AppendUint64(b, continuous), uint64(n))
	return w.put(e, p, continuous, byte(unifiedlog.TypeLoss), 0, 0, w.body, nil, nil)
}

// location appends where in the code an entry is made.
func (w *Writer) location(b []byte, e *Entry, flags uint16, ref uint32, high uint16) []byte {
	b = le.AppendUint32(b, ref&0xffffff)
	switch flags & 0xe {
	case stringsUUID:
		u := w.image(e.Library).uuid
		return append(b, u[:]...)
	case stringsLarge:
		return le.AppendUint16(b, high)
	}
	return b
}

// place sets the private range of an entry, which the page must have room for.
func (w *Writer) place(p *process, b []byte, at, size int) error {
	if len(p.page.private)+len(p.page.public)+len(b)+size+64 > maxPageData {
		if err := w.flushPage(p); err != nil {
			return err
		}
	}
	le.PutUint16(b[at:], uint16(pageSize-len(p.page.private)-size))
	le.PutUint16(b[at+2:], uint16(size))
	return nil
}

// reference returns where the format string is: flags, the low 31 bits of the
// reference and its high part.
func (w *Writer) reference(e *Entry, p *process) (flags uint16, ref uint32, high uint16) {
	switch {
	case e.Shared:
		r := w.shared.ref(e.Library, e.Format)
		if r < 1<<31 {
			return stringsShared, uint32(r), 0
		}
		return stringsLarge, uint32(r & 0x7fffffff), uint16(r >> 31)
	case e.Library != "" && e.Library != e.Process:
		return stringsUUID, w.image(e.Library).ref(e.Format), 0
	}
	return stringsMain, p.image.ref(e.Format), 0
}

// put appends a tracepoint to the page of a process.
func (w *Writer) put(e *Entry, p *process, continuous uint64, record byte, flags uint16, ref uint32, body, private []byte, used *names) error {
	g := &p.page
	if len(g.public)+len(g.private)+len(body)+len(private)+32 > maxPageData {
		if err := w.flushPage(p); err != nil {
			return err
		}
	}
	if len(g.public) == 0 {
		g.base = continuous
	}
	g.last = continuous
	delta := continuous - g.base
	b := append(g.public, record, byte(e.Level))
	b = le.AppendUint32(le.AppendUint16(b, flags), ref)
	b = le.AppendUint64(b, e.Thread)
	b = le.AppendUint16(le.AppendUint32(b, uint32(delta)), uint16(delta>>32))
	b = append(le.AppendUint16(b, uint16(len(body))), body...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	g.public = b
	if len(private) > 0 {
		g.private = append(append([]byte(nil), private...), g.private...)
	}
	if used != nil {
		for i := range g.used {
			if g.used[i] == *used {
				return nil
			}
		}
		g.used = append(g.used, *used)
	}
	return nil
}
