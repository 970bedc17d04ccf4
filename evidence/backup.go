package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/vigie-project/vigie/format/keybag"
	"github.com/vigie-project/vigie/format/mbdb"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/format/sqlite"
)

// maxKeyFile bounds the property lists that are read to open a backup.
const maxKeyFile = 64 << 20

// A backup is an opened iOS backup. It is immutable once open.
type backup struct {
	outer outer

	info, manifest, status plist.Value // zero if absent
	keys                   *keybag.Keys
	plain                  bool // the catalogue itself is not encrypted

	cat   catalogue
	index *pathIndex
	inv   inventory

	files   []io.Closer // held open: the catalogue and its log
	view    io.ReaderAt // plaintext of Manifest.db; nil if there is none
	viewLen int64

	found []Note
}

func (b *backup) note(code, path, format string, args ...any) {
	b.found = append(b.found, Note{Code: code, Path: path, Detail: fmt.Sprintf(format, args...)})
}

// openBackup opens the backup at the root of o, and takes o over on success.
func openBackup(ctx context.Context, o outer, opt Options) (*Source, error) {
	b := &backup{outer: o}
	if err := b.open(ctx, opt); err != nil {
		b.closeFiles()
		return nil, err
	}
	return &Source{
		Kind: IOSBackup, Device: b.device(), Notes: b.found,
		FS: &backupFS{b}, Closer: b,
	}, nil
}

// Close releases the catalogue and the outer.
func (b *backup) Close() error {
	return errors.Join(b.closeFiles(), b.outer.Close())
}

func (b *backup) closeFiles() error {
	var errs []error
	for _, f := range b.files {
		errs = append(errs, f.Close())
	}
	b.files = nil
	return errors.Join(errs...)
}

func (b *backup) open(ctx context.Context, opt Options) error {
	b.readLists()
	b.statusNotes()
	if err := b.openCatalogue(opt); err != nil {
		return err
	}
	if err := b.outer.walk(func(name string) error {
		b.inv.storedName(name)
		return ctx.Err()
	}); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b.note("listing-incomplete", "", "%v", err)
	}
	index, check, bad, err := scan(ctx, b.cat, &b.inv)
	if err != nil {
		if index == nil {
			return err
		}
		b.note("listing-incomplete", "", "%v", err)
	}
	b.index = index
	if b.plain {
		if err := b.probe(ctx, opt); err != nil {
			return err
		}
	}
	b.scanNotes(check, bad)
	return b.inventoryNotes()
}

// readLists reads the three property lists. None is required, so that what is
// wrong with one is a note.
func (b *backup) readLists() {
	for _, list := range []struct {
		name string
		to   *plist.Value
	}{{infoPlist, &b.info}, {manifestPlist, &b.manifest}, {statusPlist, &b.status}} {
		v, err := b.readList(list.name)
		switch {
		case err == nil:
			*list.to = v
		case errors.Is(err, fs.ErrNotExist):
			b.note("list-absent", list.name, "the backup has no %s", list.name)
		default:
			b.note("list-damaged", list.name, "%v", err)
		}
	}
}

func (b *backup) readList(name string) (plist.Value, error) {
	f, err := b.outer.open(name)
	if err != nil {
		return plist.Value{}, err
	}
	defer f.Close()
	if f.size > maxKeyFile {
		return plist.Value{}, fmt.Errorf("read %s: %d bytes, limit %d", name, f.size, maxKeyFile)
	}
	v, err := plist.Read(f, f.size)
	if err != nil {
		return plist.Value{}, fmt.Errorf("read %s: %w", name, err)
	}
	return v, nil
}

// openCatalogue opens Manifest.db, decrypting it if it must be, or else
// Manifest.mbdb.
func (b *backup) openCatalogue(opt Options) error {
	f, err := b.outer.open(manifestDB)
	if errors.Is(err, fs.ErrNotExist) {
		return b.openMBDB()
	}
	if err != nil {
		return fmt.Errorf("open Manifest.db: %w", err)
	}
	b.files = append(b.files, f)
	if err := b.pin(f); err != nil {
		return fmt.Errorf("read Manifest.db: %w", err)
	}
	var magic [len(sqliteMagic)]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil && err != io.EOF {
		return fmt.Errorf("read Manifest.db: %w", err)
	}
	flagged := b.manifest.Get("IsEncrypted")
	b.plain = string(magic[:]) == sqliteMagic
	b.view, b.viewLen = f, f.size
	if b.plain {
		files := sqlite.Files{DB: f, DBSize: f.size}
		b.addLog(&files)
		b.cat, err = openDBCatalogue(files)
		return err
	}
	if !flagged.Bool() && b.manifest.Get("BackupKeyBag").Data() == nil {
		return errors.New("read Manifest.db: it is no SQLite database, and nothing says that it is encrypted")
	}
	if flagged.Kind() == plist.Bool && !flagged.Bool() {
		b.note("encryption-flag-differs", manifestPlist, "IsEncrypted is false, but Manifest.db is not readable as it is")
	}
	if err := b.unlock(opt); err != nil {
		return err
	}
	if err := b.decryptManifest(f); err != nil {
		return err
	}
	b.cat, err = openDBCatalogue(sqlite.Files{DB: b.view, DBSize: b.viewLen})
	return err
}

