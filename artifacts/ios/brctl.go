package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BRCtl reads the state of iCloud Drive.
var BRCtl = artifact.Parser{
	ID:    "ios.brctl",
	Title: lang.Text{EN: "iCloud Drive: containers and history of boots", FR: "iCloud Drive : conteneurs et historique des démarrages"},
	Doc: `bird, which syncs iCloud Drive, tells a sysdiagnose its containers with the apps that
use them, also apps that were removed, and the builds of iOS with which it ran: a
history of updates. Lines of the dump that are neither are not read, but counted. Dates
are written as the language of the phone does, so that day and month can be told apart
only if one of them is over 12; they are kept as text otherwise.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/brctl/brctl-container-list.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/brctl/brctl-dump.txt"},
	},
	Record: brctlFact{},
	Clock:  artifact.CaptureClock,
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://keith.github.io/xcode-man-pages/brctl.1.html"},
	Parse:  brctlParse,
}

// brctlFact is one container, one library of apps or one boot.
type brctlFact struct {
	Clock    record.WallTime `json:"clock"`               // of a boot or the dump: clock of the phone, no zone
	TimeText string          `json:"time_text,omitempty"` // the time as printed
	Kind     string          `json:"kind"`                // container, library, boot, dump, apps monitor; other lines: how many are not read
	ID       record.App      `json:"id,omitempty"`        // of a container or library: bundle identifier, or a name with "iCloud."
	Name     record.Text     `json:"name,omitempty"`      // localizedName
	Path     record.Path     `json:"path,omitempty"`      // documents
	Apps     []record.App    `json:"apps,omitempty"`      // clients, bundles or apps
	System   string          `json:"system,omitempty"`    // of a boot: OS
	Values   []record.KV     `json:"values,omitempty"`    // other values of the line
	Text     record.Text     `json:"text"`                // the line, without control sequences
}

// String implements [record.Data].
func (f brctlFact) String() string {
	return record.Line(fmt.Sprintf("iCloud Drive: %s %s", f.Kind, f.Text))
}

// What lines of the files look like, and the control sequences of terminals in them.
var (
	brctlANSI      = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)
	brctlContainer = regexp.MustCompile(`^\s*id:(\S+)\s+localizedName:'(.*?)'\s+documents:'(.*?)'(.*)$`)
	brctlClients   = regexp.MustCompile(`clients: *(.*)$`)
	brctlLibrary   = regexp.MustCompile(`app library: *<([^\[ >]+)`)
	brctlList      = regexp.MustCompile(`(apps|bundles):\{([^}]*)\}`)
	brctlBoot      = regexp.MustCompile(`^\s*\[([^\]]+)\]\s+(OS:.*)$`)
	brctlDump      = regexp.MustCompile(`^\s*dump taken at (.+?)(?: \[|$)`)
	brctlValue     = regexp.MustCompile(`(\w+):(\S+)`)
)

func brctlParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	list := path.Base(in.Path) == "brctl-container-list.txt"
	return func(yield func(record.Record, error) bool) {
		other, last := 0, 0
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read iCloud Drive: %w", err))
				return
			}
			last = l.Number
			text := strings.TrimRight(brctlANSI.ReplaceAllString(l.String(), ""), " \t")
			if strings.TrimSpace(text) == "" {
				continue
			}
			f, ok := brctlOne(text)
			switch {
			case ok:
				if !yield(in.Record(from.AtLine(l), f), nil) {
					return
				}
			case list && strings.HasPrefix(strings.TrimSpace(text), "id:"):
				if !yield(record.Record{}, fmt.Errorf("read iCloud Drive, line %d: unknown form: %q", l.Number, record.Line(text))) {
					return
				}
			default:
				other++
			}
		}
		if other > 0 {
			yield(in.Record(record.Origin{Row: int64(last)}, brctlFact{Kind: "other lines", Text: record.Text(fmt.Sprintf("%d lines are not read", other))}), nil)
		}
	}
}

// brctlOne reads one line.
func brctlOne(text string) (brctlFact, bool) {
	f := brctlFact{Text: record.Text(strings.TrimSpace(text))}
	if m := brctlContainer.FindStringSubmatch(text); m != nil {
		f.Kind, f.ID, f.Name, f.Path = "container", record.App(m[1]), record.Text(m[2]), record.Path(m[3])
		if c := brctlClients.FindStringSubmatch(m[4]); c != nil {
			f.apps(c[1])
		}
		return f, true
	}
	if m := brctlLibrary.FindStringSubmatch(text); m != nil {
		f.Kind, f.ID = "library", record.App(m[1])
		for _, part := range brctlList.FindAllStringSubmatch(text, -1) {
			f.apps(part[2])
		}
		return f, true
	}
	if m := brctlBoot.FindStringSubmatch(text); m != nil {
		f.Kind, f.TimeText, f.Clock = "boot", m[1], brctlTime(m[1])
		for _, v := range brctlValue.FindAllStringSubmatch(m[2], -1) {
			if v[1] == "OS" && f.System == "" {
				f.System = v[2]
			} else {
				f.Values = append(f.Values, record.KV{Key: v[1], Value: v[2]})
			}
		}
		return f, true
	}
	if m := brctlDump.FindStringSubmatch(text); m != nil {
		f.Kind, f.TimeText, f.Clock = "dump", m[1], brctlTime(m[1])
		return f, true
	}
	if strings.Contains(text, "apps monitor") {
		f.Kind = "apps monitor"
		f.Apps, _ = from.Words(text)
		return f, true
	}
	return brctlFact{}, false
}

// brctlMaxApps bounds the apps of one line.
const brctlMaxApps = 256

// apps adds the identifiers of a list.
func (f *brctlFact) apps(list string) {
	for word := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(" ,;'\"<>", r) }) {
		if len(f.Apps) < brctlMaxApps && !strings.HasPrefix(word, "ino:") {
			f.Apps = append(f.Apps, record.App(word))
		}
	}
}

// brctlTime reads a date with the year first, or one of which day and month cannot be
// mistaken for each other. It is zero for others.
func brctlTime(s string) record.WallTime {
	s = strings.Replace(strings.TrimSpace(s), ",", "", 1)
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return record.WallTime{Time: t}
		}
	}
	day, dayErr := time.Parse("02/01/2006 15:04:05", s)
	month, monthErr := time.Parse("01/02/2006 15:04:05", s)
	switch {
	case dayErr == nil && (monthErr != nil || day.Equal(month)):
		return record.WallTime{Time: day}
	case monthErr == nil && dayErr != nil:
		return record.WallTime{Time: month}
	}
	return record.WallTime{}
}
