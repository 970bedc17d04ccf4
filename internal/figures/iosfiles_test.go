package figures

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// Why figures about single files are no concern of Vigie, or of iPhones.
const (
	blobRows   = "every row there; here the texts with what looks like a link in the archive that a row is, such as addresses of pictures"
	ofMac      = "a file of macOS, which no iPhone has"
	ofWindows  = "a program for computers, which no iPhone has"
	noASL      = "iOS keeps no Apple System Log since version 10"
	ownTalk    = "what the owner read and wrote in an app: texts with links are in ios.messengertexts where the app is read"
	inCar      = "apps seen on the screen of a car; ios.knowledge and ios.biomefocus have all uses of apps"
	cachedTalk = "the body of a cached response, of which the address is in ios.cachedb"
)

// A place is where a file of the corpus lies on a phone, and the answers about it.
type place struct {
	device  string
	answers []answer
	out     string // why all claims about the file are no concern
}

const (
	plasoFiles = "ios-artifacts/log2timeline+plaso/"
	plasoLogs  = "ios-logs/log2timeline+plaso/"
	mobile     = "private/var/mobile/"
)

// places by the file.
var places = map[string]place{
	plasoFiles + "23AAD8D4-D632-4F99-8E44-152AAB8FA9D6": {out: cachedTalk},
	plasoFiles + "ios/com.apple.CarPlayApp.plist":       {out: inCar},
	plasoFiles + "ios/twitter.db":                       {out: ownTalk},
	plasoFiles + "sqlite/quarantine.db":                 {out: ofMac},
	plasoFiles + "macos/NotesV7.storedata":              {out: ofMac},
	plasoFiles + "mac_notificationcenter.db":            {out: ofMac},
	plasoFiles + "sqlite/skype_main.db":                 {out: ofWindows},
	plasoLogs + "applesystemlog.asl":                    {out: noASL},
	plasoLogs + "apple.bsm":                             {out: ofMac},
	plasoLogs + "login.keychain":                        {out: ofMac},
	plasoLogs + "backgrounditems.btm":                   {out: ofMac},
	plasoLogs + "appfirewall.log":                       {out: ofMac},
	plasoLogs + "security.log":                          {out: ofMac},
	plasoLogs + "wifi.log":                              {out: ofMac},
	plasoLogs + "utmpx_mac":                             {out: ofMac},

	plasoFiles + "ios/com.apple.identityservices.idstatuscache.plist": {device: mobile + "Library/Preferences/com.apple.identityservices.idstatuscache.plist", answers: []answer{
		{says: "event_data", ours: count("ios.idstatuscache")},
		{says: "recovery_warning", ours: wrong("ios.idstatuscache")},
		{says: "tel:+13233208923", ours: field("ios.idstatuscache", "uri=tel:+13233208923", "service"), want: "com.apple.private.alloy.tincan.audio"},
	}},
	plasoFiles + "ios/com.apple.MobileBackup.plist": {device: mobile + "Library/Preferences/com.apple.MobileBackup.plist", answers: []answer{
		{says: "event_data", ours: count("ios.mobilebackup", "key=BackupStateInfo/errors"), want: "10", why: "the eleventh event is the state as a whole, whose two times are two records"},
		{says: "extraction_warning", ours: wrong("ios.mobilebackup")},
		{says: "recovery_warning", ours: wrong("ios.mobilebackup")},
		{says: "2023-04-15T13:58:42.481634+00:00", ours: field("ios.mobilebackup", "key=AccountEnabledDate", "time"), want: "2023-04-15T13:58:42"},
		{says: "2023-05-03T01:11:53.195466+00:00", ours: field("ios.mobilebackup", "time=2023-05-03T01:11:53", "result"), want: "Backup succeeded"},
	}},
	plasoFiles + "ios/com.apple.commcenter.data.plist": {device: "private/var/wireless/Library/Preferences/com.apple.commcenter.data.plist", answers: []answer{
		{says: "event_data", ours: count("ios.commcenter", "type=sim")},
		{says: "extraction_warning", ours: wrong("ios.commcenter")},
		{says: "recovery_warning", ours: wrong("ios.commcenter")},
		{says: "+19195794674", ours: has("ios.commcenter", "2023-05-17T12:26:22Z", "+19195794674", "E8B6082D-F391-46CB-9780-0AF46534D89F", `"sim"`, "49.0"),
			want: `2023-05-17T12:26:22Z +19195794674 E8B6082D-F391-46CB-9780-0AF46534D89F "sim" 49.0`},
	}},
	plasoFiles + "ios/IMODb2.sqlite": {device: mobile + "Containers/Shared/AppGroup/x/IMODb2.sqlite", answers: []answer{
		{says: "event_data", ours: count("ios.messengertexts"), want: "1", why: wholeRows},
		{says: "extraction_warning", ours: wrong("ios.messengertexts")},
		{says: "recovery_warning", ours: wrong("ios.messengertexts")},
		{says: "Are you on imo?", out: ownTalk},
	}},
	plasoFiles + "ios/9368974384.db": {device: mobile + "Containers/Data/Application/x/Library/Application Support/DirectSQLiteDatabase/9368974384.db", answers: []answer{
		{says: "event_data", ours: count("ios.messengertexts"), want: "164", why: blobRows},
		{says: "extraction_warning", ours: wrong("ios.messengertexts")},
		{says: "recovery_warning", ours: wrong("ios.messengertexts")},
		{says: "ThisIsDFIR", out: ownTalk},
		{says: "Clicked over to Threads. I still do not understand why this app exists.", out: ownTalk},
		{says: "https://scontent.cdninstagram.com/v/t51.2885-15/", ours: has("ios.messengertexts", "https://scontent.cdninstagram.com/v/t51.2885-15/90697930_220393875685423_32183850854"),
			want: "https://scontent.cdninstagram.com/v/t51.2885-15/90697930_220393875685423_32183850854"},
	}},
	plasoFiles + "ios/kik.sqlite": {device: mobile + "Containers/Shared/AppGroup/x/kik.sqlite", answers: []answer{
		{says: "event_data", ours: count("ios.messengertexts"), want: "46", why: wholeRows},
		{says: "extraction_warning", ours: wrong("ios.messengertexts")},
		{says: "recovery_warning", ours: wrong("ios.messengertexts")},
		{says: "ken.doh", out: ownTalk},
	}},
	plasoFiles + "ios/netusage.sqlite": {device: "private/var/networkd/netusage.sqlite", answers: []answer{
		{says: "event_data", ours: routesAndUsages},
		{says: "extraction_warning", ours: wrong("ios.networkattachments")},
		{says: "Carrier-18005506", ours: has("ios.networkattachments", "2021-02-19T05:00:00Z", "Carrier-18005506", "1.31926734e+08", "5.9786697e+07"),
			want: "2021-02-19T05:00:00Z Carrier-18005506 1.31926734e+08 5.9786697e+07"},
		{says: "mDNSResponder", ours: has("ios.datausage", "2021-01-17T19:23:38.212656Z", "mDNSResponder", "7.9188353e+07", "3.5398277e+07", "1.2198756e+07", "10841", "300997", "938811"),
			want: "2021-01-17T19:23:38.212656Z mDNSResponder 7.9188353e+07 3.5398277e+07 1.2198756e+07 10841 300997 938811"},
	}},
	plasoFiles + "ios/NoteStore.sqlite": {device: mobile + "Containers/Shared/AppGroup/group.com.apple.notes/NoteStore.sqlite", answers: []answer{
		{says: "event_data", ours: count("ios.notes", "kind=ICNote"), want: "8", why: "the table has eight notes; the peer has one of them twice"},
		{says: "extraction_warning", ours: wrong("ios.notes")},
		{says: "recovery_warning", ours: wrong("ios.notes")},
		{says: "My Secret Note", ours: has("ios.notes", "2020-03-28T00:42:31.589", "2020-03-28T00:42:56.774", "My Secret Note"),
			want: "2020-03-28T00:42:31.589 2020-03-28T00:42:56.774 My Secret Note"},
	}},
	plasoFiles + "ios/powerlog_2021-12-16_05-54_84E2141B.PLSQL": {device: mobile + "Library/BatteryLife/CurrentPowerlog.PLSQL", answers: []answer{
		{says: "event_data", ours: count("ios.powerlog", "table=PLAppTimeService_Aggregate_AppRunTime")},
		{says: "extraction_warning", ours: wrong("ios.powerlog")},
		{says: "recovery_warning", ours: wrong("ios.powerlog")},
		{says: "com.apple.springboard.home-screen", ours: has("ios.powerlog", "AppRunTime", `"logged":1.635847545e+09`, "com.apple.springboard.home-screen", "30.339694"),
			want: `AppRunTime "logged":1.635847545e+09 com.apple.springboard.home-screen 30.339694`},
	}},
	plasoFiles + "macos/knowledgec-10.13.db": {device: mobile + "Library/CoreDuet/Knowledge/knowledgeC.db", answers: []answer{
		{says: "event_data", ours: count("ios.knowledge", "stream=/app/inFocus")},
		{says: "extraction_warning", ours: wrong("ios.knowledge")},
		{says: "recovery_warning", ours: wrong("ios.knowledge")},
		{says: "com.apple.Installer-Progress", ours: has("ios.knowledge", "2019-02-10T16:59:57Z", "2019-02-10T16:59:58Z", "2019-02-10T16:59:58.86066", "com.apple.Installer-Progress"),
			want: "2019-02-10T16:59:57Z 2019-02-10T16:59:58Z 2019-02-10T16:59:58.86066 com.apple.Installer-Progress"},
	}},
	plasoFiles + "safari/History.db": {device: mobile + "Library/Safari/History.db", answers: []answer{
		{says: "event_data", ours: count("ios.safarihistory")},
		{says: "extraction_warning", ours: wrong("ios.safarihistory")},
		{says: "recovery_warning", ours: wrong("ios.safaritombstones")},
		{says: "http://facebook.com/", ours: has("ios.safarihistory", "2017-11-09T21:24:28.829571Z", "http://facebook.com/"), want: "2017-11-09T21:24:28.829571Z http://facebook.com/"},
	}},
	plasoLogs + "logd.0.log": {device: "sysdiagnose/system_logs.logarchive/Extra/logd.0.log", answers: []answer{
		{says: "event_data", ours: count("ios.logd")},
		{says: "extraction_warning", ours: wrong("ios.logd")},
		{says: "recovery_warning", ours: wrong("ios.logd")},
		{says: "libtrace_kic=1", ours: has("ios.logd", "2021-08-11T12:50:23Z", `"-07:00"`, `"logd"`, "libtrace_kic=1"), want: `2021-08-11T12:50:23Z "-07:00" "logd" libtrace_kic=1`},
	}},
	plasoLogs + "ios_sysdiag.log": {device: "sysdiagnose/logs/MobileInstallation/mobile_installation.log.0", answers: []answer{
		{says: "event_data", ours: count("ios.installlog")},
		{says: "extraction_warning", ours: wrong("ios.installlog")},
		{says: "recovery_warning", ours: wrong("ios.installlog")},
		{says: "Ignoring plugin at /System/Library/PrivateFrameworks/AccessibilityUtilities.framework/PlugIns/com.apple.accessibility.Accessibility.HearingAidsTapToRadar.appex due to validation issue(s). See previous log messages for details.",
			ours: has("ios.installlog", "2021-08-11T05:51:02", `"pid":176`, `"err"`, "MILaunchServicesDatabaseGatherer enumeratePluginKitPluginsInBundle", "HearingAidsTapToRadar.appex due to validation issue(s)"),
			want: `2021-08-11T05:51:02 "pid":176 "err" MILaunchServicesDatabaseGatherer enumeratePluginKitPluginsInBundle HearingAidsTapToRadar.appex due to validation issue(s)`},
	}},
	plasoLogs + "ios_app_privacy_report.ndjson": {device: mobile + "Library/Mobile Documents/com~apple~CloudDocs/App_Privacy_Report_v4.ndjson", answers: []answer{
		{says: "event_data", ours: count("ios.privacyreport")},
		{says: "extraction_warning", ours: wrong("ios.privacyreport")},
		{says: "com.apple.mobileslideshow", ours: has("ios.privacyreport", "2022-04-27T14:53:24.555Z", "com.apple.mobileslideshow", "photos", "0E0134C2-8E0C-40AD-8620-099F6D9C0BEB"),
			want: "2022-04-27T14:53:24.555Z com.apple.mobileslideshow photos 0E0134C2-8E0C-40AD-8620-099F6D9C0BEB"},
		{says: "com.apple.mobilecal", ours: has("ios.privacyreport", "2022-04-27T14:59:33.17Z", "com.apple.mobilecal", "calendars.icloud.com"), want: "2022-04-27T14:59:33.17Z com.apple.mobilecal calendars.icloud.com"},
	}},
}

