package unifiedlog

import (
	"fmt"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// maxErrors is how many errors are kept; those beyond are counted.
const maxErrors = 1000

// Stats counts what was read and what could not be.
type Stats struct {
	Files            uint64 // log files
	Catalogs         uint64
	Chunksets        uint64 // decompressed
	ChunksetsSkipped uint64 // not decompressed, since nothing in them could match
	Compressed       uint64 // bytes of the chunksets decompressed
	Bytes            uint64 // bytes they were decompressed to
	Pages            uint64
	PagesSkipped     uint64 // of processes that are not wanted
	Seen             uint64 // entries whose fixed fields were decoded
	Entries          uint64 // entries given

	Damaged         uint64 // parts that could not be read; Errors has the first of them
	UnknownChunks   uint64 // with a tag that is not known; passed over
	ClippedPages    uint64 // whose data end before their header says
	BrokenPages     uint64 // given up after bytes that are no tracepoint
	BadBodies       uint64 // entries shorter than their flags say; given with what they have
	BadItems        uint64 // arguments outside their entry
	UnlistedPages   uint64 // of a process that the catalog does not list for the chunkset
	OutsideWindow   uint64 // entries outside the time that the catalog states for the chunkset
	NoStrings       uint64 // entries given whose file of strings is missing, as far as their format or message was asked for
	BadOffsets      uint64 // the same, whose file of strings does not have the format
	NoFormats       uint64 // different formats that these entries lack
	MissingOversize uint64 // entries given whose separate arguments were not found, as far as they were asked for
	Spilled         uint64 // chunksets read more than once to keep within memory
	LostEntries     uint64 // entries that loss entries speak of

	Message message.Stats // of the messages composed by workers
	Errors  []error       // each a *DamageError or an error of the file system

	lacking map[*format]bool // the formats of NoFormats
}

// A DamageError says what part of a store could not be read.
type DamageError struct {
	File   string
	Offset int64 // of the part in the file, in bytes; -1 if it is the whole file
	Err    error
}

// Error returns the text of the error.
func (e *DamageError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("read %q: %v", e.File, e.Err)
	}
	return fmt.Sprintf("read %q at %d: %v", e.File, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *DamageError) Unwrap() error { return e.Err }

// damage counts an error and keeps it.
func (s *Stats) damage(file string, offset int64, err error) *DamageError {
	e := &DamageError{file, offset, err}
	s.Damaged++
	if len(s.Errors) < maxErrors {
		s.Errors = append(s.Errors, e)
	}
	return e
}

// add adds the counts of a worker.
func (s *Stats) add(o *Stats) {
	for _, p := range [][2]*uint64{
		{&s.Files, &o.Files}, {&s.Catalogs, &o.Catalogs}, {&s.Chunksets, &o.Chunksets},
		{&s.ChunksetsSkipped, &o.ChunksetsSkipped}, {&s.Compressed, &o.Compressed}, {&s.Bytes, &o.Bytes},
		{&s.Pages, &o.Pages}, {&s.PagesSkipped, &o.PagesSkipped}, {&s.Seen, &o.Seen}, {&s.Entries, &o.Entries},
		{&s.Damaged, &o.Damaged}, {&s.UnknownChunks, &o.UnknownChunks}, {&s.ClippedPages, &o.ClippedPages},
		{&s.BrokenPages, &o.BrokenPages}, {&s.BadBodies, &o.BadBodies}, {&s.BadItems, &o.BadItems},
		{&s.UnlistedPages, &o.UnlistedPages}, {&s.OutsideWindow, &o.OutsideWindow}, {&s.NoStrings, &o.NoStrings},
		{&s.BadOffsets, &o.BadOffsets}, {&s.MissingOversize, &o.MissingOversize}, {&s.Spilled, &o.Spilled},
		{&s.LostEntries, &o.LostEntries},
	} {
		*p[0] += *p[1]
	}
	s.Message.Add(&o.Message)
	for f := range o.lacking {
		s.lack(f)
	}
	for _, err := range o.Errors {
		if len(s.Errors) < maxErrors {
			s.Errors = append(s.Errors, err)
		}
	}
}

// lack notes a format that an entry lacks.
func (s *Stats) lack(f *format) {
	if s.lacking == nil {
		s.lacking = map[*format]bool{}
	}
	if len(s.lacking) < maxFormats && !s.lacking[f] {
		s.lacking[f] = true
		s.NoFormats++
	}
}

// told says of an entry what the counts have of it. An entry is decoded more than
// once, and its format asked for while it is not certain that it will be given.
type told struct{ given, format, noArguments, arguments bool }

// give notes that the entry is given.
func (e *Entry) give() {
	e.told.given = true
	e.lacksFormat()
	e.lacksArguments()
}

// lacksFormat counts an entry without format, once.
func (e *Entry) lacksFormat() {
	if !e.told.given || e.told.format || e.format == nil {
		return
	}
	e.told.format = true
	switch e.format.status {
	case StatusNoFile, StatusUnknown:
		e.d.stats.NoStrings++
	case StatusBadOffset:
		e.d.stats.BadOffsets++
	default:
		return
	}
	e.d.stats.lack(e.format)
}

// lacksArguments counts an entry without the arguments that it keeps apart, once.
func (e *Entry) lacksArguments() {
	if e.told.given && e.told.noArguments && !e.told.arguments {
		e.told.arguments = true
		e.d.stats.MissingOversize++
	}
}
