package examination_test

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/examination"
	"github.com/vigie-project/vigie/rules"
)

// A change is done to the files of an acquisition.
type change func(t *testing.T, list []part) []part

func cut(name string, n int) change {
	return edit(name, func(_ *testing.T, data []byte) []byte { return data[:min(n, len(data))] })
}

// shorter cuts bytes at the end.
func shorter(name string, n int) change {
	return edit(name, func(_ *testing.T, data []byte) []byte { return data[:len(data)-n] })
}

func put(name string, data []byte) change {
	return edit(name, func(*testing.T, []byte) []byte { return data })
}

func edit(name string, do func(t *testing.T, data []byte) []byte) change {
	return func(t *testing.T, list []part) []part {
		i := slices.IndexFunc(list, func(p part) bool { return p.name == name })
		if i < 0 {
			t.Fatalf("the acquisition has no %s", name)
		}
		list[i].data = do(t, list[i].data)
		return list
	}
}

func crlf(_ *testing.T, data []byte) []byte {
	return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
}

// with adds files.
func with(more ...part) change {
	return func(_ *testing.T, list []part) []part { return append(list, more...) }
}

// The names and content of bad files.
var (
	long    = strings.Repeat("n", 4096)
	blanks  = sync.OnceValue(func() []byte { return bytes.Repeat([]byte(" "), 24<<20) })
	noZip   = []byte("PK\x03\x04 and no more")
	oneLine = []byte("[ro.x]: [" + strings.Repeat("x", 6<<20))
)

