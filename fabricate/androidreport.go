package fabricate

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// A reportWriter writes the text of dumpstate, or of dumpsys alone.
type reportWriter struct {
	w     *bufio.Writer
	d     *droid
	n     int64 // bytes written
	alone bool  // dumpsys alone
}

func (r *reportWriter) line(format string, args ...any) {
	n, _ := fmt.Fprintf(r.w, format+"\n", args...) // the writer keeps its error
	r.n += int64(n)
}

func (r *reportWriter) text(s string) {
	n, _ := r.w.WriteString(s)
	r.n += int64(n)
}

// section writes the output of a command.
func (r *reportWriter) section(title, command string, body func()) {
	if command != "" {
		command = " (" + command + ")"
	}
	r.line("------ %s%s ------", title, command)
	body()
	r.line("------ 0.041s was the duration of '%s' ------\n", title)
}

// rule is the line above each service.
var rule = strings.Repeat("-", 79)

// service writes the dump of a service, which ended some seconds after the start.
func (r *reportWriter) service(name, body string) {
	r.line("%s", rule)
	r.line("DUMP OF SERVICE %s:", name)
	if !r.alone && r.d.opt.Android >= 11 {
		r.line("Service host process PID: 508\nThreads in use: 0/32\nClient PIDs: 3007, 150")
	}
	r.text(body)
	r.line("--------- 0.0%ds was the duration of dumpsys %s, ending at: %s", 10+len(body)%89, name[strings.LastIndexByte(name, ' ')+1:], wall(r.d.now.Add(20*time.Second), time.DateTime))
}

// writeDumpsys writes the output of dumpsys.
func (d *droid) writeDumpsys(w io.Writer) error {
	r := &reportWriter{w: bufio.NewWriter(w), d: d, alone: true}
	services := d.services()
	r.line("Currently running services:")
	for _, s := range services {
		r.line("  %s", s.name)
	}
	for _, s := range services {
		r.service(s.name, s.body)
	}
	return r.w.Flush()
}

// bugreport makes a bug report.
func (d *droid) bugreport(dir string) (string, error) {
	path := filepath.Join(dir, d.reportName()+".zip")
	return path, create(path, d.writeBugreport)
}

// reportName is the name of a bug report without its ending.
func (d *droid) reportName() string {
	return "bugreport-rocket-XY1A.260305.001-" + wall(d.now, "2006-01-02-15-04-05")
}

// writeBugreport writes a bug report as bugreportz does.
func (d *droid) writeBugreport(w io.Writer) error {
	z := zip.NewWriter(w)
	version := "2.0"
	if d.opt.Android < 9 {
		version = "1.0"
	}
	name := d.reportName() + ".txt"
	list := []qfFile{{"version.txt", []byte(version)}, {"FS/proc/1/mountinfo", []byte(mountinfo)}, {"dumpstate_log.txt", []byte("dumpstate: id=7\n")}, {"FS/data/anr/anr_2026-03-10-08-15-30-120", []byte(d.anr())}}
	d.trap("overlay-mount", "/product/overlay", "a mount that may be written to as such, on a file system that may not")
	list = append(list, d.tombstones()...)
	for _, f := range list {
		if err := zipFile(z, f.name, d.now.In(droidZone), f.data); err != nil {
			return err
		}
	}
	t, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: d.now.In(droidZone)})
	if err != nil {
		return err
	}
	if err := d.writeDumpstate(t); err != nil {
		return err
	}
	if err := zipFile(z, "main_entry.txt", d.now.In(droidZone), []byte(name)); err != nil {
		return err
	}
	return z.Close()
}

// mountinfo is that of the first process.
const mountinfo = "22 1 253:5 / / ro,relatime master:1 - erofs /dev/block/dm-5 ro,seclabel,user_xattr\n" +
	"30 22 253:6 / /product rw,relatime master:5 - erofs /dev/block/dm-6 ro,seclabel\n" +
	"31 30 0:40 / /product/overlay rw,noatime master:6 - overlay overlay ro,seclabel,lowerdir=/product/overlay\n" +
	"40 22 253:40 / /data rw,nosuid,nodev,noatime master:9 - f2fs /dev/block/dm-40 rw,lazytime,seclabel\n"

