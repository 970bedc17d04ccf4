package fabricate

import (
	"time"

	"github.com/vigie-project/vigie/detect"
)

// state adds what the phone has set, trusts and allows.
func (h *handset) state() {
	h.security()
	h.apps()
	p := h.owner()
	if h.kind == Sysdiagnose {
		if err := p.permissions(); err != nil {
			h.fail(err)
			return
		}
		h.put("logs/Accessibility/TCC.db", "", 30, p.files[0].data)
		if h.opt.IOS >= 16 {
			h.put("transparency.log", "", 0, []byte(`{"stateMachine":{"accountFirstSeen":"2024-01-01 00:00:00 +0000"}}`))
		}
	}
	const stubs, onPhone = "logs/MCState/Shared/", "private/var/containers/Shared/SystemGroup/systemgroup.com.apple.configurationprofiles/Library/ConfigurationProfiles/"
	if h.infected() {
		h.putPlist(stubs+"profile-9c2e.stub", onPhone+"profile-9c2e.stub", 88*24, p.profile("System Update", "com.apple.notificationsettings", spyProfile))
		h.found("profile", "ios.profiles", spyProfile, detect.Confirmed, "a published configuration profile", 88*24)
		return
	}
	managed := p.profile("Company", "com.apple.mdm", p.uuid())
	h.putPlist(stubs+"profile-6f1a.stub", onPhone+"profile-6f1a.stub", 88*24, managed)
	h.trap("managed", "com.apple.mdm", "the management of a company, which people must judge")
	h.truth.Traps[len(h.truth.Traps)-1].Grade = detect.NeedsExpert
}

// owner returns what makes the files of apps, which backups hold too.
func (h *handset) owner() *phone {
	p := &phone{opt: h.opt, rnd: h.rnd, now: h.now}
	p.truth = Truth{Traces: []Trace{}, Traps: []Trap{}}
	return p
}

// security adds the state of the keychain, and what parts of iOS noticed.
func (h *handset) security() {
	if h.kind == Filesystem {
		return
	}
	score := 0
	if h.infected() {
		score = 3
	}
	at := h.ago(31)
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 -0700") }
	var t text
	t.line("ccstatus: In Circle (0)\nAccount user is available\nEngine state:\n0123 {ApplePay} [1] synced\nHomeKit keychain state:")
	t.line("synced: acct=a,agrp=com.apple.hap.pairing,svce=HomeKit,labl=Key,cdat=%s,mdat=%s,sync=1\n", stamp(h.ago(3000)), stamp(h.ago(300)))
	t.line("Analytics sysdiagnose\n\nClient: trust")
	t.line("%s EventSoftFailure: MitmDetectionEvent - Attributes: {product : iPhone OS, build : %s, overallScore : %d, timeSinceLastReset : 86400, rootUsages : (\n 12, 3\n), errorDomain : MITMErrorDomain, modelid : %s, errorCode : 0 }",
		stamp(at), h.sys.Build, score, h.sys.Model)
	t.line("Client: sos\nNo data")
	h.put("security-sysdiagnose.txt", "", 0, []byte(t.String()))
	h.ruled("interception", "ios.security", "MitmDetectionEvent", detect.Context, "connections to Apple were decrypted on the way", 31)
	h.trap("no-interception", "MitmDetectionEvent", "an event that names interception and says that there is none")
}

// apps adds the databases of the App Store.
func (h *handset) apps() {
	d := newDatabase(`CREATE TABLE app_updates (pid INTEGER PRIMARY KEY, bundle_id TEXT, title TEXT, bundle_version TEXT, client_id TEXT, store_account_name TEXT, timestamp INTEGER)`)
	for i, app := range []string{"com.example.birds", "com.example.perch", "com.example.swifttrial"} {
		d.insert("INSERT INTO app_updates VALUES (?,?,?,'12','com.apple.AppStore','owner@mail.example',?)", i+1, app, app, h.ago(float64(900+i)).Unix())
	}
	h.putDatabase("logs/appinstallation/AppUpdates.sqlitedb", "", 10, d)
	h.trap("trial", "com.example.swifttrial", "an app that is being tested, installed with TestFlight")
}

// powerlogShift is how far the clock of the power log is behind that of the phone.
const powerlogShift = 37.5

