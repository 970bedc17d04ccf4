package ios

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ContainerManagerLog reads the log of the daemon that makes containers.
var ContainerManagerLog = artifact.Parser{
	ID:    "ios.containermanagerlog",
	Title: lang.Text{EN: "Log of the container manager", FR: "Journal du gestionnaire de conteneurs"},
	Doc: `containermanagerd makes and removes the folders in which apps keep their data, and
writes what it does to containermanagerd.log, up to iOS 17. The log ties bundle
identifiers to the UUIDs of containers that are gone since. At each start of the phone
it removes what is left over and says so: these lines are a list of boots that does not
depend on shutdown.log. Times are those of the clock of the phone, without a zone.
Recent versions have no such log.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/root/Library/Logs/MobileContainerManager/containermanagerd.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileContainerManager/containermanagerd.log*"},
	},
	Record: containerManagerLogLine{},
	Clock:  artifact.LogClock,
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://github.com/log2timeline/plaso"},
	Parse:  from.DaemonLog(containerManagerLogRow),
}

// containerManagerLogLine is one message. A message before the first date has no time.
type containerManagerLogLine struct {
	Time    record.WallTime `json:"time"`             // start of the line: clock of the phone, no zone
	PID     *int64          `json:"pid,omitempty"`    // in brackets: process identifier
	Level   string          `json:"level,omitempty"`  // in angle brackets: notice, err, debug…
	Thread  string          `json:"thread,omitempty"` // in parentheses: address of the thread
	Writer  string          `json:"writer,omitempty"` // method or function that wrote it
	Event   string          `json:"event,omitempty"`  // first boot or boot: the daemon is ready after a start of the phone
	Message record.Text     `json:"message"`          // the rest, lines that go on included
	Values  []record.KV     `json:"values,omitempty"` // of a block of values, or of a property list that ends the message
	Plist   record.Text     `json:"plist,omitempty"`  // that list, if it cannot be read
	Apps    []record.App    `json:"apps,omitempty"`   // words of the message that have the form of a bundle identifier
	Paths   []record.Path   `json:"paths,omitempty"`  // words of the message that are absolute paths
	Left    int64           `json:"left,omitempty"`   // bytes and values beyond the limits, which are not kept
	Cut     bool            `json:"cut,omitempty"`    // a line is longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l containerManagerLogLine) String() string {
	return record.Line("container manager: " + string(l.Message))
}

func containerManagerLogRow(e daemonlog.Entry) containerManagerLogLine {
	l := containerManagerLogLine{
		Level: e.Level, Thread: e.Thread, Writer: e.Origin, Message: from.LogText(e), Left: int64(e.More), Cut: e.Cut, PID: from.Count(int(e.PID)),
	}
	l.Time, _ = from.LogTime(e)
	l.Values, l.Plist = from.LogValues(e)
	l.Apps, l.Paths = from.Words(e.Message)
	switch {
	case strings.Contains(e.Message, "containermanagerd first boot cleanup complete"):
		l.Event = "first boot"
	case strings.Contains(e.Message, "containermanagerd cleanup complete"):
		l.Event = "boot"
	}
	return l
}
