package ios

import (
	"fmt"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// InstallHistory reads the last updates of the system.
var InstallHistory = artifact.Parser{
	ID:    "ios.installhistory",
	Title: lang.Text{EN: "Updates of the system", FR: "Mises à jour du système"},
	Doc: `installHistory.db keeps the last 25 updates of the system and of its parts, rapid
security responses included, installed or taken back, with version and build. Its times
are those of the clock of the phone, without a zone. It tells which version ran when, and
so which exploits were possible. Older phones do not have it.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Data/System/*/history/installHistory.db"}},
	Record: installHistoryUpdate{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Table("logs", installHistoryRow),
}

// installHistoryUpdate is one row of logs.
type installHistoryUpdate struct {
	Time      record.WallTime `json:"time"`                // column date: text by the clock of the phone
	TimeText  string          `json:"time_text,omitempty"` // the text, if it is no time
	Operation string          `json:"operation"`           // column operationType: 303 taken back, 304 installed were observed
	Name      string          `json:"name"`                // column name
	Build     string          `json:"build"`               // column build
	Values    []record.KV     `json:"values,omitempty"`    // other columns
}

// String implements [record.Data].
func (u installHistoryUpdate) String() string {
	return record.Line(fmt.Sprintf("System update %s: %s (%s)", u.Operation, u.Name, u.Build))
}

func installHistoryRow(r sqlite.Row) installHistoryUpdate {
	u := installHistoryUpdate{
		Name: r.Text("name"), Build: r.Text("build"), Values: from.RowRest(r, "date", "operationType", "name", "build"),
	}
	switch n := r.Int("operationType"); n {
	case 303:
		u.Operation = "taken back"
	case 304:
		u.Operation = "installed"
	default:
		u.Operation = record.Name(n, "code 0")
	}
	text := r.Text("date")
	if len(text) >= len(time.DateTime) {
		if t, err := time.Parse(time.DateTime, strings.Replace(text[:len(time.DateTime)], "T", " ", 1)); err == nil {
			u.Time = record.WallTime{Time: t}
		}
	}
	if u.Time.IsZero() || len(text) > len(time.DateTime) {
		u.TimeText = text
	}
	return u
}
