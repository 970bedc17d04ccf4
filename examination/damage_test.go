package examination_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"
	"howett.net/plist"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/fabricate"
)

// secret is the content of a file beside the backup, which nobody may read.
const secret = "not of this phone: 4f1c9d"

// Where the damaged backup stores what.
const (
	smsID      = "3d/3d0d7e5fb2ce288813306e4d4636395e047a3d28" // HomeDomain Library/SMS/sms.db
	callsID    = "5a/5a4935c78a5255723f707230a451d79c540d2741" // HomeDomain Library/CallHistoryDB/CallHistory.storedata
	settingsID = "0d/0dc926a1810f7aee4e8f38793ed788701f93bf9d" // HomeDomain Library/Preferences/.GlobalPreferences.plist
	smsPath    = "private/var/mobile/Library/SMS/sms.db"
)

// damages are what is done to a benign backup, which would else end quietly.
var damages = []struct {
	name string
	do   func(t *testing.T, dir string)
	want string // what the ledger must name
	exit int    // of the examination
}{
	{"Manifest.db cut", cutTo("Manifest.db", 12_000), "Manifest.db", casefile.ExitIncomplete},
	{"Manifest.db empty", cutTo("Manifest.db", 0), "Manifest.db", casefile.ExitNothing},
	{"Manifest.db is text", write("Manifest.db", []byte("SQLite format 3\x00 but no more")), "Manifest.db", casefile.ExitNothing},
	{"Manifest.db counts 4 G pages", patch("Manifest.db", 28, []byte{0xff, 0xff, 0xff, 0xff}), "", -1},
	{"sms.db with flipped pages", flip(smsID), smsPath, casefile.ExitIncomplete},
	{"sms.db counts 4 G pages", patch(smsID, 28, []byte{0xff, 0xff, 0xff, 0xff}), "", -1},
	{"sms.db has pages of 1 byte", patch(smsID, 16, []byte{0, 3}), smsPath, casefile.ExitIncomplete},
	{"sms.db has a huge cell count", patch(smsID, 103, []byte{0xff, 0xff}), smsPath, casefile.ExitIncomplete},
	{"sms.db empty", cutTo(smsID, 0), smsPath, casefile.ExitIncomplete},
	{"sms.db cut", cutTo(smsID, 20_000), smsPath, casefile.ExitIncomplete},
	{"sms.db absent", remove(smsID), smsPath, casefile.ExitIncomplete},
	{"sms.db is a folder", folder(smsID), smsPath, casefile.ExitIncomplete},
	{"sms.db is a link out", link(smsID), smsPath, casefile.ExitIncomplete},
	{"calls absent", remove(callsID), "CallHistory.storedata", casefile.ExitIncomplete},
	{"settings are a cycle", write(settingsID, cyclic), ".GlobalPreferences.plist", casefile.ExitIncomplete},
	{"settings are an XML bomb", write(settingsID, []byte(xmlBomb)), ".GlobalPreferences.plist", casefile.ExitIncomplete},
	{"settings count 2^60 objects", write(settingsID, countless), ".GlobalPreferences.plist", casefile.ExitIncomplete},
	{"settings empty", cutTo(settingsID, 0), ".GlobalPreferences.plist", casefile.ExitIncomplete},
	{"a fileID leads out", sql(`UPDATE Files SET fileID='../../secret' WHERE relativePath='Library/SMS/sms.db'`), "sms.db", casefile.ExitIncomplete},
	{"a fileID is absolute", sql(`UPDATE Files SET fileID='/etc/passwd' WHERE relativePath='Library/SMS/sms.db'`), "sms.db", casefile.ExitIncomplete},
	{"a path leads out", sql(`UPDATE Files SET relativePath='../../../../../Library/SMS/sms.db' WHERE relativePath='Library/SMS/sms.db'`), "Manifest.db", casefile.ExitIncomplete},
	{"a description is no plist", sql(`UPDATE Files SET file=x'00112233' WHERE relativePath='Library/SMS/sms.db'`), "", -1},
	{"a description is a cycle", setBlob(cyclic), "", -1},
	{"a description is NULL", sql(`UPDATE Files SET file=NULL WHERE relativePath='Library/SMS/sms.db'`), "", -1},
	{"rows are of other types", sql(`UPDATE Files SET domain=7, relativePath=x'ff00', flags='x' WHERE relativePath='Library/SMS/sms.db'`), "Manifest.db", casefile.ExitIncomplete},
	{"no table of files", sql(`ALTER TABLE Files RENAME TO Filz`), "Manifest.db", casefile.ExitNothing},
	{"Info.plist of wrong types", write("Info.plist", []byte(wrongTypes)), "", -1},
	{"Info.plist is an XML bomb", write("Info.plist", []byte(xmlBomb)), "Info.plist", -1},
	{"Info.plist empty", cutTo("Info.plist", 0), "Info.plist", -1},
	{"Manifest.plist empty", cutTo("Manifest.plist", 0), "Manifest.plist", -1},
	{"says it is encrypted", set("Manifest.plist", "IsEncrypted", true), "", -1},
}

