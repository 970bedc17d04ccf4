package evidence

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// filesDir is where loose files are shown, by their names in the acquisition.
const filesDir = "files"

// Limits of looking for loose files in a folder or archive.
const (
	maxLooseNames = 5000 // names that are looked at for crash reports
	maxLooseHeads = 200  // files of which the beginning is read
)

// loose says what the beginning of a file is that phones have.
type loose int

const (
	looseNot    loose = iota
	looseReport       // crash or diagnostic report, or an exported privacy report
	looseData         // database, its log, or property list
	looseText         // text with a name that logs have
)

// looseKind tells what a file is, by its beginning and, for texts, its name.
func looseKind(name string, head []byte) loose {
	switch {
	case isReport(head), isPrivacyReport(head):
		return looseReport
	case bytes.HasPrefix(head, []byte(sqliteMagic)), bytes.HasPrefix(head, []byte("bplist0")), isXMLList(head), isSEGB(head):
		return looseData
	case bytes.HasPrefix(head, []byte("\x1f\x8b")) && hasEnd(name, ".PLSQL.gz", ".calldump.gz"):
		return looseData
	case hasEnd(name, ".tracev3", ".timesync"):
		return looseData
	case looseName(name) && len(head) > 0 && !bytes.ContainsRune(head, 0) && !isAndroidText(head):
		return looseText
	}
	return looseNot
}

func hasEnd(name string, ends ...string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

// looseName reports whether a text may be one of an iPhone, by its name.
func looseName(name string) bool {
	base := path.Base(name)
	return slices.Contains(looseTexts, base) || slices.ContainsFunc(looseLogs, func(begin string) bool { return strings.HasPrefix(base, begin) })
}

// isAndroidText reports whether a text is a list of processes or a log of
// Android, some of which have names that files of an iPhone have too.
func isAndroidText(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	columns := bytes.Fields(line)
	return bytes.HasPrefix(line, []byte("--------- ")) ||
		len(columns) > 1 && string(columns[0]) == "USER" && string(columns[1]) == "PID" && !bytes.Contains(line, []byte("COMMAND"))
}

// looseLogs are how names of logs of iPhones begin.
var looseLogs = []string{
	"shutdown", "lockdownd.log", "mobile_installation", "mobileactivationd", "containermanagerd", "logd.", "logdata.statistics", "usermanagerd",
	"RunningBoard_state", "transparency.log", "swtransparency", "jetsam_priority", "restore.log", "fsck_apfs", "SUCoreSplunkHistory", "transaction",
	"App_Privacy_Report", "sysdiagnose.log", "brctl-",
}

// looseTexts are texts of a sysdiagnose whose names say enough.
var looseTexts = []string{
	"ps.txt", "ps_thread.txt", "taskinfo.txt", "spindump-nosymbols.txt", "kbdebug.txt", "mount.txt", "disks.txt", "remotectl_dumpstate.txt",
	"security-sysdiagnose.txt", "swcutil_show.txt", "otctl_status.txt", "enumerated_CrashReporter.txt", "netstat-PRE.txt", "netstat-POST.txt",
}

// isReport reports whether a file is a crash or diagnostic report: one line of
// JSON that names the kind of report, or the text of older systems.
func isReport(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.TrimSpace(line)
	return bytes.HasPrefix(line, []byte("{")) && bytes.Contains(line, []byte(`"bug_type"`)) ||
		bytes.HasPrefix(line, []byte("Incident Identifier:"))
}

// isPrivacyReport reports whether a file is an App Privacy Report that the owner
// exported: its first line is an access, or a contact with a host.
func isPrivacyReport(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(line, []byte("{")) && bytes.Contains(line, []byte(`"timeStamp"`)) &&
		(bytes.Contains(line, []byte(`"type":"access"`)) || bytes.Contains(line, []byte(`"type":"networkActivity"`)))
}

// isXMLList reports whether a file is a property list in XML.
func isXMLList(head []byte) bool {
	head = bytes.TrimPrefix(head[:min(len(head), 1024)], []byte("\ufeff"))
	return bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte("<plist")) || bytes.HasPrefix(head, []byte("<plist"))
}

