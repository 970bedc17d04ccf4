package unifiedlog

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
)

// The corpus of real logs.
const (
	plaso     = "unified-logs/log2timeline+plaso/AUL"
	dtformats = "unified-logs/libyal+dtformats/unified_logging"
)

func open(tb testing.TB, rel string) *Archive {
	tb.Helper()
	a, err := Open(os.DirFS(testdata.Path(tb, rel)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.Close() })
	if errs := a.Errors(); len(errs) > 0 {
		tb.Fatal(errs)
	}
	return a
}

// TestPlaso reads the store of a Mac that plaso publishes. Its parser counts
// 82,995 and 2,461 events in the branch of 2023; the current one counts five
// more for each file, which are the records of the timesync file beside them.
func TestPlaso(t *testing.T) {
	t.Parallel()
	a := open(t, plaso)
	files := map[string]map[EventType]int{}
	var stats Stats
	kernel, signpost := "", ""
	status := map[Status]int{}
	err := a.Scan(context.Background(), Filter{Stats: &stats}, 1, func(_ int, batch []Entry) {
		for i := range batch {
			e := &batch[i]
			name := strings.Split(e.File.Name, "/")[4]
			if files[name] == nil {
				files[name] = map[EventType]int{}
			}
			files[name][e.Type]++
			status[e.Status()]++
			if kernel == "" && strings.HasPrefix(e.Message(), "initialize_screen") {
				kernel = describe(e)
			}
			if signpost == "" && e.Process.PID == 50 && strings.Contains(e.Message(), "KextExcludeList v17.0.0 in") {
				signpost = describe(e)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := sum(files["Persist"]); n != 82995 || files["Persist"][TypeLog] != 65183 ||
		files["Persist"][TypeSimpledump] != 8562 || files["Persist"][TypeActivity] != 9248 || files["Persist"][TypeLoss] != 2 {
		t.Errorf("Persist has %d entries: %v", n, files["Persist"])
	}
	if n := sum(files["Signpost"]); n != 2461 {
		t.Errorf("Signpost has %d entries: %v", n, files["Signpost"])
	}
	records := 0
	for _, b := range a.Boots() {
		records += 1 + len(b.Syncs)
	}
	if n := sum(files["Persist"]) + records; n != 83000 {
		t.Errorf("Persist and timesync have %d records, want 83000", n)
	}
	if n := sum(files["Signpost"]) + records; n != 2466 {
		t.Errorf("Signpost and timesync have %d records, want 2466", n)
	}
	want := "2023-01-12T01:35:35.240424708Z Default 0x0 0/0 /kernel D1CD0AAF-523E-312F-9299-6116B1D511FE /kernel DCA6F382-13F5-4A21-BF2B-4F1BE8B136BD  initialize_screen: b=BE3A18000, w=00000280, h=00000470, r=00000A00, d=00000000\n"
	if kernel != want {
		t.Errorf("got  %q\nwant %q", kernel, want)
	}
	want = "2023-01-12T01:36:31.33835225Z Process Signpost Event 0x7cb 50/0 /usr/libexec/kernelmanagerd 5FCEBDDD-0174-3777-BB92-E98174383008 /usr/libexec/kernelmanagerd DCA6F382-13F5-4A21-BF2B-4F1BE8B136BD Speed Kext com.apple.driver.KextExcludeList v17.0.0 in codeless kext bundle com.apple.driver.KextExcludeList at /Library/Apple/System/Library/Extensions/AppleKextExcludeList.kext: FS contents are valid"
	if signpost != want {
		t.Errorf("got  %q\nwant %q", signpost, want)
	}
	if status[StatusBadOffset] != 0 || status[StatusUnknown] != 0 || status[StatusResolved] == 0 {
		t.Errorf("format strings: %v", status)
	}
	if stats.Catalogs != 37+2 || stats.Chunksets != 187+5 || stats.Entries != 85456 ||
		stats.Damaged+stats.UnknownChunks+stats.ClippedPages+stats.BrokenPages+stats.BadBodies+stats.BadItems+
			stats.UnlistedPages+stats.OutsideWindow+stats.BadOffsets+stats.MissingOversize > 0 {
		t.Errorf("%+v", stats)
	}
	if stats.NoStrings != 35204 || stats.NoFormats != 979 || status[StatusNoFile] != 35204 {
		t.Errorf("%d entries lack %d formats; %v", stats.NoStrings, stats.NoFormats, status)
	}
}

func sum(m map[EventType]int) (n int) {
	for _, k := range m {
		n += k
	}
	return n
}

func describe(e *Entry) string {
	lib, uuid := e.Library()
	return strings.Join([]string{e.Time().Format(time.RFC3339Nano), e.Level.String(), "0x" + hexOf(e.Thread),
		decimal(e.Process.PID) + "/" + decimal(e.Process.EUID), lib, uuid.String(), e.Process.Path(), e.Boot.UUID.String(), e.Category, e.Message()}, " ")
}

// TestPlasoOrder checks that the order of time has every entry once, and that
// filters that skip chunksets give what they would without.
func TestPlasoOrder(t *testing.T) {
	t.Parallel()
	a := open(t, plaso)
	last, n := uint64(0), 0
	for e, err := range a.Entries(context.Background(), Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Continuous < last {
			t.Fatalf("entry %d at %d comes after %d", n, e.Continuous, last)
		}
		last = e.Continuous
		n++
	}
	if n != 85456 {
		t.Errorf("%d entries", n)
	}
	since := time.Date(2023, 1, 12, 1, 37, 0, 0, time.UTC)
	for name, f := range map[string]Filter{
		"process":   {Processes: []string{"mDNSResponder"}},
		"path":      {Processes: []string{"/usr/libexec/lsd"}},
		"pid":       {PIDs: []uint32{1}},
		"subsystem": {Subsystems: []string{"com.apple.mDNSResponder"}},
		"category":  {Categories: []string{"boring*"}},
		"launchd":   {Subsystems: []string{"system/*"}},
		"time":      {Since: since, Until: since.Add(10 * time.Second)},
		"type":      {Types: []EventType{TypeLoss, TypeSignpost}},
		"level":     {Levels: []Level{LevelError, LevelFault}},
		"contains":  {Contains: "kext"},
		"message":   {Predicate: func(m []byte) bool { return strings.Contains(string(m), "kext") }},
	} {
		var counts []uint64
		for _, exhaustive := range []bool{false, true} {
			var s Stats
			f.Stats, f.Exhaustive = &s, exhaustive
			given := uint64(0)
			for _, err := range a.Entries(context.Background(), f) {
				if err != nil {
					t.Fatal(err)
				}
				given++
			}
			counts = append(counts, given)
			if err := a.Scan(context.Background(), f, 2, func(int, []Entry) {}); err != nil {
				t.Fatal(err)
			}
			counts = append(counts, s.Entries)
			t.Logf("%s: %d entries, %d chunksets skipped", name, s.Entries, s.ChunksetsSkipped)
		}
		if counts[0] == 0 || slices.Min(counts) != slices.Max(counts) {
			t.Errorf("%s: %v entries", name, counts)
		}
	}
}

// TestDTFormats reads the parts that dtformats publishes.
func TestDTFormats(t *testing.T) {
	t.Parallel()
	a := open(t, dtformats)
	if n := len(a.Files()); n != 1 {
		t.Fatalf("%d files", n)
	}
	f := a.Files()[0]
	if f.Header == nil || len(f.groups) != 1 || len(f.groups[0].chunks) != 1 || f.groups[0].catalog.size == 0 {
		t.Fatalf("got %+v", f)
	}
	if h := f.Header; h.Build != "18D42" || h.Model != "Macmini7,1" {
		t.Errorf("header %+v", h)
	}
	n := 0
	for e, err := range a.Entries(context.Background(), Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Clock != ClockHeader {
			t.Errorf("time of %s by %s", e.Message(), e.Clock)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d entries, want 5", n)
	}
}

func TestDTFormatsTimesync(t *testing.T) {
	t.Parallel()
	boots, err := ParseTimesync(read(t, dtformats+"/timesync/0000000000000002.timesync"))
	if err != nil {
		t.Fatal(err)
	}
	var syncs []int
	for i := range boots {
		syncs = append(syncs, len(boots[i].Syncs))
	}
	if want := []int{1018, 456, 952, 1464, 199}; !slices.Equal(syncs, want) {
		t.Errorf("got %d, want %d", syncs, want)
	}
	b := &boots[0]
	if b.Timebase != (Timebase{125, 3}) || b.Wall != 1541730321839294000 || b.ZoneWest != 480 || b.DST {
		t.Errorf("boot %+v", b)
	}
	if s := b.Syncs[0]; s.Continuous != 494027973 || s.Wall != 1541730337313716000 || s.ZoneWest != 480 || s.DST {
		t.Errorf("sync %+v", s)
	}
}

func TestDTFormatsStrings(t *testing.T) {
	t.Parallel()
	lsd, err := openText(UUID{}, readerOf(read(t, dtformats+"/uuidtext/22/0D3C2953A33917B333DD8366AC25F2")))
	if err != nil || lsd.image.Path != "/usr/libexec/lsd" || len(lsd.entries) != 0 {
		t.Errorf("got %+v, %v", lsd, err)
	}
	other, err := openText(UUID{}, readerOf(read(t, dtformats+"/uuidtext/00/7EF56328D53A78B59CCCE3E3189F57")))
	if err != nil || len(other.entries) == 0 {
		t.Fatalf("got %+v, %v", other, err)
	}
	s, err := readString(other.read, other.entries[0].at, maxString)
	if string(s) != "system.install.apple-software" || err != nil {
		t.Errorf("got %q, %v", s, err)
	}
	got, ok := other.text(uint64(other.entries[0].start))
	if !ok || string(got) != string(s) {
		t.Errorf("got %q", got)
	}
}

func TestDTFormatsShared(t *testing.T) {
	t.Parallel()
	f, err := openShared(UUID{}, readerOf(read(t, dtformats+"/uuidtext/dsc/dsc-version1")))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.ranges) != 252 || len(f.images) != 196 || !f.sorted {
		t.Fatalf("%d ranges, %d images, sorted %t", len(f.ranges), len(f.images), f.sorted)
	}
	if r := f.ranges[64]; r.start != 1756712 || r.size != 3834 {
		t.Errorf("range %+v", r)
	}
	if m := f.images[42]; m.text != 9191424 || m.size != 223732 {
		t.Errorf("image %+v", m)
	}
	m := f.imageOf(9191424 + 100)
	if m == nil || m.Path != sharedPath {
		t.Errorf("image %+v, want %s", m, sharedPath)
	}
	text, image, ok := f.text(1756712)
	if !ok || len(text) == 0 || image == nil || image.Path == "" {
		t.Errorf("got %q of %+v", text, image)
	}
}

// sharedPath is the path of image 42, which the test of dtformats compares.
const sharedPath = "/System/Library/Extensions/AppleH8ADBE0.kext/AppleH8ADBE0"

func read(tb testing.TB, rel string) []byte {
	tb.Helper()
	data, err := os.ReadFile(testdata.Path(tb, rel))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// readerOf returns what reads from bytes.
func readerOf(data []byte) readAtFunc {
	return func(dst []byte, off int64, n int) ([]byte, error) {
		if off < 0 || off >= int64(len(data)) {
			return dst, nil
		}
		return append(dst, data[off:min(off+int64(n), int64(len(data)))]...), nil
	}
}
