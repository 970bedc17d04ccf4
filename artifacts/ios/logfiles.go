package ios

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogFiles reads the headers of the files of the unified log.
var LogFiles = artifact.Parser{
	ID:    "ios.logfiles",
	Title: lang.Text{EN: "Files of the unified log", FR: "Fichiers du journal unifié"},
	Doc: `The unified log is a series of files with ascending numbers in folders: Persist (what is kept for some
days), Special (errors and what is kept longer), Signpost and HighVolume; logdata.LiveData is what was
in memory only when a sysdiagnose was taken. Each header says when the file was begun, in which
boot, on which model and build of iOS, in which time zone, and how the log daemon ended before.

The oldest file of Persist says how far back the log reaches. When the store is full the log
daemon removes the oldest files, so that those that remain follow each other. A number that is missing between
two others is a file that was removed in another way, or not copied.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/diagnostics/**/*.tracev3"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/Diagnostics/**/*.tracev3"},
	},
	Record: logFilesFile{},
	Refs: []string{
		"https://github.com/libyal/dtformats/blob/main/documentation/Apple%20Unified%20Logging%20and%20Activity%20Tracing%20formats.asciidoc",
	},
	Parse: logFilesParse,
}

// logFilesFile is the header of one file.
type logFilesFile struct {
	Begun   record.Time `json:"begun"`             // when the file was begun: wall clock of the header, nanoseconds since 1970 UTC
	Store   string      `json:"store"`             // folder: Persist, Special, Signpost or HighVolume; "" for what was in memory
	Name    string      `json:"name"`              // of the file
	Number  int64       `json:"number,omitempty"`  // in the name, hexadecimal there
	Missing int64       `json:"missing,omitempty"` // numbers between this file and the one before in its folder that no file has
	Size    int64       `json:"size"`              // bytes
	Boot    string      `json:"boot,omitempty"`    // UUID of the boot
	Build   string      `json:"build,omitempty"`   // of iOS, such as 22F76
	Model   string      `json:"model,omitempty"`   // of the board, such as D73AP
	Zone    record.Path `json:"zone,omitempty"`    // file of the time zone, such as /var/db/timezone/zoneinfo/Europe/Paris
	West    int64       `json:"west"`              // minutes west of UTC
	PID     int64       `json:"pid,omitempty"`     // of the log daemon
	Exit    int64       `json:"exit,omitempty"`    // exit status of the log daemon before; 0 for none
}

// String implements [record.Data].
func (f logFilesFile) String() string {
	s := "log file " + path.Join(f.Store, f.Name)
	if f.Missing > 0 {
		s += fmt.Sprintf(", %d missing before it", f.Missing)
	}
	return record.Line(s)
}

// logFilesMaxHeader is how many bytes of a header are read.
const logFilesMaxHeader = 4 << 10

func logFilesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if strings.HasPrefix(path.Base(in.Path), "._") {
			return // a companion that tar leaves
		}
		head := make([]byte, logFilesMaxHeader)
		n, err := in.File.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(record.Record{}, fmt.Errorf("read header: %w", err))
			return
		}
		one := logFilesFile{Name: path.Base(in.Path), Size: in.Size}
		if dir := path.Base(path.Dir(in.Path)); unifiedlog.Root(in.Path) != path.Dir(in.Path) && !strings.EqualFold(dir, "diagnostics") {
			one.Store = dir
		}
		one.Number = logFilesNumber(one.Name)
		one.Missing = logFilesMissing(in.Source.FS, path.Dir(in.Path), one.Number)
		if err := one.header(head[:n]); err != nil && !yield(record.Record{}, err) {
			return
		}
		yield(in.Record(record.Origin{Table: "header"}, one), nil)
	}
}

// header reads the first chunk of a file.
func (f *logFilesFile) header(b []byte) error {
	const preamble, tag = 16, 0x1000
	if len(b) < preamble || binary.LittleEndian.Uint32(b) != tag {
		return errors.New("read header: the file does not begin with one")
	}
	size := binary.LittleEndian.Uint64(b[8:])
	b = b[preamble:]
	h, err := unifiedlog.ParseHeader(b[:min(size, uint64(len(b)))])
	if err != nil {
		return err
	}
	f.Begun, f.Boot, f.Build, f.Model, f.Zone = epoch.UnixNano(h.Wall), h.Boot.String(), h.Build, h.Model, record.Path(h.ZonePath)
	f.West, f.PID, f.Exit = int64(h.ZoneWest), int64(h.LogdPID), int64(h.LogdExit)
	return nil
}

// logFilesNumber returns the number in the name of a file, 0 if there is none.
func logFilesNumber(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(name, ".tracev3"), 16, 64)
	if err != nil {
		return 0
	}
	return n
}

// logFilesMissing returns how many numbers are missing between a file and the one
// before it in its folder.
func logFilesMissing(fsys fs.FS, dir string, number int64) int64 {
	if number == 0 {
		return 0
	}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return 0
	}
	before := int64(0)
	for _, e := range entries {
		if n := logFilesNumber(e.Name()); strings.HasSuffix(e.Name(), ".tracev3") && n < number {
			before = max(before, n)
		}
	}
	if before == 0 {
		return 0
	}
	return number - before - 1
}
