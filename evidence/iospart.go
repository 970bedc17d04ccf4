package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// wholeFiles is how many files a whole file system has at the least: that of a new
// phone has more than 100,000.
const wholeFiles = 5000

// usualFolders are folders below which every whole file system has files: those of the
// user and of the system.
var usualFolders = [2]string{"private/var/mobile/Library/", "System/"}

// usualPrefixes returns how the stored names of what lies in the usual folders begin.
func usualPrefixes(mounts []mount) (prefixes [2][]string) {
	for i, dir := range usualFolders {
		for _, m := range mounts {
			switch {
			case strings.HasPrefix(dir, m.device):
				prefixes[i] = append(prefixes[i], m.stored+dir[len(m.device):])
			case strings.HasPrefix(m.device, dir):
				prefixes[i] = append(prefixes[i], m.stored)
			}
		}
	}
	return prefixes
}

// count counts a file, and notes in which of the usual folders it is.
func (in *insides) count(name string, usual [2][]string) {
	in.files++
	for i, prefixes := range usual {
		in.usual[i] = in.usual[i] || slices.ContainsFunc(prefixes, func(at string) bool { return strings.HasPrefix(name, at) })
	}
}

// partNotes says that a file system is only a part of that of a phone: what is absent
// then says nothing about the phone. One that is damaged has notes that say so.
func (in *insides) partNotes(s *Source) {
	if slices.ContainsFunc(s.Notes, func(n Note) bool { return n.Code == "archive-damaged" || n.Code == "listing-incomplete" }) {
		return
	}
	var why []string
	if in.files < wholeFiles {
		why = append(why, fmt.Sprintf("%d files", in.files))
	}
	for i, dir := range usualFolders {
		if !in.usual[i] {
			why = append(why, "nothing below /"+dir)
		}
	}
	switch {
	case len(why) == 0:
	case in.files >= wholeFiles && in.usual[0]:
		s.note("system-folder-absent", strings.TrimSuffix(usualFolders[1], "/"), "%s", "files of the system are not in the acquisition")
	default:
		s.note("filesystem-part", "", "%s", strings.Join(why, "; "))
	}
}
