package evidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/vigie-project/vigie/format/deflate"
)

// Limits of reading an archive without its directory.
const (
	maxSalvaged   = 256 << 20 // bytes of the directory that is made instead
	salvageWindow = 256 << 10 // bytes read at once when looking for a header, at most
	salvageFirst  = 4 << 10   // bytes read first
	maxSalvageCut = 4096      // members that are damaged, after which no more are looked for
	maxDescriptor = 24        // bytes after a member whose size was not known before
)

// Signatures and bits that only salvaging needs.
const (
	sigDescriptor  = "PK\x07\x08"
	flagDescriptor = 1 << 3 // sizes and checksum follow the content
)

// A salvage makes a central directory for an archive that has none, since its end
// is missing: from the headers before the members, in one pass.
type salvage struct {
	src     io.ReaderAt
	size    int64
	records []byte // a central directory
	count   uint64
	cut     map[int64]bool // offsets of records whose members the archive does not hold whole
	gaps    int            // places between members that hold none
	wasted  int64          // bytes of deflated members that are damaged, and may be read again
	window  []byte
}

// salvageZip reads the members of an archive from their own headers. The result
// has no members if there is no header.
func salvageZip(ctx context.Context, src io.ReaderAt, size int64) (*salvage, error) {
	s := &salvage{src: src, size: size, cut: make(map[int64]bool)}
	for at := int64(0); at >= 0 && s.count < maxZipMember && len(s.records) < maxSalvaged && len(s.cut) < maxSalvageCut; {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var sig [4]byte
		if _, err := src.ReadAt(sig[:], at); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return nil, fmt.Errorf("read zip: %w", err)
		}
		switch string(sig[:]) {
		case sigMember, sigEnd, sigEnd64:
			return s, nil // the directory begins
		case sigLocal:
			if next, ok := s.member(at); ok {
				at = next
				continue
			}
		}
		next := s.find(sigLocal, at+1, s.isMember)
		if next < 0 || next > at+maxDescriptor {
			s.gaps++
		}
		at = next
	}
	return s, nil
}

// dir returns the directory that was made.
func (s *salvage) dir() zipDir {
	return zipDir{src: bytes.NewReader(s.records), size: int64(len(s.records)), count: s.count, cut: s.cut}
}

// note says what was done.
func (s *salvage) note() string {
	text := fmt.Sprintf("central directory missing: %d members read from local headers", s.count)
	if len(s.cut) > 0 {
		text += fmt.Sprintf(", %d of them cut", len(s.cut))
	}
	if s.gaps > 0 {
		text += fmt.Sprintf("; %d places between or after them hold no member that can be read", s.gaps)
	}
	return text
}

// find returns the offset of the next signature from an offset on of which is says
// that it is one, or -1. Each byte is read once.
func (s *salvage) find(sig string, at int64, is func(at int64) bool) int64 {
	if s.window == nil {
		s.window = make([]byte, salvageWindow)
	}
	for size := salvageFirst; ; size = min(2*size, salvageWindow) {
		n, err := s.src.ReadAt(s.window[:size], at)
		for i := 0; i < n; i++ {
			k := bytes.Index(s.window[i:n], []byte(sig))
			if k < 0 {
				break
			}
			if i += k; is(at + int64(i)) {
				return at + int64(i)
			}
		}
		if err != nil || n < len(sig) {
			return -1
		}
		at += int64(n - len(sig) + 1)
	}
}

// isMember reports whether a signature is that of a member.
func (s *salvage) isMember(at int64) bool {
	var b [sizeLocal]byte
	_, err := s.src.ReadAt(b[:], at)
	return err == nil && isLocal(b[:])
}

// member adds the member whose header is at an offset and returns where the next
// header should be, false if the header cannot be one.
func (s *salvage) member(at int64) (int64, bool) {
	var b [sizeLocal]byte
	if _, err := s.src.ReadAt(b[:], at); err != nil {
		return 0, false
	}
	le := binary.LittleEndian
	name, extra := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	if !isLocal(b[:]) {
		return 0, false
	}
	rest := make([]byte, name+extra)
	if n, _ := s.src.ReadAt(rest, at+sizeLocal); n < len(rest) {
		return 0, false
	}
	m := &zipMember{
		name: string(rest[:name]), flags: le.Uint16(b[6:]), method: le.Uint16(b[8:]), clock: le.Uint32(b[10:]), extra: rest[name:],
		sum: le.Uint32(b[14:]), packed: uint64(le.Uint32(b[18:])), plain: uint64(le.Uint32(b[22:])), local: uint64(at),
	}
	m.zip64(rest[name:])
	start := at + sizeLocal + int64(len(rest))
	end, known := s.content(m, start)
	s.add(m)
	if m.flags&flagDescriptor != 0 && known {
		end = s.afterDescriptor(m, start, end)
	}
	return end, true
}

// isLocal reports whether bytes look like the header of a member: its version and
// method exist, and it has a name.
func isLocal(b []byte) bool {
	const maxVersion, maxMethod, maxName = 63, 99, 4096
	le := binary.LittleEndian
	name := le.Uint16(b[26:])
	return string(b[:4]) == sigLocal && b[4] <= maxVersion && le.Uint16(b[8:]) <= maxMethod && name > 0 && name <= maxName
}

