package ios

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Applications reads where each installed app came from.
var Applications = artifact.Parser{
	ID:    "ios.applications",
	Title: lang.Text{EN: "Installed apps and their source", FR: "Apps installées et leur provenance"},
	Doc: `iTunesMetadata.plist is written beside an app when it is installed from the App
Store, TestFlight or a marketplace: who bought it and when, which version, and in
sourceApp which program installed it. In a backup the computer copied it into
Info.plist. Apps that were side-loaded with developer or enterprise certificates
have no such file, or one without a source: see ios.appinventory for apps that are
known without one. It goes with the app.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup, Glob: "backup/Info.plist"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Bundle/Application/*/iTunesMetadata.plist"},
	},
	Record: applicationsApp{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#applicationsjson"},
	Parse:  applicationsParse,
}

// applicationsApp is the metadata of one app.
type applicationsApp struct {
	Purchased record.Time `json:"purchased"` // com.apple.iTunesStore.downloadInfo.purchaseDate, text in UTC: first download with this account
	Released  record.Time `json:"released"`  // releaseDate, text in UTC: of the app in the store
	Cohort    record.Time `json:"cohort"`    // storeCohort, date=, milliseconds since 1970 UTC: when the store offered it

	App        record.App   `json:"app"`                  // softwareVersionBundleId
	Key        record.App   `json:"key,omitempty"`        // backup: key of the app in Info.plist, if it differs
	Name       record.Text  `json:"name,omitempty"`       // itemName
	Artist     record.Text  `json:"artist,omitempty"`     // artistName
	Version    string       `json:"version,omitempty"`    // bundleShortVersionString
	Build      string       `json:"build,omitempty"`      // bundleVersion
	SourceApp  record.App   `json:"source_app,omitempty"` // sourceApp: what installed it, com.apple.AppStore usually
	AppleID    record.Email `json:"apple_id,omitempty"`   // com.apple.iTunesStore.downloadInfo.accountInfo.AppleID
	Factory    *bool        `json:"factory"`              // isFactoryInstall: came with the phone
	Redownload *bool        `json:"redownload"`           // is-purchased-redownload
	Auto       *bool        `json:"auto"`                 // is-auto-download: pushed by another device or the store
	Prohibited *bool        `json:"launch_prohibited"`    // launchProhibited: revoked
	Icon       record.Hash  `json:"icon,omitempty"`       // SHA-256 of PlaceholderIcon, backup
	Metadata   bool         `json:"metadata"`             // there is iTunesMetadata that could be read
	Other      []record.KV  `json:"other,omitempty"`      // all other keys of the metadata
}

// String implements [record.Data].
func (a applicationsApp) String() string {
	return record.Line(fmt.Sprintf("app %s (%s) version %s by %s, installed by %s", a.App, a.Name, a.Version, a.Artist, a.SourceApp))
}

// applicationsMax bounds the apps of one backup.
const applicationsMax = 1 << 16

func applicationsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if path.Base(in.Path) == "iTunesMetadata.plist" {
		return from.Plist(func(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
			a, err := applicationsMetadata(root)
			if yield(in.Record(from.At("iTunesMetadata", 0, root), a), nil) && err != nil {
				yield(record.Record{}, err)
			}
		})(ctx, in)
	}
	return from.Plist(applicationsBackup)(ctx, in)
}

func applicationsBackup(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	n := 0
	for id, v := range root.Get("Applications").Items() {
		if n++; n > applicationsMax {
			yield(record.Record{}, fmt.Errorf("read Applications: more than %d", applicationsMax))
			return
		}
		a, err := applicationsApp{App: record.App(id)}, error(nil)
		if data := v.Get("iTunesMetadata"); data.Kind() == plist.Data {
			var meta plist.Value
			if meta, err = data.Embedded(); err == nil {
				a, err = applicationsMetadata(meta)
			}
		}
		switch a.App {
		case record.App(id):
		case "":
			a.App = record.App(id)
		default:
			a.Key = record.App(id)
		}
		if icon := v.Get("PlaceholderIcon"); icon.Len() > 0 {
			sum := sha256.Sum256(icon.Data())
			a.Icon = record.Hash(hex.EncodeToString(sum[:]))
		}
		if !yield(in.Record(from.At("Applications/"+id, n, v), a), nil) {
			return
		}
		if err != nil && !yield(record.Record{}, fmt.Errorf("read metadata of %q: %w", id, err)) {
			return
		}
	}
}

// applicationsKnown are the keys that have a field.
var applicationsKnown = []string{"softwareVersionBundleId", "itemName", "artistName", "bundleShortVersionString", "bundleVersion",
	"sourceApp", "releaseDate", "isFactoryInstall", "is-purchased-redownload", "is-auto-download", "launchProhibited"}

// applicationsMetadata reads the keys of iTunesMetadata.plist.
func applicationsMetadata(root plist.Value) (applicationsApp, error) {
	if root.Kind() != plist.Dict {
		return applicationsApp{}, fmt.Errorf("read metadata: root is %s, not dict", root.Kind())
	}
	text := func(key string) string { return from.Text(root.Get(key)) }
	flag := func(key string) *bool {
		v := root.Get(key)
		if v.Kind() != plist.Bool && v.Kind() != plist.Int {
			return nil
		}
		b := v.Bool() || v.Int() != 0
		return &b
	}
	info := root.Get("com.apple.iTunesStore.downloadInfo")
	a := applicationsApp{
		Purchased: applicationsTime(info.Get("purchaseDate")), Released: applicationsTime(root.Get("releaseDate")),
		Cohort: applicationsCohort(text("storeCohort")),
		App:    record.App(text("softwareVersionBundleId")), Name: record.Text(text("itemName")), Artist: record.Text(text("artistName")),
		Version: text("bundleShortVersionString"), Build: text("bundleVersion"), SourceApp: record.App(text("sourceApp")),
		AppleID: record.Email(from.Text(info.Get("accountInfo").Get("AppleID"))),
		Factory: flag("isFactoryInstall"), Redownload: flag("is-purchased-redownload"), Auto: flag("is-auto-download"),
		Prohibited: flag("launchProhibited"), Metadata: true,
	}
	var err error
	a.Other, err = from.Rest(root, applicationsKnown...)
	return a, err
}

// applicationsTime reads a time that is written out in UTC, or a date.
func applicationsTime(v plist.Value) record.Time {
	if v.Kind() == plist.Date {
		return epoch.Date(v.Time())
	}
	if t, err := time.Parse(time.RFC3339Nano, v.String()); err == nil {
		return record.Time{Time: t.UTC(), Rule: record.AsText}
	}
	return record.Time{}
}

// applicationsCohort reads a text such as "7|date=1601928000000&sf=143441".
func applicationsCohort(s string) record.Time {
	_, s, ok := strings.Cut(s, "date=")
	if !ok {
		return record.Time{}
	}
	s, _, _ = strings.Cut(s, "&")
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return record.Time{}
	}
	return epoch.UnixMilli(n)
}
