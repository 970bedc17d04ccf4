package unifiedlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// A decoder decodes the chunksets of files, one after the other. Each worker
// has its own.
type decoder struct {
	a       *Archive
	q       *query
	stats   *Stats
	stored  []byte // the compressed chunkset
	out     []byte // the chunkset
	items   []message.Item
	text    []byte
	formats map[formatKey]*format
	options message.Options
	answers map[*format]message.Answer    // to the filter's Contains
	local   map[oversizeKey][]oversizeRef // of the chunkset
	emit    func(*Entry) bool             // called with each entry that is wanted; false ends the decoding
	batch   []Entry                       // of Scan
	slot    Entry                         // of Entries
	next    func() *Entry                 // where the next entry is to be put

	// Where decoding is.
	file     *File
	view     *view
	sub      *subChunk // nil if the catalog says nothing of the chunkset
	chunkset int
	at       int // of the data of the current chunk in the chunkset
	segment  segment
	replay   bool // entries were accepted before
}

func (a *Archive) newDecoder(q *query) *decoder {
	d := &decoder{a: a, q: q, formats: map[formatKey]*format{}, stats: new(Stats)}
	d.options.Stats = &d.stats.Message
	d.next = func() *Entry { return &d.slot } // Scan has another
	return d
}

// A segment is a stretch of a boot in which one sync record holds.
type segment struct {
	boot     *Boot
	from, to uint64
	sync     Sync
	clock    Clock
}

// at returns the wall clock time at a continuous time.
func (s *segment) at(b *Boot, continuous uint64) (int64, Clock) {
	if s.boot != b || continuous < s.from || continuous > s.to {
		s.seek(b, continuous)
	}
	if s.clock == ClockNone {
		return 0, ClockNone
	}
	return s.sync.Wall + b.Timebase.nanos(continuous, s.sync.Continuous), s.clock
}

func (s *segment) seek(b *Boot, continuous uint64) {
	i := b.segment(continuous)
	*s = segment{boot: b, to: math.MaxUint64}
	s.sync, s.clock = b.anchor(i)
	if i >= 0 {
		s.from = b.Syncs[i].Continuous
	}
	if i+1 < len(b.Syncs) {
		s.to = b.Syncs[i+1].Continuous - 1
	}
}

// load reads and decompresses a chunkset.
func (d *decoder) load(h *handle, ref chunkRef) error {
	n := int(min(ref.size, maxStored))
	d.stored = slices.Grow(d.stored[:0], n)[:n]
	if err := readFull(h, d.stored, ref.at); err != nil {
		d.out = d.out[:0]
		return err
	}
	var size uint32
	if d.sub != nil {
		size = d.sub.size
	}
	var err error
	d.out, err = decompress(d.out[:0], d.stored, size)
	d.stats.Chunksets++
	d.stats.Compressed += uint64(n)
	d.stats.Bytes += uint64(len(d.out))
	return err
}

// chunks calls fn with each chunk of a decompressed chunkset, and where its data
// begin. It returns an error if the rest of the chunkset is no chunk.
func chunks(out []byte, fn func(tag uint32, data []byte, at int) bool) error {
	for off := 0; len(out)-off >= preambleSize; {
		p := parsePreamble(out[off:])
		if p.size > uint64(len(out)-off-preambleSize) {
			if p.tag == 0 && p.size == 0 {
				return nil
			}
			if innerTag(p.tag) {
				fn(p.tag, out[off+preambleSize:], off+preambleSize)
			}
			return fmt.Errorf("read chunk at %d of the chunkset: tag %#x, size %d, %d bytes remain", off, p.tag, p.size, len(out)-off-preambleSize)
		}
		at := off + preambleSize
		off = at + int(p.size)
		if !fn(p.tag, out[at:off:off], at) {
			return nil
		}
		off = afterChunk(out, off)
	}
	return nil
}

// afterChunk returns where the chunk after one that ends at off begins. They are
// aligned to 8 bytes, but chunks that are not have been observed.
func afterChunk(out []byte, off int) int {
	tagAt := func(at int) bool {
		return len(out)-at >= preambleSize && innerTag(binary.LittleEndian.Uint32(out[at:]))
	}
	if p := off + pad8(off); p == off || tagAt(p) || !tagAt(off) {
		return min(p, len(out))
	}
	return off
}

// decode gives the entries of the loaded chunkset to emit.
func (d *decoder) decode() {
	clear(d.local)
	d.findOversize()
	err := chunks(d.out, func(tag uint32, data []byte, at int) bool {
		d.at = at
		switch tag {
		case tagFirehose:
			return d.page(data, at)
		case tagStatedump:
			return d.statedump(data, at)
		case tagSimpledump:
			return d.simpledump(data, at)
		case tagOversize:
		default:
			d.stats.UnknownChunks++
		}
		return true
	})
	if err != nil {
		d.damage(err)
	}
}

func (d *decoder) damage(err error) { d.stats.damage(d.file.Name, d.file.chunkset(d.chunkset).at, err) }

// process returns the process of a page or dump, and counts what the catalog
// does not list.
func (d *decoder) process(k procKey) *Process {
	p := d.view.process(k)
	if !p.Known {
		d.stats.UnlistedPages++
		p.wanted = d.q.process(p)
		return p
	}
	if d.sub != nil && !listed(d.sub.processes, p.index) {
		d.stats.UnlistedPages++
	}
	return p
}