// accountPlaced accounts for the figures about single files of a phone.
func accountPlaced(t *testing.T, e *expectation) verdict {
	p, ok := places[e.File]
	switch {
	case e.File == plasoFiles+"data.db":
		return accountDotted(t, e)
	case !ok:
		return unsettled
	case p.out != "":
		return outside
	}
	o := placed(t, e.File, p.device)
	var event struct{ Values map[string]any }
	if json.Unmarshal(e.Expectation, &event) != nil || event.Values == nil {
		return settle(t, o, e.Test, e.text(), p.answers)
	}
	// An event is about the record that has one of its values.
	for i := range p.answers {
		for _, v := range event.Values {
			if s, ok := v.(string); ok && len(s) > 5 && strings.HasPrefix(s, p.answers[i].says) {
				return settle(t, o, e.Test, p.answers[i].says, p.answers[i:i+1])
			}
		}
	}
	return unsettled
}

// accountDotted reads a database with a table whose name has a dot.
func accountDotted(t *testing.T, e *expectation) verdict {
	db, n := database(t, e.File, false), 0
	for _, table := range db.Tables() {
		for _, err := range db.Rows(table.Name) {
			if err != nil {
				n++
			}
		}
	}
	if strings.HasPrefix(e.text(), "event_data") {
		return outside // how many events a table gives that no artifact reads
	}
	_, theirs := claim(e.text())
	return compare(t, e.Test, strconv.Itoa(n), "", theirs, "")
}

