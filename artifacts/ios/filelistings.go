package ios

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// FileListings reads listings of files in a sysdiagnose.
var FileListings = artifact.Parser{
	ID:    "ios.filelistings",
	Title: lang.Text{EN: "Listing of crash reports on the phone", FR: "Liste des rapports de plantage du téléphone"},
	Doc: `A sysdiagnose holds only some of the crash reports of the phone. On some versions
enumerated_CrashReporter.txt lists all of them, as "find -ls" prints: inode, mode, owner,
size, time and path. It names reports that are not in the archive, foreign files in the
folder, and periods without any report. Times are those of the clock of the phone: older
ones have a year and no time of day, recent ones have no year, which is taken from the
time of the capture.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/**/enumerated_*.txt"}},
	Record: fileListingsFile{},
	Clock:  artifact.CaptureClock,
	Refs:   []string{"https://keith.github.io/xcode-man-pages/find.1.html", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  fileListingsParse,
}

// fileListingsFile is one line.
type fileListingsFile struct {
	Modified record.WallTime `json:"modified"`         // columns of the time, by the clock of the phone; of recent files with the year of the capture
	TimeText string          `json:"time_text"`        // the columns as stored
	Path     record.Path     `json:"path"`             // rest of the line
	Target   record.Path     `json:"target,omitempty"` // of a link, after "->"
	Mode     string          `json:"mode"`             // such as "-rw-r--r--"
	Links    *int64          `json:"links,omitempty"`  // number of hard links
	Owner    string          `json:"owner"`            // name or number
	Group    string          `json:"group"`            // name or number
	Size     *int64          `json:"size,omitempty"`   // bytes
	Inode    string          `json:"inode"`            // number of the file
	Blocks   *int64          `json:"blocks,omitempty"` // of 512 bytes that it takes
}

// String implements [record.Data].
func (f fileListingsFile) String() string {
	return record.Line(fmt.Sprintf("Listed file %s of %s", f.Path, f.Owner))
}

func fileListingsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	captured, known := in.Source.Device.Capture()
	if !known {
		captured = time.Time{}
	}
	return from.EachLine("listing", func(line string) (fileListingsFile, bool) { return fileListingsRow(line, captured) })(ctx, in)
}

// fileListingsRow reads a line such as
//
//	12345  8 -rw-r--r--  1 mobile  mobile  1234 Jan  5 10:12 /private/var/mobile/x.ips
func fileListingsRow(line string, captured time.Time) (f fileListingsFile, ok bool) {
	const columns = 10 // before the path
	var words [columns]string
	rest := line
	for i := range words {
		rest = strings.TrimLeft(rest, " \t")
		words[i], rest, ok = strings.Cut(rest, " ")
		if !ok {
			return f, false
		}
	}
	if len(words[2]) < 10 || strings.Trim(words[0], "0123456789") != "" {
		return f, false
	}
	f = fileListingsFile{
		Inode: words[0], Blocks: fileListingsNumber(words[1]), Mode: words[2], Links: fileListingsNumber(words[3]), Owner: words[4],
		Group: words[5], Size: fileListingsNumber(words[6]), TimeText: words[7] + " " + words[8] + " " + words[9],
	}
	f.Modified = record.WallTime{Time: fileListingsTime(f.TimeText, captured)}
	name, target, link := rest, "", false
	if f.Mode[0] == 'l' {
		if name, target, link = strings.Cut(rest, " -> "); link {
			f.Target = record.Path(target)
		}
	}
	f.Path = record.Path(name)
	return f, name != ""
}

func fileListingsNumber(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// fileListingsTime reads "Jan 5 2023", or "Jan 5 10:12" of the year before the
// capture. It returns the zero time if that is not known.
func fileListingsTime(s string, captured time.Time) time.Time {
	if t, err := time.Parse("Jan _2 2006", s); err == nil {
		return t
	}
	if captured.IsZero() {
		return time.Time{}
	}
	// The reading of the clock at the capture, as if it were UTC.
	now := time.Date(captured.Year(), captured.Month(), captured.Day(), captured.Hour(), captured.Minute(), captured.Second(), 0, time.UTC)
	for _, year := range []int{now.Year(), now.Year() - 1} {
		// The year is parsed with the day, since one of them has 29 February.
		t, err := time.Parse("2006 Jan _2 15:04", strconv.Itoa(year)+" "+s)
		if err == nil && t.Before(now.Add(24*time.Hour)) {
			return t
		}
	}
	return time.Time{}
}
