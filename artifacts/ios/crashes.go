package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Crashes reads reports of processes that crashed.
var Crashes = artifact.Parser{
	ID:    "ios.crashes",
	Title: lang.Text{EN: "Crashes of processes", FR: "Plantages de processus"},
	Doc: `When a process crashes, or does what it may not and goes on (type 308), ReportCrash
writes a report: which process from which path, since when, why it ended, what the
thread at fault was doing, and on which version of iOS. Up to iOS 14 it is text (type
109), from iOS 15 on JSON (309). The phone keeps some weeks of them, fewer of a process
that crashes often, and moves those that it sent to Apple to the folder Retired.

Exploits that fail, or that clean up badly, crash the process that reads messages,
media or web pages, and a report names an implant that crashed itself. Ordinary phones
crash by the dozen as well: what counts is which process, how often, when, and what the
backtrace and the texts of libraries say. No report tells nothing; they can be deleted
by the owner, and exploits have done so. Reports in a folder ProxiedDevice are of
another device, such as a watch.

Frames are those of the thread at fault only; how many frames of all threads are outside
every image is counted.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Crash),
	Record: crashesReport{},
	Refs: []string{
		"https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report",
		"https://developer.apple.com/documentation/xcode/examining-the-fields-in-a-crash-report",
		"https://citizenlab.ca/2023/04/nso-groups-pegasus-spyware-returns-in-2022/",
	},
	Parse: from.EachReport(crashesRead, ips.Crash),
}

// crashesReport is one report. Numbers are absent where it does not say; keys are
// those of JSON, with those of text after a comma where they differ much.
type crashesReport struct {
	Time       record.Time `json:"time"`                  // captureTime, Date/Time; else timestamp of the header: with offset from UTC
	TimeStored string      `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	Launched   record.Time `json:"launched"`              // procLaunch, Launch Time
	Kind       string      `json:"kind"`                  // from bug_type: crash, fault of a process that went on, …
	BugType    string      `json:"bug_type,omitempty"`    // bug_type; not in reports without a header

	Process        record.Process `json:"process"`                   // procName, Process
	Path           record.Path    `json:"path,omitempty"`            // procPath, Path: of the program
	PID            *int64         `json:"pid,omitempty"`             // pid
	App            record.App     `json:"app,omitempty"`             // bundle identifier: bundleInfo, Identifier, bundleID of the header
	Version        string         `json:"version,omitempty"`         // of the bundle, as people see it
	Build          string         `json:"build,omitempty"`           // of the bundle
	UUID           string         `json:"uuid,omitempty"`            // slice_uuid of the header: of the program
	Parent         record.Process `json:"parent,omitempty"`          // parentProc, Parent Process: normally launchd
	ParentPID      *int64         `json:"parent_pid,omitempty"`      // parentPid
	Responsible    record.Process `json:"responsible,omitempty"`     // responsibleProc: on whose behalf it ran
	ResponsiblePID *int64         `json:"responsible_pid,omitempty"` // responsiblePid
	Coalition      record.App     `json:"coalition,omitempty"`       // coalitionName: the group of processes of an app or service
	CoalitionID    *int64         `json:"coalition_id,omitempty"`    // coalitionID
	User           *int64         `json:"user,omitempty"`            // userID: 0 root, 501 mobile
	Role           string         `json:"role,omitempty"`            // procRole, such as Foreground
	FirstParty     *bool          `json:"first_party,omitempty"`     // is_first_party of the header: of Apple
	StoreID        string         `json:"store_id,omitempty"`        // adam_id of the header: number in the App Store
	SigningID      string         `json:"signing_id,omitempty"`      // codeSigningID
	Team           string         `json:"team,omitempty"`            // codeSigningTeamID
	SigningFlags   []string       `json:"signing_flags,omitempty"`   // codeSigningFlags, by name
	TrustLevel     *int64         `json:"trust_level,omitempty"`     // codeSigningTrustLevel
	Validation     string         `json:"validation,omitempty"`      // codeSigningValidationCategory: platform for parts of iOS, app store…

	Exception   string         `json:"exception,omitempty"`    // such as EXC_BAD_ACCESS
	Signal      string         `json:"signal,omitempty"`       // such as SIGSEGV
	Subtype     string         `json:"subtype,omitempty"`      // of the exception
	Codes       string         `json:"codes,omitempty"`        // of the exception
	Message     record.Text    `json:"message,omitempty"`      // of the exception
	Termination string         `json:"termination,omitempty"`  // termination: who ended it, such as CODESIGNING
	Code        string         `json:"code,omitempty"`         // termination, number
	Indicator   record.Text    `json:"indicator,omitempty"`    // termination, in words
	Reasons     []record.Text  `json:"reasons,omitempty"`      // termination
	EndedBy     record.Process `json:"ended_by,omitempty"`     // termination, byProc
	EndedByPID  *int64         `json:"ended_by_pid,omitempty"` // termination, byPid
	Info        []record.KV    `json:"info,omitempty"`         // asi: what libraries said, by their names
	Region      record.Text    `json:"region,omitempty"`       // vmregioninfo: memory around the address
	Triage      record.Text    `json:"triage,omitempty"`       // ktriageinfo: what the kernel noted

	Thread     *int64        `json:"thread,omitempty"`      // faultingThread: index, from 0
	ThreadName string        `json:"thread_name,omitempty"` // of it
	Queue      string        `json:"queue,omitempty"`       // its dispatch queue
	Threads    int64         `json:"threads"`               // how many
	Names      []string      `json:"names,omitempty"`       // of threads and queues, each once
	Frames     []string      `json:"frames,omitempty"`      // of the thread at fault, innermost first: image + offset (symbol + offset)
	Raised     []string      `json:"raised,omitempty"`      // lastExceptionBacktrace: where the exception was raised
	Outside    int64         `json:"outside"`               // frames of all threads in no image; 0 if the images are not there
	Registers  []record.KV   `json:"registers,omitempty"`   // of the thread at fault, hexadecimal
	Images     int64         `json:"images"`                // how many; see ios.crashimages
	Foreign    []record.Path `json:"foreign,omitempty"`     // of images outside the folders of iOS and of apps

	Model         string      `json:"model,omitempty"`          // modelCode, Hardware Model
	System        string      `json:"system,omitempty"`         // such as "iPhone OS 15.1"
	SystemBuild   string      `json:"system_build,omitempty"`   // such as 19B74
	ReleaseType   string      `json:"release_type,omitempty"`   // "User" on phones that are sold
	LockdownMode  *bool       `json:"lockdown_mode,omitempty"`  // ldm
	Locked        *bool       `json:"locked,omitempty"`         // isLocked
	Unlocked      *bool       `json:"unlocked,omitempty"`       // wasUnlockedSinceBoot
	DeveloperMode *bool       `json:"developer_mode,omitempty"` // developerMode
	Roots         *int64      `json:"roots,omitempty"`          // roots_installed of the header: parts of iOS replaced for development
	Incident      string      `json:"incident,omitempty"`       // incident: identifier of the report
	ReporterKey   string      `json:"reporter_key,omitempty"`   // crashReporterKey: of the phone, without a name
	SharedCache   string      `json:"shared_cache,omitempty"`   // UUID of the shared cache of libraries
	Other         []record.KV `json:"other,omitempty"`          // what has no place above

	FileProcess record.Process  `json:"file_process,omitempty"` // before the time in the name of the file, if it is not the process
	FileTime    record.WallTime `json:"file_time"`              // in the name of the file: clock of the phone
	Proxied     bool            `json:"proxied,omitempty"`      // of another device, such as a watch
}

