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

// PhotosHistory reads the systems that the photo library has seen.
var PhotosHistory = artifact.Parser{
	ID:    "ios.photoshistory",
	Title: lang.Text{EN: "System versions of the photo library", FR: "Versions du système de la photothèque"},
	Doc: `photolibraryd notes each system version that opens the photo library for the first
time. The rows stay as long as the library, so they tell, with times, which versions
the device ran: what it was open to at the time of an attack, and when it was erased
or set up. A library that was restored from a backup brings the rows of the device
before it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/PhotoData/Photos.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Photos/Libraries/*/database/Photos.sqlite"},
	},
	Record: photosHistoryStep{},
	Refs:   []string{"https://theforensicscooter.com/", "https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/photosMigration.py"},
	Parse:  from.SQLite(photosHistoryRead),
}

// photosHistoryStep is one version that opened the library.
type photosHistoryStep struct {
	Opened record.Time `json:"opened"` // column ZMIGRATIONDATE, seconds since 2001 UTC

	Build      string      `json:"build"`                // column ZOSVERSION: build of the system, such as 21D50
	Kind       string      `json:"kind"`                 // column ZMIGRATIONTYPE
	Model      string      `json:"model,omitempty"`      // column ZHARDWAREMODEL of later systems
	Index      int64       `json:"index"`                // column ZINDEX
	Version    int64       `json:"version"`              // column ZMODELVERSION, of the library
	Before     int64       `json:"before"`               // column ZSOURCEMODELVERSION, of the library before
	Attributes []record.KV `json:"attributes,omitempty"` // its other columns that are set, without blobs
}

// String implements [record.Data].
func (s photosHistoryStep) String() string {
	return record.Line(fmt.Sprintf("Photo library opened by system %s (%s)", s.Build, s.Kind))
}

// photosHistoryKinds names what examiners observed: 2 at an update, 3 when the
// history begins, which is when the device was set up or erased.
var photosHistoryKinds = []string{"", "", "update", "beginning"}

func photosHistoryRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	if _, ok := db.Table("ZMIGRATIONHISTORY"); !ok && len(db.Tables()) > 0 {
		return // before iOS 14
	}
	from.Rows(in, db, "ZMIGRATIONHISTORY", yield, func(r sqlite.Row) (photosHistoryStep, bool) {
		s := photosHistoryStep{
			Opened:  epoch.CocoaReal(r.Float("ZMIGRATIONDATE")),
			Build:   r.Text("ZOSVERSION"),
			Kind:    record.Name(r.Int("ZMIGRATIONTYPE"), photosHistoryKinds...),
			Model:   r.Text("ZHARDWAREMODEL"),
			Index:   r.Int("ZINDEX"),
			Version: r.Int("ZMODELVERSION"),
			Before:  r.Int("ZSOURCEMODELVERSION"),
		}
		s.Attributes = from.RowRest(r, "ZMIGRATIONDATE", "ZOSVERSION", "ZMIGRATIONTYPE", "ZHARDWAREMODEL", "ZINDEX", "ZMODELVERSION", "ZSOURCEMODELVERSION")
		return s, true
	})
}
