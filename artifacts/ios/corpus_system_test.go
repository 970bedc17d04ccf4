package ios_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// The folders of the corpus, and what the tests below read in them.
const (
	systemBackup = "ios-backup/mvt-project+mvt/ios_backup/"
	systemImages = "ios-ffs/abrignoni+iLEAPP/images/"
	systemPlaso  = "ios-artifacts/log2timeline+plaso/ios/"
	systemWiFi   = "private/var/preferences/com.apple.wifi.known-networks.plist"
)

// systemRead parses files of the corpus, given by device path. Any error of the
// parser fails the test, except that the catalogue of MVT's backup still has
// the padding that its encryption added.
func systemRead(t *testing.T, p *artifact.Parser, files map[string]string) []record.Record {
	t.Helper()
	tree := fstest.MapFS{}
	for device, rel := range files {
		data, err := os.ReadFile(testdata.Path(t, rel))
		if err != nil {
			t.Fatal(err)
		}
		tree[device] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	src := &evidence.Source{ID: "corpus", Kind: evidence.IOSBackup, FS: tree}
	if p.Inputs[0].Kinds&evidence.IOSBackup == 0 {
		src.Kind = evidence.IOSFilesystem
	}
	var recs []record.Record
	all := func(*artifact.Parser) bool { return true }
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, all).Jobs {
		for _, f := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, p, f, nil) {
				if err != nil {
					if !strings.HasSuffix(err.Error(), "the file ends within page 803") {
						t.Errorf("%s: %v", f.Path, err)
					}
					continue
				}
				recs = append(recs, rec)
			}
		}
	}
	return recs
}

// systemCount counts the records whose JSON holds a text, and that are live.
func systemCount(t *testing.T, recs []record.Record, text string) (n int) {
	t.Helper()
	for _, rec := range recs {
		line, err := rec.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Origin.State == record.Live && strings.Contains(string(line), text) {
			n++
		}
	}
	return n
}

func TestCorpusSystem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		parser *artifact.Parser
		files  map[string]string
		want   map[string]int // live records that hold a text; "" for all
	}{
		// test_backup_info.py: build 18C66, IMEI 42.
		{"backupinfo", &ios.BackupInfo, map[string]string{"backup/Info.plist": systemBackup + "Info.plist"},
			map[string]int{"": 1, `"build":"18C66"`: 1, `"imei":"42"`: 1, `"last_backup":{"utc":"2021-12-03T19:33:13Z"`: 1}},
		// Six apps are installed, none has metadata.
		{"appinventory", &ios.AppInventory, map[string]string{"backup/Info.plist": systemBackup + "Info.plist",
			"backup/Manifest.plist": "ios-backup/SecurityRonin+ios-backup-forensic/tests/data/plain-backup/Manifest.plist"},
			map[string]int{`"installed":true`: 6, `"no_store_metadata":true`: 6}},
		// test_global_preferences.py: 16 entries, Lockdown Mode on.
		{"globalpreferences", &ios.GlobalPreferences, map[string]string{
			"private/var/mobile/Library/Preferences/.GlobalPreferences.plist": systemBackup + "0d/0dc926a1810f7aee4e8f38793ed788701f93bf9d"},
			map[string]int{"": 16, `"key":"LDMGlobalEnabled","value":"true"`: 1, `"key":"WebKitShowLinkPreviews","value":"false"`: 1}},
		// test_datausage.py: 42 results, one of them a placeholder for a key that
		// is missing, which is no fact and no record here; the other record more
		// is the highest key ever given, 45, which MVT does not read.
		{"datausage", &ios.DataUsage, map[string]string{
			"private/var/wireless/Library/Databases/DataUsage.sqlite": systemBackup + "0d/0d609c54856a9bb2d56729df1d68f2958a88426b"},
			map[string]int{"": 42, `"kind":"usage"`: 10, `"kind":"process without usage"`: 31, `"process_missing":true`: 0,
				`"kind":"highest key","process_id":45`: 1}},
		// celWireless and plaso's ios_siminfo: one card.
		{"commcenter", &ios.CommCenter, map[string]string{
			"private/var/wireless/Library/Preferences/com.apple.commcenter.data.plist": systemPlaso + "com.apple.commcenter.data.plist"},
			map[string]int{`"time":{"utc":"2023-05-17T12:26:22Z"`: 1, `"phone":"+19195794674","label":"E8B6082D-F391-46CB-9780-0AF46534D89F"`: 1}},
		// plaso's ios_mobilebackup: eleven events, ten of them results; the times
		// fit for a backup, ten more, are not read there.
		{"mobilebackup", &ios.MobileBackup, map[string]string{
			"private/var/mobile/Library/Preferences/com.apple.MobileBackup.plist": systemPlaso + "com.apple.MobileBackup.plist"},
			map[string]int{`"key":"BackupStateInfo/errors"`: 10, `"result":"Backup succeeded"`: 10, `"utc":"2023-05-03T01:11:53.195466`: 1,
				`"key":"LastOnConditionEvents"`: 10, `"utc":"2023-04-15T13:58:42.48163`: 1, `"state":4`: 1}},
		// appleWifiPlist: five networks, 37 access points.
		{"wifinetworks", &ios.WiFiNetworks, map[string]string{systemWiFi: systemImages + "mvs_ios_2023/" + systemWiFi},
			map[string]int{`"kind":"network"`: 5, `"kind":"access point"`: 37}},
		{"wifinetworks of another phone", &ios.WiFiNetworks, map[string]string{
			systemWiFi: systemImages + "josh_ios15_ffs/filesystem2/preferences/com.apple.wifi.known-networks.plist"},
			map[string]int{`"kind":"network"`: 1, `"kind":"access point"`: 9, `"ssid":"Matt_Foley"`: 10}},
		// appleWifiScannedPrivate: five.
		{"wifinetworks private", &ios.WiFiNetworks, map[string]string{
			"private/var/preferences/SystemConfiguration/com.apple.wifi-private-mac-networks.plist": systemImages + "mvs_ios_2023/private/var/preferences/SystemConfiguration/com.apple.wifi-private-mac-networks.plist"},
			map[string]int{`"kind":"network"`: 5, `RotationKey`: 0}},
		{"pairing", &ios.Pairing, map[string]string{
			"private/var/root/Library/Lockdown/data_ark.plist": systemImages + "belkasoft_ctf6_ios_device1/private/var/root/Library/Lockdown/data_ark.plist"},
			map[string]int{`"key":"-DeviceName","value":"iPhone"`: 1, `"utc":"2024-03-18T18:52:35Z"`: 1, `"value":"DESKTOP-0CBP2ID"`: 1}},
		// keyboardLexicon gives 41 texts in one row.
		{"keyboardlexicon", &ios.KeyboardLexicon, map[string]string{
			"private/var/mobile/Library/Keyboard/en-dynamic.lm/dynamic-lexicon.dat": systemImages + "belkasoft_ctf6_ios_device1/private/var/mobile/Library/Keyboard/en-dynamic.lm/dynamic-lexicon.dat"},
			map[string]int{`"word":"Singapore"`: 1, `"word":"checkup"`: 1, `"word":"todo"`: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			recs := systemRead(t, c.parser, c.files)
			for text, want := range c.want {
				if got := systemCount(t, recs, text); got != want {
					t.Errorf("%d records with %s, want %d", got, text, want)
				}
			}
		})
	}
}

