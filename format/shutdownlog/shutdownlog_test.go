package shutdownlog

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) (list []Session, err error) {
	for s, e := range Decode(linestest.Split(text)) {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		list = append(list, s)
	}
	return list, err
}

const classic = `After 1.26s, these clients are still here:
		remaining client pid: 87 (/usr/libexec/acmed/1A2B3C4D-0000-1111-2222-333344445555)
		remaining client pid: 203 (/private/var/mobile/An App (2)/acme)
After 2.51s, these clients are still here:
		remaining client pid: 203 (/private/var/mobile/An App (2)/acme)
SIGTERM: [1700000123] All buffers flushed
SIGTERM: [1700100123] All buffers flushed
`

func TestClassic(t *testing.T) {
	t.Parallel()
	want := []Session{
		{Number: 1, Line: 1, Time: 1700000123, Notices: 2, Waited: 2.51, Clients: []Client{
			{Line: 2, Offset: 43, PID: 87, Path: "/usr/libexec/acmed", UUID: "1A2B3C4D-0000-1111-2222-333344445555", Notices: 1, First: 1.26, Waited: 1.26},
			{Line: 3, Offset: 128, PID: 203, Path: "/private/var/mobile/An App (2)/acme", Notices: 2, First: 1.26, Waited: 2.51},
		}},
		{Number: 2, Line: 7, Offset: int64(strings.Index(classic, "SIGTERM: [17001")), Time: 1700100123, After: 1700000123},
	}
	got, err := decode(classic)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestUnknownTimes reads shutdowns that have no last line: other tools lose them.
func TestUnknownTimes(t *testing.T) {
	t.Parallel()
	got, err := decode(`After 1.26s, these clients are still here:
		remaining client pid: 0 (/kernel/1A2B3C4D-0000-1111-2222-333344445555)
After 1.77s, these clients are still here:
		remaining client pid: 0 (/kernel/1A2B3C4D-0000-1111-2222-333344445555)
After 1.20s, these clients are still here:
		remaining client pid: 9 (/private/var/tmp/x`)
	if err != nil || len(got) != 2 || got[0].End != Restarted || got[0].Waited != 1.77 || got[1].End != Cut || got[1].Number != 2 ||
		got[1].Line != 5 || len(got[1].Clients) != 1 || got[1].Clients[0].Path != "/private/var/tmp/x" {
		t.Errorf("%v %+v", err, got)
	}
	for _, end := range []End{Flushed, Restarted, Cut} {
		if end.String() == "" {
			t.Error(end)
		}
	}
}

// TestLines reads the forms in which each line has its seconds, and others.
func TestLines(t *testing.T) {
	t.Parallel()
	got, err := decode(`%%%%% Entering phase: Waiting for apps to exit

After 0.1s, remaining client pid: 155 (/usr/libexec/nfcd)
After 0.1s, remaining client pid: 156 (/usr/libexec/other)
After 0.2s, remaining client pid: 155 (/usr/libexec/nfcd)
SIGTERM: [0x100304080] Sent SIGTERM to remaining client pid: 155 (/usr/libexec/nfcd)
something else
SIGTERM: done @1700000123
After ٠.٥s, these clients are still here:
SIGTERM: [١٧٠٠٠٠٠١٢٤] All buffers flushed
`)
	want := []Session{
		{Number: 1, Line: 1, Time: 1700000123, Notices: 2, Waited: 0.2, Phases: []string{"Waiting for apps to exit"}, Other: []string{"something else"}, Clients: []Client{
			{Line: 3, Offset: 48, PID: 155, Path: "/usr/libexec/nfcd", Notices: 2, First: 0.1, Waited: 0.2, Signaled: true},
			{Line: 4, Offset: 106, PID: 156, Path: "/usr/libexec/other", Notices: 1, First: 0.1, Waited: 0.1},
		}},
		{Number: 2, Line: 9, Offset: 349, Time: 1700000124, After: 1700000123, Notices: 1, Waited: 0.5},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if got, err := decode(""); got != nil || err != nil {
		t.Errorf("of nothing: %v %v", got, err)
	}
	if got, err := decode("PID\nof another text\n"); len(got) != 1 || !errors.Is(err, ErrFormat) {
		t.Errorf("of another text: %v %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(classic)
	f.Add("After 1s, these clients are still here:\nremaining client pid: 1 (a)\nAfter 0s, remaining client pid: 1 (")
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, s := range got {
			if s.Line == 0 || len(s.Clients) > maxClients || len(s.Other) > maxOther {
				t.Errorf("%+v", s)
			}
		}
	})
}
