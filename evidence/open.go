package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/format/plist"
)

// Options say how to open an acquisition.
type Options struct {
	// Password is asked for when the acquisition turns out to be encrypted and
	// no Key is given, at most once. The bytes are used as they are. An error
	// it returns ends opening.
	Password func() ([]byte, error)

	// Key is the 32 byte key derived from the password, see [DeriveKey]. It is
	// as secret as the password.
	Key []byte

	// Identity is the content of a file of age identities, for an acquisition
	// that is encrypted with age; it may itself be encrypted with a passphrase.
	Identity []byte

	// Passphrase is asked for when an age file, or the Identity, is encrypted
	// with one. An error it returns ends opening.
	Passphrase func() ([]byte, error)
}

// Errors of [Open] that callers test for. None of them ever contains a password
// or a key.
var (
	// ErrPasswordRequired says that the acquisition is encrypted and that
	// neither password nor key was given.
	ErrPasswordRequired = errors.New("the backup is encrypted: a password is required")

	// ErrWrongPassword says that the password, or the key, opens nothing.
	ErrWrongPassword = errors.New("the password is not the one of this backup")

	// ErrDamagedKeybag says that no password can open the backup, since what
	// protects its keys is damaged or missing.
	ErrDamagedKeybag = errors.New("the keybag of the backup is damaged: no password can open it")

	// ErrNotEncrypted says that there is no key to derive.
	ErrNotEncrypted = errors.New("the backup is not encrypted")

	// ErrAppleArchive says that the file is an Apple Archive, as some
	// collections of sysdiagnoses are: it must be unpacked on a Mac first.
	ErrAppleArchive = errors.New("an Apple Archive (.aar), which is not read: unpack it on a Mac")

	// ErrNoAcquisition says that nothing of a known kind was found.
	ErrNoAcquisition = errors.New("no acquisition found")

	// ErrSeveralAcquisitions says that one must be chosen.
	ErrSeveralAcquisitions = errors.New("several acquisitions found")
)

// ErrPayloadAbsent says that a file is listed by the acquisition, but that its
// content is not there. It does not match fs.ErrNotExist, which says that the
// acquisition does not know the file at all.
var ErrPayloadAbsent = errors.New("listed in the manifest, but its payload is absent")

