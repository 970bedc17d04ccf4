package sqlite

import (
	"maps"
	"slices"
	"sort"
)

// history finds the version of a page that the log had at an earlier time.
type history struct {
	frames []frame
	byPage map[uint32][]int32 // frames of each page, in the order of the file
}

// find returns the last frame of page n among the first limit frames that is of
// the same generation as the last of these.
func (h *history) find(n uint32, limit int) (place, bool) {
	list := h.byPage[n]
	i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= limit })
	if i == 0 {
		return place{}, false
	}
	f := h.frames[list[i-1]]
	return place{f.off, WALFile}, f.salt == h.frames[limit-1].salt
}

// pastImages returns the versions of pages that are not in force: pages of the
// main file that others replace or that a transaction cut off or added, images of a journal whose transaction was
// completed, and all frames of the log but the last in force of each page.
func (db *DB) pastImages() []image {
	var out []image
	for _, n := range slices.Sorted(maps.Keys(db.live.over)) {
		if n <= db.main.pages {
			out = append(out, image{n: n, at: db.main.where(n), v: &db.main, state: Logged})
		}
	}
	if db.journal.hot || db.log.valid > 0 {
		for n := db.live.pages + 1; n <= db.main.pages && n != 0; n++ {
			if _, ok := db.live.over[n]; !ok {
				out = append(out, image{n: n, at: db.main.where(n), v: &db.main, state: Logged})
			}
		}
	}
	over := map[uint32]place{}
	pages := db.main.pages
	for _, f := range db.journal.images {
		over[f.page] = place{f.off, JournalFile}
		pages = max(pages, f.page)
	}
	before := db.main.with(over, pages)
	for _, f := range db.journal.images {
		out = db.past(out, f.page, place{f.off, JournalFile}, before)
	}
	h := &history{frames: db.log.frames, byPage: map[uint32][]int32{}}
	for i, f := range h.frames {
		h.byPage[f.page] = append(h.byPage[f.page], int32(i))
	}
	for i := 0; i < len(h.frames); {
		end := h.transaction(i)
		v := &view{pager: &db.pager, pages: max(db.main.pages, db.live.pages, h.frames[end-1].commit), past: h, limit: end}
		for ; i < end; i++ {
			out = db.past(out, h.frames[i].page, place{h.frames[i].off, WALFile}, v)
		}
	}
	return out
}

// past adds the version of page n at a place unless it is the live one.
func (db *DB) past(out []image, n uint32, at place, v *view) []image {
	if n == 0 || n <= db.live.pages && db.live.where(n) == at {
		return out
	}
	return append(out, image{n: n, at: at, v: v, state: Logged})
}

// transaction returns the end of the frames that were written together with
// frame i.
func (h *history) transaction(i int) int {
	for j := i; j < len(h.frames); j++ {
		switch {
		case h.frames[j].salt != h.frames[i].salt:
			return j
		case h.frames[j].commit != 0:
			return j + 1
		}
	}
	return len(h.frames)
}

// freeImages returns the pages that the live database does not use, with those
// that lie past its end.
func (db *DB) freeImages(owners ownerMap) []image {
	var out []image
	add := func(n uint32) {
		img := image{n: n, v: &db.live, state: Deleted, origin: Unreachable, owner: owners.get(n)}
		switch img.owner {
		case ownNone:
		case ownFree, ownTrunk:
			img.origin = FreePage
		default:
			return
		}
		if n > db.live.pages {
			if db.journal.hot || db.log.valid > 0 {
				return // among the past images
			}
			img.v = &db.main
		}
		img.at = img.v.where(n)
		if !db.fixed(n) && img.v.exists(n) && len(out) < maxImages {
			out = append(out, img)
		}
	}
	for n := range db.main.pages {
		add(n + 1)
	}
	for _, n := range slices.Sorted(maps.Keys(db.live.over)) {
		if n > db.main.pages {
			add(n)
		}
	}
	return out
}
