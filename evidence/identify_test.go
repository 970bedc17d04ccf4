package evidence

import (
	"archive/zip"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/vigie-project/vigie/internal/testdata"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	secret, err := age.NewScryptRecipient("phrase")
	if err != nil {
		t.Fatal(err)
	}
	secret.SetWorkFactor(10)
	qf := testQF(t)
	for _, c := range []struct {
		name, folder, needs string
		kind                Kind
		files               int64
		missing, parts      []string
		model               string
	}{
		{writeFolder(t, qf, "uuid"), "uuid", "", AndroidQF, 12, []string{"dumpsys.txt", "files.json", "hashes.csv"}, []string{"backup.ab", "bugreport.zip", "intrusion_logs"}, "Acme Rocket"},
		{writeTemp(t, "a.zip", zipBytes(t, qf, zip.Deflate)), "", "", AndroidQF, 12, []string{"dumpsys.txt", "files.json", "hashes.csv"}, []string{"bugreport.zip", "backup.ab", "intrusion_logs"}, "Acme Rocket"},
		{writeTemp(t, "a.age", ageBytes(t, nil, newIdentity(t).Recipient(), false)), "", NeedsIdentity, 0, 0, nil, nil, ""},
		{writeTemp(t, "a.age", ageBytes(t, nil, secret, true)), "", NeedsPassphrase, 0, 0, nil, nil, ""},
		{writeTemp(t, "a.txt", []byte(testDump)), "", "", AndroidBugreport, 0, nil, nil, "rocket"},
		{writeTemp(t, "a.txt", []byte(testLog)), "", "", AndroidIntrusionLog, 0, nil, nil, ""},
		{writeTemp(t, "a.ab", testAB(t, nil)), "", "", AndroidBackup, 0, nil, nil, ""},
	} {
		id, err := Identify(context.Background(), c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var parts []string
		for _, p := range id.Parts {
			parts = append(parts, p.Name)
			if p.Kind == 0 || p.Size == 0 || p.Needs != "" {
				t.Errorf("part %+v", p)
			}
		}
		if id.Kind != c.kind || id.Folder != c.folder || id.Needs != c.needs || id.Files != c.files || id.Device.Model != c.model ||
			!reflect.DeepEqual(id.Missing, c.missing) || !reflect.DeepEqual(parts, c.parts) || id.Size == 0 {
			t.Errorf("%s: got %+v", c.name, id)
		}
	}
	for name, want := range map[string]error{
		writeTemp(t, "a.ab", testAB(t, nil)[:16]):                            nil,
		writeTemp(t, "a.txt", []byte("no")):                                  errArchive,
		writeTemp(t, "a.zip", zipBytes(t, []member{{name: "x"}}, zip.Store)): ErrNoAcquisition,
	} {
		if _, err := Identify(context.Background(), name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestIdentifyCorpus(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		kind  Kind
		needs string
	}{
		mvtPlain: {IOSBackup, ""}, mvtEncrypted: {IOSBackup, NeedsPassword}, mvtQF: {AndroidQF, ""},
		mvtAB + "backup2.ab": {AndroidBackup, NeedsPassword}, mvtReport: {AndroidBugreport, ""}, aospReport: {AndroidBugreport, ""}, oldReport: {AndroidBugreport, ""},
	} {
		id, err := Identify(context.Background(), testdata.Path(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if id.Kind != want.kind || id.Needs != want.needs || strings.Contains(id.Device.Model, "\n") {
			t.Errorf("%s: %+v", name, id)
		}
		t.Logf("%+v", *id)
	}
}