// ofBackup are the artifacts that tell of the backup itself.
var ofBackup = []string{"ios.manifest", "ios.backupinfo", "ios.backupstatus"}

// TestDamage examines backups that somebody damaged. Whatever was done, nothing
// is lost silently, everything else is examined, the evidence stays as it is,
// and nothing is written outside of the case.
func TestDamage(t *testing.T) {
	t.Parallel()
	master, _ := make(t, fabricate.Options{Seed: 11, Benign: true, Messages: 20})
	ref := check(t, options(t, master, t.TempDir()))
	want := recordsOf(t, ref.Case.Dir)
	for _, tt := range damages {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			sample, dir := filepath.Join(root, "sample"), filepath.Join(root, "case")
			if err := os.CopyFS(sample, os.DirFS(master)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, "secret"), []byte(secret), 0o600); err != nil {
				t.Fatal(err)
			}
			tt.do(t, filepath.Join(sample, fabricate.BackupDir))
			before := tree(t, root)
			opt := options(t, sample, dir)
			opt.HashAll = true
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			res, err := examination.Check(ctx, opt)
			if err != nil {
				t.Fatal(err)
			}
			judgeDamage(t, res, tt.exit, tt.want)
			for id, records := range recordsOf(t, dir) {
				if outcome(res, id) == engine.Complete && records != want[id] && !slices.Contains(ofBackup, id) {
					t.Errorf("%s is complete, but differs:\n%.600s", id, cmp.Diff(want[id], records))
				}
			}
			outside(t, root, before)
		})
	}
}

// judgeDamage checks that a damage is told.
func judgeDamage(t *testing.T, res *examination.Result, exit int, want string) {
	t.Helper()
	ledger, err := os.ReadFile(filepath.Join(res.Case.Dir, "coverage.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(ledger, []byte(want)) {
		t.Errorf("the ledger does not name %s:\n%.2000s", want, ledger)
	}
	for _, l := range res.Ledger {
		if l.Errors > 0 && (len(l.Sample) == 0 || !l.Outcome.Incomplete()) {
			t.Errorf("%s has %d errors, but is %s: %q", l.Artifact, l.Errors, l.Outcome, l.Sample)
		}
		for _, s := range l.Sample {
			if strings.Contains(s, "panic") {
				t.Errorf("%s: %s", l.Artifact, s)
			}
		}
	}
	missed := 0
	for _, l := range res.Ledger {
		if l.Outcome.Incomplete() && l.Reason != engine.ReasonPrivate {
			missed++
		}
	}
	switch got := res.Verdict.Exit; {
	case missed > 0 && got == casefile.ExitQuiet:
		t.Errorf("%d artifacts are incomplete, and the exit status is 0", missed)
	case exit == casefile.ExitIncomplete && missed > 0 && got == casefile.ExitFindings: // a rule noticed the damage
	case exit >= 0 && got != exit:
		t.Errorf("exit status %d, want %d: %q", got, exit, res.Failures)
	}
}

// outside checks that nothing changed but the case, and that the case holds
// nothing of the kind that evidence is made of.
func outside(t *testing.T, root string, before map[string]string) {
	t.Helper()
	after := tree(t, root)
	for name, data := range after {
		if !strings.HasPrefix(name, "case/") {
			continue
		}
		delete(after, name)
		if strings.HasPrefix(data, "SQLite format 3") || strings.HasPrefix(data, "bplist00") {
			t.Errorf("%s is a file of the phone", name)
		}
		if strings.Contains(data, secret) || strings.Contains(data, "root:x:0") {
			t.Errorf("%s holds a file from beside the backup", name)
		}
		if strings.HasSuffix(name, "l") && strings.HasSuffix(name, ".jsonl") {
			for line := range strings.Lines(data) {
				if !json.Valid([]byte(line)) {
					t.Errorf("%s is no JSON: %.200s", name, line)
				}
			}
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("outside of the case:\n%.1000s", diff)
	}
}

// recordsOf reads the records of a case by artifact.
func recordsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	byID := map[string]string{}
	for name, data := range tree(t, dir) {
		if strings.HasPrefix(name, "records/") {
			byID[casefile.ArtifactOf(name)] = data
		}
	}
	return byID
}

func outcome(res *examination.Result, id string) engine.Outcome {
	for _, l := range res.Ledger {
		if l.Artifact == id {
			return l.Outcome
		}
	}
	return ""
}

func cutTo(name string, n int64) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		file := filepath.Join(dir, name)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() <= n {
			t.Fatalf("%s has only %d bytes", name, info.Size())
		}
		if err := os.Truncate(file, n); err != nil {
			t.Fatal(err)
		}
	}
}

