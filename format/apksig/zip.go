package apksig

import (
	"bufio"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Sizes and signatures of zip structures, APPNOTE.TXT 4.3.
const (
	sizeEnd    = 22
	sizeMember = 46
	sizeLocal  = 30
	maxComment = 1<<16 - 1
	sigEnd     = "PK\x05\x06"
	sigMember  = "PK\x01\x02"
	sigLocal   = "PK\x03\x04"
)

var le = binary.LittleEndian

// An archive is an APK as a zip archive. The 64-bit form is not used by APKs.
type archive struct {
	r          io.ReaderAt
	size       int64
	dir        int64 // offset of the central directory
	dirSize    int64
	count      int
	blockStart int64 // of the pairs of the signing block, -1 if there is none
	blockSize  int64
}

// A member is a record of the central directory that is of use.
type member struct {
	name          string
	method        uint16
	packed, plain int64
	local         int64 // offset of the local header
}

// openZip finds the central directory and the signing block before it.
func openZip(r io.ReaderAt, size int64) (*archive, error) {
	tail := make([]byte, min(max(size, 0), sizeEnd+maxComment))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read app: %w", err)
	}
	for i := len(tail) - sizeEnd; i >= 0; i-- {
		b := tail[i:]
		if string(b[:4]) != sigEnd || int(le.Uint16(b[20:])) > len(b)-sizeEnd {
			continue
		}
		z := &archive{r: r, size: size, count: int(le.Uint16(b[10:])), dirSize: int64(le.Uint32(b[12:])), dir: int64(le.Uint32(b[16:])), blockStart: -1}
		if end := size - int64(len(tail)) + int64(i); z.dir > end || z.dirSize > end-z.dir {
			return nil, fmt.Errorf("%w: the directory lies outside the archive", ErrFormat)
		}
		z.findBlock()
		return z, nil
	}
	return nil, fmt.Errorf("%w: no zip archive", ErrFormat)
}

// findBlock finds the APK Signing Block: its size, pairs, its size again, and
// the magic right before the central directory.
func (z *archive) findBlock() {
	const magic, foot, sizeField = "APK Sig Block 42", 24, 8
	var b [foot]byte
	if z.dir < foot+sizeField {
		return
	}
	if n, _ := z.r.ReadAt(b[:], z.dir-foot); n < len(b) || string(b[sizeField:]) != magic {
		return
	}
	size := le.Uint64(b[:])
	if size < foot || size > uint64(z.dir-sizeField) {
		return
	}
	z.blockStart, z.blockSize = z.dir-int64(size), int64(size)-foot
}

// find returns the manifest, the first if there are several, and the signature
// files of v1.
func (z *archive) find(a *App) (manifest *member, signatures []*member) {
	r := bufio.NewReader(io.NewSectionReader(z.r, z.dir, z.dirSize))
	for i := range min(z.count, maxMembers) {
		m, err := readMember(r)
		if err != nil {
			a.problem("read record %d of %d in the zip directory: %w", i+1, z.count, err)
			break
		}
		switch dir, base := path.Split(m.name); {
		case m.name == "AndroidManifest.xml" && manifest == nil:
			manifest = m
		case m.name == "AndroidManifest.xml":
			a.problem("find AndroidManifest.xml: the archive has several, the first is read")
		case strings.EqualFold(dir, "META-INF/") && isSignature(base):
			if len(signatures) == maxV1Files {
				a.problem("list signatures: more than %d", maxV1Files)
				return manifest, signatures
			}
			signatures = append(signatures, m)
		}
	}
	return manifest, signatures
}

// isSignature reports whether a file in META-INF is a signature of v1.
func isSignature(base string) bool {
	switch strings.ToUpper(path.Ext(base)) {
	case ".RSA", ".DSA", ".EC":
		return true
	}
	return false
}

// readMember reads one record of the central directory.
func readMember(r *bufio.Reader) (*member, error) {
	var b [sizeMember]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, err
	}
	if string(b[:4]) != sigMember {
		return nil, errors.New("not a record")
	}
	name := make([]byte, le.Uint16(b[28:]))
	if _, err := io.ReadFull(r, name); err != nil {
		return nil, err
	}
	if _, err := r.Discard(int(le.Uint16(b[30:])) + int(le.Uint16(b[32:]))); err != nil {
		return nil, err
	}
	return &member{
		name: string(name), method: le.Uint16(b[10:]), packed: int64(le.Uint32(b[20:])),
		plain: int64(le.Uint32(b[24:])), local: int64(le.Uint32(b[42:])),
	}, nil
}

// content returns the content of a member of at most limit bytes. As Android
// does, it takes every method but DEFLATE for stored, with which some apps hide
// their manifest.
func (z *archive) content(m *member, limit int64) ([]byte, error) {
	const methodDeflate = 8
	var b [sizeLocal]byte
	if n, _ := z.r.ReadAt(b[:], m.local); n < len(b) || string(b[:4]) != sigLocal {
		return nil, fmt.Errorf("no local header at %d", m.local)
	}
	start := m.local + sizeLocal + int64(le.Uint16(b[26:])) + int64(le.Uint16(b[28:]))
	if m.method != methodDeflate {
		if m.plain > limit || start > z.size || m.plain > z.size-start {
			return nil, fmt.Errorf("%d bytes at %d, limit %d", m.plain, start, limit)
		}
		data := make([]byte, m.plain)
		if n, err := z.r.ReadAt(data, start); n < len(data) {
			return nil, fmt.Errorf("read content: %w", err)
		}
		return data, nil
	}
	d := flate.NewReader(bufio.NewReader(io.NewSectionReader(z.r, start, m.packed)))
	data, err := io.ReadAll(io.LimitReader(d, limit+1))
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("more than %d bytes", limit)
	}
	if err != nil {
		return data, fmt.Errorf("decompress: %w", err)
	}
	return data, nil
}