// content finds where the content of a member ends, and completes what its header
// does not say. It reports whether the end is known.
func (s *salvage) content(m *zipMember, start int64) (int64, bool) {
	unknown := m.flags&flagDescriptor != 0 && m.packed == 0 && m.plain == 0
	whole := m.packed <= uint64(s.size-start)
	switch {
	case !unknown && whole:
		return start + int64(m.packed), true
	case m.method == methodDeflate && m.flags&1 == 0:
		return s.decode(m, start, unknown)
	case !unknown:
		m.cut = true
		return s.size, false
	}
	// Stored content of unknown size: its descriptor tells how far it is away.
	var b [12]byte
	at := s.find(sigDescriptor, start, func(at int64) bool {
		_, err := s.src.ReadAt(b[:], at+4)
		return err == nil && binary.LittleEndian.Uint32(b[4:]) == uint32(at-start)
	})
	if at < 0 {
		m.packed = uint64(s.size - start)
		m.plain, m.cut = m.packed, true
		return s.size, false
	}
	m.sum, m.packed, m.plain = binary.LittleEndian.Uint32(b[:]), uint64(at-start), uint64(at-start)
	return at, true
}

// decode learns the size of deflated content by decoding it.
func (s *salvage) decode(m *zipMember, start int64, unknown bool) (int64, bool) {
	d := deflate.New(s.src, start, s.size)
	sum := crc32.NewIEEE()
	buf := make([]byte, 64<<10)
	for {
		n, err := d.Read(buf)
		sum.Write(buf[:n])
		used := d.InputEnd() - start
		if out := d.Out(); out >= zipBigFrom && out/zipMaxRatio > used {
			err = errLonger // as for other members, it is not opened
		}
		if err == nil {
			continue
		}
		m.packed, m.plain = uint64(max(0, used)), uint64(d.Out())
		if !errors.Is(err, io.EOF) {
			m.cut = true
			if s.wasted += used; s.wasted > s.size {
				return max(start, d.InputEnd()), false // members that hold each other
			}
			return start, false
		}
		if unknown {
			m.sum = sum.Sum32()
		}
		return d.InputEnd(), true
	}
}

// afterDescriptor returns the end of the descriptor of a member, which has the
// checksum in any case, sizes of 32 or of 64 bits, and a signature or none.
func (s *salvage) afterDescriptor(m *zipMember, start, end int64) int64 {
	b := make([]byte, maxDescriptor+4)
	n, _ := s.src.ReadAt(b, end)
	b = b[:n]
	size := 0
	if bytes.HasPrefix(b, []byte(sigDescriptor)) {
		size = 4
	}
	for _, more := range []int{12, 20} {
		if next := size + more; len(b) >= next+4 && (string(b[next:next+4]) == sigLocal || string(b[next:next+4]) == sigMember) {
			m.sum = binary.LittleEndian.Uint32(b[size:])
			s.patch(m)
			return end + int64(next)
		}
	}
	return end
}

// add appends the record of a member.
func (s *salvage) add(m *zipMember) {
	extra := make([]byte, 0, 28+len(m.extra))
	big := m.packed >= max32 || m.plain >= max32 || m.local >= max32
	if big {
		extra = binary.LittleEndian.AppendUint16(extra, extraZip64)
		extra = binary.LittleEndian.AppendUint16(extra, 24)
		for _, v := range []uint64{m.plain, m.packed, m.local} {
			extra = binary.LittleEndian.AppendUint64(extra, v)
		}
	}
	for tag, field := range extraFields(m.extra) {
		if tag != extraZip64 && len(extra)+4+len(field) <= math.MaxUint16 {
			extra = binary.LittleEndian.AppendUint16(extra, tag)
			extra = binary.LittleEndian.AppendUint16(extra, uint16(len(field)))
			extra = append(extra, field...)
		}
	}
	short := func(v uint64) uint32 {
		if big {
			return max32
		}
		return uint32(v)
	}
	le := binary.LittleEndian
	var b [sizeMember]byte
	copy(b[:], sigMember)
	le.PutUint16(b[8:], m.flags)
	le.PutUint16(b[10:], m.method)
	le.PutUint32(b[12:], m.clock)
	le.PutUint32(b[16:], m.sum)
	le.PutUint32(b[20:], short(m.packed))
	le.PutUint32(b[24:], short(m.plain))
	le.PutUint16(b[28:], uint16(len(m.name)))
	le.PutUint16(b[30:], uint16(len(extra)))
	le.PutUint32(b[42:], short(m.local))
	m.off = int64(len(s.records))
	if m.cut {
		s.cut[m.off] = true
	}
	s.records = append(append(append(s.records, b[:]...), m.name...), extra...)
	s.count++
}

// patch writes the checksum of a member to its record again.
func (s *salvage) patch(m *zipMember) {
	binary.LittleEndian.PutUint32(s.records[m.off+16:], m.sum)
}
