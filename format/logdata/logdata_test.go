package logdata

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]Record, []string) { return linestest.Decode(Decode, text) }

func number(n int64) *int64 { return &n }

const text = `--- !logd statistics record
type  : File Rotate
file  : Persist/00000000000001a7.tracev3
time  : 2025-02-09 03:11:54+0100
total : 10484960
procs :
    - [    2900100,  27.7, /usr/libexec/acmed ]
    - [     150200,   1.4, /private/var/An, App [2]/Acme ]
    - [ x ]
--- !logd snapshot record
client:/usr/libexec/signpost_reporter
time   : ٢٠٢٥-٠٢-٠٩ ٠٣:١١:٥٤+٠١٠٠
flags  : 0x3
--- !logd uuid purge record
time : soon
uuids :
    - 1A2B
odd line`

func TestDecode(t *testing.T) {
	t.Parallel()
	when := time.Date(2025, 2, 9, 2, 11, 54, 0, time.UTC)
	at := func(s string) int64 { return int64(strings.Index(text, s)) }
	want := []Record{
		{Line: 1, Kind: "statistics", Type: "File Rotate", File: "Persist/00000000000001a7.tracev3", Time: when, Total: number(10484960), Processes: []Process{
			{Line: 7, Offset: at("    - [    29"), Path: "/usr/libexec/acmed", Bytes: 2900100, Percent: 27.7},
			{Line: 8, Offset: at("    - [     15"), Path: "/private/var/An, App [2]/Acme", Bytes: 150200, Percent: 1.4},
		}, Other: []Pair{{"procs", "[ x ]"}}},
		{Line: 10, Offset: at("--- !logd snap"), Kind: "snapshot", Client: "/usr/libexec/signpost_reporter", Time: when, Other: []Pair{{"flags", "0x3"}}},
		{Line: 14, Offset: at("--- !logd uuid"), Kind: "uuid purge", TimeText: "soon", Other: []Pair{{"uuids", "1A2B"}, {"uuids", "odd line"}}},
	}
	got, errs := decode(text)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("%v (-want +got)\n%s", errs, diff)
	}
	if got, errs := decode("\n\n"); got != nil || errs != nil {
		t.Error(got, errs)
	}
	if got, errs := decode("other"); got != nil || len(errs) != 1 {
		t.Error(got, errs)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, r := range got {
			if len(r.Other) > maxOther || r.Line == 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}
