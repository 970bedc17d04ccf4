package dumpsys_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	. "github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
)

// controls are the decoders of control positions by the section they read.
var controls = map[string]func(iter.Seq[lines.Line]) int{
	"role": count(Roles), "vpn_management": count(VPNs), "connectivity": count(Networks), "input_method": count(InputMethods),
	"companiondevice": count(Companions), "trust": count(TrustEntries), "notification": count(Channels), "user": count(Users),
	"deviceidle": count(Exemptions), "lock_settings": count(Locks), "package": count(Authorities), "jobscheduler": count(Jobs),
	"alarm": count(Alarms), "bluetooth_manager": count(BluetoothEntries), "usb": count(USBStates),
	"media_projection": count(Projections),
}

// TestControlsEmulator compares with what is counted in the text of the real
// report of Android 14: lines "name=" below roles, "JOB #", "Alarm{" and lines of
// statistics, "AppSettings:" with channels and groups, and so on.
func TestControlsEmulator(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"role": 37, "vpn_management": 2, "connectivity": 1, "input_method": 2, "companiondevice": 0, "trust": 1,
		"notification": 203, "user": 1, "deviceidle": 15, "lock_settings": 1, "package": 156, "jobscheduler": 48, "alarm": 42, "bluetooth_manager": 4, "usb": 8, "media_projection": 0} {
		check(t, name, controls[name](section(t, emulator(t), name)), want) // errors count too
	}
	from := func(name string) func(func(lines.Line) bool) { return section(t, emulator(t), name) }
	m := whole(t, InputMethods(from("input_method")))[0]
	check(t, "method", fmt.Sprintln(m.ID, m.Package, m.UID, m.Enabled, m.Current, m.Settings, m.Source),
		"com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME com.google.android.inputmethod.latin 10092 true true "+
			"com.google.android.apps.inputmethod.tv.preference.TVSettingsActivity /product/app/LatinIMEGoogleTvPrebuilt/LatinIMEGoogleTvPrebuilt.apk\n")
	w := whole(t, Networks(from("connectivity")))[0]
	check(t, "network", fmt.Sprintln(w.ID, w.Info, w.Interface, w.Addresses[1], w.DNS, w.PrivateDNS, w.Proxy, w.Transports, len(w.Capabilities), w.Owner),
		"100 Ethernet CONNECTED extra: 52:54:00:12:34:56 eth0 10.0.2.15/24 [10.0.2.3]   [ETHERNET] 11 -1\n")
	v := whole(t, VPNs(from("vpn_management")))
	check(t, "vpn", fmt.Sprintln(v[0].Package, v[0].Type, v[1].Event, v[1].Time), "[Legacy VPN] -1 [LockdownAlwaysOn] Mode changed: lockdown=false alwaysOn=false calling from 1000 2025-11-22 19:30:44.95416 +0000 UTC\n")
	l := whole(t, Locks(from("lock_settings")))[0]
	check(t, "lock", fmt.Sprintln(l.User, l.Changed, l.Credential), "0 2025-11-22 19:30:44 +0000 UTC NONE\n")
	u := whole(t, Users(from("user")))[0]
	check(t, "user", fmt.Sprintln(u.ID, u.Type, u.Flags, u.State, u.LastLoggedIn), "0 android.os.usertype.full.SYSTEM ADMIN|FULL|INITIALIZED|MAIN|PRIMARY|SYSTEM RUNNING_UNLOCKED +15h14m11s933ms ago\n")
	j := whole(t, Jobs(from("jobscheduler")))[2]
	check(t, "job", fmt.Sprintln(j.ID != "", strings.Contains(j.Component, "/"), j.User), "true true 0\n")
	check(t, "history of jobs", len(whole(t, JobEvents(from("jobscheduler")))), 100)
	b := whole(t, BluetoothEntries(from("bluetooth_manager")))[3]
	check(t, "bluetooth", fmt.Sprintln(b.Kind, b.Time.Format(time.StampMilli)), "crash Nov 23 08:36:28.887\n")
}

