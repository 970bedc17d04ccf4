package evidence

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/vigie-project/vigie/format/plist"
)

// describeIOS describes the file system of an iPhone, a sysdiagnose or loose
// files: the outer o, of which in is the part with the acquisition.
func (id *Identification) describeIOS(ctx context.Context, o, in outer, found recognised) {
	s := &Source{Kind: id.Kind, Device: Device{System: "iOS"}}
	switch id.Kind {
	case IOSFilesystem:
		s.FS = newIOSFS(o, filesystemDir, found.mounts...)
		filesystemDevice(s)
		mountNotes(s, found.mounts)
		id.missing(openStored(s, ""))
	case IOSSysdiagnose:
		s.FS = newIOSFS(in, sysDir)
		id.missing(openStored(s, sysDir+"/"))
		id.besides(found.dirs[1:])
	}
	inside := lookInside(ctx, in, found.mounts)
	if id.Kind == IOSSysdiagnose {
		called := id.Name
		if id.Folder != "" {
			called = path.Base(id.Folder)
		}
		describeCapture(s, called, inside, in)
	} else {
		s.Notes = append(s.Notes, inside.notes(in)...)
	}
	if id.Kind == IOSFilesystem {
		inside.partNotes(s)
	}
	id.partsInside(in, inside)
	id.Device, id.Notes = s.Device, s.Notes
}

// openStored returns a function that opens files of a source below a folder.
func openStored(s *Source, dir string) func(name string) (*stored, error) {
	return func(name string) (*stored, error) {
		f, err := s.Open(dir + name)
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err != nil || info.IsDir() {
			f.Close()
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return &stored{ReaderAt: f, close: f.Close}, nil
	}
}

// partsInside lists the acquisitions that lie in this one.
func (id *Identification) partsInside(o outer, in *insides) {
	for _, name := range in.archives {
		if len(id.Parts) == maxNested {
			return
		}
		p := Part{Name: name, Kind: IOSSysdiagnose}
		s, err := o.open(name)
		if err != nil {
			continue
		}
		p.Size = s.size
		if _, err := (blob{src: s, size: s.size, name: path.Base(name)}).kind(); err != nil {
			p.Kind = 0
		}
		s.Close()
		id.Parts = append(id.Parts, p)
	}
	id.besides(in.captures)
	for _, dir := range in.backups {
		if len(id.Parts) == maxNested {
			return
		}
		p := Part{Name: dir, Kind: IOSBackup}
		b := &backup{outer: within(o, dir)}
		b.readLists()
		if b.manifest.Get("BackupKeyBag").Kind() != plist.Invalid && b.manifest.Get("IsEncrypted").Bool() {
			p.Needs = NeedsPassword
		}
		id.Parts = append(id.Parts, p)
	}
}

// besides lists folders of sysdiagnoses.
func (id *Identification) besides(dirs []string) {
	for _, dir := range dirs[:min(len(dirs), max(0, maxNested-len(id.Parts)))] {
		id.Parts = append(id.Parts, Part{Name: dir, Kind: IOSSysdiagnose})
	}
}

// looseFile identifies a file that may be one of an iPhone; else it returns
// otherwise.
func (id *Identification) looseFile(name string, otherwise error) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("identify file: %w", err)
	}
	defer f.Close()
	base := filepath.Base(name)
	if looseKind(base, fileHead(&single{name: base, src: f, size: id.Size}, base)) == looseNot {
		return otherwise
	}
	id.Kind, id.Device.System = IOSFiles, "iOS"
	return nil
}
