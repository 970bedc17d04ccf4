package unifiedlog

import (
	"path"
	"slices"
	"strings"
)

// Root returns the folder in which [Open] finds the store that a log file is part of,
// by the slash-separated name of the file: that of a logarchive, or the one that holds
// the folders diagnostics and uuidtext.
func Root(name string) string {
	dir := path.Dir(name)
	if slices.Contains(logFolders, path.Base(dir)) {
		dir = path.Dir(dir)
	}
	if strings.EqualFold(path.Base(dir), "diagnostics") {
		dir = path.Dir(dir)
	}
	return dir
}
