package figures

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
)

// The backups of the corpus, and their passwords.
const (
	mvtPlain      = "ios-backup/mvt-project+mvt/ios_backup"
	mvtTwin       = "ios-backup/novkostya+ios-backup-crypt/mvt-encrypted-fast"
	mvtPassword   = "correct horse battery"
	ronin         = "ios-backup/SecurityRonin+ios-backup-forensic/tests/data/"
	roninPassword = "test-password-1234"
	matan         = "ios-backup/matan1008+pyiosbackup/tests/materialised/sqlite3-ios10.3-encrypted"
	matanPassword = "0000"
)

// roninAnswers are about four backups, by the name of their folder.
var roninAnswers = map[string][]answer{
	"plain-backup": {
		{says: `is_encrypted()`, ours: observed},
		{says: `files().len()`, ours: count("ios.manifest")},
		{says: `directories`, ours: count("ios.manifest", "kind=directory")},
		{says: `HomeDomain Library/SMS/sms.db file_id`, ours: field("ios.manifest", "relative_path=Library/SMS/sms.db", "file_id")},
		{says: `sms.db size`, ours: field("ios.manifest", "relative_path=Library/SMS/sms.db", "size")},
		{says: `sms.db bytes start with "SQLite format 3\0" and len == 316`, ours: content("private/var/mobile/Library/SMS/sms.db", 16), want: "316 SQLite format 3\x00"},
		{says: `reading the directory row is an error`, ours: folder, want: "error"},
		{says: `supplied password ignored, opens, is_encrypted() == false`, ours: refused(ronin+"plain-backup", "x"), want: "<nil>"},
		{says: `ProductVersion 26.2, ProductType iPhone13,3, DeviceName Fixture`, ours: device, want: "26.2 iPhone13,3 Fixture"},
		{says: `declared=false observed=false`, ours: declared, want: "declared=false observed=false"},
	},
	"encrypted-backup": {
		{says: `with password test-password-1234, all 4 files decrypt byte-identical to plain-backup`, test: "evidence.TestCorpusRonin"},
		{says: `AppDomain-com.example.app Documents/exact.bin == 32 bytes of "B"`,
			ours: content("private/var/mobile/Containers/Data/Application/com.example.app/Documents/exact.bin", 32), want: "32 " + strings.Repeat("B", 32)},
		{says: `error PasswordRequired`, ours: refused(ronin+"encrypted-backup", ""), want: "password required"},
		{says: `wrong password -> error WrongPassword (not corruption, not empty list)`, ours: refused(ronin+"encrypted-backup", "no"), want: "wrong password"},
		{says: `declared=true observed=true`, ours: declared, want: "declared=true observed=true"},
	},
	"lie-encrypted": {
		{says: `declared=true observed=false contradictory=true, file list not empty`, ours: declared, want: "declared=true observed=false"},
		{says: `is_encrypted()`, ours: observed},
	},
	"no-size-backup": {
		{says: `first file has no Size key: must not be read as 0 bytes (4 bytes "tiny")`, ours: noSize, want: "4 tiny"},
	},
}

var matanAnswers = []answer{
	{says: `len(files)`, ours: count("ios.manifest")},
	{says: `file.relative_path`, ours: field("ios.manifest", "", "relative_path")},
	{says: `file.file_id`, ours: field("ios.manifest", "", "file_id")},
	{says: `file.domain`, ours: field("ios.manifest", "", "domain")},
	{says: `file.is_file()`, ours: field("ios.manifest", "", "mode"), want: "0100755"}, // its flags are 0, which is no kind
	{says: `file.filename == Path('Media/Test.txt')`, ours: field("ios.manifest", "", "relative_path"), want: "Media/Test.txt"},
	{says: `file.last_modified == datetime.fromtimestamp(1628082463, timezone.utc)`, ours: field("ios.manifest", "", "modified.raw"), want: "1628082463"},
	{says: `file.last_status_change == datetime.fromtimestamp(1628082509, timezone.utc)`, ours: field("ios.manifest", "", "changed.raw"), want: "1628082509"},
	{says: `file.created == datetime.fromtimestamp(1627974948, timezone.utc)`, ours: field("ios.manifest", "", "created.raw"), want: "1627974948"},
	{says: `file.size`, ours: field("ios.manifest", "", "size")},
	{says: `file.mode == 33261`, ours: field("ios.manifest", "", "mode"), want: fmt.Sprintf("0%o", 33261)},
	{says: `file.group_id`, ours: field("ios.manifest", "", "group")},
	{says: `file.user_id`, ours: field("ios.manifest", "", "owner")},
	{says: `file.read_text() == 'Test data'`, ours: content("private/var/unknown/MyTestDomain/Media/Test.txt", 9), want: "9 Test data"},
	{says: `with pytest.raises(MissingEntryError): b.get_entry_by_domain_and_path('unknown-domain', 'unknown-path')`,
		ours: content("private/var/unknown/unknown-domain/unknown-path", 0), want: "open private/var/unknown/unknown-domain/unknown-path: file does not exist"},
	{says: `with pytest.raises(BackupPasswordIsRequired): Backup.from_path(backup)`, ours: refused(matan, ""), want: "password required"},
	{says: `keybag.get_key(i) == 32 * b'\x00'`, out: "keys of classes are never shown; that they are right shows in the files"},
	{says: `keybag.decrypt(encrypted_data, key) == b'Test data\x07\x07\x07\x07\x07\x07\x07'`, out: "an interface of the peer, which leaves the padding; the file has its length here"},
}

