package fabricate

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vigie-project/vigie/detect"
)

// hostKey returns the public key of a computer that uses adb, in base64: 524 bytes
// as Android has them.
func hostKey(n uint64) string {
	key := random(rand.New(rand.NewPCG(n, 0x616462)), 524)
	copy(key, []byte{64, 0, 0, 0})
	return base64.StdEncoding.EncodeToString(key)
}

// fingerprint is that of the build.
func (d *droid) fingerprint() string {
	return fmt.Sprintf("acme/rocket/rocket:%d/XY1A.260305.001/1234567:user/release-keys", d.opt.Android)
}

// properties returns the output of getprop.
func (d *droid) properties() string {
	var t text
	for _, p := range [][2]string{
		{"dalvik.vm.heapsize", "512m"}, {"gsm.sim.operator.alpha", "Example,"}, {"gsm.sim.operator.iso-country", "fr,"}, {"init.svc.adbd", "running"},
		{"persist.sys.albatross.theme", "2"}, {"persist.sys.timezone", "Europe/Paris"}, {"ro.adb.secure", "1"}, {"ro.boot.flash.locked", "1"},
		{"ro.boot.serialno", fmt.Sprintf("VIGIE%07d", d.opt.Seed%10_000_000)}, {"ro.boot.vbmeta.device_state", "locked"}, {"ro.boot.verifiedbootstate", "green"},
		{"ro.boot.veritymode", "enforcing"}, {"ro.build.fingerprint", d.fingerprint()}, {"ro.build.id", "XY1A.260305.001"}, {"ro.build.tags", "release-keys"},
		{"ro.build.type", "user"}, {"ro.build.version.release", fmt.Sprint(d.opt.Android)}, {"ro.build.version.sdk", fmt.Sprint(d.sdk)},
		{"ro.build.version.security_patch", d.patch}, {"ro.debuggable", "0"}, {"ro.product.cpu.abi", "arm64-v8a"}, {"ro.product.locale", "fr-FR"},
		{"ro.product.manufacturer", "Acme"}, {"ro.product.model", "Rocket"}, {"ro.secure", "1"}, {"service.adb.tcp.port", ""}, {"vendor.list", "[[a],[b]]"},
	} {
		if p[0] == "persist.sys.timezone" && !d.opt.Benign {
			t.line("[%s]: [%s]", spyProperty, "41234")
		}
		t.line("[%s]: [%s]", p[0], p[1])
	}
	d.found("property", "android.properties", spyProperty, detect.Confirmed, "a property that the spyware sets", 0)
	d.trap("property-named-alike", "persist.sys.albatross.theme", "a property of the vendor with a similar name")
	return t.String()
}

// settings are those of the phone by name space, as name and value.
func (d *droid) settings(space string) (list [][2]string) {
	services := "com.google.android.marvin.talkback/com.google.android.marvin.talkback.TalkBackService"
	if !d.opt.Benign {
		services += ":" + spyApp + "/" + spyApp + ".Helper"
	}
	switch space {
	case "system":
		return [][2]string{{"screen_off_timeout", "30000"}, {"ringtone", "content://media/internal/audio/media/12?title=Bell=2"}, {"font_scale", "1.0"}}
	case "secure":
		list = [][2]string{{"accessibility_enabled", "1"}, {"android_id", "0123456789abcdef"}, {"default_input_method", "com.google.android.inputmethod.latin/com.android.inputmethod.latin.LatinIME"},
			{"enabled_accessibility_services", services}, {"location_mode", "3"}, {"sms_default_application", d.smsApp()}, {"user_setup_complete", "1"}}
		d.found("setting-accessibility", "android.settings", spyApp, detect.Confirmed, "the accessibility service in the settings", 0)
		d.trap("talkback", "com.google.android.marvin.talkback", "a screen reader that is enabled")
	case "global":
		list = [][2]string{{"adb_enabled", "1"}, {"auto_time", "1"}, {"development_settings_enabled", "1"}, {"http_proxy", ":0"}, {"package_verifier_enable", "1"},
			{"package_verifier_user_consent", "1"}, {"stay_on_while_plugged_in", "0"}, {"verifier_verify_adb_installs", d.verifies()}}
	}
	return list
}

