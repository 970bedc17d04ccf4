package evidence

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/plist"
)

// openFilesystem opens the file system of an iPhone, and the acquisitions that
// lie in it.
func openFilesystem(ctx context.Context, o outer, sh *shared, mounts []mount, opt Options) ([]*Source, error) {
	f := newIOSFS(o, filesystemDir, mounts...)
	f.listing = true
	s := &Source{Kind: IOSFilesystem, Device: Device{System: "iOS"}, FS: f, Closer: sh.handle()}
	filesystemDevice(s)
	mountNotes(s, mounts)
	inside := lookInside(ctx, o, mounts)
	s.Notes = append(s.Notes, inside.notes(o)...)
	inside.partNotes(s)
	nested, err := inside.open(ctx, s, o, sh, opt)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return append([]*Source{s}, nested...), nil
}

// mountNotes says where the folders lie, if that is not as on the device.
func mountNotes(s *Source, mounts []mount) {
	if len(mounts) == 1 && mounts[0] == (mount{}) {
		return
	}
	for _, m := range mounts {
		s.note("paths-mapped", "", "%q of the acquisition is %q of the device", m.stored, "/"+m.device)
	}
}

// An insides is what one walk through an acquisition shows.
type insides struct {
	archives []string // sysdiagnoses in archives
	captures []string // folders of sysdiagnoses, none in another
	backups  []string // folders of backups
	files    int64    // without those that a Mac has added
	usual    [2]bool  // whether usualFolders have files
	doubles  int64    // files that a Mac has added
	report   string   // the first crash report of a sysdiagnose, by name
	err      error    // of the walk
}

// lookInside walks an acquisition to find others in it. The mounts are those of a file
// system.
func lookInside(ctx context.Context, o outer, mounts []mount) *insides {
	in := new(insides)
	usual := usualPrefixes(mounts)
	dirs, marks := make(map[string]int), make(map[string]int)
	in.err = o.walk(func(name string) error {
		if isAppleDouble(name) {
			in.doubles++
			return nil
		}
		in.count(name, usual)
		if ok, _ := path.Match("crashes_and_spins/*.ips", name); ok && (in.report == "" || name < in.report) {
			in.report = name
		}
		if isSysdiagnoseFile(name) && len(in.archives) < maxCandidates {
			in.archives = append(in.archives, name)
		}
		dir, base := path.Split(name)
		switch base {
		case manifestDB, manifestMBDB:
			markDir(dirs, dir, catalogueFound)
		case infoPlist, manifestPlist:
			markDir(dirs, dir, 0)
		}
		if n := sysMarks[base]; n > 0 && dir != "" && (marks[dir] > 0 || len(marks) < maxCandidates) {
			marks[dir] += n
		}
		return ctx.Err()
	})
	in.capturesAt(marks)
	for dir, found := range dirs {
		if found&catalogueFound == 0 {
			continue
		}
		for _, list := range []string{infoPlist, manifestPlist} {
			if f, err := o.open(dir + list); err == nil {
				f.Close()
				in.backups = append(in.backups, path.Clean(dir))
				break
			}
		}
	}
	in.archives = slices.DeleteFunc(in.archives, in.captured)
	in.backups = slices.DeleteFunc(in.backups, in.captured)
	slices.Sort(in.archives)
	slices.Sort(in.backups)
	return in
}

// capturesAt takes the folders of sysdiagnoses from the marks that were counted in
// folders, which end with a slash.
func (in *insides) capturesAt(marks map[string]int) {
	for _, dir := range sortedKeys(marks) {
		at, n := path.Clean(dir), marks[dir]
		if isSysdiagnoseName(path.Base(at)) {
			n++
		}
		if n >= enoughMarks && !in.captured(at) {
			in.captures = append(in.captures, at)
		}
	}
}

// captured reports whether a name lies in a sysdiagnose that was found, which then
// shows it itself.
func (in *insides) captured(name string) bool {
	return slices.ContainsFunc(in.captures, func(dir string) bool { return strings.HasPrefix(name, dir+"/") })
}

// markDir notes what was found in a folder, as far as that is a catalogue.
func markDir(dirs map[string]int, dir string, found int) {
	if found != 0 && len(dirs) < maxCandidates {
		dirs[dir] |= found
	}
}

// notes returns the notes of the walk. Links are usual on a phone, and lose
// nothing.
func (in *insides) notes(o outer) []Note {
	var notes []Note
	var links int64
	for _, n := range o.notes() {
		if n.Code == "link-ignored" {
			links += n.Count
			continue
		}
		notes = append(notes, n)
	}
	if links > 0 {
		notes = append(notes, Note{Code: "links-listed", Detail: "links, which are listed and not followed", Count: links})
	}
	if in.doubles > 0 {
		notes = append(notes, Note{Code: "appledouble-skipped", Detail: "files that a Mac adds to copies (._*, .DS_Store, __MACOSX)", Count: in.doubles})
	}
	if in.err != nil && !slices.ContainsFunc(notes, func(n Note) bool { return n.Code == "archive-damaged" }) {
		notes = append(notes, Note{Code: "listing-incomplete", Detail: in.err.Error()})
	}
	return notes
}

