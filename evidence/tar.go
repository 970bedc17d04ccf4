package evidence

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"sync/atomic"
)

const tarBlock = 512

// A tarSource is the plain content of a tar archive and what it came from.
type tarSource struct {
	src    io.ReaderAt
	size   int64 // -1 if unknown
	closer io.Closer
	bad    *checksums // of the compression; nil if there is none
	slow   bool       // reading back is slow
	spool  *spool     // that src is; nil if it is none
	cut    error      // with which decompression ended early
}

// A tarOuter is a tar archive. It remembers 16 bytes for each member and reads
// the header again for the rest.
type tarOuter struct {
	tarSource
	names   memberIndex
	refused refusals
	damaged error                         // with which the listing ended; nil at the usual end
	held    [8]atomic.Pointer[heldHeader] // by some bits of the offset
}

// A heldHeader is a header that was read and is soon read again: files are looked for before they are
// opened, and then read from.
type heldHeader struct {
	*tar.Header
	at, data int64 // bytes from the start of the archive
}

// openTar lists a tar archive in one pass.
func openTar(ctx context.Context, src tarSource) (outer, error) {
	t := &tarOuter{tarSource: src, names: newMemberIndex()}
	t.names.logged = true
	t.names.ordered = !t.sequential() // headers can be read again
	pos := &tarPos{src: src.src, size: src.size}
	if pos.size < 0 {
		pos.size = math.MaxInt64
	}
	r := tar.NewReader(pos)
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		pos.header = -1
		h, err := r.Next()
		if errors.Is(err, io.EOF) && src.cut == nil {
			break
		}
		if err == nil && t.full() {
			err = fmt.Errorf("more than %d members", n)
		}
		if err != nil {
			if n == 0 && (src.spool != nil || src.size < 0) {
				return nil, fmt.Errorf("%w: the compressed content is no tar archive: %w", errArchive, err)
			}
			if n == 0 {
				return nil, fmt.Errorf("read tar: %w", err)
			}
			t.end(pos.at, err)
			break
		}
		t.member(h, pos.header)
	}
	t.names.finish(t.nameAt, func(name string) {
		t.refused.add("duplicate-member", name, "the archive has an earlier member of this name, which is used")
	})
	if src.slow {
		t.refused.add("archive-slow", "", "zstd gives no random access: each read that goes back decompresses the archive from its start; unpack it to examine it faster")
	}
	return t, nil
}

// full reports whether no more members are listed.
func (t *tarOuter) full() bool {
	return len(t.names.slots) >= maxTarMembers || !t.names.ordered && len(t.names.log) > maxNameLog
}

// end notes with what the listing ended early.
func (t *tarOuter) end(at int64, err error) {
	t.damaged = fmt.Errorf("read tar at offset %d: %w", at, err)
	if t.cut != nil {
		t.damaged = fmt.Errorf("incomplete at byte %d of the decompressed archive: %w", t.size, t.cut)
	}
	t.refused.add("archive-damaged", "", t.damaged.Error()+"; the members after it are not listed")
}

// member adds one member to the index, or notes why not.
func (t *tarOuter) member(h *tar.Header, header int64) {
	name, ok := cleanName(h.Name)
	if ok {
		t.refused.name(h.Name)
	}
	switch {
	case h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader:
	case !ok || name == "." || !fs.ValidPath(name):
		t.refused.add("name-refused", h.Name, "the name leaves the archive or is not valid")
	case h.Typeflag == tar.TypeSymlink:
		t.refused.add("link-ignored", name, "a symbolic link")
	case h.Typeflag == tar.TypeLink:
		if target, ok := cleanName(h.Linkname); !ok || target == name {
			t.refused.add("link-ignored", name, "a hard link that leads to no other member")
			return
		}
		t.names.add(name, header, 0)
	case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse:
		t.refused.add("not-regular", name, fmt.Sprintf("tar member of type %q", h.Typeflag))
	default:
		if sparse(h) {
			t.refused.add("member-sparse", name, "a sparse member, whose content is not read")
		}
		t.names.add(name, header, h.Size)
	}
}

