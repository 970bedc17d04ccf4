package fabricate

import (
	"fmt"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// calls fills CallHistory.storedata.
func (p *phone) calls() error {
	d := newDatabase(`
CREATE TABLE ZCALLRECORD (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZANSWERED INTEGER, ZCALL_CATEGORY INTEGER, ZCALLTYPE INTEGER, ZDISCONNECTED_CAUSE INTEGER, ZFACE_TIME_DATA INTEGER, ZORIGINATED INTEGER, ZREAD INTEGER, ZDATE TIMESTAMP, ZDURATION FLOAT, ZADDRESS VARCHAR, ZISO_COUNTRY_CODE VARCHAR, ZLOCATION VARCHAR, ZNAME VARCHAR, ZSERVICE_PROVIDER VARCHAR, ZUNIQUE_ID VARCHAR);
CREATE TABLE ZHANDLE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZTYPE INTEGER, ZNORMALIZEDVALUE VARCHAR, ZVALUE VARCHAR);
CREATE TABLE Z_2REMOTEPARTICIPANTHANDLES (Z_2REMOTEPARTICIPANTCALLS INTEGER, Z_4REMOTEPARTICIPANTHANDLES INTEGER, PRIMARY KEY (Z_2REMOTEPARTICIPANTCALLS, Z_4REMOTEPARTICIPANTHANDLES))`)
	for i, who := range people {
		d.insert("INSERT INTO ZHANDLE VALUES (?,4,1,2,?,?)", i+1, who, who)
	}
	for i := range 80 {
		who := p.rnd.IntN(len(people))
		at := float64(cocoa(p.ago(time.Duration(80-i)*43*time.Hour))) + float64(p.rnd.IntN(1000))/1000
		d.insert("INSERT INTO ZCALLRECORD VALUES (?,2,1,?,1,1,0,0,?,1,?,?,?,'fr','',NULL,'com.apple.Telephony',?)",
			i+1, p.rnd.IntN(2), p.rnd.IntN(2), at, float64(p.rnd.IntN(600)), people[who], p.uuid())
		d.insert("INSERT INTO Z_2REMOTEPARTICIPANTHANDLES VALUES (?,?)", i+1, who+1)
	}
	return p.addDatabase("HomeDomain", "Library/CallHistoryDB/CallHistory.storedata", d)
}

// whatsapp fills ChatStorage.sqlite.
func (p *phone) whatsapp() error {
	d := newDatabase(`
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZCONTACTJID VARCHAR, ZPARTNERNAME VARCHAR, ZLASTMESSAGEDATE TIMESTAMP);
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZISFROMME INTEGER, ZMESSAGETYPE INTEGER, ZCHATSESSION INTEGER, ZGROUPMEMBER INTEGER, ZMEDIAITEM INTEGER, ZMESSAGEINFO INTEGER, ZMESSAGEDATE TIMESTAMP, ZSENTDATE TIMESTAMP, ZFROMJID VARCHAR, ZTOJID VARCHAR, ZPUSHNAME VARCHAR, ZSTANZAID VARCHAR, ZTEXT VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZMESSAGE INTEGER, ZMEDIALOCALPATH VARCHAR, ZMEDIAURL VARCHAR, ZTITLE VARCHAR, ZAUTHORNAME VARCHAR, ZMETADATA BLOB, ZFILESIZE INTEGER);
CREATE TABLE ZWAMESSAGEDATAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZMESSAGE INTEGER, ZCONTENT1 VARCHAR, ZCONTENT2 VARCHAR, ZMATCHEDTEXT VARCHAR, ZSUMMARY VARCHAR, ZTITLE VARCHAR, ZSENDERJID VARCHAR);
CREATE TABLE ZWAGROUPMEMBER (Z_PK INTEGER PRIMARY KEY, ZMEMBERJID VARCHAR, ZCONTACTNAME VARCHAR)`)
	rows := 0
	add := func(at time.Time, from, text string) {
		rows++
		d.insert("INSERT INTO ZWAMESSAGE (Z_PK, Z_ENT, Z_OPT, ZISFROMME, ZMESSAGETYPE, ZCHATSESSION, ZMESSAGEDATE, ZSENTDATE, ZFROMJID, ZPUSHNAME, ZSTANZAID, ZTEXT) VALUES (?,9,1,0,0,1,?,?,?,'Lina',?,?)",
			rows, float64(cocoa(at)), float64(cocoa(at)), from, p.uuid(), text)
	}
	d.insert("INSERT INTO ZWACHATSESSION VALUES (1,3,1,'33600000001@s.whatsapp.net','Anna',?)", float64(cocoa(p.ago(time.Hour))))
	for i := range 120 {
		add(p.ago(time.Duration(120-i)*31*time.Hour), "33600000001@s.whatsapp.net", sentences[p.rnd.IntN(len(sentences))])
	}
	if !p.opt.Benign {
		at := p.ago(60 * 24 * time.Hour)
		add(at, "33700000666@s.whatsapp.net", "Regarde ce document : http://"+spyDomain+":8080/doc.pdf, c’est urgent")
		p.trace(Trace{ID: "whatsapp-link", What: "a lure on WhatsApp, with a port", Artifact: "ios.whatsapp", Contains: spyDomain + ":8080",
			Grade: detect.Confirmed, Finder: "indicator", Planted: at})
	}
	return p.addDatabase("AppDomainGroup-group.net.whatsapp.WhatsApp.shared", "ChatStorage.sqlite", d)
}

// calendar fills Calendar.sqlitedb.
func (p *phone) calendar() error {
	d := newDatabase(`
CREATE TABLE Store (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, type INTEGER, owner_name TEXT, creator_bundle_id TEXT);
CREATE TABLE Calendar (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, store_id INTEGER, title TEXT, flags INTEGER, color TEXT, external_id TEXT, type TEXT, subcal_url TEXT, sharing_status INTEGER, UUID TEXT);
CREATE TABLE CalendarItem (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, summary TEXT, location_id INTEGER, description TEXT, start_date REAL, start_tz TEXT, end_date REAL, all_day INTEGER, calendar_id INTEGER, organizer_id INTEGER, self_attendee_id INTEGER, status INTEGER, invitation_status INTEGER, url TEXT, last_modified REAL, external_id TEXT, unique_identifier TEXT, hidden INTEGER, has_attendees INTEGER, UUID TEXT, entity_type INTEGER, creation_date REAL, action INTEGER, created_by_id INTEGER);
CREATE TABLE Participant (ROWID INTEGER PRIMARY KEY, entity_type INTEGER, type INTEGER, status INTEGER, role INTEGER, identity_id INTEGER, owner_id INTEGER, UUID TEXT, email TEXT, is_self INTEGER, comment TEXT, last_modified REAL, phone_number TEXT)`)
	add := func(at time.Time, summary, description string, organizer any) {
		start := float64(cocoa(at))
		d.insert("INSERT INTO CalendarItem (summary, description, start_date, end_date, all_day, calendar_id, organizer_id, last_modified, unique_identifier, UUID, creation_date) VALUES (?,?,?,?,0,1,?,?,?,?,?)",
			summary, description, start, start+3600, organizer, start, p.uuid(), p.uuid(), start)
	}
	d.insert("INSERT INTO Participant (ROWID, owner_id, UUID, email) VALUES (1,1,?,'boss@example.org')", p.uuid())
	for i := range 30 {
		add(p.ago(time.Duration(30-i)*100*time.Hour), []string{"Dentist", "Réunion d’équipe", "Anniversaire", "Flight to Lisbon"}[i%4], "", []any{nil, 1}[i%2])
	}
	if p.opt.Benign {
		add(p.ago(200*time.Hour), "Meeting", "Notes of last week are in the folder", 1)
		p.trap(Trap{ID: "calendar-meeting", What: "a meeting with notes, not the words of a published trace", Contains: "Notes of last week", Grade: detect.Context})
		return p.addDatabase("HomeDomain", "Library/Calendar/Calendar.sqlitedb", d)
	}
	at := p.ago(400 * 24 * time.Hour)
	d.insert("INSERT INTO Participant (ROWID, owner_id, UUID, email) VALUES (2,31,?,?)", p.uuid(), spyEmail)
	add(at, "Meeting", "Notes", 2)
	p.trace(Trace{ID: "calendar-event", What: "an invitation into the past with the words of a published trace", Artifact: "ios.calendar", Contains: "Meeting",
		Grade: detect.NeedsExpert, Finder: "rule", Planted: at})
	p.trace(Trace{ID: "calendar-email", What: "an invitation by a published address", Artifact: "ios.calendar", Contains: spyEmail,
		Grade: detect.Confirmed, Finder: "indicator", Planted: at})
	return p.addDatabase("HomeDomain", "Library/Calendar/Calendar.sqlitedb", d)
}

// dataUsage fills DataUsage.sqlite, which counts the traffic of processes.
func (p *phone) dataUsage() error {
	d := newDatabase(`
CREATE TABLE ZPROCESS (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZFIRSTTIMESTAMP TIMESTAMP, ZTIMESTAMP TIMESTAMP, ZBUNDLENAME VARCHAR, ZPROCNAME VARCHAR);
CREATE TABLE ZLIVEUSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER, ZKIND INTEGER, ZMETADATA INTEGER, ZTAG INTEGER, ZHASPROCESS INTEGER, ZBILLCYCLEEND TIMESTAMP, ZTIMESTAMP TIMESTAMP, ZWIFIIN FLOAT, ZWIFIOUT FLOAT, ZWWANIN FLOAT, ZWWANOUT FLOAT);
CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_SUPER INTEGER, Z_MAX INTEGER)`)
	n := 0
	add := func(process, bundle string, first, last time.Time) {
		n++
		var app any
		if bundle != "" {
			app = bundle
		}
		d.insert("INSERT INTO ZPROCESS VALUES (?,2,1,?,?,?,?)", n, float64(cocoa(first))+0.5, float64(cocoa(last))+0.25, app, process)
		d.insert("INSERT INTO ZLIVEUSAGE VALUES (?,1,1,0,0,0,?,NULL,?,0,0,?,?)", n, n, float64(cocoa(last)), float64(p.rnd.IntN(1e7)), float64(p.rnd.IntN(1e6)))
	}
	for i, proc := range []struct{ process, bundle string }{
		{"mDNSResponder", ""}, {"mDNSResponder/com.apple.mobilesafari", "com.apple.mobilesafari"}, {"apsd", ""}, {"cloudd", ""},
		{"MobileSafari/com.apple.mobilesafari", "com.apple.mobilesafari"}, {"WhatsApp/net.whatsapp.WhatsApp", "net.whatsapp.WhatsApp"},
		{"IMTransferAgent/com.apple.datausage.messages", "com.apple.datausage.messages"}, {"nsurlsessiond", ""}, {"BackupAgent2", ""},
	} {
		add(proc.process, proc.bundle, p.ago(time.Duration(300+i)*24*time.Hour), p.ago(time.Duration(1+i)*time.Hour))
	}
	if p.opt.Benign {
		// An app of the store that is named like the daemon of the spyware.
		add("Albatros/com.example.albatrosd", "com.example.albatrosd", p.ago(50*24*time.Hour), p.ago(20*time.Hour))
		p.trap(Trap{ID: "app-like-daemon", What: "an app whose bundle ends like a published process", Contains: "com.example.albatrosd", Grade: detect.Context})
	} else {
		first := p.ago(89 * 24 * time.Hour)
		add(spyProcess, "", first, p.ago(80*24*time.Hour))
		p.trace(Trace{ID: "process", What: "traffic of a published process without a bundle", Artifact: "ios.datausage", Contains: spyProcess,
			Grade: detect.Strong, Finder: "indicator", Planted: first})
	}
	d.insert("INSERT INTO Z_PRIMARYKEY VALUES (1,'LiveUsage',0,?)", n)
	d.insert("INSERT INTO Z_PRIMARYKEY VALUES (2,'Process',0,?)", n)
	return p.addDatabase("WirelessDomain", "Library/Databases/DataUsage.sqlite", d)
}

// permissions fills TCC.db.
func (p *phone) permissions() error {
	d := newDatabase(`CREATE TABLE access (service TEXT NOT NULL, client TEXT NOT NULL, client_type INTEGER NOT NULL, auth_value INTEGER NOT NULL, auth_reason INTEGER NOT NULL, auth_version INTEGER NOT NULL, csreq BLOB, policy_id INTEGER, indirect_object_identifier_type INTEGER, indirect_object_identifier TEXT NOT NULL DEFAULT 'UNUSED', indirect_object_code_identity BLOB, flags INTEGER, last_modified INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (service, client, client_type, indirect_object_identifier))`)
	for i, app := range []string{"net.whatsapp.WhatsApp", "com.example.recorder", "com.google.Maps", "com.apple.shortcuts"} {
		for j, service := range []string{"kTCCServiceMicrophone", "kTCCServiceCamera", "kTCCServicePhotos", "kTCCServiceAddressBook"} {
			d.insert("INSERT INTO access (service, client, client_type, auth_value, auth_reason, auth_version, last_modified) VALUES (?,?,0,?,2,1,?)",
				service, app, 2*((i+j)%2), p.ago(time.Duration(100+10*i+j)*24*time.Hour).Unix())
		}
	}
	return p.addDatabase("HomeDomain", "Library/TCC/TCC.db", d)
}

func (p *phone) serial() string { return fmt.Sprintf("VIGIE%07d", p.opt.Seed%10_000_000) }
