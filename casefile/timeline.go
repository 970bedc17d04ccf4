package casefile

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/record"
)

// An Entry is one line of the timeline: an instant of a record. Fields of the
// same record with the same instant share one entry.
type Entry struct {
	Time     time.Time      // UTC; for a device clock of which no zone is known, what it showed
	Local    bool           // Time is of a device clock without zone
	Offset   int32          // of that clock, in seconds east of UTC, if Quality says so
	Quality  record.Quality // how the offset is known, by other files of the acquisition
	Zone     *time.Location // that was assumed for the clock where no offset is known, nil if none is either
	Fields   string         // JSON names of the fields, joined by "+"
	Artifact string         // ID of the parser
	Origin   record.Origin
	Summary  string // one line
}

// chunkBytes is the size at which sorted entries go to a file. Each worker
// holds one chunk in memory.
const chunkBytes = 8 << 20

// runs collects the timeline entries of one job in sorted files, which are
// merged at the end.
type runs struct {
	prefix string // of the names of the files
	n      int    // files written
	row    uint64 // records seen
	buf    []byte
	keys   []chunkKey
	made   bool // the folder exists

	heads  []head
	ids    map[head]int
	shared int    // bytes of heads
	out    []byte // the file, of which the memory is used again

	place  head // of the last record, without fields
	recent []recentHead

	zone    *time.Location       // that the clock of the device is assumed to show, nil if none is known
	moments []record.Moment      // of one record
	names   map[[2]string]string // of fields that share an instant
}

// A chunkKey is where an entry lies in a chunk, and what it is sorted by.
type chunkKey struct {
	nano     int64 // since 1970 UTC
	start, n int   // bytes of the chunk
	head     int   // number in the chunk
}

func newRuns(prefix string, zone *time.Location) *runs {
	return &runs{prefix: prefix, zone: zone, names: map[[2]string]string{}, ids: map[head]int{}}
}

// name returns the name of the nth file.
func (s *runs) name(n int) string { return fmt.Sprintf("%s.%04d", s.prefix, n) }

// clear removes what an earlier run left.
func (s *runs) clear() error {
	n := 0
	for exists(s.name(n)) {
		n++
	}
	for n--; n >= 0; n-- { // from the last: what a crash leaves is found again
		if err := os.Remove(s.name(n)); err != nil {
			return err
		}
	}
	return nil
}

// maxInstants is how many times of one record are kept apart; a record has
// fewer time fields.
const maxInstants = 16

// add adds the times of a record, which the encoder has loaded.
func (s *runs) add(r *record.Record, enc *record.Encoder) error {
	s.row++
	s.moments = enc.AppendMoments(s.moments[:0])
	n := 0 // moments that differ
	for i := range s.moments {
		m := &s.moments[i]
		if m.Local && m.Time.Year() == 0 {
			continue // a clock without a year has no place on a timeline
		}
		if m.Local && m.Quality == record.NoOffset && s.zone != nil {
			m.Time = assume(m.Time, s.zone)
		}
		k := 0
		for k < n && !(same(&s.moments[k], m)) {
			k++
		}
		switch {
		case k < n:
			s.moments[k].Field = s.joined(s.moments[k].Field, m.Field)
		case n < maxInstants:
			s.moments[n] = s.moments[i]
			n++
		}
	}
	if n == 0 {
		return nil
	}
	o := &r.Origin
	if place := (head{"", r.Artifact, o.Source, o.Path, o.Stored, o.Table, o.State}); place != s.place {
		s.place, s.recent = place, s.recent[:0]
	}
	summary := record.Line(r.Data.String())
	for k := range n {
		s.entry(&s.moments[k], o, summary)
	}
	if len(s.buf)+s.shared >= chunkBytes {
		return s.flush()
	}
	return nil
}

// same reports whether two times of a record are one.
func same(a, b *record.Moment) bool {
	return a.Time.Equal(b.Time) && a.Local == b.Local && a.Offset == b.Offset && a.Quality == b.Quality
}

// assume returns the instant at which a clock of a zone shows a time.
func assume(wall time.Time, zone *time.Location) time.Time {
	y, m, d := wall.Date()
	return time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone).UTC()
}

// maxJoined bounds the texts that are kept to be shared.
const maxJoined = 256

