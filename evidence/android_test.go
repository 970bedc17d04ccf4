package evidence

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/vigie-project/vigie/format/androidbackup"
	"github.com/vigie-project/vigie/internal/testdata"
)

// The corpus of Android acquisitions.
const (
	mvtQF         = "androidqf/mvt-project+mvt/androidqf"
	mvtQFLocked   = "androidqf/mvt-project+mvt/androidqf_encrypted"
	mvtAB         = "android-backup/mvt-project+mvt/android_backup/"
	mvtReport     = "android-bugreport/mvt-project+mvt/android_data/bugreport"
	aospReport    = "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip"
	oldReport     = "android-bugreport/sonyxperiadev+ChkBugReport/examples/bugreports/bugreport_deadlock.txt"
	ageVectors    = "age/C2SP+CCTV/age/testdata"
	smsInBackup   = "data/user_de/0/com.android.providers.telephony/files/000000_sms_backup"
	testPassword2 = "123456"
)

// openAll opens an acquisition and closes its sources after the test.
func openAll(tb testing.TB, name string, opt Options) []*Source {
	tb.Helper()
	list, err := Open(context.Background(), name, opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, s := range list {
			if err := s.Close(); err != nil {
				tb.Error(err)
			}
		}
	})
	return list
}

// describe returns a line for each source.
func describe(list []*Source) (lines []string) {
	for _, s := range list {
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%d", s.ID, s.Kind, s.Parent, len(paths(s))))
	}
	return lines
}

// paths returns the paths of the files of a source, without parts of them, sorted.
func paths(s *Source) (list []string) {
	_ = s.WalkFiles(func(name string, _ int64) error {
		if s.Whole(name) == name && name != ReportEntriesPath {
			list = append(list, name)
		}
		return nil
	})
	slices.Sort(list)
	return list
}