// open opens what was found as sources of their own.
func (in *insides) open(ctx context.Context, parent *Source, o outer, sh *shared, opt Options) ([]*Source, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	list, err := openNestedFiles(ctx, parent, o, in.archives, sh, opt)
	if err != nil {
		return nil, err
	}
	if list, err = openCaptures(ctx, parent, o, in.captures, sh, opt, list); err != nil {
		return nil, err
	}
	for i, dir := range in.backups {
		if i == maxNested {
			parent.note("nested-damaged", "", "%d further backups in this acquisition are not opened", len(in.backups)-maxNested)
			break
		}
		s, err := openBackupIn(ctx, o, dir, sh, opt)
		switch {
		case err == nil:
			list = append(list, s)
		case ctx.Err() != nil || errors.Is(err, errPasswordAsked) && !errors.Is(err, ErrPasswordRequired):
			for _, s := range list {
				s.Close()
			}
			return nil, err
		case locked(err):
			parent.note("nested-locked", dir, "%v", err)
		default:
			parent.note("nested-damaged", dir, "%v", err)
		}
	}
	return list, nil
}

// openCaptures opens sysdiagnoses in folders of an outer and adds them to a list, the
// sources of which are closed with an error.
func openCaptures(ctx context.Context, parent *Source, o outer, dirs []string, sh *shared, opt Options, list []*Source) ([]*Source, error) {
	for i, dir := range dirs {
		if i == maxNested {
			parent.note("nested-damaged", "", "%d further sysdiagnoses in this acquisition are not opened", len(dirs)-maxNested)
			break
		}
		found, err := openSysdiagnose(ctx, o, dir, sh, path.Base(dir), opt)
		if err != nil {
			for _, s := range list {
				s.Close()
			}
			return nil, err
		}
		for _, s := range found[1:] {
			s.Name = path.Join(dir, s.Name)
		}
		found[0].Name = dir
		list = append(list, found...)
	}
	return list, nil
}

// openBackupAnd opens the backup in a folder of an outer, and the sysdiagnoses
// that lie beside it in archives or folders, as people keep what they took from one
// phone.
func openBackupAnd(ctx context.Context, o outer, dir string, captures []string, opt Options) ([]*Source, error) {
	var besides []string
	if dir != "." {
		_ = twoLevels(o, func(at, name string, isDir bool) { // what cannot be listed is in the notes
			if at = path.Join(at, name); !isDir && isSysdiagnoseFile(at) && !strings.HasPrefix(at, dir+"/") && len(besides) < maxCandidates {
				besides = append(besides, at)
			}
		})
	}
	if len(besides)+len(captures) == 0 {
		s, err := openBackup(ctx, within(o, dir), opt)
		if err != nil {
			return nil, err
		}
		return []*Source{s}, nil
	}
	sh := &shared{c: o}
	s, err := openBackupIn(ctx, o, dir, sh, opt)
	if err != nil {
		return nil, err
	}
	slices.Sort(besides)
	more, err := openNestedFiles(ctx, s, o, besides, sh, opt)
	if err == nil {
		more, err = openCaptures(ctx, s, o, captures, sh, opt, more)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	for _, m := range more {
		m.aside = true
	}
	return append([]*Source{s}, more...), nil
}

// openBackupIn opens the backup in a folder of an outer that others use too.
func openBackupIn(ctx context.Context, o outer, dir string, sh *shared, opt Options) (*Source, error) {
	in := &sub{outer: o, prefix: dir + "/", closer: sh.handle()}
	s, err := openBackup(ctx, in, opt)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	s.Name = dir
	return s, nil
}

// Files that say which phone a file system is of.
const (
	versionList = "System/Library/CoreServices/SystemVersion.plist"
	buildList   = "private/var/installd/Library/MobileInstallation/LastBuildInfo.plist"
	dataArk     = "private/var/root/Library/Lockdown/data_ark.plist"
	interfaces  = "private/var/preferences/SystemConfiguration/NetworkInterfaces.plist"
	network     = "private/var/preferences/SystemConfiguration/preferences.plist"
	deviceIDs   = "private/var/wireless/Library/Preferences/com.apple.commcenter.device_specific_nobackup.plist"
)

// filesystemDevice reads what the files say about the phone. Lockdown keeps its
// values under a domain and a hyphen; those of the phone itself have no domain.
func filesystemDevice(s *Source) {
	d := &s.Device
	for _, name := range []string{versionList, buildList} {
		v := listAt(s, name)
		if d.Version == "" {
			d.Version = listText(v.Get("ProductVersion"))
		}
		if d.Build == "" {
			d.Build = listText(v.Get("ProductBuildVersion"))
		}
	}
	ark := listAt(s, dataArk)
	d.Name, d.Zone = listText(ark.Get("-DeviceName")), listText(ark.Get("-TimeZone"))
	d.Model, d.Serial, d.UDID = listText(ark.Get("-ProductType")), listText(ark.Get("-SerialNumber")), listText(ark.Get("-UniqueDeviceID"))
	if d.Version == "" {
		d.Version = listText(ark.Get("-DarkProductVersion"))
	}
	for _, name := range []string{interfaces, network} {
		if d.Model == "" {
			d.Model = listText(listAt(s, name).Get("Model"))
		}
	}
	for pair := range listAt(s, deviceIDs).Get("imeis").Elems() {
		if d.IMEI == "" {
			d.IMEI = listText(pair.Get("second"))
		}
	}
}

// listAt reads a property list of a source, which is invalid if it is absent or
// damaged.
func listAt(s *Source, name string) plist.Value {
	f, err := s.Open(name)
	if err != nil {
		return plist.Value{}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > maxKeyFile {
		return plist.Value{}
	}
	v, err := plist.Read(f, info.Size())
	if err != nil && v.Kind() == plist.Invalid {
		s.note("record-damaged", name, "%v", err)
	}
	return v
}

// textAt returns at most limit bytes of the beginning of a file of a source, nil
// if there is none.
func textAt(s *Source, name string, limit int64) []byte {
	f, err := s.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return nil
	}
	data := make([]byte, min(limit, max(0, info.Size())))
	n, _ := f.ReadAt(data, 0)
	return data[:n]
}

// utc returns an instant as [Device.Acquired] has it.
func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
