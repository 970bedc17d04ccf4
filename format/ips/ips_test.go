package ips

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func decode(t *testing.T, text string) (Report, []byte) {
	t.Helper()
	r, err := Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := r.Content()
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, kind string
		class            Class
		start            int64
	}{
		{"header", "{\"bug_type\":\"309\"}\n{\"pid\":1}", "309", Crash, 19},
		{"number", "{\"bug_type\":298}\n{}", "298", Jetsam, 17},
		{"no header", "{\n \"bug_type\" : \"210\",\n \"panicString\" : \"x\"}", "210", Panic, 0},
		{"one line", `{"bug_type":"210","panicString":"x"}`, "210", Panic, 0},
		{"text", "Incident Identifier: X\nProcess: y [1]\n", "", Crash, 0},
		{"resource as text", "{\"bug_type\":\"202\"}\nCommand: x", "202", Resource, 19},
		{"resource as JSON", "{\"bug_type\":\"385\"}\n{\"procName\":\"x\"}", "385", Crash, 19},
		{"unknown", "{\"bug_type\":\"999\"}\nno form", "999", Other, 19},
		{"unknown type", "{\"bug_type\":\"999\"}\n{\"panicString\":1}", "999", Panic, 19},
		{"header only", "{\"bug_type\":\"309\"}", "309", Crash, 18},
		{"long header", "{\"bug_type\":\"309\",\"x\":\"" + strings.Repeat("y", 9000) + "\"}\n{}", "309", Crash, 9026},
	} {
		r, err := Open(strings.NewReader(c.text), int64(len(c.text)))
		if err != nil || r.Type != c.kind || r.Class != c.class || r.Start != c.start {
			t.Errorf("%s: type %q, class %d, start %d, %v", c.name, r.Type, r.Class, r.Start, err)
		}
	}
	if _, err := Open(strings.NewReader(" \n"), 2); err == nil {
		t.Error("an empty file is a report")
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	v := Value(`{"a":"x\/\u00e9\ud83d\ude00\"\\","b":[1,-2.5,1e3,"0x10"],"c":{"d":null,"e":{}},"a":2,"f":true}`)
	if got := v.Get("a").Text(); got != "x/é😀\"\\" {
		t.Errorf("text %q", got)
	}
	var got []string
	for e := range v.Get("b").Items() {
		got = append(got, e.Text())
	}
	if diff := cmp.Diff([]string{"1", "-2.5", "1e3", "0x10"}, got); diff != "" {
		t.Error(diff)
	}
	if n, ok := Value("1e3").Int(); n != 1000 || !ok {
		t.Error("real number without fraction", n, ok)
	}
	if Value(`"0x10"`).Uint() != 16 || Value(`18446744073709551615`).Uint() != 1<<64-1 || *v.Get("f").Bool() != true || v.Get("c", "d").Bool() != nil {
		t.Error("numbers differ")
	}
	leaves, err := v.Leaves("")
	want := []Pair{{"a", "x/é😀\"\\"}, {"b/0", "1"}, {"b/1", "-2.5"}, {"b/2", "1e3"}, {"b/3", "0x10"}, {"c/d", ""}, {"c/e", "{}"}, {"a", "2"}, {"f", "true"}}
	if diff := cmp.Diff(want, leaves); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, err := Value(strings.Repeat("[", 100)).Leaves(""); !errors.Is(err, ErrMore) {
		t.Error("depth is not limited")
	}
	for cut := range len(v) { // a beginning gives what is there
		for range v[:cut].Members() {
		}
		_, _ = v[:cut].Leaves("x")
	}
}

const textCrash = `{"bug_type":"109"}
Incident Identifier: 0A1B
Process:             x daemon [312]
Path:                /usr/libexec/x daemon
Parent Process:      launchd [1]
Coalition:           com.example.x [411]
Triggered by Thread:  1
Exception Type:  EXC_BAD_ACCESS (SIGSEGV)
VM Region Info: 0x10 is not in any region.
Termination Reason: Namespace SIGNAL, Code 0xb
Unknown Key: kept

Application Specific Information:
one
two

Last Exception Backtrace:
(0x1a0004000 0x2)

Thread 0:
0   libacme.dylib   0x00000001a0004000 0x1a0000000 + 16384

Thread 1 name:  render  Dispatch queue: com.example.q
Thread 1 Crashed:
0   ???   0x0000000041414141 0x0 + 0
1   lib acme.dylib   0x00000001a0004000 run + 64 (a.c:1)

Thread 1 crashed with ARM Thread State (64-bit):
    x0: 0x0000000000000001   x1: 0x00000000000000ff
   esr: 0x92000006  Address size fault

Binary Images:
0x104000000 - 0x10403ffff x daemon arm64  <11223344556677889900aabbccddeeff> /usr/libexec/x daemon
0x1a0000000 - ??? libacme.dylib arm64e (1.0 - 2)  <00000000000000000000000000000000> /usr/lib/libacme.dylib
EOF
rest
`

