package ios

import (
	"fmt"
	"path"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BundleMetadata reads where installed apps came from.
var BundleMetadata = artifact.Parser{
	ID:    "ios.bundlemetadata",
	Title: lang.Text{EN: "Origin of installed apps", FR: "Provenance des apps installées"},
	Doc: `Beside the bundle of each app the installer keeps iTunesMetadata.plist, what the
store said when it was bought: account, date, version, the program that asked for it; and
BundleMetadata.plist, what the phone noted when it was installed. They go with the app.
An app without iTunesMetadata.plist was not installed by the App Store.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Bundle/Application/*/iTunesMetadata.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Bundle/Application/*/BundleMetadata.plist"},
	},
	Record: bundleMetadataFile{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP", "https://theapplewiki.com/wiki/ITunesMetadata.plist"},
	Parse:  from.Plist(bundleMetadataRead),
}

// bundleMetadataFile is one of the files of one app.
type bundleMetadataFile struct {
	Purchased record.Time `json:"purchased"` // iTunesMetadata.plist, com.apple.iTunesStore.downloadInfo/purchaseDate, text in UTC
	Installed record.Time `json:"installed"` // BundleMetadata.plist, installDate

	File    string       `json:"file"`              // name of the file
	Folder  record.Path  `json:"folder"`            // folder of the bundle
	App     record.App   `json:"app,omitempty"`     // softwareVersionBundleId
	Name    string       `json:"name,omitempty"`    // itemName
	Vendor  string       `json:"vendor,omitempty"`  // artistName
	Version string       `json:"version,omitempty"` // bundleShortVersionString
	Source  record.App   `json:"source,omitempty"`  // sourceApp: program that asked for it
	Account record.Email `json:"account,omitempty"` // com.apple.iTunesStore.downloadInfo/accountInfo/AppleID
	Values  []record.KV  `json:"values,omitempty"`  // all other values
}

// String implements [record.Data].
func (b bundleMetadataFile) String() string {
	return record.Line(fmt.Sprintf("%s of %s %s", b.File, b.App, b.Folder))
}

func bundleMetadataRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read metadata: root is %s, not dict", root.Kind()))
		return
	}
	info := root.Get("com.apple.iTunesStore.downloadInfo")
	b := bundleMetadataFile{
		File: path.Base(in.Path), Folder: record.Path(path.Dir(in.Path)), App: record.App(root.Get("softwareVersionBundleId").String()),
		Name: root.Get("itemName").String(), Vendor: root.Get("artistName").String(), Version: root.Get("bundleShortVersionString").String(),
		Source: record.App(root.Get("sourceApp").String()), Account: record.Email(info.Get("accountInfo").Get("AppleID").String()),
		Installed: epoch.Date(root.Get("installDate").Time()),
	}
	if t, ok := ips.ParseTime(info.Get("purchaseDate").String()); ok {
		b.Purchased = record.Time{Time: t.UTC(), Rule: record.AsText}
	}
	var err error
	b.Values, err = from.Rest(root, "softwareVersionBundleId", "itemName", "artistName", "bundleShortVersionString", "sourceApp")
	if !yield(in.Record(from.At("/", 0, root), b), nil) || err == nil {
		return
	}
	yield(record.Record{}, err)
}