// maxPinned bounds the catalogue that is held in memory.
const maxPinned = 256 << 20

// pin holds a file in memory, as stored, where its outer is slow to go back.
func (b *backup) pin(f *stored) error {
	if !b.outer.sequential() || f.size > maxPinned {
		return nil
	}
	data := make([]byte, f.size)
	if n, err := f.ReadAt(data, 0); n < len(data) {
		return err
	}
	f.ReaderAt = bytes.NewReader(data)
	return nil
}

const sqliteMagic = "SQLite format 3\x00"

// addLog adds a write-ahead log or journal, which are not usual in a backup.
func (b *backup) addLog(files *sqlite.Files) {
	for _, log := range []struct {
		name string
		to   *io.ReaderAt
		size *int64
	}{
		{manifestDB + "-wal", &files.WAL, &files.WALSize},
		{manifestDB + "-journal", &files.Journal, &files.JournalSize},
	} {
		f, err := b.outer.open(log.name)
		if err != nil {
			continue
		}
		b.files = append(b.files, f)
		if f.size > 0 {
			*log.to, *log.size = f, f.size
			b.note("manifest-log", log.name, "Manifest.db is read together with this log of %d bytes", f.size)
		}
	}
}

// decryptManifest makes the view the plaintext of Manifest.db.
func (b *backup) decryptManifest(f *stored) error {
	wrapped := b.manifest.Get("ManifestKey").Data()
	if wrapped == nil {
		return fmt.Errorf("decrypt Manifest.db: %w: Manifest.plist has no ManifestKey", ErrDamagedKeybag)
	}
	key, err := b.keys.FileKey(wrapped)
	if err != nil {
		return fmt.Errorf("decrypt Manifest.db: %w: %w", ErrDamagedKeybag, err)
	}
	c, err := decrypt(f, f.size, key, -1)
	if err != nil {
		return fmt.Errorf("decrypt Manifest.db: %w", err)
	}
	var magic [len(sqliteMagic)]byte
	if _, err := c.ReadAt(magic[:], 0); err != nil || string(magic[:]) != sqliteMagic {
		return errors.New("decrypt Manifest.db: the result is no SQLite database: the file or its key is damaged")
	}
	if c.Truncated() {
		b.note("ciphertext-cut", manifestDB, "%d bytes are no whole number of blocks", f.size)
	}
	if !c.Padded() && databaseSize(c) != c.Size() {
		b.note("padding-invalid", manifestDB, "the padding of the last block is not valid and its header gives another size, all %d bytes are kept", c.Size())
	}
	b.view, b.viewLen = newReadAhead(c, c.Size()), c.Size()
	return nil
}

func (b *backup) openMBDB() error {
	f, err := b.outer.open(manifestMBDB)
	if err != nil {
		return fmt.Errorf("open Manifest.mbdb: %w", err)
	}
	b.files = append(b.files, f)
	var magic [mbdb.HeaderSize]byte
	if _, err := f.ReadAt(magic[:], 0); err != nil || string(magic[:]) != mbdb.Magic {
		return fmt.Errorf("open Manifest.mbdb: %w", mbdb.ErrFormat)
	}
	b.plain = true
	b.cat = &mbdbCatalogue{f, f.size}
	return nil
}

// unlock opens the keybag with the key or the password of opt.
func (b *backup) unlock(opt Options) error {
	bag, err := b.bag()
	if err != nil {
		return err
	}
	key := opt.Key
	if key == nil {
		if opt.Password == nil {
			return ErrPasswordRequired
		}
		password, err := opt.Password()
		if err != nil {
			return fmt.Errorf("ask for the password: %w", err)
		}
		if key, err = bag.Derive(password); err != nil {
			return fmt.Errorf("%w: %w", ErrDamagedKeybag, err)
		}
	}
	b.keys, err = bag.Unlock(key)
	return unlockError(err)
}

// bag parses the keybag.
func (b *backup) bag() (*keybag.Bag, error) {
	data := b.manifest.Get("BackupKeyBag").Data()
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: Manifest.plist has no BackupKeyBag", ErrDamagedKeybag)
	}
	bag, err := keybag.Parse(data)
	if err == nil {
		err = bag.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamagedKeybag, err)
	}
	return bag, nil
}

// derive derives and checks the key of a password.
func (b *backup) derive(password []byte) ([]byte, error) {
	bag, err := b.bag()
	if err != nil {
		return nil, err
	}
	key, err := bag.Derive(password)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamagedKeybag, err)
	}
	if _, err := bag.Unlock(key); err != nil {
		return nil, unlockError(err)
	}
	return key, nil
}

func unlockError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keybag.ErrWrongKey):
		return ErrWrongPassword
	}
	return fmt.Errorf("%w: %w", ErrDamagedKeybag, err)
}
