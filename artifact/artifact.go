// Package artifact defines what a parser is.
//
// A [Parser] is a value that describes one artifact and knows how to read it.
// It keeps no state and touches nothing but its [Input]. The engine, the
// command line, the report and the documentation all work from the same value,
// so there is nothing else to write or to register.
package artifact

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// A Parser describes one artifact of one platform.
type Parser struct {
	ID     string      // platform, dot, name of the defining file: "ios.tcc"
	Title  lang.Text   // a few words, no final period
	Doc    string      // Markdown: what it is, what it can show, what its absence means
	Inputs []Pattern   // the files to read
	Record record.Data // zero value of the type of record produced
	Refs   []string    // public sources for the format

	// Sorts, if it is set, are the files that are of this artifact where others
	// have the same names. It spares the parser the others, and the ledger does
	// not count them.
	Sorts Sorts

	// Private marks an artifact that is read only when asked for by name,
	// since it is personal and rarely tells anything about spyware.
	Private bool

	// Clock says by which clock the wall times of its records were written.
	Clock Clock

	// Parse reads one input and yields its records in file order.
	//
	// An error says that something could not be read, and reading goes on: a
	// parser yields it with a zero Record and continues with the next record
	// if it can, or returns if it cannot. Parse stops when yield returns false.
	Parse func(context.Context, *Input) iter.Seq2[record.Record, error]
}

// A Clock says what is known of the clock that wrote times without a zone, and so
// with which offset from UTC the engine may resolve them.
type Clock uint8

// The clocks.
const (
	PhoneClock   Clock = iota // of the phone, in the zone of that time
	LogClock                  // as PhoneClock, and the records of a file are in the order of time
	CaptureClock              // of the phone, in the zone of the capture whatever the time is, as tools list
	OtherClock                // not known to be that of the phone: nothing is resolved
)

// A Sorter tells files apart that several artifacts look for under the same
// names. The engine asks it once for each file.
type Sorter struct {
	// Of returns of which sort a file is, less than 64, after a look at its start.
	// ok is false if it cannot tell: then all parsers are given the file.
	Of func(path string, file io.ReaderAt, size int64) (sort uint8, ok bool)
}

// Sorts are some of the sorts of a sorter, by their bits. The zero value is for
// artifacts whose files need no sorting.
type Sorts struct {
	By  *Sorter
	Set uint64
}

// Has reports whether a sort is among them.
func (s Sorts) Has(sort uint8) bool { return s.Set>>sort&1 != 0 }

// A Pattern selects files of some kinds of acquisition.
type Pattern struct {
	Kinds evidence.Kind // one or more
	Glob  string        // device path with path.Match wildcards; "**" is any number of folders
}

// An Input is one file that matched, open for reading. The engine opens and
// closes it.
type Input struct {
	Source *evidence.Source // the acquisition it is in
	Path   string           // device path
	Size   int64            // bytes
	File   evidence.File
	Parser *Parser // that reads it

	// Note keeps something an examiner must know when weighing the records of
	// this input, that is no error; never nil when the engine runs the parser.
	Note func(evidence.Note)

	// Opening, if it is set, is told the path of each companion before it is opened.
	Opening func(path string)

	place *place // where it lies, once asked for
}

// Open opens a companion of the input, such as a write-ahead log, by its path
// relative to the folder of the input.
func (in *Input) Open(name string) (evidence.File, error) {
	name = path.Join(path.Dir(in.Path), name)
	if in.Opening != nil {
		in.Opening(name)
	}
	return in.Source.Open(name)
}

// Record returns a record of this input. Of at, the parser sets Table, Row,
// Offset and State as far as it knows them, and Path only if the record lies in
// a companion of the input. Of an input that is a part of a longer text, rows
// are lines: they and offsets count from the start of the part.
func (in *Input) Record(at record.Origin, data record.Data) record.Record {
	at.Source = in.Source.ID
	if at.Path == "" {
		place := in.placed()
		at.Path, at.Stored = place.path, place.stored
		if at.Row != 0 {
			at.Row += place.lines
		}
		if at.Offset != 0 {
			at.Offset += place.bytes
		}
	}
	return record.Record{Artifact: in.Parser.ID, Origin: at, Data: data}
}

// A place is where an input lies.
type place struct {
	path, stored string // stored is "" if it is the path
	lines, bytes int64  // before the input
}

// placed returns where the input lies.
func (in *Input) placed() *place {
	if in.place != nil {
		return in.place
	}
	in.place = &place{path: in.Path}
	file := in.File
	for {
		w, ok := file.(interface{ Unwrap() evidence.File })
		if !ok {
			break
		}
		file = w.Unwrap()
	}
	if f, ok := file.(evidence.StoredFile); ok {
		if name, _ := f.Stored(); name != in.Path {
			in.place.stored = name
		}
	}
	if f, ok := file.(evidence.PartFile); ok {
		in.place.path, in.place.lines, in.place.bytes = f.Part()
	}
	return in.place
}

var validID = regexp.MustCompile(`^(ios|android)\.[a-z][a-z0-9]*$`)

// Validate reports the first thing wrong in the description of the parsers.
func Validate(parsers []*Parser) error {
	seen := map[string]bool{}
	for _, p := range parsers {
		switch {
		case !validID.MatchString(p.ID):
			return fmt.Errorf("parser %q: ID does not match %s", p.ID, validID)
		case seen[p.ID]:
			return fmt.Errorf("parser %s: defined twice", p.ID)
		case !p.Title.Complete() || p.Doc == "" || len(p.Refs) == 0:
			return fmt.Errorf("parser %s: Title in both languages, Doc and Refs must be set", p.ID)
		case len(p.Inputs) == 0 || p.Record == nil || p.Parse == nil:
			return fmt.Errorf("parser %s: Inputs, Record and Parse must be set", p.ID)
		}
		if _, err := record.TypeOf(p.Record); err != nil {
			return fmt.Errorf("parser %s: %w", p.ID, err)
		}
		for _, in := range p.Inputs {
			if in.Kinds == 0 || in.Glob == "" || strings.HasPrefix(in.Glob, "/") || strings.HasSuffix(in.Glob, "**") {
				return fmt.Errorf("parser %s: pattern %q is not a relative device path of some kind of acquisition", p.ID, in.Glob)
			}
			if _, err := path.Match(in.Glob, ""); err != nil {
				return fmt.Errorf("parser %s: pattern %q: %w", p.ID, in.Glob, err)
			}
		}
		seen[p.ID] = true
	}
	return nil
}
