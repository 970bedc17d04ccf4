package fabricate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"howett.net/plist"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// A journal collects entries of the unified log.
type journal struct {
	h    *handset
	list []logtest.Entry
}

// add adds an entry of a program.
func (j *journal) add(hours float64, program, subsystem, category, format string, args ...any) {
	e := logtest.Entry{Time: j.h.ago(hours), Process: program, PID: 60, Subsystem: subsystem, Category: category, Level: unifiedlog.LevelDefault, Format: format, Args: args}
	for _, p := range j.h.programs {
		if p.path == program {
			e.PID, e.EUID = uint32(p.pid), uint32(p.uid)
		}
	}
	if program == "/kernel" {
		e.PID = 0
	}
	j.list = append(j.list, e)
}

// spawned adds what launchd says when it starts a program.
func (j *journal) spawned(p *program) {
	j.list = append(j.list, logtest.Entry{Time: j.h.started(p), Type: unifiedlog.TypeSimpledump, Process: "/sbin/launchd", PID: 1, Subsystem: "com.example." + p.name(),
		Format: fmt.Sprintf("Successfully spawned %s[%d] because ipc (mach)", p.name(), p.pid)})
}

// logEntries returns what the unified log of a phone holds: ordinary entries of the
// hours before the acquisition, and what is planted, in the order of time. It is the one
// place for entries that artifacts of the log must find.
func (h *handset) logEntries() []logtest.Entry {
	j := &journal{h: h}
	for i := range 200 {
		d := handsetDaemons[h.rnd.IntN(len(handsetDaemons))]
		j.add(24-float64(i)*0.1, d.path, "com.example.daemon", "work", "did part %d of %{public}s in %f s", i, "the work", h.rnd.Float64())
	}
	for _, p := range h.programs {
		if p.path != "" && p.hours < 24 {
			j.spawned(p)
		}
	}
	j.add(5, "/kernel", "", "", "Sandbox: %{public}s(%d) deny(1) %{public}s", "Birds", 700, "file-read-data /private/var/mobile/Library/Preferences/com.example.plist")
	j.add(5, "/kernel", "", "", "memorystatus: killing_idle_process pid %d [%{public}s]", 333, "mobileassetd")
	if h.infected() {
		h.plantEntries(j)
	}
	slices.SortStableFunc(j.list, func(a, b logtest.Entry) int { return a.Time.Compare(b.Time) })
	return j.list
}

// plantEntries adds entries of the spyware, and about it.
func (h *handset) plantEntries(j *journal) {
	j.add(handsetImplant, plantedSpy, "", "", "started with %d", 7)
	j.add(handsetImplant-1, plantedPredat, "", "", "%{public}s", "connected")
	j.add(handsetImplant, "/kernel", "", "", "AMFI: '%{public}s' is adhoc signed.", plantedSpy)
	j.add(handsetImplant-3, "/System/Library/CoreServices/ReportCrash", "", "", "Formulating %{public}s report for corpse[%d] %{public}s", "fatal 309", 740, spyProcess)
	h.found("process-logged", "ios.logprocesses", plantedSpy, detect.Strong, "a process of the spyware in the unified log", 0)
	h.found("launch-logged", "ios.log", spyProcess, detect.Strong, "launchd started a process of the spyware", handsetImplant)
	h.found("signature-logged", "ios.log", plantedSpy, detect.Strong, "the kernel noticed how a program of the spyware is signed", handsetImplant)
}

// logArchive adds the unified log, as an archive or as it lies on the phone.
func (h *handset) logArchive() {
	files := logtest.Memory{}
	w := logtest.New(logtest.Options{Boot: h.boot, Live: h.kind == Filesystem}, files.Create)
	for _, e := range h.logEntries() {
		if err := w.Add(&e); err != nil {
			h.fail(err)
			return
		}
	}
	if err := w.Close(); err != nil {
		h.fail(err)
		return
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		h.put("system_logs.logarchive/"+name, name, 0.1, files[name].Bytes())
	}
	if h.kind == Sysdiagnose {
		h.archiveInfo()
	}
}

// archiveInfo adds what a log archive says about itself.
func (h *handset) archiveInfo() {
	end := map[string]any{"WallTime": h.now.Add(time.Minute).UnixNano(), "UUID": strings.ToUpper(uuidOf("boot")), "ContinuousTime": h.now.Sub(h.boot).Nanoseconds() * 3 / 125}
	data, err := plist.Marshal(map[string]any{"OSArchiveVersion": 5, "ArchiveIdentifier": uuidOf("archive"), "EndTimeRef": end}, plist.BinaryFormat)
	if err != nil {
		h.fail(err)
	}
	h.put("system_logs.logarchive/Info.plist", "", 0, data)
}