// listed reports whether a chunkset's list of processes has an index. A list
// longer than any real one is taken to have all.
func listed(list []byte, index uint16) bool {
	const most = 2 * 2048
	if len(list) > most {
		return true
	}
	for ; len(list) >= 2; list = list[2:] {
		if binary.LittleEndian.Uint16(list) == index {
			return true
		}
	}
	return false
}

// page decodes a firehose chunk.
func (d *decoder) page(b []byte, at int) bool {
	p, ok := parsePage(b)
	if !ok {
		d.damage(fmt.Errorf("read page at %d of the chunkset: impossible header", at))
		return true
	}
	d.stats.Pages++
	if p.clipped {
		d.stats.ClippedPages++
		d.damage(fmt.Errorf("read page at %d of the chunkset: %d bytes, fewer than its header says", at, len(b)))
	}
	proc := d.process(p.proc)
	if !proc.wanted {
		d.stats.PagesSkipped++
		return true
	}
	var t tracepoint
	for off := 0; ; {
		n := t.next(p.public[off:])
		if n <= 0 {
			if rest := len(p.public) - off; rest >= tracepointHead {
				d.stats.BrokenPages++
				d.damage(fmt.Errorf("read page at %d of the chunkset: no tracepoint at %d, %d bytes not read", at, off, rest))
			}
			return true
		}
		d.stats.Seen++
		e := d.next()
		if d.fill(e, &p, proc, &t) {
			e.Offset = at + p.publicAt + off
			if !d.accept(e) {
				return false
			}
		}
		off += n
	}
}

// fill sets an entry from a tracepoint. It reports false, early, if the entry
// is not wanted.
func (d *decoder) fill(e *Entry, p *page, proc *Process, t *tracepoint) bool {
	typ := EventType(t.record)
	if !d.q.kind(typ, t.level) {
		return false
	}
	continuous := p.base + t.delta
	nanos, clock := d.segment.at(d.file.Boot, continuous)
	if clock != ClockNone && (nanos < d.q.since || nanos >= d.q.until) {
		return false
	}
	e.reset(d)
	e.Nanos, e.Clock, e.Continuous = nanos, clock, continuous
	e.Type, e.Level, e.Flags = typ, Level(t.level), t.flags
	e.Stream, e.TTL = Stream(p.stream), p.ttl
	e.Thread, e.Process = t.thread, proc
	e.ref, e.data = t.ref, t.data
	if !parseBody(t, &e.body) {
		d.stats.BadBodies++
	}
	d.fields(e, p, proc, t)
	return !d.q.byNames() || d.q.named(e.Subsystem, e.Category)
}

// fields sets what the body of a tracepoint tells.
func (d *decoder) fields(e *Entry, p *page, proc *Process, t *tracepoint) {
	b := &e.body
	e.PC, e.Persona = b.pc, b.persona
	e.Activity = b.activity & activityMask
	switch e.Type {
	case TypeActivity:
		e.Creator, e.Parent = e.Activity, b.other&activityMask
		e.Activity = b.created & activityMask
	case TypeLoss:
		if r := (reader{b: t.data}); len(t.data) >= 24 {
			e.LossStart, e.LossEnd, e.LossCount = r.u64(), r.u64(), r.u64()
			d.stats.LostEntries += e.LossCount
		}
	case TypeLog, TypeSignpost:
		e.Signpost = b.signpost
		if b.rules != 0 {
			e.TTL = b.rules
		}
		if t.flags&flagSubsystem != 0 {
			if s, ok := proc.subsystem(b.subsystem); ok {
				e.Subsystem, e.Category = s.subsystem, s.category
			}
		}
		if t.flags&flagPrivate != 0 {
			e.private = p.privateRange(int(b.privateOff), int(b.privateSize))
		}
	}
}

// reset makes an entry ready for reuse.
func (e *Entry) reset(d *decoder) {
	*e = Entry{d: d, File: d.file, Boot: d.file.Boot, Chunkset: d.chunkset}
}

// accept applies what remains of the filter and gives the entry on.
func (d *decoder) accept(e *Entry) bool {
	if d.replay {
		return true
	}
	if d.sub != nil && (e.Continuous < d.sub.start || e.Continuous > d.sub.end) {
		d.stats.OutsideWindow++
	}
	if d.q.Match != nil && !d.q.Match(e) {
		return true
	}
	if !d.acceptMessage(e) {
		return true
	}
	d.stats.Entries++
	return d.emit(e)
}

// acceptMessage applies what the filter says of the message.
func (d *decoder) acceptMessage(e *Entry) bool {
	known := d.q.Contains == ""
	if !known {
		switch d.answer(e.resolve()) {
		case message.Never:
			return false
		case message.Always:
			known = true
		}
	}
	if known && d.q.Predicate == nil {
		return true
	}
	d.text = e.AppendMessage(d.text[:0])
	if !known && !bytes.Contains(d.text, []byte(d.q.Contains)) || d.q.Predicate != nil && !d.q.Predicate(d.text) {
		return false
	}
	e.text = slices.Clone(d.text)
	return true
}

// answer says whether messages of a format contain the text that the filter
// wants, and remembers it.
func (d *decoder) answer(f *format) message.Answer {
	if f.prog == nil || f.status == StatusNone {
		return message.Maybe
	}
	a, ok := d.answers[f]
	if !ok {
		if d.answers == nil || len(d.answers) >= maxFormats {
			d.answers = map[*format]message.Answer{}
		}
		a = f.prog.MayContain([]byte(d.q.Contains))
		d.answers[f] = a
	}
	return a
}