// at reads the header at an offset.
func (t *tarOuter) headerAt(off int64) (*tar.Header, int64, error) {
	held := &t.held[uint64(off)/tarBlock%uint64(len(t.held))]
	if h := held.Load(); h != nil && h.at == off {
		return h.Header, h.data, nil
	}
	size := t.size
	if size < 0 {
		size = math.MaxInt64
	}
	pos := &tarPos{src: t.src, size: size, at: off}
	h, err := tar.NewReader(pos).Next()
	if err != nil {
		return nil, 0, fmt.Errorf("read tar at offset %d: %w", off, err)
	}
	held.Store(&heldHeader{h, off, pos.at})
	return h, pos.at, nil
}

// nameAt returns the name of the member whose header is at an offset.
func (t *tarOuter) nameAt(off int64) string {
	h, _, err := t.headerAt(off)
	if err != nil {
		return ""
	}
	name, _ := cleanName(h.Name)
	return name
}

// maxHardLinks bounds how many hard links lead to one another.
const maxHardLinks = 8

func (t *tarOuter) open(name string) (*stored, error) { return t.openLinked(name, maxHardLinks) }

func (t *tarOuter) openLinked(name string, links int) (*stored, error) {
	for _, off := range t.names.find(name) {
		h, data, err := t.headerAt(off)
		if err != nil {
			return nil, err
		}
		if got, _ := cleanName(h.Name); got != name {
			continue
		}
		if h.Typeflag == tar.TypeLink {
			target, ok := cleanName(h.Linkname)
			if !ok || links == 0 {
				return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
			}
			return t.openLinked(target, links-1)
		}
		if sparse(h) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("sparse members of tar archives are not read")}
		}
		if t.size >= 0 && (h.Size > t.size || data > t.size-h.Size) {
			return &stored{ReaderAt: io.NewSectionReader(t.src, data, max(0, t.size-data)), size: max(0, t.size-data), mod: h.ModTime, notes: []Note{{
				Code: "member-cut", Path: name, Detail: fmt.Sprintf("the archive ends within the member: %d of %d bytes are there", max(0, t.size-data), h.Size), Count: 1,
			}}}, nil
		}
		return &stored{ReaderAt: io.NewSectionReader(t.src, data, h.Size), size: h.Size, mod: h.ModTime}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// sparse reports whether the stored bytes of a member are not its content.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func (t *tarOuter) walk(fn func(name string) error) error {
	return t.walkSizes(func(name string, _ int64) error { return fn(name) })
}

// walkSizes implements [sizer].
func (t *tarOuter) walkSizes(fn func(name string, size int64) error) error {
	if t.names.logged {
		if err := t.names.walkLog(fn); err != nil {
			return err
		}
		return t.damaged
	}
	for off := range t.names.inOrder() {
		h, _, err := t.headerAt(off)
		if err != nil {
			return err
		}
		name, _ := cleanName(h.Name)
		if err := fn(name, h.Size); err != nil {
			return err
		}
	}
	return t.damaged
}

func (t *tarOuter) notes() []Note    { return append(t.refused.all(), t.bad.notes("")...) }
func (t *tarOuter) sequential() bool { return t.size < 0 }

func (t *tarOuter) Close() error {
	if s, ok := t.src.(*stream); ok {
		s.close()
	}
	if t.spool != nil {
		return errors.Join(t.spool.Close(), t.closer.Close())
	}
	return t.closer.Close()
}

// A tarPos is the reader given to archive/tar. It can be moved, so that content
// is skipped, and notes where the first header block is read: a header is the
// only thing read in exactly one block, since skipping content moves to its last
// byte and reads that one and the padding, which is less.
type tarPos struct {
	src    io.ReaderAt
	size   int64
	at     int64
	header int64 // -1 until a header block is read
}

// Read implements [io.Reader].
func (r *tarPos) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(p) == tarBlock && r.header < 0 {
		r.header = r.at
	}
	p = p[:min(int64(len(p)), r.size-r.at)]
	n, err := r.src.ReadAt(p, r.at)
	r.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Seek implements [io.Seeker] for io.SeekCurrent, as archive/tar uses it.
func (r *tarPos) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekCurrent || offset < 0 || offset > math.MaxInt64-r.at {
		return 0, errors.New("seek: not supported")
	}
	r.at += offset
	return r.at, nil
}
