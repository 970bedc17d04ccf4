package android

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Logcat reads what concerns security in the log of the system.
var Logcat = artifact.Parser{
	ID:    "android.logcat",
	Title: lang.Text{EN: "Log of the system", FR: "Journal du système"},
	Doc: `Android and apps write to a log in memory, which holds minutes to hours; logcat_old.txt
is what was kept over the last restart, on phones that keep it. A bug report has a section for
each log. Of their lines only those become records that tell of installations and
verifications of packages, crashes, refusals by SELinux, accessibility, device
administration, VPN, adb and boot, and those with a link; the artifact android.logcatlines
has them all, and android.eventlog those events of which the fields are known, such as the
starts and ends of processes. Apps can write what they like under any tag. Most lines have
no year, which is taken from the acquisition, and none a zone.`,
	Inputs: append(from.Sections("system-log", "main-log", "crash-log", "event-log", "security-log", "radio-log", "stats-log", "last-logcat"),
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat.txt"},
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat_old.txt"}),
	Record: logcatLine{},
	Refs: []string{"https://developer.android.com/tools/logcat",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/am/EventLogTags.logtags"},
	Parse: from.LogOf(logcatWanted, logcatRow),
}

// logcatLine is one line.
type logcatLine struct {
	Time     record.WallTime `json:"time"`              // clock of the phone; year 0 if none is printed, unless it is of the 60 days before the acquisition
	Instant  record.Time     `json:"instant"`           // instead of Time, if the line has a zone
	Subject  string          `json:"subject"`           // why it is kept: "package", "process", "crash", "denial", "control", "boot", "link"
	Buffer   string          `json:"buffer,omitempty"`  // log it was in, as announced above: "main", "events", "crash"
	UID      string          `json:"uid,omitempty"`     // who wrote it: number or name of the user, since Android 12 in bug reports
	PID      int64           `json:"pid"`               // process that wrote it; -1 if not recorded
	TID      int64           `json:"tid"`               // thread that wrote it; -1 if not recorded
	Priority string          `json:"priority"`          // letter: V, D, I, W, E, F
	Tag      string          `json:"tag"`               // name of the component
	Message  record.Text     `json:"message"`           // after the colon
	Process  record.Process  `json:"process,omitempty"` // of the message: process that it tells of
	Apps     []record.App    `json:"apps,omitempty"`    // of the message: words of the form of a package, up to 8
}

// String implements [record.Data].
func (l logcatLine) String() string {
	return record.Line(fmt.Sprintf("log %s/%s: %s", l.Priority, l.Tag, l.Message))
}

// logcatTags are tags whose lines are kept, with the subject.
var logcatTags = map[string]string{
	"PackageManager": "package", "PackageInstaller": "package", "PackageInstallerSession": "package", "PackageInstallerService": "package",
	"InstallPackageHelper": "package", "installd": "package", "Finsky": "package",
	"AndroidRuntime": "crash", "DEBUG": "crash", "tombstoned": "crash", "crash_dump32": "crash", "crash_dump64": "crash",
	"AccessibilityManagerService": "control", "DevicePolicyManager": "control", "DevicePolicyManagerService": "control",
	"Vpn": "control", "VpnManagerService": "control", "NotificationListeners": "control",
	"adbd": "control", "AdbService": "control", "AdbDebuggingManager": "control", "snet_event_log": "control",
	"auditd": "denial",
}

// logcatEvents are beginnings of tags of the events log, with the subject.
var logcatEvents = []struct{ prefix, subject string }{
	{"am_proc_", "process"}, {"am_kill", "process"}, {"am_crash", "crash"}, {"am_anr", "crash"},
	{"boot_progress_", "boot"}, {"security_", "control"}, {"device_policy", "control"},
	{"pm_", "package"}, {"install_", "package"},
}

// logcatSubject returns why a line is kept, "" if it is not.
func logcatSubject(priority byte, tag, message []byte) string {
	if s := logcatTags[string(tag)]; s != "" {
		if string(tag) == "Finsky" && !bytes.Contains(message, []byte("erif")) && !bytes.Contains(message, []byte("nstall")) {
			return "" // Play writes much; only what verifies and installs matters
		}
		return s
	}
	for i := range logcatEvents {
		if event := &logcatEvents[i]; len(tag) >= len(event.prefix) && string(tag[:len(event.prefix)]) == event.prefix {
			return event.subject
		}
	}
	switch {
	case bytes.Contains(message, []byte("avc: ")):
		return "denial"
	case bytes.Contains(message, []byte("Fatal signal ")), priority == 'F':
		return "crash"
	case bytes.Contains(message, []byte("://")):
		return "link"
	}
	return ""
}

func logcatWanted(priority byte, tag, message []byte) bool {
	return logcatSubject(priority, tag, message) != ""
}

func logcatRow(e dumpsys.LogEntry) (record.Origin, record.Data) {
	subject := logcatSubject(e.Priority, []byte(e.Tag), []byte(e.Message))
	if subject == "" || e.Event() != nil { // android.eventlog has it
		return record.Origin{}, nil
	}
	return record.Origin{Row: int64(e.Line), Offset: e.Offset}, logcatOne(&e, subject)
}

func logcatOne(e *dumpsys.LogEntry, subject string) logcatLine {
	l := logcatLine{Subject: subject, Buffer: e.Buffer, UID: e.UID, PID: int64(e.PID), TID: int64(e.TID),
		Priority: string(rune(e.Priority)), Tag: e.Tag, Message: record.Text(e.Message)}
	l.Time, l.Instant = from.LineTime(e)
	l.Process = record.Process(logcatProcess(e))
	l.Apps = logcatApps(e.Message)
	return l
}

// logcatProcess finds the process that a message tells of: in the list of an event,
// of which it is the first that is no number, else after words that announce it.
func logcatProcess(e *dumpsys.LogEntry) string {
	if list, ok := strings.CutPrefix(e.Message, "["); ok && strings.HasPrefix(e.Tag, "am_") {
		for value := range strings.SplitSeq(strings.TrimSuffix(list, "]"), ",") {
			if strings.Trim(value, "-0123456789") != "" {
				return value
			}
		}
		return ""
	}
	for _, mark := range [...][2]string{{`comm="`, `"`}, {">>> ", " <<<"}, {"Process: ", ", PID"}} {
		if _, rest, ok := strings.Cut(e.Message, mark[0]); ok {
			if name, _, ok := strings.Cut(rest, mark[1]); ok {
				return name
			}
		}
	}
	return ""
}

// logcatMaxApps bounds the packages of one line.
const logcatMaxApps = 8

func logcatApps(message string) (apps []record.App) {
	other := func(r rune) bool {
		return r != '.' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	for word := range strings.FieldsFuncSeq(message, other) {
		word = strings.Trim(word, ".")
		if len(apps) < logcatMaxApps && from.IsPackage(word) && !slices.Contains(apps, record.App(word)) {
			apps = append(apps, record.App(word))
		}
	}
	return apps
}
