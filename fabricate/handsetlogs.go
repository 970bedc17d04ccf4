package fabricate

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// histories adds the logs that go back before the last start.
func (h *handset) histories() {
	h.shutdowns()
	h.logData()
	const archive, diagnostics = "system_logs.logarchive/Extra/", "private/var/db/diagnostics/"
	var t text
	t.line("%s logd[29]: libtrace_kic=1", h.clock(h.boot, "2006-01-02 15:04:05-0700"))
	t.line("%s logd_helper[85]: Migrating: \"/private/var/db/uuidtext\"", h.clock(h.boot.Add(3*time.Second), "2006-01-02 15:04:05-0700"))
	h.put(archive+"logd.0.log", diagnostics+"logd.0.log", 0.1, []byte(t.String()))
	h.lockdownd()
	h.installations()
	h.keyboard()
}

// A shutdownBlock is what delayed a shutdown: programs, each for some notices.
type shutdownBlock struct {
	hours   float64
	clients []shutdownClient
}

type shutdownClient struct {
	path    string
	pid     int
	notices int
}

// shutdowns adds shutdown.log. From iOS 26 it holds the last shutdown only.
func (h *handset) shutdowns() {
	name, blocks := "shutdown.log", h.shutdownBlocks()
	if h.opt.IOS >= 26 {
		name, blocks = "shutdown.0.log", blocks[len(blocks)-1:]
	}
	var t text
	for _, b := range blocks {
		rounds := 0
		for _, c := range b.clients {
			rounds = max(rounds, c.notices)
		}
		for i := range rounds {
			t.line("After %.2fs, these clients are still here:", 1.26+1.25*float64(i))
			for _, c := range b.clients {
				if c.notices > i {
					t.line("\t\tremaining client pid: %d (%s/%s)", c.pid, c.path, uuidOf(c.path))
				}
			}
		}
		t.line("SIGTERM: [%d] All buffers flushed", h.ago(b.hours).Unix())
	}
	h.put("system_logs.logarchive/Extra/"+name, "private/var/db/diagnostics/"+name, handsetBooted, []byte(t.String()))
}

// shutdownBlocks returns the shutdowns of a year, the last of which was before the
// phone was started.
func (h *handset) shutdownBlocks() (list []shutdownBlock) {
	for i := range 11 {
		b := shutdownBlock{hours: handsetShutdown + float64(11-i)*29*24}
		for range h.rnd.IntN(3) {
			d := handsetDaemons[h.rnd.IntN(len(handsetDaemons)-2)]
			b.clients = append(b.clients, shutdownClient{d.path, 40 + h.rnd.IntN(400), 1 + h.rnd.IntN(2)})
		}
		list = append(list, b)
	}
	slow := shutdownBlock{hours: handsetShutdown + 24}
	for i := range 4 {
		slow.clients = append(slow.clients, shutdownClient{handsetDaemons[3*i].path, 60 + i, 6})
	}
	slow.clients = append(slow.clients, shutdownClient{handsetUpdate, 71, 2})
	spied, last := shutdownBlock{hours: handsetShutdown}, shutdownBlock{hours: handsetBooted + 0.02}
	last.clients = append(last.clients, shutdownClient{handsetDaemons[7].path, 88, 1})
	if h.opt.IOS >= 26 { // nothing else is left
		last.clients = append(last.clients, slow.clients...)
	}
	if h.infected() {
		spied.clients = []shutdownClient{{plantedSpy, 203, 2}, {plantedPegasus, 208, 3}}
		last.clients = append(last.clients, shutdownClient{plantedSpy, 190, 2}, shutdownClient{plantedPegasus, 194, 1})
		h.ruled("pegasus-shutdown", "ios.shutdown", plantedPegasus, detect.Confirmed, "a program in a place that reports about Pegasus name delayed a shutdown", handsetBooted+0.02)
		h.found("process-shutdown", "ios.shutdown", plantedSpy, detect.Strong, "a process of the spyware delayed a shutdown", handsetBooted+0.02)
		if h.opt.IOS < 26 {
			h.ruled("program-again", "ios.shutdown", plantedSpy, detect.Strong, "the same program delayed two shutdowns", handsetShutdown)
		}
	}
	h.trap("slow-shutdown", `"notices":6`, "a shutdown that programs of iOS delayed for long")
	return append(list, slow, spied, last)
}

// logData adds the statistics of the log: as text up to iOS 15, as JSON later.
func (h *handset) logData() {
	var t text
	write := func(hours float64, kind string, paths ...string) {
		at := h.ago(hours)
		if h.opt.IOS < 16 {
			t.line("--- !logd statistics record\ntype  : %s\ntime  : %s\ntotal : 10484960\nprocs :", kind, h.clock(at, "2006-01-02 15:04:05-0700"))
			for i, p := range paths {
				t.line("    - [ %10d, %5.1f, %s ]", 2900100/(i+1), 27.7/float64(i+1), p)
			}
			return
		}
		list := []any{}
		for i, p := range paths {
			list = append(list, map[string]any{"process": p, "bytes": 2900100 / (i + 1)})
		}
		b, err := json.Marshal(map[string]any{"record": "logd statistics", "type": kind, "unixTime": at.Unix(), "totalBytes": 10484960, "processList": list})
		if err != nil {
			h.fail(err)
		}
		t.line("%s", b)
	}
	for i := range 40 {
		var paths []string
		for range 12 {
			paths = append(paths, handsetDaemons[h.rnd.IntN(len(handsetDaemons))].path)
		}
		write(400-float64(i)*9, "File Rotate", paths...)
	}
	write(30, "Memory Rollover", handsetUpdate, "/usr/libexec/softwareupdateservicesd")
	if h.infected() {
		write(handsetImplant-2, "Memory Rollover", plantedPredat, plantedTriang, plantedHooked, "/usr/libexec/logd")
		h.ruled("predator-logged", "ios.logdata", plantedPredat, detect.Confirmed, "a program in a place that reports about Predator name wrote to the log", handsetImplant-2)
	}
	name := "logdata.statistics.0.jsonl"
	if h.opt.IOS < 16 {
		name = "logdata.statistics.0.txt"
	}
	h.put("system_logs.logarchive/Extra/"+name, "private/var/db/diagnostics/"+name, 0.2, []byte(t.String()))
}

