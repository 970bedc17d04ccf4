package ps

import (
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// Split splits a command into the program and its arguments, which ps separates by
// blanks only. A path whose folders have blanks is recognized if they are bundles,
// such as "Some App.app", or Application Support. A process that has ended is
// printed in parentheses, which are cut: then ended is set.
func Split(command string) (program, arguments string, ended bool) {
	command = strings.TrimSpace(command)
	if n := len(command); n > 2 && command[0] == '(' && command[n-1] == ')' {
		return command[1 : n-1], "", true
	}
	end := programEnd(command)
	return command[:end], strings.TrimLeft(command[end:], " \t"), false
}

// programEnd returns where the program ends.
func programEnd(command string) int {
	if !strings.HasPrefix(command, "/") {
		return blankOrEnd(command, 0)
	}
	bundle := "" // name of the bundle that the next segment lies in
	for at := 1; ; {
		i := strings.IndexByte(command[at:], '/')
		if i < 0 {
			name := strings.TrimSuffix(bundle, " ")
			if rest := command[at:]; name != "" && strings.HasPrefix(rest, name) && (len(rest) == len(name) || rest[len(name)] == ' ') {
				return at + len(name)
			}
			return blankOrEnd(command, at)
		}
		segment := command[at : at+i]
		name, isBundle := bundleName(segment)
		if strings.ContainsAny(segment, " \t") && !isBundle && segment != "Application Support" {
			if bundle != "" && strings.HasPrefix(segment, bundle+" ") {
				return at + len(bundle)
			}
			return blankOrEnd(command, at)
		}
		bundle = name
		at += i + 1
	}
}

// blankOrEnd returns the place of the first blank from at, or the end.
func blankOrEnd(text string, at int) int {
	if i := strings.IndexAny(text[at:], " \t"); i >= 0 {
		return at + i
	}
	return len(text)
}

// bundleName returns the name of a bundle, by the name of its folder.
func bundleName(folder string) (string, bool) {
	for _, end := range []string{".app", ".appex", ".xpc", ".bundle", ".framework"} {
		if name, ok := strings.CutSuffix(folder, end); ok && name != "" {
			// "tool /x.app" and "tool --file=a.app" are no names of folders.
			if i := strings.IndexAny(name, " \t"); i < 0 || !strings.Contains(name[i:], " -") {
				return name, true
			}
		}
	}
	return "", false
}

// A Precision says how exactly a time is printed.
type Precision string

// The precisions.
const (
	Minute Precision = "minute"
	Hour   Precision = "hour"
	Day    Precision = "day"
)

// Start returns when a process started, as the clock of the device showed it: the
// latest such time before the list was made, at now by the same clock. ps prints
// the time of day for the last 24 hours, else the day of the week and the hour for
// the last week, else the date. It is not ok for texts of another form.
func Start(text string, now time.Time) (start time.Time, precision Precision, ok bool) {
	text = strings.NewReplacer("\u202f", "", " ", "").Replace(lines.Digits(text))
	for _, layout := range []string{"3:04PM", "15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			start = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
			if start.After(now) {
				start = start.AddDate(0, 0, -1)
			}
			return start, Minute, true
		}
	}
	if len(text) > 3 {
		for day := range 7 {
			if !strings.EqualFold(text[:3], time.Weekday(day).String()[:3]) {
				continue
			}
			for _, layout := range []string{"03PM", "3PM", "15"} {
				if t, err := time.Parse(layout, text[3:]); err == nil {
					return weekday(time.Weekday(day), t.Hour(), now), Hour, true
				}
			}
		}
	}
	if t, err := time.Parse("2Jan06", text); err == nil && !t.After(now) {
		return t, Day, true
	}
	return time.Time{}, "", false
}

// weekday returns the latest time with that day of the week and hour that is a
// day before now.
func weekday(day time.Weekday, hour int, now time.Time) time.Time {
	t := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	t = t.AddDate(0, 0, -(int(now.Weekday())-int(day)+7)%7)
	if now.Sub(t) < 23*time.Hour {
		t = t.AddDate(0, 0, -7)
	}
	return t
}

// flagNames are the bits of p_flag that are named by
// https://github.com/apple-oss-distributions/xnu/blob/main/bsd/sys/proc.h.
var flagNames = []struct {
	bit  int64
	name string
}{
	{0x4, "64-bit"}, {0x40, "select"}, {0x100, "set-id was used"}, {0x200, "system"}, {0x800, "being traced"},
	{0x1000, "ASLR disabled"}, {0x2000, "exiting"}, {0x4000, "exec"}, {0x4000000, "adopted a persona"},
}

// FlagNames returns the names of the bits of F that are known, in their order.
func FlagNames(flags int64) (names []string) {
	for _, f := range flagNames {
		if flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return names
}
