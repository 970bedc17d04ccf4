package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InstallLog reads the logs of the installation of apps.
var InstallLog = artifact.Parser{
	ID:    "ios.installlog",
	Title: lang.Text{EN: "Logs of the installation of apps", FR: "Journaux de l'installation d'apps"},
	Doc: `installd writes to mobile_installation.log who asks to install or remove which app, from
where, and where its containers are then; mobile_installation_helper, which does for it
what needs more rights, has a log of its own that is also in backups. Five files of each
rotate when they grow: they go back for days to months. They show installations and
removals of apps, also of apps that are gone. Apps from the App Store are installed by
appstored and installcoordinationd; mobile_installation_proxy means a computer, profiled
or MDM a management profile, and the type Developer an app that was signed for testing.
An app that runs and was installed by none of these, or an install that was undone hours
after crashes, deserves a look. Times are those of the clock of the phone, without a
zone. A short or empty log is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/Logs/mobile_installation*.log*"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/installd/Library/Logs/MobileInstallation/mobile_installation*.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/MobileInstallation/mobile_installation*.log*"},
	},
	Record: installLogLine{},
	Clock:  artifact.LogClock,
	Refs:   []string{"https://github.com/abrignoni/iLEAPP", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://github.com/log2timeline/plaso"},
	Parse: func(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
		log, _, _ := strings.Cut(path.Base(in.Path), ".")
		return from.DaemonLog(func(e daemonlog.Entry) installLogLine { return installLogRow(log, e) })(ctx, in)
	},
}

// installLogLine is one message. A message before the first date has no time.
type installLogLine struct {
	Time    record.WallTime `json:"time"`                    // start of the line: clock of the phone, no zone
	Log     string          `json:"log"`                     // name of the file without its end: mobile_installation, mobile_installation_helper
	Process *int64          `json:"pid,omitempty"`           // in brackets: process identifier
	Level   string          `json:"level,omitempty"`         // in angle brackets: notice, err, debug…
	Thread  string          `json:"thread,omitempty"`        // in parentheses: address of the thread
	Writer  string          `json:"writer,omitempty"`        // method or function that wrote it
	Event   string          `json:"event,omitempty"`         // what the message means: see installLogEvents
	App     record.App      `json:"app,omitempty"`           // of an event: which app
	Type    string          `json:"type,omitempty"`          // of an event: Placeholder, Customer, Developer, System…
	Version string          `json:"version,omitempty"`       // of an event: Version
	Short   string          `json:"short_version,omitempty"` // of an event: ShortVersion
	Path    record.Path     `json:"path,omitempty"`          // of an event: what is installed, or the container
	Client  record.Process  `json:"client,omitempty"`        // of an event: who asked for it
	Asker   *int64          `json:"client_pid,omitempty"`    // its process identifier
	Message record.Text     `json:"message"`                 // the rest, lines that go on included
	Values  []record.KV     `json:"values,omitempty"`        // of a block of values, or of a property list that ends the message
	Plist   record.Text     `json:"plist,omitempty"`         // that list, if it cannot be read
	Apps    []record.App    `json:"apps,omitempty"`          // words of the message that have the form of a bundle identifier
	Paths   []record.Path   `json:"paths,omitempty"`         // words of the message that are absolute paths
	Left    int64           `json:"left,omitempty"`          // bytes and values beyond the limits, which are not kept
	Cut     bool            `json:"cut,omitempty"`           // a line is longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l installLogLine) String() string {
	if l.Event != "" {
		return record.Line(fmt.Sprintf("%s %s %s %s", l.Event, l.App, l.Path, l.Client))
	}
	return record.Line(fmt.Sprintf("%s: %s", l.Log, l.Message))
}

// installLogEvents are the messages that mean something, by a text in them, and where
// their values are: groups are named after fields.
var installLogEvents = []struct {
	text, event string
	values      *regexp.Regexp
}{
	{"Install of ", "install requested", regexp.MustCompile(`Install of "(?P<path>[^"]*)" type (?P<type>[^( ]+).*requested by (?P<client>.+?) \(pid (?P<pid>[0-9]+)`)},
	{"Installing <", "installing", regexp.MustCompile(`Installing <.*?ID=(?P<app>[^;,> ]+)(?:.*?[ ;,]Version=(?P<version>[^;,>]*))?(?:.*?ShortVersion=(?P<short>[^;,>]*))?`)},
	{"Made container live for ", "container made", regexp.MustCompile(`Made container live for (?P<app>\S+) at (?P<path>.+)`)},
	{"Install Successful for ", "installed", regexp.MustCompile(`Install Successful for \((?P<type>[^:)]*):(?P<app>[^)]*)\)`)},
	{"Uninstall requested by ", "removal requested", regexp.MustCompile(`Uninstall requested by (?P<client>.+?) \(pid (?P<pid>[0-9]+).*?\) for identity \[?(?P<app>[^/\] ]+)`)},
	{"Uninstalling identifier ", "removing", regexp.MustCompile(`Uninstalling identifier (?P<app>\S+)`)},
	{"Destroying container ", "container removed", regexp.MustCompile(`Destroying container (?:with identifier )?(?P<app>\S+).*? at (?P<path>/.+)`)},
	{"Update placeholder metadata", "placeholder updated", nil},
	{"Attempting Delta patch update of ", "update", regexp.MustCompile(`Attempting Delta patch update of (?P<app>\S+)(?: from (?P<path>/.+))?`)},
	{"Reboot detected", "boot", nil},
}

func installLogRow(log string, e daemonlog.Entry) installLogLine {
	l := installLogLine{
		Log: log, Level: e.Level, Thread: e.Thread, Writer: e.Origin, Message: from.LogText(e),
		Left: int64(e.More), Cut: e.Cut, Process: from.Count(int(e.PID)),
	}
	l.Time, _ = from.LogTime(e)
	l.Values, l.Plist = from.LogValues(e)
	l.Apps, l.Paths = from.Words(e.Message)
	first, _, _ := strings.Cut(e.Message, "\n")
	for _, kind := range installLogEvents {
		if !strings.Contains(first, kind.text) {
			continue
		}
		l.Event = kind.event
		if kind.values != nil {
			l.values(kind.values, first)
		} else if len(l.Apps) > 0 {
			l.App = l.Apps[0]
		}
		break
	}
	return l
}

// values sets the fields of an event.
func (l *installLogLine) values(form *regexp.Regexp, message string) {
	m := form.FindStringSubmatch(message)
	for i, name := range form.SubexpNames() {
		if i >= len(m) || m[i] == "" {
			continue
		}
		switch value := m[i]; name {
		case "app":
			l.App = record.App(strings.TrimRight(value, "."))
		case "path":
			l.Path = record.Path(value)
		case "type":
			l.Type = value
		case "version":
			l.Version = value
		case "short":
			l.Short = value
		case "client":
			l.Client = record.Process(value)
		case "pid":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				l.Asker = &n
			}
		}
	}
}
