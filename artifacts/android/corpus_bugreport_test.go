package android_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/android"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// bugreportAny stands for any number but 0.
const bugreportAny = -1

// bugreportHas counts the records that have all of some texts.
func bugreportHas(records []string, texts ...string) (n int) {
next:
	for _, r := range records {
		for _, text := range texts {
			if !strings.Contains(r, text) {
				continue next
			}
		}
		n++
	}
	return n
}

// TestCorpusBugreport reads published bug reports and compares with what MVT makes
// of them and with what is counted in their texts.
func TestCorpusBugreport(t *testing.T) {
	t.Parallel()
	const (
		tv  = "android-bugreport/aas-aosp-dev+AOSPBugreportAnalyzer/composeApp/bugreport-sdk_google_atv64_arm64-UTT1.240131.001.F1-2025-11-23-10-44-46.zip" // Android 14
		mvt = "android-bugreport/mvt-project+mvt/android_data/bugreport"
		old = "android-bugreport/sonyxperiadev+ChkBugReport/examples/bugreports/bugreport_deadlock.txt" // Android 2.3
	)
	opened := map[string]*evidence.Source{}
	for _, file := range []string{tv, mvt, old} {
		sources, err := evidence.Open(context.Background(), testdata.Path(t, file), evidence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		opened[file] = sources[0]
		t.Cleanup(func() { sources[0].Close() })
	}
	for _, c := range []struct {
		file   string
		parser *artifact.Parser
		n      int
		having []string
		m      int // records that have all of having
	}{
		{tv, &android.DumpsysPackages, 144, []string{`"hidden":true`}, 3},     // MVT 141: it does not read the hidden ones
		{tv, &android.PackageCheckin, 141, []string{`"rule":"unix-ms"`}, 117}, // lines "pkg," in the text; others have no time
		{tv, &android.Activities, 956, []string{`"Non-Data Actions"`}, 572},   // MVT reads this group only
		{tv, &android.Receivers, 868, []string{`"Non-Data Actions"`}, 749},    // in the text; MVT counts 332 actions
		{tv, &android.AppOps, 159, []string{`"time":"2025-`}, 80},             // lines in the text; MVT 79
		{tv, &android.Accessibility, 1, nil, 1},                               // MVT 0
		{tv, &android.BatteryHistory, 0, nil, 0},                              // just charged
		{tv, &android.BatteryDaily, 2, []string{`"to":null`}, 2},              // of the current day, which MVT does not read
		{tv, &android.DatabaseInfo, 1280, nil, 1280},                          // lines in the text; MVT 1000
		{tv, &android.DatabaseFiles, 444, []string{`"rule":"text"`}, 444},
		{tv, &android.PlatformCompat, 0, nil, 0},
		{tv, &android.ADBKeys, 3, []string{`"list":"state"`}, 1},
		{tv, &android.NotificationListeners, 16, []string{`"live"`}, 7},
		{tv, &android.InstallSessions, 1, []string{`"app":"com.android.vending"`}, 1},
		{tv, &android.UsageEvents, 338, []string{`"clock":null`}, 169},
		{tv, &android.UsageStats, 560, nil, 560},
		{tv, &android.NetStats, 46, nil, 46},
		{tv, &android.WiFiConfig, 1, []string{`"ssid":"\"AndroidWifi\""`}, 1},
		{tv, &android.RunningServices, 40, nil, 40},
		{tv, &android.ProcessExits, 36, []string{`"time":"2025-`}, 36},
		{tv, &android.EventLog, 345, []string{`"tag":"am_proc_start"`, `"time":"2025-11-2`}, 64}, // in the text
		{tv, &android.Logcat, 11101, []string{`"subject":"denial"`}, bugreportAny},               // MVT reads no log
		{tv, &android.LogcatLines, 108553, []string{`"buffer":"events"`}, 6795},                  // lines in the text
		{tv, &android.KernelLog, 1145, []string{`"elapsed":5`}, bugreportAny},                    // lines in the text
		{tv, &android.Processes, 1577 + 274, []string{`"thread":"`}, 1577 - 275},                 // lines in the text, 275 are first threads
		{old, &android.EventLog, 164, []string{`"tag":"am_proc_start"`}, bugreportAny},
		{old, &android.Processes, 101 + 420 + 47, []string{`"name":"com.android.phone"`}, bugreportAny},
		{tv, &android.Settings, 1413, []string{`"tag":"true`}, 0}, // lines in the text
		{old, &android.InstallSessions, 0, nil, 0},                // Android 2.3 has none
		{mvt, &android.DumpsysPackages, 2, []string{`"name":"com.instagram.android"`, `"installer":"com.android.vending"`}, 1},
		{mvt, &android.AppOps, 46, []string{`"use":"`, `"time":"20`}, 16}, // MVT 16 events
		{mvt, &android.PlatformCompat, 3, nil, 3},
		{old, &android.DumpsysPackages, 72, nil, 72},
		{old, &android.Activities, 853, nil, 853},
		{old, &android.Receivers, 221, nil, 221},
		{old, &android.Accounts, 1, nil, 1},
		{old, &android.RunningServices, 9, nil, 9},
	} {
		t.Run(c.file[18:22]+"/"+c.parser.ID, func(t *testing.T) {
			t.Parallel()
			records := backupLines(t, opened[c.file], c.parser)
			if m := bugreportHas(records, c.having...); len(records) != c.n || m != c.m && (m == 0 || c.m != bugreportAny) {
				t.Errorf("%d records, %d of them with %q, want %d and %d", len(records), m, c.having, c.n, c.m)
			}
		})
	}
}

// TestCorpusDumpsys compares what is read of the published texts of MVT's tests with
// what those tests assert.
func TestCorpusDumpsys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, service string
		parser        *artifact.Parser
		n             int
		having        []string
		m             int
	}{
		{"dumpsys_accessibility", "accessibility", &android.Accessibility, 4, []string{`"state":"installed"`}, 4},
		{"dumpsys_adb", "adb", &android.ADBKeys, 3, []string{`"list":"user"`, "F0:A1:3D:8C:B3:F4:7B:09:9F:EE:8B:D8:38:2E:BD:C6", "user@linux"}, 1},
		{"dumpsys_adb_wifi", "adb", &android.ADBKeys, 3, []string{`"list":"user"`, "user@linux"}, 1},
		{"dumpsys_packages", "package", &android.DumpsysPackages, 2, []string{`"version":"5.0.07"`, `"first_installed":"2008-12-31T16:00:00"`, `"system":true`}, 1},
		{"dumpsys_packages", "package", &android.Activities, 10, []string{`"component":"com.samsung.android.app.social/.feed.FeedsActivity"`}, 1},
		{"dumpsys_packages", "package", &android.Receivers, 9, []string{`"intent":"com.android.storagemanager.automatic.SHOW_NOTIFICATION"`}, 1},
		{"dumpsys_platform_compat", "platform_compat", &android.PlatformCompat, 3, []string{"org.torproject.torbrowser"}, 1}, // MVT 2: rawOverrides only
		{"dumpsys_platform_compat", "platform_compat", &android.PlatformCompat, 3, []string{"org.article19.circulo.next"}, 1},
		{"dumpsys_battery", "batterystats", &android.BatteryHistory, 8, []string{`"com.whatsapp"`}, 2},
		{"dumpsys_battery", "batterystats", &android.BatteryDaily, 18, nil, 18}, // lines in the text; MVT 3 alarms
		{"dumpsys_dbinfo", "dbinfo", &android.DatabaseInfo, 5, []string{`"database":"/data/user/0/com.wssyncmldm/databases/idmsdk.db"`, `"sql":"PRAGMA database_list;"`}, 1},
	} {
		t.Run(c.file+"/"+c.parser.ID, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(testdata.Path(t, "android-dumpsys/mvt-project+mvt/android_data/"+c.file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			tree := fstest.MapFS{"androidqf/dumpsys/" + c.service + ".txt": {Data: data}}
			records := backupLines(t, &evidence.Source{ID: "test", Kind: evidence.AndroidQF, FS: tree}, c.parser)
			if m := bugreportHas(records, c.having...); len(records) != c.n || m != c.m {
				t.Errorf("%d records, %d of them with %q, want %d and %d", len(records), m, c.having, c.n, c.m)
			}
		})
	}
}
