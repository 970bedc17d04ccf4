package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// MediaProjection reads which app records the screen.
var MediaProjection = artifact.Parser{
	ID:    "android.mediaprojection",
	Title: lang.Text{EN: "Recording of the screen", FR: "Enregistrement de l’écran"},
	Doc: `An app can record the screen, or show it on another device, after the owner agreed in a window. The system tells
which app does so at the time of the dump; at most one can. Usually none does, which gives no
record. Recordings before are not told; see the operation PROJECT_MEDIA in android.appops.`,
	Inputs: from.Dumpsys("media_projection"),
	Record: mediaprojectionApp{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/media/projection/MediaProjectionManagerService.java",
	},
	Parse: from.Dump(dumpsys.Projections, mediaprojectionRow),
}

// mediaprojectionApp is the app that records.
type mediaprojectionApp struct {
	App  record.App `json:"app"`  // package
	UID  *int64     `json:"uid"`  // user ID of the app
	Type string     `json:"type"` // "TYPE_SCREEN_CAPTURE", "TYPE_MIRRORING"
}

// String implements [record.Data].
func (a mediaprojectionApp) String() string {
	return record.Line("screen recorded by " + string(a.App))
}

func mediaprojectionRow(p dumpsys.Projection) (int, record.Data) {
	return p.Line, mediaprojectionApp{record.App(p.Package), from.Count(p.UID), p.Type}
}