func noteCodesOf(s *Source) (list []string) {
	for _, n := range s.Notes {
		list = append(list, n.Code)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// content reads the file at a path.
func content(tb testing.TB, s *Source, name string) string {
	tb.Helper()
	f, err := s.Open(name)
	if err != nil {
		tb.Error(err)
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		tb.Errorf("%s: %v", name, err)
	}
	return string(b)
}

// checkSource opens every file that is listed, and lets the standard library
// check the file system.
func checkSource(tb testing.TB, s *Source) {
	tb.Helper()
	all := paths(s)
	total := int64(0)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		tb.Errorf("%s lists a path twice", s.ID)
	}
	for _, name := range all {
		f, err := s.Open(name)
		if err != nil {
			tb.Errorf("%s: %v", s.ID, err)
			continue
		}
		n, err := io.Copy(io.Discard, f)
		if err != nil {
			tb.Errorf("%s: %s: %v", s.ID, name, err)
		}
		total += n
		f.Close()
	}
	if len(all) > 0 && len(all) < 100 && total < 100_000 {
		if err := fstest.TestFS(s.FS, all...); err != nil {
			tb.Errorf("%s: %v", s.ID, err)
		}
	}
}

func testAB(tb testing.TB, list []member) []byte {
	return append([]byte(androidbackup.Magic+"5\n0\nnone\n"), tarBytes(tb, list)...)
}

const testLog = `{"dns_event":{"event_id":1,"event_time":1893553445123,"hostname":"a.example"}}` + "\n"

const testDump = "========================================================\n== dumpstate: 2031-02-03 10:20:30\n" +
	"========================================================\n\nBuild: XY1A.310203.001\n" +
	"Build fingerprint: 'acme/rocket/rocket:17/XY1A.310203.001/123:user/release-keys'\nUptime: up 3 days\n"

// testQF returns the members of an AndroidQF acquisition.
func testQF(tb testing.TB) []member {
	tb.Helper()
	report := zipBytes(tb, []member{
		{name: "main_entry.txt", data: []byte("bugreport-rocket.txt\n")}, {name: "bugreport-rocket.txt", data: []byte(testDump)},
		{name: "dumpstate.txt", data: []byte("other")}, {name: "FS/data/anr/anr_1", data: []byte("anr")}, {name: "FS/bugreport/x", data: []byte("x")},
	}, zip.Deflate)
	logs := zipBytes(tb, []member{{name: "2031-02-01.txt", data: []byte(testLog)}}, zip.Deflate)
	return []member{
		{name: "acquisition.json", data: []byte(`{"uuid":"u","androidqf_version":"v1.8.3","started":"2031-02-03T09:20:30Z","completed":"2031-02-03T09:58:01.5Z","tmp_dir":"/data/local/tmp/"}`)},
		{name: "getprop.txt", data: []byte("[ro.product.model]: [Rocket]\n[ro.product.manufacturer]: [Acme]\r\n[ro.build.version.release]: [17]\n[persist.sys.timezone]: [Europe/Paris]\n[ro.serialno]: [R1]\n")},
		{name: "packages.json", data: []byte("[]")}, {name: "env.txt"},
		{name: "logs/data/anr/anr_2", data: []byte("anr2")}, {name: "logs/sdcard/log/a", data: []byte("log")}, {name: "tmp/x", data: []byte("tmp")},
		{name: "bugreport.zip", data: report},
		{name: "backup.ab", data: testAB(tb, []member{{name: "apps/com.example/f/x", data: []byte("hello")}, {name: "apps/com.example/r/files/x", data: []byte("second")}, {name: "apps/com.example/_manifest", data: []byte("1\n")}})},
		{name: "intrusion_logs/2031-02-02.txt", data: []byte(testLog)}, {name: "intrusion_logs/Rocket_20310203.zip", data: logs},
		{name: "intrusion_logs/broken.zip", data: []byte("PK\x03\x04")},
	}
}

func ageBytes(tb testing.TB, data []byte, to age.Recipient, armored bool) []byte {
	tb.Helper()
	var out bytes.Buffer
	var dst io.WriteCloser = nopCloser{&out}
	if armored {
		dst = armor.NewWriter(&out)
	}
	w, err := age.Encrypt(dst, to)
	if err != nil {
		tb.Fatal(err)
	}
	_, _ = w.Write(data)
	if err := errors.Join(w.Close(), dst.Close()); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func writeTemp(tb testing.TB, name string, data []byte) string {
	tb.Helper()
	at := filepath.Join(tb.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(at, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return at
}

func writeFolder(tb testing.TB, list []member, top string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "QF")
	for _, m := range list {
		at := filepath.Join(dir, top, filepath.FromSlash(m.name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, m.data, 0o600)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// withTop puts a folder before the names.
func withTop(list []member, top string) []member {
	list = slices.Clone(list)
	for i := range list {
		list[i].name = top + list[i].name
	}
	return list
}

func TestAndroidQF(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	list := testQF(t)
	plain := zipBytes(t, list, zip.Deflate)
	keys := Options{Identity: []byte("# key\n" + id.String() + "\n")}
	for _, c := range []struct {
		name string
		opt  Options
	}{
		{writeFolder(t, list, ""), Options{}}, {writeFolder(t, list, "uuid"), Options{}},
		{writeTemp(t, "QF", plain), Options{}}, {writeTemp(t, "QF", zipBytes(t, list, zip.Store)), Options{}},
		{writeTemp(t, "QF", zipBytes(t, withTop(list, "uuid/"), zip.Deflate)), Options{}},
		{writeTemp(t, "QF", tarBytes(t, list)), Options{}},
		{writeTemp(t, "QF", ageBytes(t, plain, id.Recipient(), false)), keys},
		{writeTemp(t, "QF", ageBytes(t, plain, id.Recipient(), true)), keys},
	} {
		sources := openAll(t, c.name, c.opt)
		want := []string{"QF|AndroidQF acquisition||12", "QF/backup.ab|Android backup|QF|3", "QF/bugreport.zip|Android bugreport|QF|5", "QF/intrusion_logs|Android intrusion log|QF|4"}
		if got := describe(sources); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
			continue
		}
		qf, ab, report, logs := sources[0], sources[1], sources[2], sources[3]
		if d := (Device{Model: "Acme Rocket", System: "Android", Version: "17", Serial: "R1", Zone: "Europe/Paris", Acquired: "2031-02-03T09:58:01Z"}); qf.Device != d {
			t.Errorf("device %+v, want %+v", qf.Device, d)
		}
		if d := (Device{Model: "rocket", System: "Android", Version: "17", Build: "XY1A.310203.001"}); report.Device != d {
			t.Errorf("device %+v, want %+v", report.Device, d)
		}
		if got := noteCodesOf(qf); !slices.Equal(got, []string{"acquired-with", "file-empty"}) {
			t.Errorf("notes %+v", qf.Notes)
		}
		if got := noteCodesOf(logs); !slices.Equal(got, []string{"nested-damaged"}) {
			t.Errorf("notes %+v", logs.Notes)
		}
		for _, f := range []struct {
			s             *Source
			path, content string
		}{
			{qf, "androidqf/packages.json", "[]"}, {qf, "data/anr/anr_2", "anr2"}, {qf, "data/media/0/log/a", "log"}, {qf, "data/local/tmp/x", "tmp"},
			{ab, "data/data/com.example/files/x", "hello"}, {ab, "backup/apps/com.example/r/files/x", "second"}, {ab, "backup/apps/com.example/_manifest", "1\n"},
			{report, "bugreport/dumpstate.txt", testDump}, {report, "bugreport/stored/dumpstate.txt", "other"}, {report, "data/anr/anr_1", "anr"}, {report, "bugreport/FS/bugreport/x", "x"},
			{logs, "intrusionlog/2031-02-02.txt", testLog}, {logs, "intrusionlog/Rocket_20310203.zip::2031-02-01.txt", testLog},
		} {
			if got := content(t, f.s, f.path); got != f.content {
				t.Errorf("%s: got %q, want %q", f.path, got, f.content)
			}
		}
		for _, s := range sources {
			checkSource(t, s)
			if _, err := s.Open("nothing/here"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v", s.ID, err)
			}
		}
		n := 0
		if err := qf.HashAll(context.Background(), 2, func(h StoredHash) error { n++; return h.Err }); err != nil || n != 12 {
			t.Errorf("hashed %d: %v", n, err)
		}
	}
}

// TestCloseOrder closes a parent before what was found in it.
func TestCloseOrder(t *testing.T) {
	t.Parallel()
	list, err := Open(context.Background(), writeTemp(t, "QF", zipBytes(t, testQF(t), zip.Store)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range list {
		if got := paths(s); len(got) == 0 {
			t.Errorf("%s: nothing listed", s.ID)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if i+1 < len(list) {
			checkSource(t, list[i+1])
		}
	}
	if _, err := list[0].Open("androidqf/packages.json"); err == nil {
		t.Error("the archive is still open")
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	id, other := newIdentity(t), newIdentity(t)
	secret, err := age.NewScryptRecipient("phrase")
	if err != nil {
		t.Fatal(err)
	}
	secret.SetWorkFactor(10)
	plain := zipBytes(t, testQF(t), zip.Deflate)
	toKey := writeTemp(t, "QF.zip.age", ageBytes(t, plain, id.Recipient(), false))
	toPhrase := writeTemp(t, "QF.zip.age", ageBytes(t, plain, secret, false))
	phrase := func(s string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(s), nil } }
	locked := ageBytes(t, []byte(id.String()), secret, true)
	broken := errors.New("broken")
	for i, c := range []struct {
		name string
		opt  Options
		want error
	}{
		{toKey, Options{}, ErrIdentityRequired},
		{toKey, Options{Identity: []byte(other.String())}, ErrWrongIdentity},
		{toKey, Options{Identity: []byte(other.String() + "\n" + id.String())}, nil},
		{toKey, Options{Identity: locked}, ErrPassphraseRequired},
		{toKey, Options{Identity: locked, Passphrase: phrase("wrong")}, ErrWrongPassphrase},
		{toKey, Options{Identity: locked, Passphrase: phrase("phrase")}, nil},
		{toPhrase, Options{}, ErrPassphraseRequired},
		{toPhrase, Options{Passphrase: phrase("wrong")}, ErrWrongPassphrase},
		{toPhrase, Options{Passphrase: phrase("")}, ErrWrongPassphrase},
		{toPhrase, Options{Passphrase: phrase("phrase")}, nil},
		{toPhrase, Options{Passphrase: func() ([]byte, error) { return nil, broken }}, broken},
	} {
		list, err := Open(context.Background(), c.name, c.opt)
		if !errors.Is(err, c.want) || err == nil && len(list) != 4 {
			t.Errorf("%d: %d sources, %v, want %v", i, len(list), err, c.want)
		}
		for _, s := range list {
			s.Close()
		}
	}
	_, err = Open(context.Background(), toKey, Options{Identity: []byte("AGE-SECRET-KEY-1SECRET")})
	if err == nil || strings.Contains(err.Error(), "SECRET-KEY-1SECRET") {
		t.Errorf("got %v", err)
	}
	// What was changed is an error where it lies.
	data := ageBytes(t, zipBytes(t, []member{{name: "getprop.txt"}, {name: "apks/a", data: bytes.Repeat([]byte("0123456789"), 100_000)}}, zip.Store), id.Recipient(), false)
	data[len(data)/2] ^= 1
	s := openAll(t, writeTemp(t, "x.age", data), Options{Identity: []byte(id.String())})[0]
	f, err := s.Open("androidqf/apks/a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(io.Discard, f); err == nil {
		t.Error("changed ciphertext is read")
	}
}

func newIdentity(tb testing.TB) *age.X25519Identity {
	tb.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func TestAndroidSingleFiles(t *testing.T) {
	t.Parallel()
	ab := testAB(t, []member{{name: "shared/0/Download/a", data: []byte("a")}})
	for _, c := range []struct {
		name, want string
		err        error
		path       string
	}{
		{writeTemp(t, "a.ab", ab), "a.ab|Android backup||1", nil, "data/media/0/Download/a"},
		{writeTemp(t, "a.ab", nil), "", androidbackup.ErrEmpty, ""},
		{writeTemp(t, "a.ab", ab[:20]), "", androidbackup.ErrHeader, ""},
		{writeTemp(t, "a.ab", ab[:len(ab)-1024]), "a.ab|Android backup||1", nil, "data/media/0/Download/a"},
		{writeTemp(t, "a.txt", []byte(testDump)), "a.txt|Android bugreport||1", nil, "bugreport/dumpstate.txt"},
		{writeTemp(t, "d.txt", []byte("Currently running services:\n")), "d.txt|Android bugreport||1", nil, "bugreport/dumpstate.txt"},
		{writeTemp(t, "2031-02-03.txt", []byte("\n"+testLog)), "2031-02-03.txt|Android intrusion log||1", nil, "intrusionlog/2031-02-03.txt"},
		{writeTemp(t, "l.zip", zipBytes(t, []member{{name: "2031-02-03.txt", data: []byte(testLog)}}, zip.Deflate)), "l.zip|Android intrusion log||1", nil, "intrusionlog/2031-02-03.txt"},
		{filepath.Dir(writeTemp(t, "logs/Rocket_20310203.zip", zipBytes(t, []member{{name: "a.txt", data: []byte(testLog)}}, zip.Deflate))), "logs|Android intrusion log||2", nil, "intrusionlog/Rocket_20310203.zip::a.txt"},
		{writeTemp(t, "s.zip", zipBytes(t, []member{{name: "dumpState_G99.log", data: []byte(testDump)}}, zip.Deflate)), "s.zip|Android bugreport||1", nil, "bugreport/dumpstate.txt"},
		{writeTemp(t, "m.zip", zipBytes(t, []member{{name: "main_entry.txt", data: []byte("gone.txt")}, {name: "bugreport-x.txt", data: []byte(testDump)}}, zip.Deflate)), "m.zip|Android bugreport||2", nil, "bugreport/dumpstate.txt"},
		{writeTemp(t, "f.zip", zipBytes(t, []member{{name: "x/FS/proc/1/mountinfo"}}, zip.Deflate)), "f.zip|Android bugreport||1", nil, "proc/1/mountinfo"},
		{writeTemp(t, "u.zip", zipBytes(t, []member{{name: "apps/com.example/_manifest"}, {name: "apps/com.example/f/x"}}, zip.Deflate)), "u.zip|Android backup||2", nil, "data/data/com.example/files/x"},
		{writeTemp(t, "n.txt", []byte("nothing")), "", errArchive, ""},
		{writeTemp(t, "n.zip", zipBytes(t, []member{{name: "apps/readme"}, {name: "packages.json"}}, zip.Deflate)), "", ErrNoAcquisition, ""},
		{writeTemp(t, "two.zip", zipBytes(t, []member{{name: "a/acquisition.json"}, {name: "b/acquisition.json"}}, zip.Deflate)), "", ErrSeveralAcquisitions, ""},
	} {
		list, err := Open(context.Background(), c.name, Options{})
		if !errors.Is(err, c.err) || err != nil && c.err == nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if err != nil {
			continue
		}
		if got := describe(list); len(got) != 1 || got[0] != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		checkSource(t, list[0])
		if _, err := list[0].Open(c.path); err != nil {
			t.Errorf("%v, of %q", err, paths(list[0]))
		}
		list[0].Close()
	}
}

// TestPasswordAsked checks that a password is asked for once, and that the
// error of asking ends opening.
func TestPasswordAsked(t *testing.T) {
	t.Parallel()
	const header = "AES-256\n" + "00\n00\n1\n00000000000000000000000000000000\n00000000000000000000000000000000\n"
	ab := []byte(androidbackup.Magic + "5\n0\n" + header)
	name := writeTemp(t, "QF.zip", zipBytes(t, []member{{name: "acquisition.json", data: []byte("{}")}, {name: "a.ab", data: ab}, {name: "b.ab", data: ab}}, zip.Deflate))
	asked, broken := 0, errors.New("broken")
	s := openAll(t, name, Options{Password: func() ([]byte, error) { asked++; return []byte("x"), nil }})
	if len(s) != 1 || asked != 1 {
		t.Errorf("%d sources, asked %d times", len(s), asked)
	}
	if _, err := Open(context.Background(), name, Options{Password: func() ([]byte, error) { return nil, broken }}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestABCut checks that a backup that is cut keeps what comes before, and says so.
func TestABCut(t *testing.T) {
	t.Parallel()
	ab := testAB(t, []member{{name: "shared/0/a", data: []byte("a")}, {name: "shared/0/b", data: bytes.Repeat([]byte("b"), 5000)}})
	for _, c := range []struct {
		cut  int
		want []string
	}{{0, []string{"backup-version"}}, {1024, []string{"backup-cut", "backup-version"}}, {3000, []string{"archive-damaged", "backup-cut", "backup-version"}}} {
		s := openAll(t, writeTemp(t, "a.ab", ab[:len(ab)-c.cut]), Options{})[0]
		if got := noteCodesOf(s); !slices.Equal(got, c.want) {
			t.Errorf("cut %d: %+v", c.cut, s.Notes)
		}
		if got := content(t, s, "data/media/0/a"); got != "a" {
			t.Errorf("got %q", got)
		}
	}
	s := openAll(t, writeTemp(t, "a.ab", testAB(t, nil)), Options{})[0]
	if got := noteCodesOf(s); !slices.Equal(got, []string{"backup-empty", "backup-version"}) {
		t.Errorf("%+v", s.Notes)
	}
	bad := append([]byte(androidbackup.Magic+"5\n0\nnone\n"), tarBytes(t, []member{{name: "../x"}, {name: "/y"}, {name: "apps/p/f/l", kind: tar.TypeSymlink}})...)
	s = openAll(t, writeTemp(t, "a.ab", bad), Options{})[0]
	if got := noteCodesOf(s); !slices.Equal(got, []string{"backup-version", "link-ignored", "name-absolute", "name-refused"}) {
		t.Errorf("%+v", s.Notes)
	}
}

// TestAndroidCorpus opens what other projects published.
func TestAndroidCorpus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opt  Options
		want []string
		path string
	}{
		{mvtQF, Options{}, []string{"androidqf|AndroidQF acquisition||8", "androidqf/backup.ab|Android backup|androidqf|2"}, "androidqf/packages.json"},
		{mvtQFLocked, password(testPassword2), []string{"androidqf_encrypted|AndroidQF acquisition||1", "androidqf_encrypted/backup.ab|Android backup|androidqf_encrypted|2"}, "androidqf/backup.ab"},
		{mvtQFLocked, password("wrong"), []string{"androidqf_encrypted|AndroidQF acquisition||1"}, "androidqf/backup.ab"},
		{mvtQFLocked, Options{}, []string{"androidqf_encrypted|AndroidQF acquisition||1"}, "androidqf/backup.ab"},
		{mvtAB + "backup.ab", Options{}, []string{"backup.ab|Android backup||2"}, smsInBackup},
		{mvtAB + "backup2.ab", password(testPassword2), []string{"backup2.ab|Android backup||2"}, ""},
		{mvtReport, Options{}, []string{"bugreport|Android bugreport||4"}, "data/tombstones/tombstone_00"},
		{aospReport, Options{}, []string{filepath.Base(aospReport) + "|Android bugreport||"}, "bugreport/dumpstate.txt"},
		{oldReport, Options{}, []string{"bugreport_deadlock.txt|Android bugreport||1"}, "bugreport/dumpstate.txt"},
	} {
		list := openAll(t, testdata.Path(t, c.name), c.opt)
		got := describe(list)
		for i := range got {
			if i >= len(c.want) || !strings.HasPrefix(got[i], c.want[i]) || len(got) != len(c.want) {
				t.Errorf("got %q, want %q", got, c.want)
				break
			}
		}
		t.Log(got, list[0].Device, list[0].Notes)
		for _, s := range list {
			checkSource(t, s)
		}
		if c.path != "" {
			content(t, list[0], c.path)
		}
	}
	if _, err := Open(context.Background(), testdata.Path(t, mvtAB+"backup2.ab"), password("wrong")); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("got %v", err)
	}
	if _, err := Open(context.Background(), testdata.Path(t, mvtAB+"backup2.ab"), Options{}); !errors.Is(err, ErrPasswordRequired) {
		t.Errorf("got %v", err)
	}
}
