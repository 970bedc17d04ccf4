package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A PackageChange is an update or removal that the service batterystats noted on
// one day. The same one is often listed several times.
type PackageChange struct {
	Line    int
	From    time.Time // begin of the day, clock without zone
	To      time.Time // its end; zero for the current day
	Package string
	Version int64 // 0 for a removal; -1 if the text is no number
}

// PackageChanges yields the package changes of the daily statistics, those of the
// current day first, as in the text.
func PackageChanges(text iter.Seq[lines.Line]) iter.Seq2[PackageChange, error] {
	return func(yield func(PackageChange, error) bool) {
		r := report{service: "batterystats"}
		var day PackageChange
		in, changes := false, false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if span, ok := strings.CutPrefix(line, "Daily from "); ok {
				from, to, _ := strings.Cut(strings.TrimSuffix(span, ":"), " to ")
				day = PackageChange{From: clock(from), To: clock(to)}
				if in, changes, r.found = true, false, true; day.From.IsZero() || day.To.IsZero() {
					r.unknown(l.Number, line)
				}
				continue
			}
			if at, ok := strings.CutPrefix(line, "Current start time: "); ok && in {
				day.From = clock(at)
			}
			switch update, ok := strings.CutPrefix(line, "Update "); {
			case line == "Daily stats:":
				in, changes, r.found = true, false, true
			case in && len(l.Text) > 0 && l.Text[0] != ' ' && strings.HasSuffix(line, ":"):
				in, changes = false, false
			case in && line == "Package changes:":
				changes = true
			case changes && ok:
				c := day
				name, version, _ := strings.Cut(update, " vers=")
				n, err := strconv.ParseInt(version, 10, 64)
				if c.Line, c.Package, c.Version = l.Number, name, n; err != nil {
					c.Version = -1
				}
				if !yield(c, nil) {
					return
				}
			case changes && line != "":
				if changes = strings.HasPrefix(line, "#") || strings.HasSuffix(line, ":"); !changes {
					r.unknown(l.Number, line)
				}
			}
		}
		finish(&r, "\"Daily stats:\"", yield)
	}
}

// A HistoryItem is one line of the battery history.
type HistoryItem struct {
	Line    int
	Elapsed time.Duration // since the last reset; 0 where the line has a time of its own
	Time    time.Time     // clock without zone: printed, with year 0 in Android 14 and later, or Elapsed after the last printed time; zero if neither. Of [HistoryCheckin]: UTC
	Reset   bool          // the history begins anew
	Level   int           // of the battery, percent; -1 not recorded
	Events  []HistoryEvent
}

// A HistoryEvent is one change in a line of the battery history.
type HistoryEvent struct {
	Sign  byte   // '+' begin, '-' end, 0 for a value
	Name  string // "job", "top", "pkginst", "running", "status"
	UID   string // "u0a94", if any
	Value string // "com.example.app/.SyncJob", "discharging"
}

// Text returns the event as the history shows it, without quotes:
// "+job=u0a94:com.example.app/.SyncJob", "status=discharging".
func (e HistoryEvent) Text() string {
	s := e.Name
	if e.Sign != 0 {
		s = string(rune(e.Sign)) + s
	}
	switch {
	case e.UID != "":
		s += "=" + e.UID + ":" + e.Value
	case e.Value != "":
		s += "=" + e.Value
	}
	return s
}

// History yields the lines of the battery history of the section of the service
// batterystats. An empty history is no error: it is erased by each full charge.
func History(text iter.Seq[lines.Line]) iter.Seq2[HistoryItem, error] {
	return func(yield func(HistoryItem, error) bool) {
		r := report{service: "batterystats"}
		var anchor time.Time
		var since time.Duration
		in := false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if strings.HasPrefix(line, "Battery History") && strings.HasSuffix(line, ":") {
				in, r.found = true, true
				continue
			}
			if in = in && line != ""; !in {
				continue
			}
			it, ok := historyItem(line, l.Number)
			if !ok {
				r.unknown(l.Number, line)
				continue
			}
			switch {
			case it.Time.IsZero() && !anchor.IsZero():
				it.Time = anchor.Add(it.Elapsed - since)
			case !it.Time.IsZero() && it.Time.Year() > 0:
				anchor, since = it.Time, it.Elapsed
			}
			if !yield(it, nil) {
				return
			}
		}
		finish(&r, "\"Battery History\"", yield)
	}
}

// historyItem reads "+47s645ms (2) 100 +job=u0a94:"x" …", "0 (19) RESET:TIME:
// 2031-02-01-17-30-01" and "02-03 20:27:39.431 (2) 100 …".
func historyItem(line string, number int) (HistoryItem, bool) {
	it := HistoryItem{Line: number, Level: -1}
	first, rest, _ := strings.Cut(line, " ")
	if len(first) == 5 && first[2] == '-' {
		at, after, _ := strings.Cut(strings.TrimSpace(rest), " ")
		it.Time, _ = ParseTime(first + " " + at)
		if rest = after; it.Time.IsZero() {
			return it, false
		}
	} else {
		d, ok := ParseDuration(first)
		if it.Elapsed = d; !ok {
			return it, false
		}
	}
	rest = strings.TrimSpace(rest)
	if _, after, ok := strings.Cut(rest, ") "); ok && rest[0] == '(' {
		rest = strings.TrimSpace(after)
	}
	rest, it.Reset = strings.CutPrefix(rest, "RESET:")
	if at, ok := strings.CutPrefix(rest, "TIME: "); ok {
		t, ok := ParseTime(strings.TrimSpace(at))
		it.Time = t
		return it, ok
	}
	level, after, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(level); err == nil && len(level) <= 3 {
		it.Level, rest = n, after
	}
	it.events(rest)
	return it, true
}

func (it *HistoryItem) events(text string) {
	for key, value := range historyTokens(text) {
		e := HistoryEvent{Name: key}
		if e.Name == "" {
			e.Name, value = value, ""
		}
		if e.Name[0] == '+' || e.Name[0] == '-' {
			e.Sign, e.Name = e.Name[0], e.Name[1:]
		}
		if uid, quoted, ok := strings.Cut(value, `:"`); ok {
			e.UID, value = uid, quoted
		}
		if e.Value = strings.Trim(value, `"`); e.Name != "" {
			it.Events = append(it.Events, e)
		}
	}
}

// historyTokens splits at spaces outside quotes; values have brackets that need
// not match.
func historyTokens(text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
			quoted := false
			n := strings.IndexFunc(text, func(r rune) bool {
				if r == '"' {
					quoted = !quoted
				}
				return r == ' ' && !quoted
			})
			if n < 0 {
				n = len(text)
			}
			key, value, ok := strings.Cut(text[:n], "=")
			if !ok {
				key, value = "", text[:n]
			}
			if text = text[n:]; !yield(key, value) {
				return
			}
		}
	}
}