// Open opens an acquisition, as a folder, a zip archive (also one that is split
// in pieces) or a tar archive (also .tar.gz and .tar.zst):
//   - an iOS backup, also the only one in a folder or at the top of an archive,
//     of which it reads the whole catalogue once, with the sysdiagnoses beside it;
//   - the file system of an iPhone, rooted at /, at private/ or at private/var,
//     in a folder of its own or in the folders filesystem1 and filesystem2;
//   - one sysdiagnose, or several side by side;
//   - what AndroidQF made (also encrypted with age), a bugreport (also its text
//     alone), an Android backup (.ab, or unpacked) or intrusion logs;
//   - else loose files of an iPhone: one database, property list, log or crash
//     report, or a folder of them.
//
// What lies in an acquisition is a source of its own, after its parent: a
// sysdiagnose or a backup in a file system, what AndroidQF has collected.
//
// Errors match [ErrNoAcquisition], [ErrSeveralAcquisitions],
// [ErrPasswordRequired], [ErrWrongPassword], [ErrDamagedKeybag], [ErrAppleArchive],
// [ErrIdentityRequired], [ErrWrongIdentity], [ErrPassphraseRequired] or
// [ErrWrongPassphrase] where one of them is the cause. Lesser damage is in the
// notes of the source, also that a source within another cannot be opened. The
// caller closes the sources.
func Open(ctx context.Context, name string, opt Options) ([]*Source, error) {
	base, opt := filepath.Base(filepath.Clean(name)), opt.once()
	o, err := openOuter(ctx, name)
	if errors.Is(err, errArchive) {
		list, err := openAndroidFile(ctx, name, opt)
		if errors.Is(err, errArchive) {
			list, err = openLooseFile(ctx, name, opt)
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", base, err)
		}
		nameSources(list, base)
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	list, err := openAny(ctx, o, base, opt)
	if errors.Is(err, ErrNoAcquisition) && findLoose(ctx, o) {
		list, err = openLoose(ctx, o, &shared{c: o}, opt)
	}
	if err != nil {
		o.Close()
		return nil, fmt.Errorf("open %s: %w", base, err)
	}
	nameSources(list, base)
	return list, nil
}

// openAny opens the acquisition in an outer that came under a name, with those
// in it: the file system of an iPhone, a backup of one, a sysdiagnose, or an
// Android acquisition.
func openAny(ctx context.Context, o outer, called string, opt Options) ([]*Source, error) {
	found, err := recognise(o)
	switch {
	case found.kind == IOSFilesystem:
		return openFilesystem(ctx, o, &shared{c: o}, found.mounts, opt)
	case found.kind == IOSSysdiagnose:
		return openSysdiagnoses(ctx, o, found.dirs, &shared{c: o}, called, opt)
	case found.kind == IOSBackup:
		return openBackupAnd(ctx, o, found.dirs[0], found.dirs[1:], opt)
	case !errors.Is(err, ErrNoAcquisition):
		return nil, err
	}
	list, aerr := openAndroid(ctx, o, opt)
	if errors.Is(aerr, errNoAndroid) {
		return nil, err
	}
	return list, aerr
}

// A recognised is an acquisition of an iPhone that was found in an outer.
type recognised struct {
	kind   Kind
	dirs   []string // of the backup, then of the sysdiagnoses beside it; or of the sysdiagnoses
	mounts []mount  // of the file system
}

// recognise finds the acquisition of an iPhone in an outer. A file system may
// hold backups, so that it prevails unless the outer itself is one.
func recognise(o outer) (recognised, error) {
	dir, err := findBackup(o)
	if err == nil && dir == "." {
		return recognised{kind: IOSBackup, dirs: []string{dir}}, nil
	}
	mounts, ferr := findFilesystem(o)
	if ferr != nil {
		return recognised{}, ferr
	}
	if mounts != nil {
		return recognised{kind: IOSFilesystem, dirs: []string{"."}, mounts: mounts}, nil
	}
	dirs := findSysdiagnoses(o)
	switch {
	case err == nil && !slices.ContainsFunc(dirs, func(d string) bool { return d == "." || strings.HasPrefix(dir+"/", d+"/") }):
		return recognised{kind: IOSBackup, dirs: append([]string{dir}, dirs...)}, nil
	case err == nil:
		return recognised{}, fmt.Errorf("%w, choose one: %.1000q", ErrSeveralAcquisitions, append(dirs, dir))
	case len(dirs) > 0:
		return recognised{kind: IOSSysdiagnose, dirs: dirs}, nil
	}
	return recognised{}, err
}

// openFound opens the one iOS backup in an outer.
func openFound(ctx context.Context, o outer, opt Options) (*Source, error) {
	dir, err := findBackup(o)
	if err != nil {
		return nil, err
	}
	return openBackup(ctx, within(o, dir), opt)
}

// DeriveKey computes the key that [Options.Key] takes from the password of the
// backup at name, and checks that it opens the keybag. The errors are those of
// [Open], and [ErrNotEncrypted].
func DeriveKey(ctx context.Context, name string, password []byte) ([]byte, error) {
	o, err := openOuter(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	dir, err := findBackup(o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(name), err)
	}
	b := &backup{outer: within(o, dir)}
	b.readLists()
	if b.manifest.Get("BackupKeyBag").Kind() == plist.Invalid && !b.manifest.Get("IsEncrypted").Bool() {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(name), ErrNotEncrypted)
	}
	key, err := b.derive(password)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(name), err)
	}
	return key, nil
}