// handsetHost is a computer that the phone trusts.
const handsetHost = "5B1E0A77-93C4-4D28-A6F1-0E7D2C8B4A10"

// lockdownd adds the log of what computers asked.
func (h *handset) lockdownd() {
	var t text
	line := func(hours float64, message string) {
		t.line("%s.000123 pid=71 %s", h.clock(h.ago(hours), "01/02/06 15:04:05"), message)
	}
	line(handsetBooted-0.01, "lockstart_local: Build version: "+h.sys.Build)
	line(90, "handle_get_value: Example Sync attempting to get [SerialNumber] from [NULL]")
	if h.infected() {
		line(handsetSwapped+0.2, "handle_pair: New pairing with HostID "+handsetHost+" on USB")
		line(handsetSwapped+0.1, "spawn_xpc_service: started com.apple.mobile.installation_proxy")
		h.ruled("pairing", "ios.lockdownlog", handsetHost, detect.Context, "a computer was paired shortly before an app was replaced", handsetSwapped+0.2)
	}
	line(0.05, "handle_get_value: Example Sync attempting to get [ProductVersion] from [NULL]")
	h.put("logs/MobileLockdown/lockdownd.log", "private/var/logs/lockdownd.log", 0.05, []byte(t.String()))
}

// installations adds the log of the installation of apps.
func (h *handset) installations() {
	var t text
	line := func(hours float64, writer, message string, args ...any) {
		t.line("%s [301] <notice> (0x16e000000) -[%s]: %s", h.clock(h.ago(hours), "Mon Jan _2 15:04:05 2006"), writer, fmt.Sprintf(message, args...))
	}
	install := func(hours float64, file, kind, by, bundle, program string) {
		const install = "MIClientConnection installURL:identity:targetingDomain:options:completion:"
		line(hours, install, "Install of %q type %s (LSInstallType = 1, Domain: 2) requested by %s (pid 655 (501/501))", file, kind, by)
		line(hours, "MIInstaller performInstallationWithError:", "Installing <MIInstallableBundle ID=%s; Version=12, ShortVersion=1.2>", bundle)
		line(hours, "MIContainer makeContainerLiveReplacingContainer:reason:waitForDeletion:withError:", "Made container live for %s at %s", bundle, program[:strings.LastIndex(program, "/")])
		line(hours, "MIInstaller performInstallationWithError:", "Install Successful for (%s:%s); Staging: 0.01s; Waiting: 0.00s", kind, bundle)
	}
	line(handsetBooted-0.01, "MIInstaller main", "Reboot detected")
	install(2000, "/private/var/mobile/Media/Downloads/one.ipa", "Customer", "appstored", "com.example.birds", handsetBirds)
	install(1500, "/private/var/mobile/Media/Downloads/two.ipa", "Customer", "appstored", "com.example.perch", handsetPerch)
	install(900, "/private/var/mobile/Media/Downloads/three.ipa", "Customer", "appstored", "com.example.swifttrial", handsetTrial)
	if h.infected() {
		line(handsetSwapped, "MIClientConnection uninstallIdentity:withOptions:completion:", "Uninstall requested by mobile_installation_proxy (pid 655) for identity [com.example.perch/PersonalPersonaPlaceholderString] with options: {}")
		line(handsetSwapped, "MIUninstaller performUninstallationByRevokingTemporaryReference:error:", "Uninstalling identifier com.example.perch")
		install(handsetSwapped-0.05, "/private/var/mobile/Media/PublicStaging/Perch.ipa", "Developer", "mobile_installation_proxy", "com.example.perch", plantedHooked)
		h.ruled("app-replaced", "ios.installlog", "com.example.perch", detect.NeedsExpert, "an app was removed, and installed again by a computer as one for testing", handsetSwapped-0.05)
	}
	h.put("logs/MobileInstallation/mobile_installation.log.0", "private/var/installd/Library/Logs/MobileInstallation/mobile_installation.log.0", 1, []byte(t.String()))
}

// keyboard adds which apps had the keyboard.
func (h *handset) keyboard() {
	var t text
	for _, p := range h.programs {
		if p.app {
			t.line("%s: Debug: [_UIKeyboardArbiter] New connection [<_UIKeyboardArbiterClientHandle: 0x281004dc0; PID %d: %s>]", h.started(p).Format("2006-01-02 15:04:05 -0700"), p.pid, p.bundle)
		}
	}
	h.put("kbdebug.txt", "", 0, []byte(t.String()))
}
