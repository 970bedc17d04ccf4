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

// CallSettings reads what FaceTime and other calls negotiated.
var CallSettings = artifact.Parser{
	ID:    "ios.callsettings",
	Title: lang.Text{EN: "Settings of FaceTime and other calls", FR: "Réglages des appels FaceTime et autres"},
	Doc: `The service of calls with sound and picture writes what each call negotiated to a text
of its own, named after the time; a sysdiagnose has the last ones. A call shows here
even if it was deleted from the list of calls, or was never shown, as attacks through
calls do. The time in the name and the six digits before a line are taken for the clock
of the phone; both are unverified.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/AVConference/*.calldump*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.VideoConference/logs/*.calldump*"},
	},
	Record: callSettingsLine{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Clock:  artifact.OtherClock,
	Parse:  callSettingsParse,
}

// callSettingsLine is one line.
type callSettingsLine struct {
	Call   record.WallTime `json:"call"`             // time in the name of the file: zone not known
	Offset string          `json:"offset,omitempty"` // digits before the line, HHMMSS and fraction, as printed
	File   string          `json:"file"`             // name of the file
	Text   record.Text     `json:"text"`             // the rest of the line
	Cut    bool            `json:"cut,omitempty"`    // a piece of a line longer than 256 KiB, or the text ends within it
}

// String implements [record.Data].
func (l callSettingsLine) String() string {
	return record.Line(fmt.Sprintf("Call %s: %s", l.File, l.Text))
}

// callSettingsClock is what can stand before a line.
var callSettingsClock = regexp.MustCompile(`^([0-9]{6}\.[0-9]{6}) `)

func callSettingsParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		text, err := from.Gunzip(in)
		if err != nil && !yield(record.Record{}, err) || text == nil {
			return
		}
		name := path.Base(in.Path)
		var call record.WallTime
		if len(name) > 15 {
			if t, err := time.Parse("20060102-150405", name[:15]); err == nil {
				call = record.WallTime{Time: t}
			}
		}
		for l, err := range from.Lines(text.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read call: %w", err))
				return
			}
			line := callSettingsLine{Call: call, File: name, Cut: l.Cut}
			s := strings.TrimRight(l.String(), " ")
			if m := callSettingsClock.FindStringSubmatch(s); m != nil {
				line.Offset, s = m[1], s[len(m[0]):]
			}
			if line.Text = record.Text(s); s == "" {
				continue
			}
			if !yield(text.Record(from.AtLine(l), line), nil) {
				return
			}
		}
	}
}
