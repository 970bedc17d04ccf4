package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A UsageEvent is one event of the section usagestats: an activity shown, the
// screen on, a notification seen.
type UsageEvent struct {
	Line    int
	User    int       // -1 if not recorded
	Period  string    // the heading above: "Last 24 hour events"
	Time    time.Time // clock without zone, or UTC if Exact
	Exact   bool      // in "usagestats -c": milliseconds
	Type    string    // "ACTIVITY_RESUMED"
	Package string
	Class   string
	Other   []Pair
}

// A UsagePackage is the use of one package over a day, week, month or year.
type UsagePackage struct {
	Line    int
	User    int
	Period  string // "In-memory daily stats"
	Range   string // what the text says of begin and end
	Package string
	Fields  []Pair // "lastTimeUsed", "totalTimeVisible", "appLaunchCount", …: as printed
}

// usagePlace is what the headings say of the lines below them.
type usagePlace struct {
	user           int
	period, within string
}

// UsageEvents yields the events of the service usagestats.
func UsageEvents(text iter.Seq[lines.Line]) iter.Seq2[UsageEvent, error] {
	return func(yield func(UsageEvent, error) bool) {
		r := report{service: "usagestats"}
		for l, at := range usageLines(&r, text) {
			line := strings.TrimSpace(l.String())
			if !strings.HasPrefix(line, "time=") {
				continue
			}
			e := UsageEvent{Line: l.Number, User: at.user, Period: at.period}
			if !e.read(line) {
				r.unknown(l.Number, line)
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
		finish(&r, "\"user=\"", yield)
	}
}

func (e *UsageEvent) read(line string) bool {
	for k, v := range Pairs(line) {
		switch k {
		case "time":
			ms, err := strconv.ParseInt(v, 10, 64)
			if e.Exact = err == nil; e.Exact {
				e.Time = time.UnixMilli(ms).UTC()
			} else {
				e.Time = clock(v)
			}
		case "type":
			e.Type = v
		case "package":
			e.Package = v
		case "class":
			e.Class = v
		default:
			e.Other = append(e.Other, Pair{k, v})
		}
	}
	return !e.Time.IsZero() && e.Type != ""
}

// UsagePackages yields the sums of the service usagestats.
func UsagePackages(text iter.Seq[lines.Line]) iter.Seq2[UsagePackage, error] {
	return func(yield func(UsagePackage, error) bool) {
		r := report{service: "usagestats"}
		for l, at := range usageLines(&r, text) {
			line := strings.TrimSpace(l.String())
			rest, ok := strings.CutPrefix(line, "package=")
			if !ok || !strings.Contains(line, "totalTime") {
				continue
			}
			p := UsagePackage{Line: l.Number, User: at.user, Period: at.period, Range: at.within}
			p.Package, rest, _ = strings.Cut(rest, " ")
			for k, v := range Pairs(rest) {
				p.Fields = append(p.Fields, Pair{k, v})
			}
			if !yield(p, nil) {
				return
			}
		}
		finish(&r, "\"user=\"", yield)
	}
}

// usageLines yields the lines with the headings above them.
func usageLines(r *report, text iter.Seq[lines.Line]) iter.Seq2[lines.Line, usagePlace] {
	return func(yield func(lines.Line, usagePlace) bool) {
		at := usagePlace{user: -1}
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(string(l.Text[:min(len(l.Text), 256)]))
			user, isUser := strings.CutPrefix(line, "user=")
			switch {
			case isUser && n.columns == 0:
				at = usagePlace{user: integer(user)}
				r.found = true
			case n.columns == 2 && (strings.Contains(line, "stats") || strings.Contains(line, "events")):
				at.period, at.within, _ = strings.Cut(line, " (")
				at.within = strings.Trim(at.within, "() ")
			case strings.HasPrefix(line, "timeRange=") || strings.HasPrefix(line, "beginTime="):
				at.within = line
			}
			if !yield(l, at) {
				return
			}
		}
	}
}
