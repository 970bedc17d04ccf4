package evidence

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestSearchProperties(t *testing.T) {
	t.Parallel()
	text := "== dumpstate: 2011-08-12 01:03:38\n\n------ UPTIME (uptime) ------\nup\n\n------ SYSTEM PROPERTIES ------\n" +
		"[ro.build.version.release]: [2.3.5]\n[ro.product.model]: [Rocket]\n[ro.product.manufacturer]: [Acme]\n[ro.build.id]: [XY1A]\n" +
		"------ VOLD DUMP ------\n[ro.serialno]: [not a property]\n"
	d := Device{System: "Android", Build: "of the head"}
	d.searchProperties(strings.NewReader(text), int64(len(text)))
	if want := (Device{System: "Android", Model: "Acme Rocket", Version: "2.3.5", Build: "of the head"}); d != want {
		t.Errorf("got %+v, want %+v", d, want)
	}
	cut := Device{}
	cut.searchProperties(strings.NewReader(text[:120]), 120)
	if cut != (Device{}) && cut.Version != "2.3.5" {
		t.Errorf("got %+v", cut)
	}
}

func TestAndroidBomb(t *testing.T) {
	t.Parallel()
	list := testQF(t)
	i := slices.IndexFunc(list, func(m member) bool { return m.name == "packages.json" })
	if i < 0 {
		t.Fatal("the acquisition has no packages.json")
	}
	bomb := bombBytes(t, slices.Delete(slices.Clone(list), i, i+1), "packages.json")
	sources, err := Open(t.Context(), put(t, "bomb.zip", bomb), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range sources {
		defer src.Close()
	}
	src := sources[0]
	if _, err := src.Open("androidqf/packages.json"); err == nil || !strings.Contains(err.Error(), "would grow") {
		t.Errorf("got %v", err)
	}
	if _, err := src.Open("androidqf/absent.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}
