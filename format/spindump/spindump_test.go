package spindump

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]*Process, []string) { return linestest.Decode(Decode, text) }

func number(n int64) *int64 { return &n }

const text = `Date/Time:        2025-02-11 18:05:01.204 +0100
End time:         2025-02-11 18:05:03.206 +0100
OS Version:       iPhone OS 18.3 (Build 22D63)
Shared Cache:     0F0E0000-1111-2222-3333-444455556666 slid base address 0x19a0bc000, slide 0x1a0bc000
Boot args:
Time Since Boot:  88641s
------------------------------------------------------------

Process:          acmed [612] [unique pid 903] (suspended)
UUID:             3C7F8A10-2222-3333-4444-555566667777
Path:             /private/var/db/An Agent/acmed
Parent:           launchd [1]
UID:              501
Time Since Fork:  1540s
Num samples:      11 (1-11)
Note:             2 idle work queue threads omitted
                  and more

  Thread 0x4d2    DispatchQueue "com.acme.main"(1)    Thread name "worker"    11 samples (1-11)    priority 20 (base 20)
  11  ??? (dyld + 4096) [0x102001000]
    11  main + 4 (acmed + 81920) [0x100f14000] 1-11
      11  ??? [0x1f0000000] 1-11
        11  [0x100f15000]
          <truncated backtrace>
     *11  ??? [0xfffffff007123450]

  Thread 0x4d3    DispatchQueue "com.acme.main"(1)    11 samples (1-11)    priority 20 (base 20)
  11  ??? [0x1f0000000]

  Binary Images:
           0x100f00000 -                ???  acmed 1.0 (1)   <3C7F8A10-2222-3333-4444-555566667777>  /private/var/db/An Agent/acmed
           0x102000000 -        0x10207ffff  dyld    <0D0C0B0A-2222-3333-4444-555566667777>  /usr/lib/dyld
           0x1030000 -        0x103ffff  no name at all
Process:          exited [613] (zombie)
Parent:           ???

Spindump binary format
` + "\x00\x01Process: x [1]\n"

func TestDecode(t *testing.T) {
	t.Parallel()
	got, errs := decode(text)
	at := func(s string) int64 { return int64(strings.Index(text, s)) }
	want := []*Process{
		{Line: 9, Offset: at("Process:"), Name: "acmed", PID: number(612), UniqueID: number(903), State: "suspended", Threads: 2, Names: []string{"com.acme.main", "worker"},
			Pairs: []Pair{{"UUID", "3C7F8A10-2222-3333-4444-555566667777"}, {"Path", "/private/var/db/An Agent/acmed"}, {"Parent", "launchd [1]"}, {"UID", "501"},
				{"Time Since Fork", "1540s"}, {"Num samples", "11 (1-11)"}, {"Note", "2 idle work queue threads omitted and more"}},
			Images: []Image{
				{Line: 31, Offset: at("           0x100f0"), Start: 0x100f00000, Name: "acmed 1.0 (1)", UUID: "3C7F8A10-2222-3333-4444-555566667777", Path: "/private/var/db/An Agent/acmed"},
				{Line: 32, Offset: at("           0x1020"), Start: 0x102000000, End: 0x10207ffff, Name: "dyld", UUID: "0D0C0B0A-2222-3333-4444-555566667777", Path: "/usr/lib/dyld"},
				{Line: 33, Offset: at("           0x1030"), Start: 0x1030000, End: 0x103ffff, Name: "no name at all"}},
			Loose: []uint64{0x1f0000000}},
		{Line: 34, Offset: at("Process:          exited"), Name: "exited", PID: number(613), State: "zombie", Pairs: []Pair{{"Parent", "???"}}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Process{}), cmpopts.IgnoreFields(Process{}, "Header")); diff != "" || errs != nil {
		t.Fatalf("%v (-want +got)\n%s", errs, diff)
	}
	h := got[1].Header
	if !h.Time.Equal(time.Date(2025, 2, 11, 17, 5, 1, 204e6, time.UTC)) || len(h.Pairs) != 6 || h.Get("OS Version") != "iPhone OS 18.3 (Build 22D63)" || h.Get("Boot args") != "" || h.Line != 1 {
		t.Errorf("header %+v", h)
	}
	if d, ok := Since(got[0].Get("Time Since Fork")); d != 1540*time.Second || !ok {
		t.Error(d, ok)
	}
	if only := ReadHeader(linestest.Split(text)); !cmp.Equal(only, *h) {
		t.Errorf("header only: %+v", only)
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "\n\n": "", "Date/Time: 2025-02-11 18:05:01 +0100\n-----\nNo samples\n": "", "No samples": "", "other\ntext": ErrNoProcess.Error(),
		"Date/Time: x\n------\n": ErrNoProcess.Error(),
	} {
		if got, errs := decode(text); len(got) != 0 || strings.Join(errs, "") != want {
			t.Errorf("%q gives %v, %v", text, got, errs)
		}
	}
	for text, want := range map[string]string{"launchd [1]": "launchd 1", "a [b] [2]": "a [b] 2", "x": "x 0", "": " 0", "??? [3] [unique pid 9]": "??? 3"} {
		name, pid := Reference(text)
		if pid == nil {
			pid = number(0)
		}
		if got := name + " " + string('0'+rune(*pid)); got != want {
			t.Errorf("%q gives %q", text, got)
		}
	}
	for _, text := range []string{"", "5", "-5s", "NaNs", "1e300s", "5 min"} {
		if d, ok := Since(text); ok {
			t.Error(text, d)
		}
	}
	if d, ok := Since("٢s"); !ok || d != 2*time.Second {
		t.Error(d)
	}
	got, errs := decode("Process: a [1]\n  Thread 0x1\n  1 ??? [0x5]\n")
	if len(got) != 1 || errs != nil || !slices.Equal(got[0].Loose, []uint64{5}) {
		t.Errorf("without header: %v %v", got, errs)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, p := range got {
			if len(p.Pairs) > maxPairs || len(p.Names) > maxNames || p.Line == 0 || p.Header == nil {
				t.Errorf("%+v", p)
			}
		}
	})
}