// verifies is whether apps that come over adb are verified: the spyware turned it off.
func (d *droid) verifies() string {
	if d.opt.Benign {
		return "1"
	}
	return "0"
}

func (d *droid) settingsList(space string) string {
	var t text
	for _, s := range d.settings(space) {
		t.line("%s=%s", s[0], s[1])
	}
	return t.String()
}

// A droidFile is a file on the phone.
type droidFile struct {
	path, mode, context string
	uid                 int
	size                int64
	hours               float64
}

func (d *droid) qfFiles() []byte {
	const tmp, app, media, system = "u:object_r:shell_data_file:s0", "u:object_r:app_data_file:s0", "u:object_r:media_rw_data_file:s0", "u:object_r:system_file:s0"
	list := []droidFile{
		{"/data/local/tmp/collector", "-rwxr-xr-x", tmp, 2000, 5 << 20, 0.6}, {"/data/local/tmp/albatros-notes.txt", "-rw-rw-rw-", tmp, 2000, 8, 100},
		{"/system/bin/app_process64", "-rwxr-xr-x", system, 0, 40 << 10, 2400}, {"/system/bin/run-as", "grwxr-x---", system, 0, 20 << 10, 2400},
		{"/vendor/lib64/libexample.so", "-rw-r--r--", system, 0, 90 << 10, 2400},
	}
	d.trap("tool-of-examiner", "/data/local/tmp/collector", "the program of AndroidQF itself")
	d.trap("file-named-alike", "albatros-notes.txt", "a text beside the folder of the spyware whose name begins alike")
	for i := range 60 {
		list = append(list, droidFile{fmt.Sprintf("/sdcard/DCIM/Camera/IMG_%04d.jpg", i), "-rw-rw----", media, 10001, int64(1<<20 + d.rnd.IntN(1<<20)), float64(10 + 30*i)})
	}
	if !d.opt.Benign {
		list = append(list, droidFile{spyFolder + "/" + spyProcess, "-rwxr-xr-x", tmp, 0, 812345, spyRooted}, droidFile{spyFolder + "/queue.bin", "-rw-------", tmp, 0, 4096, spyActive},
			droidFile{"/data/data/" + spyApp + "/files/state", "-rw-------", app, 10080, 64, spyInstalled})
		d.found("qf-file", "android.files", spyFolder+"/"+spyProcess, detect.Strong, "the daemon, in a published folder", spyRooted)
		d.ruled("qf-temporary-program", "android.files", spyFolder+"/"+spyProcess, detect.NeedsExpert, "a program in the folder that adb uses")
	}
	var out []map[string]any
	for _, f := range list {
		at := d.ago(f.hours).Unix()
		out = append(out, map[string]any{"path": f.path, "size": f.size, "mode": f.mode, "user_id": f.uid, "user_name": "", "group_id": f.uid, "group_name": "",
			"changed_time": at, "modified_time": at, "access_time": at + 60, "error": "", "context": f.context, "sha1": "", "sha256": "", "sha512": "", "md5": ""})
	}
	return indented(out, "    ")
}

// A process runs on the phone.
type process struct {
	pid, ppid         int
	user, name, label string
}

// processes are those that run, the same in each list.
func (d *droid) processes() []process {
	list := []process{{1, 0, "root", "init", "u:r:init:s0"}, {2, 0, "root", "[kthreadd]", "u:r:kernel:s0"}, {340, 1, "system", "gatekeeperd", "u:r:gatekeeperd:s0"},
		{352, 1, "root", "zygote64", "u:r:zygote:s0"}, {508, 352, "system", "system_server", "u:r:system_server:s0"}, {900, 1, "shell", "adbd", "u:r:adbd:s0"}}
	for i := range d.apps {
		if a := &d.apps[i]; !a.removed && i%3 != 1 || a.name == spyApp {
			label := "u:r:untrusted_app:s0:c1,c257,c512,c768"
			if a.system {
				label = "u:r:platform_app:s0:c512,c768"
			}
			list = append(list, process{3000 + 7*i, 352, a.uidName(), a.name, label})
		}
	}
	if !d.opt.Benign {
		list = append(list, process{6100, 352, d.find(spyApp).uidName(), spyApp + ":core", "u:r:untrusted_app:s0:c1,c257,c512,c768"},
			process{6166, 1, "root", spyProcess, "u:r:su:s0"})
		d.found("process-of-app", "android.processes", spyApp, detect.Confirmed, "a process of the app", 0)
		d.found("daemon", "android.processes", spyProcess, detect.Strong, "the daemon, running", 0)
	}
	return list
}

