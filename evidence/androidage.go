package evidence

import (
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Errors of [Open] for acquisitions encrypted with age. None contains a secret.
var (
	// ErrIdentityRequired says that the acquisition is encrypted for an age key
	// and that no identity was given.
	ErrIdentityRequired = errors.New("the acquisition is encrypted with age: an identity is required")

	// ErrWrongIdentity says that no given identity opens the acquisition.
	ErrWrongIdentity = errors.New("the acquisition is not encrypted for this age identity")

	// ErrPassphraseRequired says that the acquisition, or the identity, is
	// encrypted with a passphrase and that none was given.
	ErrPassphraseRequired = errors.New("encrypted with age: a passphrase is required")

	// ErrWrongPassphrase says that the passphrase opens nothing.
	ErrWrongPassphrase = errors.New("the passphrase is not the one of this age file")
)

// Limits of age files.
const (
	maxAgeHeader = 64 << 10
	maxArmored   = 64 << 20 // bytes of an armored file, which is held in memory still encrypted
	maxIdentity  = 1 << 20
	ageChunk     = 64 << 10 // of plaintext; ciphertext is authenticated in these
	ageChunks    = 64       // kept decrypted, 4 MiB
)

const ageMagic = "age-encryption.org/v1\n"

// isAge reports whether a file begins as an age file, binary or armored.
func isAge(head []byte) bool {
	return bytes.HasPrefix(head, []byte(ageMagic)) || isArmored(head)
}

func isArmored(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte(armor.Header))
}

// openAge returns the plaintext of an age file, which is decrypted in chunks as
// it is read.
func openAge(src io.ReaderAt, size int64, opt Options) (io.ReaderAt, int64, error) {
	src, size, err := unarmor(src, size)
	if err != nil {
		return nil, 0, err
	}
	kinds, err := ageKinds(src, size)
	if err != nil {
		return nil, 0, err
	}
	ids, wrong, err := ageIdentities(kinds, opt)
	if err != nil {
		return nil, 0, err
	}
	plain, n, err := age.DecryptReaderAt(src, size, ids...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none) || errors.Is(err, age.ErrIncorrectIdentity):
		return nil, 0, wrong
	case err != nil:
		return nil, 0, fmt.Errorf("decrypt age file: %w", err)
	}
	return &ageReader{src: plain, size: n, chunks: make(map[int64]*list.Element), order: list.New()}, n, nil
}

// unarmor returns the binary form of an age file.
func unarmor(src io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	head := make([]byte, min(size, 1024))
	if _, err := src.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("read age file: %w", err)
	}
	if !isArmored(head) {
		return src, size, nil
	}
	if size > maxArmored {
		return nil, 0, fmt.Errorf("read age file: armored file of %d bytes, limit %d: remove the armor", size, maxArmored)
	}
	data, err := io.ReadAll(armor.NewReader(io.NewSectionReader(src, 0, size)))
	if err != nil {
		return nil, 0, fmt.Errorf("read age file: %w", err)
	}
	return bytes.NewReader(data), int64(len(data)), nil
}

// ageKinds returns the kinds of recipient that the header names.
func ageKinds(src io.ReaderAt, size int64) ([]string, error) {
	head, err := age.ExtractHeader(io.NewSectionReader(src, 0, min(size, maxAgeHeader)))
	if err != nil {
		return nil, fmt.Errorf("read age header: %w", err)
	}
	var kinds []string
	for line := range strings.Lines(string(head)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "->" {
			kinds = append(kinds, words[1])
		}
	}
	return kinds, nil
}

// ageIdentities returns the identities to try, and the error that says that
// none of them is right.
func ageIdentities(kinds []string, opt Options) ([]age.Identity, error, error) {
	for _, kind := range kinds {
		if kind == "scrypt" {
			id, err := agePassphrase(opt)
			if err != nil {
				return nil, nil, err
			}
			return []age.Identity{id}, ErrWrongPassphrase, nil
		}
	}
	if len(opt.Identity) == 0 {
		return nil, nil, ErrIdentityRequired
	}
	text, err := identityText(opt)
	if err != nil {
		return nil, nil, err
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		// The error of the library may quote the line.
		return nil, nil, errors.New("read age identity: not a file of identities, lines of AGE-SECRET-KEY-1…")
	}
	return ids, ErrWrongIdentity, nil
}

// identityText returns the content of the identity file, decrypted if it is
// encrypted with a passphrase.
func identityText(opt Options) ([]byte, error) {
	if !isAge(opt.Identity) {
		return opt.Identity, nil
	}
	id, err := agePassphrase(opt)
	if err != nil {
		return nil, err
	}
	src, size, err := unarmor(bytes.NewReader(opt.Identity), int64(len(opt.Identity)))
	if err != nil {
		return nil, err
	}
	plain, n, err := age.DecryptReaderAt(src, size, id)
	if err != nil {
		return nil, fmt.Errorf("decrypt age identity: %w", ErrWrongPassphrase)
	}
	if n > maxIdentity {
		return nil, fmt.Errorf("decrypt age identity: %d bytes, limit %d", n, maxIdentity)
	}
	text, err := io.ReadAll(io.NewSectionReader(plain, 0, n))
	if err != nil {
		return nil, fmt.Errorf("decrypt age identity: %w", err)
	}
	return text, nil
}

func agePassphrase(opt Options) (age.Identity, error) {
	if opt.Passphrase == nil {
		return nil, ErrPassphraseRequired
	}
	secret, err := opt.Passphrase()
	if err != nil {
		return nil, fmt.Errorf("ask for the passphrase: %w", err)
	}
	id, err := age.NewScryptIdentity(string(secret))
	if err != nil {
		return nil, ErrWrongPassphrase // it is empty
	}
	return id, nil
}

// An ageReader keeps the chunks of an age file that were decrypted last. It is
// safe for concurrent use.
type ageReader struct {
	src  io.ReaderAt
	size int64

	mu     sync.Mutex
	chunks map[int64]*list.Element
	order  *list.List // of *agePart, the one used last at the front
}

type agePart struct {
	k    int64
	data []byte
}

// ReadAt implements [io.ReaderAt]. A chunk that was changed gives an error.
func (r *ageReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= r.size {
			return n, io.EOF
		}
		data, err := r.chunk(at / ageChunk)
		if err != nil {
			return n, fmt.Errorf("decrypt age file: %w", err)
		}
		n += copy(p[n:], data[at%ageChunk:])
	}
	return n, nil
}

// chunk returns a decrypted chunk.
func (r *ageReader) chunk(k int64) ([]byte, error) {
	r.mu.Lock()
	if e, ok := r.chunks[k]; ok {
		r.order.MoveToFront(e)
		r.mu.Unlock()
		return e.Value.(*agePart).data, nil
	}
	r.mu.Unlock()
	data := make([]byte, min(ageChunk, r.size-k*ageChunk))
	if n, err := r.src.ReadAt(data, k*ageChunk); n < len(data) {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.chunks[k]; ok {
		return data, nil
	}
	r.chunks[k] = r.order.PushFront(&agePart{k, data})
	if r.order.Len() > ageChunks {
		last := r.order.Back()
		r.order.Remove(last)
		delete(r.chunks, last.Value.(*agePart).k)
	}
	return data, nil
}
