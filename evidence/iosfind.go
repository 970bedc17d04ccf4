package evidence

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Folders of the data volume of an iPhone, below private/var, and those of the
// home of its user. Of them, a Mac has the logs only.
var (
	varFolders = []string{"mobile/", "wireless/", "containers/", "installd/", "MobileDevice/", "MobileAsset/", "keybags/", "root/Library/Lockdown/",
		"db/diagnostics/", "db/uuidtext/"}
	userFolders = []string{"mobile/Library/", "mobile/Containers/", "mobile/Media/"}
)

const (
	privateVar    = "private/var/"
	systemLibrary = "System/Library/"
)

// maxRootDepth bounds how deep in an acquisition the root of a phone is looked
// for, in folders.
const maxRootDepth = 4

// Layouts of acquisition tools: the folder of the data volume, and of the
// system volume beside it.
const (
	dataVolume   = "filesystem2/"
	systemVolume = "filesystem1/"
)

// fsVotes counts, by the folder of an acquisition, the files that speak for its
// being a folder of the phone.
type fsVotes struct {
	root   map[string]int // has private/var
	data   map[string]int // is private/var
	system map[string]int // has System/Library
}

func newVotes() *fsVotes {
	return &fsVotes{root: map[string]int{}, data: map[string]int{}, system: map[string]int{}}
}

// see takes the name of a file, or of a folder with a slash at its end.
func (v *fsVotes) see(name string) {
	if at, rest, ok := cutFolder(name, privateVar); ok {
		if slices.ContainsFunc(varFolders, func(f string) bool { return strings.HasPrefix(rest, f) }) {
			vote(v.root, at)
		}
		return
	}
	for _, f := range userFolders {
		if at, _, ok := cutFolder(name, f); ok {
			vote(v.data, at)
			return
		}
	}
	if at, _, ok := cutFolder(name, systemLibrary); ok {
		vote(v.system, at)
	}
}

func vote(m map[string]int, at string) {
	if _, known := m[at]; (known || len(m) < maxCandidates) && strings.Count(at, "/") <= maxRootDepth {
		m[at]++
	}
}

// cutFolder cuts a name around a folder, which begins at its start or after a
// slash.
func cutFolder(name, folder string) (before, after string, ok bool) {
	for from := 0; ; {
		i := strings.Index(name[from:], folder)
		if i < 0 {
			return "", "", false
		}
		if i += from; i == 0 || name[i-1] == '/' {
			return name[:i], name[i+len(folder):], true
		}
		from = i + 1
	}
}

// mounts returns where the folders lie on the device, nil if they are none of a
// phone. The error matches [ErrSeveralAcquisitions].
func (v *fsVotes) mounts() ([]mount, error) {
	// The system volume has an empty private/var, over which the other is put.
	root, err := v.best(v.root)
	if err != nil {
		return nil, err
	}
	var list []mount
	add := func(stored, device string) {
		if !slices.ContainsFunc(list, func(m mount) bool { return m.stored == stored }) {
			list = append(list, mount{stored, device})
		}
	}
	at := root
	switch {
	case len(v.root) > 0:
		add(root, "")
	case len(v.data) > 0:
		if at, err = v.best(v.data); err != nil {
			return nil, err
		}
		add(at, privateVar)
		if up, ok := strings.CutSuffix(at, "private/var/"); ok {
			add(up, "")
		} else if up, ok := strings.CutSuffix(at, "var/"); ok {
			add(up, "")
		}
	default:
		return nil, nil
	}
	if up, ok := strings.CutSuffix(at, dataVolume); ok {
		add(up+systemVolume, "")
	}
	for _, system := range sortedKeys(v.system) {
		if top, _ := v.best(v.system); system == top && !strings.HasPrefix(system, privateVar) {
			add(system, "")
		}
	}
	return list, nil
}

// best returns the folder with the most votes. Another one with more than a
// tenth of them is an acquisition of its own.
func (v *fsVotes) best(m map[string]int) (string, error) {
	const tenth = 10
	top := ""
	for i, at := range sortedKeys(m) {
		if i == 0 || m[at] > m[top] {
			top = at
		}
	}
	for _, at := range sortedKeys(m) {
		if at != top && m[at] > m[top]/tenth && !strings.HasPrefix(at, top+privateVar) {
			return "", fmt.Errorf("%w, choose one: %.1000q", ErrSeveralAcquisitions, sortedKeys(m))
		}
	}
	return top, nil
}

// findFilesystem returns where the folders of an outer lie on an iPhone, nil if
// it is no file system of one.
func findFilesystem(o outer) ([]mount, error) {
	votes := newVotes()
	if d, prefix, ok := onDisk(o); ok {
		probeFolders(d, prefix, votes)
	} else {
		_ = o.walk(func(name string) error { votes.see(name); return nil }) // what cannot be listed is in the notes
	}
	return votes.mounts()
}

