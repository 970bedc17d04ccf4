package dumpsys_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
)

// TestLogcat checks the published values of eight lines of all formats.
func TestLogcat(t *testing.T) {
	t.Parallel()
	got := whole(t, LogEntries(section(t, open(t, "android-dumpsys/log2timeline+plaso/android_logcat.log"), "")))
	if len(got) != 8 {
		t.Fatalf("%d entries, want 8", len(got))
	}
	show := func(e LogEntry) string {
		return fmt.Sprint(e.Time.Format(time.RFC3339Nano), e.HasYear, e.HasZone, " ", e.UID, " ", e.PID, e.TID, string(e.Priority), e.Tag, "|", e.Message, "|", e.Buffer)
	}
	for i, want := range map[int]string{
		0: "0000-01-01T01:02:03.123Zfalse false  1234 1234Dthreadtime|test of default threadtime format|main",
		1: "0000-01-02T01:02:04.156Zfalse false  190 -1Isometag|test of default time format|kernel",
		2: "2022-01-02T01:20:03.171Ztrue true  1885 3066EApp|test of threadtime w/ UTC and year|kernel",
		4: "2022-01-02T01:20:07.171997Ztrue false 1000 1885 3066EApp|test of threadtime w/ year, uid, usec|kernel",
		5: "2022-01-02T11:20:07.171997+10:00true true  9346 9347EAppTag|test of threadtime w/ year, zone, usec|kernel",
		6: "2022-01-02T11:42:10.613472+10:00true true 1080 1179 -1IAppTag|test of time w/ zone, uid, year|kernel",
	} {
		check(t, fmt.Sprint("entry ", i), show(got[i]), want)
	}
	entries := whole(t, LogEntries(section(t, emulator(t), "SYSTEM LOG")))
	check(t, "emulator", len(entries) > 90_000, true)
	check(t, "Android 2.3", len(whole(t, LogEntries(section(t, gingerbread(t), "SYSTEM LOG")))), 925)
}

func TestThreadDumps(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"thread_dump.txt":               "28941 2023-04-04T22:06:31+02:00 io.sentry.samples.android 30 Signal Catcher Runnable 28957 true",
		"thread_dump_no_stacktrace.txt": "12345 2024-01-01T10:00:00Z io.sentry.samples.android 2 main Runnable 12345 false",
	} {
		got := whole(t, ThreadDumps(section(t, open(t, "android-tombstone/getsentry+sentry-java/"+name), "")))
		if len(got) == 0 {
			t.Fatal(name)
		}
		d := got[0]
		check(t, name, fmt.Sprintln(d.PID, d.Time.Format(time.RFC3339), d.CommandLine, len(d.Threads), d.Threads[0].Name, d.Threads[0].State, d.Threads[0].SysTID, d.Ended), want+"\n")
	}
	old := whole(t, ThreadDumps(section(t, gingerbread(t), "VM TRACES AT LAST ANR")))
	check(t, "Android 2.3", fmt.Sprintln(len(old), old[0].Time, old[0].HasZone), "4 1980-01-06 08:00:11 +0000 UTC false\n")
}

