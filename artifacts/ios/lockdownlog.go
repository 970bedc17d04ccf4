package ios

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LockdownLog reads the log of the daemon that computers talk to.
var LockdownLog = artifact.Parser{
	ID:    "ios.lockdownlog",
	Title: lang.Text{EN: "Log of connections of computers (lockdownd)", FR: "Journal des connexions d'ordinateurs (lockdownd)"},
	Doc: `lockdownd is what a computer talks to first, by cable or Wi-Fi: it pairs, opens
sessions, tells and sets values, and starts services. Its log names the clients that
asked, also programs of the phone itself, and goes back for hours to weeks, in rotated
files too. It is the best trace of physical access: pairing with an unknown computer, an
escrow bag, a developer image, names of extraction tools. The line with "Build version"
is written at each start of the phone. Times are those of the clock of the phone,
without a zone. Only some messages are understood; all are kept.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/logs/lockdownd.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileLockdown/lockdownd.log*"},
	},
	Record: lockdownLogLine{},
	Clock:  artifact.LogClock,
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://libimobiledevice.org"},
	Parse:  from.DaemonLog(lockdownLogRow),
}

// lockdownLogLine is one message. A message before the first date has no time.
type lockdownLogLine struct {
	Time     record.WallTime `json:"time"`               // start of the line: clock of the phone, no zone, microseconds
	PID      *int64          `json:"pid,omitempty"`      // after "pid=": of lockdownd
	Function string          `json:"function,omitempty"` // that wrote the message
	Event    string          `json:"event,omitempty"`    // boot, value read, value set, value removed; or by words in the message: pairing, session, service, image, wireless
	Client   record.Process  `json:"client,omitempty"`   // before "attempting to": label that the client gives itself
	Key      string          `json:"key,omitempty"`      // value asked for
	Domain   string          `json:"domain,omitempty"`   // where it is asked for, "NULL" for values of the device
	Build    string          `json:"build,omitempty"`    // of a boot: build of iOS
	Hosts    []string        `json:"hosts,omitempty"`    // UUIDs in the message: HostID of computers and others
	Message  record.Text     `json:"message"`            // the rest, lines that go on included
	Left     int64           `json:"left,omitempty"`     // bytes beyond the limits, which are not kept
	Cut      bool            `json:"cut,omitempty"`      // a line is longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l lockdownLogLine) String() string {
	return record.Line(fmt.Sprintf("lockdownd: %s: %s", l.Function, l.Message))
}

// Forms of messages of lockdownd.
var (
	lockdownLogAsk  = regexp.MustCompile(`^(.+?) attempting to (get|set|remove) \[([^\]]*)\](?:.*? (?:from|in) \[([^\]]*)\])?`)
	lockdownLogUUID = regexp.MustCompile(`[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}`)
)

// lockdownLogEvents are words of functions and messages in lower case, and what they mean.
var lockdownLogEvents = []struct{ word, event string }{
	{"pair", "pairing"}, {"hostid", "pairing"}, {"escrow", "pairing"}, {"diskimage", "image"}, {"disk image", "image"}, {"image_mounter", "image"},
	{"set_wifi", "wireless"}, {"wirelesssync", "wireless"}, {"wireless_lockdown", "wireless"}, {"session", "session"}, {"service", "service"},
}

// lockdownLogMaxUUIDs bounds the UUIDs of one message.
const lockdownLogMaxUUIDs = 16

func lockdownLogRow(e daemonlog.Entry) lockdownLogLine {
	l := lockdownLogLine{Function: e.Origin, Message: from.LogText(e), Left: int64(e.More), Cut: e.Cut, PID: from.Count(int(e.PID))}
	l.Time, _ = from.LogTime(e)
	l.Hosts = lockdownLogUUID.FindAllString(e.Message, lockdownLogMaxUUIDs)
	if m := lockdownLogAsk.FindStringSubmatch(e.Message); m != nil {
		l.Client, l.Key, l.Domain = record.Process(m[1]), m[3], m[4]
		l.Event = map[string]string{"get": "value read", "set": "value set", "remove": "value removed"}[m[2]]
		return l
	}
	if build, ok := strings.CutPrefix(e.Message, "Build version: "); ok {
		l.Event, l.Build = "boot", strings.TrimSpace(build)
		return l
	}
	words := strings.ToLower(e.Origin + " " + e.Message)
	for _, k := range lockdownLogEvents {
		if strings.Contains(words, k.word) {
			l.Event = k.event
			break
		}
	}
	return l
}
