package fabricate

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// A Kind is a kind of acquisition that can be made.
type Kind string

// The kinds of acquisitions.
const (
	IPhone       Kind = "iphone"       // a backup, see [Backup]
	AndroidQF    Kind = "androidqf"    // with a bugreport, a backup and intrusion logs in it
	Bugreport    Kind = "bugreport"    // a zip
	AndroidAB    Kind = "ab"           // a backup
	IntrusionLog Kind = "intrusionlog" // a folder, or a zip
	Sysdiagnose  Kind = "sysdiagnose"  // of an iPhone
	Filesystem   Kind = "filesystem"   // of an iPhone
	LogArchive   Kind = "logarchive"   // a sysdiagnose of little more than a unified log
)

// Kinds are all kinds.
var Kinds = []Kind{IPhone, AndroidQF, Bugreport, AndroidAB, IntrusionLog, Sysdiagnose, Filesystem, LogArchive}

// androidVersions are the versions whose forms are known, with their API level
// and the month of the security patches.
var androidVersions = map[int]struct {
	sdk   int
	patch string
}{8: {26, "2019-08-05"}, 11: {30, "2023-02-05"}, 14: {34, "2026-02-05"}, 16: {36, "2026-03-05"}}

// Make makes an acquisition of a kind in a folder, with the ground truth, the feed
// of indicators and the secrets beside it. It returns the path of the acquisition.
// The same options make the same bytes, except with Age, which draws new keys each
// time around the same content.
func Make(kind Kind, dir string, opt Options) (string, *Truth, error) {
	if kind == IPhone {
		truth, err := Backup(dir, opt)
		return filepath.Join(dir, BackupDir), truth, err
	}
	if kind == Sysdiagnose || kind == Filesystem {
		return makeHandset(kind, dir, opt)
	}
	if kind == LogArchive {
		return makeLogArchive(dir, opt)
	}
	d, err := newDroid(opt)
	if err != nil {
		return "", nil, err
	}
	makers := map[Kind]func(*droid, string) (string, error){
		AndroidQF: (*droid).qf, Bugreport: (*droid).bugreport, AndroidAB: (*droid).backup, IntrusionLog: (*droid).intrusionLog,
	}
	if makers[kind] == nil {
		return "", nil, fmt.Errorf("make acquisition: kind %q is none of %q", kind, Kinds)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	path, err := makers[kind](d, dir)
	if err != nil {
		return "", nil, err
	}
	password := opt.Password
	if kind != AndroidAB && kind != AndroidQF {
		password = ""
	}
	return path, &d.truth, writeTruth(dir, &d.truth, password)
}

// A droid is an Android phone in the making, and the truth about it.
type droid struct {
	opt   Options
	rnd   *rand.Rand
	now   time.Time // of the acquisition, UTC
	sdk   int
	patch string
	spy   *signer // of the spyware
	other *signer // of an ordinary app
	apps  []app
	truth Truth
}

// droidZone is the zone of the phone. All that is made lies within its winter.
var droidZone = time.FixedZone("CET", 3600)

func newDroid(opt Options) (*droid, error) {
	if opt.Android == 0 {
		opt.Android = 14
	}
	v, ok := androidVersions[opt.Android]
	if !ok {
		return nil, fmt.Errorf("make acquisition: the forms of Android %d are not known, those of 8, 11, 14 and 16 are", opt.Android)
	}
	if opt.Messages == 0 {
		opt.Messages = defaultMessages
	}
	if opt.Events == 0 {
		opt.Events = 400
	}
	if opt.Format == 0 {
		opt.Format = 5
	}
	if opt.Format < 1 || opt.Format > 5 {
		return nil, fmt.Errorf("make acquisition: backups have versions 1 to 5, not %d", opt.Format)
	}
	d := &droid{opt: opt, rnd: rand.New(rand.NewPCG(opt.Seed, 0x64726f6964)), now: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), sdk: v.sdk, patch: v.patch}
	d.truth = Truth{Seed: opt.Seed, Benign: opt.Benign, Traces: []Trace{}, Traps: []Trap{}}
	var err error
	if d.spy, err = spySigner(); err != nil {
		return nil, err
	}
	if d.other, err = newSigner("Example Birds", 17); err != nil {
		return nil, err
	}
	d.installApps()
	return d, nil
}

// ago returns the time that was some hours before the acquisition, UTC.
func (d *droid) ago(hours float64) time.Time {
	return d.now.Add(-time.Duration(hours * float64(time.Hour))).Truncate(time.Second)
}

// The times of what was planted, in hours before the acquisition.
const (
	spyLure      = 61*24 + 2.25 // the message
	spyInstalled = 61 * 24      // the app
	spyRooted    = 60 * 24      // its folder, the daemon
	spyActive    = 27           // the last use
)

// wall returns a time as the clock of the phone tells it.
func wall(t time.Time, layout string) string { return t.In(droidZone).Format(layout) }

// since returns a duration as Android prints it: "+1d2h3m4s5ms".
func since(h float64) string {
	ms := int64(h * 3600 * 1000)
	s := ""
	for _, u := range []struct {
		name string
		ms   int64
	}{{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}} {
		if n := ms / u.ms; n > 0 || s != "" || u.ms == 1 {
			s += fmt.Sprint(n, u.name)
		}
		ms %= u.ms
	}
	return s
}

// found notes a trace that an indicator finds. The acquisitions within another
// one can have the same trace: it is noted once. Nothing is noted of a benign phone.
func (d *droid) found(id, artifact, contains string, grade detect.Grade, what string, hours float64) {
	t := Trace{ID: id, What: what, Artifact: artifact, Contains: contains, Grade: grade, Finder: "indicator"}
	if hours > 0 {
		t.Planted = d.ago(hours)
	}
	d.trace(t)
}

// ruled notes a trace that a rule finds.
func (d *droid) ruled(id, artifact, contains string, grade detect.Grade, what string) {
	d.trace(Trace{ID: id, What: what, Artifact: artifact, Contains: contains, Grade: grade, Finder: "rule"})
}

func (d *droid) trace(t Trace) {
	if !d.opt.Benign && !slices.ContainsFunc(d.truth.Traces, func(o Trace) bool { return o.ID == t.ID }) {
		d.truth.Traces = append(d.truth.Traces, t)
	}
}

// trap notes something that only resembles a trace, of either twin.
func (d *droid) trap(id, contains, what string) {
	t := Trap{ID: id, What: what, Contains: contains, Grade: detect.Context}
	if !slices.ContainsFunc(d.truth.Traps, func(o Trap) bool { return o.ID == id }) {
		d.truth.Traps = append(d.truth.Traps, t)
	}
}

// infected returns a text for phones with the spyware, "" for benign ones.
func (d *droid) infected(text string) string {
	if d.opt.Benign {
		return ""
	}
	return text
}

// create makes a new file, and lets fill write it.
func create(name string, fill func(w io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}

// A text is written piece by piece.
type text struct{ strings.Builder }

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(t, format, args...)
	t.WriteByte('\n')
}
