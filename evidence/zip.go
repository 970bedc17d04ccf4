package evidence

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/format/deflate"
)

// Limits of zip archives.
const (
	zipMarks    = 256       // marks of one member, 32 KiB each
	zipStreams  = 8         // members whose marks are kept
	zipBigFrom  = 256 << 20 // bytes from which on the ratio counts
	zipMaxRatio = 200       // bytes of content for one of the archive; DEFLATE reaches 1032
)

// Compression methods of zip members.
const (
	methodStored  = 0
	methodDeflate = 8
)

// A zipOuter is a zip archive. It remembers 16 bytes for each member and reads
// the central directory again for the rest. Stored members are read where they
// lie, deflated ones are decompressed in pieces on demand.
type zipOuter struct {
	src     io.ReaderAt
	size    int64
	closer  io.Closer
	dir     zipDir
	names   memberIndex
	refused refusals
	cache   *blockCache

	mu      sync.Mutex
	streams []*zipStream // the one opened last at the end
}

// A zipStream is the content of one deflated member.
type zipStream struct {
	*stream
	off int64 // of the central directory record
	bad *checksums
}

// openZip lists a zip archive by its central directory.
func openZip(ctx context.Context, src io.ReaderAt, size int64, closer io.Closer) (outer, error) {
	z := &zipOuter{src: src, size: size, closer: closer, names: newMemberIndex(), cache: newBlockCache()}
	if err := z.findDir(ctx); err != nil {
		return nil, err
	}
	var packed uint64
	damaged := z.members(func(m *zipMember) error {
		packed += min(m.packed, uint64(size)+1)
		z.member(m)
		return ctx.Err()
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if damaged != nil {
		z.refused.add("archive-damaged", "", damaged.Error()+"; the members after it are not listed")
	}
	if packed > uint64(size) {
		z.refused.add("members-overlap", "", fmt.Sprintf("the members claim more than the %d bytes of the archive", size))
	}
	z.names.finish(z.nameAt, func(name string) {
		z.refused.add("duplicate-member", name, "the archive has an earlier member of this name, which is used")
	})
	return z, nil
}

// findDir finds the central directory, or makes one for an archive that lost it
// with its end.
func (z *zipOuter) findDir(ctx context.Context) (err error) {
	z.dir, err = findZipDir(z.src, z.size)
	if err == nil && z.dir.base > 0 {
		// What stands before the archive may be one that was cut, of which
		// this is a member.
		var b [sizeLocal]byte
		if _, e := z.src.ReadAt(b[:], 0); e == nil && isLocal(b[:]) {
			err = fmt.Errorf("%w: the end of central directory is that of a member", errZip)
		}
	}
	if err == nil || !errors.Is(err, errZip) {
		return err
	}
	s, failed := salvageZip(ctx, z.src, z.size)
	if failed != nil {
		return failed
	}
	if s.count == 0 {
		return err
	}
	z.dir = s.dir()
	z.refused.add("directory-absent", "", s.note())
	return nil
}

// member adds one member to the index, or notes why not.
func (z *zipOuter) member(m *zipMember) {
	name, use := m.usable()
	if use != memberBadName {
		z.refused.name(m.name)
	}
	switch use {
	case memberFile:
		z.names.add(name, m.off, int64(min(m.plain, math.MaxInt64)))
	case memberBadName:
		z.refused.add("name-refused", strings.ToValidUTF8(m.name, "\uFFFD"), "the name leaves the archive or is not valid")
	case memberLink:
		z.refused.add("link-ignored", name, "a symbolic link")
	case memberSpecial:
		z.refused.add("not-regular", name, fmt.Sprintf("zip member with mode %#o", m.external>>16))
	}
}

// What a member of a zip archive is good for.
const (
	memberFile    = iota // a regular file
	memberFolder         // a folder, which is not needed
	memberBadName        // refused for its name
	memberLink           // a symbolic link
	memberSpecial        // refused, such as a device
)

// usable returns the name of a member and what it is good for.
func (m *zipMember) usable() (name string, use int) {
	const typeMask, regular, folder, link = 0o170000, 0o100000, 0o040000, 0o120000
	name, ok := cleanName(m.name)
	kind := uint32(0)
	if m.unix {
		kind = m.external >> 16 & typeMask
	}
	switch {
	case !ok || !fs.ValidPath(name):
		return "", memberBadName
	case strings.HasSuffix(m.name, "/") || kind == folder || name == ".":
		return name, memberFolder
	case kind == link:
		return name, memberLink
	case kind != 0 && kind != regular:
		return name, memberSpecial
	}
	return name, memberFile
}

// members calls fn with each record of the central directory.
func (z *zipOuter) members(fn func(*zipMember) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(z.dir.src, z.dir.off, z.dir.size), 64<<10)
	at := z.dir.off
	for n := uint64(0); n < z.dir.count; n++ {
		m, err := readZipMember(r, at)
		if err != nil {
			return fmt.Errorf("read member %d of %d in the zip directory: %w", n+1, z.dir.count, err)
		}
		at += m.length
		if err := fn(m); err != nil {
			return err
		}
	}
	return nil
}

// memberAt reads the record of the central directory at an offset.
func (z *zipOuter) memberAt(off int64) (*zipMember, error) {
	m, err := readZipMember(bufio.NewReaderSize(io.NewSectionReader(z.dir.src, off, z.dir.off+z.dir.size-off), 512), off)
	if err == nil {
		m.cut = z.dir.cut[off]
	}
	return m, err
}

func (z *zipOuter) nameAt(off int64) string {
	m, err := z.memberAt(off)
	if err != nil {
		return ""
	}
	name, _ := cleanName(m.name)
	return name
}

func (z *zipOuter) open(name string) (*stored, error) {
	for _, off := range z.names.find(name) {
		m, err := z.memberAt(off)
		if err != nil {
			return nil, err
		}
		if got, _ := cleanName(m.name); got == name {
			s, err := z.content(m, name)
			if err != nil {
				return nil, &fs.PathError{Op: "open", Path: name, Err: err}
			}
			return s, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// content opens the content of a member.
func (z *zipOuter) content(m *zipMember, name string) (*stored, error) {
	switch {
	case m.flags&1 != 0:
		return nil, errors.New("the zip member is encrypted")
	case m.method != methodStored && m.method != methodDeflate:
		return nil, fmt.Errorf("zip method %d is not supported", m.method)
	case m.plain > 1<<62 || m.packed > uint64(z.size) && !m.cut:
		return nil, fmt.Errorf("the zip member claims %d bytes, %d in the archive", m.plain, m.packed)
	}
	start, localName, err := z.dir.local(z.src, m)
	if err != nil {
		return nil, err
	}
	s := &stored{size: int64(m.plain), modified: m.modified()}
	if localName != m.name {
		s.notes = append(s.notes, Note{Code: "member-name-differs", Path: name, Detail: fmt.Sprintf("the member calls itself %.200q", localName), Count: 1})
	}
	if m.cut && m.packed <= uint64(z.size-start) {
		s.notes = append(s.notes, Note{Code: "member-cut", Path: name, Detail: fmt.Sprintf("the archive ends within the member, or it is damaged: %d bytes can be read", s.size), Count: 1})
	}
	if m.method == methodStored {
		if m.plain != m.packed {
			return nil, fmt.Errorf("the stored zip member has %d bytes for %d", m.packed, m.plain)
		}
		s.ReaderAt = io.NewSectionReader(z.src, start, s.size)
		if rest := z.size - start; rest < s.size {
			s.notes = append(s.notes, Note{Code: "member-cut", Path: name, Detail: fmt.Sprintf("the archive ends within the member: %d of %d bytes are there", max(0, rest), s.size), Count: 1})
			s.size = max(0, rest)
		}
		return s, nil
	}
	if m.plain >= zipBigFrom && m.plain/zipMaxRatio > m.packed {
		return nil, fmt.Errorf("the zip member would grow from %d to %d bytes, more than %d times", m.packed, m.plain, zipMaxRatio)
	}
	packed := z.stream(m, start)
	s.ReaderAt = packed
	s.late = func() []Note { return packed.bad.notes(name) }
	return s, nil
}

// stream returns the stream of a deflated member, the same while it is among the
// last ones.
func (z *zipOuter) stream(m *zipMember, start int64) *zipStream {
	z.mu.Lock()
	defer z.mu.Unlock()
	i := slices.IndexFunc(z.streams, func(s *zipStream) bool { return s.off == m.off })
	if i >= 0 {
		s := z.streams[i]
		z.streams = append(slices.Delete(z.streams, i, i+1), s)
		return s
	}
	s := &zipStream{off: m.off, bad: new(checksums)}
	begin := func() (cursor, error) {
		end := start + int64(m.packed)
		return &zipCursor{src: z.src, end: end, dec: deflate.New(z.src, start, end), member: m, bad: s.bad}, nil
	}
	s.stream = newStream(begin, int64(m.plain), zipMarks, z.cache)
	if len(z.streams) == zipStreams {
		least := 0 // the oldest of those that are the soonest decoded again
		for i, other := range z.streams {
			if other.size < z.streams[least].size {
				least = i
			}
		}
		z.streams = slices.Delete(z.streams, least, least+1)
	}
	z.streams = append(z.streams, s)
	return s
}

func (z *zipOuter) walk(fn func(name string) error) error {
	return z.walkSizes(func(name string, _ int64) error { return fn(name) })
}

// walkSizes implements [sizer].
func (z *zipOuter) walkSizes(fn func(name string, size int64) error) error {
	var fnErr error
	err := z.members(func(m *zipMember) error {
		if name, use := m.usable(); use == memberFile && !z.names.isDropped(m.off) {
			fnErr = fn(name, int64(min(m.plain, math.MaxInt64)))
		}
		return fnErr
	})
	if fnErr != nil {
		return fnErr
	}
	return err
}

func (z *zipOuter) notes() []Note    { return z.refused.all() }
func (z *zipOuter) sequential() bool { return false }
func (z *zipOuter) Close() error     { return z.closer.Close() }

// A zipCursor decodes a deflated member and checks its size and checksum.
type zipCursor struct {
	src    io.ReaderAt
	end    int64
	dec    *deflate.Decoder
	member *zipMember
	sum    uint32
	bad    *checksums
}

func (c *zipCursor) mark() resumer {
	m, sum := c.dec.Mark(), c.sum
	return func() (cursor, error) {
		return &zipCursor{src: c.src, end: c.end, dec: deflate.Resume(c.src, m, c.end), member: c.member, sum: sum, bad: c.bad}, nil
	}
}

func (c *zipCursor) Read(p []byte) (int, error) {
	if left := int64(c.member.plain) - c.dec.Out(); c.member.cut {
		if p = p[:min(int64(len(p)), max(0, left))]; left <= 0 {
			return 0, io.EOF
		}
	}
	n, err := c.dec.Read(p)
	if c.dec.Out() > int64(c.member.plain) {
		return 0, streamError("zip member", errLonger)
	}
	c.sum = crc32.Update(c.sum, crc32.IEEETable, p[:n])
	if !errors.Is(err, io.EOF) {
		return n, streamError("zip member", err)
	}
	if c.dec.Out() < int64(c.member.plain) {
		return n, streamError("zip member", io.ErrUnexpectedEOF)
	}
	if c.sum != c.member.sum {
		c.bad.add(streamError("zip member", errChecksum))
	}
	return n, io.EOF
}