func TestCrashText(t *testing.T) {
	t.Parallel()
	_, body := decode(t, textCrash)
	got, err := DecodeCrash(body)
	if err != nil {
		t.Fatal(err)
	}
	n := func(n int64) *int64 { return &n }
	want := CrashReport{Incident: "0A1B", Process: "x daemon", PID: n(312), Path: "/usr/libexec/x daemon", Parent: "launchd", ParentPID: n(1),
		Coalition: "com.example.x", CoalitionID: n(411), Faulting: n(1), Type: "EXC_BAD_ACCESS", Signal: "SIGSEGV", Namespace: "SIGNAL", Code: "0xb",
		Region: "0x10 is not in any region.",
		Info:   []Pair{{"Application Specific Information", "one\ntwo"}}, Other: []Pair{{"Unknown Key", "kept"}},
		Exception: []Frame{{Image: -1, Address: 0x1a0004000}, {Image: -1, Address: 2}},
		Threads: []Thread{
			{ID: n(0), Frames: []Frame{{Image: 1, Name: "libacme.dylib", Base: 0x1a0000000, Address: 0x1a0004000, Offset: 16384}}},
			{ID: n(1), Name: "render", Queue: "com.example.q", Triggered: true, Frames: []Frame{{Image: -1, Name: "???", Address: 0x41414141},
				{Image: -1, Name: "lib acme.dylib", Address: 0x1a0004000, Symbol: "run", SymbolOffset: 64}}}},
		Registers: []Pair{{"x0", "0x1"}, {"x1", "0xff"}, {"esr", "0x92000006"}},
		Images: []Image{{Base: 0x104000000, Size: 0x40000, Name: "x daemon", Arch: "arm64", UUID: "11223344556677889900aabbccddeeff", Path: "/usr/libexec/x daemon"},
			{Base: 0x1a0000000, Name: "libacme.dylib", Arch: "arm64e", Version: "1.0 - 2", Path: "/usr/lib/libacme.dylib"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCrashDamaged(t *testing.T) {
	t.Parallel()
	body := []byte(`{"procName":"x","exception":{"type":"EXC_CRASH"},"threads":[{"id":1,"frames":[{"imageIndex":99,"imageOffset":1},{"imageInd`)
	c, err := DecodeCrash(body)
	if err == nil || c.Process != "x" || c.Type != "EXC_CRASH" || len(c.Threads) != 1 || len(c.Threads[0].Frames) != 2 || c.Threads[0].Frames[0].Image != -1 {
		t.Errorf("%v: %+v", err, c)
	}
	if _, err := DecodeCrash([]byte("no report")); err == nil {
		t.Error("any text is a crash")
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	n := func(n int64) *int64 { return &n }
	got, err := DecodeSystem([]byte(`{"date":"2031-01-02 03:04:05.10 +0100","build":"iPhone OS 18.1 (22B83)","largestProcess":"x","memoryStatus":{"pageSize":16384},
"processes":[{"uuid":"aa-bb","name":"x","pid":7,"states":["idle"],"rpages":10,"csFlags":67108865,"reason":"highwater","cpuTime":1.5,"freeze_skip_reason:":"none"}],
"genCounter":0}`))
	want := System{Time: "2031-01-02 03:04:05.10 +0100", Build: "iPhone OS 18.1 (22B83)", Largest: "x", Memory: []Pair{{"pageSize", "16384"}}, Other: []Pair{{"genCounter", "0"}},
		Processes: []Process{{UUID: "aa-bb", Name: "x", PID: n(7), States: []string{"idle"}, Pages: n(10), CSFlags: n(67108865), Reason: "highwater", CPU: "1.5", Other: []Pair{{"freeze_skip_reason", "none"}}}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if diff := cmp.Diff([]string{"valid", "get-task-allow", "platform binary", "0x80"}, CodeSigning(0x4000085)); diff != "" {
		t.Error(diff)
	}
	old, err := DecodeSystem([]byte("Incident Identifier: A\nDate: 2014-01-02 03:04:05 +0100\nLargest process:   x\n\nProcesses\n     Name  <UUID>  rpages  recent_max  [reason] (state)\n\n  x y <00112233445566778899aabbccddeeff>  100  200 [vm] (audio) (idle)\n"))
	if err != nil || old.Largest != "x" || len(old.Processes) != 1 {
		t.Fatalf("%v %+v", err, old)
	}
	wantOld := Process{Name: "x y", UUID: "00112233445566778899aabbccddeeff", Pages: n(100), Most: n(200), Reason: "vm", States: []string{"audio", "idle"}}
	if diff := cmp.Diff(wantOld, old.Processes[0]); diff != "" {
		t.Error(diff)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	pid := int64(57)
	got := ReadPanic("panic(cpu 1 caller 0xfffffff0): Kernel data abort at pc 0x41\nDebugger message: panic\nOS version: 18D52\nKernel version: Darwin 20\niBoot version: iBoot-6\n" +
		"Epoch Time:        sec       usec\n  Boot    : 0x5f8ab0e8 0x0003d090\n  Calendar: 0x5f8abe1d 0x000e8b1c\n\nPanicked task 0xffffffe1: 1234 pages, 5 threads: pid 57: media d\n")
	want := PanicText{Message: "Kernel data abort at pc 0x41", Task: "media d", PID: &pid, OSVersion: "18D52", Kernel: "Darwin 20", Boot: "iBoot-6", Debugger: "panic", Booted: "0x5f8ab0e8", Clock: "0x5f8abe1d"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s, err := DecodeSystem([]byte("Incident Identifier: A\nHardware Model: iPhone6,1\npanic(cpu 0 caller 0x1): why\nDebugger message: panic\n"))
	if err != nil || s.Product != "iPhone6,1" || !strings.HasPrefix(s.Panic, "panic(cpu 0 caller 0x1): why\n") {
		t.Errorf("%v %+v", err, s)
	}
}

func TestResource(t *testing.T) {
	t.Parallel()
	n := func(n int64) *int64 { return &n }
	got, err := DecodeResource([]byte(`Date/Time:        2031-01-02 03:04:05.678 +0100
End time:         2031-01-02 03:06:05.678 +0100
OS Version:       iPhone OS 18.1 (Build 22B83)
Command:          x
Path:             /private/var/x
Parent:           launchd [1]
PID:              77
Event:            cpu usage
Action taken:     none
CPU:              90 seconds cpu time over 100 seconds (90% cpu average), exceeding limit
Steps:            10

Heaviest stack for the target process:
  10  ??? (libx.dylib + 12) [0x1]

Powerstats for:   x [77]
UUID:             11223344-5566-7788-9900-AABBCCDDEEFF
Path:             /private/var/x
Parent:           launchd [1]
Footprint:        1 MB
  10  ??? (libx.dylib + 12) [0x1]

  Binary Images:
           0x100000000 -                ???  x arm64e  <11223344-5566-7788-9900-AABBCCDDEEFF>  /private/var/x
`))
	want := ResourceReport{Time: "2031-01-02 03:04:05.678 +0100", End: "2031-01-02 03:06:05.678 +0100", Command: "x", Path: "/private/var/x", Parent: "launchd", ParentPID: n(1), PID: n(77),
		Event: "cpu usage", Action: "none", System: "iPhone OS 18.1", Build: "22B83", Heaviest: []string{"10  ??? (libx.dylib + 12) [0x1]"},
		Powerstats: []Powerstats{{Name: "x", PID: n(77), UUID: "11223344-5566-7788-9900-AABBCCDDEEFF", Path: "/private/var/x", Parent: "launchd [1]", Other: []Pair{{"Footprint", "1 MB"}}}},
		Images:     []Image{{Base: 0x100000000, Name: "x", Arch: "arm64e", UUID: "11223344-5566-7788-9900-AABBCCDDEEFF", Path: "/private/var/x"}},
		Other:      []Pair{{"CPU", "90 seconds cpu time over 100 seconds (90% cpu average), exceeding limit"}, {"Steps", "10"}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2021-03-02 10:11:12.1314 +0200": "2021-03-02T08:11:12.1314Z", "2021-03-02 10:11:12.00 +0200": "2021-03-02T08:11:12Z",
		"2021-03-02 10:11:12Z": "2021-03-02T10:11:12Z", "2021-03-02T10:11:12.5Z": "2021-03-02T10:11:12.5Z", "2021-03-02 10:11:12": "",
	} {
		got, ok := ParseTime(text)
		if ok != (want != "") || ok && got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v %v", text, got, ok)
		}
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 4, 5, 10, 11, 12, 0, time.UTC)
	for name, want := range map[string]Name{
		"imagent-2023-04-05-101112.ips":                {"imagent", at, ".ips"},
		"x-y.z-2023-04-05-101112.0012.host.ips.synced": {"x-y.z", at, ".0012.host.ips.synced"},
		"Analytics-2023-04-05-10-11-12.ips.ca.synced":  {"Analytics", at, ".ips.ca.synced"},
		"LatestCrash.ips":                              {Process: "LatestCrash", Suffix: ".ips"},
		"2023-04-05-101112.ips":                        {Process: "2023-04-05-101112", Suffix: ".ips"},
	} {
		if got := ParseName(name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		`{"a":[1,-2.5e3,{},[],{"b":null}],"c":"\\\""} x`: nil, `"x"`: nil, `1`: nil, "{ }": nil, "[ ]": nil,
		`{"a":1`: io.ErrUnexpectedEOF, `{"a`: io.ErrUnexpectedEOF, `[1,`: io.ErrUnexpectedEOF, `{"a":"\"`: io.ErrUnexpectedEOF, `{"a"`: io.ErrUnexpectedEOF, ``: io.ErrUnexpectedEOF,
		`{"a" 1}`: errSyntax, `{1:2}`: errSyntax, `[1 2]`: errSyntax, `[1,]`: errSyntax, `{"a":1,}`: errSyntax, `{]`: errSyntax, `[}`: errSyntax, `?`: errSyntax,
		strings.Repeat("[", maxDepth+1): errSyntax,
	} {
		if _, err := check(Value(text)); err != want {
			t.Errorf("%.40s: %v, want %v", text, err, want)
		}
	}
}

// FuzzReport reads arbitrary bytes as every kind of report.
func FuzzReport(f *testing.F) {
	f.Add([]byte(textCrash))
	f.Add([]byte("{\"bug_type\":\"309\"}\n{\"procName\":\"x\",\"threads\":[{\"triggered\":true,\"threadState\":{\"x\":[{\"value\":1}]},\"frames\":[{\"imageIndex\":0}]}],\"usedImages\":[{\"uuid\":\"a\"}]}"))
	f.Add([]byte("{\"bug_type\":\"298\"}\n{\"processes\":[{\"name\":\"x\",\"states\":[\"y\"]}],\"processByPid\":{\"1\":{\"threadById\":{\"2\":{\"name\":\"z\"}}}},\"binaryImages\":[[\"u\",1,\"P\"]]}"))
	f.Add([]byte("Command: x [1]\nHeaviest stack:\n a\nPowerstats for: x [1]\nUUID: a\nBinary Images:\n 0x1 - 0x2 a b <cc> /d"))
	f.Add([]byte("{\"a\\u12\":\"\\ud83d\\u"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		body, err := r.Content()
		if err != nil {
			t.Fatal(err)
		}
		if at, err := check(bytes.TrimSpace(body)); err != nil && json.Valid(body) {
			t.Errorf("check: %v at %d of valid JSON", err, at)
		}
		c, _ := DecodeCrash(body)
		if th := c.FaultingThread(); th != nil {
			for _, f := range th.Frames {
				_ = f.String()
			}
		}
		s, _ := DecodeSystem(body)
		ReadPanic(s.Panic)
		_, _ = DecodeResource(body)
		Pairs(body)
		n := 0
		for v := range Values(body) {
			n += len(v)
			_, _ = v.Leaves("")
		}
		if n > len(body) {
			t.Errorf("%d bytes of values in %d", n, len(body))
		}
		ParseName(string(data[:min(len(data), 100)]))
	})
}