// TestControls reads the forms of other versions, made up after the code that
// prints them.
func TestControls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		got  func(text string) string
		text string
		want string
	}{
		{"roles, several holders, one role", func(s string) string {
			return shown(t, Roles(fromText(s)), func(r Role) string { return fmt.Sprint(r.User, r.Name, r.Holder) })
		}, "ROLE MANAGER STATE (dumpsys role):\n{\n  user_states=[\n    {\n      user_id=0\n      roles=[\n        {\n          name=r.SMS\n          holders=a.b\n        }\n        {\n          name=r.WATCH\n          holders=[\n            c.d\n            e.f\n          ]\n        }\n      ]\n    }\n" +
			"    {\n      user_id=10\n      roles={\n        name=r.SMS\n      }\n    }\n  ]\n}\n",
			"0r.SMSa.b;0r.WATCHc.d;0r.WATCHe.f;10r.SMS;"},
		{"VPN of Android 12", func(s string) string {
			return shown(t, VPNs(fromText(s)), func(v VPN) string { return fmt.Sprint(v.User, v.Package, v.Type) })
		}, "VPNs:\n  0: com.example.vpn\n  10: [Legacy VPN]\n", "0com.example.vpn;10[Legacy VPN];"},
		{"networks of Android 8 and 16", func(s string) string {
			return shown(t, Networks(fromText(s)), func(n Network) string {
				return fmt.Sprint(n.ID, n.Interface, n.Addresses, n.DNS, n.PrivateDNS, n.Proxy, n.PAC, n.Transports, n.Owner, n.Underlying)
			})
		}, "NetworkFactories for:\nActive default network: 101\nCurrent Networks:\n  NetworkAgentInfo{ ni{[type: VPN[], state: CONNECTED/CONNECTED, reason: agentConnected, extra: (none)]}  network{101}  nethandle{434}  lp{{InterfaceName: tun0 LinkAddresses: [10.1.0.2/32,]  Routes: [0.0.0.0/0 -> 0.0.0.0 tun0,] DnsAddresses: [10.1.0.1,] Domains: null MTU: 0 HttpProxy: [proxy.example] 8080 xl=a.example,b.example }}" +
			"  nc{[ Transports: WIFI|VPN Capabilities: INTERNET&NOT_RESTRICTED EstablishingVpnAppUid: 10234]}  Score{101} }\n" +
			"  NetworkAgentInfo{network{102}  handle{1}  ni{WIFI CONNECTED extra: } lp{{InterfaceName: wlan0 LinkAddresses: [ 192.0.2.4/24 ] DnsAddresses: [ /192.0.2.1,/2001:db8::1 ] UsePrivateDns: true PrivateDnsServerName: dns.example Domains: null HttpProxy: PAC Script: http://pac.example/x.pac}} nc{[ Transports: WIFI|VPN Capabilities: INTERNET&NOT_METERED OwnerUid: 10240 AdminUids: [10240] UnderlyingNetworks: [100]]}}\n",
			"101tun0[10.1.0.2/32] [10.1.0.1][proxy.example] 8080 xl=a.example,b.example[WIFI VPN] 10234;102wlan0[192.0.2.4/24] [192.0.2.1 2001:db8::1]dns.examplehttp://pac.example/x.pac[WIFI VPN] 10240[100];"},
		{"keyboards of Android 8", func(s string) string {
			return shown(t, InputMethods(fromText(s)), func(m InputMethod) string {
				return fmt.Sprintf("%s %s %d %s %v %q", m.ID, m.Package, m.UID, m.Enabled, m.Current, m.Settings)
			})
		}, "Current Input Method Manager state:\n  Input Methods:\n  InputMethod #0:\n    mId=a.b/.K mSettingsActivityName=null\n    mIsDefaultResId=0x0\n    Service:\n      ServiceInfo:\n        packageName=a.b\n        ApplicationInfo:\n          uid=10100 flags=0x1\n" +
			"  InputMethod #1:\n    mId=c.d/.K mSettingsActivityName=c.d.S\n  Clients:\n  mCurMethodId=a.b/.K\n  mSettings:\n    mCurrentUserId=0\n    mEnabledInputMethodsStrCache=a.b/.K;12:x.y/.Z\n", `a.b/.K a.b 10100 true true "";c.d/.K c.d -1 false false "c.d.S";`},
		{"companions of Android 11, 12 and 13", func(s string) string {
			return shown(t, Companions(fromText(s)), func(c Companion) string {
				return fmt.Sprintf("%s|%d %s %s %q %s %s %s", c.List, c.User, c.Package, c.Address, c.Name, c.Profile, c.Approved.Format(time.DateTime), c.Zone)
			})
		}, "Companion Device Associations:\n  u0: a.b - aa:bb:cc:dd:ee:ff\n  Association { userId = 10, deviceMacAddress = aa:bb:cc:dd:ee:01, packageName = c.d, deviceProfile = null, notifyOnDeviceNearby = false, timeApprovedMs = Mon Feb 03 10:20:30 GMT+01:00 2031 }\n" +
			"  Association{mId=1, mUserId=0, mPackageName='e.f', mDeviceMacAddress=null, mDisplayName='Bob's, mRevoked=x', mDeviceProfile='r.WATCH', mSelfManaged=true, mTimeApprovedMs=Mon Feb 03 10:20:30 CET 2031, mLastTimeConnectedMs=None, mSystemDataSyncFlags=-1}\n" +
			"Currently Connected Devices:\n  aa:bb:cc:dd:ee:01\nDevices Last Nearby:\n  aa:bb:cc:dd:ee:01 -> Mon Feb 03 10:20:30 CET 2031\nDiscovery Service State:\n  x\n",
			`Companion Device Associations|0 a.b aa:bb:cc:dd:ee:ff ""  0001-01-01 00:00:00 ;Companion Device Associations|10 c.d aa:bb:cc:dd:ee:01 ""  2031-02-03 10:20:30 GMT+01:00;` +
				`Companion Device Associations|0 e.f  "Bob's, mRevoked=x" r.WATCH 2031-02-03 10:20:30 CET;Currently Connected Devices|-1  aa:bb:cc:dd:ee:01 ""  0001-01-01 00:00:00 ;Devices Last Nearby|-1  aa:bb:cc:dd:ee:01 ""  0001-01-01 00:00:00 CET;`},
		{"trust agents", func(s string) string {
			return shown(t, TrustEntries(fromText(s)), func(e TrustEntry) string {
				return fmt.Sprint(e.Kind, e.User, e.Name, e.Agent, e.Event, e.Time.Format(time.StampMilli), len(e.State))
			})
		}, "Trust manager state:\n User \"A\" (id=1, x\" (id=0, flags=0x13) (current): trusted=0, trustManaged=1\n   Enabled agents:\n    a.b/.Agent\n     bound=1, connected=1, managingTrust=0, trusted=0\n      message=\"\"\n   Events:\n    #0  02-03 10:20:30.456 GrantTrust: agent=Agent, message=\"near, home\", duration=+4h\n" +
			" User \"Work\" (id=10, flags=0x30)(managed profile)\n   disabled because switching to this user is not possible.\n",
			`user0A" (id=1, xJan  1 00:00:00.0004;agent0a.b/.AgentJan  1 00:00:00.0005;event0AgentGrantTrustFeb  3 10:20:30.4562;user10WorkJan  1 00:00:00.0002;`},
		{"channels of Android 8", func(s string) string {
			return shown(t, Channels(fromText(s)), func(c Channel) string {
				return fmt.Sprint(c.List, " ", c.Kind, c.Package, c.UID, c.ID, " ", c.Name, c.Importance, c.Deleted, c.DeletedAt)
			})
		}, "Current Notification Manager state:\n  Ranking Config:\n    per-package config:\n  AppSettings: a.b (10100) importance=NONE\n    NotificationChannel{mId='x y', mName=News, now, mDescription=, mImportance=3, mDeleted=true, mDeletedTimeMs=1748736000000, mGroup='null'}\n    NotificationChannelGroup{mId='g', mName=G, mDescription=}\n" +
			"    Restored without uid:\n  AppSettings: c.d (UNKNOWN_UID)\n", "installed appa.b10100 NONE;installed channela.b10100x y News, now3true1748736000000;installed groupa.b10100g G;restored appc.d-1 ;"},
		{"users of Android 8", func(s string) string {
			return shown(t, Users(fromText(s)), func(u User) string {
				return fmt.Sprint(u.ID, u.Name, " ", u.Flags, u.State, u.Created, u.Restrictions)
			})
		}, "Users:\n  UserInfo{0:Owner: me}:13} serialNo=0\n    State: RUNNING_UNLOCKED\n    Created: <unknown>\n    Restrictions:\n      none\n  UserInfo{10:Work:30} serialNo=10 <partial>\n    Created: +10d2h ago\n    Restrictions:\n      no_add_user\n", "0Owner: me} 13RUNNING_UNLOCKED<unknown>[];10Work 30+10d2h ago[no_add_user];"},
		{"sleep", func(s string) string {
			return shown(t, Exemptions(fromText(s)), func(e Exemption) string { return e.List + "=" + e.App })
		}, "  Settings:\n    x=1\n  Whitelist user apps:\n    a.b\n  Whitelist all app ids:\n    10100\n", "Whitelist user apps=a.b;"},
		{"lock of Android 10", func(s string) string {
			return shown(t, Locks(fromText(s)), func(l Lock) string { return fmt.Sprint(l.User, l.Changed.Format(time.DateTime), l.Credential) })
		}, "Current lock settings service state:\nSP Enabled = true\nUser State:\n  User 0\n    SP Handle: 1a\n    Last changed: 2031-02-03 10:20:30 (0)\n    CredentialType: Pin\nStorage:\n  User 0 [/data]:\n    x\n", "02031-02-03 10:20:30Pin;"},
		{"alarms of Android 8", func(s string) string {
			return shown(t, Alarms(fromText(s)), func(a Alarm) string { return fmt.Sprint(a.Kind, a.Type, a.Package, a.UID, a.Tags, a.When, a.Summary) })
		}, "Current Alarm Manager state:\n  Pending alarm batches: 1\nBatch{1 num=1 start=2}:\n    RTC_WAKEUP #0: Alarm{1 type 0 when 1748736000000 a.b}\n      tag=*walarm*:a.b.GO\n      type=0 whenElapsed=+1m when=2031-02-03 10:20:30\n  Alarm Stats:\n  u0a80:a.b +6s running, 24 wakeups:\n    +4s 0 wakes 9 alarms, last -57s:\n      *walarm*:a.b.GO\n",
			"pendingRTC_WAKEUPa.b[*walarm*:a.b.GO]2031-02-03;statisticsa.bu0a80[*walarm*:a.b.GO]+6s running, 24 wakeups;"},
		{"Bluetooth of Android 8 and 14", func(s string) string {
			return shown(t, BluetoothEntries(fromText(s)), func(e BluetoothEntry) string {
				return fmt.Sprintf("%s %s %s %s %q", e.Kind, e.Address, e.Type, e.Class, e.Name)
			})
		}, "Bluetooth Status\n  enabled: true\n  Bonded devices:\n    aa:bb:cc:dd:ee:ff [ DUAL ] Car [1]\n    XX:XX:XX:XX:ee:01 [  LE  ][ 0x000000 ] null\n\nother\n", `bonded aa:bb:cc:dd:ee:ff DUAL  "Car [1]";bonded XX:XX:XX:XX:ee:01 LE 0x000000 "";`},
		{"USB of Android 8", func(s string) string {
			return shown(t, USBStates(fromText(s)), func(u USBState) string { return fmt.Sprint(u.Part, u.Values) })
		}, "USB Manager State:\n  USB Device State:\n    mCurrentFunctions: mtp,adb\n    mConnected: true\n", "USB Device State[{mCurrentFunctions mtp,adb} {mConnected true}];"},
		{"authorities", func(s string) string {
			return shown(t, Authorities(fromText(s)), func(a Authority) string { return a.Name + " " + a.Component })
		}, "ContentProvider Authorities:\n  [a.x;a.y]:\n    Provider{1f a.b/.P}\n      applicationInfo=ApplicationInfo{2 a.b}\n\nKey Set Manager:\n  [c]\n", "a.x;a.y a.b/.P;"},
	} {
		check(t, c.name, c.got(c.text), c.want)
	}
}