// androidDamages are what is done to the acquisition, which would else end with
// exit status 0, and what the ledger must name then. An exit status of -1 is any.
var androidDamages = []struct {
	name   string
	folder bool // instead of a zip
	do     change
	want   string
	exit   int
}{
	{"nothing, in a folder", true, with(), "", casefile.ExitQuiet},
	{"nothing, in a zip", false, with(), "", casefile.ExitQuiet},
	{"backup.ab empty", true, cut("backup.ab", 0), "backup.ab", casefile.ExitIncomplete},
	{"backup.ab has a header only", false, cut("backup.ab", 24), "end of the archive", casefile.ExitIncomplete},
	{"backup.ab cut in its header", false, cut("backup.ab", 16), "backup.ab", casefile.ExitIncomplete},
	{"backup.ab cut in a file", true, cut("backup.ab", 24+512+20), "sms_backup", casefile.ExitIncomplete},
	{"backup.ab without its end", true, shorter("backup.ab", 1024), "end of the archive", casefile.ExitIncomplete},
	{"backup.ab locked", true, put("backup.ab", []byte(lockedAB)), "backup.ab", casefile.ExitIncomplete},
	{"backup.ab is a bomb", false, edit("backup.ab", func(t *testing.T, _ []byte) []byte {
		return append([]byte("ANDROID BACKUP\n5\n1\nnone\n"), deflated(t, string(blanks()))...)
	}), "", casefile.ExitIncomplete},
	{"backup.ab leads out", true, edit("backup.ab", func(t *testing.T, _ []byte) []byte {
		return backupOf(t, []part{{"../../secret", []byte("x")}, {"/etc/passwd", []byte("x")}, {"apps/../../x/f/y", []byte("x")}, {smsMember, deflated(t, smsText)}})
	}), "../../secret", casefile.ExitIncomplete},
	{"messages are a bomb", false, edit("backup.ab", func(t *testing.T, _ []byte) []byte {
		return backupOf(t, []part{{smsMember, deflated(t, string(blanks()))}})
	}), "sms_backup", casefile.ExitIncomplete},
	{"messages cut", false, edit("backup.ab", func(t *testing.T, _ []byte) []byte {
		return backupOf(t, []part{{smsMember, deflated(t, smsText)[:40]}})
	}), "sms_backup", casefile.ExitIncomplete},
	{"bugreport.zip empty", true, cut("bugreport.zip", 0), "bugreport.zip", casefile.ExitIncomplete},
	{"bugreport.zip cut", true, shorter("bugreport.zip", 90), "", casefile.ExitIncomplete},
	{"bugreport.zip cut in a member", false, cut("bugreport.zip", 300), "", casefile.ExitIncomplete},
	{"bugreport.zip is none", true, put("bugreport.zip", noZip), "bugreport.zip", casefile.ExitIncomplete},
	{"bugreport.zip is a bomb", false, edit("bugreport.zip", func(t *testing.T, _ []byte) []byte {
		return zipped(t, []part{{"main_entry.txt", []byte("b.txt")}, {"b.txt", append([]byte(reportText), blanks()...)}})
	}), "", casefile.ExitQuiet}, // one long line after the sections
	{"bugreport.zip leads out", false, edit("bugreport.zip", func(t *testing.T, _ []byte) []byte {
		return zipped(t, append(slices.Clone(reported), part{"FS/../../../secret", []byte("x")}, part{"/FS/data/tombstones/tombstone_02", []byte(crashText)}))
	}), "secret", casefile.ExitIncomplete},
	{"a crash twice in bugreport.zip", true, edit("bugreport.zip", func(t *testing.T, _ []byte) []byte {
		return zipped(t, append(slices.Clone(reported), part{"FS/data/tombstones/tombstone_01", []byte("other")}))
	}), "tombstone_01", casefile.ExitIncomplete},
	{"packages.json cut", true, shorter("packages.json", 20), "packages.json", casefile.ExitIncomplete},
	{"packages.json is deep", true, put("packages.json", bytes.Repeat([]byte("["), 1<<20)), "packages.json", casefile.ExitIncomplete},
	{"packages.json is NUL", true, put("packages.json", make0(4096)), "packages.json", casefile.ExitIncomplete},
	{"packages.json is a bomb", false, edit("packages.json", func(*testing.T, []byte) []byte { return append(blanks(), 'x') }), "packages.json", casefile.ExitIncomplete},
	{"files.json twice", false, with(part{"files.json", nil}), "files.json", casefile.ExitIncomplete},
	{"files.json cut", true, shorter("files.json", 30), "files.json", casefile.ExitIncomplete},
	{"logcat.txt ends within a line", true, put("logcat.txt", []byte(qfLogText+"02-28 10:20:3")), "logcat.txt", casefile.ExitIncomplete},
	{"logcat.txt with NUL", true, put("logcat.txt", []byte(qfLogText+string(make0(4096))+"\n")), "logcat.txt", casefile.ExitIncomplete},
	{"logcat.txt with CRLF", true, edit("logcat.txt", crlf), "", casefile.ExitQuiet},
	{"getprop.txt with CRLF", false, edit("getprop.txt", crlf), "", casefile.ExitQuiet},
	{"settings with CRLF", false, edit("settings_secure.txt", crlf), "", casefile.ExitQuiet},
	{"dumpsys.txt with CRLF", true, edit("dumpsys.txt", crlf), "", casefile.ExitQuiet},
	{"files.json with CRLF", true, edit("files.json", crlf), "", casefile.ExitQuiet},
	{"getprop.txt in UTF-16", true, put("getprop.txt", wide(qfPropsText)), "getprop.txt", casefile.ExitIncomplete},
	{"settings in UTF-16", true, put("settings_secure.txt", wide(qfSettingsText)), "settings_secure.txt", casefile.ExitIncomplete},
	{"logcat.txt in UTF-16", true, put("logcat.txt", wide(qfLogText)), "logcat.txt", casefile.ExitIncomplete},
	{"getprop.txt in Latin-1", true, put("getprop.txt", []byte(qfPropsText+"[x.name]: [caf\xe9]\n")), "", casefile.ExitQuiet},
	{"getprop.txt of one line", false, put("getprop.txt", oneLine), "getprop.txt", casefile.ExitIncomplete},
	{"dumpsys.txt cut", true, shorter("dumpsys.txt", 200), "", casefile.ExitIncomplete},
	{"dumpsys.txt of unknown form", true, edit("dumpsys.txt", func(_ *testing.T, data []byte) []byte {
		return bytes.ReplaceAll(data, []byte("Access:"), []byte("Zugriff:"))
	}), "dumpsys", casefile.ExitIncomplete},
	{"dumpsys.txt is binary", true, put("dumpsys.txt", noZip), "", -1},
	{"a crash is text", true, put("logs/data/tombstones/tombstone_00", []byte("nothing")), "tombstone_00", casefile.ExitIncomplete},
	{"a crash is cut", true, cut("logs/data/tombstones/tombstone_00", 200), "tombstone_00", casefile.ExitIncomplete},
	{"an event ends within a line", true, shorter("intrusion_logs/2031-02-02.txt", 20), "2031-02-02.txt", casefile.ExitIncomplete},
	{"events are damaged", true, put("intrusion_logs/2031-02-02.txt", []byte(eventText+"{\"dns_event\":\n"+eventText)), "2031-02-02.txt", casefile.ExitIncomplete},
	{"logs in a damaged zip", true, with(part{"intrusion_logs/Rocket_20310203.zip", noZip}), "Rocket_20310203.zip", casefile.ExitIncomplete},
	{"names lead out", false, with(part{"../../secret", []byte("x")}, part{"/etc/passwd", []byte("x")}, part{`..\..\secret`, []byte("x")}, part{"a/../../b", []byte("x")}), "../../secret", casefile.ExitIncomplete},
	{"names with NUL", false, with(part{"pack\x00ages.json", []byte("[]")}, part{"\xff\xfe.json", []byte("[]")}), "pack", casefile.ExitIncomplete},
	{"names of 4,096 characters", false, with(part{long + ".json", []byte("[]")}, part{"logs/" + strings.Repeat("d/", 2048) + "x", []byte("x")}), "", -1},
	{"names twice", false, with(part{"packages.json", []byte(`[{"name":"com.example.hidden"}]`)}, part{"getprop.txt", []byte("[ro.x]: [y]\n")}), "packages.json", casefile.ExitIncomplete},
	{"acquisition.json damaged", true, put("acquisition.json", []byte("{")), "", -1},
}

