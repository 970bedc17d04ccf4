package ios

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AppStore reads what the App Store knows of apps: bought, installed, updated, removed.
var AppStore = artifact.Parser{
	ID:    "ios.appstore",
	Title: lang.Text{EN: "Apps in the databases of the App Store", FR: "Apps dans les bases de l'App Store"},
	Doc: `The daemons of the App Store, appstored and itunesstored, keep databases: storeUser.db
has the apps on the phone with dates of deletion and the apps ever bought; storeSystem.db
each installation with the program that asked for it, the packages and the updates. A
sysdiagnose has copies of some of them. Rows stay for months. An app that is on the
phone and unknown here came another way: by a computer, an organisation, or an exploit.
Tables and columns change with versions: every table with a bundle identifier or the
address of a package is read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.appstored/storeUser.db"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/Library/Caches/storeUser.db"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Data/System/*/Documents/Persistence/storeSystem.db"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Caches/com.apple.appstored/storeSystem.db"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Media/Downloads/downloads.*.sqlitedb"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/appinstallation/*.sqlitedb"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/itunesstored/*.sqlitedb"},
	},
	Record: appStoreRow{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  from.SQLite(appStoreRead),
}

// appStoreRow is one row of a table about apps. Times are seconds since 2001 UTC
// on phones and since 1970 UTC in some databases of a sysdiagnose, told apart by
// their size.
type appStoreRow struct {
	Time      record.Time `json:"time"`      // column timestamp: of the row
	Installed record.Time `json:"installed"` // columns install_date, install_timestamp
	Started   record.Time `json:"started"`   // column last_start_date
	Purchased record.Time `json:"purchased"` // columns date_purchased, purchase_date
	Deleted   record.Time `json:"deleted"`   // column deletion_date
	Released  record.Time `json:"released"`  // columns release_date, current_version_release_date

	Table   string       `json:"table"`             // name of the table
	App     record.App   `json:"app,omitempty"`     // column bundle_id; of packages that of their installation
	Name    string       `json:"name,omitempty"`    // columns bundle_name, item_name, title, long_title
	Vendor  string       `json:"vendor,omitempty"`  // columns vendor_name, developer_name, artist_name
	Version string       `json:"version,omitempty"` // columns short_version, bundle_version, bundle_short_version
	Client  record.App   `json:"client,omitempty"`  // column client_id: program that asked
	Path    record.Path  `json:"path,omitempty"`    // column bundle_url, download_path or path
	Package record.URL   `json:"package,omitempty"` // columns package_url, url
	Account record.Email `json:"account,omitempty"` // columns apple_id, store_account_name
	Item    string       `json:"item,omitempty"`    // columns item_id, store_item_id: number in the store
	Values  []record.KV  `json:"values,omitempty"`  // other columns, and what property lists in them hold; of certificates and keys only the length
}

// String implements [record.Data].
func (a appStoreRow) String() string {
	return record.Line(fmt.Sprintf("App Store, %s: %s %s", a.Table, a.App, a.Name))
}

// The columns that have fields, in the order in which they are tried.
var (
	appStoreName    = []string{"bundle_name", "item_name", "long_title", "title"}
	appStoreVendor  = []string{"vendor_name", "developer_name", "artist_name"}
	appStoreVersion = []string{"short_version", "bundle_short_version", "bundle_version"}
	appStorePath    = []string{"bundle_url", "download_path", "path"}
	appStorePackage = []string{"package_url", "url"}
	appStoreAccount = []string{"apple_id", "store_account_name"}
	appStoreItem    = []string{"item_id", "store_item_id", "store_item_ID"}
	appStoreTimes   = []string{"timestamp", "install_date", "install_timestamp", "last_start_date", "date_purchased", "purchase_date", "deletion_date",
		"release_date", "current_version_release_date"}
	// appStoreKeys hold certificates and keys, as blobs or texts.
	appStoreKeys = []string{"sinf", "sinfs", "receipt", "dp_info", "placeholder_entitlements", "failure_error", "purchase_token"}
)

func appStoreRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	apps, more := from.Join(db, "app_install", yield, func(r sqlite.Row) (int64, record.App) { return r.Int("pid"), record.App(r.Text("bundle_id")) })
	if !more {
		return
	}
	for _, t := range db.Tables() {
		_, app := t.Column("bundle_id")
		_, pkg := t.Column("package_url")
		account := t.Name == "account_events"
		if !app && !pkg && !account {
			continue
		}
		if !from.Each(in, db, t.Name, yield, func(r sqlite.Row) (appStoreRow, error) {
			a := appStoreRow{Table: t.Name, App: record.App(r.Text("bundle_id"))}
			if !app && r.State == sqlite.Live {
				a.App = apps[r.Int("parent_id")]
			}
			return a, a.row(r)
		}) {
			return
		}
	}
}

// row takes over the columns of a row. The error says which lists are damaged.
func (a *appStoreRow) row(r sqlite.Row) error {
	used := slices.Concat([]string{"bundle_id", "client_id"}, appStoreTimes)
	first := func(names []string) string {
		for _, name := range names {
			if s := r.Text(name); s != "" {
				used = append(used, name)
				return s
			}
		}
		return ""
	}
	at := func(names ...string) record.Time {
		for _, name := range names {
			if t := epoch.CocoaOrUnix(r.Float(name)); t.IsSet() {
				return t
			}
		}
		return record.Time{}
	}
	a.Time, a.Installed, a.Started = at("timestamp"), at("install_date", "install_timestamp"), at("last_start_date")
	a.Purchased, a.Deleted, a.Released = at("date_purchased", "purchase_date"), at("deletion_date"), at("release_date", "current_version_release_date")
	a.Client, a.Name, a.Vendor, a.Version = record.App(r.Text("client_id")), first(appStoreName), first(appStoreVendor), first(appStoreVersion)
	a.Path = record.Path(strings.TrimPrefix(first(appStorePath), "file://"))
	a.Package, a.Account, a.Item = record.URL(first(appStorePackage)), record.Email(first(appStoreAccount)), first(appStoreItem)
	a.Values = from.RowRest(r, slices.Concat(used, appStoreKeys)...)
	var errs []error
	for i, col := range r.Columns() {
		blob := r.BlobAt(i)
		secret := slices.Contains(appStoreKeys, col)
		if len(blob) == 0 || r.At(i).Kind != sqlite.Blob && !secret || slices.Contains(used, col) {
			continue
		}
		switch {
		case secret:
			a.Values = append(a.Values, record.KV{Key: col, Value: fmt.Sprintf("%d bytes", len(blob))})
		case bytes.HasPrefix(blob, []byte("bplist0")):
			kvs, err := from.Blob(blob)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", col, err))
				a.Values = append(a.Values, record.KV{Key: col, Value: from.Data(blob)})
			}
			for _, kv := range kvs {
				a.Values = append(a.Values, record.KV{Key: col + "/" + kv.Key, Value: kv.Value})
			}
		default:
			a.Values = append(a.Values, record.KV{Key: col, Value: from.Data(blob)})
		}
	}
	return errors.Join(errs...)
}
