package unifiedlog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// An Archive is a store of unified logs. Its methods may be called by several
// goroutines.
type Archive struct {
	files    []*File
	boots    []*Boot
	errs     []error
	cache    *fileCache
	strings  *stringStore
	oversize oversizeIndex
	chunks   int // found by the survey
	limit    int // bytes that wait in Entries, maxPending if 0; less in tests
}

// A File is one log file (tracev3) of the store.
type File struct {
	Name   string  // in the file system of the archive
	Size   int64   // in bytes
	Header *Header // nil if it cannot be read
	Boot   *Boot   // of its entries; one that no other file has if there is no header
	groups []group
	number int
}

// Places of a store in a file system, in the order in which they are tried.
var (
	diagnosticFolders = []string{".", "private/var/db/diagnostics", "private/var/db/Diagnostics",
		"var/db/diagnostics", "var/db/Diagnostics", "diagnostics", "Diagnostics"}
	stringFolders = []string{".", "private/var/db/uuidtext", "var/db/uuidtext", "uuidtext"}
	logFolders    = []string{".", "HighVolume", "Persist", "Signpost", "Special"}
)

// Limits of the listing of a store.
const (
	maxFiles       = 1 << 16 // log files
	maxStringFiles = 1 << 18
)

var errNoHeader = errors.New("no header: its boot and the times of its entries are not known")

// ErrNoLogs is returned by [Open] where there is no log file.
var ErrNoLogs = errors.New("no unified logs here")

// Open lists the store in fsys: the root of a logarchive, a folder into which
// diagnostics and uuidtext were copied, or the root of a device's file system.
// Files should implement io.ReaderAt; others are read whole, one after the
// other.
//
// What is damaged does not fail Open; see [Archive.Errors]. Without any log file
// it returns [ErrNoLogs].
func Open(fsys fs.FS) (*Archive, error) {
	cache := &fileCache{fsys: fsys}
	a := &Archive{cache: cache, strings: &stringStore{files: cache, names: map[UUID]string{}, shared: map[UUID]string{}}}
	a.strings.blocks.files = cache
	var timesync []string
	seen := map[string]bool{}
	for _, dir := range diagnosticFolders {
		for _, sub := range logFolders {
			a.listLogs(path.Join(dir, sub), seen)
		}
		timesync = append(timesync, a.list(path.Join(dir, "timesync"), ".timesync")...)
	}
	if len(a.files) == 0 {
		return nil, ErrNoLogs
	}
	for _, dir := range stringFolders {
		a.listStrings(dir)
	}
	a.readTimesync(timesync)
	for i, f := range a.files {
		f.number = i
		a.survey(f)
		if f.Header == nil && len(f.groups) > 0 {
			a.damage(f.Name, 0, errNoHeader)
		}
	}
	a.placeBoots()
	return a, nil
}

// Close closes the files that are open. It must not be called while entries are
// read.
func (a *Archive) Close() error {
	a.cache.close()
	return nil
}

// Files returns the log files in the order of their names.
func (a *Archive) Files() []*File { return a.files }

// Boots returns the boots in the order of their start: those of timesync files
// and those that only the header of a log file tells of.
func (a *Archive) Boots() []*Boot { return a.boots }

// Errors returns what Open could not read: timesync records and parts of log
// files. Each is a [*DamageError].
func (a *Archive) Errors() []error { return a.errs }

// damage keeps an error of the listing.
func (a *Archive) damage(name string, off int64, err error) {
	if len(a.errs) < maxErrors {
		a.errs = append(a.errs, &DamageError{name, off, err})
	}
}

// list returns the files of a folder with an ending, without the companions that
// tar leaves where the extended attributes of macOS are not known.
func (a *Archive) list(dir, ending string) (names []string) {
	entries, err := fs.ReadDir(a.cache.fsys, dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			a.damage(dir, -1, err)
		}
		return nil
	}
	for _, e := range entries {
		if n := e.Name(); !e.IsDir() && strings.HasSuffix(n, ending) && !strings.HasPrefix(n, "._") {
			names = append(names, path.Join(dir, n))
		}
	}
	slices.Sort(names)
	return names
}

