package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ServiceWorkers reads the service workers that web sites installed.
var ServiceWorkers = artifact.Parser{
	ID:    "ios.serviceworkers",
	Title: lang.Text{EN: "Service workers of web sites", FR: "Service workers des sites web"},
	Doc: `A web site may leave a script that runs without a page being open. WebKit keeps one row
for each, with where the script came from and when it was last looked for, in Safari and
in every app that shows web pages. It stays until data of the site is removed, also after
the history is cleared: that the site was visited is certain. Many phones have some of
well-known sites.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/ServiceWorkerRegistrations*.sqlite3"},
	},
	Record: serviceworkersWorker{},
	Refs:   []string{"https://github.com/WebKit/WebKit/blob/main/Source/WebCore/workers/service/server/SWRegistrationDatabase.cpp"},
	Parse:  from.Table("Records", serviceworkersRow),
}

// serviceworkersWorker is one service worker, a row of Records.
type serviceworkersWorker struct {
	Checked record.Time `json:"checked"` // column lastUpdateCheckTime, seconds since 1970 UTC

	Script    record.URL `json:"script"`               // column scriptURL
	Scope     record.URL `json:"scope"`                // column scopeURL: the pages it serves
	Origin    record.URL `json:"origin"`               // column origin: scheme and host
	TopOrigin record.URL `json:"top_origin,omitempty"` // column topOrigin: of the page it was installed from
	Type      string     `json:"type,omitempty"`       // column workerType
}

// String implements [record.Data].
func (w serviceworkersWorker) String() string {
	return record.Line(fmt.Sprintf("service worker %s for %s", w.Script, w.Scope))
}

func serviceworkersRow(r sqlite.Row) serviceworkersWorker {
	return serviceworkersWorker{
		Checked:   epoch.UnixReal(r.Float("lastUpdateCheckTime")),
		Script:    record.URL(r.Text("scriptURL")),
		Scope:     record.URL(r.Text("scopeURL")),
		Origin:    record.URL(r.Text("origin")),
		TopOrigin: record.URL(r.Text("topOrigin")),
		Type:      r.Text("workerType"),
	}
}
