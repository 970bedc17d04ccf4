package from_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/record"
)

func TestSince(t *testing.T) {
	t.Parallel()
	parse := from.Since("5.0", from.Dump(dumpsys.UsageEvents, func(e dumpsys.UsageEvent) (int, record.Data) { return e.Line, nil }))
	for _, c := range []struct {
		version, text string
		errs, notes   int
	}{
		{"2.3.5", "Date: 20110812\n", 0, 1},
		{"2.3.5", "", 0, 1},
		{"4.4", "Date: 20110812\n", 0, 1},
		{"5.0", "Date: 20110812\n", 1, 0},
		{"5", "Date: 20110812\n", 1, 0},
		{"14", "", 1, 0},
		{"", "Date: 20110812\n", 1, 0},
		{"L", "Date: 20110812\n", 1, 0},
	} {
		fsys := fstest.MapFS{"usagestats.txt": {Data: []byte(c.text)}}
		f, err := fsys.Open("usagestats.txt")
		if err != nil {
			t.Fatal(err)
		}
		notes, errs := 0, 0
		in := &artifact.Input{
			Source: &evidence.Source{Device: evidence.Device{Version: c.version}}, Path: "usagestats.txt",
			File: f.(evidence.File), Parser: &artifact.Parser{}, Note: func(evidence.Note) { notes++ },
		}
		for _, err := range parse(context.Background(), in) {
			if err != nil {
				errs++
			}
		}
		if errs != c.errs || notes != c.notes {
			t.Errorf("%q, %q: %d errors and %d notes, want %d and %d", c.version, c.text, errs, notes, c.errs, c.notes)
		}
	}
}
