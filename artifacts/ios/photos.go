package ios

import (
	"errors"
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Photos reads how photos and videos came into the library.
var Photos = artifact.Parser{
	ID:    "ios.photos",
	Title: lang.Text{EN: "Photo library", FR: "Photothèque"},
	Doc: `Photos.sqlite has a row for each photo and video of the library: its times, its
file and, from iOS 14 on, the app that saved it. Rows are written by photolibraryd
when something is taken, saved or synchronised; a deleted one stays thirty days in
the bin. A file that an unexpected program saved, or that came with no person
present, deserves a look; what an exploit brought inside a message does not appear
here. Places and faces are not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Media/PhotoData/Photos.sqlite"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Photos/Libraries/*/database/Photos.sqlite"},
	},
	Record: photosAsset{},
	Refs:   []string{"https://theforensicscooter.com/", "https://github.com/ScottKjr3347/iOS_Local_PL_Photos.sqlite_Queries"},
	Parse:  from.SQLite(photosRead),
}

// photosAsset is one photo or video.
type photosAsset struct {
	// Columns of ZASSET, seconds since 2001 UTC: ZDATECREATED (when it was taken,
	// as the file says), ZADDEDDATE, ZMODIFICATIONDATE, ZTRASHEDDATE.
	Taken    record.Time `json:"taken"`
	Added    record.Time `json:"added"`
	Modified record.Time `json:"modified"`
	Trashed  record.Time `json:"trashed"`

	Path     record.Path `json:"path"`               // columns ZDIRECTORY and ZFILENAME, below the folder Media
	Original string      `json:"original,omitempty"` // column ZORIGINALFILENAME
	Type     string      `json:"type,omitempty"`     // column ZUNIFORMTYPEIDENTIFIER
	Kind     string      `json:"kind"`               // column ZKIND

	// The app that saved it, and that made it: columns ZIMPORTEDBYBUNDLEIDENTIFIER
	// and ZCREATORBUNDLEID of ZADDITIONALASSETATTRIBUTES.
	Importer     record.App `json:"importer,omitempty"`
	Creator      record.App `json:"creator,omitempty"`
	ImporterName string     `json:"importer_name,omitempty"` // column ZIMPORTEDBYDISPLAYNAME
	ImportedBy   int64      `json:"imported_by,omitempty"`   // column ZIMPORTEDBY, a number whose meaning changes between versions

	Hidden  bool   `json:"hidden,omitempty"` // column ZHIDDEN
	InBin   bool   `json:"in_bin,omitempty"` // column ZTRASHEDSTATE
	SavedAs int64  `json:"saved_as"`         // column ZSAVEDASSETTYPE, a number
	UUID    string `json:"uuid"`             // column ZUUID
}

// String implements [record.Data].
func (a photosAsset) String() string {
	s := fmt.Sprintf("%s %s in the photo library", a.Kind, a.Path)
	if a.Importer != "" {
		s += ", saved by " + string(a.Importer)
	}
	return record.Line(s)
}

func photosRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	table := "ZASSET"
	if _, ok := db.Table("ZGENERICASSET"); ok { // until iOS 13
		table = "ZGENERICASSET"
	}
	_, joined := db.Table("ZADDITIONALASSETATTRIBUTES")
	from.Each(in, db, table, yield, func(r sqlite.Row) (photosAsset, error) {
		a := photosRow(r)
		id := r.Int("ZADDITIONALATTRIBUTES")
		if !joined || id == 0 {
			return a, nil
		}
		more, err := db.Row("ZADDITIONALASSETATTRIBUTES", id)
		if errors.Is(err, sqlite.ErrNoRow) || r.State != sqlite.Live {
			err = nil
		}
		a.Original = more.Text("ZORIGINALFILENAME")
		a.Importer = record.App(more.Text("ZIMPORTEDBYBUNDLEIDENTIFIER"))
		a.Creator = record.App(more.Text("ZCREATORBUNDLEID"))
		a.ImporterName = more.Text("ZIMPORTEDBYDISPLAYNAME")
		a.ImportedBy = more.Int("ZIMPORTEDBY")
		return a, err
	})
}

func photosRow(r sqlite.Row) photosAsset {
	a := photosAsset{
		Taken:    epoch.CocoaReal(r.Float("ZDATECREATED")),
		Added:    epoch.CocoaReal(r.Float("ZADDEDDATE")),
		Modified: epoch.CocoaReal(r.Float("ZMODIFICATIONDATE")),
		Trashed:  epoch.CocoaReal(r.Float("ZTRASHEDDATE")),
		Path:     record.Path(r.Text("ZFILENAME")),
		Type:     r.Text("ZUNIFORMTYPEIDENTIFIER"),
		Kind:     record.Name(r.Int("ZKIND"), "photo", "video"),
		Hidden:   r.Int("ZHIDDEN") != 0,
		InBin:    r.Int("ZTRASHEDSTATE") != 0,
		SavedAs:  r.Int("ZSAVEDASSETTYPE"),
		UUID:     r.Text("ZUUID"),
	}
	if dir := r.Text("ZDIRECTORY"); dir != "" {
		a.Path = record.Path(dir) + "/" + a.Path
	}
	return a
}
