package fabricate_test

import (
	"fmt"
	"testing"

	"github.com/vigie-project/vigie/fabricate"
)

// handsets are the kinds, versions and forms that are examined.
func handsets() (list []acquisition) {
	add := func(kind fabricate.Kind, opt fabricate.Options) {
		opt.Seed, opt.Messages = 1, 20
		list = append(list, acquisition{fmt.Sprintf("%s-%d-%s-%s", kind, opt.IOS, opt.Form, opt.Layout), kind, opt})
	}
	for _, version := range []int{15, 17, 26} {
		add(fabricate.Sysdiagnose, fabricate.Options{IOS: version})
	}
	add(fabricate.Sysdiagnose, fabricate.Options{IOS: 17, Form: fabricate.FormFolder})
	add(fabricate.Filesystem, fabricate.Options{IOS: 17})
	add(fabricate.Filesystem, fabricate.Options{IOS: 26, Form: fabricate.FormZip, Layout: fabricate.LayoutVolumes})
	return list
}

// TestHandsetTraces examines acquisitions of iPhones with planted traces.
func TestHandsetTraces(t *testing.T) {
	t.Parallel()
	testTraces(t, handsets())
}

// TestHandsetTraps examines the benign twins.
func TestHandsetTraps(t *testing.T) {
	t.Parallel()
	testTraps(t, handsets())
}

// TestHandsetSameSeed makes each acquisition twice.
func TestHandsetSameSeed(t *testing.T) {
	t.Parallel()
	list := handsets()
	for i := range list {
		list[i].opt.Crashes, list[i].opt.Files, list[i].opt.Megabytes = 3, 200, 2
	}
	testSameSeed(t, list)
}

// TestHandsetRefusals gives options that nothing can be made of.
func TestHandsetRefusals(t *testing.T) {
	t.Parallel()
	for _, opt := range []fabricate.Options{{IOS: 16}, {Form: "rar"}, {Layout: "other"}} {
		if _, _, err := fabricate.Make(fabricate.Filesystem, t.TempDir(), opt); err == nil {
			t.Errorf("%+v: made", opt)
		}
	}
}
