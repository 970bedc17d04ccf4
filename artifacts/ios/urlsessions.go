package ios

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// URLSessions reads the downloads and uploads that nsurlsessiond does for programs.
var URLSessions = artifact.Parser{
	ID:    "ios.urlsessions",
	Title: lang.Text{EN: "Downloads and uploads in the background", FR: "Téléchargements et envois en arrière-plan"},
	Doc: `The daemon nsurlsessiond downloads and uploads on behalf of apps and daemons, also
while these do not run. It keeps the programs that asked (bundles.plist), their sessions
(sessions.plist) and what is to be done for each (tasks.plist) until it is done and the
program was told, so what is here is waiting, has failed, or has just ended. An address
that an app has no reason to load or to send to, or a program that nobody installed,
deserves a look. Most phones have some of Apple and of social apps. The keys are not
documented: this gives each entry with its values as they are stored, and of those that
open sessions only the length.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/com.apple.nsurlsessiond/**/tasks.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/com.apple.nsurlsessiond/**/sessions.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/**/com.apple.nsurlsessiond/bundles.plist"},
	},
	Record: urlSessionsEntry{},
	Refs:   []string{"https://developer.apple.com/documentation/foundation/urlsessionconfiguration/background(withidentifier:)"},
	Parse:  from.Plist(urlSessionsRead),
}

// urlSessionsEntry is one entry of one of the lists.
type urlSessionsEntry struct {
	Changed record.Time `json:"changed"` // last change of the file, as the acquisition has it

	List   string        `json:"list"`             // name of the file without .plist: tasks, sessions or bundles
	Folder string        `json:"folder"`           // name of the folder of the file: a digest of the session or of the program
	Key    string        `json:"key,omitempty"`    // key or index in the list
	URLs   []record.URL  `json:"urls,omitempty"`   // values that are addresses
	Apps   []record.App  `json:"apps,omitempty"`   // values under keys that name a bundle
	Files  []record.Path `json:"files,omitempty"`  // values that are paths on the device, also as addresses
	Values []record.KV   `json:"values,omitempty"` // all values with their paths
}

// String implements [record.Data].
func (e urlSessionsEntry) String() string {
	return record.Line(fmt.Sprintf("background %s %s: %v of %v", e.List, e.Key, e.URLs, e.Apps))
}

// urlSessionsMaxEntries bounds the entries of one list.
const urlSessionsMaxEntries = 1 << 14

func urlSessionsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	changed := record.Time{}
	if info, err := in.File.Stat(); err == nil {
		changed = epoch.Date(info.ModTime())
	}
	n := 0
	put := func(key string, v plist.Value, kvs []record.KV, err error) bool {
		if n++; n > urlSessionsMaxEntries {
			yield(record.Record{}, fmt.Errorf("read list: more than %d entries", urlSessionsMaxEntries))
			return false
		}
		e := urlSessionsOne(kvs)
		e.Changed, e.Key = changed, key
		e.List = strings.TrimSuffix(path.Base(in.Path), ".plist")
		e.Folder = path.Base(path.Dir(in.Path))
		return (err == nil || yield(record.Record{}, err)) && yield(in.Record(from.At(key, n, v), e), nil)
	}
	if archive, err := keyedarchive.Open(root); err == nil {
		urlSessionsArchive(archive.Root(), put)
		return
	}
	switch root.Kind() {
	case plist.Dict:
		for key, v := range root.Items() {
			kvs, err := from.Leaves(v)
			if !put(key, v, kvs, err) {
				return
			}
		}
	case plist.Array:
		i := 0
		for v := range root.Elems() {
			kvs, err := from.Leaves(v)
			if !put(strconv.Itoa(i), v, kvs, err) {
				return
			}
			i++
		}
	default:
		yield(record.Record{}, fmt.Errorf("read list: root is %s, not dict or array", root.Kind()))
	}
}

// urlSessionsArchive gives the elements of an archived list or dictionary.
func urlSessionsArchive(root keyedarchive.Object, put func(string, plist.Value, []record.KV, error) bool) {
	var budget from.Budget
	if root.IsA("NSArray") || root.IsA("NSSet") {
		i := 0
		for o := range root.Elems() {
			kvs, err := budget.ObjectLeaves(o)
			if !put(strconv.Itoa(i), o.Value(), kvs, err) {
				return
			}
			i++
		}
		return
	}
	for key, o := range from.Members(root) {
		kvs, err := budget.ObjectLeaves(o)
		if !put(key, o.Value(), kvs, err) {
			return
		}
	}
}

func urlSessionsOne(kvs []record.KV) (e urlSessionsEntry) {
	for _, kv := range kvs {
		name := kv.Key[strings.LastIndexByte(kv.Key, '/')+1:]
		kv.Value = from.HeaderValue(name, kv.Value).Value
		e.Values = append(e.Values, kv)
		file, isFile := strings.CutPrefix(kv.Value, "file://")
		switch {
		case isFile || strings.HasPrefix(kv.Value, "/"):
			e.Files = append(e.Files, record.Path(file))
		case strings.Contains(kv.Value, "://"):
			e.URLs = append(e.URLs, record.URL(kv.Value))
		case strings.Contains(strings.ToLower(name), "bundle") && strings.Contains(kv.Value, "."):
			e.Apps = append(e.Apps, record.App(kv.Value))
		}
	}
	return e
}
