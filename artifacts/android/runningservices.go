package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// RunningServices reads the services of apps that run.
var RunningServices = artifact.Parser{
	ID:    "android.runningservices",
	Title: lang.Text{EN: "Running services", FR: "Services en cours d’exécution"},
	Doc: `A service of an app works in the background. The system tells those that run at the time of
the dump: in which process, whether they show it to the user (in the foreground), who called
them and how long before the dump they began. A spying app mostly has one that runs always.
Services that were stopped are not told. Bug reports
also have a shorter dump with the activities only, which gives none.`,
	Inputs: from.Dumpsys("activity"),
	Record: runningservicesService{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/am/ServiceRecord.java",
	},
	Parse: from.Dump(from.Unless("ACTIVITY MANAGER SERVICES", "ACTIVITY MANAGER ACTIVITIES", dumpsys.Services), runningservicesRow),
}

// runningservicesService is one service.
type runningservicesService struct {
	Component    string         `json:"component"`            // package/class
	App          record.App     `json:"app"`                  // packageName
	Process      record.Process `json:"process"`              // processName
	User         *int64         `json:"user"`                 // user
	ProcessState string         `json:"running,omitempty"`    // app: process record with its number and user ID; "" if it does not run
	Permission   string         `json:"permission,omitempty"` // that a caller needs
	Foreground   bool           `json:"foreground"`           // isForeground
	Started      bool           `json:"started"`              // startRequested: not only bound
	Age          float64        `json:"age"`                  // createTime: seconds before the dump
	LastActivity float64        `json:"last_activity"`        // lastActivity: seconds before the dump
	Caller       record.App     `json:"caller,omitempty"`     // recentCallingPackage, Android 11 and later
	Extra        []record.KV    `json:"extra,omitempty"`      // other values
}

// String implements [record.Data].
func (s runningservicesService) String() string {
	return record.Line("service " + s.Component + " in process " + string(s.Process))
}

func runningservicesRow(s dumpsys.Service) (int, record.Data) {
	return s.Line, runningservicesService{
		Component: s.Component, App: record.App(s.Package), Process: record.Process(s.Process), User: from.Count(s.User), ProcessState: s.App,
		Permission: s.Permission, Foreground: s.Foreground, Started: s.Started, Age: s.Created.Seconds(), LastActivity: s.LastActivity.Seconds(),
		Caller: record.App(s.Caller), Extra: from.KVs(s.Other),
	}
}
