package fabricate

import (
	"fmt"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// Where the phone keeps the reports of crashes, and where a sysdiagnose has them.
const (
	reportsOnPhone = "private/var/mobile/Library/Logs/CrashReporter/"
	reportsInArch  = "crashes_and_spins/"
)

// Programs of iOS that read what others send.
const (
	blastDoor  = "/System/Library/PrivateFrameworks/MessagesBlastDoorSupport.framework/XPCServices/MessagesBlastDoorService.xpc/MessagesBlastDoorService"
	webContent = "/System/Library/Frameworks/WebKit.framework/XPCServices/com.apple.WebKit.WebContent.xpc/com.apple.WebKit.WebContent"
)

// report adds a report.
func (h *handset) report(name string, hours float64, data []byte) {
	h.put(reportsInArch+name, reportsOnPhone+name, hours, data)
}

// crash adds the report of a crash, as the version of iOS writes it.
func (h *handset) crash(program, bundle string, hours float64, pid int) {
	at := h.ago(hours)
	name := program[lastSlash(program):]
	c := IOSCrash{Process: name, Path: program, Bundle: bundle, PID: pid, At: at, Launched: at.Add(-90 * time.Second), Incident: h.incident(),
		Exception: "EXC_BAD_ACCESS", Signal: "SIGSEGV", Subtype: "KERN_INVALID_ADDRESS at 0x0000000000000010", Namespace: "SIGNAL", Code: 11,
		Frames: []IOSFrame{{Image: 0, Offset: 0x1234}, {Image: 1, Offset: 0x88}}, Images: []IOSImage{{0x104000000, program, uuidOf(program)}, {0x1f0000000, "/usr/lib/dyld", uuidOf("/usr/lib/dyld")}}}
	h.report(h.sys.FileName(name, at), hours, c.JSON(h.sys))
}

// lastSlash returns where the last part of a path begins.
func lastSlash(path string) int {
	for i := len(path); i > 0; i-- {
		if path[i-1] == '/' {
			return i
		}
	}
	return 0
}

// reports adds the reports of crashes and of lack of memory.
func (h *handset) reports() {
	h.crash(handsetBirds, "com.example.birds", 9, 700)
	h.crash(webContent, "com.apple.WebKit.WebContent", 14, 701)
	h.trap("one-crash", "com.apple.WebKit.WebContent", "one crash of a process that shows pages")
	at := h.ago(handsetListed)
	listed := h.reported(handsetListed)
	h.report("JetsamEvent-"+h.clock(at, "2006-01-02-150405")+".ips", handsetListed, h.sys.Jetsam(at, h.incident(), listed))
	task := IOSProcess{Name: "kernel_task", Pages: 9000}
	h.report("Panics/panic-full-"+h.clock(h.ago(2000), "2006-01-02-150405")+".0002.ips", 2000, h.sys.Panic(h.ago(2000), h.ago(2100), h.incident(), "Data abort (example)", task, listed[:8]))
	if h.infected() {
		for i := range 3 {
			h.crash(blastDoor, "com.apple.MessagesBlastDoorService", handsetBurst-float64(i)*0.05, 720+i)
		}
		h.crash(plantedSpy, "", handsetImplant-3, 740)
		h.crash(plantedHooked, "com.example.perch", 6, 744)
		h.ruled("burst", "ios.crashes", "MessagesBlastDoorService", detect.NeedsExpert, "what reads messages crashed three times within minutes", handsetBurst)
		h.ruled("staging-crash", "ios.crashes", plantedSpy, detect.Strong, "a program in the staging folder crashed", handsetImplant-3)
		h.found("process-crash", "ios.crashes", plantedSpy, detect.Strong, "a process of the spyware crashed", handsetImplant-3)
		h.found("process-jetsam", "ios.jetsamprocesses", spyProcess, detect.Strong, "a process of the spyware in a report of lack of memory", handsetListed)
	}
	var t text
	t.line(" 1234567        0 drwxr-xr-x    5 mobile           mobile                160 %s %s", h.clock(h.ago(9), "Jan _2 15:04"), "/private/var/mobile/Library/Logs/CrashReporter")
	for i := range 12 {
		at := h.ago(float64(i)*70 + 26)
		t.line(" %d        8 -rw-r--r--    1 mobile           mobile               4321 %s /%s%s", 1234568+i, h.clock(at, "Jan _2 15:04"), reportsOnPhone, h.sys.FileName("Birds", at))
	}
	h.put(reportsInArch+"enumerated_CrashReporter.txt", "", 0, []byte(t.String()))
}

// fillerReport returns a report of an app that crashed, one of many.
func (h *handset) fillerReport(i int) handsetFile {
	at := h.now.Add(-time.Duration(i) * 77 * time.Second)
	app := fmt.Sprintf("Example%d", i%211)
	path := handsetApps + uuidOf(app) + "/" + app + ".app/" + app
	c := IOSCrash{Process: app, Path: path, Bundle: "com.example.app" + fmt.Sprint(i%211), PID: 300 + i%5000, At: at, Launched: at.Add(-time.Hour), Incident: uuidOf(fmt.Sprint(i)),
		Exception: "EXC_CRASH", Signal: "SIGABRT", Namespace: "SIGNAL", Code: 6, Frames: []IOSFrame{{Image: 0, Offset: uint64(i)}, {Image: 1, Offset: 0x88}, {Image: 2, Offset: 0x4410}},
		Images: []IOSImage{{0x104000000, path, uuidOf(path)}, {0x1f0000000, "/usr/lib/dyld", uuidOf("/usr/lib/dyld")}, {0x1a0000000, "/usr/lib/libobjc.A.dylib", uuidOf("/usr/lib/libobjc.A.dylib")}}}
	dir := reportsInArch
	if h.kind == Filesystem {
		dir = reportsOnPhone
	}
	name := fmt.Sprintf("%s-%s-%06d.ips", app, h.clock(at, "2006-01-02-150405"), i)
	return handsetFile{name: dir + name, modified: at, data: c.JSON(h.sys)}
}
