package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Geofences reads which apps watch places.
var Geofences = artifact.Parser{
	ID:    "ios.geofences",
	Title: lang.Text{EN: "Apps that watch places", FR: "Apps qui surveillent des lieux"},
	Doc: `An app can ask to be told when the phone enters or leaves a place, and is started for
it. locationd keeps these fences in consolidated.db until the app takes them back. An app
that the owner does not know and that does so follows the phone. Where the places are is
not read. What the tables mean is not documented. This is personal: it is read only if it
is asked for.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/root/Library/Caches/locationd/consolidated.db"},
	},
	Record:  geofencesFence{},
	Private: true,
	Refs:    []string{"https://developer.apple.com/documentation/corelocation/monitoring-the-user-s-proximity-to-geographic-regions"},
	Parse:   from.SQLite(geofencesRead),
}

// geofencesFence is one fence, a row of GeoFence or BeaconFences.
type geofencesFence struct {
	Time record.Time `json:"time"` // column Timestamp, seconds since 2001 UTC as locationd's other files have it

	App      record.App  `json:"app"`                 // column BundleId or BundleIdentifier
	OnBehalf record.App  `json:"on_behalf,omitempty"` // column OnBehalfBundleId or OnBehalfBundleIdentifier
	Name     record.Text `json:"name,omitempty"`      // column Name: as the app calls it
	Distance float64     `json:"distance,omitempty"`  // column Distance, in metres
	Beacon   bool        `json:"beacon,omitempty"`    // from the table: a beacon, not a place
}

// String implements [record.Data].
func (f geofencesFence) String() string {
	return record.Line(fmt.Sprintf("%s watches place %s", f.App, f.Name))
}

func geofencesRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	for _, table := range []string{"GeoFence", "BeaconFences"} {
		if _, ok := db.Table(table); !ok {
			continue
		}
		more := from.Rows(in, db, table, yield, func(r sqlite.Row) (geofencesFence, bool) {
			return geofencesFence{
				Time:     from.Cocoa(r.Value("Timestamp")),
				App:      record.App(r.Text("BundleId") + r.Text("BundleIdentifier")),
				OnBehalf: record.App(r.Text("OnBehalfBundleId") + r.Text("OnBehalfBundleIdentifier")),
				Name:     record.Text(r.Text("Name")),
				Distance: r.Float("Distance"),
				Beacon:   table == "BeaconFences",
			}, true
		})
		if !more {
			return
		}
	}
}
