package fabricate

import (
	"bytes"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/ips"
)

// TestIOSReports reads the reports that are made.
func TestIOSReports(t *testing.T) {
	t.Parallel()
	s := IOSSystem{Model: "iPhone14,7", Version: "17.1", Build: "21B74", Zone: time.FixedZone("", 7200), Lockdown: true}
	at := time.Date(2031, 4, 5, 8, 11, 12, 0, time.UTC)
	c := &IOSCrash{Process: "imagent", Path: "/System/x/imagent", Bundle: "com.apple.imagent", PID: 740, At: at, Launched: at.Add(-time.Minute), Incident: "A", Exception: "EXC_BAD_ACCESS",
		Signal: "SIGSEGV", Subtype: "KERN_INVALID_ADDRESS at 0x10", Namespace: "SIGNAL", Code: 11, Info: []string{"one"},
		Frames: []IOSFrame{{0, 16, ""}, {1, 99, ""}}, Images: []IOSImage{{0x104000000, "/System/x/imagent", "11111111-2222-3333-4444-555555555555"}, {}}}
	processes := []IOSProcess{{Name: "Example", PID: 700, UUID: "U", Pages: 30000}, {Name: "exampled", PID: 112, Daemon: true, Reason: "highwater"}}
	if name := s.FileName("imagent", at); name != "imagent-2031-04-05-101112.ips" {
		t.Error(name)
	}
	for class, data := range map[ips.Class][]byte{ips.Crash: c.JSON(s), ips.Resource: c.Text(s), ips.Jetsam: s.Jetsam(at, "A", processes),
		ips.Panic: s.Panic(at, at.Add(-time.Hour), "A", "Kernel data abort", processes[0], processes), ips.Stackshot: s.Stackshot(at, "A", "why", processes)} {
		r, err := ips.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := r.Content()
		if class == ips.Crash || class == ips.Resource { // the crash as text stands there
			got, err := ips.DecodeCrash(body)
			when, _ := ips.ParseTime(got.Time)
			if err != nil || r.Class != ips.Crash || got.Process != "imagent" || got.Subtype != c.Subtype || !when.Equal(at) || len(got.FaultingThread().Frames) != 2 ||
				got.FaultingThread().Frames[1].Image != -1 || len(got.Info) != 1 || got.SystemBuild != "21B74" {
				t.Errorf("%v: %+v\n%s", err, got, data)
			}
			continue
		}
		got, err := ips.DecodeSystem(body)
		if err != nil || r.Class != class || len(got.Processes) != 2 || got.Incident != "A" {
			t.Errorf("%v: class %d, %+v", err, r.Class, got)
		}
		if class == ips.Panic {
			if p := ips.ReadPanic(got.Panic); p.Task != "Example" || p.Message != "Kernel data abort" || p.Booted == "" {
				t.Errorf("%+v", p)
			}
		}
	}
}