func write(name string, data []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func patch(name string, off int, b []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		copy(data[off:], b)
		write(name, data)(t, dir)
	}
}

// flip changes bits in every page but the first.
func flip(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(1, 2))
		for page := 4096; page < len(data); page += 4096 {
			for range 40 {
				data[page+rnd.IntN(min(4096, len(data)-page))] ^= byte(1 << rnd.IntN(8))
			}
			data[page] ^= 0x55 // the kind of the page
		}
		write(name, data)(t, dir)
	}
}

func remove(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func folder(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		remove(name)(t, dir)
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func link(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		remove(name)(t, dir)
		if err := os.Symlink(filepath.Join(dir, "..", "..", "secret"), filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
}

// sql changes the catalogue.
func sql(query string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		db, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(dir, "Manifest.db")))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Exec("PRAGMA journal_mode=off; " + query); err != nil {
			t.Fatal(err)
		}
	}
}

func setBlob(blob []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		db, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(dir, "Manifest.db")))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		stmt, _, err := db.Prepare(`UPDATE Files SET file=? WHERE relativePath='Library/SMS/sms.db'`)
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		if err := stmt.BindBlob(1, blob); err != nil {
			t.Fatal(err)
		}
		if err := stmt.Exec(); err != nil {
			t.Fatal(err)
		}
	}
}

func set(name, key string, value any) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if _, err := plist.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		m[key] = value
		if data, err = plist.Marshal(m, plist.XMLFormat); err != nil {
			t.Fatal(err)
		}
		write(name, data)(t, dir)
	}
}

// cyclic is a binary property list: an array that holds itself.
var cyclic = slices.Concat([]byte("bplist00"), []byte{0xa1, 0x00}, []byte{8},
	[]byte{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10})

// countless claims 2^60 objects.
var countless = slices.Concat([]byte("bplist00"), []byte{0xdf, 0x13, 0x10, 0, 0, 0, 0, 0, 0, 0}, []byte{8},
	[]byte{0, 0, 0, 0, 0, 0, 1, 1, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18})

// xmlBomb grows to 10^9 times "lol" where entities are expanded.
const xmlBomb = `<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY x SYSTEM "file:///etc/passwd">]><plist version="1.0"><dict><key>Device Name</key><string>&e;&x;</string></dict></plist>`

// wrongTypes has no value of the type that is expected.
const wrongTypes = `<?xml version="1.0"?><plist version="1.0"><dict><key>Device Name</key><array><string>x</string></array>
<key>Product Version</key><integer>26</integer><key>Product Type</key><dict/><key>Serial Number</key><true/><key>Last Backup Date</key><string>soon</string>
<key>Installed Applications</key><string>all</string><key>Applications</key><array/><key>IMEI</key><data>AAAA</data></dict></plist>`

// TestBombInArchive examines a backup in a zip of which one file grows by blanks.
func TestBombInArchive(t *testing.T) {
	t.Parallel()
	for _, name := range []string{smsID, settingsID, "Info.plist", "Manifest.plist"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			sample, err := fabricate.Backup(filepath.Join(root, "sample"), fabricate.Options{Seed: 11, Benign: true, Messages: 5})
			if err != nil || len(sample.Traps) == 0 {
				t.Fatal(err)
			}
			zipped := filepath.Join(root, "backup.zip")
			pack(t, zipped, filepath.Join(root, "sample", fabricate.BackupDir), name, 256<<20)
			opt := options(t, filepath.Join(root, "sample"), filepath.Join(root, "case"))
			opt.Paths = []string{zipped}
			before := tree(t, root)
			start := time.Now()
			res, err := examination.Check(context.Background(), opt)
			if err != nil {
				t.Fatal(err)
			}
			judgeDamage(t, res, -1, "")
			if name != "Manifest.plist" && name != "Info.plist" && res.Verdict.Exit == casefile.ExitQuiet {
				t.Error("a bomb went unnoticed")
			}
			outside(t, root, before)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("the bomb took %s", took)
			}
		})
	}
}

// pack zips a folder with n zeros or blanks in place of one file.
func pack(t *testing.T, name, dir, bomb string, n int64) {
	t.Helper()
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	z := zip.NewWriter(out)
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		w, err := z.Create("backup/" + name)
		if err != nil {
			return err
		}
		if _, err = w.Write(data); err != nil || name != bomb {
			return err
		}
		blanks := bytes.Repeat([]byte(" "), 1<<20)
		for range n >> 20 {
			if _, err := w.Write(blanks); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}
