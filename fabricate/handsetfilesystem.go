package fabricate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/fsevents"
)

// LayoutVolumes is the layout of a file system whose system volume lies in the folder
// filesystem1 and whose data volume in filesystem2, as some tools write it.
const LayoutVolumes = "volumes"

// filesystem makes a dump of the file system and returns its path.
func (h *handset) filesystem(dir string) (string, error) {
	h.collection()
	h.histories()
	h.reports()
	h.state()
	h.powerlog()
	h.logArchive()
	h.owned()
	h.staged()
	if h.err != nil {
		return "", h.err
	}
	switch h.opt.Layout {
	case "":
	case LayoutVolumes:
		for i := range h.files {
			f := &h.files[i]
			if rest, ok := strings.CutPrefix(f.name, "private/var/"); ok {
				f.name = "filesystem2/" + rest
			} else {
				f.name = "filesystem1/" + f.name
			}
		}
	default:
		return "", fmt.Errorf("layout %q is not known, %q is", h.opt.Layout, LayoutVolumes)
	}
	form, path := h.opt.Form, filepath.Join(dir, "filesystem")
	if form == "" {
		form = FormTar
	}
	if form != FormFolder {
		path += "." + form
	}
	s, err := newSink(form, path)
	if err != nil {
		return "", err
	}
	err = h.write(s, "")
	if closed := s.close(); err == nil {
		err = closed
	}
	return path, err
}

// owned adds the files of apps that a backup has too, with their traces and traps.
func (h *handset) owned() {
	p := h.owner()
	for _, make := range []func(*phone) error{
		(*phone).messages, (*phone).calls, (*phone).safari, (*phone).whatsapp, (*phone).calendar, (*phone).dataUsage, (*phone).permissions, (*phone).identities,
	} {
		if err := make(p); err != nil {
			h.fail(err)
			return
		}
	}
	for _, f := range p.files {
		name, _ := evidence.DevicePath(f.domain, f.path)
		h.files = append(h.files, handsetFile{name: name, modified: f.modified, data: f.data})
	}
	h.truth.Traces = append(h.truth.Traces, p.truth.Traces...)
	h.truth.Traps = append(h.truth.Traps, p.truth.Traps...)
}

// machO is the beginning of a program for iOS, and nothing that runs.
func machO(name string) []byte {
	return append([]byte{0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0}, bytes.Repeat([]byte(name+"\x00"), 40)...)
}

// staged adds programs: those of the system and of apps, and those that are planted.
func (h *handset) staged() {
	add := func(path string, hours float64, data []byte) {
		h.files = append(h.files, handsetFile{name: strings.TrimPrefix(path, "/"), modified: h.ago(hours), mode: 0o755, data: data})
	}
	for _, d := range handsetDaemons {
		add(d.path, 5000, machO(d.path))
	}
	for _, app := range []string{handsetBirds, handsetPerch, handsetTrial} {
		add(app, 900, machO(app))
	}
	add(handsetUpdate, 30, machO("update"))
	add("/private/var/tmp/example.tmp", 3, []byte("an ordinary temporary file\n"))
	h.putPlist("", "private/var/root/Library/Lockdown/pair_records/"+handsetHost+".plist", handsetSwapped+0.2, map[string]any{"HostID": handsetHost, "SystemBUID": uuidOf("computer")})
	h.events()
	if !h.infected() {
		return
	}
	for _, path := range []string{plantedSpy, plantedPegasus, plantedPredat, plantedCoruna} {
		add(path, handsetImplant, machO(path))
	}
	add("/private/var/tmp/pl.core.lock", handsetImplant, nil)
	add("/private/var/tmp/persona.kb", handsetImplant, []byte("no keys\n"))
	h.ruled("darksword-file", "ios.filesystem", "persona.kb", detect.Strong, "a file in a place that reports about DarkSword name", handsetImplant)
	add(plantedHelper, handsetSwapped, machO("finch"))
	add(spyPath, handsetImplant, []byte("a file of the spyware\n"))
	base := func(path string) string { return strings.TrimPrefix(path, "/") }
	h.found("file-path", "ios.filesystem", base(spyPath), detect.Confirmed, "a file in a place of the spyware", handsetImplant)
	h.ruled("staging-file", "ios.filesystem", base(plantedSpy), detect.Strong, "a program in the staging folder", handsetImplant)
	h.ruled("staged-program", "ios.stagedfiles", base(plantedPredat), detect.NeedsExpert, "a program in a folder for temporary files", 0)
	h.ruled("pegasus-file", "ios.filesystem", base(plantedPegasus), detect.Confirmed, "a program in a place that reports about Pegasus name", handsetImplant)
	h.ruled("predator-file", "ios.filesystem", base(plantedPredat), detect.Confirmed, "a program in a place that reports about Predator name", handsetImplant)
	h.ruled("coruna-file", "ios.filesystem", "pl.core.lock", detect.Strong, "a file in a place that reports about Coruna name", handsetImplant)
}

// An fsEvent is a change of a file: flags of the log of events.
type fsEvent struct {
	path  string
	flags fsevents.Flags
}

// events adds the log of file system events, in which files are that were removed.
func (h *handset) events() {
	list := []fsEvent{
		{"mobile/Library/Caches/com.apple.example/one", fsevents.Created | fsevents.File},
		{"mobile/Library/Caches/com.apple.example/one", fsevents.Removed | fsevents.LastLinkRemoved | fsevents.File},
		{strings.TrimPrefix(handsetUpdate, "/private/var/"), fsevents.Created | fsevents.File},
	}
	if h.infected() {
		list = append(list, fsEvent{strings.TrimPrefix(plantedQuaDr, "/private/var/"), fsevents.Created | fsevents.Removed | fsevents.LastLinkRemoved | fsevents.File})
		h.ruled("quadream-removed", "ios.fsevents", strings.TrimPrefix(plantedQuaDr, "/"), detect.Confirmed, "a program that was removed, in a place that reports about QuaDream name", 0)
	}
	page := []byte("2SLD\x00\x00\x00\x00\x00\x00\x00\x00")
	for i, e := range list {
		page = append(append(page, e.path...), 0)
		page = binary.LittleEndian.AppendUint64(page, uint64(7_000_000+i))
		page = binary.LittleEndian.AppendUint32(page, uint32(e.flags))
		page = binary.LittleEndian.AppendUint64(page, uint64(90_000+i))
	}
	binary.LittleEndian.PutUint32(page[8:], uint32(len(page)))
	data, err := gzipped(page)
	if err != nil {
		h.fail(err)
	}
	h.put("", fmt.Sprintf("private/var/.fseventsd/%016x", 7_000_000+len(list)), handsetImplant-1, data)
}