// joined returns the names of fields that share an instant.
func (s *runs) joined(a, b string) string {
	text, ok := s.names[[2]string{a, b}]
	if !ok {
		text = a + "+" + b
		if len(s.names) < maxJoined {
			s.names[[2]string{a, b}] = text
		}
	}
	return text
}

// bodySize is more than a body takes beside its summary.
const bodySize = 4096

// entry appends an entry of the last place to the chunk. Memory is doubled: append
// adds a quarter at a time and would copy a chunk several times.
func (s *runs) entry(m *record.Moment, o *record.Origin, summary string) {
	start := len(s.buf)
	nano := nanos(m.Time)
	if need := len(summary) + bodySize; cap(s.buf)-start < need {
		s.buf = slices.Grow(s.buf, max(need, min(start, chunkBytes+bodySize-start)))
	}
	s.buf = appendBody(s.buf, nano, m, o, summary)
	if len(s.keys) == cap(s.keys) {
		s.keys = slices.Grow(s.keys, len(s.keys)+1)
	}
	s.keys = append(s.keys, chunkKey{nano, start, len(s.buf) - start, s.head(m.Field)})
}

// A recentHead is a head of the last place, and its number in the chunk.
type recentHead struct {
	fields string
	id     int
}

// maxRecent is how many heads are compared before one is looked up: records
// that follow each other have the same few.
const maxRecent = 16

// head returns the number in the chunk of the head with the last place.
func (s *runs) head(fields string) int {
	for i := range s.recent {
		if s.recent[i].fields == fields {
			return s.recent[i].id
		}
	}
	h := s.place
	h.fields = fields
	id, ok := s.ids[h]
	if !ok {
		id = len(s.heads)
		s.heads = append(s.heads, h)
		s.ids[h] = id
		s.shared += len(h.path) + len(h.stored) + headSize
	}
	if len(s.recent) < maxRecent {
		s.recent = append(s.recent, recentHead{fields, id})
	}
	return id
}

// headSize is about what a head takes in memory beside its path.
const headSize = 300

