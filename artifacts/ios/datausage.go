package ios

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DataUsage reads how many bytes each process sent and received.
var DataUsage = artifact.Parser{
	ID:    "ios.datausage",
	Title: lang.Text{EN: "Data usage by process", FR: "Données échangées par processus"},
	Doc: `DataUsage.sqlite counts mobile data for each process since it was first seen,
daemons and their names included, and is kept for years. It is one of the few
places in a backup where an implant that uses the network leaves its name. Rows of
ZLIVEUSAGE whose process is missing from ZPROCESS show that a process row was
removed, as Pegasus did to hide. A number missing among the keys of ZPROCESS is a
removed row too, and the highest key ever given (Z_PRIMARYKEY) tells removals at
the end. Resetting statistics in Settings also removes rows. An implant that only
used Wi-Fi is not counted in it. File systems also hold netusage.sqlite, in which the
daemon symptomsd counts Wi-Fi, mobile and wired data in the same way for weeks.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/wireless/Library/Databases/DataUsage.sqlite"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/networkd/netusage.sqlite"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/networkd/db/netusage.sqlite"},
	},
	Record: dataUsage{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#datausagejson", "https://docs.mvt.re/en/latest/ios/records/#netusagejson"},
	Parse:  dataUsageParse,
}

// dataUsage is one row of ZLIVEUSAGE with its process, or one row of ZPROCESS
// without usage, or the row of Z_PRIMARYKEY about processes.
type dataUsage struct {
	First record.Time `json:"first"` // ZPROCESS.ZFIRSTTIMESTAMP, seconds since 2001 UTC: process first seen
	Last  record.Time `json:"last"`  // ZPROCESS.ZTIMESTAMP, seconds since 2001 UTC: process last seen
	Usage record.Time `json:"usage"` // ZLIVEUSAGE.ZTIMESTAMP, seconds since 2001 UTC: of the counters

	Kind    string         `json:"kind"`                 // usage, process without usage, or highest key
	Process record.Process `json:"process,omitempty"`    // ZPROCESS.ZPROCNAME up to a slash: the process that used the network
	ForApp  record.App     `json:"for_app,omitempty"`    // ZPROCESS.ZPROCNAME after a slash: the app it worked for
	App     record.App     `json:"app,omitempty"`        // ZPROCESS.ZBUNDLENAME
	Name    string         `json:"name,omitempty"`       // ZPROCESS.ZPROCNAME as stored, if it has a slash
	ID      *int64         `json:"process_id"`           // key of ZPROCESS: ZLIVEUSAGE.ZHASPROCESS, ZPROCESS.Z_PK or Z_PRIMARYKEY.Z_MAX
	Missing bool           `json:"process_missing"`      // the usage is live and its process is not among the rows of ZPROCESS, which could all be read
	WWANIn  *float64       `json:"wwan_in,omitempty"`    // ZLIVEUSAGE.ZWWANIN, bytes received over the mobile network
	WWANOut *float64       `json:"wwan_out,omitempty"`   // ZLIVEUSAGE.ZWWANOUT, bytes sent
	WiFiIn  *float64       `json:"wifi_in,omitempty"`    // ZLIVEUSAGE.ZWIFIIN, bytes; 0 or absent in most versions
	WiFiOut *float64       `json:"wifi_out,omitempty"`   // ZLIVEUSAGE.ZWIFIOUT, bytes
	WireIn  *float64       `json:"wired_in,omitempty"`   // ZLIVEUSAGE.ZWIREDIN, bytes; netusage.sqlite
	WireOut *float64       `json:"wired_out,omitempty"`  // ZLIVEUSAGE.ZWIREDOUT, bytes; netusage.sqlite
	Flows   *float64       `json:"flows,omitempty"`      // ZLIVEUSAGE.ZALLFLOWS, number of connections; netusage.sqlite
	Sort    *int64         `json:"usage_kind,omitempty"` // ZLIVEUSAGE.ZKIND, meaning not documented; 0 usually
	Cycle   record.Time    `json:"cycle_end"`            // ZLIVEUSAGE.ZBILLCYCLEEND, seconds since 2001 UTC
}

// String implements [record.Data].
func (u dataUsage) String() string {
	name := string(u.Process)
	switch {
	case u.Kind == "highest key":
		return fmt.Sprintf("highest process key ever given: %d", *u.ID)
	case u.Missing:
		name = "a process whose row is missing"
	case name == "":
		name = "no process"
	case u.ForApp != "":
		name += " for " + string(u.ForApp)
	}
	if u.WWANIn == nil || u.WWANOut == nil {
		return record.Line("network use of " + name)
	}
	line := fmt.Sprintf("network use of %s: mobile in %.0f, out %.0f bytes", name, *u.WWANIn, *u.WWANOut)
	if u.WiFiIn != nil && u.WiFiOut != nil && *u.WiFiIn+*u.WiFiOut > 0 {
		line += fmt.Sprintf(", Wi-Fi in %.0f, out %.0f bytes", *u.WiFiIn, *u.WiFiOut)
	}
	return record.Line(line)
}

func dataUsageParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			processes, errs := from.Lookup(db, "ZPROCESS", func(r sqlite.Row) (int64, dataUsage) { return dataUsageKey(r), dataUsageProcess(r) })
			for _, err := range errs {
				if !yield(record.Record{}, err) {
					return false
				}
			}
			used := map[int64]bool{}
			more := from.Rows(in, db, "ZLIVEUSAGE", yield, func(r sqlite.Row) (dataUsage, bool) {
				u := processes[r.Int("ZHASPROCESS")]
				if !r.IsNull("ZHASPROCESS") && r.State == sqlite.Live {
					used[r.Int("ZHASPROCESS")] = true
				}
				u = dataUsageLive(r, u)
				// Of a process that could not be read nothing is missing, and a
				// deleted row may have lost its process with it.
				u.Missing = u.Missing && len(errs) == 0 && r.State == sqlite.Live
				return u, true
			})
			return more && from.Rows(in, db, "ZPROCESS", yield, func(r sqlite.Row) (dataUsage, bool) {
				return dataUsageProcess(r), r.State != sqlite.Live || !used[dataUsageKey(r)]
			}) && dataUsageHighest(in, db, yield)
		})
	}
}

// dataUsageKey returns the primary key of a row, which is its rowid.
func dataUsageKey(r sqlite.Row) int64 {
	if r.IsNull("Z_PK") {
		return r.ID
	}
	return r.Int("Z_PK")
}

// dataUsageProcess reads a row of ZPROCESS.
func dataUsageProcess(r sqlite.Row) dataUsage {
	id := dataUsageKey(r)
	name := r.Text("ZPROCNAME")
	u := dataUsage{
		First: epoch.CocoaReal(r.Float("ZFIRSTTIMESTAMP")), Last: epoch.CocoaReal(r.Float("ZTIMESTAMP")),
		Kind: "process without usage", Process: record.Process(name), App: record.App(r.Text("ZBUNDLENAME")), ID: &id,
	}
	// A process that works for an app has both names: "mDNSResponder/com.example.app".
	if process, app, ok := strings.Cut(name, "/"); ok && process != "" {
		u.Process, u.ForApp, u.Name = record.Process(process), record.App(app), name
	}
	return u
}

// dataUsageLive adds a row of ZLIVEUSAGE to its process.
func dataUsageLive(r sqlite.Row, u dataUsage) dataUsage {
	number := func(col string) *float64 {
		if r.IsNull(col) {
			return nil
		}
		n := r.Float(col)
		return &n
	}
	if u.ID == nil && !r.IsNull("ZHASPROCESS") {
		id := r.Int("ZHASPROCESS")
		u.ID, u.Missing = &id, true
	}
	u.Kind, u.Usage = "usage", epoch.CocoaReal(r.Float("ZTIMESTAMP"))
	u.WWANIn, u.WWANOut, u.WiFiIn, u.WiFiOut = number("ZWWANIN"), number("ZWWANOUT"), number("ZWIFIIN"), number("ZWIFIOUT")
	u.WireIn, u.WireOut, u.Flows = number("ZWIREDIN"), number("ZWIREDOUT"), number("ZALLFLOWS")
	u.Cycle = epoch.CocoaReal(r.Float("ZBILLCYCLEEND"))
	if !r.IsNull("ZKIND") {
		kind := r.Int("ZKIND")
		u.Sort = &kind
	}
	return u
}

// dataUsageHighest yields the highest key given to a process so far, which tells
// how many rows were removed after the last one that is there.
func dataUsageHighest(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) bool {
	if _, ok := db.Table("Z_PRIMARYKEY"); !ok {
		return true
	}
	return from.Rows(in, db, "Z_PRIMARYKEY", yield, func(r sqlite.Row) (dataUsage, bool) {
		highest := r.Int("Z_MAX")
		return dataUsage{Kind: "highest key", ID: &highest}, r.Text("Z_NAME") == "Process" && r.State == sqlite.Live
	})
}
