package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// SafariDownloads reads the files that were downloaded with Safari.
var SafariDownloads = artifact.Parser{
	ID:    "ios.safaridownloads",
	Title: lang.Text{EN: "Downloads of Safari", FR: "Téléchargements de Safari"},
	Doc: `From iOS 13 Safari lists the files that a person downloaded with it, with
the address, the place and both times, until the list is cleared or, as the
setting says, after a day or at once. Configuration profiles and pictures that
are saved otherwise are not listed. An empty list is the usual one.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Downloads/Downloads.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/**/Library/Safari/Downloads.plist"},
	},
	Record: safariDownloadsFile{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/safariDownloads.py"},
	Parse:  from.Plist(safariDownloadsRead),
}

// safariDownloadsFile is one element of DownloadHistory.
type safariDownloadsFile struct {
	Started  record.Time `json:"started"`  // DownloadEntryDateAddedKey, a date in UTC
	Finished record.Time `json:"finished"` // DownloadEntryDateFinishedKey, a date in UTC; not set while it runs

	URL      record.URL  `json:"url"`            // DownloadEntryURL
	Path     record.Path `json:"path"`           // DownloadEntryPath, "~" being the home folder
	Received int64       `json:"received"`       // DownloadEntryProgressBytesSoFar, bytes
	Size     int64       `json:"size"`           // DownloadEntryProgressTotalToLoad, bytes; -1 if unknown
	UUID     string      `json:"uuid,omitempty"` // DownloadEntryIdentifier

	Attributes []record.KV `json:"attributes,omitempty"` // its other keys
}

// String implements [record.Data].
func (f safariDownloadsFile) String() string {
	return record.Line(fmt.Sprintf("Safari downloaded %s to %s (%d of %d bytes)", f.URL, f.Path, f.Received, f.Size))
}

func safariDownloadsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	list := root.Get("DownloadHistory")
	if list.Kind() != plist.Array {
		yield(record.Record{}, fmt.Errorf("read DownloadHistory: %s, not array", list.Kind()))
		return
	}
	i := 0
	for v := range list.Elems() {
		i++
		rest, err := from.Rest(v, "DownloadEntryDateAddedKey", "DownloadEntryDateFinishedKey", "DownloadEntryURL", "DownloadEntryPath",
			"DownloadEntryProgressBytesSoFar", "DownloadEntryProgressTotalToLoad", "DownloadEntryIdentifier")
		if v.Kind() != plist.Dict {
			err = fmt.Errorf("read DownloadHistory[%d]: %s, not dict", i-1, v.Kind())
		}
		if err != nil && !yield(record.Record{}, err) {
			return
		}
		if v.Kind() != plist.Dict {
			continue
		}
		at := from.At(fmt.Sprintf("DownloadHistory[%d]", i-1), i, v)
		if !yield(in.Record(at, safariDownloadsFile{
			Started:    safariDownloadsTime(v.Get("DownloadEntryDateAddedKey")),
			Finished:   safariDownloadsTime(v.Get("DownloadEntryDateFinishedKey")),
			URL:        record.URL(v.Get("DownloadEntryURL").String()),
			Path:       record.Path(v.Get("DownloadEntryPath").String()),
			Received:   v.Get("DownloadEntryProgressBytesSoFar").Int(),
			Size:       v.Get("DownloadEntryProgressTotalToLoad").Int(),
			UUID:       v.Get("DownloadEntryIdentifier").String(),
			Attributes: rest,
		}), nil) {
			return
		}
	}
}

// safariDownloadsTime reads a date, or seconds since 2001.
func safariDownloadsTime(v plist.Value) record.Time {
	if v.Kind() == plist.Date {
		return epoch.Date(v.Time())
	}
	return epoch.CocoaReal(v.Float())
}
