package ios

import (
	"context"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ApplicationState reads what the home screen remembers of apps.
var ApplicationState = artifact.Parser{
	ID:    "ios.applicationstate",
	Title: lang.Text{EN: "State of apps (FrontBoard)", FR: "État des apps (FrontBoard)"},
	Doc: `FrontBoard keeps a small store for each app that was on screen: where its bundle
and container lie, and the pictures of its last screens with their times. Values of
removed apps may remain, in the tables or in unused space. A bundle outside
/private/var/containers/Bundle and /Applications is unusual; a picture's time is
when the app went to the background. A daemon without a user interface is not here.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/FrontBoard/applicationState.db"},
	},
	Record: applicationState{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  applicationStateParse,
}

// applicationState is one value of one app, one picture, or an app without values.
type applicationState struct {
	Created record.Time `json:"created"`   // picture: creationDate, seconds since 2001 UTC
	Used    record.Time `json:"last_used"` // picture: lastUsedDate, seconds since 2001 UTC

	App     record.App  `json:"app"`               // application_identifier_tab.application_identifier
	Key     string      `json:"key,omitempty"`     // key_tab.key: compatibilityInfo, XBApplicationSnapshotManifest…
	Bundle  record.Path `json:"bundle,omitempty"`  // compatibilityInfo: bundlePath
	Sandbox record.Path `json:"sandbox,omitempty"` // compatibilityInfo: sandboxPath, the data container
	Picture record.Path `json:"picture,omitempty"` // picture: its file, relative to the folder of pictures
	Values  []record.KV `json:"values,omitempty"`  // all other content of the value; of pictures only what is in them
}

// String implements [record.Data].
func (a applicationState) String() string {
	switch {
	case a.Picture != "" || a.Created.IsSet():
		return record.Line(fmt.Sprintf("app %s: picture %s", a.App, a.Picture))
	case a.Bundle != "":
		return record.Line(fmt.Sprintf("app %s at %s", a.App, a.Bundle))
	}
	return record.Line(fmt.Sprintf("app %s: %s", a.App, a.Key))
}

func applicationStateParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		from.Database(in, yield, func(db *sqlite.DB) bool {
			apps, errs := from.Lookup(db, "application_identifier_tab", func(r sqlite.Row) (int64, string) { return applicationStateID(r), r.Text("application_identifier") })
			keys, more := from.Lookup(db, "key_tab", func(r sqlite.Row) (int64, string) { return applicationStateID(r), r.Text("key") })
			for _, err := range append(errs, more...) {
				if !yield(record.Record{}, err) {
					return false
				}
			}
			w := applicationStateReader{in: in, yield: yield, apps: apps, keys: keys, used: map[int64]bool{}}
			for r, err := range db.All("kvs") {
				if err != nil {
					if !yield(record.Record{}, err) {
						return false
					}
				} else if !w.row(r) {
					return false
				}
			}
			return from.Rows(in, db, "application_identifier_tab", yield, func(r sqlite.Row) (applicationState, bool) {
				return applicationState{App: record.App(r.Text("application_identifier"))}, r.State != sqlite.Live || !w.used[applicationStateID(r)]
			})
		})
	}
}

// applicationStateID returns the column id, which is the rowid.
func applicationStateID(r sqlite.Row) int64 {
	if r.IsNull("id") {
		return r.ID
	}
	return r.Int("id")
}

type applicationStateReader struct {
	in    *artifact.Input
	yield func(record.Record, error) bool
	apps  map[int64]string
	keys  map[int64]string
	used  map[int64]bool

	versions from.Versions
}

// row yields the records of one value.
func (w *applicationStateReader) row(r sqlite.Row) bool {
	id, key := r.Int("application_identifier"), r.Int("key")
	app, ok := w.apps[id]
	if !ok {
		app = record.Name(id)
	}
	w.used[id] = true
	a := applicationState{App: record.App(app), Key: w.keys[key]}
	if a.Key == "" {
		a.Key = record.Name(key)
	}
	at := from.Origin(w.in, "kvs", r)
	root, err := applicationStateValue(r)
	if err != nil {
		return w.yield(w.in.Record(at, a), nil) && w.yield(record.Record{}, fmt.Errorf("read row %d of kvs: %w", r.ID, err))
	}
	archive, notArchive := keyedarchive.Open(root)
	if a.Key == "XBApplicationSnapshotManifest" && notArchive == nil {
		return w.pictures(archive, a, at)
	}
	if notArchive == nil {
		info := archive.Root()
		a.Bundle, a.Sandbox = record.Path(info.Get("bundlePath").Text()), record.Path(info.Get("sandboxPath").Text())
	}
	a.Values, err = from.Leaves(root)
	if w.versions.Repeat(r, a) {
		return err == nil || w.yield(record.Record{}, err)
	}
	return w.yield(w.in.Record(at, a), nil) && (err == nil || w.yield(record.Record{}, err))
}

// applicationStateValue parses a value: a property list, or one within its data.
func applicationStateValue(r sqlite.Row) (plist.Value, error) {
	blob := r.Blob("value")
	if len(blob) == 0 {
		return plist.Value{}, nil
	}
	v, err := plist.Parse(blob)
	if err == nil && v.Kind() == plist.Data {
		if inner, err := v.Embedded(); err == nil {
			return inner, nil
		}
	}
	return v, err
}

// applicationStateMaxPictures bounds the pictures of one app.
const applicationStateMaxPictures = 1 << 12

// pictures yields a record for each picture of a manifest, and one for a
// manifest without any.
func (w *applicationStateReader) pictures(archive *keyedarchive.Archive, a applicationState, at record.Origin) bool {
	n := 0
	for i := range archive.Len() {
		o := archive.At(i)
		if o.Kind() != plist.Dict || !o.Get("creationDate").Exists() {
			continue
		}
		if n++; n > applicationStateMaxPictures {
			return w.yield(record.Record{}, fmt.Errorf("read pictures of %q: more than %d", a.App, applicationStateMaxPictures))
		}
		p := a
		p.Created, p.Used = epoch.CocoaReal(o.Get("creationDate").Float()), epoch.CocoaReal(o.Get("lastUsedDate").Float())
		for _, key := range []string{"relativePath", "path", "filename"} {
			if text := o.Get(key).Text(); text != "" && p.Picture == "" {
				p.Picture = record.Path(text)
			}
		}
		for key, field := range o.Fields() {
			if text := from.Text(field.Value()); text != "" && key != "creationDate" && key != "lastUsedDate" {
				p.Values = append(p.Values, record.KV{Key: key, Value: text})
			}
		}
		if !w.yield(w.in.Record(at, p), nil) {
			return false
		}
	}
	return n > 0 || w.yield(w.in.Record(at, a), nil)
}
