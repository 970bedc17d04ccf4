package fabricate

import (
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// batterystats is the dump of what used the battery: a history since the last
// charge, and the updates of packages day by day, the newest day first.
func (d *droid) batterystats() string {
	const day = "2006-01-02-15-04-05"
	var t text
	t.line("Battery History (2%% used, 92KB used of 4096KB, 31 strings using 2694):")
	begin := 30.0
	event := func(hours float64, what string) {
		if d.opt.Android >= 14 {
			t.line("%s (2) 095 %s", wall(d.ago(hours), "01-02 15:04:05.000"), what)
			return
		}
		t.line("%20s (2) 095 %s", "+"+since(begin-hours), what)
	}
	if d.opt.Android >= 14 {
		event(begin, "RESET:TIME: "+wall(d.ago(begin), day))
	} else {
		t.line("%20d (19) RESET:TIME: %s\n%20d (2) 100 status=discharging health=good plug=none temp=242 volt=4302", 0, wall(d.ago(begin), day), 0)
	}
	event(28, `+top=u0a55:"com.example.game"`)
	event(27.5, `-top=u0a55:"com.example.game"`)
	if !d.opt.Benign {
		uid := d.find(spyApp).opsUID()
		event(spyActive, "+running +wake_lock="+uid+`:"*walarm*:`+spyApp+`/.Alarm"`)
		event(spyActive-0.1, "+job="+uid+`:"`+spyApp+`/.Upload"`)
		d.found("battery-history", "android.batteryhistory", spyApp, detect.Confirmed, "a job of the app, in the battery history", 0)
	}
	event(20, `+pkginst=u0a60:"com.example.notes"`)
	t.line("\nDaily stats:\n  Current start time: %s\n    Package changes:\n      Update com.example.notes vers=105", wall(d.ago(8), day))
	for i, changes := range []string{
		"Update com.example.weather vers=101" + d.infected("\n      Update com.example.mail vers=96"), "Update com.example.weather vers=100",
		d.infected("Update " + spyApp + " vers=3\n      Update com.example.loader vers=0\n      Update com.example.mail vers=210"),
	} {
		t.line("  Daily from %s to %s:\n    Charge step durations:\n      #0: +5m15s53ms to 100 (screen-off, power-save-off, device-idle-off)", wall(d.ago(float64(56+24*i)), day), wall(d.ago(float64(32+24*i)), day))
		if changes != "" {
			t.line("    Package changes:\n      %s", changes)
		}
	}
	d.found("battery-daily", "android.batterydaily", spyApp, detect.Confirmed, "an update of the app, in the daily statistics", 0)
	d.ruled("battery-downgrade", "android.batterydaily", "com.example.mail", detect.Context, "an app that was replaced by an older version")
	d.trap("newest-day-first", "com.example.weather", "versions that fall in the order of the text and rise in that of time")
	t.line("\nStatistics since last charge:\n  System starts: 1, currently on battery: false")
	return t.String()
}

// dbinfo is the dump of the databases in use.
func (d *droid) dbinfo() string {
	layout := "2006-01-02 15:04:05.000"
	if d.opt.Android < 9 {
		layout = "01-02 15:04:05.000"
	}
	var t text
	t.line("Applications Database Info:\n")
	pool := func(pid int, name, file, sql string, hours float64) {
		path := "/data/user/0/" + name + "/databases/" + file
		t.line("** Database info for pid %d [%s] **\n\nConnection pool for %s:\n  Open: true\n  Max connections: 1\n  Available primary connection:\n    Connection #0:\n      isPrimaryConnection: true\n      Most recently executed operations:", pid, name, path)
		for i, q := range []string{sql, "PRAGMA page_size;"} {
			t.line("        %d: [%s] executeForLong took 2ms - succeeded, sql=%q, path=%s", i, wall(d.ago(hours), layout), q, path)
		}
		t.line("  Available non-primary connections:\n    <none>\n")
	}
	pool(3100, "com.example.notes", "notes.db", "SELECT count(*) FROM note;", 5)
	if !d.opt.Benign {
		pool(6100, spyApp, "queue.db", "INSERT INTO upload VALUES (?,?);", spyActive)
		d.found("database", "android.databaseinfo", spyApp, detect.Confirmed, "a database of the app", 0)
	}
	return t.String()
}

// usagestats is the dump of which apps were used.
func (d *droid) usagestats() string {
	var t text
	t.line("user=0 \n  Last 24 hour events (timeRange=\"3/13/2026, 10:26 AM – 3/14/2026, 10:26 AM\" )")
	for i, name := range []string{"com.example.mail", "com.android.chrome", "com.example.game"} {
		t.line("    time=\"%s\" type=ACTIVITY_RESUMED package=%s class=%s.Main instanceId=%d taskRootPackage=%s taskRootClass=%s.Main flags=0x0 ", wall(d.ago(float64(20-5*i)), time.DateTime), name, name, 5703845+i, name, name)
	}
	if !d.opt.Benign {
		t.line("    time=\"%s\" type=FOREGROUND_SERVICE_START package=%s class=%s.Recorder instanceId=0 flags=0x0 ", wall(d.ago(spyActive-4), time.DateTime), spyApp, spyApp)
		d.found("usage", "android.usageevents", spyApp, detect.Confirmed, "the app in the foreground, in the events of use", 0)
	}
	return t.String()
}

// activity is the dump of what runs, and of how processes ended.
func (d *droid) activity() string {
	var t text
	service := func(pid int, name, class string, hours float64) {
		t.line("  * ServiceRecord{%07x u0 %s/%s}\n    intent={cmp=%s/%s}\n    packageName=%s\n    processName=%s\n    app=ProcessRecord{9f579b4 %d:%s/%s}", 0xb7c3d00+pid, name, class, name, class, name, name, pid, name, d.find(name).opsUID())
		if d.opt.Android >= 11 {
			t.line("    recentCallingPackage=%s", name)
		}
		t.line("    createTime=-%s startingBgTimeout=--\n    lastActivity=-%s restartTime=-%s createdFromFg=true\n    startRequested=true delayedStop=false stopIfKilled=true callStart=true lastStartId=1", since(hours), since(hours), since(hours))
	}
	t.line("ACTIVITY MANAGER SERVICES (dumpsys activity services)\n  User 0 active services:")
	service(3100, "com.example.radio", ".Player", 2)
	if !d.opt.Benign {
		service(6100, spyApp, ".Recorder", spyActive)
		d.found("running-service", "android.runningservices", spyApp, detect.Confirmed, "a service of the app, running", 0)
	}
	t.line("")
	if d.opt.Android >= 11 {
		t.line("ACTIVITY MANAGER PROCESS EXIT INFO (dumpsys activity exit-info)")
		exit := func(name, process, reason string, hours float64) {
			t.line("  package: %s\n    Historical Process Exit for uid=%d\n        ApplicationExitInfo #0:\n          timestamp=%s pid=2218 realUid=%d packageUid=%d definingUid=%d user=0\n          process=%s reason=%s status=0\n          importance=400 pss=5.2MB rss=89MB description=null state=empty trace=null",
				name, d.find(name).id, wall(d.ago(hours), "2006-01-02 15:04:05.000"), d.find(name).id, d.find(name).id, d.find(name).id, process, reason)
		}
		exit("com.example.game", "com.example.game", "4 (APP CRASH(EXCEPTION)) subreason=0 (UNKNOWN)", 30)
		if !d.opt.Benign {
			exit(spyApp, spyApp+":core", "10 (USER REQUESTED) subreason=0 (UNKNOWN)", 60)
			d.found("exit", "android.processexits", spyApp, detect.Confirmed, "the end of a process of the app", 0)
		}
	}
	return t.String()
}

// dropbox is the dump of crashes and restarts.
func (d *droid) dropbox() string {
	var t text
	t.line("Drop box contents: 3 entries\nMax entries: 1000\n")
	entry := func(hours float64, tag, content string) {
		t.line("%s %s (text, %d bytes)\n%s", wall(d.ago(hours), time.DateTime), tag, len(content), strings.TrimSpace(content))
	}
	entry(80, "SYSTEM_BOOT", "isPrevious: true\nBuild: "+d.fingerprint())
	entry(30, "data_app_crash", "Process: com.example.game\nFlags: 0x20e8be44\nPackage: com.example.game v104 (1.4)")
	if !d.opt.Benign {
		entry(spyActive-1, "data_app_crash", "Process: "+spyApp+"\nFlags: 0x20e8be44\nPackage: "+spyApp+" v3 (3.0)")
		d.found("dropbox", "android.dropbox", spyApp, detect.Confirmed, "a crash of the app", 0)
	}
	return t.String()
}
