package ios

import (
	"regexp"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ActivationLog reads the log of the activation of the phone.
var ActivationLog = artifact.Parser{
	ID:    "ios.activationlog",
	Title: lang.Text{EN: "Log of the activation", FR: "Journal de l'activation"},
	Doc: `mobileactivationd asks Apple to activate the phone after it was erased or restored, and
fetches certificates for it. Its log goes back for months. Each start of the daemon
begins with a block of values such as the build of iOS: that dates restarts and updates.
An activation that the owner knows nothing of means that the phone was erased, restored
or replaced. Property lists in it hold certificates and identifiers of the device. Times
are those of the clock of the phone, without a zone.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Logs/mobileactivationd/mobileactivationd.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileActivation/mobileactivationd.log*"},
	},
	Record: activationLogLine{},
	Clock:  artifact.LogClock,
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://github.com/abrignoni/iLEAPP"},
	Parse:  from.DaemonLog(activationLogRow),
}

// activationLogLine is one message, or one block of values. A message before the
// first date has no time.
type activationLogLine struct {
	Time    record.WallTime `json:"time"`               // start of the line: clock of the phone, no zone
	PID     *int64          `json:"pid,omitempty"`      // in brackets: process identifier
	Level   string          `json:"level,omitempty"`    // in angle brackets: notice, err, debug…
	Thread  string          `json:"thread,omitempty"`   // in parentheses: address of the thread
	Writer  string          `json:"writer,omitempty"`   // method or function that wrote it
	Event   string          `json:"event,omitempty"`    // start of the daemon, upgrade
	Build   string          `json:"build,omitempty"`    // of an event: build of iOS that runs from then on
	Before  string          `json:"previous,omitempty"` // of an upgrade: build before
	Message record.Text     `json:"message"`            // the rest, lines that go on included; of a block its title
	Values  []record.KV     `json:"values,omitempty"`   // of a block of values, or of a property list that ends the message
	Plist   record.Text     `json:"plist,omitempty"`    // that list, if it cannot be read
	Left    int64           `json:"left,omitempty"`     // bytes and values beyond the limits, which are not kept
	Cut     bool            `json:"cut,omitempty"`      // a line is longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l activationLogLine) String() string {
	return record.Line("activation: " + string(l.Message) + " " + l.Build)
}

// Builds of iOS, such as 22D63 and 22E5200s.
var (
	activationLogBuild   = regexp.MustCompile(`^[0-9]{1,2}[A-Z][0-9]{1,5}[a-z]?$`)
	activationLogUpgrade = regexp.MustCompile(`(?i)upgraded? from \W*([0-9]{1,2}[A-Z][0-9]{1,5}[a-z]?) to \W*([0-9]{1,2}[A-Z][0-9]{1,5}[a-z]?)`)
)

func activationLogRow(e daemonlog.Entry) activationLogLine {
	l := activationLogLine{
		Level: e.Level, Thread: e.Thread, Writer: e.Origin, Message: from.LogText(e), Left: int64(e.More), Cut: e.Cut, PID: from.Count(int(e.PID)),
	}
	l.Time, _ = from.LogTime(e)
	l.Values, l.Plist = from.LogValues(e)
	if e.Title != "" {
		l.Event = "start of the daemon"
		for _, p := range e.Pairs {
			if activationLogBuild.MatchString(p.Value) {
				l.Build = p.Value
				break
			}
		}
	}
	if m := activationLogUpgrade.FindStringSubmatch(e.Message); m != nil {
		l.Event, l.Before, l.Build = "upgrade", m[1], m[2]
	}
	return l
}
