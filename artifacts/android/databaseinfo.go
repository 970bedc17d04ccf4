package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DatabaseInfo reads the last operations on the databases of apps.
var DatabaseInfo = artifact.Parser{
	ID:    "android.databaseinfo",
	Title: lang.Text{EN: "Database operations", FR: "Opérations sur les bases de données"},
	Doc: `Android keeps in memory the last operations of each connection that a running app has to a
database: the statement, when it ran and whether it succeeded. It prints them for all
processes. They show what an app did in the minutes before the dump, and that it ran; statements
can hold personal data. What is older, or of a process that has ended, is lost.`,
	Inputs: from.Dumpsys("dbinfo"),
	Record: databaseinfoOperation{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/database/sqlite/SQLiteConnection.java",
	},
	Parse: from.Dump(dumpsys.DBOperations, databaseinfoRow),
}

// databaseinfoOperation is one operation of a connection.
type databaseinfoOperation struct {
	Time       record.WallTime `json:"time"`                 // begin
	Clock      string          `json:"clock,omitempty"`      // begin as month, day and hour: Android 8 and before print no year
	Process    record.Process  `json:"process"`              // that holds the connection
	PID        *int64          `json:"pid,omitempty"`        // of that process
	App        record.App      `json:"app,omitempty"`        // package in whose folder the database is
	Database   record.Path     `json:"database"`             // Connection pool for
	Connection *int64          `json:"connection,omitempty"` // number, 0 is the first
	Primary    bool            `json:"primary,omitempty"`    // isPrimaryConnection
	Caller     *int64          `json:"caller,omitempty"`     // process that asked, 0 for itself; Samsung only
	Action     string          `json:"action"`               // "executeForCursorWindow"
	Took       float64         `json:"took"`                 // seconds
	Outcome    string          `json:"outcome"`              // "succeeded", "failed", "running"
	SQL        record.Text     `json:"sql"`                  // statement, without its values
}

// String implements [record.Data].
func (o databaseinfoOperation) String() string {
	return record.Line(string(o.Process) + " " + o.Action + " on " + string(o.Database) + ": " + string(o.SQL))
}

func databaseinfoRow(o dumpsys.DBOperation) (int, record.Data) {
	d := databaseinfoOperation{
		Process: record.Process(o.Process), PID: from.Count(o.PID), App: databaseinfoApp(o.Pool), Database: record.Path(o.Pool),
		Connection: from.Count(o.Connection), Primary: o.Primary, Caller: from.Count(o.CallerPID),
		Action: o.Action, Took: o.Took.Seconds(), Outcome: o.Outcome, SQL: record.Text(o.SQL),
	}
	d.Time, d.Clock = from.Clock(o.Time)
	return o.Line, d
}

// databaseinfoApp returns the package in whose folder a file is, "" if in none.
func databaseinfoApp(file string) record.App {
	parts := strings.Split(strings.TrimPrefix(file, "/"), "/")
	switch {
	case len(parts) > 3 && parts[0] == "data" && (parts[1] == "user" || parts[1] == "user_de"):
		return record.App(parts[3])
	case len(parts) > 2 && parts[0] == "data" && parts[1] == "data":
		return record.App(parts[2])
	}
	return ""
}