// observed asks whether the content is encrypted, whatever the backup declares.
func observed(t testing.TB, o *outcome) string {
	_, s, _ := strings.Cut(declared(t, o), "observed=")
	return s
}

// declared asks what the backup says of its encryption, and what is true.
func declared(t testing.TB, o *outcome) string {
	says := field("ios.backupstatus", "", "encrypted")(t, o) == "true"
	lies := noted("encryption-flag-differs")(t, o) == "yes"
	return fmt.Sprintf("declared=%v observed=%v", says, says != lies)
}

func device(_ testing.TB, o *outcome) string {
	d := o.source.Device
	return d.Version + " " + d.Model + " " + d.Name
}

// folder asks what reading a folder gives.
func folder(t testing.TB, o *outcome) string {
	f, err := o.source.Open(field("ios.manifest", "kind=directory", "path")(t, o))
	if err != nil {
		return "error"
	}
	f.Close()
	return "content"
}

// noSize asks for the file without Size in its description.
func noSize(t testing.TB, o *outcome) string {
	return content(field("ios.manifest", "size=", "path")(t, o), 4)(t, o)
}

// failed asks which artifacts had errors.
func failed(_ testing.TB, o *outcome) string {
	return strings.Join(slices.Sorted(maps.Keys(o.errors)), " ")
}

// whatsapp reads the databases of WhatsApp of MVT's backup, LID.sqlite included.
func whatsapp(t testing.TB) *outcome {
	tree := fstest.MapFS{}
	for name, stored := range map[string]string{"ChatStorage.sqlite": "7c/7c7fba66680ef796b916b067077cc246adacf01d",
		"LID.sqlite": "e7/e794f6ffcc3c222535f47684a63d5178da3c4500"} {
		data, err := os.ReadFile(testdata.Path(t, mvtPlain+"/"+stored))
		if err != nil {
			t.Fatal(err)
		}
		tree["private/var/mobile/Containers/Shared/AppGroup/group.net.whatsapp.WhatsApp.shared/"+name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return read(t, &evidence.Source{ID: "figures", Kind: evidence.IOSBackup, FS: tree})
}

// kept holds the outcomes of one run of the test of backups.
var kept = map[string]*outcome{}

// once returns what was read from a backup, which is read when first asked for.
func once(t *testing.T, rel, password string) func() *outcome {
	return func() *outcome {
		if kept[rel] == nil {
			kept[rel] = read(t, open(t, rel, password))
			t.Cleanup(func() { delete(kept, rel) })
		}
		return kept[rel]
	}
}

// accountBackup accounts for the figures about backups of iPhones.
func accountBackup(t *testing.T, e *expectation) verdict {
	test := e.Test
	if strings.Contains(test, "::") {
		test = short(test)
	}
	o, answers := once(t, mvtPlain, ""), mvtAnswers[test]
	switch name, isRonin := strings.CutPrefix(e.File, ronin); {
	case isRonin:
		o, answers = once(t, e.File, roninPassword), roninAnswers[name]
	case strings.HasPrefix(e.File, matan):
		if testing.Short() {
			return by(t, "evidence.TestCorpusProduction") // a key at the cost of a real phone
		}
		o, answers = once(t, matan, matanPassword), matanAnswers
	case e.File == mvtTwin:
		return by(t, "internal/figures.TestTwins")
	case whatsappAnswers[test] != nil:
		answers = whatsappAnswers[test]
		o = func() *outcome {
			if kept["whatsapp"] == nil {
				kept["whatsapp"] = whatsapp(t)
				t.Cleanup(func() { delete(kept, "whatsapp") })
			}
			return kept["whatsapp"]
		}
	case answers == nil:
		answers = peopleAnswers[test]
	}
	var run map[string]json.Number
	if json.Unmarshal(e.Expectation, &run) != nil {
		return settle(t, o, test, e.text(), answers)
	}
	total := equal
	for _, key := range slices.Sorted(maps.Keys(run)) {
		v := settle(t, o, test, key+" == "+string(run[key]), answers)
		if v == unsettled {
			return v
		}
		total = max(total, v)
	}
	return total
}
