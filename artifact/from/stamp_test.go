package from_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/record"
)

func TestStamp(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2025-02-10 21:04:09 +0000": "2025-02-10T21:04:09Z", "2025-02-10 9:04:09\u202fPM +0100": "2025-02-10T20:04:09Z",
		"2025-02-10 9:04:09 +0000": "2025-02-10T09:04:09Z", "2025-02-10T21:04:09.5Z": "2025-02-10T21:04:09.5Z",
		"2025-02-10T21:04:09.500+0100": "2025-02-10T20:04:09.5Z", "٢٠٢٥-٠٢-١٠ ٢١:٠٤:٠٩ +٠٠٠٠": "2025-02-10T21:04:09Z",
		"2025-02-10 9:04:09 p.m. +0000": "2025-02-10T21:04:09Z", "x": "0001-01-01T00:00:00Z", "2025-02-10": "0001-01-01T00:00:00Z",
	} {
		if got := from.Stamp(s).Format(record.Instant); got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}

func TestJSONLeaves(t *testing.T) {
	t.Parallel()
	got, err := from.JSON(`{"a":{"b":[1,"x"],"c":{}},"d":null}`).Leaves()
	want := []record.KV{{Key: "a.b[0]", Value: "1"}, {Key: "a.b[1]", Value: "x"}, {Key: "a.c", Value: "{}"}, {Key: "d", Value: ""}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	if _, err := from.JSON("[" + strings.Repeat("1,", 1<<15) + "1]").Leaves(); err == nil {
		t.Error("no limit")
	}
	if got, _ := from.JSON(strings.Repeat("[", 100) + strings.Repeat("]", 100)).Leaves(); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}
