package dumpsys_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/vigie-project/vigie/format/dumpstate"
	. "github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/internal/testdata"
)

const emulatorText = "bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46"

// emulator opens the text of the real bug report of an Android 14 emulator.
func emulator(tb testing.TB) io.Reader {
	tb.Helper()
	name := testdata.Path(tb, "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/"+emulatorText+".zip")
	once.Do(func() { unpacked = unpack(tb, name) })
	return bytes.NewReader(unpacked)
}

var (
	once     sync.Once
	unpacked []byte
)

func unpack(tb testing.TB, name string) []byte {
	tb.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(emulatorText + ".txt")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// open opens a file of the corpus.
func open(tb testing.TB, name string) io.Reader {
	tb.Helper()
	f, err := os.Open(testdata.Path(tb, name))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}

func mvt(tb testing.TB, name string) io.Reader {
	return open(tb, "android-dumpsys/mvt-project+mvt/android_data/"+name)
}

func gingerbread(tb testing.TB) io.Reader {
	return open(tb, "android-bugreport/sonyxperiadev+ChkBugReport/examples/bugreports/bugreport_deadlock.txt")
}

// section yields the lines of one section of a bug report, the whole text if name is "".
func section(tb testing.TB, r io.Reader, name string) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		if name == "" {
			for l := range lines.NewReader(r).All() {
				if !yield(l) {
					return
				}
			}
			return
		}
		for s, err := range dumpstate.Sections(r) {
			if err != nil {
				tb.Fatal(err)
			}
			if s.Name == name && s.Priority == "" {
				s.Lines()(yield)
				return
			}
		}
	}
}

// all collects what a decoder yields, and its errors.
func all[T any](tb testing.TB, seq iter.Seq2[T, error]) (got []T, errs []string) {
	tb.Helper()
	for v, err := range seq {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		got = append(got, v)
	}
	return got, errs
}

// whole collects what a decoder yields and fails on errors.
func whole[T any](tb testing.TB, seq iter.Seq2[T, error]) []T {
	tb.Helper()
	got, errs := all(tb, seq)
	if len(errs) > 0 {
		tb.Errorf("%d errors: %s", len(errs), strings.Join(errs[:min(8, len(errs))], "\n"))
	}
	return got
}

func check(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		tb.Errorf("%s: got %s, want %s", what, g, w)
	}
}

// TestPackages: 144 lines "Package [" are 144 blocks, three of them hidden. The
// peer finds 141: it does not read the hidden ones.
func TestPackages(t *testing.T) {
	t.Parallel()
	got := whole(t, Packages(section(t, emulator(t), "package")))
	hidden, sources := 0, 0
	for _, p := range got {
		if p.Hidden {
			hidden++
		}
		if p.AppID >= 0 && len(p.Users) == 1 && !p.TimeStamp.IsZero() && !p.FirstInstall.IsZero() && p.CodePath != "" && p.Source >= 0 {
			sources++
		}
	}
	check(t, "blocks, hidden, whole", []int{len(got), hidden, sources}, "[144 3 144]")

	old := whole(t, Packages(section(t, mvt(t, "dumpsys_packages.txt"), "")))
	report := whole(t, Packages(section(t, open(t, "android-bugreport/mvt-project+mvt/android_data/bugreport/dumpstate.txt"), "package")))
	if len(old) != 2 || len(report) != 2 {
		t.Fatalf("%d and %d packages, want 2", len(old), len(report))
	}
	check(t, "section", fmt.Sprint(old[0].Name, " ", old[0].VersionName, " ", old[0].System(), " ", old[0].FirstInstall, " ", old[1].Name),
		"com.samsung.android.provider.filterprovider 5.0.07 true 2008-12-31 16:00:00 +0000 UTC com.sec.android.app.DataCreate")
	n := func(p Package) int { return len(p.Declared) + len(p.Install) + len(p.Users[0].Runtime) }
	p, q := report[0], report[1]
	check(t, "bug report", fmt.Sprintf("%s %q %d, %s %q %d", p.Name, p.Installer, n(p), q.Name, q.Installer, n(q)),
		`com.samsung.android.provider.filterprovider "" 4, com.instagram.android "com.android.vending" 32`)
	ginger := whole(t, Packages(section(t, gingerbread(t), "package")))
	check(t, "Android 2.3", fmt.Sprint(len(ginger), ginger[0].AppID, ginger[0].System(), len(ginger[1].Install)), "72 10017 true 5")
}

// TestResolvers: the peer counts 572 rows of Non-Data Actions for activities and
// 332 actions of receivers.
func TestResolvers(t *testing.T) {
	t.Parallel()
	activities, receivers := 0, map[string]bool{}
	for _, r := range whole(t, Resolvers(section(t, emulator(t), "package"))) {
		if r.Group == "Non-Data Actions" {
			switch r.Table {
			case "Activity Resolver Table":
				activities++
			case "Receiver Resolver Table":
				receivers[r.Key] = true
			}
		}
	}
	check(t, "activities, actions of receivers", []int{activities, len(receivers)}, "[572 332]")
	var first Resolver
	activities, receivers = 0, map[string]bool{}
	for _, r := range whole(t, Resolvers(section(t, mvt(t, "dumpsys_packages.txt"), ""))) {
		if r.Table == "Activity Resolver Table" && r.Group == "Non-Data Actions" {
			if activities++; activities == 1 {
				first = r
			}
		} else if r.Table == "Receiver Resolver Table" && r.Group == "Non-Data Actions" {
			receivers[r.Key] = true
		}
	}
	check(t, "rows", fmt.Sprint(activities, " ", first.Component, " ", len(receivers), " ", receivers["com.android.storagemanager.automatic.SHOW_NOTIFICATION"]),
		"4 com.samsung.android.app.social/.feed.FeedsActivity 4 true")
	if n := len(whole(t, Resolvers(section(t, gingerbread(t), "package")))); n < 1000 {
		t.Errorf("Android 2.3: %d rows", n)
	}
}