// routesAndUsages asks for what plaso counts together: networks, and processes
// with their usage. The highest key is a record here besides.
func routesAndUsages(t testing.TB, o *outcome) string {
	return strconv.Itoa(len(o.rows(t, "ios.networkattachments", nil)) + len(o.rows(t, "ios.datausage", nil)) - len(o.rows(t, "ios.datausage", map[string]string{"kind": "highest key"})))
}

// Places of the streams of Biome.
const (
	segbFolder = "biome-segb/SecurityRonin+segb-forensic/tests/data/biome/"
	focusFile  = "biome-segb/log2timeline+plaso/apple_biome/applaunch-segb"
	streams    = mobile + "Library/Biome/streams/restricted/"
)

var focusAnswers = []answer{
	{says: "event_data", ours: count("ios.biomefocus")},
	{says: "self.assertEqual( event_data.event_time.GetDateWithTimeOfDay(), (2024, 4, 3, 15, 4, 27))", ours: field("ios.biomefocus", "app=com.apple.purplebuddy", "time"), want: "2024-04-03T15:04:27"},
	{says: "self.assertEqual( event_data.launcher, None)", ours: field("ios.biomefocus", "app=com.apple.purplebuddy", "reason"), want: ""},
	{says: "self.assertEqual( event_data.launched_application, 'com.apple.purplebuddy')", ours: field("ios.biomefocus", "time=2024-04-03T15:04:27", "app"), want: "com.apple.purplebuddy"},
	{says: "self.assertEqual( event_data.event_time.GetDateWithTimeOfDay(), (2024, 4, 17, 13, 27, 19))", ours: lastOf("time"), want: "2024-04-17T13:27:19"},
	{says: "self.assertEqual( event_data.launcher, 'com.apple.SpringBoard.backlight.transitionReason.idleTimer')", ours: lastOf("reason"), want: "com.apple.SpringBoard.backlight.transitionReason.idleTimer"},
	{says: "self.assertEqual( event_data.launched_application, 'org.coolstar.SileoStore')", ours: lastOf("app"), want: "org.coolstar.SileoStore"},
}

