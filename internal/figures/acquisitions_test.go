package figures

import (
	"strings"
	"testing"
)

// emulatorTests have the figures about the bug report of an emulator, which is
// too large to be read here once more. Levels are no part of them.
var emulatorTests = map[string]string{
	"DumpsysAccessibility":  "format/dumpsys.TestAccessibility",
	"DumpsysActivities":     "format/dumpsys.TestResolvers",
	"DumpsysAppops":         "format/dumpsys.TestAppOps",
	"DumpsysBatteryDaily":   "format/dumpsys.TestBattery",
	"DumpsysBatteryHistory": "format/dumpsys.TestBattery",
	"DumpsysDBInfo":         "format/dumpsys.TestDBOperations",
	"DumpsysGetProp":        "format/dumpsys.TestProperties",
	"DumpsysPackages":       "format/dumpsys.TestPackages",
	"DumpsysPlatformCompat": "format/dumpsys.TestCompatChanges",
	"DumpsysReceivers":      "format/dumpsys.TestResolvers",
	"DumpsysADBState":       "format/dumpsys.TestADB",
	"Tombstones":            "evidence.TestAndroidCorpus",
}

// accountBugreport accounts for the figures about bug reports.
func accountBugreport(t *testing.T, e *expectation) verdict {
	switch module, isRun := strings.CutPrefix(e.Test, "BUGREPORT_MODULES."); {
	case module == "BugReportTimestamps":
		// The times of the members of the archive are when the bug report was
		// made, and not when anything happened.
		return outside
	case isRun:
		return by(t, emulatorTests[module])
	case e.Kind == "ground-truth":
		return by(t, "format/dumpstate.TestEmulator")
	}
	return settle(t, whole(t, e.File), short(e.Test), e.text(), reportAnswers[short(e.Test)])
}

var reportAnswers = map[string][]answer{
	"test_bugreport.py::test_appops_module": {
		{says: `len(m.results)`, ours: kindsOf("android.appops", "", "uid", "app")},
		{says: `len(m.timeline)`, ours: dated("android.appops", "time")},
		{says: `len(m.alertstore.alerts)`, out: heuristics},
		{says: `len(detected_by_ioc)`, ours: matched("android.appops", "app:id", "com.example.none")},
	},
	"test_bugreport.py::test_packages_module": {
		{says: `len(m.results)`, ours: count("android.dumpsyspackages")},
		{says: `m.results[0]["package_name"]`, ours: nth("android.dumpsyspackages", "", 0, "name")},
		{says: `m.results[1]["package_name"]`, ours: nth("android.dumpsyspackages", "", 1, "name")},
		{says: `m.results[0]["installer"]`, ours: nth("android.dumpsyspackages", "", 0, "installer")},
		{says: `m.results[1]["installer"]`, ours: nth("android.dumpsyspackages", "", 1, "installer")},
		{says: `len(m.results[0]["permissions"])`, test: "format/dumpsys.TestPackages"},
		{says: `len(m.results[1]["permissions"])`, test: "format/dumpsys.TestPackages"},
	},
	"test_bugreport.py::test_getprop_module": {
		{says: `len(m.results)`, ours: count("android.properties")},
	},
	"test_bugreport.py::test_tombstones_modules": {
		{says: `len(m.results)`, ours: count("android.tombstones")},
		{says: `m.results[1]["pid"]`, ours: nth("android.tombstones", "", 1, "pid")},
	},
	"test_check_android_bugreport.py::test_check": {{says: `result.exit_code`, out: ownCommand}},
}

// accountTombstone accounts for the figures about a crash.
func accountTombstone(t *testing.T, e *expectation) verdict {
	return settle(t, single(t, e.File), e.Test, e.text(), crashAnswers)
}