// onDisk returns the folder on disk that an outer lies in, and its place there.
func onDisk(o outer) (d *folder, prefix string, ok bool) {
	for {
		switch at := o.(type) {
		case *folder:
			return at, prefix, true
		case *sub:
			prefix, o = at.prefix+prefix, at.outer
		default:
			return nil, "", false
		}
	}
}

// probeFolders looks for the folders of a phone in a folder and in those up to
// two levels below, which is enough for what tools make.
func probeFolders(d *folder, prefix string, votes *fsVotes) {
	const maxProbed = 2000
	list := []string{""}
	for i := 0; i < len(list) && len(list) < maxProbed; i++ {
		if strings.Count(list[i], "/") >= 2 {
			break
		}
		entries, _ := readDir(d.root, path.Clean(prefix+list[i]+".")) // walk reports what cannot be listed
		for _, e := range entries {
			if e.IsDir() && len(list) < maxProbed {
				list = append(list, list[i]+e.Name()+"/")
			}
		}
	}
	for _, at := range list {
		for _, below := range probed {
			if isDirOn(d, path.Clean(prefix+at+below)) {
				votes.see(at + below)
			}
		}
	}
}

// probed are the folders that are looked for.
var probed = func() []string {
	list := []string{systemLibrary}
	for _, f := range varFolders {
		list = append(list, privateVar+f)
	}
	return append(list, userFolders...)
}()

// sysMarks are names at the root of a sysdiagnose; each counts for its being
// one, and the log of the collection twice.
var sysMarks = map[string]int{
	sysLog: 2, "taskinfo.txt": 1, "spindump-nosymbols.txt": 1, "taskSummary.csv": 1, "tasksummary.csv": 1, "system_logs.logarchive": 1,
	"crashes_and_spins": 1, "ioreg": 1, "brctl": 1, "WiFi": 1, "security-sysdiagnose.txt": 1, "remotectl_dumpstate.txt": 1, "swcutil_show.txt": 1,
	"ps_thread.txt": 1, "microstackshots": 1,
}

// enoughMarks is the sum of marks from which on a folder is a sysdiagnose.
const enoughMarks = 3

// sysLog is the log of the collection.
const sysLog = "sysdiagnose.log"

// findSysdiagnoses returns the folders of an outer that are sysdiagnoses: its
// root, or folders just below.
func findSysdiagnoses(o outer) []string {
	found := make(map[string]map[string]bool)
	_ = twoLevelsIn(o, func(dir, name string, _ bool) {
		if sysMarks[name] == 0 || len(found) >= maxCandidates && found[dir] == nil {
			return
		}
		if found[dir] == nil {
			found[dir] = make(map[string]bool)
		}
		found[dir][name] = true
	})
	var dirs []string
	for _, dir := range sortedKeys(found) {
		n := 0
		for name := range found[dir] {
			n += sysMarks[name]
		}
		if isSysdiagnoseName(path.Base(dir)) {
			n++
		}
		if n >= enoughMarks {
			dirs = append(dirs, dir)
		}
	}
	if slices.Contains(dirs, ".") {
		return []string{"."}
	}
	return dirs
}

// twoLevelsIn is [twoLevels], also for a part of a folder.
func twoLevelsIn(o outer, see func(dir, name string, isDir bool)) error {
	d, prefix, ok := onDisk(o)
	if !ok || prefix == "" {
		return twoLevels(o, see)
	}
	below, err := d.root.OpenRoot(strings.TrimSuffix(prefix, "/"))
	if err != nil {
		return err
	}
	defer below.Close()
	return twoLevels(&folder{root: below}, see)
}

// sysName is the form of the names of sysdiagnoses, whose parts are the instant
// with its offset from UTC, and what they are of.
var sysName = regexp.MustCompile(`sysdiagnose_(\d{4}\.\d\d\.\d\d_\d\d-\d\d-\d\d[+-]\d{4})(?:_([\w,.-]+))?`)

func isSysdiagnoseName(name string) bool { return strings.HasPrefix(name, "sysdiagnose_") }

// isAppleArchive reports whether a file is an Apple Archive: plain, of the first
// version, encrypted, or compressed.
func isAppleArchive(head []byte) bool {
	for _, magic := range []string{"AA01", "YAA1", "AEA1", "pbze", "pbzx", "pbz4", "pbzz", "pbzb", "pbz-"} {
		if strings.HasPrefix(string(head), magic) {
			return true
		}
	}
	return false
}

// isSysdiagnoseFile reports whether a file has the name of an archived
// sysdiagnose, or lies where the phone keeps them.
func isSysdiagnoseFile(name string) bool {
	dir, base := path.Split(name)
	if !isSysdiagnoseName(base) && !strings.HasSuffix(dir, "DiagnosticLogs/sysdiagnose/") {
		return false
	}
	for _, end := range []string{".tar.gz", ".tgz", ".tar", ".aar"} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}
