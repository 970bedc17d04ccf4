package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/vigie-project/vigie/format/androidbackup"
	"github.com/vigie-project/vigie/format/plist"
)

// What an acquisition needs before it can be opened.
const (
	NeedsPassword   = "password"     // of the backup
	NeedsIdentity   = "age identity" // the key that it was encrypted for
	NeedsPassphrase = "passphrase"   // of age
)

// An Identification says what an acquisition is, as far as can be told without
// a secret and without reading it.
type Identification struct {
	Name   string // base name of what was looked at
	Kind   Kind   // 0 if it cannot be told: the file is encrypted with age
	Folder string // of the acquisition in what was looked at; "" for its root
	Device Device

	// Needs is one of the constants above, "" if nothing is needed.
	Needs string

	// Size is in bytes: of the file, or of the files of a folder, of which at
	// most the first 200,000 count; Files is how many there are, 0 for a file
	// that is no archive.
	Size  int64
	Files int64

	// Missing are the files that such acquisitions usually have and this one has
	// not.
	Missing []string

	// Parts are the acquisitions in this one.
	Parts []Part

	// Notes are what was met on the way.
	Notes []Note
}

// A Part is an acquisition within another.
type Part struct {
	Name  string // in the acquisition
	Kind  Kind   // 0 if it is damaged
	Needs string // as in [Identification]
	Size  int64  // in bytes
}

// usualFiles are the files that acquisitions of a kind have.
var usualFiles = map[Kind][]string{
	IOSBackup: {infoPlist, manifestPlist, statusPlist},
	IOSFilesystem: {versionList, dataArk, "private/var/mobile/Library/SMS/sms.db", "private/var/mobile/Library/TCC/TCC.db",
		"private/var/mobile/Library/Safari/History.db", "private/var/mobile/Library/CallHistoryDB/CallHistory.storedata",
		"private/var/wireless/Library/Databases/DataUsage.sqlite", "private/var/db/diagnostics/version.plist"},
	IOSSysdiagnose: {sysLog, "ps.txt", "taskinfo.txt", "spindump-nosymbols.txt", "remotectl_dumpstate.txt", "logs/Accessibility/TCC.db",
		"crashes_and_spins/enumerated_CrashReporter.txt", "system_logs.logarchive/Info.plist", "system_logs.logarchive/Extra/shutdown.log"},
	AndroidQF:        {"acquisition.json", "backup.ab", "bugreport.zip", "dumpsys.txt", "files.json", "getprop.txt", "hashes.csv", "packages.json"},
	AndroidBugreport: {"main_entry.txt", "version.txt"},
}

// maxSized bounds the files whose sizes are added up.
const maxSized = 200_000

// Identify says what the acquisition at name is. It takes seconds, but for an
// archive that is compressed as a whole, which must be read to list it. The
// errors are those of [Open], without those about secrets.
func Identify(ctx context.Context, name string) (*Identification, error) {
	id := &Identification{Name: filepath.Base(filepath.Clean(name))}
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		id.Size = info.Size()
	}
	o, err := openOuter(ctx, name)
	if errors.Is(err, errArchive) {
		err := id.file(name)
		if errors.Is(err, errArchive) {
			err = id.looseFile(name, err)
		}
		if err != nil {
			return nil, err
		}
		return id, nil
	}
	if err != nil {
		return nil, err
	}
	defer o.Close()
	if err := id.tree(ctx, o); err != nil {
		return nil, fmt.Errorf("identify %s: %w", id.Name, err)
	}
	return id, nil
}

// file identifies a file that is no archive.
func (id *Identification) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("identify acquisition: %w", err)
	}
	defer f.Close()
	id.Kind, id.Needs, err = blob{src: f, size: id.Size, name: id.Name}.identify()
	if err == nil && id.Kind == 0 && id.Needs == "" {
		err = errArchive
	}
	if err != nil {
		return fmt.Errorf("identify %s: %w", id.Name, err)
	}
	if id.Kind != 0 {
		id.Device.System = "Android"
	}
	if id.Kind == AndroidBugreport {
		reportDevice(&id.Device, fileHead(&single{name: id.Name, src: f, size: id.Size}, id.Name))
		if id.Device.Version == "" {
			id.Device.searchProperties(f, id.Size)
		}
	}
	return nil
}

// identify says what a blob is, 0 for what is not known or may be an archive.
func (b blob) identify() (Kind, string, error) {
	kind, err := b.kind()
	if err != nil {
		return 0, "", err
	}
	switch kind {
	case blobBackup:
		h, err := androidbackup.ParseHeader(b.src, b.size)
		if err != nil {
			return 0, "", err
		}
		if h.Encryption != nil {
			return AndroidBackup, NeedsPassword, nil
		}
		return AndroidBackup, "", nil
	case blobAge:
		needs, err := ageNeeds(b.src, b.size)
		return 0, needs, err
	case blobReport:
		return AndroidBugreport, "", nil
	case blobLog:
		return AndroidIntrusionLog, "", nil
	}
	return 0, "", nil
}

