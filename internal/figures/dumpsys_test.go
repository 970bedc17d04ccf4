package figures

import (
	"strings"
	"testing"
)

// accountDumpsys accounts for the figures about parts of dumps.
func accountDumpsys(t *testing.T, e *expectation) verdict {
	if strings.Contains(e.Test, "::AndroidLogcat") {
		if strings.HasPrefix(e.text(), "{") {
			return by(t, "format/dumpsys.TestLogcat")
		}
		return settle(t, single(t, e.File), e.Test, e.text(), logcatAnswers)
	}
	test := strings.TrimPrefix(short(e.Test), "test_artifact_")
	if strings.HasSuffix(e.text(), " == 0") {
		return outside // counted before the peer's test reads or compares anything
	}
	return settle(t, single(t, e.File), test, e.text(), dumpsysAnswers[test])
}

var logcatAnswers = []answer{
	{says: "event_data", ours: count("android.logcatlines")},
	{says: "extraction_warning", ours: wrong("android.logcatlines")},
	{says: "recovery_warning", ours: wrong("android.logcat")},
}

// dumpsysAnswers are about parts of dumps, by the test of MVT.
var dumpsysAnswers = map[string][]answer{
	"dumpsys_accessibility.py::test_parsing": {
		{says: `len(da.results)`, ours: count("android.accessibility")},
		{says: `da.results[0]["package_name"]`, ours: nth("android.accessibility", "", 0, "app")},
		{says: `da.results[0]["service"]`, ours: nth("android.accessibility", "", 0, "component")},
	},
	"dumpsys_accessibility.py::test_ioc_check": {
		{says: `len(da.alertstore.alerts) == len(da.results)`, out: heuristics},
		{says: `da.alertstore.count(AlertLevel.MEDIUM)`, out: heuristics},
		{says: `da.alertstore.count(AlertLevel.CRITICAL)`, ours: matched("android.accessibility", "app:id", "com.sec.android.app.camera")},
		{says: `critical_alert.event["package_name"]`, ours: exhibit("android.accessibility", "app:id", "com.sec.android.app.camera", "app")},
	},
	"dumpsys_adb.py::test_parsing":          adbAnswers,
	"dumpsys_adb.py::test_parsing_adb_wifi": adbAnswers,
	"dumpsys_appops.py::test_parsing": {
		{says: `len(da.results)`, ours: kindsOf("android.appops", "", "uid", "app")},
		{says: `da.results[0]["package_name"]`, ours: packageAt(0)},
		{says: `da.results[0]["uid"]`, ours: nth("android.appops", "", 0, "uid")},
		{says: `len(da.results[0]["permissions"])`, ours: ofPackage(0, -1)},
		{says: `da.results[0]["permissions"][0]["name"]`, ours: nth("android.appops", "", 0, "op")},
		{says: `da.results[0]["permissions"][0]["access"]`, ours: nth("android.appops", "", 0, "mode")},
		{says: `da.results[6]["package_name"]`, ours: packageAt(6)},
		{says: `len(da.results[6]["permissions"][1]["entries"])`, ours: ofPackage(6, 1)},
		{says: `len(da.results[11]["permissions"])`, ours: ofPackage(11, -1)},
	},
	"dumpsys_appops.py::test_ioc_check": {
		{says: `len(da.alertstore.alerts)`, out: heuristics},
		{says: `len(detected_by_ioc)`, ours: matched("android.appops", "app:id", "com.facebook.katana"), want: "16", why: "each use of an operation is a record, not each package"},
		{says: `detected_by_ioc[0].matched_indicator is not None`, ours: exhibit("android.appops", "app:id", "com.facebook.katana", "app"), want: "com.facebook.katana"},
		{says: `len(detected_by_permission_heuristic)`, out: heuristics},
	},
	"dumpsys_battery_daily.py::test_parsing": {
		{says: `len(dba.results)`, ours: kindsOf("android.batterydaily", "", "from", "app", "version")},
	},
	"dumpsys_battery_daily.py::test_ioc_check": {
		{says: `len(dba.alertstore.alerts)`, ours: matched("android.batterydaily", "app:id", "com.facebook.system"), want: "6", why: "the dump has each change six times, and every line is a record"},
	},
	"dumpsys_battery_history.py::test_parsing": {
		{says: `len(dba.results)`, ours: count("android.batteryhistory"), want: "8", why: "every line of the history is a record, with all of its events"},
		{says: `dba.results[0]["package_name"]`, ours: nth("android.batteryhistory", "", 3, "apps.0")},
		{says: `dba.results[1]["event"]`, ours: nth("android.batteryhistory", "", 4, "events.0"),
			want: "-job=u0a94:com.samsung.android.app.reminder/.data.alarmregister.RegisterAlarmJobService", why: words},
		{says: `dba.results[2]["event"]`, ours: nth("android.batteryhistory", "", 5, "events.0"), want: "+top=u0a280:com.whatsapp", why: words},
		{says: `dba.results[2]["uid"]`, ours: nth("android.batteryhistory", "", 5, "events.0"), want: "+top=u0a280:com.whatsapp", why: words},
		{says: `dba.results[2]["package_name"]`, ours: nth("android.batteryhistory", "", 5, "apps.0")},
		{says: `dba.results[3]["event"]`, ours: nth("android.batteryhistory", "", 6, "events.0"), want: "-top=u0a280:com.whatsapp", why: words},
		{says: `dba.results[4]["package_name"]`, ours: nth("android.batteryhistory", "", 7, "apps.0")},
	},
	"dumpsys_battery_history.py::test_ioc_check": {
		{says: `len(dba.alertstore.alerts)`, ours: matched("android.batteryhistory", "app:id", "com.samsung.android.app.reminder")},
	},
	"dumpsys_dbinfo.py::test_parsing": {
		{says: `len(dbi.results)`, ours: count("android.databaseinfo")},
		{says: `dbi.results[0]["action"]`, ours: nth("android.databaseinfo", "", 0, "action")},
		{says: `dbi.results[0]["sql"]`, ours: nth("android.databaseinfo", "", 0, "sql")},
		{says: `dbi.results[0]["path"]`, ours: nth("android.databaseinfo", "", 0, "database")},
	},
	"dumpsys_dbinfo.py::test_ioc_check": {
		{says: `len(dbi.alertstore.alerts)`, ours: matched("android.databaseinfo", "app:id", "com.wssyncmldm")},
	},
	"dumpsys_package_activities.py::test_parsing": {
		{says: `len(dpa.results)`, ours: count("android.activities", "group=Non-Data Actions")},
		{says: `dpa.results[0]["package_name"]`, ours: nth("android.activities", "group=Non-Data Actions", 0, "app")},
		{says: `dpa.results[0]["activity"]`, ours: nth("android.activities", "group=Non-Data Actions", 0, "component")},
	},
	"dumpsys_package_activities.py::test_ioc_check": {
		{says: `len(dpa.alertstore.alerts)`, ours: matched("android.activities", "app:id", "com.google.android.gms"), want: "2", why: "an activity for a type of data is a record too"},
	},
	"dumpsys_packages.py::test_parsing": {
		{says: `len(dpa.results)`, ours: count("android.dumpsyspackages")},
		{says: `dpa.results[0]["package_name"]`, ours: nth("android.dumpsyspackages", "", 0, "name")},
		{says: `dpa.results[0]["version_name"]`, ours: nth("android.dumpsyspackages", "", 0, "version")},
		{says: `dpa.results[0]["first_install_time"]`, ours: nth("android.dumpsyspackages", "", 0, "first_installed")},
		{says: `dpa.results[0]["system"]`, ours: nth("android.dumpsyspackages", "", 0, "system")},
	},
	"dumpsys_packages.py::test_ioc_check": {
		{says: `len(dpa.alertstore.alerts)`, ours: matched("android.dumpsyspackages", "app:id", "com.sec.android.app.DataCreate")},
	},
	"dumpsys_platform_compat.py::test_parsing": {
		{says: `len(dbi.results)`, ours: count("android.platformcompat"), want: "3", why: "an override that is in force and that nobody set by hand is one too"},
		{says: `dbi.results[0]["package_name"]`, ours: nth("android.platformcompat", "", 1, "app")},
		{says: `dbi.results[1]["package_name"]`, ours: nth("android.platformcompat", "", 2, "app")},
	},
	"dumpsys_platform_compat.py::test_ioc_check": {
		{says: `len(dbi.alertstore.alerts)`, ours: sum(matched("android.platformcompat", "app:id", "org.torproject.torbrowser"),
			matched("android.platformcompat", "app:id", "org.article19.circulo.next"))},
	},
	"dumpsys_receivers.py::test_parsing": {
		{says: `len(dr.results)`, ours: kindsOf("android.receivers", "group=Non-Data Actions", "intent")},
		{says: `list(dr.results.keys())[0]`, ours: nth("android.receivers", "group=Non-Data Actions", 0, "intent")},
		{says: `dr.results["com.android.storagemanager.automatic.SHOW_NOTIFICATION"][0][ "package_name" ]`,
			ours: field("android.receivers", "intent=com.android.storagemanager.automatic.SHOW_NOTIFICATION", "app")},
	},
	"dumpsys_receivers.py::test_ioc_check": {
		{says: `len(dr.alertstore.alerts)`, ours: matched("android.receivers", "app:id", "com.android.storagemanager")},
	},
	"getprop.py::test_parsing": {
		{says: `len(gp.results)`, ours: count("android.properties")},
		{says: `gp.results[0]["name"]`, ours: nth("android.properties", "", 0, "name")},
		{says: `gp.results[0]["value"]`, ours: nth("android.properties", "", 0, "value")},
	},
	"getprop.py::test_ioc_check": {
		{says: `len(gp.alertstore.alerts)`, ours: matched("android.properties", "android-property:name", "dalvik.vm.appimageformat")},
	},
	"processes.py::test_parsing": {
		{says: `len(p.results)`, ours: count("android.processes")},
		{says: `p.results[0]["proc_name"]`, ours: nth("android.processes", "", 0, "name")},
	},
	"processes.py::test_ioc_check": {
		{says: `len(p.alertstore.alerts)`, ours: matched("android.processes", "process:name", "lru-add-drain")},
	},
}

// adbAnswers are about keys of computers; the same claims are made of two dumps.
var adbAnswers = []answer{
	{says: `len(da_adb.results)`, ours: count("android.adbkeys", "list=state")},
	{says: `"user_keys" in adb_data`, ours: kindsOf("android.adbkeys", "list=user", "list"), want: "1"},
	{says: `len(adb_data["user_keys"])`, ours: count("android.adbkeys", "list=user")},
	{says: `user_key["fingerprint"]`, ours: field("android.adbkeys", "list=user", "fingerprint")},
	{says: `user_key["user"]`, ours: field("android.adbkeys", "list=user", "computer")},
	{says: `b"adb_wifi" not in adb_data["keystore"]`, ours: field("android.adbkeys", "list=store", "computer"), want: "user@linux"},
}
