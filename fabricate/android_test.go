package fabricate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/fabricate"
)

// androids are the kinds and forms that are examined.
func androids() (list []acquisition) {
	add := func(kind fabricate.Kind, opt fabricate.Options) {
		opt.Seed, opt.Messages, opt.Events = 1, 50, 100
		list = append(list, acquisition{fmt.Sprintf("%s-%d-%d-%t-%q", kind, opt.Android, opt.Format, opt.Zip, opt.Password), kind, opt})
	}
	add(fabricate.AndroidQF, fabricate.Options{Android: 14, Password: "sesame"})
	add(fabricate.AndroidQF, fabricate.Options{Android: 8, Zip: true})
	for _, version := range []int{8, 11, 14, 16} {
		add(fabricate.Bugreport, fabricate.Options{Android: version})
	}
	for format := 1; format <= 5; format++ {
		add(fabricate.AndroidAB, fabricate.Options{Format: format, Password: []string{"", "sesame", "é1", "4711"}[format%4], Stored: format%2 == 0})
	}
	add(fabricate.IntrusionLog, fabricate.Options{Android: 16})
	add(fabricate.IntrusionLog, fabricate.Options{Android: 16, Zip: true})
	return list
}

// TestAndroidAge opens an encrypted acquisition with the identity beside it.
func TestAndroidAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, _, err := fabricate.Make(fabricate.AndroidQF, dir, fabricate.Options{Seed: 3, Age: true, Messages: 5})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := os.ReadFile(filepath.Join(dir, fabricate.IdentityFile))
	if err != nil {
		t.Fatal(err)
	}
	list, err := evidence.Open(context.Background(), path, evidence.Options{Identity: identity})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, s := range list {
		kinds = append(kinds, s.Kind.String())
		s.Close()
	}
	if want := []string{"AndroidQF acquisition", "Android backup", "Android bugreport", "Android intrusion log"}; !slices.Equal(kinds, want) {
		t.Errorf("got %q, want %q", kinds, want)
	}
}

// TestAndroidTraces examines acquisitions with planted traces.
func TestAndroidTraces(t *testing.T) {
	t.Parallel()
	testTraces(t, androids())
}

// TestAndroidTraps examines the benign twins.
func TestAndroidTraps(t *testing.T) {
	t.Parallel()
	testTraps(t, androids())
}

// TestAndroidSameSeed makes each acquisition twice.
func TestAndroidSameSeed(t *testing.T) {
	t.Parallel()
	testSameSeed(t, androids())
}