// shown joins what a decoder yields; an error is a failure.
func shown[T any](t *testing.T, seq iter.Seq2[T, error], show func(T) string) string {
	t.Helper()
	s := ""
	for _, v := range whole(t, seq) {
		s += show(v) + ";"
	}
	return s
}

// TestControlsUnknown checks that a section of another form is told.
func TestControlsUnknown(t *testing.T) {
	t.Parallel()
	for name, decode := range controls {
		if n := decode(fromText("État :\n  quelque chose\n")); n != 1 && name != "package" {
			t.Errorf("%s: %d errors, want 1", name, n)
		}
		if n := decode(fromText("")); n != 0 {
			t.Errorf("%s: %d errors for no text", name, n)
		}
	}
}

func FuzzControls(f *testing.F) {
	for _, s := range []string{"ROLE STATE\n{\n  user_states={\n    user_id=0\n    roles=[\n      {\n        name=x\n        holders=[\n          a\n        ]\n      }\n    ]\n  }\n}\n",
		"VPNs:\n  0: a\n    Active vpn type: 1\n    mEventChanges (most recent first):\n      2025-11-22T19:30:44.954160 - x\n", "Current Networks:\n  NetworkAgentInfo{network{1} lp{{DnsAddresses: [ /1.2.3.4 ] HttpProxy: [a] 1}} nc{[ Transports: VPN ]}}\n",
		"Current Input Method Manager state:\n  InputMethod #0:\n    mId=a/b\n   uid=1\n mSettingsObserver=X{mLastEnabled=a/b;1}\n mCurMethodId=a/b\n", "Companion Device Associations:\n Association{mPackageName='a', mDisplayName='', mDeviceProfile='', mTimeApprovedMs=a b c d e f}\n u0: a - b\n",
		"Trust manager state:\n User \"a\" (id=0, flags=0x1): x=1\n Enabled agents:\n a/b\n bound=1\n Events:\n #0 02-03 10:20:30.456 X: agent=a\n", "PackagePreferences:\n AppSettings: a (1) importance=X\n NotificationChannel{mId='x', mName=y, mDescription=z, mImportance=1}\n",
		"Users:\n  UserInfo{0:a:1} x=1\n    Created: x\n", "  Settings:\n  Whitelist user apps:\n    a\n", "Current lock settings service state\n  User 0\n    Last changed: 2031-02-03 10:20:30\n", "ContentProvider Authorities:\n  [a]:\n    Provider{1 a/b}\n",
		"Registered 1 jobs:\n  JOB #1/2: 3 a/b\n    Source: uid=1 user=0 pkg=a\n", "Current Alarm Manager state\n RTC #0: Alarm{1 a}\n  tag=x\n u0a1:a +1s running, 1 wakeups:\n  *x\n", "Bluetooth Status\nBonded devices:\n  aa:bb:cc:dd:ee:ff [ x ][ y ] z\nEnable log:\n  11-22 19:30:44.817 x\n",
		"USB MANAGER STATE\n{\n  a={\n    USB Event=11-22 19:30:45:329 x\n    b=[\n      c\n    ]\n  }\n}\n"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, decode := range controls {
			decode(fromText(text))
		}
		count(JobEvents)(fromText(text))
	})
}
