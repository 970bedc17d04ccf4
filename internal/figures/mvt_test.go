package figures

// Why figures of MVT differ on purpose, and why others are no concern.
const (
	words     = "events have MVT's words there; here the time is a field of the record"
	links     = "links are found in the text when it is compared with indicators, and stay in it"
	joined    = "a record says what its own file says; who is behind an identity of WhatsApp is in ios.whatsapplids and ios.whatsappcontacts"
	derived   = "whether it is on, and its name, follow from the seconds"
	internals = "a detail of how MVT keeps its own alerts and files, not of the evidence"
	ownList   = "MVT lists the folder of the backup itself as if it were a file system; Vigie reads a backup as a backup"

	usageTimes = "MVT shows one time of a process without usage, one of equal events, and dates a placeholder; here each distinct instant of a row is an entry"
	allTimes   = "MVT shows one time of the record; here each distinct instant is an entry"
)

// The tests of MVT on its backup, and the runs of its modules.
var mvtAnswers = map[string][]answer{
	"test_tcc.py::test_tcc": {
		{says: `len(m.results)`, ours: count("ios.tcc")},
		{says: `len(m.timeline)`, ours: instants("ios.tcc")},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.tcc")},
		{says: `m.results[0]["service"]`, ours: field("ios.tcc", "", "service")},
		{says: `m.results[0]["client"]`, ours: field("ios.tcc", "", "client")},
		{says: `m.results[0]["auth_value"]`, ours: field("ios.tcc", "", "access")},
	},
	"test_tcc.py::test_tcc_detection": {
		{says: `len(m.results)`, ours: count("ios.tcc")},
		{says: `len(m.timeline)`, ours: instants("ios.tcc")},
		{says: `len(m.alertstore.alerts)`, ours: matched("ios.tcc", "process:name", "Launch")},
		{says: `m.alertstore.alerts[0].event["service"]`, ours: exhibit("ios.tcc", "process:name", "Launch", "service")},
		{says: `m.alertstore.alerts[0].event["client"]`, ours: exhibit("ios.tcc", "process:name", "Launch", "client")},
	},
	"test_backup_info.py::test_manifest": {
		{says: `m.results["Build Version"]`, ours: field("ios.backupinfo", "", "build")},
		{says: `m.results["IMEI"]`, ours: field("ios.backupinfo", "", "imei")},
	},
	"test_calendar.py::test_calendar": {
		{says: `len(m.results)`, ours: count("ios.calendar")},
		{says: `len(m.timeline)`, ours: instants("ios.calendar")},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.calendar")},
		{says: `m.results[0]["summary"]`, ours: field("ios.calendar", "", "summary")},
	},
	"test_calendar.py::test_calendar_with_explicit_file_path": {
		{says: `len(m.results)`, ours: count("ios.calendar")},
		{says: `m.results[0]["summary"]`, ours: field("ios.calendar", "", "summary")},
	},
	"test_calendar.py::test_calendar_detection": {
		{says: `len(m.results)`, ours: count("ios.calendar")},
		{says: `len(m.timeline)`, ours: instants("ios.calendar")},
		{says: `len(m.alertstore.alerts)`, ours: matched("ios.calendar", "email-addr:value", "user@example.org")},
	},
	"test_datausage.py::test_datausage": {
		{says: `m.results[0]["isodate"][0:19]`, ours: field("ios.datausage", "kind=process without usage", "last")},
		// MVT adds a placeholder for the key that is missing; here the record more
		// is the highest key ever given.
		{says: `len(m.results)`, ours: count("ios.datausage")},
		{says: `len(m.timeline)`, ours: instants("ios.datausage"), want: "90", why: usageTimes},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.datausage")},
	},
	"test_datausage.py::test_detection": {
		{says: `len(critical_alerts)`, ours: matched("ios.datausage", "process:name", "CumulativeUsageTracker")},
		{says: `len(serialized_alerts)`, ours: matched("ios.datausage", "process:name", "CumulativeUsageTracker")},
		{says: `all( "matched_indicator" not in alert.event for alert in critical_alerts )`, out: internals},
		{says: `all( "matched_indicator" not in alert["event"] for alert in serialized_alerts )`, out: internals},
	},
	"test_global_preferences.py::test_global_preferences": {
		{says: `len(m.results)`, ours: count("ios.globalpreferences")},
		{says: `len(m.timeline)`, ours: instants("ios.globalpreferences"), want: "1", why: "a setting that is a date is an entry of the timeline"},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.globalpreferences")},
		{says: `lockdown_mode_alert.message`, ours: line("ios.globalpreferences", 13), want: "Lockdown Mode: LDMGlobalEnabled = true", why: words},
		{says: `lockdown_mode_alert.level`, ours: grade("ios.globalpreferences", "ios-globalpreferences-lockdown-on"), want: "context",
			why: "this is the name of the lowest grade here"},
		{says: `m.results[0]["entry"]`, ours: field("ios.globalpreferences", "", "key")},
		{says: `m.results[0]["value"]`, ours: field("ios.globalpreferences", "", "value")},
	},
	"test_manifest.py::test_get_backup_files_from_manifest_closes_connection": {
		{says: `files`, out: internals},
		{says: `not [ warning for warning in caught if issubclass(warning.category, ResourceWarning) and "unclosed database" in str(warning.message) ]`, out: internals},
	},
	"test_manifest.py::test_manifest": {
		{says: `len(m.results)`, ours: count("ios.manifest")},
		{says: `len(m.timeline)`, ours: instants("ios.manifest")},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.manifest")},
	},
	"test_manifest.py::test_detection": {
		{says: `len(m.alertstore.alerts)`, ours: matched("ios.manifest", "file:name", "com.apple.CoreBrightness.plist")},
	},
	"test_safari_browserstate.py::test_parsing": {
		{says: `len(m.results)`, ours: count("ios.safaribrowserstate")},
		{says: `len(m.timeline)`, ours: instants("ios.safaribrowserstate")},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.safaribrowserstate")},
	},
	"test_safari_browserstate.py::test_detection": {
		{says: `len(m.alertstore.alerts)`, ours: matched("ios.safaribrowserstate", "domain-name:value", "en.wikipedia.org")},
		{says: `len(m.results)`, ours: count("ios.safaribrowserstate")},
		{says: `m.results[0]["tab_url"]`, ours: field("ios.safaribrowserstate", "", "url")},
	},
	"test_safari_history.py::test_parsing": { // the backup has no such payload
		{says: `len(m.results)`, ours: count("ios.safarihistory")},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.safarihistory")},
	},
	"test_sms.py::test_sms": {
		{says: `len(m.results)`, ours: count("ios.sms")},
		{says: `len(m.timeline)`, ours: instants("ios.sms")},
		{says: `m.url_results`, ours: field("ios.sms", "sent=2019-08-29T23:13:30", "text"), want: "Please click here https://badbadbad.example.org/", why: links},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.sms")},
	},
	"test_sms.py::test_detection": {
		{says: `len(m.alertstore.alerts)`, ours: matched("ios.sms", "domain-name:value", "badbadbad.example.org")},
	},
	"test_webkit_resource_load_statistics.py::test_webkit": {
		{says: `len(m.results)`, ours: count("ios.resourceloadstatistics")},
		{says: `len(m.timeline)`, ours: instants("ios.resourceloadstatistics"), want: "3", why: allTimes},
		{says: `len(m.alertstore.alerts)`, ours: judged("ios.resourceloadstatistics")},
		{says: `results["google.com"]["most_recent_user_interaction_time"] > 0`, ours: field("ios.resourceloadstatistics", "domain=google.com", "interacted"), want: "2021-10-18T12:27:10"},
		{says: `"most_recent_user_interaction_time_isodate" in results["google.com"]`, ours: field("ios.resourceloadstatistics", "domain=google.com", "interacted"), want: "2021-10-18T12:27:10"},
		{says: `results["gstatic.com"]["most_recent_user_interaction_time"]`, ours: field("ios.resourceloadstatistics", "domain=gstatic.com", "interacted"), want: "",
			why: "-1 means that there was none, so the time is not recorded"},
		{says: `"most_recent_user_interaction_time_isodate" not in results["gstatic.com"]`, ours: field("ios.resourceloadstatistics", "domain=gstatic.com", "interacted")},
		{says: `all( "most_recent_web_push_interaction_time" not in result for result in m.results )`, ours: count("ios.resourceloadstatistics", "pushed="), want: "2"},
	},
	"test_filesystem.py::test_filesystem": {
		{says: `len(m.results)`, out: ownList}, {says: `len(m.timeline)`, out: ownList}, {says: `len(m.alertstore.alerts)`, out: ownList},
	},
	"test_filesystem.py::test_detection": {
		{says: `len(m.results)`, out: ownList}, {says: `len(m.timeline)`, out: ownList}, {says: `len(m.alertstore.alerts)`, out: ownList},
	},
	"test_check_ios_backup.py::test_check": {
		{says: `result.exit_code`, ours: failed, want: "ios.calendars ios.smsattachments ios.smschats ios.whatsappmembers",
			why: "MVT is silent about tables that a reduced database lacks; here they are errors of these artifacts"},
	},
	"test_check_ios_backup.py::test_check_finds_backup_in_subfolder": {
		{says: `result.exit_code`, ours: found("ios-backup/mvt-project+mvt"), want: "18C66", why: "there is no exit code here: the backup is found"},
		{says: `f"Found iTunes backup in subfolder: {backup_path}" in caplog.text`, ours: found("ios-backup/mvt-project+mvt"), want: "18C66"},
	},

	// Runs of MVT's modules without indicators: results, timeline, alerts.
	"BackupInfo": {
		{says: "n", ours: count("ios.backupinfo"), want: "1", why: "the file is one record here, not one for each key"},
		{says: "timeline", ours: instants("ios.backupinfo"), want: "1", why: "the time of the last backup is an entry"},
		{says: "alerts", ours: judged("ios.backupinfo"), want: "1", why: "that iOS was outdated is context here, and no alert but a log line there"},
	},
	"Manifest":           {{says: "n", ours: count("ios.manifest")}, {says: "timeline", ours: instants("ios.manifest")}, {says: "alerts", ours: judged("ios.manifest")}},
	"SafariBrowserState": {{says: "n", ours: count("ios.safaribrowserstate")}, {says: "timeline", ours: instants("ios.safaribrowserstate")}, {says: "alerts", ours: judged("ios.safaribrowserstate")}},
	"TCC":                {{says: "n", ours: count("ios.tcc")}, {says: "timeline", ours: instants("ios.tcc")}, {says: "alerts", ours: judged("ios.tcc")}},
	"SMS":                {{says: "n", ours: count("ios.sms")}, {says: "timeline", ours: instants("ios.sms")}, {says: "alerts", ours: judged("ios.sms")}},
	"Calendar":           {{says: "n", ours: count("ios.calendar")}, {says: "timeline", ours: instants("ios.calendar")}, {says: "alerts", ours: judged("ios.calendar")}},
	"Datausage": {
		{says: "n", ours: count("ios.datausage")}, // see test_datausage
		{says: "timeline", ours: instants("ios.datausage"), want: "90", why: usageTimes},
		{says: "alerts", ours: judged("ios.datausage")},
	},
	"InteractionC": {
		{says: "n", ours: count("ios.interactionc")},
		{says: "timeline", ours: instants("ios.interactionc", "ios.interactioncontacts")},
		{says: "alerts", ours: judged("ios.interactionc")},
	},
	"WebkitResourceLoadStatistics": {
		{says: "n", ours: count("ios.resourceloadstatistics")},
		{says: "timeline", ours: instants("ios.resourceloadstatistics"), want: "3", why: allTimes},
		{says: "alerts", ours: judged("ios.resourceloadstatistics")},
	},
	"WhatsappContacts": {{says: "n", ours: count("ios.whatsappcontacts")}, {says: "timeline", ours: instants("ios.whatsappcontacts")}, {says: "alerts", ours: judged("ios.whatsappcontacts")}},
	"GlobalPreferences": {
		{says: "n", ours: count("ios.globalpreferences")},
		{says: "timeline", ours: instants("ios.globalpreferences"), want: "1", why: "a setting that is a date is an entry of the timeline"},
		{says: "alerts", ours: judged("ios.globalpreferences")},
	},
}
