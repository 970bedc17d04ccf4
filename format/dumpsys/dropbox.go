package dumpsys

import (
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// maxEntry limits the text kept of one entry in bytes.
const maxEntry = 1 << 20

// A DropBoxEntry is one entry of the service dropbox: a crash, a restart, a log.
type DropBoxEntry struct {
	Line   int
	Time   time.Time // clock without zone
	Tag    string    // "data_app_crash", "SYSTEM_BOOT"
	Form   string    // "text", "compressed text", "data"; "contents lost"
	Size   int64     // in bytes; 0 if lost
	Fields []Pair    // "Process", "Package", … at the begin of the text
	Text   string    // without the fields; the begin only, on one line, if not printed in full
	Short  bool      // the text was too long to be kept whole
}

var dropBoxLine = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+) \((.*?)(?:, (\d+) bytes)?\)$`)

// DropBoxEntries yields the entries of the section of the service dropbox and of
// "dumpsys dropbox --print".
func DropBoxEntries(text iter.Seq[lines.Line]) iter.Seq2[DropBoxEntry, error] {
	return func(yield func(DropBoxEntry, error) bool) {
		r := report{service: "dropbox"}
		var e *DropBoxEntry
		var body strings.Builder
		fields := false
		for l := range r.watch(text) {
			line := strings.TrimRight(l.String(), " ")
			r.found = r.found || strings.HasPrefix(line, "Drop box contents:")
			if m := dropBoxLine.FindStringSubmatch(line); m != nil {
				if e != nil && !yield(e.with(&body), nil) {
					return
				}
				r.found, fields = true, true
				e = &DropBoxEntry{Line: l.Number, Time: clock(m[1]), Tag: m[2], Form: m[3], Size: number(m[4])}
				continue
			}
			if e == nil || strings.Trim(line, "=") == "" && line != "" {
				continue
			}
			key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if fields = fields && ok && line[0] != ' ' && !strings.Contains(key, " "); fields && len(e.Fields) < maxDetails {
				e.Fields = append(e.Fields, Pair{key, value})
			} else if body.Len()+len(line) < maxEntry {
				body.WriteString(strings.TrimPrefix(line, "    ") + "\n")
			} else {
				e.Short = true
			}
		}
		if e != nil && !yield(e.with(&body), nil) {
			return
		}
		finish(&r, "\"Drop box contents:\"", yield)
	}
}

// with returns the entry with its text, which it takes.
func (e *DropBoxEntry) with(body *strings.Builder) DropBoxEntry {
	e.Text = strings.Trim(body.String(), "\n")
	body.Reset()
	return *e
}
