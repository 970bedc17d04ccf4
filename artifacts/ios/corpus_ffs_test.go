package ios_test

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// Where the test below puts files, and where they are in the corpus.
const (
	ffsPlaso   = "ios-artifacts/log2timeline+plaso/"
	ffsBiome   = "biome-segb/SecurityRonin+segb-forensic/tests/data/biome/"
	ffsStreams = "private/var/mobile/Library/Biome/streams/restricted/"
	ffsStore   = "ios-ffs/abrignoni+iLEAPP/images/mvs_ios_2023/private/var/containers/Data/System/AD313E95-A169-4921-8E46-58ADFAB6583A/Documents/Persistence/storeSystem.db"
)

// TestCorpusFilesystem compares records of artifacts of file systems with the
// figures published with the files or by other tools.
func TestCorpusFilesystem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		parser          *artifact.Parser
		device          string // where the file is put
		file            string // in the corpus
		live, recovered int    // records
		have            []string
	}{
		// plaso counts 85: it leaves out 15 deleted events, of which times are left.
		{"biome focus", &ios.BiomeFocus, ffsStreams + "App.InFocus/local/1", "biome-segb/log2timeline+plaso/apple_biome/applaunch-segb", 85, 15, []string{
			`"time":{"utc":"2024-04-03T15:04:27.64172Z"`, `"app":"com.apple.purplebuddy"`, `"app":"org.coolstar.SileoStore","change":"left","reason":"com.apple.SpringBoard.backlight.transitionReason.idleTimer"`}},
		// ccl-segb counts 16 and 7.
		{"biome v1", &ios.BiomeDevice, ffsStreams + "Device.Power.LowPowerMode/local/1", ffsBiome + "Device.Power.LowPowerMode.v1.segb", 4, 12, nil},
		{"biome v2", &ios.BiomeDevice, ffsStreams + "Device.Display.TrueTone/local/1", ffsBiome + "Device.Display.TrueTone.v2.segb", 4, 3, []string{`"value":1`}},
		// plaso has 384 events: these 335 usages and the 49 routes below. The highest
		// key gives one record more, since 22 of 282 processes are gone.
		{"netusage", &ios.DataUsage, "private/var/networkd/netusage.sqlite", ffsPlaso + "ios/netusage.sqlite", 336, -1, []string{
			`"process":"mDNSResponder","process_id":2,"process_missing":false,"wwan_in":300997,"wwan_out":938811,"wifi_in":7.9188353e+07,"wifi_out":3.5398277e+07,"wired_in":1.2198756e+07,"wired_out":10841`,
			`"kind":"highest key","process_id":282`}},
		{"routes", &ios.NetworkAttachments, "private/var/networkd/netusage.sqlite", ffsPlaso + "ios/netusage.sqlite", 49, -1, []string{
			`"measured":{"utc":"2021-02-19T05:00:00Z"`, `"network":"Carrier-18005506","kind":"mobile"`, `"bytes_in":1.31926734e+08,"bytes_out":5.9786697e+07`}},
		// plaso has the 17 events of /app/inFocus; the others are of the screen and of
		// activity.
		{"knowledge", &ios.Knowledge, "private/var/mobile/Library/CoreDuet/Knowledge/knowledgeC.db", ffsPlaso + "macos/knowledgec-10.13.db", 21, -1, []string{
			`"start":{"utc":"2019-02-10T16:59:57Z"`, `"created":{"utc":"2019-02-10T16:59:58.860665Z`, `"stream":"/app/inFocus","app":"com.apple.Installer-Progress"`}},
		// plaso has the 102 rows of AppRunTime, with the time as it is logged,
		// 2021-11-02T10:05:45Z: here it is corrected by the first known offset.
		{"power log", &ios.PowerLog, "private/var/mobile/Library/BatteryLife/CurrentPowerlog.PLSQL", ffsPlaso + "ios/powerlog_2021-12-16_05-54_84E2141B.PLSQL", 6247, -1, []string{
			`{"time":{"utc":"2021-11-02T09:59:31.533638Z","rule":"unix-real","raw":"1635847171.533638"},"end":null,"table":"PLAppTimeService_Aggregate_AppRunTime","app":"com.apple.springboard.home-screen"`,
			`"logged":1.635847545e+09,"shift":-373.4663619995117`, `"process":"com.apple.datamigrator","app":"com.apple.datamigrator","pid":253`}},
		// iLEAPP: 16 installations, 32 packages and no row of mapi_app_update; there are
		// 19 rows of app_updates besides.
		{"store", &ios.AppStore, "private/var/containers/Data/System/A/Documents/Persistence/storeSystem.db", ffsStore, 67, -1, []string{
			`"table":"app_install","app":"com.midasplayer.apps.candycrushsaga","name":"Candy Crush Saga","vendor":"King"`, `"table":"app_package","app":"com.`, `"table":"app_updates"`}},
		// iLEAPP has six rows, one for each key: it is one lease.
		{"lease", &ios.DHCPLeases, "private/var/db/dhcpclient/leases/en0.plist", webImages + "mvs_ios_2023/private/var/db/dhcpclient/leases/en0.plist", 1, 0, []string{
			`"start":{"utc":"2023-01-08T16:39:17Z"`, `"network":"Spinner Place","address":"100.64.0.236","router":"100.64.0.1"`, `"dns_servers":["100.64.0.1"],"dhcp_server":"100.64.0.1"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, live, recovered := webRead(t, c.parser, c.device, c.file)
			if live != c.live || c.recovered >= 0 && recovered != c.recovered {
				t.Errorf("%d live and %d other records, want %d and %d", live, recovered, c.live, c.recovered)
			}
			for _, text := range c.have {
				if !strings.Contains(lines, text) {
					t.Errorf("no record has %s", text)
				}
			}
		})
	}
}

// TestCorpusListings reads the published listings of two phones: every row is a
// record, and every row with a time has it.
func TestCorpusListings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"belkasoft-ctf6-ios-dev1": 65624, "josh-hickman-ios15": 474145} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := &evidence.Source{ID: "corpus", Kind: evidence.IOSFilesystem, FS: ffsListing{t: t, file: name}}
			n, timed := 0, 0
			for rec, err := range engine.Parse(t.Context(), src, &ios.Filesystem, engine.PlannedFile{Path: evidence.EntriesPath}, nil) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; strings.Contains(rec.Data.String(), "\n") {
					t.Errorf("%s has several lines", rec.Origin)
				}
				if moments, err := record.AppendMoments(nil, rec.Data); err != nil || len(moments) > 0 {
					timed++
				}
			}
			if n != want || timed < n*99/100 {
				t.Errorf("%d records, %d with a time, want %d", n, timed, want)
			}
		})
	}
}

// TestCorpusFolders lists the folders of three dumps. MVT lists as many files and
// folders in two of them, and one more in the second, of which the corpus has 168.
func TestCorpusFolders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"mvs_ios_2023": 123, "josh_ios15_ffs": 168, "belkasoft_ctf6_ios_device1": 55} {
		sources, err := evidence.Open(t.Context(), testdata.Path(t, webImages+name), evidence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range engine.Parse(t.Context(), sources[0], &ios.Filesystem, engine.PlannedFile{Path: evidence.EntriesPath}, nil) {
			if n++; err != nil {
				t.Error(err)
			}
		}
		if n != want {
			t.Errorf("%s: %d entries, want %d", name, n, want)
		}
		for _, s := range sources {
			s.Close()
		}
	}
}

// An ffsListing lists what one of the published listings does.
type ffsListing struct {
	fstest.MapFS
	t    *testing.T
	file string
}

// Open implements [fs.FS].
func (l ffsListing) Open(name string) (fs.File, error) {
	return fstest.MapFS{evidence.EntriesPath: &fstest.MapFile{}}.Open(name)
}

// Entries implements [evidence.Lister].
func (l ffsListing) Entries(fn func(*evidence.Entry) error) error {
	z, err := zip.OpenReader(testdata.Path(l.t, "ios-ffs/abrignoni+iLEAPP/admin/data/filepath-lists/"+l.file+".csv.zip"))
	if err != nil {
		return err
	}
	defer z.Close()
	f, err := z.Open(l.file + ".csv")
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	for row := 0; ; row++ {
		cols, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if row == 0 {
			continue // names of the columns
		}
		e := evidence.Entry{Path: cols[0], Stored: cols[0], UID: -1, GID: -1}
		if sec, err := strconv.ParseInt(cols[1], 10, 64); err == nil {
			e.Modified = evidence.EntryTime{Time: time.Unix(sec, 0).UTC(), Step: time.Second}
		}
		if err := fn(&e); err != nil {
			return err
		}
	}
}