func (a *Archive) listLogs(dir string, seen map[string]bool) {
	for _, name := range a.list(dir, ".tracev3") {
		key := strings.ToLower(name) // where names differ in case only, both folders are one
		if seen[key] {
			continue
		}
		seen[key] = true
		if len(a.files) >= maxFiles {
			a.damage(name, -1, fmt.Errorf("more than %d log files", maxFiles))
			return
		}
		a.files = append(a.files, &File{Name: name})
	}
}

// listStrings notes the files of strings below a folder: HH/H… and dsc/H….
func (a *Archive) listStrings(dir string) {
	entries, err := fs.ReadDir(a.cache.fsys, dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case !e.IsDir():
		case name == "dsc":
			a.noteStrings(a.strings.shared, path.Join(dir, name), "")
		case len(name) == 2 && isHex(name):
			a.noteStrings(a.strings.names, path.Join(dir, name), name)
		}
	}
}

func (a *Archive) noteStrings(to map[UUID]string, dir, prefix string) {
	entries, err := fs.ReadDir(a.cache.fsys, dir)
	if err != nil {
		a.damage(dir, -1, err)
		return
	}
	for _, e := range entries {
		u, ok := parseUUID(prefix + e.Name())
		if !ok || e.IsDir() {
			continue
		}
		if _, exists := to[u]; !exists && len(to) < maxStringFiles {
			to[u] = path.Join(dir, e.Name())
		}
	}
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789ABCDEFabcdef") == ""
}

// readTimesync reads the clocks of all boots.
func (a *Archive) readTimesync(names []string) {
	var lists [][]Boot
	for _, name := range names {
		data, err := a.readAll(name, maxTimesync)
		if err != nil {
			a.damage(name, -1, err)
			continue
		}
		boots, err := ParseTimesync(data)
		if err != nil {
			a.damage(name, -1, err)
		}
		lists = append(lists, boots)
	}
	a.boots = mergeBoots(lists...)
}

// readAll reads a file of up to most bytes.
func (a *Archive) readAll(name string, most int64) ([]byte, error) {
	h, err := a.cache.acquire(name)
	if err != nil {
		return nil, err
	}
	defer a.cache.release(h)
	if h.size > most {
		return nil, fmt.Errorf("larger than %d bytes", most)
	}
	data := make([]byte, h.size)
	return data, readFull(h, data, 0)
}

// placeBoots gives each file its boot. A boot that no timesync file has is made
// from the headers of its files, and stands among the others by its start.
func (a *Archive) placeBoots() {
	byUUID := map[UUID]*Boot{}
	for _, b := range a.boots {
		byUUID[b.UUID] = b
	}
	var made []*Boot
	for _, f := range a.files {
		if f.Header == nil {
			f.Boot = &Boot{}
			made = append(made, f.Boot)
			continue
		}
		h := f.Header
		b := byUUID[h.Boot]
		if b == nil {
			b = &Boot{UUID: h.Boot, Timebase: h.Timebase, ZoneWest: h.ZoneWest, DST: h.DST}
			if h.Wall != 0 {
				b.Wall = h.Wall - h.Timebase.nanos(h.Continuous, 0)
			}
			byUUID[h.Boot] = b
			made = append(made, b)
		}
		if !b.listed && h.Wall != 0 {
			b.Syncs = append(b.Syncs, Sync{Continuous: h.Continuous, Wall: h.Wall, ZoneWest: h.ZoneWest, DST: h.DST})
		}
		f.Boot = b
	}
	for _, b := range made {
		sortSyncs(b.Syncs)
		i := slices.IndexFunc(a.boots, func(o *Boot) bool { return b.Wall != 0 && o.Wall > b.Wall })
		if i < 0 {
			i = len(a.boots)
		}
		a.boots = slices.Insert(a.boots, i, b)
	}
	for i, b := range a.boots {
		b.Rank = i
	}
}
