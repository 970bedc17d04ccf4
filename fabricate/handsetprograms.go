package fabricate

import (
	"path"
	"strings"
	"time"
)

// A program is one that ran when the lists of processes were made.
type program struct {
	path      string // "" for the kernel
	bundle    string
	arguments string
	pid, ppid int
	uid       int
	flags     int64 // p_flag
	hours     float64
	priority  int
	app       bool
	outside   bool // it executes memory that belongs to no file
	hidden    bool // ps does not list it
	images    []string
	unique    int
}

func (p *program) name() string {
	if p.path == "" {
		return "kernel_task"
	}
	return path.Base(p.path)
}

// started is when the program started.
func (h *handset) started(p *program) time.Time { return h.ago(p.hours) }

// The folders of apps, which have UUIDs.
const (
	handsetApps   = "/private/var/containers/Bundle/Application/"
	handsetBirds  = handsetApps + "0B1C8D57-2C1E-4B7A-9E55-7C3F10AA2B01/Birds.app/Birds"
	handsetPerch  = handsetApps + "6E02A4C9-51D7-4F0B-8A36-1B9D3C7E4F02/Perch.app/Perch"
	handsetTrial  = handsetApps + "91D3F7B8-6A24-4C9E-B1F0-2E8A5D6C7B03/Swift Trial.app/Swift Trial"
	handsetUpdate = "/private/var/db/com.apple.xpc.roleaccountd.staging/com.apple.MobileSoftwareUpdate.UpdateBrainService.16777223.41382.xpc/com.apple.MobileSoftwareUpdate.UpdateBrainService"
	staging       = "/private/var/db/com.apple.xpc.roleaccountd.staging/"
)

// handsetUsers are the names of users of iOS.
var handsetUsers = map[int]string{0: "root", 24: "_networkd", 25: "_wireless", 64: "_securityd", 65: "_mdnsresponder", 205: "_locationd", 263: "_analyticsd", 272: "_logd", 501: "mobile"}

// handsetDaemons are programs that run on every phone, with the user.
var handsetDaemons = []struct {
	path string
	uid  int
}{
	{"/usr/libexec/UserEventAgent", 0}, {"/usr/libexec/logd", 272}, {"/usr/libexec/configd", 0}, {"/System/Library/CoreServices/powerd.bundle/powerd", 0},
	{"/usr/libexec/runningboardd", 0}, {"/usr/libexec/lockdownd", 0}, {"/usr/libexec/locationd", 205}, {"/usr/sbin/mDNSResponder", 65},
	{"/System/Library/PrivateFrameworks/ApplePushService.framework/apsd", 501}, {"/usr/libexec/backboardd", 501}, {"/System/Library/CoreServices/SpringBoard.app/SpringBoard", 501},
	{"/usr/libexec/installd", 501}, {"/usr/libexec/containermanagerd", 501}, {"/usr/libexec/trustd", 501}, {"/usr/libexec/securityd", 64},
	{"/usr/libexec/nehelper", 0}, {"/usr/libexec/nsurlsessiond", 501}, {"/System/Library/Frameworks/CoreTelephony.framework/Support/CommCenter", 25},
	{"/System/Library/PrivateFrameworks/IMCore.framework/imagent.app/imagent", 501}, {"/System/Library/PrivateFrameworks/IDS.framework/identityservicesd.app/identityservicesd", 501},
	{"/System/Library/PrivateFrameworks/TCC.framework/Support/tccd", 501}, {"/System/Library/PrivateFrameworks/CloudKitDaemon.framework/Support/cloudd", 501},
	{"/usr/libexec/rapportd", 501}, {"/usr/libexec/sharingd", 501}, {"/usr/libexec/homed", 501}, {"/usr/sbin/mediaserverd", 501}, {"/usr/sbin/bluetoothd", 501}, {"/usr/sbin/wifid", 0},
	{"/usr/libexec/symptomsd", 24}, {"/usr/libexec/dasd", 0}, {"/usr/libexec/timed", 0}, {"/usr/libexec/keybagd", 0}, {"/usr/libexec/thermalmonitord", 0},
	{"/usr/libexec/analyticsd", 263}, {"/System/Library/PrivateFrameworks/AccountsDaemon.framework/accountsd", 501}, {"/usr/libexec/misd", 501}, {"/usr/libexec/amfid", 0},
	{"/usr/libexec/softwareupdateservicesd", 501}, {"/usr/libexec/mobileassetd", 501}, {"/usr/libexec/corespeechd", 501}, {"/usr/libexec/biomed", 501}, {"/usr/libexec/searchpartyd", 0},
	{"/System/Library/PrivateFrameworks/CoreDuetContext.framework/Resources/ContextStoreAgent", 501}, {"/usr/libexec/watchdogd", 0}, {"/usr/libexec/fseventsd", 0},
	{"/usr/libexec/sysdiagnosed", 0}, {"/usr/bin/sysdiagnose", 0},
}

// ordinaryPrograms are those of a phone that nothing happened to, with what is
// mistaken for traces.
func (h *handset) ordinaryPrograms() {
	h.run(program{hours: handsetBooted})
	h.run(program{path: "/sbin/launchd", pid: 1, hours: handsetBooted, flags: 0x4004})
	for i, d := range handsetDaemons {
		hours := handsetBooted - 0.01
		if i%5 == 4 {
			hours = float64(h.rnd.IntN(90)) + 1.5
		}
		h.run(program{path: d.path, uid: d.uid, hours: hours})
	}
	h.run(program{path: "/System/Library/Frameworks/WebKit.framework/XPCServices/com.apple.WebKit.WebContent.xpc/com.apple.WebKit.WebContent", uid: 501, hours: 1.5, outside: true})
	h.run(program{path: handsetBirds, bundle: "com.example.birds", uid: 501, hours: 3, app: true})
	h.run(program{path: handsetTrial, bundle: "com.example.swifttrial", uid: 501, hours: 2, app: true, arguments: "-FirstRun NO"})
	h.run(program{path: handsetUpdate, hours: 0.5})
	h.trap("update-brain", "com.apple.MobileSoftwareUpdate.UpdateBrainService", "a part of an update of iOS, which runs from the staging folder")
	if !h.infected() {
		h.run(program{path: handsetPerch, bundle: "com.example.perch", uid: 501, hours: 1, app: true})
	}
}

// run adds a program. Without a number it is started by launchd.
func (h *handset) run(p program) *program {
	p.unique = len(h.programs) + 1
	if p.pid == 0 && p.path != "" {
		p.pid, p.ppid = 30+7*len(h.programs), max(p.ppid, 1)
	}
	if p.flags == 0 && p.path != "" {
		p.flags = 0x4004
		if p.app {
			p.flags = 0x4004044
		}
	}
	p.priority = 40
	if p.app {
		p.priority = 100
	}
	h.programs = append(h.programs, &p)
	return &p
}

// column cuts or fills a text.
func column(s string, width int) string {
	if len(s) > width {
		return s[:width]
	}
	return s + strings.Repeat(" ", width-len(s))
}
