package dumpsys

import (
	"iter"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// An Alarm is a time at which an app has itself woken, or what the service alarm
// counted of the alarms of an app since the phone started.
type Alarm struct {
	Line    int
	Kind    string // "pending", "statistics"
	Type    string // of a pending one: "RTC", "RTC_WAKEUP", "ELAPSED", "ELAPSED_WAKEUP"
	Package string
	UID     string   // of statistics: "u0a80"
	Tags    []string // "*walarm*:com.example.WAKE"; of a pending one at most one
	When    string   // of a pending one, relative to the dump: "+2s999ms"
	Summary string   // of statistics: "+6s185ms running, 24 wakeups"
	Other   []Pair
}

// pendingAlarm is the first line of an alarm: "RTC_WAKEUP #3: Alarm{91bbe1 type 0
// when 1748736000000 com.example.app}".
var pendingAlarm = regexp.MustCompile(`^(RTC|RTC_WAKEUP|ELAPSED|ELAPSED_WAKEUP) #\d+: Alarm\{.* (\S+)\}$`)

// alarmStats is that of statistics: "u0a80:com.example.app +6s running, 24 wakeups:".
var alarmStats = regexp.MustCompile(`^(\d+|u\d+[a-z]+\d+):(\S+) (\+?\S+ running, \d+ wakeups):$`)

// Alarms yields the pending alarms and the statistics of the section of the
// service alarm.
func Alarms(text iter.Seq[lines.Line]) iter.Seq2[Alarm, error] {
	return func(yield func(Alarm, error) bool) {
		r := report{service: "alarm"}
		var a *Alarm
		column := 0
		flush := func() bool {
			done := a
			a = nil
			return done == nil || yield(*done, nil)
		}
		for l := range r.watch(text) {
			n := indentation(l.Text)
			line := strings.TrimSpace(l.String())
			r.found = r.found || strings.HasPrefix(line, "Current Alarm Manager state")
			if a != nil && n.columns > column {
				a.line(line)
				continue
			}
			if !flush() {
				return
			}
			if m := pendingAlarm.FindStringSubmatch(line); m != nil {
				a, column = &Alarm{Line: l.Number, Kind: "pending", Type: m[1], Package: m[2]}, n.columns
			} else if m := alarmStats.FindStringSubmatch(line); m != nil {
				a, column = &Alarm{Line: l.Number, Kind: "statistics", UID: m[1], Package: m[2], Summary: m[3]}, n.columns
			} else if strings.Contains(line, ": Alarm{") {
				r.unknown(l.Number, line)
			}
		}
		if flush() {
			finish(&r, "\"Current Alarm Manager state\"", yield)
		}
	}
}

func (a *Alarm) line(line string) {
	switch {
	case a.Kind == "statistics":
		if strings.HasPrefix(line, "*") && len(a.Tags) < maxRows {
			a.Tags = append(a.Tags, line)
		}
	case strings.HasPrefix(line, "tag="):
		a.Tags = []string{line[len("tag="):]}
	case strings.HasPrefix(line, "type="):
		if a.When = Get(line, "origWhen"); a.When == "" {
			a.When = Get(line, "when")
		}
		if every := Get(line, "repeatInterval"); every != "" && every != "0" {
			a.Other = append(a.Other, Pair{"repeatInterval", every})
		}
	case strings.HasPrefix(line, "operation=") || strings.HasPrefix(line, "listener="):
		key, value, _ := strings.Cut(line, "=")
		a.Other = append(a.Other, Pair{key, value})
	}
}
