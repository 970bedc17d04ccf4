package figures

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// Why rows of iLEAPP are no concern of Vigie, or are others here.
const (
	beReal     = "what the owner and friends put on BeReal, read from its caches: nothing there is a way in or dates one"
	burnerText = "bodies of cached responses are the owner's second numbers and talks; their addresses are in ios.cachedb"
	pictures   = "pictures that apps of Google fetched, without addresses or times"
	buttons    = "which buttons the owner put into the Control Centre, in which order"
	adID       = "a number for advertisers, which tells nothing about the phone's state"
	noFile     = "the peer says so of a file without rows for it"
	teamsRows  = "people, places and calls of Teams; texts with links are read, and the rest is the owner's"
	wholeRows  = "every row of a messenger there; here those with what looks like a link, an address or a host"
	oneRow     = "the peer joins all words in one row; here each is a record"
	noShare    = "the peer lists every object of the notes and reads no date of them; here a shared note is a record for each person"
)

// A golden compares rows that iLEAPP committed with records.
type golden struct {
	id      string            // artifact; none if out says why
	below   string            // part of the path of the file
	where   []string          // conditions on its records
	columns map[string]string // headers of the peer, by the field of ours; none compares the count
	want    string            // ours, where it differs
	why     string            // why it differs on purpose
	out     string            // why the rows are no concern
}

// goldens by the artifact of iLEAPP; a name with a device goes before one without.
var goldens = map[string]golden{
	"addressBook": {id: "ios.contacts", columns: map[string]string{"created": "Creation Date", "modified": "Modification Date"}},
	"get_adId":    {out: adID},
	"appleWifiBSSList": {id: "ios.wifinetworks", where: []string{"kind=access point"},
		columns: map[string]string{"ssid": "SSID", "bssid": "BSSID", "channel": "Channel"}},
	"appleWifiKnownNetworks": {id: "ios.wifinetworks", where: []string{"kind=network", "list="},
		columns: map[string]string{"ssid": "SSID"}},
	"appleWifiKnownNetworksTimes": {id: "ios.wifinetworks", where: []string{"kind=network", "list="},
		columns: map[string]string{"ssid": "SSID", "added": "Added At", "updated": "Last Updated"}},
	"appleWifiScannedPrivate": {id: "ios.wifinetworks", where: []string{"kind=network", "list=List of scanned networks with private mac"},
		columns: map[string]string{"ssid": "SSID", "bssid": "BSSID", "added": "Added At", "updated": "Last Updated", "joined": "Last Joined"}},
	"burnerCache_accounts":    {out: burnerText},
	"burnerCache_contacts":    {out: burnerText},
	"burnerCache_messages":    {out: burnerText},
	"burnerCache_numbers":     {out: burnerText},
	"burnerCache_preferences": {out: noFile},
	"cachev0":                 {out: pictures},
	"celWireless":             {id: "ios.commcenter"},
	"celWireless.mvs_ios_2023": {id: "ios.commcenter", want: "57",
		why: "each SIM card of a wallet is a record, of which there are two, and so is each start of CommCenter, of which there is one"},
	"cloudkit_participants": {id: "ios.noteshares"},
	"cloudkit_participants.josh_ios15_ffs": {id: "ios.noteshares",
		columns: map[string]string{"note_id": "ZIDENTIFIER", "person_id": "Participant ID", "email": "Email Address", "phone": "Phone Number"}},
	"cloudkit_sharing":                {id: "ios.noteshares"},
	"cloudkit_sharing.josh_ios15_ffs": {id: "ios.noteshares", want: "2", why: noShare},
	"conDev":                          {id: "ios.computers", columns: map[string]string{"user": "User Name", "computer": "Computer Name"}},
	"controlCenter":                   {out: buttons},
	"deviceDatam":                     {id: "ios.commcenter", where: []string{"file=com.apple.commcenter.device_specific_nobackup"}},
	"deviceDatam.mvs_ios_2023": {id: "ios.commcenter", where: []string{"file=com.apple.commcenter.device_specific_nobackup"},
		want: "37", why: "each start of CommCenter is a record besides"},
	"deviceName": {id: "ios.pairing", where: []string{"key=-DeviceName"}, want: "1",
		why: "the peer takes the name for its head and lists no row; here it is a record"},
	"dhcpLeases":       {id: "ios.dhcpleases", want: "1", why: "the peer has a row for each of six keys; it is one lease"},
	"discord_cache":    {id: "ios.cachedb", below: "com.hammerandchisel.discord", columns: map[string]string{"url": "Request URL"}},
	"keyboardAppUsage": {id: "ios.keyboardusage"},
	"keyboardLexicon.belkasoft_ctf6_ios_device1": {id: "ios.keyboardlexicon", want: "42", why: oneRow},
	"keyboardLexicon.josh_ios15_ffs":             {id: "ios.keyboardlexicon", want: "455", why: oneRow},
	"keyboardLexicon.mvs_ios_2023":               {id: "ios.keyboardlexicon", want: "2", why: oneRow},
	"keyboardUsageStats": {id: "ios.keyboardstats", where: []string{"lasting=true"},
		columns: map[string]string{"key": "Key"}},
	"safariCache": {id: "ios.cachedb", columns: map[string]string{"url": "Request URL", "status": "HTTP Status", "method": "Request Method", "type": "MIME Type"}},
	"storeSystemAppInstalls": {id: "ios.appstore", where: []string{"table=app_install"},
		columns: map[string]string{"app": "Bundle ID", "started": "Last Start Date", "vendor": "Developer"}},
	"storeSystemAppPackages": {id: "ios.appstore", where: []string{"table=app_package"}},
	"storeSystemAppUpdates":  {id: "ios.appstore", where: []string{"table=mapi_app_update"}},
	"teamsCalls":             {out: teamsRows},
	"teamsContacts":          {out: teamsRows},
	"teamsLocations":         {out: teamsRows},
	"teamsMessages":          {id: "ios.messengertexts", want: "214", why: wholeRows},
	"teamsUser":              {out: teamsRows},
	"voicemail":              {id: "ios.voicemail"},
	"whatsAppCallHistory":    {id: "ios.whatsappcalls", columns: map[string]string{"started": "Starting Timestamp"}},
	"whatsAppContacts": {id: "ios.whatsappcontacts",
		columns: map[string]string{"name": "Fullname", "about": "About Text", "about_set": "About Text Timestamp", "jid": "Whatsapp ID", "identifier": "Identifier"}},
	"whatsAppMessages": {id: "ios.whatsapp", columns: map[string]string{"date": "Timestamp", "text": "Message"}},
}

