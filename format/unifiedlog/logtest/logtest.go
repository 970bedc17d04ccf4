// Package logtest writes unified logs that package unifiedlog reads: valid
// stores of any size, with entries of one's own, for tests, measurements and
// demonstrations. The same calls give the same bytes.
//
// Entries are written as they come, so that a store of twenty million needs no
// more memory than one of a thousand.
package logtest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"testing/fstest"
	"time"

	"github.com/vigie-project/vigie/format/unifiedlog"
)

// Options say how a store is written.
type Options struct {
	// Boot is when the device was started; entries must not be earlier. It is
	// 2026-01-01 00:00 UTC if zero.
	Boot time.Time
	// Live writes the layout of a device's file system, private/var/db/…, not that
	// of a logarchive.
	Live bool
	// Stored leaves chunksets uncompressed.
	Stored bool
	// NoSharedCache leaves out the strings of the shared cache, as a backup of
	// the diagnostics folder alone does.
	NoSharedCache bool
	// FileSize is how many bytes a log file has about before the next one is
	// begun; 10 MB if 0.
	FileSize int
}

// An Entry is an entry to write.
type Entry struct {
	Time      time.Time            // not before that of the entry before it
	Type      unifiedlog.EventType // TypeLog if 0
	Process   string               // path of the executable
	PID       uint32
	EUID      uint32
	Thread    uint64
	Activity  uint64 // of TypeActivity, the one that begins
	Subsystem string
	Category  string
	Level     unifiedlog.Level // of a signpost, its kind
	Signpost  uint64           // number of a signpost

	// Library is the path of the image that made the entry, if that is not the
	// executable. Shared says that it is in the shared cache.
	Library string
	Shared  bool

	// Format is the format string; of TypeSimpledump, the message; of
	// TypeStatedump, the title.
	Format string
	// Args are the arguments: integers, float64, string, Object, Private,
	// Redacted, Masked and []byte (for %.*P). Of TypeStatedump, one []byte: a
	// property list. Of TypeLoss, one int: how many entries were lost.
	Args []any
}

// An Object is the text of an argument for %@.
type Object string

// A Private is a private text that is stored.
type Private string

// Redacted is a private text that is not stored.
type Redacted struct{}

// Masked is a text of which only these bytes of a hash are stored.
type Masked []byte

// A Writer writes a store.
type Writer struct {
	o        Options
	create   func(name string) (io.WriteCloser, error)
	root     string // of the log folders
	texts    string // of the folders of strings
	last     uint64 // continuous time of the last entry
	files    int
	out      io.WriteCloser
	written  int
	procs    map[procKey]*process
	order    []*process
	images   map[string]*image
	shared   sharedCache
	group    group
	chunk    chunkset
	oversize uint32
	closed   bool
	args     arguments
	body     []byte
}

type procKey struct {
	path string
	pid  uint32
}

// Numer and denom are the timebase of the devices: ticks of 125/3 nanoseconds.
const (
	numer = 125
	denom = 3
)

// New returns a writer that asks create for each file of the store, by its name
// from the root with slashes.
func New(o Options, create func(name string) (io.WriteCloser, error)) *Writer {
	if o.Boot.IsZero() {
		o.Boot = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.FileSize == 0 {
		o.FileSize = 10 << 20
	}
	w := &Writer{o: o, create: create, procs: map[procKey]*process{}, images: map[string]*image{}}
	if o.Live {
		w.root, w.texts = "private/var/db/diagnostics", "private/var/db/uuidtext"
	}
	w.shared.init()
	return w
}

// Add writes an entry.
func (w *Writer) Add(e *Entry) error {
	since := e.Time.Sub(w.o.Boot)
	continuous := uint64(since) / numer * denom
	continuous += uint64(since) % numer * denom / numer
	switch {
	case w.closed:
		return errors.New("add entry: the store is closed")
	case since < 0:
		return fmt.Errorf("add entry: %s is before the boot", e.Time)
	case continuous < w.last:
		return fmt.Errorf("add entry: %s is before the last entry", e.Time)
	}
	w.last = continuous
	p := w.process(e)
	switch e.Type {
	case 0, unifiedlog.TypeLog, unifiedlog.TypeSignpost, unifiedlog.TypeActivity, unifiedlog.TypeLoss:
		return w.tracepoint(e, p, continuous)
	case unifiedlog.TypeSimpledump:
		return w.dump(tagSimpledump, simpledump(e, p, continuous), p, continuous)
	case unifiedlog.TypeStatedump:
		return w.dump(tagStatedump, statedump(e, p, continuous), p, continuous)
	}
	return fmt.Errorf("add entry: type %d is not known here", e.Type)
}

// Close writes what is left: the last pages, the clocks and the strings.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	for _, p := range w.order {
		if err := w.flushPage(p); err != nil {
			return err
		}
	}
	if err := w.flushChunkset(); err != nil {
		return err
	}
	if err := w.flushGroup(); err != nil {
		return err
	}
	if w.out != nil {
		if err := w.out.Close(); err != nil {
			return err
		}
	}
	if err := w.file(path.Join(w.root, "timesync", "0000000000000002.timesync"), w.timesync()); err != nil {
		return err
	}
	return w.strings()
}

// file writes a whole file.
func (w *Writer) file(name string, data []byte) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// uuidOf returns a UUID that depends on a text only.
func uuidOf(s string) (u unifiedlog.UUID) {
	sum := sha256.Sum256([]byte("vigie logtest " + s))
	copy(u[:], sum[:])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u
}

// Memory collects the files of a store; its Create is for [New].
type Memory map[string]*bytes.Buffer

// Create begins a file.
func (m Memory) Create(name string) (io.WriteCloser, error) {
	b := &bytes.Buffer{}
	m[name] = b
	return nopCloser{b}, nil
}

// FS returns the files.
func (m Memory) FS() fs.FS {
	files := fstest.MapFS{}
	for name, b := range m {
		files[name] = &fstest.MapFile{Data: b.Bytes(), Mode: 0o444}
	}
	return files
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
