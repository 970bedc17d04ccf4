package ps

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(text string) ([]Process, []string) { return linestest.Decode(Decode, text) }

func number(n int64) *int64 { return &n }

const recent = `USER  UID PRSNA   PID  PPID        F  %CPU %MEM PRI NI      VSZ    RSS WCHAN    TT  STAT STARTED      TIME COMMAND
mobile 501  1000   612     1  4004044   0.0  0.0   0  0        0      0 -        ??  ?s    4:12PM   0:00.00 /var/containers/Bundle/Application/0B1C/Acme.app/Acme
root     0    -   613   612  4004004   0.0  0.0   0  0        0      0 -        ??  ?     4:12PM   0:00.00 /x/Acme.app/helper c29tZXRoaW5n  b
root     0    99   614
`

func TestDecode(t *testing.T) {
	t.Parallel()
	rest := []Column{{"%CPU", "0.0"}, {"%MEM", "0.0"}, {"PRI", "0"}, {"NI", "0"}, {"VSZ", "0"}, {"RSS", "0"}, {"WCHAN", "-"}, {"TT", "??"}, {"TIME", "0:00.00"}}
	want := []Process{
		{Line: 2, Offset: int64(strings.Index(recent, "mobile")), User: "mobile", UID: number(501), Persona: number(1000), PID: number(612), PPID: number(1), Flags: number(0x4004044),
			State: "?s", Started: "4:12PM", Command: "/var/containers/Bundle/Application/0B1C/Acme.app/Acme", Other: rest},
		{Line: 3, Offset: int64(strings.Index(recent, "root")), User: "root", UID: number(0), PID: number(613), PPID: number(612), Flags: number(0x4004004),
			State: "?", Started: "4:12PM", Command: "/x/Acme.app/helper c29tZXRoaW5n  b", Other: rest},
	}
	got, errs := decode(recent)
	if diff := cmp.Diff(want, got); diff != "" || len(errs) != 1 || !strings.HasPrefix(errs[0], "read line 4: fewer columns") {
		t.Errorf("%v (-want +got)\n%s", errs, diff)
	}
	if names := FlagNames(0x4004844); !slices.Equal(names, []string{"64-bit", "select", "being traced", "exec", "adopted a persona"}) {
		t.Error(names)
	}
	got, errs = decode("USER UID PID PPID %CPU %MEM PRI NI VSZ RSS WCHAN TT STAT STARTED TIME COMMAND\nroot 0 1 0 0.1 0.4 37 0 1 2 - ?? Ss 9:41AM 0:01.00 /sbin/launchd\n")
	if len(got) != 1 || errs != nil || got[0].Flags != nil || *got[0].PPID != 0 || got[0].Command != "/sbin/launchd" {
		t.Errorf("of iOS 15: %+v %v", got, errs)
	}
	if got, errs := decode("root 0 1\n"); got != nil || !slices.Equal(errs, []string{ErrNoHeading.Error()}) {
		t.Error(got, errs)
	}
	if got, errs := decode("USER UID x PID COMMAND\nroot 0 - a b\n"); got != nil || len(errs) != 1 {
		t.Error(got, errs)
	}
}

const threads = `USER     PID   TT   %CPU STAT PRI     STIME     UTIME COMMAND           PPID        F %MEM PRI NI      VSZ    RSS WCHAN    STARTED      TIME COMMAND
root       1   ??    0.0 S    37T   0:00.00   0:00.00 /sbin/l             0     4004  0.0  37  0        0      0 -         9Feb25   0:00.00 /sbin/launchd
                     0.0 S    31T   0:00.00   0:00.00
                     0.0 S    31T   0:00.00   0:00.00
mobile   612   ??    0.0 S    31T   0:00.00   0:00.00 /var/a b            1  4004044  0.0  31  0        0      0 -         4:12PM   0:00.00 /var/a b/x 0 0 0.0 0 0 0 0 - a 0:00.00 c
`

