package taskinfo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]Task, []string) { return linestest.Decode(Decode, text) }

func number(n int64) *int64 { return &n }

const text = `num tasks: 2

process: "ac"me"d" [612] [unique ID: 903]
architecture: arm64
coalition (type 0) ID: 611
executable uuid: 3C7F8A10-2222-3333-4444-555566667777
virtual bytes: 401.50 GB; phys_footprint bytes: 7.10 MB
run time: 1543 s
user/system time    (current threads): 0.1 s / 0.0 s
requested policy
	req apptype: TASK_APPTYPE_DAEMON_STANDARD
	req other: 
ios-appledaemon: YES
threads:
	thread ID: 0x4d2 / 1234
		thread name: com.acme.worker
	run state: TH_STATE_WAITING
	thread ID: 0x4d3 / 1235
		thread name: com.acme.worker


process: "last" [613]
run time: unknown`

func TestDecode(t *testing.T) {
	t.Parallel()
	want := []Task{
		{Line: 3, Offset: 14, Name: `ac"me"d`, PID: number(612), UniqueID: number(903), UUID: "3C7F8A10-2222-3333-4444-555566667777", RunTime: number(1543),
			Threads: 2, Names: []string{"com.acme.worker"}, Pairs: []Pair{{"architecture", "arm64"}, {"coalition (type 0) ID", "611"},
				{"virtual bytes", "401.50 GB; phys_footprint bytes: 7.10 MB"}, {"user/system time (current threads)", "0.1 s / 0.0 s"},
				{"req apptype", "TASK_APPTYPE_DAEMON_STANDARD"}, {"ios-appledaemon", "YES"}}},
		{Line: 22, Offset: int64(strings.Index(text, `process: "last"`)), Name: "last", PID: number(613), Pairs: []Pair{{"run time", "unknown"}}},
	}
	got, errs := decode(text)
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Errorf("%v (-want +got)\n%s", errs, diff)
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "",
		"num tasks: 0":                       "",
		"other":                              ErrNoTask.Error(),
		"num tasks: 3\nprocess: \"a\" [1]\n": "read tasks: the text says that there are 3, and has 1",
		"num tasks: 2\nprocess: \"a\" [1]\nprocess: b": `read line 3: unknown form: "process: b"`,
	} {
		if _, errs := decode(text); strings.Join(errs, "\n") != want {
			t.Errorf("%q gives %q", text, errs)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, p := range got {
			if len(p.Pairs) > maxPairs || len(p.Names) > maxNames || p.Line == 0 {
				t.Errorf("%+v", p)
			}
		}
	})
}
