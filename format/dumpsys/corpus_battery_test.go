package dumpsys_test

import (
	"fmt"
	"testing"

	. "github.com/vigie-project/vigie/format/dumpsys"
)

// TestBattery: the peer keeps 3 of 18 changes, which are repeated, and 5 of the
// events of the history.
func TestBattery(t *testing.T) {
	t.Parallel()
	distinct := map[string]bool{}
	changes := whole(t, PackageChanges(section(t, mvt(t, "dumpsys_battery.txt"), "")))
	for _, c := range changes {
		distinct[fmt.Sprint(c.From, c.Package, c.Version)] = true
	}
	check(t, "changes", fmt.Sprint(len(changes), len(distinct), " ", changes[0].From), "18 3 2022-08-16 15:56:39 +0000 UTC")

	var got []string
	for _, it := range whole(t, History(section(t, mvt(t, "dumpsys_battery.txt"), ""))) {
		for _, e := range it.Events {
			if e.Sign != 0 && (e.Name == "job" || e.Name == "top") {
				got = append(got, fmt.Sprintf("%s %d %c%s %s %s", it.Time.Format("01-02 15:04:05"), it.Level, e.Sign, e.Name, e.UID, e.Value))
			}
		}
	}
	job := "job u0a94 com.samsung.android.app.reminder/.data.alarmregister.RegisterAlarmJobService"
	want := []string{"01-04 17:30:48 100 +" + job, "01-04 17:30:48 100 -" + job, "01-04 18:56:19 95 +top u0a280 com.whatsapp",
		"01-04 18:58:36 95 -top u0a280 com.whatsapp", "01-07 16:52:25 79 +top u0a44 com.sec.android.app.launcher"}
	check(t, "history", got, want)

	emulated := whole(t, PackageChanges(section(t, emulator(t), "batterystats")))
	check(t, "emulator", fmt.Sprint(len(emulated), emulated[0].From, emulated[0].To.IsZero()), "2 2025-11-22 19:30:39 +0000 UTC true")
	check(t, "empty history", len(whole(t, History(section(t, emulator(t), "batterystats")))), 0)
}

// TestCheckins: 141 packages, those not hidden.
func TestCheckins(t *testing.T) {
	t.Parallel()
	packages := whole(t, CheckinPackages(section(t, emulator(t), "CHECKIN PACKAGE")))
	check(t, "packages", len(packages), 141)
	for _, p := range packages {
		if p.Name == "com.android.vending" {
			check(t, p.Name, fmt.Sprint(p.AppID, p.VersionCode, p.Installer, " ", p.InstallerUID, p.Updated), "10084 84880718com.android.vending 100842025-11-22 16:31:05.522 +0000 UTC")
		}
		if p.Name == "com.google.android.gms" {
			check(t, p.Name, fmt.Sprint(p.Installer, p.InstallerUID, p.UpdateOwner), "-1com.android.vending")
		}
	}
	uids := 0
	for _, c := range whole(t, BatteryCheckin(section(t, emulator(t), "CHECKIN BATTERYSTATS"))) {
		if c.Section == "uid" && c.Period == "i" {
			uids++
		}
	}
	check(t, "uids", uids, 47)
}

func TestADB(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dumpsys_adb.txt", "dumpsys_adb_wifi.txt"} {
		got := whole(t, ADBState(section(t, mvt(t, name), "adb")))
		if len(got) != 1 {
			t.Fatalf("%s: %d states", name, len(got))
		}
		a := got[0]
		check(t, name, fmt.Sprint(a.Connected, len(a.UserKeys), a.UserKeys[0].Fingerprint == a.LastKey, " ", a.UserKeys[0].Fingerprint, " ", a.UserKeys[0].User,
			" ", a.Form, " ", len(a.Keystore), a.Keystore[0].User),
			"true1 true F0:A1:3D:8C:B3:F4:7B:09:9F:EE:8B:D8:38:2E:BD:C6 user@linux damaged abx 1user@linux")
		if name == "dumpsys_adb_wifi.txt" {
			check(t, name, a.Other, "[{adb_wifi.enabled false} {adb_wifi.network_bssid } {adb_wifi.network_ssid } {adb_wifi.is_trusted_network false} {adb_wifi.tls_port 0}]")
		}
	}
	a := whole(t, ADBState(section(t, emulator(t), "adb")))
	check(t, "emulator", fmt.Sprint(len(a), len(a[0].UserKeys), len(a[0].Keystore), a[0].Keystore[0].Key == a[0].UserKeys[0].Key), "1 1 1 true")
}
