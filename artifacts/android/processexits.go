package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ProcessExits reads why processes of apps ended.
var ProcessExits = artifact.Parser{
	ID:    "android.processexits",
	Title: lang.Text{EN: "Process exits", FR: "Fins de processus"},
	Doc: `Android 11 and later keep for each package about the last 16 times that one of its processes
ended, and why: it crashed, did not answer, was killed for memory or by a signal. They outlast
restarts of the phone, and show that an app ran and when. Crashes of apps that handle what
strangers send can come from attempts to exploit them; nearly all have other causes. Times
are of the clock of the phone. Older versions of Android have none of this.`,
	Inputs: from.Dumpsys("activity"),
	Record: processexitsExit{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/core/java/android/app/ApplicationExitInfo.java",
	},
	Parse: from.Since("11", from.Dump(from.Unless("ACTIVITY MANAGER PROCESS EXIT INFO", "ACTIVITY MANAGER ", dumpsys.Exits), processexitsRow)),
}

// processexitsExit is one end of a process.
type processexitsExit struct {
	Time        record.WallTime `json:"time"`                  // timestamp
	App         record.App      `json:"app"`                   // package
	Process     record.Process  `json:"process"`               // process
	PID         *int64          `json:"pid"`                   // pid
	UID         *int64          `json:"uid"`                   // user ID of the package
	Reason      string          `json:"reason"`                // reason, as named: "APP CRASH(NATIVE)", "ANR"
	ReasonCode  *int64          `json:"reason_code"`           // its number
	SubReason   string          `json:"subreason,omitempty"`   // subreason, as named
	Status      string          `json:"status,omitempty"`      // exit code or signal
	Description record.Text     `json:"description,omitempty"` // description
	Trace       record.Path     `json:"trace,omitempty"`       // trace: file with details
	Extra       []record.KV     `json:"extra,omitempty"`       // other values
}

// String implements [record.Data].
func (e processexitsExit) String() string {
	return record.Line("process " + string(e.Process) + " ended: " + e.Reason + " " + string(e.Description))
}

func processexitsRow(e dumpsys.Exit) (int, record.Data) {
	return e.Line, processexitsExit{
		Time: record.WallTime{Time: e.Time}, App: record.App(e.Package), Process: record.Process(e.Process), PID: from.Count(e.PID), UID: from.Count(e.UID),
		Reason: e.ReasonName, ReasonCode: from.Count(e.Reason), SubReason: e.SubReasonName, Status: e.Status,
		Description: record.Text(e.Description), Trace: record.Path(e.Trace), Extra: from.KVs(e.Other),
	}
}