// ageNeeds returns what an age file needs.
func ageNeeds(src io.ReaderAt, size int64) (string, error) {
	src, size, err := unarmor(src, size)
	if err != nil {
		return "", err
	}
	kinds, err := ageKinds(src, size)
	if err != nil {
		return "", err
	}
	for _, kind := range kinds {
		if kind == "scrypt" {
			return NeedsPassphrase, nil
		}
	}
	return NeedsIdentity, nil
}

// tree identifies a folder or archive.
func (id *Identification) tree(ctx context.Context, o outer) error {
	found, err := recognise(o)
	dir := "."
	switch {
	case err == nil:
		id.Kind, dir = found.kind, found.dirs[0]
	case errors.Is(err, ErrNoAcquisition):
		var aerr error
		if id.Kind, dir, aerr = findAndroid(o); errors.Is(aerr, errNoAndroid) && findLoose(ctx, o) {
			id.Kind, dir = IOSFiles, "."
		} else if errors.Is(aerr, errNoAndroid) {
			return err
		} else if aerr != nil {
			return aerr
		}
	default:
		return err
	}
	if dir != "." {
		id.Folder = dir
	}
	in := within(o, dir)
	switch id.Kind {
	case IOSFilesystem, IOSSysdiagnose, IOSFiles:
		id.describeIOS(ctx, o, in, found)
	default:
		id.describe(in)
		id.missing(in.open)
		id.parts(in)
		if id.Kind == IOSBackup {
			id.besides(found.dirs[1:])
		}
	}
	_, onDisk := o.(*folder)
	return id.count(ctx, in, onDisk)
}

// describe reads what the acquisition says about the phone.
func (id *Identification) describe(o outer) {
	s := &Source{Device: Device{System: "Android"}}
	switch id.Kind {
	case IOSBackup:
		b := &backup{outer: o}
		b.readLists()
		if b.manifest.Get("BackupKeyBag").Kind() != plist.Invalid && b.manifest.Get("IsEncrypted").Bool() {
			id.Needs = NeedsPassword
		}
		s.Device = b.device()
	case AndroidQF:
		readRecord(o, s)
		if props, err := fileText(o, "getprop.txt", maxProps); err == nil {
			propDevice(&s.Device, string(props))
		}
	case AndroidBugreport:
		main, notes := mainText(o)
		s.Notes = notes
		if main != "" {
			reportDevice(&s.Device, fileHead(o, main))
		}
		if main != "" && s.Device.Version == "" {
			if text, err := o.open(main); err == nil {
				s.Device.searchProperties(text, text.size)
				text.Close()
			}
		}
	}
	id.Device, id.Notes = s.Device, s.Notes
}

// missing lists the usual files that are not there.
func (id *Identification) missing(open func(name string) (*stored, error)) {
	for _, name := range usualFiles[id.Kind] {
		s, err := open(name)
		if errors.Is(err, fs.ErrNotExist) {
			id.Missing = append(id.Missing, name)
		}
		if err == nil {
			s.Close()
		}
	}
}

// parts lists the acquisitions in one of AndroidQF.
func (id *Identification) parts(o outer) {
	if id.Kind != AndroidQF {
		return
	}
	_ = o.walk(func(name string) error { // count reports what cannot be listed
		if !isNested(name) {
			return nil
		}
		s, err := o.open(name)
		if err != nil {
			return nil
		}
		defer s.Close()
		p := Part{Name: name, Size: s.size}
		p.Kind, p.Needs, err = blob{src: s, size: s.size, name: path.Base(name)}.identify()
		if _, zerr := findZipDir(s, s.size); err == nil && p.Kind == 0 && zerr == nil {
			p.Kind = AndroidBugreport
		}
		if id.Parts = append(id.Parts, p); len(id.Parts) == maxNested {
			return errStop
		}
		return nil
	})
	for _, dir := range []string{"intrusion_logs", "intrusion-logs"} {
		in := within(o, dir)
		p := Part{Name: dir, Kind: AndroidIntrusionLog}
		_ = walkSizes(in, func(_ string, size int64) error {
			p.Size += size
			return nil
		})
		if !empty(in) {
			id.Parts = append(id.Parts, p)
		}
	}
}

// count counts the files, and adds up their sizes if they are on disk.
func (id *Identification) count(ctx context.Context, o outer, sizes bool) error {
	err := o.walk(func(name string) error {
		if id.Files++; sizes && id.Files <= maxSized {
			if s, err := o.open(name); err == nil {
				id.Size += s.size
				s.Close()
			}
		}
		return ctx.Err()
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		id.Notes = append(id.Notes, Note{Code: "listing-incomplete", Detail: err.Error()})
	}
	return nil
}
