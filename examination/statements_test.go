package examination

import (
	"strings"
	"testing"

	"github.com/vigie-project/vigie/evidence"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		kind   evidence.Kind
		device evidence.Device
		want   string // codes
		detail string // a part of the first detail
	}{
		{"old backup", evidence.IOSBackup, evidence.Device{System: "iOS", Model: "iPhone9,3", Version: "14.3", Build: "18C66", Acquired: "2022-02-20T10:00:00Z"},
			"system-outdated", "iOS 14.3 (18C66); then the newest for it was 15.3.1 of 2022-02-10; list of "},
		{"at an unknown time", evidence.IOSFilesystem, evidence.Device{System: "iOS", Version: "16.3"}, "system-older", "iOS 16.3; the newest for it is 16.7"},
		{"newest of its time", evidence.IOSBackup, evidence.Device{System: "iOS", Model: "iPhone14,2", Version: "18.6.2", Acquired: "2025-08-31T10:00:00Z"}, "", ""},
		{"branch that is kept", evidence.IOSBackup, evidence.Device{System: "iOS", Model: "iPhone14,2", Version: "18.7.3", Acquired: "2025-12-20T10:00:00Z"}, "", ""},
		{"sysdiagnose", evidence.IOSSysdiagnose, evidence.Device{System: "iOS", Model: "iPhone18,1", Version: "26.1", Build: "23B85", Captured: "2025-11-20T10:00:00+01:00"},
			"crash-reports-day shutdown-log-short", "since about 2025-11-19T09:00:00Z"},
		{"by the build", evidence.IOSSysdiagnose, evidence.Device{Build: "22D63", Captured: "2025-02-01T10:00:00+01:00"}, "crash-reports-day", "since"},
		{"no updates", evidence.IOSBackup, evidence.Device{System: "iOS", Model: "iPhone7,2", Version: "12.5.7"}, "system-without-updates", "iPhone7,2"},
		{"unknown", evidence.IOSFilesystem, evidence.Device{Build: "99Z1"}, "version-unknown", "99Z1"},
		{"newer than the list", evidence.IOSFilesystem, evidence.Device{System: "iOS", Model: "iPhone20,1", Version: "29.1"}, "shutdown-log-short", ""},
		{"Android", evidence.AndroidBugreport, evidence.Device{System: "Android", Version: "14"}, "", ""},
		{"loose files", evidence.IOSFiles, evidence.Device{}, "", ""},
	} {
		var codes []string
		notes := statements(&evidence.Source{Kind: c.kind, Device: c.device})
		for _, n := range notes {
			codes = append(codes, n.Code)
			if n.Incomplete() {
				t.Errorf("%s: %s makes the examination incomplete", c.name, n.Code)
			}
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if len(notes) > 0 && !strings.Contains(notes[0].Detail, c.detail) {
			t.Errorf("%s: detail is %q, want %q", c.name, notes[0].Detail, c.detail)
		}
	}
}
