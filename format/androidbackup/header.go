// Package androidbackup reads the container of Android backups as "adb backup"
// writes it (.ab): a header of text lines, then a tar archive that may be
// compressed with zlib and encrypted with AES-256. It only reads, and holds no
// more than small pieces of the content in memory.
//
// The format is that of BackupManagerService of AOSP (frameworks/base,
// services/backup), versions 1 (Android 4.0) to 5.
package androidbackup

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Magic is the first line of every Android backup.
const Magic = "ANDROID BACKUP\n"

// Limits of the header.
const (
	maxHeader  = 8 << 10 // bytes; Android writes about 550
	maxBlob    = 1 << 10 // bytes of the encrypted master key; Android writes 96
	maxSalt    = 1 << 10 // bytes; Android writes 64
	maxRounds  = 1 << 20 // of PBKDF2; every Android so far writes 10000
	maxVersion = 1000    // versions beyond 5 are read as 5, as long as they are plausible
)

// Newest is the highest format version that is known. Later ones are read like it.
const Newest = 5

// Errors that callers test for.
var (
	// ErrFormat says that the data does not begin with [Magic].
	ErrFormat = errors.New("not an Android backup")

	// ErrEmpty says that there are no bytes at all, which is what a backup
	// leaves that was refused on the phone or never confirmed.
	ErrEmpty = errors.New("the Android backup is empty: it was refused or never confirmed on the phone")

	// ErrHeader says that the header is damaged or cut.
	ErrHeader = errors.New("the header of the Android backup is damaged")

	// ErrEncryption says that the header names an encryption other than AES-256.
	ErrEncryption = errors.New("the encryption of the Android backup is not known")

	// ErrWrongPassword says that the password does not open the master key.
	ErrWrongPassword = errors.New("the password is not the one of the Android backup")
)

// A Header is what the text lines at the start of a backup say.
type Header struct {
	// Version is the format version, line 2: 1 to 5 so far.
	Version int
	// Compressed says that the payload is a zlib stream, line 3.
	Compressed bool
	// Encryption has the lines 5 to 9; nil if line 4 is "none".
	Encryption *Encryption
	// Size is the number of bytes of the header: the payload begins there.
	Size int64
}

// Encryption has what an AES-256 backup says about its keys. None of it is secret.
type Encryption struct {
	UserSalt     []byte // of the key derived from the password
	ChecksumSalt []byte // of the checksum of the master key
	Rounds       int    // of PBKDF2, for both
	UserIV       []byte // with which Blob is encrypted, 16 bytes
	Blob         []byte // the encrypted master key, its IV and its checksum
}

// ParseHeader reads the header of a backup of size bytes. The error matches
// [ErrEmpty], [ErrFormat], [ErrHeader] or [ErrEncryption], or is one of r.
func ParseHeader(r io.ReaderAt, size int64) (*Header, error) {
	if size == 0 {
		return nil, ErrEmpty
	}
	buf := make([]byte, min(max(size, 0), maxHeader))
	n, err := r.ReadAt(buf, 0)
	if n < len(buf) && err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read header: %w", err)
	}
	p := &headerReader{all: buf[:n], rest: buf[:n]}
	if !bytes.HasPrefix(p.rest, []byte(Magic)) {
		return nil, ErrFormat
	}
	p.rest = p.rest[len(Magic):]
	h := &Header{}
	h.Version = p.number("version", 1, maxVersion)
	h.Compressed = p.number("compression", 0, 1) == 1
	switch name := p.line("encryption"); {
	case p.err != nil || name == "none":
	case name == "AES-256":
		h.Encryption = p.encryption()
	default:
		return nil, fmt.Errorf("%w: %.100q", ErrEncryption, name)
	}
	if p.err != nil {
		return nil, p.err
	}
	h.Size = int64(len(p.all) - len(p.rest))
	return h, nil
}

// A headerReader reads the lines of a header; its first error stays.
type headerReader struct {
	all, rest []byte
	err       error
}

func (p *headerReader) fail(what, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s: %s", ErrHeader, what, fmt.Sprintf(format, args...))
	}
}

// line returns the next line without its end.
func (p *headerReader) line(what string) string {
	if p.err != nil {
		return ""
	}
	line, rest, found := bytes.Cut(p.rest, []byte("\n"))
	if !found {
		p.fail(what, "the line is cut after %d bytes", len(p.rest))
		return ""
	}
	p.rest = rest
	return string(line)
}

// number returns the next line as a decimal number.
func (p *headerReader) number(what string, lo, hi int) int {
	s := p.line(what)
	if p.err != nil {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lo || n > hi {
		p.fail(what, "%.100q is not a number from %d to %d", s, lo, hi)
		return 0
	}
	return n
}

// bytes returns the next line, hexadecimal digits of lo to hi bytes.
func (p *headerReader) bytes(what string, lo, hi int) []byte {
	s := p.line(what)
	if p.err != nil {
		return nil
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) < lo || len(b) > hi {
		p.fail(what, "%.100q does not stand for %d to %d bytes", s, lo, hi)
		return nil
	}
	return b
}

// encryption reads the lines 5 to 9.
func (p *headerReader) encryption() *Encryption {
	e := &Encryption{
		UserSalt:     p.bytes("user salt", 1, maxSalt),
		ChecksumSalt: p.bytes("checksum salt", 1, maxSalt),
		Rounds:       p.number("rounds", 1, maxRounds),
		UserIV:       p.bytes("user IV", blockSize, blockSize),
		Blob:         p.bytes("master key", blockSize, maxBlob),
	}
	if len(e.Blob)%blockSize != 0 {
		p.fail("master key", "%d bytes are no whole number of blocks", len(e.Blob))
	}
	return e
}