// powerlog adds the log of energy use, with older days packed.
func (h *handset) powerlog() {
	d := h.powerlogDatabase(0, 60)
	const phone = "private/var/containers/Shared/SystemGroup/4E5C2B10-7A3D-4F61-9B8E-0D1C2A3B4C5D/Library/BatteryLife/"
	h.putDatabase("logs/powerlogs/powerlog_"+h.clock(h.now, "2006-01-02_15-04")+".PLSQL", phone+"CurrentPowerlog.PLSQL", 0, d)
	old, err := h.powerlogDatabase(5*24, 60).bytes()
	if err == nil {
		old, err = gzipped(old)
	}
	if err != nil {
		h.fail(err)
	}
	name := "powerlog_" + h.clock(h.ago(5*24), "2006-01-02") + ".PLSQL.gz"
	h.put("logs/powerlogs/"+name, phone+"Archives/"+name, 5*24, old)
}

// powerlogDatabase returns the log that ended some hours before the acquisition, with
// some rows for each of three uses.
func (h *handset) powerlogDatabase(hours float64, rows int) *database {
	d := newDatabase(`
CREATE TABLE PLStorageOperator_EventForward_TimeOffset (ID INTEGER PRIMARY KEY, timestamp REAL, baseband REAL, kernel REAL, system REAL);
CREATE TABLE PLProcessMonitorAgent_EventForward_ProcessID (ID INTEGER PRIMARY KEY, timestamp REAL, BundleID TEXT, CoalitionID INTEGER, PID INTEGER, ProcessName TEXT);
CREATE TABLE PLProcessNetworkAgent_EventInterval_UsageDiff (ID INTEGER PRIMARY KEY, timestamp REAL, BundleName TEXT, CellIn INTEGER, CellOut INTEGER, ProcessName TEXT, WifiIn INTEGER, WifiOut INTEGER, timestampEnd REAL);
CREATE TABLE PLConfigAgent_EventNone_Config (ID INTEGER PRIMARY KEY, timestamp REAL, BootArgs TEXT, Build TEXT, DeviceBootTime REAL);
CREATE TABLE PLApplicationAgent_EventNone_AllApps (ID INTEGER PRIMARY KEY, timestamp REAL, AppBundleId TEXT, AppDeletedDate REAL, AppExecutable TEXT, AppName TEXT)`)
	at := func(more float64) float64 { return float64(h.ago(hours+more).Unix()) - powerlogShift }
	d.insert("INSERT INTO PLStorageOperator_EventForward_TimeOffset VALUES (1,?,0.5,-1.5,?)", at(100), powerlogShift)
	d.insert("INSERT INTO PLConfigAgent_EventNone_Config VALUES (1,?,'',?,?)", at(90), h.sys.Build, float64(h.boot.Unix())-powerlogShift)
	for _, app := range []string{handsetBirds, handsetTrial, handsetPerch} {
		d.insert("INSERT INTO PLApplicationAgent_EventNone_AllApps (timestamp, AppBundleId, AppDeletedDate, AppExecutable, AppName) VALUES (?,?,0,?,?)", at(80), "com.example."+map[string]string{handsetBirds: "birds", handsetTrial: "swifttrial", handsetPerch: "perch"}[app],
			app[lastSlash(app):], app[lastSlash(app):])
	}
	usage := func(more float64, process string, bundle any) {
		d.insert("INSERT INTO PLProcessNetworkAgent_EventInterval_UsageDiff (timestamp, BundleName, CellIn, CellOut, ProcessName, WifiIn, WifiOut, timestampEnd) VALUES (?,?,?,?,?,?,?,?)",
			at(more), bundle, h.rnd.IntN(1e6), h.rnd.IntN(1e5), process, h.rnd.IntN(1e7), h.rnd.IntN(1e6), at(more-0.5))
	}
	for i := range rows {
		p := h.programs[1+h.rnd.IntN(len(handsetDaemons))]
		more := 70 - float64(i)*60/float64(rows)
		d.insert("INSERT INTO PLProcessMonitorAgent_EventForward_ProcessID (timestamp, BundleID, CoalitionID, PID, ProcessName) VALUES (?,NULL,?,?,?)", at(more), 2*p.unique, p.pid, p.name())
		usage(more, []string{"apsd", "nsurlsessiond", "mDNSResponder", "cloudd", plantedTriang + "2"}[i%5], nil)
		usage(more, "Birds", "com.example.birds")
	}
	if h.infected() && hours == 0 {
		usage(handsetImplant, plantedTriang, nil)
		usage(handsetImplant-2, spyProcess, nil)
		h.ruled("triangulation-traffic", "ios.powerlog", `"`+plantedTriang+`"`, detect.Confirmed, "traffic of a process that reports about Operation Triangulation name", handsetImplant)
		h.found("process-traffic", "ios.powerlog", spyProcess, detect.Strong, "traffic of a process of the spyware", handsetImplant-2)
	}
	h.trap("backup-agent", plantedTriang+"2", "the agent of backups of iOS, whose name is nearly that of a published process")
	return d
}