// TestThreads reads lists of threads, also with a blank in the short command, and
// arguments that look like columns.
func TestThreads(t *testing.T) {
	t.Parallel()
	got, errs := decode(threads)
	if len(got) != 2 || errs != nil {
		t.Fatalf("%v %v", got, errs)
	}
	if p := got[0]; p.Threads != 2 || *p.PPID != 0 || *p.Flags != 0x4004 || p.Started != "9Feb25" || p.Command != "/sbin/launchd" || p.UID != nil {
		t.Errorf("%+v", p)
	}
	if p := got[1]; p.Line != 5 || p.Threads != 0 || *p.PID != 612 || *p.PPID != 1 || p.Command != "/var/a b/x 0 0 0.0 0 0 0 0 - a 0:00.00 c" {
		t.Errorf("%+v", p)
	}
	if got, errs := decode(strings.SplitAfter(threads, "\n")[0]); got != nil || errs != nil {
		t.Error("a heading only is no damage:", got, errs)
	}
	if _, errs := decode(threads + "root 5 ??\nroot 5 ?? 0.0 S 37T 0:0 0:0 x y\n"); len(errs) != 2 {
		t.Error(errs)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][2]string{
		"":                                        {"", ""},
		"/sbin/launchd":                           {"/sbin/launchd", ""},
		"/usr/libexec/a -b /c d":                  {"/usr/libexec/a", "-b /c d"},
		"name some thing":                         {"name", "some thing"},
		"(zombie x)":                              {"zombie x", ""},
		"/a/Some App.app/Some App":                {"/a/Some App.app/Some App", ""},
		"/a/Some App.app/Some App -v":             {"/a/Some App.app/Some App", "-v"},
		"/a/Some App.app/Some App -v /b":          {"/a/Some App.app/Some App", "-v /b"},
		"/a/Some App.app/other x":                 {"/a/Some App.app/other", "x"},
		"/a/Acme.app/Acme x":                      {"/a/Acme.app/Acme", "x"},
		"/bin/tool /Applications/X.app/X":         {"/bin/tool", "/Applications/X.app/X"},
		"/bin/tool --file=/a/b.app/c":             {"/bin/tool", "--file=/a/b.app/c"},
		"/Library/Application Support/x/y a":      {"/Library/Application Support/x/y", "a"},
		"/a/My App.app/PlugIns/E F.appex/E F x y": {"/a/My App.app/PlugIns/E F.appex/E F", "x y"},
	} {
		program, arguments, ended := Split(command)
		if program != want[0] || arguments != want[1] || ended != strings.HasPrefix(command, "(") {
			t.Errorf("%q gives %q, %q", command, program, arguments)
		}
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 2, 11, 18, 4, 57, 0, time.UTC) // a Tuesday
	for text, want := range map[string]string{
		"4:12PM": "2025-02-11 16:12 minute", "6:05PM": "2025-02-10 18:05 minute", "12:01AM": "2025-02-11 00:01 minute", "16:12": "2025-02-11 16:12 minute",
		"٤:١٢PM": "2025-02-11 16:12 minute", "4:12\u202fPM": "2025-02-11 16:12 minute",
		"Mon04PM": "2025-02-10 16:00 hour", "Tue07PM": "2025-02-04 19:00 hour", "Wed11AM": "2025-02-05 11:00 hour", "mon16": "2025-02-10 16:00 hour",
		"9Feb25": "2025-02-09 00:00 day", "31Dec24": "2024-12-31 00:00 day", "12Feb25": "", "-": "", "": "", "lun.16": "",
	} {
		got := ""
		if start, precision, ok := Start(text, now); ok {
			got = start.Format("2006-01-02 15:04 ") + string(precision)
		}
		if got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(recent)
	f.Add(threads)
	f.Fuzz(func(t *testing.T, text string) {
		got, _ := decode(text)
		for _, p := range got {
			program, arguments, _ := Split(p.Command)
			if p.PID == nil || len(program)+len(arguments) > len(p.Command) {
				t.Errorf("%+v", p)
			}
			Start(p.Started, time.Date(2025, 2, 11, 18, 4, 57, 0, time.UTC))
		}
		if _, errs := decode("COMMAND"); !slices.Equal(errs, []string{ErrNoHeading.Error()}) {
			t.Error(errs)
		}
	})
}
