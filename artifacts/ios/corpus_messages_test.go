package ios_test

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// The parts of the corpus that the tests below read.
const (
	messagesBackup = "ios-backup/mvt-project+mvt/ios_backup"
	messagesImages = "ios-ffs/abrignoni+iLEAPP/images/"
	messagesJosh   = messagesImages + "josh_ios15_ffs/filesystem2/mobile/"
	messagesMVS    = messagesImages + "mvs_ios_2023/private/var/mobile/"
	messagesChats  = messagesJosh + "Containers/Shared/AppGroup/694FBBC5-2E69-480A-A25B-FF8CC038BEF8/"
	messagesGroup  = "private/var/mobile/Containers/Shared/AppGroup/x/"
)

// messagesLive parses what a source holds for a parser and returns its live
// records as JSON lines. Any error fails the test.
func messagesLive(t *testing.T, src *evidence.Source, p *artifact.Parser) (lines []string) {
	t.Helper()
	all := func(*artifact.Parser) bool { return true }
	for _, job := range engine.NewPlan(src, []*artifact.Parser{p}, all).Jobs {
		for _, f := range job.Files {
			for rec, err := range engine.Parse(t.Context(), src, p, f, nil) {
				if err != nil {
					t.Errorf("%s: %v", f.Path, err)
					continue
				}
				if rec.Origin.State != record.Live {
					continue
				}
				line, err := rec.AppendJSON(nil)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, string(line))
			}
		}
	}
	return lines
}

// messagesFile makes a source of one file of the corpus and its log.
func messagesFile(t *testing.T, device, rel string) *evidence.Source {
	t.Helper()
	tree := fstest.MapFS{}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(testdata.Path(t, rel) + suffix)
		if suffix != "" && os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		tree[device+suffix] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return &evidence.Source{ID: "corpus", Kind: evidence.IOSFilesystem, FS: tree}
}

// messagesWant checks how many lines there are and that each text is in one.
func messagesWant(t *testing.T, lines []string, count int, texts ...string) {
	t.Helper()
	if len(lines) != count {
		t.Errorf("got %d live records, want %d", len(lines), count)
	}
	for _, text := range texts {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) }) {
			t.Errorf("no record with %q in\n%s", text, strings.Join(lines, "\n"))
		}
	}
}

