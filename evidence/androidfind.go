package evidence

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// An androidMark says for what a name speaks.
type androidMark struct {
	kind Kind
	sure bool // this name is enough
}

// markNames are the names of files that speak for a kind of acquisition, as
// AndroidQF, dumpstate and their users give them.
var markNames = map[string]androidMark{
	"acquisition.json":   {AndroidQF, true},
	"adb_host_key.pub":   {AndroidQF, false},
	"getprop.txt":        {AndroidQF, true},
	"backup.ab":          {AndroidQF, true},
	"bugreport.zip":      {AndroidQF, true},
	"root_binaries.json": {AndroidQF, true},
	"packages.json":      {AndroidQF, false},
	"processes.json":     {AndroidQF, false},
	"processes.txt":      {AndroidQF, false},
	"ps.txt":             {AndroidQF, false},
	"files.json":         {AndroidQF, false},
	"mounts.json":        {AndroidQF, false},
	"services.txt":       {AndroidQF, false},
	"selinux.txt":        {AndroidQF, false},
	"main_entry.txt":     {AndroidBugreport, true},
	"dumpstate.txt":      {AndroidBugreport, true},
	"dumpstate_log.txt":  {AndroidBugreport, false},
	"dumpsys.txt":        {AndroidBugreport, true},
}

// markPatterns are further names, as [path.Match] has them.
var markPatterns = []struct {
	pattern string
	androidMark
}{
	{"settings_*.txt", androidMark{AndroidQF, false}},
	{"bugreport-*.txt", androidMark{AndroidBugreport, true}},
	{"bugreport_*.txt", androidMark{AndroidBugreport, true}},
	{"dumpState_*.log", androidMark{AndroidBugreport, true}},
	{"bugreport-*.zip", androidMark{AndroidBugreport, true}},
}

// markFolders are names of folders.
var markFolders = map[string]androidMark{
	"FS":             {AndroidBugreport, true},
	"intrusion_logs": {AndroidQF, true},
	"intrusion-logs": {AndroidQF, true},
	"apps":           {AndroidBackup, true},
}

// kindsInOrder are the kinds from the one that prevails.
var kindsInOrder = []Kind{AndroidQF, AndroidBugreport, AndroidBackup}

// marks counts what speaks for each kind in one folder: 2 for a sure name, 1
// for another. Two are enough.
type marks map[Kind]int

func (m marks) add(mark androidMark) {
	m[mark.kind]++
	if mark.sure {
		m[mark.kind]++
	}
}

// kind returns what the folder is, 0 if nothing that is known.
func (m marks) kind() Kind {
	for _, k := range kindsInOrder {
		if m[k] >= 2 {
			return k
		}
	}
	return 0
}

// findAndroid returns the kind and folder of the Android acquisition of an
// outer: its root, or the only one of the folders just below it.
func findAndroid(o outer) (Kind, string, error) {
	dirs := make(map[string]marks)
	walkErr := twoLevels(o, func(dir, name string, isDir bool) {
		if mark, ok := markOf(name, isDir); ok {
			if dirs[dir] == nil {
				if len(dirs) == maxCandidates {
					return
				}
				dirs[dir] = make(marks)
			}
			dirs[dir].add(mark)
		}
	})
	var found []string
	for _, dir := range sortedKeys(dirs) {
		kind := dirs[dir].kind()
		if kind == AndroidBackup && !isUnpacked(within(o, dir)) {
			dirs[dir][AndroidBackup] = 0
			continue
		}
		if kind != 0 {
			found = append(found, dir)
		}
	}
	switch {
	case slices.Contains(found, "."):
		return dirs["."].kind(), ".", nil
	case len(found) == 1:
		return dirs[found[0]].kind(), found[0], nil
	case len(found) > 1:
		return 0, "", fmt.Errorf("%w, choose one: %.1000q", ErrSeveralAcquisitions, found)
	case hasLogs(o):
		return AndroidIntrusionLog, ".", nil
	case walkErr != nil:
		return 0, "", walkErr
	}
	return 0, "", errNoAndroid
}

// markOf returns what a name in a folder speaks for.
func markOf(name string, isDir bool) (androidMark, bool) {
	if isDir {
		mark, ok := markFolders[name]
		return mark, ok
	}
	if mark, ok := markNames[name]; ok {
		return mark, true
	}
	for _, p := range markPatterns {
		if ok, _ := path.Match(p.pattern, name); ok {
			return p.androidMark, true
		}
	}
	return androidMark{}, false
}

// twoLevels calls see with the names in the root of an outer and in the folders
// just below, those of folders as often as there is something in them.
func twoLevels(o outer, see func(dir, name string, isDir bool)) error {
	d, ok := o.(*folder)
	if !ok {
		return o.walk(func(name string) error {
			first, rest, deeper := strings.Cut(name, "/")
			see(".", first, deeper)
			if deeper {
				second, _, deeper := strings.Cut(rest, "/")
				see(first, second, deeper)
			}
			return nil
		})
	}
	top, err := readDir(d.root, ".")
	for i, e := range top {
		see(".", e.Name(), e.IsDir())
		if !e.IsDir() || i > maxCandidates {
			continue
		}
		below, err := readDir(d.root, e.Name())
		if err != nil && len(below) == 0 {
			continue
		}
		for _, b := range below {
			see(e.Name(), b.Name(), b.IsDir())
		}
	}
	return err
}

// isUnpacked reports whether an outer has files as an Android backup has them.
func isUnpacked(o outer) bool {
	found := false
	_ = o.walk(func(name string) error {
		_, ok := backupLayout.device(name)
		if ok || strings.HasPrefix(name, "apps/") && path.Base(name) == "_manifest" {
			found = true
			return errStop
		}
		return nil
	})
	return found
}

// isDumpText reports whether a text is that of a bugreport or of dumpsys.
func isDumpText(head []byte) bool {
	return bytes.Contains(head, []byte("== dumpstate: ")) || bytes.Contains(head, []byte("DUMP OF SERVICE ")) ||
		bytes.HasPrefix(head, []byte("Currently running services:"))
}

var logEvent = regexp.MustCompile(`^\s*\{\s*"(dns_event|connect_event|security_event)"\s*:`)

// isLogText reports whether a text is an intrusion log: one of its first lines
// is an event.
func isLogText(head []byte) bool {
	const maxLines = 20
	for i, line := range bytes.SplitN(head, []byte("\n"), maxLines+1) {
		if i < maxLines && logEvent.Match(line) {
			return true
		}
	}
	return false
}
