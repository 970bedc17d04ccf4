package fabricate

import (
	"fmt"
	"strings"
	"time"
)

// lists adds the lists of processes of a sysdiagnose.
func (h *handset) lists() {
	h.put("ps.txt", "", 0, h.ps())
	h.put("ps_thread.txt", "", 0, h.psThread())
	h.put("taskinfo.txt", "", 0, h.taskinfo())
	h.put("spindump-nosymbols.txt", "", 0, h.spindump())
	h.put("jetsam_priority.csv", "", 0, h.priorities())
	board := "RunningBoard/RunningBoard_state.log"
	if h.opt.IOS >= 26 {
		board = "logs/" + board
	}
	var t text
	for _, p := range h.programs {
		switch {
		case p.app:
			t.line("[app<%s(%s)>:%d]", p.bundle, strings.ToUpper(uuidOf(p.bundle)), p.pid)
		case strings.HasPrefix(p.path, "/usr/libexec/"):
			t.line("[daemon<com.apple.%s>:%d]", p.name(), p.pid)
		}
	}
	h.put(board, "", 0, []byte(t.String()))
}

// startedText is a start as ps prints it: less of it the longer ago it was.
func (h *handset) startedText(p *program) string {
	at := h.started(p)
	switch ago := h.now.Sub(at); {
	case ago < 24*time.Hour:
		return h.clock(at, "3:04PM")
	case ago < 7*24*time.Hour:
		return h.clock(at, "Mon03PM")
	}
	return h.clock(at, "2Jan06")
}

func (p *program) command() string { return strings.TrimSpace(p.path + " " + p.arguments) }

// ps writes ps.txt: 16 columns up to iOS 15, 18 later.
func (h *handset) ps() []byte {
	var t text
	if h.opt.IOS < 16 {
		t.line("USER             UID   PID  PPID  %%CPU %%MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND")
	} else {
		t.line("USER             UID PRSNA   PID  PPID        F  %%CPU %%MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND")
	}
	for _, p := range h.programs {
		if p.path == "" || p.hidden {
			continue
		}
		if h.opt.IOS < 16 {
			t.line("%-16s %3d %5d %5d   0.0  0.2  31  0   407232  12528 -        ??  Ss   %-8s 0:03.02 %s", handsetUsers[p.uid], p.uid, p.pid, p.ppid, h.startedText(p), p.command())
			continue
		}
		persona := "-"
		if p.app {
			persona = "1000"
		}
		t.line("%-16s %3d %5s %5d %5d %8x   0.0  0.0   0  0        0      0 -        ??  ?s   %-8s 0:00.00 %s", handsetUsers[p.uid], p.uid, persona, p.pid, p.ppid, p.flags, h.startedText(p), p.command())
	}
	return []byte(t.String())
}

// psThread writes ps_thread.txt, of which iOS 26 leaves the heading.
func (h *handset) psThread() []byte {
	var t text
	t.line("USER             PID   TT   %%CPU STAT PRI     STIME     UTIME COMMAND    PPID        F %%MEM PRI NI      VSZ    RSS WCHAN    STARTED      TIME COMMAND")
	for _, p := range h.programs {
		if p.path == "" || p.hidden || h.opt.IOS >= 26 {
			continue
		}
		t.line("%-16s %5d   ??    0.0 S    31T   0:00.00   0:00.00 %s %6d %8x  0.0  31  0        0      0 -        %-8s   0:00.00 %s",
			handsetUsers[p.uid], p.pid, column(strings.ReplaceAll(p.name(), " ", "_"), 7), p.ppid, p.flags, h.startedText(p), p.command())
		t.line("                            0.0 S    31T   0:00.00   0:00.00")
	}
	return []byte(t.String())
}

// taskinfo writes taskinfo.txt, with the kernel's names, which are cut.
func (h *handset) taskinfo() []byte {
	const kernelName = 31
	yes := map[bool]string{false: "NO", true: "YES"}
	var t text
	t.line("num tasks: %d\n", len(h.programs))
	for _, p := range h.programs {
		t.line("process: %q [%d] [unique ID: %d]\narchitecture: arm64", p.name()[:min(len(p.name()), kernelName)], p.pid, p.unique)
		if h.opt.IOS >= 17 && p.path != "" {
			t.line("executable uuid: %s", uuidOf(p.path))
		}
		t.line("coalition (type 0) ID: %d\ncoalition (type 1) ID: %d\nsuspend count: 0\nvirtual bytes: 401.50 GB; phys_footprint bytes: 7.10 MB; phys_footprint lifetime maximum bytes: 9.88 MB",
			p.unique*2, p.unique*2+1)
		t.line("run time: %d s\nrequested policy\n\treq apptype: TASK_APPTYPE_DAEMON_STANDARD\n\treq role: TASK_UNSPECIFIED (none)\neffective policy\n\teff role: TASK_UNSPECIFIED (none)",
			int(h.dumped().Sub(h.started(p)).Seconds()))
		t.line("ios-appledaemon: %s\nios-imppromotion: NO\nios-application: %s\nthreads:\n\tthread ID: %#x / %d\n\t\tthread name: com.example.main\n\n", yes[!p.app], yes[p.app], 800+p.unique, 800+p.unique)
	}
	return []byte(t.String())
}