func make0(n int) []byte { return bytes.Repeat([]byte{0}, n) }

// androidRules are looked for in the acquisitions of these tests.
var androidRules = sync.OnceValues(func() (*rule.Set, error) { return rule.Load(rules.FS, artifacts.Parsers) })

// inspect examines what lies at a path.
func inspect(t *testing.T, path, dir string) *examination.Result {
	t.Helper()
	set, err := androidRules()
	if err != nil {
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity() // which opens nothing here
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	res, err := examination.Check(ctx, examination.Options{
		Paths: []string{path}, Dir: dir, Identity: []byte(id.String()), Parsers: artifacts.Parsers, HashAll: true, Password: func(string) ([]byte, error) { return []byte("wrong"), nil },
		Detection: examination.Detection{Detectors: []detect.Detector{set}, Correlators: set.Correlators(), Fingerprint: set.Fingerprint()},
		Act:       casefile.Act{Tool: "vigie test"}, Now: func() time.Time { return time.Unix(1_930_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// lay writes an acquisition into a folder beside a secret and returns its path.
func lay(t *testing.T, root string, list []part, folder bool) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "sample")
	if !folder {
		if err := os.WriteFile(path+".zip", zipped(t, list), 0o600); err != nil {
			t.Fatal(err)
		}
		return path + ".zip"
	}
	for _, p := range list {
		name := filepath.Join(path, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, p.data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestAndroidDamage examines acquisitions of Android phones that somebody
// damaged. Whatever was done, nothing is lost silently, everything else is
// examined, and nothing is written outside of the case.
func TestAndroidDamage(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	ref := inspect(t, lay(t, root, acquired(t), true), filepath.Join(root, "case"))
	want := byKind(t, ref)
	for _, id := range []string{"android.packages", "android.sms", "android.tombstones", "android.intrusion", "android.appops", "android.logcat", "android.properties"} {
		if !slices.ContainsFunc(ref.Ledger, func(c engine.Coverage) bool { return c.Artifact == id && c.Records > 0 }) {
			t.Errorf("the acquisition has no %s", id)
		}
	}
	for _, tt := range androidDamages {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			path := lay(t, root, tt.do(t, acquired(t)), tt.folder)
			before := tree(t, root)
			res := inspect(t, path, filepath.Join(root, "case"))
			judgeDamage(t, res, tt.exit, tt.want)
			for key, n := range byKind(t, res) {
				if n < 0 && want[key] > 0 && cmp.Compare(-n, want[key]) != 0 && !strings.Contains(tt.name, "CRLF") {
					t.Errorf("%s is complete, but has %d records, want %d", key, -n, want[key])
				}
			}
			outside(t, root, before)
		})
	}
}

// TestAndroidUnreadable examines files that should be acquisitions, but cannot be
// opened, or not to their end.
func TestAndroidUnreadable(t *testing.T) {
	t.Parallel()
	whole := zipped(t, acquired(t))
	for _, tt := range []struct {
		name string
		data []byte
		exit int
	}{
		{"QF.zip", nil, casefile.ExitNothing},
		{"QF.zip", noZip, casefile.ExitNothing},
		{"QF.zip", whole[:len(whole)-40], casefile.ExitIncomplete},
		{"QF.zip", whole[:len(whole)/2], casefile.ExitIncomplete},
		{"QF.zip", make0(4096), casefile.ExitNothing},
		{"QF.zip.age", sealed(t, whole), casefile.ExitNothing},
		{"QF.zip.age", sealed(t, whole)[:100], casefile.ExitNothing},
		{"QF.zip.age", []byte("age-encryption.org/v1\n"), casefile.ExitNothing},
		{"backup.ab", nil, casefile.ExitNothing},
		{"backup.ab", []byte(lockedAB), casefile.ExitNothing},
		{"backup.ab", []byte("ANDROID BACKUP\n99\n1\nnone\n"), casefile.ExitNothing},
		{"bugreport.zip", zipped(t, reported)[:200], casefile.ExitIncomplete},
		{"bugreport.txt", []byte(reportText[:len(reportText)-70]), -1},
		{"2031-02-02.txt", []byte(eventText[:len(eventText)-30]), -1},
		{"nothing.zip", zipped(t, nil), casefile.ExitNothing},
		{"other.zip", zipped(t, []part{{"readme.txt", []byte("x")}}), casefile.ExitNothing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			path := filepath.Join(root, tt.name)
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			before := tree(t, root)
			res := inspect(t, path, filepath.Join(root, "case"))
			if tt.exit == casefile.ExitNothing && len(res.Failures) != 1 {
				t.Errorf("failures %q, want 1", res.Failures)
			}
			judgeDamage(t, res, tt.exit, "")
			if res.Verdict.Exit == casefile.ExitQuiet {
				t.Error("the exit status is 0")
			}
			outside(t, root, before)
		})
	}
}

// TestAndroidLink examines an acquisition in which a link stands for a file.
func TestAndroidLink(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path := lay(t, root, acquired(t), true)
	name := filepath.Join(path, "packages.json")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "secret"), name); err != nil {
		t.Skip(err)
	}
	before := tree(t, root)
	res := inspect(t, path, filepath.Join(root, "case"))
	judgeDamage(t, res, casefile.ExitIncomplete, "packages.json")
	outside(t, root, before)
}

// byKind returns how many records each artifact of each kind of source has,
// negative if it is complete.
func byKind(t *testing.T, res *examination.Result) map[string]int {
	t.Helper()
	kinds := map[string]string{}
	for _, s := range res.Opened {
		kinds[s.ID] = s.Kind.String()
	}
	n := map[string]int{}
	for _, c := range res.Ledger {
		if n[kinds[c.Source]+" "+c.Artifact] = c.Records; c.Outcome == engine.Complete {
			n[kinds[c.Source]+" "+c.Artifact] = -c.Records
		}
	}
	return n
}
