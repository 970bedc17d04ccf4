package android

import (
	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BatteryExemptions reads the apps that need not save power.
var BatteryExemptions = artifact.Parser{
	ID:    "android.batteryexemptions",
	Title: lang.Text{EN: "Apps that need not save power", FR: "Apps dispensées d’économie d’énergie"},
	Doc: `While the phone lies unused it puts apps to sleep (Doze). The owner, or an app that asks, can exempt an
app, which then works and talks to the network all the time: setting up a stalking app has
this step. Messengers, clocks and apps of vendors of watches ask for it too. Lists named
"user" hold the apps that were exempted on this phone, the others those of the system. The state is as of the dump.`,
	Inputs: from.Dumpsys("deviceidle"),
	Record: batteryexemptionsApp{},
	Refs: []string{
		"https://developer.android.com/training/monitoring-device-state/doze-standby",
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/apex/jobscheduler/service/java/com/android/server/DeviceIdleController.java",
	},
	Parse: from.Dump(dumpsys.Exemptions, batteryexemptionsRow),
}

// batteryexemptionsApp is one app in one list.
type batteryexemptionsApp struct {
	List string     `json:"list"` // heading: "Whitelist user apps"
	App  record.App `json:"app"`  // package
}

// String implements [record.Data].
func (a batteryexemptionsApp) String() string {
	return record.Line(string(a.App) + " need not save power (" + a.List + ")")
}

func batteryexemptionsRow(e dumpsys.Exemption) (int, record.Data) {
	return e.Line, batteryexemptionsApp{e.List, record.App(e.App)}
}