// lastOf asks for a field of the last record of apps in focus.
func lastOf(path string) question {
	return func(t testing.TB, o *outcome) string {
		rows := o.rows(t, "ios.biomefocus", nil)
		return at(rows[len(rows)-1], path)
	}
}

// accountBiome accounts for the figures about streams of Biome.
func accountBiome(t *testing.T, e *expectation) verdict {
	if e.File == focusFile {
		return settle(t, placed(t, e.File, streams+"App.InFocus/local/1"), e.Test, e.text(), focusAnswers)
	}
	name := strings.TrimPrefix(e.File, segbFolder)
	stream := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".segb"), ".v1"), ".v2")
	o := placed(t, e.File, streams+stream+"/local/1")()
	version, ok := map[bool]string{true: "1", false: "2"}[strings.HasSuffix(name, ".v1.segb")], strings.HasPrefix(name, "Device.")
	if !ok || testdata.Path(t, e.File) == "" {
		return unsettled
	}
	// The deleted records are there too, as what is left of them.
	got := "SEGB v" + version + ", " + strconv.Itoa(len(o.records["ios.biomedevice"])) + " records"
	theirs, _, _ := strings.Cut(e.text(), " (")
	return compare(t, e.Test, got, "", theirs, "")
}

// crashes says how a file of ios-crash is accounted for.
const (
	crashTest  = "format/ips.TestCorpusCrash"
	threadTest = "format/ips.TestCorpusThread"
	keysTest   = "format/ips.TestCorpusKeys"
	crashPlace = mobile + "Library/Logs/CrashReporter/x-2031-01-02-030405.ips"
)