// String implements [record.Data].
func (c crashesReport) String() string {
	s := fmt.Sprintf("%s of %s", c.Kind, c.Process)
	if c.Exception != "" {
		s += ": " + c.Exception
	}
	if c.Subtype != "" {
		s += " " + c.Subtype
	}
	if c.Termination != "" {
		s += " (" + c.Termination + " " + c.Code + ")"
	}
	return record.Line(s)
}

// Limits of what a record keeps.
const (
	crashesMaxNames   = 256
	crashesMaxForeign = 256
)

func crashesRead(r *from.Report, yield func(record.Record, error) bool) {
	body, err := r.Content()
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	c, err := ips.DecodeCrash(body)
	if err != nil && !yield(record.Record{}, err) {
		return
	}
	if c.Process == "" && c.Path == "" && c.Incident == "" && c.Type == "" && r.Text("app_name") == "" {
		return // nothing of a crash, and that was said
	}
	yield(r.Input.Record(r.At(), crashesData(r, &c)), nil)
}

func crashesData(r *from.Report, c *ips.CrashReport) crashesReport {
	d := crashesReport{
		Kind: r.Meaning(), BugType: r.Type, Process: record.Process(c.Process), Path: record.Path(c.Path), PID: c.PID, App: record.App(c.Identifier),
		Version: c.Version, Build: c.Build, UUID: r.Text("slice_uuid"), Parent: record.Process(c.Parent), ParentPID: c.ParentPID,
		Responsible: record.Process(c.Responsible), ResponsiblePID: c.ResponsiblePID, Coalition: record.App(c.Coalition), CoalitionID: c.CoalitionID,
		User: c.User, Role: c.Role, FirstParty: r.Header.Get("is_first_party").Bool(), StoreID: r.Text("adam_id"), SigningID: c.SigningID, Team: c.Team,
		TrustLevel: c.TrustLevel,
		Exception:  c.Type, Signal: c.Signal, Subtype: c.Subtype, Codes: c.Codes, Message: record.Text(c.Message), Termination: c.Namespace, Code: c.Code,
		Indicator: record.Text(c.Indicator), EndedBy: record.Process(c.By), EndedByPID: c.ByPID, Info: from.Pairs(c.Info), Region: record.Text(c.Region),
		Triage: record.Text(c.Triage), Thread: c.Faulting, Threads: int64(len(c.Threads)), Registers: from.Pairs(c.Registers), Images: int64(len(c.Images)),
		Model: c.Model, System: c.System, SystemBuild: c.SystemBuild, ReleaseType: c.ReleaseType, LockdownMode: c.LockdownMode, Locked: c.Locked,
		Unlocked: c.Unlocked, DeveloperMode: c.Developer, Roots: r.Header.Get("roots_installed").Number(), Incident: c.Incident, ReporterKey: c.ReporterKey,
		SharedCache: c.SharedCache, Other: from.Pairs(c.Other), FileTime: r.Wall(), Proxied: r.Proxied(),
	}
	d.Time, d.TimeStored = r.Time(c.Time)
	if t, ok := ips.ParseTime(c.Launched); ok {
		d.Launched = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	} else if c.Launched != "" {
		d.Other = append(d.Other, record.KV{Key: "procLaunch", Value: c.Launched})
	}
	if c.SigningFlags != nil {
		d.SigningFlags = ips.CodeSigning(*c.SigningFlags)
	}
	if c.ValidationCategory != nil {
		d.Validation = ips.Category(*c.ValidationCategory)
	}
	for _, reason := range c.Reasons {
		d.Reasons = append(d.Reasons, record.Text(reason))
	}
	d.header(r)
	d.threads(c)
	d.images(c)
	return d
}