// TestCorpusManifest compares with test_manifest.py: 3,721 files and no
// mismatch of names, 5,881 distinct times.
func TestCorpusManifest(t *testing.T) {
	t.Parallel()
	recs := systemRead(t, &ios.Manifest, map[string]string{"backup/Manifest.db": systemBackup + "Manifest.db"})
	times := 0
	for _, rec := range recs {
		if rec.Origin.State == record.Live {
			times += systemTimes(t, rec)
		}
	}
	if times != 5881 {
		t.Errorf("%d distinct times, want 5881", times)
	}
	for text, want := range map[string]int{"": 3721, `"kind":"file"`: 1089, `"kind":"directory"`: 2618, `"kind":"link"`: 14,
		`"id_mismatch"`: 0, `"digest"`: 477, `"target":"/`: 14} {
		if got := systemCount(t, recs, text); got != want {
			t.Errorf("%d files with %s, want %d", got, text, want)
		}
	}
}

// systemTimes returns how many distinct times a record has.
func systemTimes(t *testing.T, rec record.Record) int {
	t.Helper()
	line, err := rec.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(line), `{"utc":"`)[1:]
	for i := range parts {
		parts[i], _, _ = strings.Cut(parts[i], `"`)
	}
	slices.Sort(parts)
	return len(slices.Compact(parts))
}

// BenchmarkManifest reads the catalogue of the backup of the corpus.
func BenchmarkManifest(b *testing.B) {
	data, err := os.ReadFile(testdata.Path(b, systemBackup+"Manifest.db"))
	if err != nil {
		b.Fatal(err)
	}
	src := &evidence.Source{ID: "corpus", Kind: evidence.IOSBackup, FS: fstest.MapFS{"backup/Manifest.db": &fstest.MapFile{Data: data}}}
	file := engine.PlannedFile{Path: "backup/Manifest.db", Size: int64(len(data))}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for range engine.Parse(b.Context(), src, &ios.Manifest, file, nil) {
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
