package notable

import "testing"

func TestRecognise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		m    Message
		want Event
	}{
		{Message{Process: "launchd", Subsystem: "system/com.apple.mediaremoted [28]:", Text: "Successfully spawned mediaremoted[28] because semaphore"},
			Event{Kind: Process, Action: "started", Process: "mediaremoted", PID: 28, Service: "com.apple.mediaremoted", Reason: "semaphore"}},
		{Message{Process: "launchd", Subsystem: "user/501/UIKitApplication:com.example.app[aa12][rb-legacy] [812]:", Text: "exited due to SIGKILL | sent by launchd[1] during teardown"},
			Event{Kind: Process, Action: "ended", PID: 812, App: "com.example.app", Service: "UIKitApplication:com.example.app[aa12][rb-legacy]", By: "launchd", Reason: "SIGKILL | sent by launchd[1] during teardown"}},
		{Message{Process: "launchd", Subsystem: "system/com.apple.firmwaresyncd [45]:", Text: "exited due to exit(0)"},
			Event{Kind: Process, Action: "ended", PID: 45, Service: "com.apple.firmwaresyncd", Reason: "exit(0)"}},
		{Message{Process: "launchd", Text: "denied lookup: name = com.apple.timed.xpc, requestor = searchpartyd[252], error = 159: Sandbox restriction"},
			Event{Kind: Sandbox, Action: "denied", Process: "searchpartyd", PID: 252, Target: "com.apple.timed.xpc", Reason: "159: Sandbox restriction", Weak: true}},
		{Message{Process: "kernel", Text: "kernelmanagerd[50] Corpse allowed 1 of 5\n"}, Event{Kind: Crash, Action: "crashed", Process: "kernelmanagerd", PID: 50}},
		{Message{Process: "kernel", Text: "EXC_RESOURCE -> duetexpertd[37309] exceeded mem limit: InactiveHard 14 MB (fatal)"},
			Event{Kind: Memory, Action: "over its limit", Process: "duetexpertd", PID: 37309, Reason: "InactiveHard 14 MB (fatal)"}},
		{Message{Process: "kernel", Text: "2614.115 memorystatus: killing_specific_process pid 386 [exampled] (per-process-limit 3 17s rf:- type:daemon) 8579KB - memorystatus_available_pages: 1\n"},
			Event{Kind: Memory, Action: "specific_process", Process: "exampled", PID: 386, Reason: "per-process-limit 3 17s rf:- type:daemon"}},
		{Message{Process: "kernel", Text: "memorystatus: killing_idle_process pid 386 [exampled] jetsam_reason->osr_code: 9"},
			Event{Kind: Memory, Action: "idle_process", Process: "exampled", PID: 386}},
		{Message{Process: "kernel", Text: "AMFI: hook..execve() killing pid 78760: Attempt to execute completely unsigned code (must be at least ad-hoc signed)."},
			Event{Kind: Code, Action: "killed", PID: 78760, Reason: "Attempt to execute completely unsigned code (must be at least ad-hoc signed)."}},
		{Message{Process: "kernel", Text: "AMFI: hook..execve() killing bh (pid 812): Attempt to execute completely unsigned code (must be at least ad-hoc signed)."},
			Event{Kind: Code, Action: "killed", Process: "bh", PID: 812, Reason: "Attempt to execute completely unsigned code (must be at least ad-hoc signed)."}},
		{Message{Process: "kernel", Text: "AMFI: hook..execve() killing zsh: dyld signature cannot be verified"},
			Event{Kind: Code, Action: "killed", Process: "zsh", PID: -1, Reason: "dyld signature cannot be verified"}},
		{Message{Process: "kernel", Text: "AMFI: '/private/var/tmp/x' has no CMS blob?\n"},
			Event{Kind: Code, Action: "not signed by Apple", Path: "/private/var/tmp/x", PID: -1, Reason: "has no CMS blob"}},
		{Message{Process: "kernel", Text: "AMFI: '/private/var/tmp/x' is adhoc signed.\n"},
			Event{Kind: Code, Action: "not signed by Apple", Path: "/private/var/tmp/x", PID: -1, Reason: "is adhoc signed"}},
		{Message{Process: "kernel", Text: "AMFI: '/private/var/tmp/x': unsuitable CT policy 0 for this platform/device, rejecting signature.\n"},
			Event{Kind: Code, Action: "refused", Path: "/private/var/tmp/x", PID: -1, Reason: "unsuitable CT policy 0 for this platform/device, rejecting signature."}},
		{Message{Process: "kernel", Text: "AMFI: code signature validation failed.\n"}, Event{Kind: Code, Action: "refused", PID: -1, Reason: "code signature validation failed."}},
		{Message{Process: "kernel", Text: `proc 9220: load code signature error 4 for file "snappy"`},
			Event{Kind: Code, Action: "refused", Process: "snappy", PID: 9220, Reason: "load code signature error 4"}},
		{Message{Process: "kernel", Text: "AMFI: Launch Constraint Violation (enforcing), error info: c[4]p[3]m[1]e[0], (Constraint not matched) launching proc[vc: 4 pid: 12]: /usr/libexec/x, failure proc [vc: 1 pid: 9]: /bin/y"},
			Event{Kind: Code, Action: "refused", Path: "/usr/libexec/x", PID: -1, Reason: "enforcing), error info: c[4]p[3]m[1]e[0], (Constraint not matched)"}},
		{Message{Process: "kernel", Text: "CODE SIGNING: cs_invalid_page(0x1000): p=12[exampled] final status 0x3, denying page sending SIGKILL"},
			Event{Kind: Code, Action: "changed code", Process: "exampled", PID: 12, Reason: "final status 0x3, denying page sending SIGKILL"}},
		{Message{Process: "kernel", Text: `CODE SIGNING: process 12[exampled]: rejecting invalid page at address 0x1 from offset 0x2 in file "/private/var/x" (cs_mtime:1)`},
			Event{Kind: Code, Action: "changed code", Process: "exampled", PID: 12, Path: "/private/var/x", Reason: "rejecting invalid page"}},
		{Message{Process: "kernel", Text: "Sandbox: contextstored(106) deny(1) user-preference-read kCFPreferencesAnyApplication"},
			Event{Kind: Sandbox, Action: "denied", Process: "contextstored", PID: 106, Operation: "user-preference-read", Target: "kCFPreferencesAnyApplication", Weak: true}},
		{Message{Process: "kernel", Text: "3 duplicate reports for Sandbox: maild(2087) deny(1) mach-lookup com.apple.contactsd.persistence"},
			Event{Kind: Sandbox, Action: "denied", Process: "maild", PID: 2087, Operation: "mach-lookup", Target: "com.apple.contactsd.persistence", Weak: true}},
		{Message{Process: "ReportCrash", Text: "Formulating fatal 309 report for corpse[9522] AppName"},
			Event{Kind: Crash, Action: "report", Process: "AppName", PID: 9522, Reason: "fatal 309 report"}},
		{Message{Process: "amfid", Text: "/private/var/tmp/frida-A9j9GT.dylib not valid: 0xe8008001: An unknown error has occurred."},
			Event{Kind: Code, Action: "refused", Path: "/private/var/tmp/frida-A9j9GT.dylib", PID: -1, Reason: "0xe8008001: An unknown error has occurred."}},
		{Message{Process: "runningboardd", Text: "[application<com.example.app>:432] termination reported by launchd (2, 10, 10)"},
			Event{Kind: Process, Action: "ended", App: "com.example.app", PID: 432, Reason: "launchd (2, 10, 10)"}},
		{Message{Process: "runningboardd", Text: "[xpcservice<com.apple.WebKit.WebContent([app<com.company.appname(C7B12899-70D1-4743-A415-EA7D0E1155AE)>:9522])>:9525:9525] termination reported by launchd (2, 9, 9)"},
			Event{Kind: Process, Action: "ended", Service: "com.apple.WebKit.WebContent", PID: 9525, Reason: "launchd (2, 9, 9)"}},
		{Message{Process: "MobileNotes", Subsystem: WebKit, Text: "0x101ebc600 - [PID=2662] WebProcessProxy::processDidTerminateOrFailedToLaunch: reason=3"},
			Event{Kind: Web, Action: "ended", PID: 2662, Reason: "3"}},
		{Message{Process: "installd", Text: "0x16e087000 -[MIInstaller performInstallationWithError:]: Installing <MIInstallableBundle ID=com.example.app; Version=1, ShortVersion=1.0>"},
			Event{Kind: Install, Action: "Installing", App: "com.example.app", PID: -1, Reason: "Version=1, ShortVersion=1.0"}},
		{Message{Process: "installd", Text: "-[MIInstaller performInstallationWithError:]: Install Successful for (Customer:com.example.video); Overall: 6"},
			Event{Kind: Install, Action: "installed", App: "com.example.video", PID: -1}},
		{Message{Process: "tccd", Text: "AUTHREQ_ATTRIBUTION: msgID=52.1, attribution={requesting={<TCCDProcess: identifier=com.example.x, pid=52, auid=0, euid=0, binary_path=/private/var/containers/Bundle/x>}, },"},
			Event{Kind: Access, Action: "context", Session: "52.1", App: "com.example.x", PID: 52, Path: "/private/var/containers/Bundle/x"}},
		{Message{Process: "tccd", Text: "AUTHREQ_CTX: msgID=52.1, function=<private>, service=kTCCServiceMicrophone, preflight=yes, query=1, "},
			Event{Kind: Access, Action: "context", Session: "52.1", Service: "kTCCServiceMicrophone", Operation: "yes", PID: -1}},
		{Message{Process: "tccd", Text: "AUTHREQ_RESULT: msgID=52.1, authValue=2, authReason=4, authVersion=1, error=(null),"},
			Event{Kind: Access, Action: "answered", Session: "52.1", Reason: "authValue=2, authReason=4", PID: -1}},
		{Message{Process: "MessagesBlastDoorService", Error: true, Text: "an error"}, Event{Kind: Messages, Action: "error", PID: -1, Reason: "an error", Weak: true}},
	} {
		got, ok := Recognise(c.m)
		if !ok || got != c.want {
			t.Errorf("%s: %q\ngot  %+v\nwant %+v", c.m.Process, c.m.Text, got, c.want)
		}
	}
	for _, m := range []Message{
		{Process: "kernel", Text: "AMFI: UDID enforcement enabled"}, {Process: "exampled", Text: "Successfully spawned x[1] because y"},
		{Process: "kernel", Text: "Sandbox: auearlyboot(12) allow iokit-get-properties aud"}, {Process: "imagent", Text: "no error"},
	} {
		if e, ok := Recognise(m); ok {
			t.Errorf("%q: %+v", m.Text, e)
		}
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		process, subsystem, format string
		want                       bool
	}{
		{"kernel", "", "%s[%d] Corpse allowed %d of %d\n", true}, {"kernel", "", "%s", true}, {"kernel", "", "IOUSB: something else %d", false},
		{"exampled", "", "", false}, {"exampled", WebKit, "%p - WebProcessProxy::processDidTerminateOrFailedToLaunch: reason=%d", true}, {"launchd", "", "", true},
	} {
		if got := May(c.process, c.subsystem, c.format); got != c.want {
			t.Errorf("May(%q, %q, %q) = %v", c.process, c.subsystem, c.format, got)
		}
	}
}

// TestRules checks the table: each rule says where its text is public, and each
// process is listed.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, r := range Rules {
		if r.Source == "" || r.Kind == "" || r.Action == "" {
			t.Errorf("rule %q of %s is not complete", r.Literal, r.Process)
		}
	}
	if n := len(Processes()); n < 15 {
		t.Errorf("%d processes", n)
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add("kernel", "", "AMFI: hook..execve() killing pid 7: x")
	f.Add("launchd", "user/501/UIKitApplication:a[b] [812]:", "exited due to exit(0)")
	f.Add("tccd", "", "AUTHREQ_RESULT: msgID=1")
	f.Fuzz(func(t *testing.T, process, subsystem, text string) {
		if e, ok := Recognise(Message{Process: process, Subsystem: subsystem, Text: text, Error: true}); ok && e.Kind == "" {
			t.Errorf("%+v", e)
		}
	})
}