// header fills in what the body does not say, and keeps what is in the header only.
func (d *crashesReport) header(r *from.Report) {
	if d.Kind == "" {
		d.Kind = "crash"
	}
	for key, v := range r.Header.Members() {
		text := v.Text()
		switch key {
		case "app_name", "name":
			if d.Process == "" {
				d.Process = record.Process(text)
			} else if text != string(d.Process) {
				d.Other = append(d.Other, record.KV{Key: "header/" + key, Value: text})
			}
		case "bundleID":
			if d.App == "" {
				d.App = record.App(text)
			}
		case "app_version":
			if d.Version == "" {
				d.Version = text
			}
		case "build_version":
			if d.Build == "" {
				d.Build = text
			}
		case "incident_id":
			if d.Incident == "" {
				d.Incident = text
			} else if d.Incident != text {
				d.Other = append(d.Other, record.KV{Key: "header/" + key, Value: text})
			}
		case "os_version":
			if d.System == "" {
				d.System = text
			}
		case "bug_type", "timestamp", "slice_uuid", "adam_id", "is_first_party", "roots_installed", "platform", "share_with_app_devs":
		default:
			d.Other = append(d.Other, record.KV{Key: "header/" + key, Value: text})
		}
	}
	if name := r.Name.Process; !strings.HasPrefix(string(d.Process), name) && !strings.HasPrefix(name, string(d.Process)) {
		d.FileProcess = record.Process(name)
	}
}

// threads describes the thread at fault and counts frames outside images.
func (d *crashesReport) threads(c *ips.CrashReport) {
	seen := map[string]bool{}
	for _, t := range c.Threads {
		for _, name := range []string{t.Name, t.Queue} {
			if name != "" && !seen[name] && len(seen) < crashesMaxNames {
				seen[name] = true
				d.Names = append(d.Names, name)
			}
		}
		for _, f := range t.Frames {
			if f.Image < 0 && len(c.Images) > 0 {
				d.Outside++
			}
		}
	}
	if t := c.FaultingThread(); t != nil {
		d.ThreadName, d.Queue = t.Name, t.Queue
		for _, f := range t.Frames {
			d.Frames = append(d.Frames, f.String())
		}
	}
	for _, f := range c.Exception {
		d.Raised = append(d.Raised, f.String())
	}
}

// crashesPlaces are the folders of iOS and of apps, of which code is nothing
// unusual.
var crashesPlaces = []string{"/System/", "/usr/", "/sbin/", "/bin/", "/kernel", "/Applications/", "/Developer/", "/Library/", "/private/var/containers/Bundle/Application/",
	"/var/containers/Bundle/Application/", "/private/preboot/Cryptexes/", "/private/var/MobileAsset/", "/private/var/run/com.apple.security.cryptexd/", "/private/xarts/"}

func (d *crashesReport) images(c *ips.CrashReport) {
	for _, im := range c.Images {
		if strings.HasPrefix(im.Path, "/") && len(d.Foreign) < crashesMaxForeign && !crashesUsual(im.Path) {
			d.Foreign = append(d.Foreign, record.Path(im.Path))
		}
	}
}

func crashesUsual(path string) bool {
	for _, place := range crashesPlaces {
		if strings.HasPrefix(path, place) {
			return true
		}
	}
	return false
}
