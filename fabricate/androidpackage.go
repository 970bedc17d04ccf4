package fabricate

import (
	"fmt"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// A dump is what one service prints.
type dump struct{ name, body string }

// services are the dumps of all services, in the order of their names. Those that
// came with a version are in reports of that and later ones.
func (d *droid) services() []dump {
	var list []dump
	for _, s := range []struct {
		name  string
		since int
		make  func(*droid) string
	}{
		{"accessibility", 0, (*droid).accessibility}, {"account", 0, (*droid).accounts}, {"activity", 0, (*droid).activity}, {"adb", 10, (*droid).adb},
		{"appops", 0, (*droid).appops}, {"batterystats", 0, (*droid).batterystats}, {"dbinfo", 0, (*droid).dbinfo}, {"device_policy", 0, (*droid).devicePolicy},
		{"dropbox", 0, (*droid).dropbox}, {"netstats", 0, (*droid).netstats}, {"notification", 0, (*droid).notification}, {"package", 0, (*droid).packageService},
		{"platform_compat", 11, (*droid).platformCompat}, {"role", 10, (*droid).roles}, {"settings", 0, (*droid).settingsService}, {"usagestats", 0, (*droid).usagestats},
		{"wifi", 0, (*droid).wifi}, {"vpn_management", 12, (*droid).vpn}, {"connectivity", 0, (*droid).connectivity}, {"input_method", 0, (*droid).inputMethod},
		{"companiondevice", 11, (*droid).companionDevice}, {"trust", 0, (*droid).trust}, {"deviceidle", 0, (*droid).deviceIdle}, {"user", 0, (*droid).users},
		{"lock_settings", 9, (*droid).lockSettings}, {"jobscheduler", 0, (*droid).jobScheduler}, {"alarm", 0, (*droid).alarms}, {"bluetooth_manager", 0, (*droid).bluetooth},
		{"usb", 0, (*droid).usb}, {"media_projection", 0, (*droid).mediaProjection},
	} {
		if d.opt.Android >= s.since {
			list = append(list, dump{s.name, s.make(d)})
		}
	}
	return list
}

// packageService is the dump of the package manager.
func (d *droid) packageService() string {
	var t text
	d.appTraps()
	d.resolvers(&t)
	t.line("Packages:")
	for i := range d.apps {
		d.packageBlock(&t, &d.apps[i])
	}
	t.line("")
	t.line("Hidden system packages:")
	for i := range d.apps {
		if a := &d.apps[i]; a.system && a.updated {
			old := app{name: a.name, system: true, id: a.id, version: a.version - 1, hours: 24 * 100}
			d.packageBlock(&t, &old)
		}
	}
	t.line("")
	d.installSessions(&t)
	d.found("package", "android.dumpsyspackages", spyApp, detect.Confirmed, "the package, in the dump of the package manager", spyInstalled)
	d.ruled("sideload", "android.dumpsyspackages", spyApp, detect.NeedsExpert, "an app that was installed from a file")
	d.found("receiver", "android.receivers", spyApp, detect.Confirmed, "the app is told of text messages", 0)
	d.found("activity", "android.activities", spyApp, detect.Confirmed, "the app answers to an action", 0)
	return t.String()
}

// resolvers writes which components answer to which actions.
func (d *droid) resolvers(t *text) {
	t.line("Activity Resolver Table:\n  Schemes:\n      https:\n        5d6e7f8 com.android.chrome/com.google.android.apps.chrome.Main (2 filters)\n\n  Non-Data Actions:")
	t.line("      android.intent.action.MAIN:")
	for i := range d.apps {
		if a := &d.apps[i]; !a.system {
			t.line("        %07x %s/.Main", 0x1a2b3c0+i, a.name)
		}
	}
	t.line("\nReceiver Resolver Table:\n  Non-Data Actions:")
	var order []string
	by := map[string][]string{}
	for i := range d.apps {
		for _, action := range d.apps[i].receives {
			if by[action] == nil {
				order = append(order, action)
			}
			by[action] = append(by[action], fmt.Sprintf("        %07x %s/.Receiver", 0x2a2b3c0+i, d.apps[i].name))
		}
	}
	for _, action := range order {
		t.line("      %s:\n%s", action, strings.Join(by[action], "\n"))
	}
	t.line("")
	d.serviceTable(t)
}

// packageBlock writes what the package manager tells of one app.
func (d *droid) packageBlock(t *text, a *app) {
	android := d.opt.Android
	first, flags := wall(d.ago(a.hours), time.DateTime), "[ HAS_CODE ALLOW_CLEAR_USER_DATA ]"
	switch {
	case a.system && a.updated:
		flags = "[ SYSTEM HAS_CODE ALLOW_CLEAR_USER_DATA UPDATED_SYSTEM_APP ]"
	case a.system:
		first, flags = "2008-12-31 16:00:00", "[ SYSTEM HAS_CODE ALLOW_CLEAR_USER_DATA ]"
	}
	id := "userId"
	if android >= 13 {
		id = "appId"
	}
	t.line("  Package [%s] (%07x):\n    %s=%d", a.name, 0x100000+a.id, id, a.id)
	t.line("    pkg=Package{%07x %s}\n    codePath=%s\n    resourcePath=%s", 0x200000+a.id, a.name, a.path(), a.path())
	t.line("    versionCode=%d minSdk=26 targetSdk=%d", a.version, d.sdk)
	if a.name == "com.example.radio" {
		t.line("") // as some vendors print it
		d.trap("blank-line", "com.example.radio", "a package whose block has a blank line")
	}
	t.line("    versionName=%d.0\n    splits=[base]\n    flags=%s\n    dataDir=/data/user/0/%s", a.version, flags, a.name)
	t.line("    timeStamp=%s", first)
	if android < 12 {
		t.line("    firstInstallTime=%s", first)
	}
	t.line("    lastUpdateTime=%s", first)
	d.installedBy(t, a)
	t.line("    signatures=PackageSignatures{%07x version:2, signatures:[%08x], past signatures:[]}", 0x300000+a.id, len(a.signer)*7919+a.id)
	t.line("    pkgFlags=%s", flags)
	t.line("    requested permissions:\n      android.permission.INTERNET")
	for _, p := range a.grants {
		t.line("      android.permission.%s", p)
	}
	t.line("    install permissions:\n      android.permission.INTERNET: granted=true")
	t.line("    User 0: ceDataInode=%d installed=%t hidden=false suspended=false stopped=false notLaunched=false enabled=0 instant=false virtual=false", 1000+a.id, !a.removed)
	if android >= 12 {
		t.line("      installReason=%d\n      firstInstallTime=%s", map[bool]int{true: 4}[a.installer != ""], first)
	}
	t.line("      gids=[3003]\n      runtime permissions:")
	for _, p := range a.grants {
		t.line("        android.permission.%s: granted=true, flags=[ USER_SET|USER_SENSITIVE_WHEN_GRANTED]", p)
	}
	if a.name == "com.example.chat.clone" {
		t.line("    User 10: ceDataInode=0 installed=true hidden=false suspended=false stopped=false notLaunched=false enabled=0 instant=false virtual=false\n      gids=[3003]\n      runtime permissions:")
	}
}

// installedBy writes who installed an app.
func (d *droid) installedBy(t *text, a *app) {
	if a.installer == "" {
		return
	}
	t.line("    installerPackageName=%s", a.installer)
	if d.opt.Android < 11 {
		return
	}
	t.line("    installerPackageUid=%d\n    initiatingPackageName=%s", d.find(a.installer).id, a.installer)
	if a.origin != "" {
		t.line("    originatingPackageName=%s", a.origin)
	}
	if d.opt.Android >= 13 {
		t.line("    packageSource=%d", a.source)
	}
	if d.opt.Android >= 14 && a.installer == play {
		t.line("    updateOwnerPackageName=%s", play)
	}
}

// installSessions writes the sessions of past installations.
func (d *droid) installSessions(t *text) {
	t.line("Active install sessions:\n  ")
	if d.opt.Android >= 11 {
		t.line("Finalized install sessions:\n  ")
	}
	t.line("Historical install sessions:")
	session := func(id int, a *app, uri string, originUID int) {
		at := d.ago(a.hours).UnixMilli()
		t.line("  Session %d:", id)
		if d.opt.Android < 11 {
			wrapped(t, fmt.Sprintf("userId=0 installerPackageName=%s installerUid=%d createdMillis=%d stageDir=/data/app/vmdl%d.tmp stageCid=null ", a.installer, d.find(a.installer).id, at, id))
			wrapped(t, fmt.Sprintf("mode=1 installFlags=0x12 installLocation=1 sizeBytes=-1 appPackageName=%s appIcon=false appLabel=null originatingUri=%s originatingUid=%d referrerUri=null abiOverride=null volumeUuid=null grantedRuntimePermissions=null installReason=4 ", a.name, uri, originUID))
			wrapped(t, "mClientProgress=1.0 mProgress=0.9 mSealed=true mPermissionsAccepted=true mRelinquished=false mDestroyed=true mBridges=0 mFinalStatus=1 mFinalMessage=null ")
			return
		}
		wrapped(t, fmt.Sprintf("userId=0 mOriginalInstallerUid=%d mOriginalInstallerPackageName=%s installerPackageName=%s installInitiatingPackageName=%s installOriginatingPackageName=%s mInstallerUid=%d createdMillis=%d updatedMillis=%d committedMillis=%d stageDir=/data/app/vmdl%d.tmp stageCid=null ",
			d.find(a.installer).id, a.installer, a.installer, a.installer, nullIf(a.origin), d.find(a.installer).id, at, at+2000, at+1000, id))
		wrapped(t, fmt.Sprintf("mode=1 installFlags=0x408012 installLocation=1 installReason=0 installScenario=0 sizeBytes=-1 appPackageName=%s appIcon=false appLabel=null originatingUri=%s originatingUid=%d referrerUri=null abiOverride=null volumeUuid=null packageSource=%d isMultiPackage=false isStaged=false ", a.name, uri, originUID, a.source))
		wrapped(t, "mClientProgress=1.0 mProgress=0.9 mCommitted=true mSealed=true mPermissionsManuallyAccepted=true mStageDirInUse=true mDestroyed=true mFds=0 mBridges=0 mFinalStatus=1 mFinalMessage=Session installed params=[null] ")
	}
	session(855090526, d.find("com.example.weather"), "null", -1)
	if !d.opt.Benign {
		session(1203344, d.find(spyApp), "content://downloads/my_downloads/77", d.find("com.android.chrome").id)
		d.found("install-session", "android.installsessions", spyApp, detect.Confirmed, "the session that installed the app", spyInstalled)
	}
	t.line("")
}

// wrapped writes fields as an indenting printer of Android does: six columns in,
// broken at 120, the rest two columns in.
func wrapped(t *text, fields string) {
	width, indent := 114, "      "
	for fields != "" {
		n := min(width, len(fields))
		t.line("%s%s", indent, fields[:n])
		fields, width, indent = fields[n:], 118, "  "
	}
}

func nullIf(s string) string {
	if s == "" {
		return "null"
	}
	return s
}