func TestRest(t *testing.T) {
	t.Parallel()
	from := func(name string) func(func(lines.Line) bool) { return section(t, emulator(t), name) }
	n := map[string]int{
		"admins":    len(whole(t, PolicyAdmins(from("device_policy")))),
		"listeners": len(whole(t, NotificationListeners(from("notification")))),
		"events":    len(whole(t, UsageEvents(from("usagestats")))),
		"checkin":   len(whole(t, UsageEvents(from("CHECKIN USAGESTATS")))),
		"use":       len(whole(t, UsagePackages(from("usagestats")))),
		"buckets":   len(whole(t, NetBuckets(from("netstats")))),
		"b":         len(whole(t, NetBuckets(from("CHECKIN NETSTATS")))),
		"services":  len(whole(t, Services(from("activity")))),
		"exits":     len(whole(t, Exits(from("activity")))),
		"wifi":      len(whole(t, WifiNetworks(from("wifi")))),
		"sessions":  len(whole(t, InstallSessions(from("package")))),
		"dropbox":   len(whole(t, DropBoxEntries(from("dropbox")))),
		"accounts":  len(whole(t, AccountStates(from("account")))),
	}
	check(t, "counts", n, "map[accounts:1 admins:0 b:20 buckets:26 checkin:169 dropbox:32 events:169 exits:36 listeners:16 services:40 sessions:1 use:560 wifi:1]")
	s := whole(t, InstallSessions(from("package")))[0]
	check(t, "session", fmt.Sprintln(s.ID, s.List, s.Installer, s.Initiating, s.App, s.Created.UnixMilli(), s.Committed.UnixMilli(), s.UID),
		"855090526 Historical install sessions com.android.vending com.android.vending com.android.vending 1763829065341 1763829065477 10084\n")
	w := whole(t, WifiNetworks(from("wifi")))[0]
	check(t, "wifi", fmt.Sprintln(w.SSID, w.KeyMgmt, w.Creator, w.CreatorUID, w.LastConnected.Format(time.StampMilli), w.Proxy),
		"\"AndroidWifi\" NONE com.android.tv.provision 10075 Nov 23 02:15:13.959 NONE\n")
	e := whole(t, Exits(from("activity")))[0]
	check(t, "exit", fmt.Sprintln(e.Package, e.UID, e.Time, e.PID, e.Process, e.Reason, e.ReasonName, e.SubReasonName, e.Status, e.Description),
		"com.android.shell 2000 2025-11-22 19:40:56.597 +0000 UTC 2218 com.android.shell 13 OTHER KILLS BY SYSTEM TOO MANY EMPTY PROCS 0 too many empty\n")
	v := whole(t, Services(from("activity")))[0]
	check(t, "service", fmt.Sprintln(v.User, v.Component, v.Package, v.App, v.Created, v.Started, v.Caller),
		"0 com.google.android.bluetooth/com.android.bluetooth.hid.HidDeviceService com.google.android.bluetooth 9f579b4 7980:com.google.android.bluetooth/1002 2h8m27.332s true android\n")
	for _, l := range whole(t, NotificationListeners(from("notification"))) {
		if l.List == "enabled" && l.Manager == "Notification listeners" {
			check(t, "listener", l.Component, "com.google.android.tvrecommendations/com.google.android.tvrecommendations.NotificationsService")
		}
	}
}

func TestGingerbread(t *testing.T) {
	t.Parallel()
	from := func(name string) func(func(lines.Line) bool) { return section(t, gingerbread(t), name) }
	a := whole(t, AccountStates(from("account")))
	check(t, "accounts", fmt.Sprint(len(a), len(a[0].Accounts), len(a[0].Services), a[0].Accounts[0].Type), "1 1 3com.google")
	boxes := whole(t, DropBoxEntries(from("dropbox")))
	check(t, "dropbox", fmt.Sprint(len(boxes), boxes[0].Form, boxes[0].Size, strings.HasPrefix(boxes[0].Text, "Process: ")), "271compressed text995 true")
	check(t, "admins, listeners", fmt.Sprint(len(whole(t, PolicyAdmins(from("device_policy")))), len(whole(t, NotificationListeners(from("notification"))))), "0 0")
}

// TestAndroidQF reads the sections of a dumpsys taken alone.
func TestAndroidQF(t *testing.T) {
	t.Parallel()
	from := func(name string) func(func(lines.Line) bool) {
		return section(t, open(t, "androidqf/mvt-project+mvt/androidqf/dumpsys.txt"), name)
	}
	check(t, "counts", fmt.Sprintln(len(whole(t, AccessibilityServices(from("accessibility")))), len(whole(t, AppOps(from("appops")))),
		len(whole(t, Packages(from("package")))), len(whole(t, History(from("batterystats")))), len(whole(t, PackageChanges(from("batterystats")))),
		len(whole(t, DBOperations(from("dbinfo")))), len(whole(t, CompatChanges(from("platform_compat")))), len(whole(t, ADBState(from("adb"))))),
		"4 37 2 30 11 6 15 1\n")
}