var crashAnswers = []answer{
	{says: `assertEquals("Fatal signal SIGSEGV (11), SEGV_MAPERR (1), pid = 21891 (io.sentry.samples.android)", event.message!!.formatted,)`, test: "format/tombstone.TestPublished"},
	{says: `assertEquals("native", event.platform)`, out: sentryForm},
	{says: `assertEquals("FATAL", event.level!!.name)`, out: sentryForm},
	{says: `assertEquals(1, event.exceptions!!.size)`, ours: count("android.tombstones"), want: "1"},
	{says: `assertEquals("SIGSEGV", exception.type)`, ours: field("android.tombstones", "", "signal"), want: "SIGSEGV"},
	{says: `assertEquals("Segfault", exception.value)`, out: sentryForm},
	{says: `assertEquals("Tombstone", mechanism!!.type)`, out: sentryForm},
	{says: `assertEquals(false, mechanism.isHandled)`, out: sentryForm},
	{says: `assertEquals(true, mechanism.synthetic)`, out: sentryForm},
	{says: `assertEquals("SIGSEGV", mechanism.meta!!["name"])`, ours: field("android.tombstones", "", "signal"), want: "SIGSEGV"},
	{says: `assertEquals(11, mechanism.meta!!["number"])`, ours: field("android.tombstones", "", "number"), want: "11"},
	{says: `assertEquals("SEGV_MAPERR", mechanism.meta!!["code_name"])`, ours: field("android.tombstones", "", "code"), want: "SEGV_MAPERR"},
	{says: `assertEquals(1, mechanism.meta!!["code"])`, ours: field("android.tombstones", "", "code_raw"), want: "1"},
	{says: `assertEquals(62, event.threads!!.size)`, ours: field("android.tombstones", "", "threads"), want: "62"},
	{says: `assertEquals(21891, mainThread.id)`, ours: field("android.tombstones", "", "tid"), want: "21891"},
	{says: `assertEquals("main", mainThread.name)`, out: "the peer calls the first thread so; the crash names it samples.android"},
	{says: `assertEquals(352, event.debugMeta!!.images!!.size)`, test: "format/tombstone.TestImages"},
	{says: `assertEquals("elf", image.type)`, out: sentryForm},
	{says: `assertEquals(expectedJson, actualJson)`, test: "format/tombstone.TestImages"},
}

// accountAndroidBackup accounts for the figures about backups of Android.
func accountAndroidBackup(t *testing.T, e *expectation) verdict {
	switch test := short(e.Test); {
	case strings.HasPrefix(e.text(), "m.hexdigest()"), strings.HasPrefix(e.text(), "unpacks to"), strings.HasPrefix(e.text(), "error, "):
		return by(t, "format/androidbackup.TestCorpus")
	case strings.HasPrefix(e.text(), "pack with"):
		return by(t, "format/androidbackup.TestRoundTrip")
	case test == "test_backup_module.py::test_module_folder":
		return by(t, "artifacts/android.TestCorpusBackup")
	default:
		return settle(t, whole(t, e.File), test, e.text(), messageAnswers)
	}
}

var messageAnswers = []answer{
	{says: `len(mod.results)`, ours: messages},
	{says: `len(sms)`, ours: messages},
	{says: `isinstance(sms, list)`, out: internals},
	{says: `len(mod.results[0]["links"])`, ours: nth("android.sms", "", 0, "text"), want: "Hi this is a test message to https://google.com/", why: links},
	{says: `len(sms[0]["links"])`, ours: nth("android.sms", "", 0, "text"), want: "Hi this is a test message to https://google.com/", why: links},
	{says: `sms[0]["links"][0] == "http://google.com"`, ours: mentions("http://google.com"), want: "http://google.com"},
	{says: `sms[0]["links"][0] == "https://google.com/"`, ours: mentions("https://google.com/"), want: "https://google.com/"},
}

// accountAndroidQF accounts for the figures about acquisitions of AndroidQF.
func accountAndroidQF(t *testing.T, e *expectation) verdict {
	rel, test := e.File, short(e.Test)
	if test == "test_artifact.py::test_extract_dumpsys_section" {
		rel = strings.TrimSuffix(rel, "/dumpsys.txt")
	}
	return settle(t, whole(t, rel), test, e.text(), acquisitionAnswers[test])
}

