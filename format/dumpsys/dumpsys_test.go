package dumpsys_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/dumpstate"
	. "github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/internal/linestest"
)

// fromText yields the lines of a text.
func fromText(text string) iter.Seq[lines.Line] { return linestest.Split(text) }

func TestValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2031-02-03 10:20:30":     "2031-02-03T10:20:30Z",
		"2031-02-03 10:20:30.456": "2031-02-03T10:20:30.456Z",
		"2031-02-03-10-20-30":     "2031-02-03T10:20:30Z",
		"02-29 10:20:30.1":        "0000-02-29T10:20:30.1Z",
		"2031-13-03 10:20:30":     "",
		"now":                     "",
	} {
		got, ok := ParseTime(text)
		if s := got.Format(time.RFC3339Nano); ok != (want != "") || ok && s != want {
			t.Errorf("%q: got %s, %v, want %s", text, s, ok, want)
		}
	}
	for text, want := range map[string]time.Duration{"+1d2h3m4s5ms": 26*time.Hour + 3*time.Minute + 4005*time.Millisecond, "-312ms": -312 * time.Millisecond,
		"0": 0, "11d 12h 30m 0s 400ms": 276*time.Hour + 30*time.Minute + 400*time.Millisecond, "+999999999999d": -1, "1x": -1, "5": -1} {
		if got, ok := ParseDuration(text); ok && got != want || !ok && want != -1 {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	got := ""
	for k, v := range Pairs(`a=1 b=[ x, y ] c="q r", word d={e=(f g)} h=i=j k=`) {
		got += fmt.Sprintf("%s:%s;", k, v)
	}
	check(t, "pairs", got, "a:1;b:[ x, y ];c:q r;:word;d:{e=(f g)};h:i=j;k:;")
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	got := ""
	for b := range Blocks(fromText("  deep first\nA:\n\n  x\n\ty\n    z\n  w\nB\n"), 0) {
		for n := range b.Walk() {
			got += fmt.Sprintf("%d.%d %s;", n.Line, n.Indent, n.Text)
		}
		got += fmt.Sprintf(" to %d|", b.Last())
	}
	check(t, "blocks", got, "1.2 deep first; to 1|2.0 A:;4.2 x;5.8 y;6.4 z;7.2 w; to 7|8.0 B; to 8|")
}

// TestUnknownForms checks that what is not known is told, with its lines.
func TestUnknownForms(t *testing.T) {
	t.Parallel()
	text := "Current AppOps Service state:\n  Uid 0:\n    Package a.b:\n      CAMERA: mode=allow; time=+1h ago; duration=+5s\n" +
		"      what is this\n        and this\n      WIFI (allow / switch X=deny):\n          Access: [top-s] yesterday (-1d)\n"
	ops, errs := all(t, AppOps(fromText(text)))
	check(t, "operations", fmt.Sprint(len(ops), ops[0].Mode, ops[0].Uses[0].Ago, ops[0].Uses[0].Duration, " ", ops[1].Mode, ops[1].Switch, ops[1].SwitchMode), "2allow1h0m0s 5s allowXdeny")
	check(t, "errors", errs, `[read appops: unknown form in lines 5 to 6: "what is this" read appops: unknown form in lines 8 to 8: "Access: [top-s] yesterday (-1d)"]`)
	for _, err := range Packages(fromText("\n\nPaquets :\n  x\n")) {
		var form *FormError
		if !errors.As(err, &form) || form.First != 3 || form.Last != 4 {
			t.Errorf("got %v", err)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	aosp := "User state[\n  attributes:{id=10, currentUser=true}\n" +
		"     Bound services:{Service[label=Help, me, feedbackType[FEEDBACK_GENERIC], capabilities=11, eventTypes=TYPES_ALL_MASK, notificationTimeout=0]}\n" +
		"     Enabled services:{{com.example.helper/com.example.helper.Svc}, {com.example.pwm/com.example.pwm.Fill}}\n     Crashed services:{}]\n"
	got := ""
	for _, s := range whole(t, AccessibilityServices(fromText(aosp))) {
		got += fmt.Sprintln(s.User, s.State, s.Component, s.Label, s.Capabilities, s.EventTypes, s.Feedback)
	}
	check(t, "accessibility", got, "10 bound  Help, me 11 TYPES_ALL_MASK FEEDBACK_GENERIC\n10 enabled com.example.helper/com.example.helper.Svc  -1  \n10 enabled com.example.pwm/com.example.pwm.Fill  -1  \n")

	admins := "Current Device Policy Manager state:\n  Device Owner:\n    admin=ComponentInfo{com.example.mdm/com.example.mdm.Admin}\n    name=\n    User ID: 0\n" +
		"  Enabled Device Admins (User 10, provisioningState: 0):\n    com.example.helper/.Receiver:\n      uid=10234\n      testOnlyAdmin=true\n      policies:\n        wipe-data\n        force-lock\n    mPasswordOwner=-1\n"
	got = ""
	for _, a := range whole(t, PolicyAdmins(fromText(admins))) {
		got += fmt.Sprintln(a.Role, a.User, a.Component, a.UID, a.TestOnly, a.Policies)
	}
	check(t, "admins", got, "device owner 0 com.example.mdm/com.example.mdm.Admin -1  []\nadmin 10 com.example.helper/.Receiver 10234 true [wipe-data force-lock]\n")

	adb := "{\n  debugging_manager={\n    connected_to_adb=true\n    user_keys=QUJD a@b\nREVG c@d\n\n    system_keys=\n    keystore=<?xml version='1.0' encoding='utf-8'?>\n" +
		"<keyStore version=\"1\">\n<adbKey key=\"QUJD a@b\" lastConnection=\"1748736000000\" />\n<wifiAP bssid=\"aa:bb\" />\n</keyStore>\n\n    adb_wifi={\n      enabled=true\n    }\n  }\n}\n"
	a := whole(t, ADBState(fromText(adb)))[0]
	check(t, "adb", fmt.Sprintln(len(a.UserKeys), a.UserKeys[1].User, len(a.SystemKeys), a.Form, a.Keystore[0].Connected, a.TrustedAPs, a.Other),
		"2 c@d 0 xml 2025-06-01 00:00:00 +0000 UTC [aa:bb] [{adb_wifi.enabled true}]\n")

	h := whole(t, History(fromText("Battery History (2% used):\n02-03 20:27:39.431 (2) 100 +pkginst=u0a1:\"com.example\" +running wifi_signal_strength=3\n\n")))[0]
	check(t, "history", fmt.Sprint(h.Time.Format(time.StampMilli), h.Level, h.Events), "Feb  3 20:27:39.431100 [{43 pkginst u0a1 com.example} {43 running  } {0 wifi_signal_strength  3}]")

	c := whole(t, HistoryCheckin(fromText("9,hsp,4,10094,\"com.example/.Job,x\"\n9,h,0:RESET:TIME:1748736000000\n9,h,1500,Bl=95,+Ejb=4,-w\n")))
	check(t, "checkin", fmt.Sprint(c[0].Reset, c[1].Time, c[1].Elapsed, c[1].Level, c[1].Events), "true 2025-06-01 00:00:01.5 +0000 UTC 1.5s 95 [{0 level  95} {43 job 10094 com.example/.Job,x} {45 wake_lock  }]")

	p, errs := all(t, Properties(fromText("[a]: [1\n2]\n[b]: []\n[c]: [open\n[d]: [4]\n")))
	check(t, "properties", fmt.Sprintf("%v %d", p, len(errs)), "[{1 a 1\n2} {3 b } {4 c open} {5 d 4}] 1")

	accounts := "User UserInfo{0:Owner:4c13}:\n  Accounts: 1\n    Account {name=a@example.com, type=com.google}\n\n  AccountId, Action_Type, timestamp, UID, TableName, Key\n  Accounts History\n  1,action_account_add,2031-02-03 10:20:30,10123,accounts,0\n\n"
	s := whole(t, AccountStates(fromText(accounts)))[0]
	check(t, "accounts", fmt.Sprint(s.Accounts, s.History), "[{3 a@example.com com.google}] [{7 1 action_account_add 2031-02-03 10:20:30 +0000 UTC 10123 accounts 0}]")
}

// decoders are all decoders by the section they read.
var decoders = map[string][]func(iter.Seq[lines.Line]) int{
	"package": {count(Packages), count(Resolvers), count(InstallSessions)}, "appops": {count(AppOps)}, "accessibility": {count(AccessibilityServices)},
	"dbinfo": {count(DBOperations), count(DBFiles)}, "platform_compat": {count(CompatChanges)}, "SYSTEM PROPERTIES": {count(Properties)},
	"batterystats": {count(PackageChanges), count(History)}, "CHECKIN BATTERYSTATS": {count(BatteryCheckin), count(HistoryCheckin)},
	"CHECKIN PACKAGE": {count(CheckinPackages)}, "adb": {count(ADBState)}, "device_policy": {count(PolicyAdmins)}, "notification": {count(NotificationListeners)},
	"usagestats": {count(UsageEvents), count(UsagePackages)}, "CHECKIN USAGESTATS": {count(UsageEvents)}, "netstats": {count(NetBuckets)}, "CHECKIN NETSTATS": {count(NetBuckets)},
	"activity": {count(Services), count(Exits)}, "wifi": {count(WifiNetworks)}, "dropbox": {count(DropBoxEntries)}, "account": {count(AccountStates)},
	"VM TRACES JUST NOW": {count(ThreadDumps)}, "SYSTEM LOG": {count(LogEntries)}, "EVENT LOG": {count(LogEntries)}, "RADIO LOG": {count(LogEntries)},
}

func count[T any](decode func(iter.Seq[lines.Line]) iter.Seq2[T, error]) func(iter.Seq[lines.Line]) int {
	return func(text iter.Seq[lines.Line]) (n int) {
		for range decode(text) {
			n++
		}
		return n
	}
}

// BenchmarkAll cuts the real bug report and decodes all sections that there are
// decoders for, a section again for each of its decoders.
func BenchmarkAll(b *testing.B) {
	emulator(b)
	b.SetBytes(int64(len(unpacked)))
	b.ReportAllocs()
	for b.Loop() {
		for pass := range 3 {
			for s, err := range dumpstate.Sections(emulator(b)) {
				if err != nil {
					b.Fatal(err)
				}
				if d := decoders[s.Name]; s.Priority == "" && pass < len(d) {
					d[pass](s.Lines())
				}
			}
		}
	}
}

func FuzzDecoders(f *testing.F) {
	for _, s := range []string{"Packages:\n  Package [a] (1):\n    appId=1\n    User 0: installed=true\n      runtime permissions:\n        x: granted=true, flags=[ A|B]\n",
		"Activity Resolver Table:\n  Schemes:\n      :\n        1f a/.B filter 2\n          Action: x\n", "Historical install sessions:\n  Session 1:\n      userId=0 a=b\n  c=d\n",
		"Current AppOps Service state:\n  Uid 0:\n    Package a:\n      X (allow / switch Y=deny):\n        null=[\n          Access: [top-s] 2031-02-01 11:22:33.444 (-2d) duration=+1m proxy[uid=1]\n          Running start at: +3s\n        ]\n",
		"User state[attributes:{id=0, x\n installed services: {\n 0 : a/b\n }\n Enabled services:{{a/b}, {Service[label=x, feedbackType[Y], capabilities=1]}}\n",
		"** Database info for pid 1 [a] **\nConnection pool for /x:\n Connection #0:\n  Most recently executed operations:\n    0: [02-01 12:21:44.096] [Pid:(0)]x took 0ms - ok, sql=\"a\", path=b\nDatabase files in /d:\n  x 1b ctime=2025-11-22T16:30:44Z\n",
		"ChangeId(1; name=X; disabled; rawOverrides={a=false}; overridable)\n[a]: [b\nc]\n", "Battery History (1):\n +1s (2) 100 +job=u0:\"a\"\n\nDaily stats:\n  Daily from 2022-08-16-15-56-39 to 2022-08-17-01-15-45:\n    Package changes:\n      Update a vers=1\n",
		"9,h,0:RESET:TIME:1\n9,hsp,1,2,\"a\"\n9,0,l,x,1\nvers,1\npkg,a,1,2,3,?-1?,0\npkg-usr,0,I,0,?,0,1\n", "{\n debugging_manager={\n user_keys=QUJD a@b\n keystore=ABX\x00\x10\n adb_wifi={\n }\n",
		"Current Device Policy Manager state:\n  Enabled Device Admins (User 0):\n    a/b:\n      uid=1\nCurrent Notification Manager state:\n  Notification listeners:\n    Live (1):\n      ComponentInfo{a/b} (user 0): x\n      c (user\n",
		"user=0\n  Last 24 hour events (x)\n    time=\"2025-11-22 19:30:45\" type=A package=b\n      package=a totalTime=1\nUID stats:\n  ident=[{}] uid=1 set=ALL tag=0x0\n    NetworkStatsHistory: bucketDuration=3600\n      st=1 rb=1\nv1,1,2\nxt\nc,wifi,-1,all,0\nd,3600\nb,1,2,3,4,5,6\n",
		"ACTIVITY MANAGER SERVICES (x)\n  * ServiceRecord{1 u0 a/b}\n    createTime=-1s\nACTIVITY MANAGER PROCESS EXIT INFO (x)\n  package: a\n        ApplicationExitInfo #0:\n          timestamp=2025-11-22 19:40:56.597 pid=1 reason=1 (X Y) description=a state=b trace=null\n",
		"Configured networks Begin\nID: 0 SSID: \"x\" BSSID: null\n cuid=1\n2025-11-22 19:30:46 A (text, 1 bytes)\nProcess: x\nAccounts: 1\n Account {name=a, type=b}\n", "----- pid 1 at 2024-01-01 10:00:00.000000000+0000 -----\n\"a\" prio=5 tid=1 X\n  | sysTid=1\n  at b\n",
		"--------- beginning of main\n01-01 01:02:03.123  1234  1234 D t: m\n2022-01-02 11:42:10.613472 +1000 I/A ( 1080: 1179): x\n"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, list := range decoders {
			for _, d := range list {
				d(fromText(text))
			}
		}
	})
}