// crashFields are the fields of plaso and pycrashreport by ours.
var crashFields = []answer{
	{says: "event", ours: count("ios.crashes")},
	{says: "event_data", ours: count("ios.crashes")},
	{says: "extraction_warning", ours: wrong("ios.crashes")},
	{says: "recovery_warning", ours: wrong("ios.crashimages")},
	{says: "self.assertEqual(list(ips_log_file.header.keys()), expected_header_keys)", test: keysTest},
	{says: "self.assertEqual(list(ips_log_file.content.keys()), expected_content_keys)", test: keysTest},
	{says: "crash_report.incident_id", ours: field("ios.crashes", "", "incident")},
	{says: "crash_report.faulting_thread", ours: field("ios.crashes", "", "thread")},
	{says: "crash_report.bug_type == BugType.Crash_109", ours: field("ios.crashes", "", "bug_type"), want: "109"},
	{says: "crash_report.bug_type == BugType.Crash_309", ours: field("ios.crashes", "", "bug_type"), want: "309"},
	{says: "crash_report.timestamp == datetime(2021, 10, 22, 0, 14, 53)", ours: field("ios.crashes", "", "time"), want: "2021-10-21T21:14:53", why: zoned},
	{says: "crash_report.timestamp == datetime(2022, 1, 6, 15, 9, 22)", ours: field("ios.crashes", "", "time"), want: "2022-01-06T13:09:22", why: zoned},
	{says: `crash_report.exception_type == "EXC_CRASH (SIGABRT)"`, ours: has("ios.crashes", `"exception":"EXC_CRASH"`, `"signal":"SIGABRT"`), want: `"exception":"EXC_CRASH" "signal":"SIGABRT"`},
	{says: "crash_report.exception_type", ours: field("ios.crashes", "", "exception")},
	{says: "crash_report.exception_subtype", ours: field("ios.crashes", "", "subtype")},
	{says: `crash_report.application_specific_information == "abort() called"`, ours: has("ios.crashes", "abort() called"), want: "abort() called"},
	{says: "crash_report.application_specific_information is None", ours: field("ios.crashes", "", "info.#"), want: ""},
}

const zoned = "the peer leaves out the offset that stands behind the time"

// crashKeys names the fields of plaso's events.
var crashKeys = map[string]string{
	"application_name": "process", "application_version": "version", "bug_type": "bug_type", "bundle_identifier": "app", "device_model": "model",
	"incident_identifier": "incident", "parent_process": "parent", "parent_process_identifier": "parent_pid", "process_identifier": "pid",
	"process_path": "path", "user_identifier": "user", "exception_type": "exception", "crash_reporter_key": "reporter_key",
}

// accountCrash accounts for the figures about crashes.
func accountCrash(t *testing.T, e *expectation) verdict {
	text := e.text()
	switch {
	case strings.Contains(e.File, "getsentry"):
		return by(t, crashTest)
	case strings.HasPrefix(text, "expected_registers"), strings.HasPrefix(text, "expected_frames"):
		return by(t, threadTest)
	}
	o := placed(t, e.File, crashPlace)
	var event struct{ Values map[string]any }
	if json.Unmarshal(e.Expectation, &event) != nil || event.Values == nil {
		return settle(t, o, e.Test, text, crashFields)
	}
	var ours, theirs []string
	for key, field := range crashKeys {
		if v, ok := event.Values[key]; ok {
			theirs = append(theirs, key+"="+goldenValue(v))
			ours = append(ours, key+"="+at(o().rows(t, "ios.crashes", nil)[0], field))
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	return compare(t, e.Test, strings.Join(ours, " "), "", strings.Join(theirs, " "), "")
}
