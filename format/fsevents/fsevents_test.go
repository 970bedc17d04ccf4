package fsevents_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/format/fsevents"
	"github.com/vigie-project/vigie/internal/fixture"
)

// pages has a page of each version.
const pages = `page 1SLD
1 1000001 0 root/a
page 2SLD
a 800001 77 mobile/b
b 800802 77 mobile/b
page 3SLD
c 20000000 1 .
`

func made(t testing.TB) []byte {
	t.Helper()
	data, err := fixture.FSEvents([]byte(pages))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func read(data []byte) (events []fsevents.Event, errs []string) {
	for e, err := range fsevents.Events(bytes.NewReader(data)) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		events = append(events, e)
	}
	return events, errs
}

func TestEvents(t *testing.T) {
	t.Parallel()
	data := made(t)
	want := []fsevents.Event{
		{Path: "root/a", ID: 1, Flags: fsevents.Folder | fsevents.Created, Version: 1, Offset: 12},
		{Path: "mobile/b", ID: 10, Flags: fsevents.File | fsevents.Created, Node: 0x77, Version: 2, Offset: 43},
		{Path: "mobile/b", ID: 11, Flags: fsevents.File | fsevents.Removed | 1<<11, Node: 0x77, Version: 2, Offset: 72},
		{Path: ".", ID: 12, Flags: fsevents.Transaction, Node: 1, Version: 3, Offset: 113},
	}
	got, errs := read(data)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("%v (-want +got):\n%s", errs, diff)
	}
	if got := strings.Join(got[2].Flags.Names(), ", "); got != "removed, bit 11, file" {
		t.Errorf("names are %q", got)
	}
	for _, c := range []struct {
		name   string
		data   []byte
		events int
		want   []string
	}{
		{"empty", nil, 0, nil},
		{"not compressed", []byte("1SLD\x00\x00\x00\x00\x1a\x00\x00\x00a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"), 1, nil},
		{"another magic", []byte("4SLDxxxxxxxx"), 0, []string{`read page at offset 0: not a page of file system events: it begins with "4SLD"`}},
		{"page too short", []byte("1SLD\x00\x00\x00\x00\x14\x00\x00\x00a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"), 0, []string{"read event at offset 12: not a page of file system events"}},
		{"cut", data[:len(data)-9], 4, []string{"read page at offset 139: unexpected EOF"}},
	} {
		events, errs := read(c.data)
		if len(events) != c.events || !cmp.Equal(errs, c.want) {
			t.Errorf("%s: %d events, errors %q", c.name, len(events), errs)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(made(f))
	f.Add([]byte("1SLD\x00\x00\x00\x00\x1a\x00\x00\x00a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for range fsevents.Events(bytes.NewReader(data)) {
			if n++; n > 1<<16 {
				break
			}
		}
	})
}
