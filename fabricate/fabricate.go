// Package fabricate makes acquisitions of phones that nobody owns, for tests,
// benchmarks and training: ordinary content, planted traces of a spyware that
// does not exist and of behaviour that public reports describe, and the ground
// truth. It holds no code of spyware, and nothing that runs on a phone.
package fabricate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// Options say what is made.
type Options struct {
	Seed     uint64
	Password string // of the backup; "" for a plain one
	Rounds   int    // cost of deriving the key; 0 means 10,000, phones use 10,000,000
	Benign   bool   // without traces, with the traps that look like them
	Messages int    // ordinary messages; 0 means 400
	Rows     int    // rows of the manifest; fewer than the files need are ignored

	// Of sysdiagnoses and file systems of iPhones.
	IOS     int    // version whose forms are written: 15, 17 or 26; 0 means 17
	Form    string // folder, tar, tar.gz or zip; "" is tar.gz for a sysdiagnose, tar for a file system
	Layout  string // of a file system: "" or [LayoutVolumes]
	Files   int    // filled with files up to this number
	Crashes int    // further crash reports of apps

	Entries int // of a log archive; 0 means 100,000

	// Of Android acquisitions; Megabytes also of sysdiagnoses and file systems, the
	// size of the archive.
	Android   int  // version whose forms are written: 8, 11, 14 or 16; 0 means 14
	Megabytes int  // the text of a bugreport is filled with log lines to this size
	Events    int  // events of an intrusion log; 0 means 400
	Format    int  // version of an Android backup, 1 to 5; 0 means 5
	Stored    bool // an Android backup is not compressed
	Zip       bool // an AndroidQF acquisition, or intrusion logs, are one zip and no folder
	Age       bool // an AndroidQF acquisition is such a zip, encrypted with age
}

// What is written into the folder; Android acquisitions have names of their own.
const (
	BackupDir    = "backup"           // the backup
	TruthFile    = "truth.json"       // what was planted
	FeedFile     = "indicators.stix2" // the indicators of the spyware that does not exist
	PasswordFile = "password.txt"     // of the backup, if it is encrypted
	IdentityFile = "identity.txt"     // of age, if the acquisition is encrypted with it
)

// A Truth is what is known about an acquisition that was made.
type Truth struct {
	Seed   uint64  `json:"seed"`
	Benign bool    `json:"benign"`
	Traces []Trace `json:"traces"` // must be found
	Traps  []Trap  `json:"traps"`  // must not be taken for more than they are
}

// A Trace is something that was planted.
type Trace struct {
	ID       string       `json:"id"`
	What     string       `json:"what"`
	Artifact string       `json:"artifact"`          // where it must be found
	Contains string       `json:"contains"`          // text of the record
	Grade    detect.Grade `json:"grade"`             // at least
	State    string       `json:"state,omitempty"`   // of the record: "deleted"
	Finder   string       `json:"finder"`            // "indicator" or "rule"
	Planted  time.Time    `json:"planted,omitempty"` // the time it bears, UTC
}

// A Trap is something harmless that resembles a trace.
type Trap struct {
	ID       string       `json:"id"`
	What     string       `json:"what"`
	Contains string       `json:"contains"` // text of the record
	Grade    detect.Grade `json:"grade"`    // at most
}

// A phone collects the files of a backup, and the truth about them.
type phone struct {
	opt   Options
	rnd   *rand.Rand
	now   time.Time // of the backup
	files []backupFile
	truth Truth
	attrs mbEncoder
}

// defaultMessages is how many ordinary messages a backup has.
const defaultMessages = 400

// Backup makes an iPhone backup in a folder, which must be empty or absent, with
// the ground truth, the feed of indicators and the password beside it.
func Backup(dir string, opt Options) (*Truth, error) {
	if opt.Messages == 0 {
		opt.Messages = defaultMessages
	}
	if opt.Rounds == 0 {
		opt.Rounds = 10_000
	}
	var k *keys
	if opt.Password != "" {
		var err error
		if k, err = newKeys(opt.Password, opt.Rounds, opt.Seed); err != nil {
			return nil, fmt.Errorf("make keys: %w", err)
		}
	}
	rnd := rand.New(rand.NewPCG(opt.Seed, 0x7669676965))
	w, err := newBackupWriter(filepath.Join(dir, BackupDir), k, rnd)
	if err != nil {
		return nil, err
	}
	p := &phone{opt: opt, rnd: rnd, now: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)}
	p.truth = Truth{Seed: opt.Seed, Benign: opt.Benign, Traces: []Trace{}, Traps: []Trap{}}
	for _, make := range []func(*phone) error{
		(*phone).messages, (*phone).calls, (*phone).safari, (*phone).whatsapp, (*phone).calendar,
		(*phone).dataUsage, (*phone).permissions, (*phone).identities, (*phone).settings,
	} {
		if err := make(p); err != nil {
			return nil, err
		}
	}
	if err := p.write(w); err != nil {
		return nil, err
	}
	return &p.truth, p.writeTruth(dir)
}