// writeDumpstate writes the main text of a bug report.
func (d *droid) writeDumpstate(w io.Writer) error {
	r := &reportWriter{w: bufio.NewWriterSize(w, 1<<16), d: d}
	r.head()
	services := d.services()
	if d.opt.Android >= 10 { // the dumps that must be quick come first
		r.line("------ DUMPSYS CRITICAL (/system/bin/dumpsys) ------")
		r.service("CRITICAL activity", "ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\nDisplay #0 (activities from top to bottom):\n")
		r.line("------ 0.112s was the duration of 'DUMPSYS CRITICAL' ------\n")
	}
	logcat := "logcat -v threadtime -v printable -v uid -d *:v"
	uid := "1000"
	r.section("SYSTEM LOG", logcat, func() {
		r.line("--------- beginning of main")
		r.fill()
		r.text(d.spyLog("10080"))
	})
	r.section("EVENT LOG", "logcat -b events "+logcat[7:], func() {
		r.line("--------- beginning of events")
		r.text(logLine(d.ago(5), uid, 508, "I", "am_proc_start", "[0,4321,10055,com.example.game,top-activity,{com.example.game/com.example.game.Main}]"))
		d.found("event-start", "android.eventlog", spyApp, detect.Confirmed, "a start of a process of the app, in the log of events", 4)
		if !d.opt.Benign {
			r.text(logLine(d.ago(4), uid, 508, "I", "am_proc_start", "[0,6100,10080,"+spyApp+":core,service,{"+spyApp+"/"+spyApp+".Recorder}]"))
		}
	})
	r.section("PROCESSES AND THREADS", "ps -A -T -Z -O pri,nice,rtprio,sched,pcy,time", func() { r.text(d.threadTable()) })
	r.section("BLOCKED PROCESS WAIT-CHANNELS", "", func() { r.text(d.waitTable()) })
	r.section("SYSTEM PROPERTIES", "getprop", func() { r.text(d.properties()) })
	r.line("------ DUMPSYS NORMAL (/system/bin/dumpsys) ------")
	for _, s := range services {
		r.service(s.name, s.body)
	}
	r.line("------ 12.041s was the duration of 'DUMPSYS NORMAL' ------\n")
	d.found("checkin", "android.packagecheckin", spyApp, detect.Confirmed, "the package, in the list for programs", spyInstalled)
	r.section("CHECKIN BATTERYSTATS", "/system/bin/dumpsys -T 30000 batterystats -c", func() { r.text(d.checkinBattery()) })
	r.section("CHECKIN PACKAGE", "/system/bin/dumpsys -t 10 package --checkin", func() { r.text(d.checkinPackages()) })
	r.line("========================================================\n== dumpstate: done (id 7)\n========================================================")
	return r.w.Flush()
}

// head writes what is at the begin of a bug report.
func (r *reportWriter) head() {
	d := r.d
	bar := strings.Repeat("=", 56)
	r.line("%s\n== dumpstate: %s\n%s\n", bar, wall(d.now, time.DateTime), bar)
	r.line("Build: XY1A.260305.001 release-keys\nBuild fingerprint: '%s'\nBootloader: rkt-1.2\nRadio: g-1\nNetwork: Example", d.fingerprint())
	if d.opt.Android >= 11 {
		r.line("Module Metadata version: 360000000\nAndroid SDK version: %d", d.sdk)
	}
	r.line("Kernel: Linux version 6.1.23-android14-4 (build-user@build-host) #1 SMP PREEMPT")
	r.line("Command line: androidboot.verifiedbootstate=green androidboot.hardware=rocket")
	if d.opt.Android >= 12 {
		r.line("Bootconfig: androidboot.hardware = \"rocket\"\nandroidboot.veritymode = \"enforcing\"")
	}
	r.line("Uptime: up 0 weeks, 3 days, 15 hours, 14 minutes,  load average: 0.00, 0.00, 0.00\nBugreport format version: 2.0")
	r.line("Dumpstate info: id=7 pid=4242 dry_run=0 args=/system/bin/dumpstate -S bugreport_mode=\n")
}

// fill writes log lines until the text has the size that is asked for.
func (r *reportWriter) fill() {
	rnd := rand.New(rand.NewPCG(r.d.opt.Seed, 0x66696c6c))
	size := int64(r.d.opt.Megabytes) << 20
	at := r.d.ago(30)
	for n := 0; n < 300 || r.n < size; n++ {
		if at.Before(r.d.now) {
			at = at.Add(17 * time.Millisecond)
		}
		r.text(fillLine(rnd, at, "1000"))
	}
}

// checkinPackages is the list of packages for programs.
func (d *droid) checkinPackages() string {
	var b bytes.Buffer
	fmt.Fprintln(&b, "vers,1")
	for i := range d.apps {
		a := &d.apps[i]
		at := d.ago(a.hours).UnixMilli()
		fmt.Fprintf(&b, "pkg,%s,%d,%d,%d,%d,%s\n", a.name, a.id, a.version, at, at, a.installerOr("?"))
		fmt.Fprintf(&b, "pkg-usr,0,%sbsusnv,0,?,0,%d\n", map[bool]string{true: "i", false: "I"}[a.removed], at)
	}
	return b.String()
}
