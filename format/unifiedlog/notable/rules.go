package notable

// Sources of texts.
const (
	xnu         = "https://github.com/apple-oss-distributions/xnu"
	observed    = "observed: public log of macOS 12, log2timeline/plaso test data"
	srd         = "https://github.com/xsscx/srd/issues/18"
	runningLog  = "https://github.com/airsdk/Adobe-Runtime-Support/issues/2993"
	constraints = "https://developer.apple.com/documentation/security/applying-launch-environment-and-library-constraints"
	webkit      = "https://github.com/WebKit/WebKit/blob/main/Source/WebKit/UIProcess/WebProcessProxy.cpp"
	jailbreak   = "https://github.com/AloneMonkey/frida-ios-dump/issues/40"
	installLog  = "https://github.com/material-components/material-components-ios/issues/1493"
	oldInstall  = "https://github.com/SquaredTiki/Dringend-Issues/issues/48"
	installs    = "https://blog.d204n6.com/2020/09/ios-14-tracking-app-install-state.html"
)

// Rules are the texts that are known. The first that fits decides.
var Rules = []Rule{
	// launchd: simpledumps, with the label of the job as subsystem.
	{Process: "launchd", Literal: "Successfully spawned", Kind: Process, Action: "started", Source: observed,
		Text: `^Successfully spawned (?P<process>.+)\[(?P<pid>\d+)\] because (?P<reason>.+)$`},
	{Process: "launchd", Literal: "exited due to", Kind: Process, Action: "ended", Source: observed,
		Text: `^exited due to (?P<reason>(?:SIG\w+|[^|]+?)(?: \| sent by (?P<by>[^\[]+)\[\d+\])?.*)$`},
	{Process: "launchd", Literal: "xited with", Kind: Process, Action: "ended", Source: "https://github.com/kvic-z/SsdPmEnabler/issues/19",
		Text: `^(?:Service )?[eE]xited with (?P<reason>.+)$`},
	{Process: "launchd", Literal: "denied lookup", Kind: Sandbox, Action: "denied", Weak: true, Source: observed,
		Text: `^denied lookup: name = (?P<target>[^,]+), requestor = (?P<process>[^\[]+)\[(?P<pid>\d+)\], error = (?P<reason>.+)$`},
	{Process: "launchd", Literal: "hutdown", Kind: Boot, Action: "shutdown", Source: observed,
		Text: `^(?P<reason>(?:[Ss]hutdown (?:initiated|started)|[Ss]tarting shutdown|userspace shutdown|launchd shutdown).*)$`},

	// The kernel.
	{Process: "kernel", Literal: "Darwin Kernel Version", Kind: Boot, Action: "boot", Source: xnu,
		Text: `^(?P<reason>Darwin Kernel Version [^\n]+)`},
	{Process: "kernel", Literal: "Corpse allowed", Kind: Crash, Action: "crashed", Source: xnu,
		Text: `^(?P<process>.+)\[(?P<pid>\d+)\] Corpse allowed`},
	{Process: "kernel", Literal: "exceeded mem limit", Kind: Memory, Action: "over its limit", Source: xnu,
		Text: `^(?:EXC_RESOURCE -> |memorystatus: )?(?P<process>.+?)(?:\[(?P<pid>\d+)\])? exceeded mem limit: (?P<reason>.+)`},
	{Process: "kernel", Literal: "memorystatus: killing", Kind: Memory, Action: "ended", Source: xnu,
		Text: `memorystatus: killing_?(?P<action>[\w ]*?) (?:pid (?P<pid>\d+) )?\[(?P<process>[^\]]+)\](?: \((?P<reason>[^)]*)\))?`},
	{Process: "kernel", Literal: "idle exiting pid", Kind: Memory, Action: "ended", Source: xnu,
		Text: `idle exiting pid (?P<pid>\d+) \[(?P<process>[^\]]+)\]`},
	{Process: "kernel", Literal: "AMFI: hook..execve() killing", Kind: Code, Action: "killed", Source: xnu,
		Text: `^AMFI: hook\.\.execve\(\) killing (?:pid )?(?P<process>[^\s:(]*[^\s:(\d][^:(]*?)?(?: ?\(?(?:pid )?(?P<pid>\d+)\)?)?: (?P<reason>.+)`},
	{Process: "kernel", Literal: "Launch Constraint Violation", Kind: Code, Action: "refused", Source: constraints,
		Text: `Launch Constraint Violation \((?P<reason>.*?)launching proc(?:\[[^\]]*\])?: (?P<path>/[^,\n]+)`},
	{Process: "kernel", Literal: "Launch Constraint Violation", Kind: Code, Action: "refused", Source: constraints,
		Text: `Launch Constraint Violation (?P<reason>.*)`},
	{Process: "kernel", Literal: "has no CMS blob", Kind: Code, Action: "not signed by Apple", Source: observed,
		Text: `^AMFI: '(?P<path>.+)' (?P<reason>has no CMS blob)`},
	{Process: "kernel", Literal: "is adhoc signed", Kind: Code, Action: "not signed by Apple", Source: srd,
		Text: `^AMFI: '(?P<path>.+)' (?P<reason>is adhoc signed)`},
	{Process: "kernel", Literal: "AMFI: '", Kind: Code, Action: "refused", Source: srd,
		Text: `^AMFI: '(?P<path>.+?)': (?P<reason>.+)`},
	{Process: "kernel", Literal: "code signature validation failed", Kind: Code, Action: "refused", Source: srd,
		Text: `^(?:AMFI: |mac_vnode_check_signature: (?P<path>/[^:]+): )(?P<reason>code signature validation failed.*)`},
	{Process: "kernel", Literal: "load code signature error", Kind: Code, Action: "refused", Source: xnu,
		Text: `^proc (?P<pid>\d+): (?P<reason>load code signature error \d+) for file "(?P<process>[^"]*)"`},
	{Process: "kernel", Literal: "rejecting invalid page", Kind: Code, Action: "changed code", Source: xnu,
		Text: `CODE SIGNING: process (?P<pid>\d+)\[(?P<process>[^\]]*)\]: (?P<reason>rejecting invalid page).* in file "(?P<path>[^"]*)"`},
	{Process: "kernel", Literal: "cs_invalid_page", Kind: Code, Action: "changed code", Source: xnu,
		Text: `CODE SIGNING: cs_invalid_page\([^)]*\): p=(?P<pid>\d+)\[(?P<process>[^\]]*)\] (?P<reason>.+)`},
	{Process: "kernel", Literal: "Security policy would not allow", Kind: Code, Action: "refused", Source: observed,
		Text: `^ASP: (?P<reason>Security policy would not allow process): (?P<pid>\d+), (?P<path>/.+)`},
	{Process: "kernel", Literal: ") deny(", Kind: Sandbox, Action: "denied", Weak: true, Source: observed,
		Text: `(?:^|for )(?:Sandbox|System Policy): (?P<process>.+?)\((?P<pid>\d+)\) deny\(\d+\) (?P<operation>\S+) ?(?P<target>[^\n]*)`},

	// Crashes as their reporters tell.
	{Process: "ReportCrash", Literal: "Formulating", Kind: Crash, Action: "report", Source: runningLog,
		Text: `^Formulating (?P<reason>\w+ \d+ report) for corpse\[(?P<pid>\d+)\] (?P<process>.+)$`},

	// amfid.
	{Process: "amfid", Literal: "not valid", Kind: Code, Action: "refused", Source: jailbreak,
		Text: `^(?P<path>.+?) not valid: (?P<reason>.+)$`},

	// RunningBoard: [application<com.example.app>:432], [app<com.example.app(…)>:9522].
	{Process: "runningboardd", Literal: "termination reported by", Kind: Process, Action: "ended", Source: runningLog,
		Text: `^\[(?:app(?:lication)?<(?P<app>[\w.-]+)[^>]*>|(?:xpcservice|osservice|daemon|angel|anon)<(?P<service>[^(>\[]+).*>)(?::\d+)*?:(?P<pid>\d+)\] termination reported by (?P<reason>.+)$`},
	{Process: "runningboardd", Literal: "Creating and launching job for", Kind: Process, Action: "launched", Source: "https://github.com/n0shake/clocker/issues/117",
		Text: `^Creating and launching job for: (?:app(?:lication)?<(?P<app>[\w.-]+)|(?:xpcservice|osservice|daemon|angel|anon)<(?P<service>[^(>]+))`},

	// WebKit.
	{Process: "", Literal: "processDidTerminateOrFailedToLaunch", Kind: Web, Action: "ended", Source: webkit,
		Text: `PID=(?P<pid>\d+)[^\]]*\] WebProcessProxy::processDidTerminateOrFailedToLaunch: reason=(?P<reason>\S+)`},
	{Process: "", Literal: "dispatchProcessDidTerminate", Kind: Web, Action: "ended", Source: webkit,
		Text: `(?:PID=(?P<pid>\d+)[^\]]*\] )?WebPageProxy::dispatchProcessDidTerminate: (?P<reason>.+)`},
	{Process: "MobileSafari", Literal: "processDidTerminateOrFailedToLaunch", Kind: Web, Action: "ended", Source: webkit,
		Text: `PID=(?P<pid>\d+)[^\]]*\] WebProcessProxy::processDidTerminateOrFailedToLaunch: reason=(?P<reason>\S+)`},

	// Installations.
	{Process: "installd", Literal: "MIInstallableBundle", Kind: Install, Action: "installing", Source: installLog,
		Text: `(?P<action>Installing|Staging) <MIInstallableBundle ID=(?P<app>[^;>]+); (?P<reason>[^>]*)>`},
	{Process: "installd", Literal: "nstall ", Kind: Install, Action: "installed", Source: installs,
		Text: `[Ii]nstall [Ss]uccessful for \(\w+:(?P<app>[^)]+)\)`},
	{Process: "installd", Literal: "requested by", Kind: Install, Action: "requested", Source: oldInstall,
		Text: `Install of "?(?P<path>/[^"]+?)"? (?P<reason>.*)requested by (?P<by>\S+)(?: \(pid (?P<pid>\d+))?`},
	{Process: "installd", Literal: "ninstall", Kind: Install, Action: "uninstalling", Source: installs,
		Text: `Uninstalling (?:identifier |\[)?(?P<app>[\w-]+(?:\.[\w-]+)+)(?P<reason>.*)`},

	// Permissions: the messages of one request have one number.
	{Process: "tccd", Literal: "AUTHREQ_CTX", Kind: Access, Action: "context", Source: observed,
		Text: `^AUTHREQ_CTX: msgID=(?P<session>[^,]+), function=[^,]*, service=(?P<service>[^,]+), preflight=(?P<operation>\w+)`},
	{Process: "tccd", Literal: "AUTHREQ_ATTRIBUTION", Kind: Access, Action: "context", Source: observed,
		Text: `^AUTHREQ_ATTRIBUTION: msgID=(?P<session>[^,]+),.*?(?:accessing|requesting)=\{<?TCCDProcess: identifier=(?P<app>[^,]+), pid=(?P<pid>\d+),.*?binary_path=(?P<path>[^>}]+)`},
	{Process: "tccd", Literal: "AUTHREQ_SUBJECT", Kind: Access, Action: "context", Source: observed,
		Text: `^AUTHREQ_SUBJECT: msgID=(?P<session>[^,]+), subject=(?P<app>[^,]+)`},
	{Process: "tccd", Literal: "AUTHREQ_PROMPTING", Kind: Access, Action: "asked the user", Source: "https://eclecticlight.co/2025/11/10/explainer-permissions-privacy-and-tcc/",
		Text: `^AUTHREQ_PROMPTING: msgID=(?P<session>[^,]+), service=(?P<service>[^,]+), subject=(?:Sub:\{)?(?P<app>[^,}]+)`},
	{Process: "tccd", Literal: "AUTHREQ_RESULT", Kind: Access, Action: "answered", Source: observed,
		Text: `^AUTHREQ_RESULT: msgID=(?P<session>[^,]+), (?P<reason>authValue=\d+, authReason=\d+)`},

	// Messages: any error of the processes that take apart what strangers send.
	{Process: "MessagesBlastDoorService", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},
	{Process: "IDSBlastDoorService", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},
	{Process: "MessagesAirlockService", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},
	{Process: "imagent", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},
	{Process: "IMTransferAgent", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},
	{Process: "IMDPersistenceAgent", Kind: Messages, Action: "error", Error: true, Weak: true, Text: `(?s)^(?P<reason>.+)$`, Source: "any message"},

	// Location.
	{Process: "locationd", Literal: "denying executable", Kind: Location, Action: "denied", Weak: true, Source: observed,
		Text: `^(?P<reason>location disabled system-wide), denying executable (?:(?P<path>/.+)|(?P<target>.+))$`},

	// USB: lockdownd serves computers. Its texts are mostly private, so all are kept, counted.
	{Process: "lockdownd", Kind: Lockdown, Action: "service", Weak: true, Source: "observed in public logs of iOS: handle_start_service_with_socket",
		Literal: "handle_start_service", Text: `^(?P<reason>handle_start_service.*)$`},
	{Process: "lockdownd", Kind: Lockdown, Action: "pairing", Weak: true, Source: "https://github.com/doronz88/pymobiledevice3/pull/1949",
		Literal: "pair", Text: `(?s)^(?P<reason>.+)$`},
	{Process: "remotepairingdeviced", Kind: Lockdown, Action: "pairing", Weak: true, Source: "https://github.com/doronz88/pymobiledevice3/pull/1755",
		Literal: "air", Text: `(?s)^(?P<reason>.+)$`},

	// The clock.
	{Process: "timed", Literal: "TZ,set", Kind: Clock, Action: "time zone", Weak: true, Source: observed, Text: `^(?P<reason>TZ,set.*)$`},
	{Process: "timed", Literal: "cmd,set", Kind: Clock, Action: "clock", Weak: true, Source: observed, Text: `^(?P<reason>cmd,set.*)$`},
}
