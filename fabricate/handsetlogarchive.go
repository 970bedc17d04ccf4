package fabricate

import (
	"slices"
	"strings"
	"time"

	"howett.net/plist"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/format/unifiedlog/logtest"
)

// logEntries returns what the unified log of a phone holds: ordinary entries of the
// hours before the acquisition, and what is planted, in the order of time. It is the one
// place for entries that artifacts of the log must find.
func (h *handset) logEntries() []logtest.Entry {
	var list []logtest.Entry
	add := func(hours float64, program, subsystem, category, format string, args ...any) {
		e := logtest.Entry{Time: h.ago(hours), Process: program, PID: 60, Subsystem: subsystem, Category: category, Level: unifiedlog.LevelDefault, Format: format, Args: args}
		for _, p := range h.programs {
			if p.path == program {
				e.PID, e.EUID = uint32(p.pid), uint32(p.uid)
			}
		}
		list = append(list, e)
	}
	for i := range 200 {
		d := handsetDaemons[h.rnd.IntN(len(handsetDaemons))]
		add(24-float64(i)*0.1, d.path, "com.example.daemon", "work", "did part %d of %{public}s in %f s", i, "the work", h.rnd.Float64())
	}
	for _, p := range h.programs {
		if p.path != "" && p.hours < 24 {
			add(p.hours, "/usr/libexec/runningboardd", "com.apple.runningboard", "process", "Now tracking process: [%{public}s:%d]", p.name(), p.pid)
		}
	}
	if h.infected() {
		add(handsetImplant, plantedSpy, "", "", "started with %d", 7)
		add(handsetImplant-1, plantedPredat, "", "", "%{public}s", "connected")
		h.found("process-logged", "ios.logprocesses", plantedSpy, detect.Strong, "a process of the spyware in the unified log", 0)
	}
	slices.SortStableFunc(list, func(a, b logtest.Entry) int { return a.Time.Compare(b.Time) })
	return list
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
