package fabricate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// logLine is a line of logcat -v threadtime, with the year unknown, as Android
// writes it unless asked for more. A uid is written in bug reports since Android 8.
func logLine(at time.Time, uid string, pid int, priority, tag, message string) string {
	if uid != "" {
		uid = fmt.Sprintf("%5s ", uid)
	}
	return fmt.Sprintf("%s %s%5d %5d %s %-8s: %s\n", wall(at, "01-02 15:04:05.000"), uid, pid, pid+3, priority, tag, message)
}

// logFiller are messages that say nothing.
var logFiller = []struct{ tag, message string }{
	{"ActivityManager", "Slow operation: %dms so far, now at startProcess: done updating battery stats"}, {"wpa_supplicant", "wlan0: CTRL-EVENT-SIGNAL-CHANGE above=1 signal=-%d noise=9999"},
	{"chatty", "uid=1000(system) Binder:508_%d identical 3 lines"}, {"BatteryService", "level %d, no change"}, {"AudioTrack", "stop(%d): called with 12 frames delivered"},
	{"SensorService", "sensor %d flushed; vis: http header parser idle"}, {"NetworkStats", "poll took %d ms"},
}

// fillLine returns one of the lines that say nothing.
func fillLine(rnd *rand.Rand, at time.Time, uid string) string {
	f := logFiller[rnd.IntN(len(logFiller))]
	return logLine(at, uid, 500+rnd.IntN(3000), "D", f.tag, fmt.Sprintf(f.message, rnd.IntN(90)))
}

// logcat returns the log of the phone, or that of before its last start.
func (d *droid) logcat(before bool) string {
	var b strings.Builder
	rnd := rand.New(rand.NewPCG(d.opt.Seed, 0x6c6f67))
	b.WriteString("--------- beginning of main\n")
	begin := spyActive + 1.0
	if before {
		begin = 24 * 20
	}
	for i := range 200 {
		b.WriteString(fillLine(rnd, d.ago(begin-float64(i)/100), ""))
	}
	b.WriteString("--------- beginning of system\n")
	if !before {
		b.WriteString(d.spyLog(""))
	}
	b.WriteString(logLine(d.ago(begin-3), "", 508, "I", "PackageManager", "Update package com.example.weather code path from /data/app/a to /data/app/b"))
	b.WriteString("--------- beginning of events\n")
	b.WriteString(logLine(d.ago(begin-4), "", 508, "I", "am_proc_start", "[0,4321,10055,com.example.game,top-activity,{com.example.game/com.example.game.Main}]"))
	return b.String()
}

// spyLog returns what the log holds of the spyware, "" for a benign phone.
func (d *droid) spyLog(uid string) string {
	if d.opt.Benign {
		return ""
	}
	d.found("log-daemon", "android.logcat", spyProcess, detect.Strong, "a refusal of SELinux to the daemon, in the log", 0)
	d.found("log-app", "android.logcat", spyApp, detect.Confirmed, "the app, in the log", 0)
	d.found("log-link", "android.logcat", spyHost, detect.Confirmed, "an address of the spyware, in the log", 0)
	return logLine(d.ago(spyActive), uid, 6100, "D", "OkHttp", "--> GET https://"+spyHost+"/beacon?id=7 http/1.1") +
		logLine(d.ago(spyActive-0.1), uid, 508, "I", "AccessibilityManagerService", "service "+spyApp+"/.Helper connected") +
		logLine(d.ago(spyActive-0.2), uid, 6166, "W", spyProcess, `type=1400 audit(0.0:123): avc: denied { read } for comm="`+spyProcess+`" name="kallsyms" scontext=u:r:su:s0 permissive=0`)
}
