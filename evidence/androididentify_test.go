package evidence

import (
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