// write writes the files, fills the manifest and closes the backup.
func (p *phone) write(w *backupWriter) error {
	for _, f := range p.files {
		if err := w.add(f); err != nil {
			return err
		}
	}
	for i := 0; w.rows < p.opt.Rows; i++ {
		if err := w.add(p.filler(i)); err != nil {
			return err
		}
	}
	return w.close(p.info(), p.manifest(), map[string]any{
		"BackupState": "new", "Date": p.now, "IsFullBackup": true, "SnapshotState": "finished", "UUID": p.uuid(), "Version": "3.3",
	})
}

// filler returns a row of the manifest like most are: a photo or a file of an
// app, listed without content.
func (p *phone) filler(i int) backupFile {
	f := backupFile{modified: p.ago(time.Duration(p.rnd.IntN(1000*24)) * time.Hour), listedOnly: true}
	f.attributes = p.attributes()
	switch i % 4 {
	case 0:
		f.domain, f.path = "CameraRollDomain", fmt.Sprintf("Media/DCIM/%03dAPPLE/IMG_%07d.HEIC", 100+i/4000, i)
	case 1:
		f.domain, f.path = fmt.Sprintf("AppDomain-com.example.app%d", i%97), fmt.Sprintf("Library/Caches/images/%08x/%08d.jpg", i*2654435761%4294967291, i)
	case 2:
		f.domain, f.path = "AppDomainGroup-group.com.example.chat", fmt.Sprintf("Message/Media/%d/%08d.opus", i%311, i)
	default:
		f.domain, f.path, f.dir = "HomeDomain", fmt.Sprintf("Library/Application Support/folder-%07d", i), true
	}
	return f
}

// attributes returns extended attributes like those of photos.
func (p *phone) attributes() []byte {
	e := &p.attrs
	e.begin()
	return e.finish(e.dict(e.text("com.apple.assetsd.UUID"), e.text("com.apple.assetsd.addedDate"), e.text("com.apple.assetsd.originalFilename"),
		e.data(random(p.rnd, 16)), e.data(random(p.rnd, 50)), e.data(random(p.rnd, 40))))
}

func (p *phone) writeTruth(dir string) error {
	return writeTruth(dir, &p.truth, p.opt.Password)
}

// writeTruth writes what belongs beside an acquisition.
func writeTruth(dir string, t *Truth, password string) error {
	truth, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	feed, err := feed()
	if err != nil {
		return err
	}
	files := map[string][]byte{TruthFile: append(truth, '\n'), FeedFile: feed}
	if password != "" {
		files[PasswordFile] = []byte(password + "\n")
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// add adds a file of the phone, last changed some time ago.
func (p *phone) add(domain, path string, data []byte) {
	p.files = append(p.files, backupFile{domain: domain, path: path, data: data, modified: p.ago(time.Duration(1+p.rnd.IntN(72)) * time.Hour)})
}

// trace notes a planted trace; a benign backup has none.
func (p *phone) trace(t Trace) { p.truth.Traces = append(p.truth.Traces, t) }

// trap notes something that only resembles a trace.
func (p *phone) trap(t Trap) { p.truth.Traps = append(p.truth.Traps, t) }

func (p *phone) ago(d time.Duration) time.Time { return p.now.Add(-d).Truncate(time.Second) }

func (p *phone) uuid() string {
	b := random(p.rnd, 16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// cocoa returns seconds since 2001-01-01 UTC.
func cocoa(t time.Time) int64 { return t.Unix() - 978307200 }

// In reports whether a finding is about the trace: it was made by what must
// find it, on a record of its artifact that holds its text.
func (t Trace) In(f detect.Finding) bool {
	if !strings.HasPrefix(f.Detector, t.Finder+"/") {
		return false
	}
	for _, e := range f.Exhibits {
		if e.Artifact == t.Artifact && (t.State == "" || t.State == string(e.Origin.State)) && bytes.Contains(e.Data, []byte(t.Contains)) {
			return true
		}
	}
	return false
}
