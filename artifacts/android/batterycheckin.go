package android

import (
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BatteryCheckin reads the statistics of apps since the last charge.
var BatteryCheckin = artifact.Parser{
	ID:    "android.batterycheckin",
	Title: lang.Text{EN: "Battery statistics of apps", FR: "Statistiques de batterie des apps"},
	Doc: `Bug reports hold the battery statistics in a short form for programs: for each user ID how long since
the last full charge its app used the processor, the network, microphone (aud), camera (cam),
video (vid), and held the phone awake (wl), which services (apk), processes (pr), jobs (jb) and
synchronisations (sy) ran. Sections are named as the system names them; what each value is depends on
the section and the version. Lines of section uid tell which packages a user ID has. The statistics
start again when the battery was full.`,
	Inputs: from.Sections("checkin-batterystats"),
	Record: batterycheckinLine{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/os/BatteryStats.java",
	},
	Parse: from.Dump(dumpsys.BatteryCheckin, batterycheckinRow),
}

// batterycheckinLine is one line.
type batterycheckinLine struct {
	UID     int64          `json:"uid"`               // user ID of the app; 0 also for the phone as a whole
	Period  string         `json:"period"`            // "i" is information, "l" since the last charge
	Section string         `json:"section"`           // "uid", "apk", "pr", "wl", "aud", "cam"
	App     record.App     `json:"app,omitempty"`     // of sections uid and apk: package
	Process record.Process `json:"process,omitempty"` // of section pr: name
	Values  []record.Text  `json:"values"`            // as printed, all of the line
}

// String implements [record.Data].
func (l batterycheckinLine) String() string {
	s := "battery statistics " + l.Section
	if l.App != "" {
		s += " of " + string(l.App)
	} else if l.Process != "" {
		s += " of " + string(l.Process)
	}
	return record.Line(s)
}

func batterycheckinRow(l dumpsys.CheckinLine) (int, record.Data) {
	d := batterycheckinLine{UID: int64(l.UID), Period: l.Period, Section: l.Section}
	for _, f := range l.Fields {
		d.Values = append(d.Values, record.Text(f))
	}
	switch {
	case l.Section == "uid" && len(l.Fields) > 1:
		d.App = record.App(l.Fields[1])
		if uid, err := strconv.ParseInt(l.Fields[0], 10, 64); err == nil {
			d.UID = uid
		}
	case l.Section == "apk" && len(l.Fields) > 1:
		d.App = record.App(l.Fields[1])
	case l.Section == "pr" && len(l.Fields) > 0:
		d.Process = record.Process(strings.Trim(l.Fields[0], `"`))
	}
	return l.Line, d
}
