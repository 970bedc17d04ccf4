package ios

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AppInventory compares the lists of apps that a backup has.
var AppInventory = artifact.Parser{
	ID:    "ios.appinventory",
	Title: lang.Text{EN: "Apps known to the backup", FR: "Apps connues de la sauvegarde"},
	Doc: `A backup lists apps three times: Info.plist in "Installed Applications" (what the
phone told the computer) and in "Applications" (with metadata of the store), and
Manifest.plist with the path of each app on the phone. One record joins them. An app
that is installed but has no metadata was not installed by the App Store: an app of
the system, of an organisation, of a developer, or side-loaded. Paths outside
/private/var/containers/Bundle and /Applications are unusual.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSBackup, Glob: "backup/Info.plist"}},
	Record: appInventory{},
	Refs:   []string{"https://theapplewiki.com/wiki/ITunes_Backup", "https://libimobiledevice.org"},
	Parse:  from.Plist(appInventoryRead),
}

// appInventory is one app that at least one of the lists has.
type appInventory struct {
	App       record.App  `json:"app"`                 // bundle identifier
	Installed bool        `json:"installed"`           // is in Info.plist, "Installed Applications"
	Metadata  bool        `json:"metadata"`            // has iTunesMetadata in Info.plist, "Applications"
	Manifest  *bool       `json:"manifest"`            // is in Manifest.plist, "Applications"; not set if that cannot be read
	NoSource  bool        `json:"no_store_metadata"`   // installed or in the manifest, but without metadata of a store
	Path      record.Path `json:"path,omitempty"`      // Manifest.plist, Path: of the app on the phone
	Version   string      `json:"version,omitempty"`   // Manifest.plist, CFBundleVersion
	Container string      `json:"container,omitempty"` // Manifest.plist, ContainerContentClass
	Other     []record.KV `json:"other,omitempty"`     // Manifest.plist, all other keys
}

// String implements [record.Data].
func (a appInventory) String() string {
	s := "app " + string(a.App)
	if a.NoSource {
		s += " without metadata of a store"
	}
	if a.Path != "" {
		s += " at " + string(a.Path)
	}
	return record.Line(s)
}

// appInventoryMax bounds the apps of one backup.
const appInventoryMax = 1 << 16

func appInventoryRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	manifest, known, err := appInventoryManifest(in)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	w := appInventoryWriter{in: in, yield: yield, known: known, apps: map[string]plist.Value{}, seen: map[string]bool{}}
	for id, v := range manifest.Items() {
		if len(w.apps) < appInventoryMax {
			w.apps[id] = v
		}
	}
	w.metadata = map[string]bool{}
	for id, v := range root.Get("Applications").Items() {
		if len(w.metadata) < appInventoryMax {
			w.metadata[id] = v.Get("iTunesMetadata").Len() > 0
		}
	}
	i := 0
	for v := range root.Get("Installed Applications").Elems() {
		if i++; !w.app(from.Text(v), true, from.At("Installed Applications", i, v)) {
			return
		}
	}
	for id, v := range root.Get("Applications").Items() {
		if !w.app(id, false, from.At("Applications/"+id, 0, v)) {
			return
		}
	}
	for id, v := range manifest.Items() {
		at := from.At("Applications/"+id, 0, v)
		at.Path = "backup/Manifest.plist"
		if !w.app(id, false, at) {
			return
		}
	}
}

// appInventoryManifest returns the dictionary of apps of Manifest.plist, and
// whether it could be read. Its absence is noted when the backup is opened.
func appInventoryManifest(in *artifact.Input) (apps plist.Value, known bool, err error) {
	f, err := in.Open("Manifest.plist")
	if errors.Is(err, fs.ErrNotExist) {
		return plist.Value{}, false, nil
	}
	if err != nil {
		return plist.Value{}, false, fmt.Errorf("read Manifest.plist: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return plist.Value{}, false, fmt.Errorf("read Manifest.plist: %w", err)
	}
	root, err := plist.Read(f, info.Size())
	if err != nil {
		return root.Get("Applications"), false, fmt.Errorf("read Manifest.plist: %w", err)
	}
	return root.Get("Applications"), true, nil
}

// An appInventoryWriter yields each app once.
type appInventoryWriter struct {
	in       *artifact.Input
	yield    func(record.Record, error) bool
	known    bool                   // Manifest.plist could be read
	apps     map[string]plist.Value // of Manifest.plist
	metadata map[string]bool
	seen     map[string]bool
}

func (w *appInventoryWriter) app(id string, installed bool, at record.Origin) bool {
	if w.seen[id] {
		return true
	}
	if len(w.seen) == appInventoryMax {
		w.yield(record.Record{}, fmt.Errorf("read apps: more than %d", appInventoryMax))
		return false
	}
	w.seen[strings.Clone(id)] = true
	v, listed := w.apps[id]
	a := appInventory{App: record.App(id), Installed: installed, Metadata: w.metadata[id]}
	var err error
	if w.known {
		a.Manifest = &listed
	}
	if listed {
		a.Path = record.Path(from.Text(v.Get("Path")))
		a.Version, a.Container = from.Text(v.Get("CFBundleVersion")), from.Text(v.Get("ContainerContentClass"))
		a.Other, err = from.Rest(v, "Path", "CFBundleVersion", "ContainerContentClass", "CFBundleIdentifier")
	}
	a.NoSource = !a.Metadata
	return w.yield(w.in.Record(at, a), nil) && (err == nil || w.yield(record.Record{}, err))
}
