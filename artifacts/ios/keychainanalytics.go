package ios

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeychainAnalytics reads what the security daemons counted and failed at.
var KeychainAnalytics = artifact.Parser{
	ID:    "ios.keychainanalytics",
	Title: lang.Text{EN: "Analytics of the security daemons", FR: "Analyses des démons de sécurité"},
	Doc: `The daemons of the keychain, of trust and of the network keep events and failures in
databases of their own until they are sent, days to months. They name hosts whose
certificates failed, processes, and the build of iOS at the time, which gives a history
of updates. Empty tables are usual.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/Keychains/Analytics/*.db"}},
	Record: keychainAnalyticsEvent{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#analyticsjson"},
	Parse:  from.SQLite(keychainAnalyticsRead),
}

// keychainAnalyticsEvent is one event. Its content is a property list: column data.
type keychainAnalyticsEvent struct {
	Time record.Time `json:"time"` // column timestamp, seconds since 1970 UTC

	Table     string           `json:"table"`               // hard_failures, soft_failures, all_events or another
	Type      string           `json:"event,omitempty"`     // column event_type, or eventType or event of the data
	Build     string           `json:"build,omitempty"`     // build of the data: of iOS
	Processes []record.Process `json:"processes,omitempty"` // values of the data whose keys name processes or clients
	Apps      []record.App     `json:"apps,omitempty"`      // values of the data whose keys name bundles
	Values    []record.KV      `json:"values,omitempty"`    // all values of the data, and other columns
}

// String implements [record.Data].
func (k keychainAnalyticsEvent) String() string {
	return record.Line(from.SettingLine(k.Table+": "+k.Type, "", k.Values))
}

func keychainAnalyticsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, t := range db.Tables() {
		if _, ok := t.Column("data"); !ok {
			continue
		}
		if !from.Each(in, db, t.Name, yield, func(r sqlite.Row) (keychainAnalyticsEvent, error) { return keychainAnalyticsRow(t.Name, r) }) {
			return
		}
	}
}

func keychainAnalyticsRow(table string, r sqlite.Row) (keychainAnalyticsEvent, error) {
	k := keychainAnalyticsEvent{Time: epoch.UnixReal(r.Float("timestamp")), Table: table, Type: r.Text("event_type")}
	var err error
	if blob := r.Blob("data"); len(blob) > 0 {
		if k.Values, err = from.Blob(blob); err != nil {
			k.Values = []record.KV{{Key: "data", Value: from.Data(blob)}}
		}
	}
	for _, kv := range k.Values {
		switch key := strings.ToLower(kv.Key); {
		case key == "build":
			k.Build = kv.Value
		case (key == "eventtype" || key == "event") && k.Type == "":
			k.Type = kv.Value
		case strings.Contains(key, "bundle"):
			k.Apps = append(k.Apps, record.App(kv.Value))
		case strings.Contains(key, "process"), strings.Contains(key, "client"), strings.Contains(key, "executable"):
			k.Processes = append(k.Processes, record.Process(kv.Value))
		}
	}
	k.Values = append(k.Values, from.RowRest(r, "id", "timestamp", "event_type", "data")...)
	return k, err
}
