//go:build unix

package evidence

import (
	"io/fs"
	"syscall"
)

// ownerOf sets the owner of a file of a folder.
func ownerOf(e *Entry, info fs.FileInfo) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		e.UID, e.GID = int64(st.Uid), int64(st.Gid)
	}
}
