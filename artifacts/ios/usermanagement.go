package ios

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/daemonlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// UserManagement reads the log of the daemon that keeps users and personas.
var UserManagement = artifact.Parser{
	ID:    "ios.usermanagement",
	Title: lang.Text{EN: "Log of users and personas", FR: "Journal des utilisateurs et identités"},
	Doc: `usermanagerd keeps the users of an iPad that is shared and, on every phone, the
personas: the separate identities under which apps of an employer or guest apps run. Its
log shows when they are made and removed, and that the phone starts. A persona of an
enterprise on a phone that nobody manages deserves a look. Lines without a date go on
with the message before; a log whose dates have an unknown form gives one record for
each line.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/logs/usermanagerd*.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/UserManagement/*.log*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/UserManagement/umtool.txt"},
	},
	Record: userManagementLine{},
	Clock:  artifact.LogClock,
	Refs:   []string{"https://support.apple.com/guide/deployment/intro-to-managed-apple-accounts-depcaa668a58/web"},
	Parse:  from.DaemonLog(userManagementRow),
}

// userManagementLine is one message. One before the first date has no time.
type userManagementLine struct {
	Clock   record.WallTime `json:"clock"`            // start of the line: clock of the phone, no zone
	Time    record.Time     `json:"time"`             // start of the line, if it has an offset from UTC
	PID     *int64          `json:"pid,omitempty"`    // in brackets: process identifier
	Level   string          `json:"level,omitempty"`  // in angle brackets: notice, err, debug…
	Writer  string          `json:"writer,omitempty"` // method or function that wrote it
	Message record.Text     `json:"message"`          // the rest, lines that go on included
	Values  []record.KV     `json:"values,omitempty"` // of a block of values, or of a property list that ends the message
	Plist   record.Text     `json:"plist,omitempty"`  // that list, if it cannot be read
	Apps    []record.App    `json:"apps,omitempty"`   // words of the message that have the form of a bundle identifier
	Paths   []record.Path   `json:"paths,omitempty"`  // words of the message that are absolute paths
	Left    int64           `json:"left,omitempty"`   // bytes and values beyond the limits, which are not kept
	Cut     bool            `json:"cut,omitempty"`    // a line is longer than 256 KiB, or the log ends within it
}

// String implements [record.Data].
func (l userManagementLine) String() string {
	return record.Line("user management: " + string(l.Message))
}

func userManagementRow(e daemonlog.Entry) userManagementLine {
	l := userManagementLine{Level: e.Level, Writer: e.Origin, Message: from.LogText(e), Left: int64(e.More), Cut: e.Cut, PID: from.Count(int(e.PID))}
	l.Clock, l.Time = from.LogTime(e)
	l.Values, l.Plist = from.LogValues(e)
	l.Apps, l.Paths = from.Words(e.Message)
	return l
}