// TestAppOps: 13 packages; 12 in the bug report, whose first one was removed,
// with 16 uses in all. The emulator has 24 packages; the peer's
// timeline has 79 uses, two of the 80 having the same package, operation and time.
func TestAppOps(t *testing.T) {
	t.Parallel()
	count := func(ops []AppOp) string {
		packages, uses, n := map[string]bool{}, 0, 0
		for _, op := range ops {
			if op.Package != "" {
				packages[op.UID+" "+op.Package] = true
				n++
			}
			for _, u := range op.Uses {
				if !u.Time.IsZero() {
					uses++
				}
			}
		}
		return fmt.Sprint(len(packages), n, uses)
	}
	check(t, "section", count(whole(t, AppOps(section(t, mvt(t, "dumpsys_appops.txt"), "")))), "13 37 23")
	check(t, "bug report", count(whole(t, AppOps(section(t, open(t, "android-bugreport/mvt-project+mvt/android_data/bugreport/dumpstate.txt"), "appops")))), "12 30 16")
	ops := whole(t, AppOps(section(t, emulator(t), "appops")))
	check(t, "emulator", count(ops), "24 66 80")
	events := map[string]bool{}
	for _, op := range ops {
		for _, u := range op.Uses {
			events[fmt.Sprint(op.Package, op.Op, u.Rejected, u.Time)] = true
		}
	}
	check(t, "events", len(events), 79)
}

func TestAccessibility(t *testing.T) {
	t.Parallel()
	got := whole(t, AccessibilityServices(section(t, mvt(t, "dumpsys_accessibility.txt"), "")))
	if len(got) != 4 || got[0].State != "installed" || got[0].User != 0 ||
		got[0].Component != "com.android.settings/com.samsung.android.settings.development.gpuwatch.GPUWatchInterceptor" {
		t.Errorf("got %+v", got)
	}
	got = whole(t, AccessibilityServices(section(t, emulator(t), "accessibility")))
	if len(got) != 1 || got[0].State != "shortcut key" || got[0].Component != "com.google.android.marvin.talkback/.TalkBackService" {
		t.Errorf("emulator: got %+v", got)
	}
}

// TestDBOperations: 1000 operations of the first connection of each pool, which
// are all that the peer reads.
func TestDBOperations(t *testing.T) {
	t.Parallel()
	got := whole(t, DBOperations(section(t, mvt(t, "dumpsys_dbinfo.txt"), "")))
	if len(got) != 5 || got[0].Action != "executeForCursorWindow" || got[0].SQL != "PRAGMA database_list;" ||
		got[0].Pool != "/data/user/0/com.wssyncmldm/databases/idmsdk.db" || got[0].Process != "com.wssyncmldm" || got[0].CallerPID != 0 {
		t.Errorf("got %+v", got)
	}
	n := map[bool]int{}
	for _, op := range whole(t, DBOperations(section(t, emulator(t), "dbinfo"))) {
		n[op.Primary]++
	}
	files := whole(t, DBFiles(section(t, emulator(t), "dbinfo")))
	check(t, "operations, files", fmt.Sprint(n[true], n[false], len(files)), "1000 280 444")
}

func TestCompatChanges(t *testing.T) {
	t.Parallel()
	var got []Pair
	for _, c := range whole(t, CompatChanges(section(t, mvt(t, "dumpsys_platform_compat.txt"), ""))) {
		if c.ID == 168419799 {
			got = c.RawOverrides
		}
	}
	check(t, "raw overrides", got, "[{org.torproject.torbrowser false} {org.article19.circulo.next false}]")
	check(t, "emulator", len(whole(t, CompatChanges(section(t, emulator(t), "platform_compat")))), 253)
}

// TestProperties: 894 lines begin with a bracket, two of them are continuations
// or none of them; the peer drops 57 properties without value.
func TestProperties(t *testing.T) {
	t.Parallel()
	got := whole(t, Properties(section(t, emulator(t), "SYSTEM PROPERTIES")))
	filled := 0
	for _, p := range got {
		if p.Value != "" {
			filled++
		}
	}
	check(t, "properties", []int{len(got), filled}, "[894 838]")
	got = whole(t, Properties(section(t, mvt(t, "getprop.txt"), "")))
	check(t, "file", fmt.Sprint(len(got), got[0]), "13 {1 af.fast_track_multiplier 1}")
	check(t, "Android 2.3", len(whole(t, Properties(section(t, gingerbread(t), "SYSTEM PROPERTIES")))), 137)
}