// nanos returns nanoseconds since 1970, clamped for times out of their range.
func nanos(t time.Time) int64 {
	const from, to = -8520336000, 8867491200 // 1700-01-01 and 2251-01-01
	switch s := t.Unix(); {
	case s < from:
		return math.MinInt64
	case s >= to:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// timelineKey returns an instant in the form that is sorted.
func timelineKey(t time.Time) uint64 { return sortable(nanos(t)) }

func sortable(nano int64) uint64 { return uint64(nano) ^ 1<<63 }

// flush writes the chunk as one sorted file.
func (s *runs) flush() error {
	if len(s.keys) == 0 {
		return nil
	}
	slices.SortFunc(s.keys, func(a, b chunkKey) int {
		return cmp.Or(cmp.Compare(a.nano, b.nano), cmp.Compare(a.start, b.start))
	})
	const perEntry = 6 // bytes at most, nearly always: the numbers before the body
	out := slices.Grow(s.out[:0], len(s.buf)+s.shared+perEntry*len(s.keys))
	numbers, n := make([]int, len(s.heads)), 0 // of the heads in the file
	for i := range s.keys {
		k := &s.keys[i]
		if number := numbers[k.head]; number > 0 {
			out = binary.AppendUvarint(out, uint64(number))
		} else {
			if n == maxHeads {
				clear(numbers)
				n = 0
			}
			n++
			numbers[k.head] = n
			out = s.heads[k.head].append(append(out, 0))
		}
		out = binary.AppendUvarint(out, uint64(k.n))
		out = append(out, s.buf[k.start:k.start+k.n]...)
	}
	s.out = out
	if !s.made {
		if err := os.MkdirAll(filepath.Dir(s.prefix), 0o700); err != nil {
			return err
		}
		s.made = true
	}
	err := os.WriteFile(s.name(s.n), out, 0o600)
	s.n++
	s.buf, s.keys, s.heads, s.shared = s.buf[:0], s.keys[:0], s.heads[:0], 0
	s.recent = s.recent[:0]
	clear(s.ids)
	return err
}

func (s *runs) close() error {
	err := s.flush()
	*s = runs{prefix: s.prefix, n: s.n}
	return err
}

// wallLayout is the layout of what a device clock showed.
const wallLayout = "2006-01-02T15:04:05.999999999"

// appendJSON appends the entry as one line of timeline.jsonl.
func (e *Entry) appendJSON(b []byte) []byte {
	switch {
	case e.Quality != record.NoOffset:
		b = record.AppendInstant(append(b, `{"time":"`...), e.Time)
		b = e.shown().AppendFormat(append(b, `","local":"`...), wallLayout)
		b = append(append(b, `","offset":"`...), record.OffsetText(e.Offset)...)
		b = append(append(b, `","quality":"`...), e.Quality.String()...)
	case e.Local && e.Zone != nil:
		b = record.AppendInstant(append(b, `{"time":"`...), e.Time)
		b = e.Time.In(e.Zone).AppendFormat(append(b, `","local":"`...), wallLayout)
		b = append(append(b, `","assumed_zone":"`...), e.Zone.String()...)
	case e.Local:
		b = e.Time.AppendFormat(append(b, `{"local":"`...), wallLayout)
	default:
		b = record.AppendInstant(append(b, `{"time":"`...), e.Time)
	}
	b = record.AppendString(append(b, `","fields":`...), e.Fields)
	b = record.AppendString(append(b, `,"artifact":`...), e.Artifact)
	b = record.AppendString(append(b, `,"summary":`...), e.Summary)
	b = e.Origin.AppendJSON(append(b, `,"origin":`...))
	return append(b, "}\n"...)
}

// shown returns what the clock showed, of an entry whose offset is known.
func (e *Entry) shown() time.Time { return e.Time.Add(time.Duration(e.Offset) * time.Second) }

// csvHeader is the first line of timeline.csv.
const csvHeader = "time,clock,fields,artifact,summary,source,path,stored,table,row,offset,state\r\n"

// appendCSV appends the entry as one line of timeline.csv. A cell that a
// spreadsheet would take for a formula begins with an apostrophe.
func (e *Entry) appendCSV(b []byte) []byte {
	clock := "utc"
	switch {
	case e.Quality != record.NoOffset:
		b = e.Time.AppendFormat(b, time.RFC3339Nano)
		clock = "device, offset " + record.OffsetText(e.Offset) + " " + e.Quality.String()
	case e.Local && e.Zone != nil:
		b = e.Time.AppendFormat(b, time.RFC3339Nano)
		clock = "device, assumed " + e.Zone.String()
	case e.Local:
		b = e.Time.AppendFormat(b, wallLayout)
		clock = "device"
	default:
		b = record.AppendInstant(b, e.Time)
	}
	o := &e.Origin
	for _, text := range [...]string{clock, e.Fields, e.Artifact, e.Summary, o.Source, o.Path, o.Stored, o.Table} {
		b = appendCell(append(b, ','), text)
	}
	b = strconv.AppendInt(append(b, ','), o.Row, 10)
	b = strconv.AppendInt(append(b, ','), o.Offset, 10)
	b = appendCell(append(b, ','), string(o.State))
	return append(b, "\r\n"...)
}

// quoted tells the bytes for which a cell is put between quotes.
var quoted = func() (q [256]bool) {
	for c := range ' ' {
		q[c] = true
	}
	for _, c := range []byte("\",;'\x7f\xc2") {
		q[c] = true
	}
	return q
}()

// appendCell appends a cell of RFC 4180. Cells that begin with one of = + - @,
// a tab or a line end are formulas to spreadsheets: an apostrophe before them
// makes them text. Control characters become spaces.
func appendCell(b []byte, s string) []byte {
	if s == "" {
		return b
	}
	formula := false
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', '|', '%':
		formula = true
	case 0xef: // full-width forms, which some spreadsheets take for the others
		formula = strings.HasPrefix(s, "\uff1d") || strings.HasPrefix(s, "\uff0b") || strings.HasPrefix(s, "\uff0d") || strings.HasPrefix(s, "\uff20")
	}
	quote := formula
	for i := 0; i < len(s) && !quote; i++ {
		quote = quoted[s[i]]
	}
	if !quote {
		return append(b, s...)
	}
	b = append(b, '"')
	if formula {
		b = append(b, '\'')
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			b = append(b, '"', '"')
		case c < ' ', c == 0x7f:
			b = append(b, ' ')
		case c == 0xc2 && i+1 < len(s) && s[i+1] >= 0x80 && s[i+1] < 0xa0: // a control of two bytes
			b = append(b, ' ')
		case c < 0xa0 && c >= 0x80 && i > 0 && s[i-1] == 0xc2: // its second byte
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