// accountFilesystem accounts for the figures about parts of file systems.
func accountFilesystem(t *testing.T, e *expectation) verdict {
	var x struct {
		Artifact string
		Rows     int
		Full     string `json:"full_rows_in"`
	}
	_ = json.Unmarshal(e.Expectation, &x)
	switch {
	case e.Kind == "ground-truth":
		return accountListing(t, e)
	case x.Full == "":
		return accountRun(t, e)
	}
	parts := strings.Split(path.Base(e.Test), ".")
	if strings.HasPrefix(parts[1], "bereal_") {
		return outside // beReal says why
	}
	g, ok := goldens[parts[1]+"."+parts[2]]
	if !ok {
		g, ok = goldens[parts[1]]
	}
	switch {
	case !ok:
		return unsettled
	case g.out != "":
		return outside
	}
	o := whole(t, e.File)()
	if g.below != "" {
		few := outcome{records: map[string][]record.Record{g.id: slices.DeleteFunc(slices.Clone(o.records[g.id]),
			func(r record.Record) bool { return !strings.Contains(r.Origin.Path, g.below) })}}
		o = &few
	}
	rows := o.rows(t, g.id, where(g.where))
	if g.columns == nil {
		return compare(t, e.Test, strconv.Itoa(len(rows)), g.want, strconv.Itoa(x.Rows), g.why)
	}
	fields := slices.Sorted(maps.Keys(g.columns))
	ours := []string{}
	for _, row := range rows {
		line := ""
		for _, f := range fields {
			line += at(row, f) + "|"
		}
		ours = append(ours, line)
	}
	theirs := goldenRows(t, x.Full, fields, g.columns)
	if len(theirs) != x.Rows {
		t.Errorf("%s: %d rows, want %d", x.Full, len(theirs), x.Rows)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	return compare(t, e.Test, strings.Join(ours, "\n"), g.want, strings.Join(theirs, "\n"), g.why)
}

// goldenRows returns columns of the rows that a peer committed.
func goldenRows(t *testing.T, rel string, fields []string, columns map[string]string) (list []string) {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Headers []any
		Data    [][]any
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	index := map[string]int{}
	for i, h := range file.Headers {
		index[strings.Trim(strings.Split(fmt.Sprint(h), " datetime")[0], "[]")] = i
	}
	for _, row := range file.Data {
		line := ""
		for _, f := range fields {
			i, ok := index[columns[f]]
			if !ok {
				t.Fatalf("%s has no column %s", rel, columns[f])
			}
			line += goldenValue(row[i]) + "|"
		}
		list = append(list, line)
	}
	return list
}

// goldenValue writes a value of a peer as at does. Numbers as large as the
// seconds since 1970 of these phones are times.
func goldenValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if v > 1.5e9 && v < 1.8e9 && v == math.Trunc(v) {
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02T15:04:05")
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// runs say what a module of MVT found in the parts of each file system: the
// answers are to "n", "timeline" and "alerts", or to keys and entries.
var runs = map[string][]answer{
	"CacheFiles": {
		{says: "entries", ours: count("ios.cachedb")},
		{says: "timeline", ours: count("ios.cachedb")},
		{says: "keys", ours: sourcesOf("ios.cachedb")},
		{says: "alerts", ours: judged("ios.cachedb")},
	},
	"Filesystem": {
		{says: "n", ours: count("ios.filesystem")},
		{says: "timeline", ours: dated("ios.filesystem", "modified")},
		{says: "alerts", ours: judged("ios.filesystem")},
	},
	"Contacts": {
		{says: "n", ours: count("ios.contactvalues")},
		{says: "timeline", out: "the peer dates no contact; here the two times of a contact are in ios.contacts"},
		{says: "alerts", ours: judged("ios.contacts")},
	},
	"WebkitSessionResourceLog": {
		{says: "keys", ours: count("ios.sessionresourcelog")},
		{says: "entries", ours: count("ios.sessionresourcelog")},
		{says: "timeline", ours: count("ios.sessionresourcelog")},
		{says: "alerts", ours: judged("ios.sessionresourcelog")},
	},
	"Whatsapp": {
		{says: "n", ours: messagesAndChats},
		{says: "timeline", ours: instants("ios.whatsapp", "ios.whatsappchats", "ios.whatsapplids")},
		{says: "alerts", ours: judged("ios.whatsappchats")},
	},
	"WhatsappContacts": {
		{says: "n", ours: count("ios.whatsappcontacts")},
		{says: "timeline", ours: instants("ios.whatsappcontacts")},
		{says: "alerts", ours: judged("ios.whatsappcontacts")},
	},
}

// accountRun accounts for a run of a module of MVT.
func accountRun(t *testing.T, e *expectation) verdict {
	var run map[string]any
	if err := json.Unmarshal(e.Expectation, &run); err != nil {
		return unsettled
	}
	if n, ok := run["n"].(map[string]any); ok {
		delete(run, "n")
		maps.Copy(run, n)
	}
	answers := slices.Clone(runs[e.Test])
	if own := runDifferences[e.Test+"."+path.Base(e.File)]; own != nil {
		answers = slices.Concat(own, answers)
	}
	total := equal
	for _, key := range slices.Sorted(maps.Keys(run)) {
		v := settle(t, whole(t, e.File), e.Test, fmt.Sprintf("%s == %v", key, run[key]), answers)
		if v == unsettled {
			return v
		}
		total = max(total, v)
	}
	return total
}

// runDifferences go before runs, for one phone.
var runDifferences = map[string][]answer{
	"Filesystem.josh_ios15_ffs": {
		{says: "n", ours: count("ios.filesystem"), want: "168", why: lessInCorpus},
		{says: "timeline", ours: dated("ios.filesystem", "modified"), want: "168", why: lessInCorpus},
	},
	"Contacts.josh_ios15_ffs": {
		{says: "n", ours: count("ios.contactvalues"), want: "13", why: "the peer leaves out the postal address, whose parts are in another table"},
	},
	"Whatsapp.josh_ios15_ffs": {
		{says: "timeline", ours: instants("ios.whatsapp", "ios.whatsappchats", "ios.whatsapplids"), want: "60", why: allTimes},
	},
}

const lessInCorpus = "the corpus has one file or folder less than the peer listed"

// sourcesOf asks of how many files an artifact has records.
func sourcesOf(id string) question {
	return func(_ testing.TB, o *outcome) string {
		files := map[string]bool{}
		for _, r := range o.live(id) {
			files[strings.TrimSuffix(r.Origin.Path, "-wal")] = true
		}
		return strconv.Itoa(len(files))
	}
}

// messagesAndChats asks for what MVT counts together.
func messagesAndChats(t testing.TB, o *outcome) string {
	return strconv.Itoa(len(o.rows(t, "ios.whatsapp", nil)) + len(o.rows(t, "ios.whatsappchats", nil)))
}
