package android

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// LogcatLines reads every line of the log of the system.
var LogcatLines = artifact.Parser{
	ID:    "android.logcatlines",
	Title: lang.Text{EN: "Log of the system, all lines", FR: "Journal du système, toutes les lignes"},
	Doc: `All lines of the log that the artifact android.logcat reads in part. There may be millions,
and what apps write there can be personal. Links and addresses in them are compared with
indicators. Most lines have no year, which is taken from the acquisition, and
none a zone.`,
	Inputs: append(from.Sections("system-log", "main-log", "crash-log", "event-log", "security-log", "radio-log", "stats-log", "last-logcat"),
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat.txt"},
		artifact.Pattern{Kinds: evidence.AndroidQF, Glob: "androidqf/logcat_old.txt"}),
	Record:  logcatLinesLine{},
	Refs:    []string{"https://developer.android.com/tools/logcat"},
	Private: true,
	Parse:   from.Log(logcatLinesRow),
}

// logcatLinesLine is one line.
type logcatLinesLine struct {
	Time     record.WallTime `json:"time"`             // clock of the phone; year 0 if none is printed, unless it is of the 60 days before the acquisition
	Instant  record.Time     `json:"instant"`          // instead of Time, if the line has a zone
	Buffer   string          `json:"buffer,omitempty"` // log it was in, as announced above: "main", "events", "crash"
	UID      string          `json:"uid,omitempty"`    // who wrote it: number or name of the user
	PID      int64           `json:"pid"`              // process that wrote it; -1 if not recorded
	TID      int64           `json:"tid"`              // thread that wrote it; -1 if not recorded
	Priority string          `json:"priority"`         // letter: V, D, I, W, E, F
	Tag      string          `json:"tag"`              // name of the component
	Message  record.Text     `json:"message"`          // after the colon
}

// String implements [record.Data].
func (l logcatLinesLine) String() string {
	return record.Line(fmt.Sprintf("log %s/%s: %s", l.Priority, l.Tag, l.Message))
}

func logcatLinesRow(e dumpsys.LogEntry) (record.Origin, record.Data) {
	l := logcatLinesLine{Buffer: e.Buffer, UID: e.UID, PID: int64(e.PID), TID: int64(e.TID),
		Priority: string(rune(e.Priority)), Tag: e.Tag, Message: record.Text(e.Message)}
	l.Time, l.Instant = from.LineTime(&e)
	return record.Origin{Row: int64(e.Line), Offset: e.Offset}, l
}
