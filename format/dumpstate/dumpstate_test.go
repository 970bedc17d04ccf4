package dumpstate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const modern = `========================================================
== dumpstate: 2031-02-03 10:20:30
========================================================

Build: XY1A.310203.001 release-keys
Build fingerprint: 'acme/rocket/rocket:17/XY1A.310203.001/123:user/release-keys'
Android SDK version: 37
Command line: quiet
Bootconfig: androidboot.hardware = "rkt"
androidboot.veritymode = "enforcing"
Uptime: up 3 days

------ DUMPSYS CRITICAL (/system/bin/dumpsys) ------
-------------------------------------------------------------------------------
DUMP OF SERVICE CRITICAL window:
Service host process PID: 1234
Threads in use: 2/31
Client PIDs: 4000, 3999
WINDOW
-------------------------------------------------------------------------------
  inner rule
--------- 0.053s was the duration of dumpsys window, ending at: 2031-02-03 10:20:40
-------------------------------------------------------------------------------
DUMP OF SERVICE slow:
half
*** SERVICE 'slow' DUMP TIMEOUT (10000ms) EXPIRED ***
--------- 10.001s was the duration of dumpsys slow, ending at: 2031-02-03 10:20:50
------ 10.142s was the duration of 'DUMPSYS CRITICAL' ------
between
------ SHOW MAP 1 ([init]) (su root showmap 1) ------
*** command 'su root showmap 1' failed: exit code 1
------ 0.010s was the duration of 'SHOW MAP 1 ([init])' ------
========================================================
== Checkins
========================================================
========================================================
== dumpstate: done (id 7)
========================================================
------ SYSTEM LOG (logcat -v threadtime (x)) ------
--------- beginning of main
02-03 10:20:30.000  1000     1     1 I tag: cut he`

// describe lists the sections of a text with their lines.
func describe(text string) string {
	var b strings.Builder
	for s, err := range Sections(strings.NewReader(text)) {
		if err != nil {
			return err.Error()
		}
		var content []string
		for l := range s.Lines() {
			content = append(content, fmt.Sprintf("%d:%s", l.Number, strings.TrimSpace(l.String())))
		}
		fmt.Fprintf(&b, "%d %s|%s|%s|%s %d-%d closed=%v out=%v cut=%v %s %v\n", s.Kind, s.Name, s.Command, s.Priority, s.Within,
			s.Line, s.LastLine, s.Closed, s.TimedOut, s.Cut, s.Duration, content)
	}
	return b.String()
}

const want = `1 dumpstate: 2031-02-03 10:20:30||| 2-12 closed=false out=false cut=false 0s [4: 5:Build: XY1A.310203.001 release-keys 6:Build fingerprint: 'acme/rocket/rocket:17/XY1A.310203.001/123:user/release-keys' 7:Android SDK version: 37 8:Command line: quiet 9:Bootconfig: androidboot.hardware = "rkt" 10:androidboot.veritymode = "enforcing" 11:Uptime: up 3 days 12:]
2 DUMPSYS CRITICAL|/system/bin/dumpsys|| 13-13 closed=false out=false cut=false 0s []
3 window||CRITICAL|DUMPSYS CRITICAL 15-22 closed=true out=false cut=false 53ms [19:WINDOW 20:------------------------------------------------------------------------------- 21:inner rule]
3 slow|||DUMPSYS CRITICAL 24-27 closed=true out=true cut=false 10.001s [25:half]
5 ||| 29-29 closed=false out=false cut=false 0s [29:between]
2 SHOW MAP 1 ([init])|su root showmap 1|| 30-32 closed=true out=false cut=false 10ms []
4 Checkins||| 34-34 closed=false out=false cut=false 0s []
1 dumpstate: done (id 7)||| 37-37 closed=false out=false cut=false 0s []
2 SYSTEM LOG|logcat -v threadtime (x)|| 39-41 closed=false out=false cut=true 0s [40:--------- beginning of main 41:02-03 10:20:30.000  1000     1     1 I tag: cut he]
`

func TestSections(t *testing.T) {
	t.Parallel()
	if got := describe(modern); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := describe(strings.ReplaceAll(modern, "\n", "\r\n")); got != want {
		t.Errorf("with CR LF: got\n%s", got)
	}
}

func TestOtherForms(t *testing.T) {
	t.Parallel()
	rule := strings.Repeat("-", 79) + "\n"
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"dumpsys alone", "Currently running services:\n  a\n" + rule + "DUMP OF SERVICE a:\nx\n" +
			"--------- 0.002s was the duration of dumpsys b, ending at: 2031-02-03 10:20:40\n",
			"1 ||| 1-2 closed=false out=false cut=false 0s [1:Currently running services: 2:a]\n" +
				"3 a||| 4-6 closed=false out=false cut=false 0s [5:x]\n"},
		{"end glued", "DUMP OF SERVICE a:\nTODO--------- 0.002s was the duration of dumpsys a, ending at: 2031-02-03 10:20:40\n",
			"3 a||| 1-2 closed=true out=false cut=false 2ms [2:TODO]\n"},
		{"section alone", "DUMP OF SERVICE a:\nx", "3 a||| 1-2 closed=false out=false cut=true 0s [2:x]\n"},
		{"Android 2.3", "------ CPU INFO (top -n 1) ------\nx\n[top: 1.3s elapsed]\n\n------ BACKLIGHTS ------\ny\n",
			"2 CPU INFO|top -n 1|| 1-3 closed=true out=false cut=false 1.3s [2:x]\n" +
				"2 BACKLIGHTS||| 5-6 closed=false out=false cut=false 0s [6:y]\n"},
	}
	for _, tt := range tests {
		if got := describe(tt.text); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	for s := range Sections(strings.NewReader(modern)) {
		h := Head(s.Name, s.Lines())
		got := fmt.Sprint(h.Started, h.Build, h.Fingerprint, h.SDK, h.CommandLine, h.Bootconfig, h.Uptime, h.Other)
		want := "2031-02-03 10:20:30 +0000 UTC XY1A.310203.001 release-keys acme/rocket/rocket:17/XY1A.310203.001/123:user/release-keys" +
			" 37 quiet [{androidboot.hardware rkt} {androidboot.veritymode enforcing}] up 3 days []"
		if got = strings.ReplaceAll(got, "UTCXY", "UTC XY"); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		break
	}
}

func FuzzSections(f *testing.F) {
	f.Add([]byte(modern))
	f.Add([]byte("========================================================\n========================================================\n== x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		last := 0
		for s, err := range Sections(bytes.NewReader(data)) {
			if err != nil {
				t.Fatal(err)
			}
			for l := range s.Lines() {
				if l.Number < last {
					t.Fatalf("line %d after line %d", l.Number, last)
				}
				last = l.Number
			}
		}
	})
}