// dumped is when the spindump was made, shortly after the capture began.
func (h *handset) dumped() time.Time { return h.now.Add(4 * time.Second) }

// spindump writes spindump-nosymbols.txt.
func (h *handset) spindump() []byte {
	const stamp = "2006-01-02 15:04:05.000 -0700"
	at := h.dumped()
	var t text
	t.line("Date/Time:        %s\nEnd time:         %s\nOS Version:       iPhone OS %s (Build %s)\nArchitecture:     arm64e\nReport Version:   60\nData Source:      Stackshots",
		h.clock(at, stamp), h.clock(at.Add(2*time.Second), stamp), h.sys.Version, h.sys.Build)
	t.line("Shared Cache:     %s slid base address 0x19a0bc000, slide 0x1a0bc000\nDuration:         2.00s\nSteps:            11 (200ms sampling interval)\nHardware model:   %s", uuidOf("cache"), h.sys.Model)
	t.line("Active cpus:      6\nMemory size:      7.45 GB\nBoot args:        \nTime Since Boot:  %ds\nTime Awake Since Boot: 120110s\n%s", int(at.Sub(h.boot).Seconds()), strings.Repeat("-", 60))
	names := map[int]string{}
	for _, p := range h.programs {
		names[p.pid] = p.name()
		h.spindumpProcess(&t, p, names[p.ppid])
	}
	return []byte(t.String())
}

func (h *handset) spindumpProcess(t *text, p *program, parent string) {
	t.line("\nProcess:          %s [%d]", p.name(), p.pid)
	if p.path == "" {
		t.line("UUID:             %s\nPath:             /kernel", uuidOf("/kernel"))
	} else {
		t.line("UUID:             %s\nPath:             %s", uuidOf(p.path), p.path)
	}
	if p.bundle != "" {
		t.line("Identifier:       %s\nVersion:          1.2 (3)", p.bundle)
	}
	t.line("Architecture:     arm64e")
	if p.pid > 0 {
		t.line("Parent:           %s [%d]", parent, p.ppid)
	}
	t.line("UID:              %d\nJetsam Priority:  %d\nFootprint:        5120 KB\nTime Since Fork:  %ds\nNum samples:      11 (1-11)\n", p.uid, p.priority, int(h.dumped().Sub(h.started(p)).Seconds()))
	base := 0x100000000 + uint64(p.pid)*0x100000
	t.line("  Thread %#x    DispatchQueue \"com.apple.main-thread\"(1)    11 samples (1-11)    priority 20 (base 20)\n  11  ??? (dyld + 4096) [0x1f0001000]", 1000+p.pid)
	if p.outside {
		t.line("    11  ??? [0x2f0000000]")
	}
	t.line("     *11  ??? [0xfffffff007123450]\n\n  Binary Images:")
	if p.path != "" {
		t.line("           %#x -                ???  %s  <%s>  %s", base, p.name(), uuidOf(p.path), p.path)
	}
	for i, image := range p.images {
		t.line("           %#x -        %#x  %s  <%s>  %s", base+uint64(i+1)*0x10000, base+uint64(i+1)*0x10000+0xffff, image[strings.LastIndexByte(image, '/')+1:], uuidOf(image), image)
	}
	t.line("           0x1f0000000 -        0x1f007ffff  dyld  <%s>  /usr/lib/dyld", uuidOf("/usr/lib/dyld"))
}

// priorities writes jetsam_priority.csv.
func (h *handset) priorities() []byte {
	var t text
	t.line("pid,name,priority_name,footprint,footprint_peak")
	for _, p := range h.programs {
		if p.pid > 0 {
			t.line("%d,%s,%d,%d,%d", p.pid, p.name(), p.priority, 5120, 9880)
		}
	}
	return []byte(t.String())
}

// reported returns the programs as reports list them that list all.
func (h *handset) reported(hours float64) (list []IOSProcess) {
	for i, p := range h.programs {
		if p.hours >= hours && p.pid > 0 {
			list = append(list, IOSProcess{Name: p.name(), PID: p.pid, UUID: strings.ToLower(uuidOf(p.path)), Daemon: !p.app, Pages: 300 + i})
		}
	}
	return list
}

// incident returns the number of a report.
func (h *handset) incident() string {
	return uuidOf(fmt.Sprint(h.opt.Seed, len(h.files), h.rnd.Uint64()))
}
