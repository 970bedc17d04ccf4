package fabricate

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"howett.net/plist"

	"github.com/vigie-project/vigie/detect"
)

// The forms in which an iPhone file system is written.
const (
	FormFolder  = "folder"
	FormTar     = "tar"
	FormTarGzip = "tar.gz"
	FormZip     = "zip"
)

// handsetVersions are the versions of iOS whose forms are known.
var handsetVersions = map[int]IOSSystem{
	15: {Model: "iPhone9,3", Version: "15.7.6", Build: "19H349"},
	17: {Model: "iPhone16,1", Version: "17.5", Build: "21F79"},
	26: {Model: "iPhone17,1", Version: "26.1", Build: "23B85"},
}

// A handset is an iPhone in the making, seen from inside: what its system writes
// about itself, and the truth about it.
type handset struct {
	opt      Options
	kind     Kind
	rnd      *rand.Rand
	now      time.Time // of the acquisition, UTC
	boot     time.Time // of its last start
	sys      IOSSystem
	files    []handsetFile
	programs []*program
	truth    Truth
	err      error // of making a file
}

// A handsetFile is a file of a sysdiagnose or of a file system.
type handsetFile struct {
	name     string
	modified time.Time
	mode     int64 // permissions; 0 means 0644
	data     []byte
}

// How long before the acquisition what was planted happened, in hours. A
// sysdiagnose holds the crash reports of one day.
const (
	handsetBooted   = 5*24 + 3
	handsetBurst    = 20.25 // messages crash what reads them
	handsetImplant  = 20    // programs are started
	handsetSwapped  = 70    // an app is replaced
	handsetListed   = 12    // memory was short, and all processes were listed
	handsetShutdown = 33*24 + 7
)

// newHandset returns a handset with its programs, and nothing written yet.
func newHandset(kind Kind, opt Options) (*handset, error) {
	if opt.IOS == 0 {
		opt.IOS = 17
	}
	sys, ok := handsetVersions[opt.IOS]
	if !ok {
		return nil, fmt.Errorf("make acquisition: the forms of iOS %d are not known, those of 15, 17 and 26 are", opt.IOS)
	}
	if opt.Messages == 0 {
		opt.Messages = defaultMessages
	}
	h := &handset{opt: opt, kind: kind, rnd: rand.New(rand.NewPCG(opt.Seed, 0x68616e64736574)), now: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), sys: sys}
	h.sys.Zone = droidZone
	h.boot = h.ago(handsetBooted)
	h.truth = Truth{Seed: opt.Seed, Benign: opt.Benign, Traces: []Trace{}, Traps: []Trap{}}
	h.ordinaryPrograms()
	h.plantPrograms()
	return h, nil
}

// ago returns the time that was some hours before the acquisition, UTC.
func (h *handset) ago(hours float64) time.Time {
	return h.now.Add(-time.Duration(hours * float64(time.Hour))).Truncate(time.Second)
}

// put adds a file under its name in a sysdiagnose or in a file system; "" means
// that it is not there.
func (h *handset) put(inSysdiagnose, onPhone string, hours float64, data []byte) {
	name := inSysdiagnose
	if h.kind == Filesystem {
		name = onPhone
	}
	if name != "" {
		h.files = append(h.files, handsetFile{name: name, modified: h.ago(hours), data: data})
	}
}

// putPlist adds a binary property list.
func (h *handset) putPlist(inSysdiagnose, onPhone string, hours float64, v any) {
	data, err := plist.Marshal(v, plist.BinaryFormat)
	if err != nil {
		h.fail(err)
	}
	h.put(inSysdiagnose, onPhone, hours, data)
}

// putDatabase adds a database.
func (h *handset) putDatabase(inSysdiagnose, onPhone string, hours float64, d *database) {
	data, err := d.bytes()
	if err != nil {
		h.fail(fmt.Errorf("%s: %w", onPhone, err))
	}
	h.put(inSysdiagnose, onPhone, hours, data)
}

func (h *handset) fail(err error) {
	if h.err == nil {
		h.err = err
	}
}

// found notes a trace that an indicator finds, ruled one that a rule finds. Nothing
// is noted of a benign phone. A time is that of some hours before the acquisition; 0
// is none.
func (h *handset) found(id, artifact, contains string, grade detect.Grade, what string, hours float64) {
	h.trace(Trace{ID: id, What: what, Artifact: artifact, Contains: contains, Grade: grade, Finder: "indicator"}, hours)
}

func (h *handset) ruled(id, artifact, contains string, grade detect.Grade, what string, hours float64) {
	h.trace(Trace{ID: id, What: what, Artifact: artifact, Contains: contains, Grade: grade, Finder: "rule"}, hours)
}

func (h *handset) trace(t Trace, hours float64) {
	if hours > 0 {
		t.Planted = h.ago(hours)
	}
	if !h.opt.Benign && !slices.ContainsFunc(h.truth.Traces, func(o Trace) bool { return o.ID == t.ID }) {
		h.truth.Traces = append(h.truth.Traces, t)
	}
}

// trap notes something that only resembles a trace.
func (h *handset) trap(id, contains, what string) {
	if !slices.ContainsFunc(h.truth.Traps, func(o Trap) bool { return o.ID == id }) {
		h.truth.Traps = append(h.truth.Traps, Trap{ID: id, What: what, Contains: contains, Grade: detect.Context})
	}
}

// infected reports whether traces are planted.
func (h *handset) infected() bool { return !h.opt.Benign }

// clock returns a time as the clock of the phone tells it.
func (h *handset) clock(t time.Time, layout string) string { return t.In(h.sys.Zone).Format(layout) }

// uuidOf returns the UUID that the linker gave a program, which depends on its path
// only: all that is made of a phone agrees on it.
func uuidOf(path string) string {
	b := sha256.Sum256([]byte("vigie logtest " + path)) // as the writer of log stores has it
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// makeHandset makes a sysdiagnose or a file system in a folder.
func makeHandset(kind Kind, dir string, opt Options) (string, *Truth, error) {
	h, err := newHandset(kind, opt)
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	var path string
	if kind == Sysdiagnose {
		path, err = h.sysdiagnose(dir)
	} else {
		path, err = h.filesystem(dir)
	}
	if err != nil {
		return "", nil, fmt.Errorf("make %s: %w", kind, err)
	}
	return path, &h.truth, writeTruth(dir, &h.truth, "")
}