// isSEGB reports whether a file is a segment of a stream of Biome: its magic is
// at the start of version 2 and at the end of the header of version 1.
func isSEGB(head []byte) bool {
	const magic, second = "SEGB", 52
	return bytes.HasPrefix(head, []byte(magic)) || len(head) >= second+len(magic) && string(head[second:second+len(magic)]) == magic
}

// findLoose reports whether an outer holds loose files of an iPhone: a crash
// report, a part of a log archive, a sysdiagnose that is an archive itself, or
// at its top a database or property list.
func findLoose(ctx context.Context, o outer) bool {
	names, heads, found := 0, 0, false
	_ = o.walk(func(name string) error { // what cannot be listed is a note of the source
		if names++; names > maxLooseNames || heads > maxLooseHeads || ctx.Err() != nil {
			return errStop
		}
		if isAppleDouble(name) {
			return nil
		}
		if isSysdiagnoseFile(name) || hasEnd(name, ".tracev3") {
			found = true
			return errStop
		}
		report := hasEnd(name, ".ips", ".ips.synced", ".ips.beta", ".crash")
		if !report && strings.Contains(name, "/") {
			return nil
		}
		heads++
		switch looseKind(name, fileHead(o, name)) {
		case looseReport, looseData:
			found = true
			return errStop
		}
		return nil
	})
	return found
}

// openLoose opens loose files. Their places on the device are not known.
func openLoose(ctx context.Context, o outer, sh *shared, opt Options) ([]*Source, error) {
	s := &Source{Kind: IOSFiles, Device: Device{System: "iOS"}, FS: newIOSFS(o, filesDir), Closer: sh.handle()}
	inside := lookInside(ctx, o, nil)
	s.note("places-unknown", "", "files without the folders of the device: each is taken for what has its name there")
	s.Notes = append(s.Notes, inside.notes(o)...)
	nested, err := inside.open(ctx, s, o, sh, opt)
	if err != nil {
		s.Close()
		return nil, err
	}
	return append([]*Source{s}, nested...), nil
}

// A beside is the outer of one file on disk and of the files that belong to it:
// the log of a database.
type besideOuter struct {
	*folder
	names []string
}

func (b *besideOuter) open(name string) (*stored, error) {
	if !slices.Contains(b.names, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return b.folder.open(name)
}

func (b *besideOuter) walk(fn func(name string) error) error {
	for _, name := range b.names {
		if err := fn(name); err != nil {
			return err
		}
	}
	return nil
}

// walkSizes implements [sizer].
func (b *besideOuter) walkSizes(fn func(name string, size int64) error) error {
	for _, name := range b.names {
		var size int64
		if f, err := b.folder.open(name); err == nil {
			size = f.size
			f.Close()
		}
		if err := fn(name, size); err != nil {
			return err
		}
	}
	return nil
}

func (b *besideOuter) notes() []Note { return nil }

// entries implements [entryLister].
func (b *besideOuter) entries(func(*Entry) error) error { return ErrNoEntries }

// openLooseFile opens one file on disk that is no acquisition by itself, with
// the companions that a database has beside it.
func openLooseFile(ctx context.Context, name string, opt Options) ([]*Source, error) {
	dir, base := filepath.Split(filepath.Clean(name))
	if dir == "" {
		dir = "."
	}
	d, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	o := &besideOuter{folder: d, names: []string{base}}
	kind := looseKind(base, fileHead(o, base))
	if kind == looseNot {
		d.Close()
		return nil, errArchive
	}
	if kind == looseData {
		for _, end := range []string{"-journal", "-shm", "-wal"} {
			if info, err := os.Lstat(filepath.Join(dir, base+end)); err == nil && info.Mode().IsRegular() {
				o.names = append(o.names, base+end)
			}
		}
	}
	sh := &shared{c: o}
	list, err := openLoose(ctx, o, sh, opt)
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("open file: %w", err)
	}
	return list, nil
}