func (d *droid) qfProcesses() []byte {
	d.trap("gatekeeperd", "gatekeeperd", "a process of Android that was once published as one of a spyware")
	var list []map[string]any
	for _, p := range d.processes() {
		command := []string{strings.Trim(p.name, "[]")}
		if strings.HasPrefix(p.name, "[") {
			command = []string{}
		}
		list = append(list, map[string]any{"pid": p.pid, "uid": 0, "ppid": 0, "pgroup": 0, "psid": 0, "filename": "(" + comm(p.name) + ")", "priority": 0, "state": "",
			"user_time": 0, "kernel_time": 0, "path": "", "context": p.label + "\x00", "previous_context": p.label + "\x00", "command_line": command, "env": nil, "cwd": ""})
	}
	return indented(list, "    ")
}

// comm returns the name that the kernel knows a process by: the end of it for apps.
func comm(name string) string {
	name = strings.Trim(name, "[]")
	return name[max(0, len(name)-15):]
}

// processTable returns the output of ps -A.
func (d *droid) processTable() string {
	var t text
	t.line("%-14s %5s %5s %10s %6s %-18s %8s S %s", "USER", "PID", "PPID", "VSZ", "RSS", "WCHAN", "ADDR", "NAME")
	for _, p := range d.processes() {
		t.line("%-14s %5d %5d %10d %6d %-18s %8s S %s", p.user, p.pid, p.ppid, 10873068+p.pid, 11140+p.pid, "0", "0", p.name)
	}
	return t.String()
}

// threadTable returns the processes as bug reports list them, with labels: a line
// for each thread.
func (d *droid) threadTable() string {
	var t text
	t.line("%-30s %-14s %5s %5s %5s %10s %6s %-11s %8s S PRI  NI RTPRIO SCH PCY     TIME CMD", "LABEL", "USER", "PID", "TID", "PPID", "VSZ", "RSS", "WCHAN", "ADDR")
	for _, p := range d.processes() {
		for i := range 1 + p.pid%3 {
			t.line("%-30s %-14s %5d %5d %5d %10d %6d %-11s %8s S  19   0      -   0  fg 00:00:05 %s", p.label, p.user, p.pid, p.pid+i, p.ppid, 10873068+p.pid, 11140+p.pid, "0", "0", comm(p.name))
		}
	}
	return t.String()
}

// waitTable returns what each process waits for, with the full name of the process,
// and its threads indented.
func (d *droid) waitTable() string {
	var t text
	for _, p := range d.processes() {
		t.line("%-7d %-32s %s", p.pid, p.name, "0")
		for i := range p.pid % 3 {
			t.line("%-7d    %-32s %s", p.pid+1+i, comm(p.name), "0")
		}
	}
	return t.String()
}

// anr returns the threads of an app that did not answer.
func (d *droid) anr() string {
	at := wall(d.ago(98), "2006-01-02 15:04:05") + ".000000000+0100"
	return "----- pid 4321 at " + at + " -----\nCmd line: com.example.game\nBuild fingerprint: '" + d.fingerprint() + "'\nABI: 'arm64'\n\nDALVIK THREADS (1):\n" +
		"\"main\" prio=5 tid=1 Native\n  | group=\"main\" sCount=1 ucsCount=0 flags=1 obj=0x72 self=0xb4\n  | sysTid=4321 nice=-10 cgrp=top-app sched=0/0 handle=0x7b\n" +
		"  native: #00 pc 00000000000a0bb8  /apex/com.android.runtime/lib64/bionic/libc.so (__epoll_pwait+8)\n  at android.os.MessageQueue.nativePollOnce(Native method)\n\n----- end 4321 -----\n"
}