// openOuter opens the folder or archive at name.
func openOuter(ctx context.Context, name string) (outer, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("open acquisition: %w", err)
	}
	if info.IsDir() {
		return openFolder(name)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: %w", filepath.Base(name), errNotRegular)
	}
	if p, err := openPieces(name); err != nil {
		return nil, err
	} else if p != nil {
		o, err := openArchive(ctx, p, p.size, p)
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("open %s: %w", filepath.Base(name), err)
		}
		return o, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open acquisition: %w", err)
	}
	o, err := openArchive(ctx, f, info.Size(), f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(name), err)
	}
	return o, nil
}

// The files that show that a folder is a backup.
const (
	manifestDB    = "Manifest.db"
	manifestMBDB  = "Manifest.mbdb"
	manifestPlist = "Manifest.plist"
	infoPlist     = "Info.plist"
	statusPlist   = "Status.plist"
)

// maxCandidates bounds the backups that are looked at and listed.
const maxCandidates = 1000

// findBackup returns the folder of o that is a backup: it has Manifest.db or
// Manifest.mbdb, and Info.plist or Manifest.plist beside it. Without these two,
// only the folder itself and those just below it are taken for one.
func findBackup(o outer) (string, error) {
	dirs, err := candidates(o)
	if err != nil {
		return "", err
	}
	strong := slices.Sorted(func(yield func(string) bool) {
		for dir, found := range dirs {
			if found == catalogueFound|listFound && !yield(dir) {
				return
			}
		}
	})
	weak := slices.Sorted(func(yield func(string) bool) {
		for dir, found := range dirs {
			if found&catalogueFound != 0 && !strings.Contains(dir, "/") && !yield(dir) {
				return
			}
		}
	})
	if len(strong) == 0 {
		strong = weak
	}
	switch len(strong) {
	case 0:
		return "", fmt.Errorf("%w: looked for a folder with Manifest.db or Manifest.mbdb, here and in the folders below", ErrNoAcquisition)
	case 1:
		return strong[0], nil
	}
	const maxNamed = 50
	more := ""
	if len(strong) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(strong)-maxNamed)
		strong = strong[:maxNamed]
	}
	return "", fmt.Errorf("%w, choose one: %q%s", ErrSeveralAcquisitions, strong, more)
}

// What was found in a folder, as bits.
const (
	catalogueFound = 1 << iota
	listFound
)

// candidates returns the folders that may be backups. One in another, such as
// the Snapshot of an interrupted backup, is part of the other.
func candidates(o outer) (map[string]int, error) {
	dirs := make(map[string]int)
	see := func(name string) error {
		dir, base := path.Split(name)
		dir = path.Clean(dir)
		switch base {
		case manifestDB, manifestMBDB:
			if len(dirs) < maxCandidates {
				dirs[dir] |= catalogueFound
			}
		case infoPlist, manifestPlist:
			if len(dirs) < maxCandidates {
				dirs[dir] |= listFound
			}
		}
		return nil
	}
	var err error
	if d, ok := o.(*folder); ok {
		err = d.peek(see)
	} else {
		err = o.walk(see)
	}
	if len(dirs) == 0 && err != nil {
		return nil, err
	}
	for dir := range dirs {
		for up := dir; up != "."; {
			up = path.Dir(up)
			if dirs[up]&catalogueFound != 0 {
				delete(dirs, dir)
			}
		}
	}
	return dirs, nil
}

// peek calls fn with the files that [candidates] looks for, in the folder and
// in the folders just below it.
func (d *folder) peek(fn func(name string) error) error {
	dirs := []string{"."}
	entries, err := readDir(d.root, ".")
	if err != nil && len(entries) == 0 {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && len(dirs) <= maxCandidates && !strings.HasPrefix(e.Name(), ".") {
			dirs = append(dirs, e.Name())
		}
	}
	for _, dir := range dirs {
		for _, base := range []string{manifestDB, manifestMBDB, infoPlist, manifestPlist} {
			name := path.Join(dir, base)
			if info, err := d.root.Lstat(name); err == nil && info.Mode().IsRegular() {
				if err := fn(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