var acquisitionAnswers = map[string][]answer{
	"test_artifact.py::test_extract_dumpsys_section": {
		{says: `isinstance(section, str)`, out: internals},
		{says: `len(section)`, ours: content("androidqf/dumpsys/package.txt", 0), want: "3823 ", why: "the line that says how long the dump took closes a section and is no part of it"},
	},
	"test_files.py::test_androidqf_files": {
		{says: `len(m.results)`, ours: count("android.files")},
		{says: `len(m.timeline)`, ours: instants("android.files")},
		{says: `len(m.alertstore.alerts)`, ours: judged("android.files")},
	},
	"test_getprop.py::test_androidqf_getprop": {
		{says: `len(m.results)`, ours: count("android.properties")},
		{says: `m.results[0]["name"]`, ours: nth("android.properties", "", 0, "name")},
		{says: `m.results[0]["value"]`, ours: nth("android.properties", "", 0, "value")},
		{says: `len(m.timeline)`, ours: instants("android.properties")},
		{says: `len(m.alertstore.alerts)`, ours: judged("android.properties")},
	},
	"test_getprop.py::test_androidqf_getprop_detection": {
		{says: `len(m.results)`, ours: count("android.properties")},
		{says: `len(m.alertstore.alerts)`, ours: matched("android.properties", "android-property:name", "dalvik.vm.heapmaxfree")},
		{says: `m.alertstore.alerts[0].event["name"]`, ours: exhibit("android.properties", "android-property:name", "dalvik.vm.heapmaxfree", "name")},
	},
	"test_mounts.py::test_androidqf_module_no_mounts_file": {
		{says: `len(m.results)`, ours: count("android.mounts")},
		{says: `len(m.alertstore.alerts)`, ours: judged("android.mounts")},
	},
	"test_processes.py::test_androidqf_processes": {
		{says: `len(m.results)`, ours: count("android.processes")},
		{says: `len(m.timeline)`, ours: instants("android.processes")},
		{says: `len(m.alertstore.alerts)`, ours: judged("android.processes")},
	},
	"test_settings.py::test_parsing": {
		{says: `len(m.results)`, ours: kindsOf("android.settings", "", "namespace")},
		{says: `"random" in m.results.keys()`, ours: field("android.settings", "", "namespace"), want: "random"},
		{says: `len(m.alertstore.alerts)`, ours: judged("android.settings")},
		{says: `"samsung_errorlog_agree" in m.alertstore.alerts[0].message`, ours: grade("android.settings", "android-settings-reporting-off"), want: "context"},
	},
	"test_utils.py::test_hash_from_file":   hashAnswers,
	"test_utils.py::test_hash_from_folder": hashAnswers,
	"test_check_android_androidqf.py::test_check": {
		{says: `result.exit_code`, out: ownCommand},
	},
	"test_check_android_androidqf.py::test_check_stores_nested_sms_urls": {
		{says: `result.exit_code`, out: ownCommand},
		{says: `{entry["url"] for entry in urls} == { "http://google.com", "https://google.com/", }`,
			ours: func(t testing.TB, o *outcome) string {
				return mentions("http://google.com")(t, o) + " " + mentions("https://google.com/")(t, o)
			}, want: "http://google.com https://google.com/"},
		{says: `all( set(entry) == {"url", "expanded_url", "timestamp", "source"} for entry in urls )`, out: internals},
		{says: `all(entry["source"] == "sms" for entry in urls)`, out: internals},
	},
	"test_check_android_androidqf.py::test_check_malformed_backup_skips_backup_modules": {
		{says: `result.exit_code`, out: ownCommand},
		{says: `"Skipping backup modules as backup.ab is malformed" in caplog.text`, test: "examination.TestAndroidDamage"},
		{says: `not any( record.levelname in {"CRITICAL", "FATAL"} for record in caplog.records )`, out: ownCommand},
	},
}

// accountAndroidDB accounts for the figures about databases of apps. They are in
// the folders of the apps, which only a full file system of a phone holds, and
// no acquisition that is read here: a backup has none of these apps.
func accountAndroidDB(t *testing.T, e *expectation) verdict {
	if !strings.HasPrefix(e.File, "android-db/log2timeline+plaso/") {
		t.Error(e.File)
	}
	return outside
}

// hashAnswers are about the files of the acquisition.
var hashAnswers = []answer{
	{says: `sha256`, ours: hashed("androidqf/backup.ab")},
	{says: `len(hashes)`, ours: stored},
	{says: `hashes[0]["file_path"] == os.path.join(path, "backup.ab")`, out: internals},
	{says: `hashes[0]["sha256"]`, ours: hashed("androidqf/backup.ab")},
	{says: `hashes[1]["file_path"] == os.path.join(path, "dumpsys.txt")`, out: internals},
	{says: `hashes[1]["sha256"]`, ours: hashed("androidqf/dumpsys.txt")},
}