// TestCorpusMessagesBackup compares with what MVT's own tests assert on its
// backup. MVT makes one result for each recipient and attachment of an
// interaction, cuts fractions of seconds, and resolves WhatsApp identities while
// parsing; none of this changes the figures here.
func TestCorpusMessagesBackup(t *testing.T) {
	t.Parallel()
	sources, err := evidence.Open(t.Context(), testdata.Path(t, messagesBackup), evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range sources {
		t.Cleanup(func() {
			if src.Closer != nil {
				src.Closer.Close()
			}
		})
	}
	for _, c := range []struct {
		parser *artifact.Parser
		count  int
		texts  []string
	}{
		{&ios.SMS, 1, []string{"https://badbadbad.example.org/", "2019-08-29T23:13:30.539788032Z"}},
		{&ios.Calendar, 1, []string{`"summary":"Super interesting meeting"`}},
		{&ios.CalendarParticipants, 1, nil},
		{&ios.InteractionC, 3, []string{`"numbers":["+14155550100"]`, `"created":{"utc":"2025-12-09T12:26:40Z"`, `"sender_name":"Bob Example"`}},
		{&ios.InteractionContacts, 3, []string{`"first_from":{"utc":"2025-09-03T13:46:40Z"`}},
		{&ios.WhatsApp, 3, []string{"https://example.org/news"}},
		{&ios.WhatsAppChats, 2, []string{
			`"jid":"100000000000001@lid"`, `"first_stored":{"utc":"2025-08-27T15:06:40Z"`, `"last_message":{"utc":"2025-08-28T18:53:20Z"`,
			`"stored":2`, `"created":{"utc":"2025-08-21T20:13:20Z"`, `"last_stored":{"utc":"2025-08-29T22:40:00Z"`,
			`"last_message":{"utc":"2025-08-31T02:26:40Z"`,
		}},
		{&ios.WhatsAppContacts, 2, []string{
			`"jid":"14155550100@s.whatsapp.net"`, `"lid":"100000000000001@lid"`, `"number":"+14155550100"`, `"user":"alice.example"`,
			`"disappear_seconds":86400`, `"disappear_set":{"utc":"2025-07-23T21:46:40Z"`, `"about_set":{"utc":"2025-07-12T08:00:00Z"`,
			`"about_expires":{"utc":"2025-08-16T01:20:00Z"`, `"updated":{"utc":"2025-08-04T11:33:20Z"`,
		}},
	} {
		messagesWant(t, messagesLive(t, sources[0], c.parser), c.count, c.texts...)
	}
}

// TestCorpusMessagesIdentities reads the pair of LID.sqlite, which the manifest
// of MVT's backup does not list though its payload is there, and with it the
// number of a chat.
func TestCorpusMessagesIdentities(t *testing.T) {
	t.Parallel()
	src := messagesFile(t, messagesGroup+"LID.sqlite", messagesBackup+"/e7/e794f6ffcc3c222535f47684a63d5178da3c4500")
	messagesWant(t, messagesLive(t, src, &ios.WhatsAppLIDs), 1, `"lid":"100000000000001","number":"14155550100"`, `"learned":{"utc":"2025-08-25T07:33:20Z"`)
	chats := messagesFile(t, messagesGroup+"ChatStorage.sqlite", messagesBackup+"/7c/7c7fba66680ef796b916b067077cc246adacf01d")
	maps.Copy(src.FS.(fstest.MapFS), chats.FS.(fstest.MapFS))
	messagesWant(t, messagesLive(t, src, &ios.WhatsAppChats), 2, `"jid":"100000000000001@lid","number":"+14155550100"`)
}

// TestCorpusMessagesFiles compares with the results that iLEAPP and plaso
// publish for files of real phones, and with counts by SQLite.
func TestCorpusMessagesFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		parser *artifact.Parser
		rel    string
		count  int
		texts  []string
	}{
		// plaso: 40 look-ups; it cuts the microseconds that are rounded here.
		{"identities", &ios.IDStatusCache, "ios-artifacts/log2timeline+plaso/ios/com.apple.identityservices.idstatuscache.plist", 40,
			[]string{`"looked_up":{"utc":"2021-02-20T01:00:30.799724Z"`, `"service":"com.apple.private.alloy.tincan.audio","uri":"tel:+13233208923"`}},
		// iLEAPP: 9 contacts; the last of the 13 values is a postal address of 6 parts.
		{"contacts 15", &ios.Contacts, messagesJosh + "Library/AddressBook/AddressBook.sqlitedb", 9,
			[]string{`"modified":{"utc":"2023-04-24T17:59:55Z","rule":"cocoa-s","raw":"704051995"},"name":"This Is DFIR Two"`, `"organization":"Apple Inc.","kind":"organisation","numbers":["1-800-MY-APPLE"],"urls":["http://www.apple.com"],"store":"Card"`}},
		{"values 15", &ios.ContactValues, messagesJosh + "Library/AddressBook/AddressBook.sqlitedb", 13, []string{`{"key":"Country","value":"United States"}`}},
		{"contacts 16", &ios.Contacts, messagesImages + "belkasoft_ctf6_ios_device1/private/var/mobile/Library/AddressBook/AddressBook.sqlitedb", 1, []string{`"name":"William Phorger","kind":"person","emails":["billthemegakill@icloud.com"]`}},
		{"contacts 16.3", &ios.Contacts, messagesMVS + "Library/AddressBook/AddressBook.sqlitedb", 0, nil},
		{"voicemail", &ios.Voicemail, messagesMVS + "Library/Voicemail/voicemail.db", 0, nil},
		{"accounts", &ios.Accounts, messagesMVS + "Library/Accounts/Accounts3.sqlite", 16, []string{`"type":"com.apple.account.HolidayCalendar"`, `"parent":"blueisth3best@icloud.com"`}},
		// iLEAPP: 32 messages, 4 calls, 9 contacts.
		{"whatsapp", &ios.WhatsApp, messagesChats + "ChatStorage.sqlite", 32, []string{`"chat":"120363044520422953@g.us","chat_name":"Med Report Review"`}},
		{"whatsapp chats", &ios.WhatsAppChats, messagesChats + "ChatStorage.sqlite", 5, nil},
		{"whatsapp files", &ios.WhatsAppMedia, messagesChats + "ChatStorage.sqlite", 7, []string{"0e97c10ddb00.jpg"}},
		{"whatsapp members", &ios.WhatsAppMembers, messagesChats + "ChatStorage.sqlite", 8, nil},
		{"whatsapp calls", &ios.WhatsAppCalls, messagesChats + "CallHistory.sqlite", 4,
			[]string{`"started":{"utc":"2023-05-02T16:12:10.067211Z"`, `"seconds":95.11599731445312,"outcome":"ended","direction":"outgoing"`, `"numbers":["+19198887386"]`}},
		{"whatsapp contacts", &ios.WhatsAppContacts, messagesChats + "ContactsV2.sqlite", 9, []string{`"name":"Thom De'Fer"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			device := strings.ReplaceAll(c.parser.Inputs[0].Glob, "*", "x")
			if path.Base(device) != path.Base(c.rel) {
				t.Fatalf("%s is no place for %s", device, c.rel)
			}
			messagesWant(t, messagesLive(t, messagesFile(t, device, c.rel), c.parser), c.count, c.texts...)
		})
	}
}
