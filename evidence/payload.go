package evidence

import (
	"bytes"
	"context"
	"crypto/aes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/vigie-project/vigie/format/aescbc"
)

// plainMagics open files of well-known formats. They are long enough that
// ciphertext does not begin so by chance.
var plainMagics = [][]byte{
	[]byte(sqliteMagic),
	[]byte("bplist00"),
	[]byte("<?xml version="),
	[]byte("\x89PNG\r\n\x1a\n"),
}

// A form says how a payload is stored.
type form int

const (
	formUnknown form = iota
	formPlain
	formEncrypted
)

// A payload is the stored content of one file of a backup.
type payload struct {
	*stored
	name string // in the outer
	head [16]byte
}

// openPayload opens the payload with an ID: in the folder of its first two
// digits, or beside the manifest as old backups have it.
func (b *backup) openPayload(id string) (*payload, error) {
	if !validID(id) {
		return nil, fmt.Errorf("fileID %.100q is not 40 hexadecimal digits", id)
	}
	name := id[:2] + "/" + id
	f, err := b.outer.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		name = id
		f, err = b.outer.open(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrPayloadAbsent
	}
	if err != nil {
		return nil, err
	}
	p := &payload{stored: f, name: name}
	if _, err := f.ReadAt(p.head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return p, nil
}

// magic reports whether the payload begins like a file of a known format.
func (p *payload) magic() bool {
	for _, m := range plainMagics {
		if bytes.HasPrefix(p.head[:], m[:min(len(m), len(p.head))]) {
			return true
		}
	}
	return false
}

// form tells from the stored bytes and the listed size whether the payload of a
// file that has a key is encrypted, without using the key.
func (p *payload) form(m *MBFile) form {
	switch {
	case p.size == 0, p.magic():
		return formPlain
	case p.size%aes.BlockSize != 0:
		return formPlain
	case m.HasSize && p.size == m.Size:
		return formPlain // padding would have made it longer
	case m.HasSize && m.Size >= 0 && p.size == (m.Size/aes.BlockSize+1)*aes.BlockSize:
		return formEncrypted
	}
	return formUnknown
}

// How many payloads are looked at to learn whether a backup with a plain
// catalogue has encrypted payloads.
const (
	probeFiles = 32   // that tell
	probeOpens = 2000 // that are opened to find them
	probeRows  = 5000 // files without a key after which there is none
)

// probe learns whether the payloads of a backup with a plain catalogue are
// encrypted, as they are in encrypted backups before iOS 10.2, or not, as in a
// backup that another tool decrypted. It unlocks the keybag if they are.
func (b *backup) probe(ctx context.Context, opt Options) error {
	plain, encrypted, err := b.sample(ctx)
	if err != nil {
		return err
	}
	flagged := b.manifest.Get("IsEncrypted").Bool()
	switch {
	case encrypted == 0:
		if flagged {
			b.note("encryption-flag-differs", manifestPlist, "IsEncrypted is true, but Manifest.db is plain, and none of %d payloads with a key that were looked at is encrypted", plain)
		}
		return nil
	case plain == 0:
		b.note("payloads-encrypted", "", "the catalogue is plain, all of %d payloads looked at are encrypted, as before iOS 10.2", encrypted)
	default:
		b.note("payloads-mixed", "", "of %d payloads looked at, %d are encrypted", plain+encrypted, encrypted)
	}
	if !flagged {
		b.note("encryption-flag-differs", manifestPlist, "IsEncrypted is not set, but payloads are encrypted")
	}
	if err := b.unlock(opt); err != nil {
		if plain > 0 && !errors.Is(err, ErrWrongPassword) {
			b.note("payloads-locked", "", "encrypted payloads cannot be read: %v", err)
			return nil
		}
		return err
	}
	return nil
}

// sample counts the plain and the encrypted payloads among the first files that
// have a key and a payload.
func (b *backup) sample(ctx context.Context) (plain, encrypted int, err error) {
	if len(b.inv.stored) == 0 {
		return 0, 0, nil
	}
	opens, rows := 0, 0
	_, err = b.cat.rows(ctx, func(e *entry) error {
		if !e.file() || !validID(e.id) {
			return nil
		}
		m, err := e.meta()
		if err != nil || len(m.EncryptionKey) == 0 {
			if rows++; rows == probeRows && opens == 0 {
				return errStop
			}
			return nil
		}
		if opens++; opens > probeOpens {
			return errStop
		}
		p, err := b.openPayload(e.id)
		if err != nil {
			return nil
		}
		defer p.Close()
		switch {
		case p.size == 0:
		case p.form(m) == formPlain:
			plain++
		case p.form(m) == formEncrypted:
			encrypted++
		}
		if plain+encrypted == probeFiles {
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return plain, encrypted, err
}

// content returns the plaintext of a payload, its size, and what is to be said
// about it. Only a payload that is known to be plain, or has no key, is used as
// it is.
func (b *backup) content(p *payload, m *MBFile, path string) (io.ReaderAt, int64, []Note, error) {
	note := func(code, format string, args ...any) []Note {
		return []Note{{Code: code, Path: path, Detail: fmt.Sprintf(format, args...), Count: 1}}
	}
	is := p.form(m)
	switch {
	case p.size == 0:
		return p.stored, 0, p.sizeNotes(m, 0, path), nil
	case m.badKey && is != formPlain:
		return nil, 0, nil, errors.New("the description of the file has a key that cannot be read")
	case len(m.EncryptionKey) == 0 && is == formEncrypted && !b.plain:
		return p.stored, p.size, note("key-absent", "the file has no key, but its payload has the size of ciphertext; it is shown as stored"), nil
	case len(m.EncryptionKey) == 0:
		return p.stored, p.size, p.sizeNotes(m, p.size, path), nil
	}
	if !b.plain && !p.magic() {
		is = formEncrypted // the rest of the backup is
	}
	switch {
	case is == formPlain && !b.plain:
		return p.stored, p.size, note("stored-plain", "the file has a key, but its payload is not encrypted"), nil
	case is == formPlain:
		return p.stored, p.size, p.sizeNotes(m, p.size, path), nil
	case b.keys == nil && is == formUnknown:
		return p.stored, p.size, note("encryption-unknown", "the file has a key; whether its payload is encrypted cannot be told, it is shown as stored"), nil
	case b.keys == nil:
		return nil, 0, nil, errors.New("the payload is encrypted and its key is locked")
	}
	key, err := b.keys.FileKey(m.EncryptionKey)
	if err != nil {
		return nil, 0, nil, err
	}
	listed := int64(-1)
	if m.HasSize {
		listed = m.Size
	}
	c, err := decrypt(p.stored, p.size, key, listed)
	if err != nil {
		return nil, 0, nil, err
	}
	if is == formUnknown && !c.Padded() {
		return p.stored, p.size, note("encryption-unknown", "the file has a key, but its payload does not decrypt to valid padding; it is shown as stored"), nil
	}
	return c, c.Size(), append(p.sizeNotes(m, c.Size(), path), cipherNotes(c, path)...), nil
}

// sizeNotes says whether the listed size differs from the size of the content.
func (p *payload) sizeNotes(m *MBFile, size int64, path string) []Note {
	if !m.HasSize || m.Size == size {
		return nil
	}
	return []Note{{Code: "size-differs", Path: path, Detail: fmt.Sprintf("the manifest lists %d bytes, the content has %d", m.Size, size), Count: 1}}
}

// cipherNotes says what is irregular in the ciphertext.
func cipherNotes(c *aescbc.Reader, path string) []Note {
	var notes []Note
	if c.Truncated() {
		notes = append(notes, Note{Code: "ciphertext-cut", Path: path, Detail: "the ciphertext is no whole number of blocks, its last bytes are not used", Count: 1})
	}
	if !c.Padded() {
		notes = append(notes, Note{Code: "padding-invalid", Path: path, Detail: fmt.Sprintf("the padding is not valid, %d bytes of %d are kept", c.Size(), c.Stored()), Count: 1})
	}
	return notes
}
