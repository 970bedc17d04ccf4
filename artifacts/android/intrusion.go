package android

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/intrusionlog"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Intrusion reads the events of intrusion logs.
var Intrusion = artifact.Parser{
	ID:    "android.intrusion",
	Title: lang.Text{EN: "Intrusion log events", FR: "Événements des journaux d’intrusion"},
	Doc: `With Advanced Protection, a phone from Android 16 on can log what concerns its
security: the names that apps resolve and the addresses they connect to, processes of
apps, commands and files through adb, locking and unlocking, policies of device
administrators, certificates, keys, networks and installed packages. The events are
encrypted on the phone and kept in the owner's Google account for a year; only the
owner can download and decrypt them, and nobody can delete them before.

It shows connections to known addresses, apps that came and went, access through a
cable, and protections that were changed. Logging is off unless the owner turned it on;
times without events before that, after "logging_stopped" or around
"log_buffer_size_critical" show nothing. A download that was made again holds the same days
once more: of files of one name whose content is that of another or its beginning, only
the longest is read. The same event can still be in several files.
Observed in the samples that readers of these logs publish; Google publishes no schema.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.AndroidIntrusionLog, Glob: "intrusionlog/**/*.[tT][xX][tT]"},
		{Kinds: evidence.AndroidIntrusionLog, Glob: "intrusionlog/**/*.ndjson"},
		{Kinds: evidence.AndroidIntrusionLog, Glob: "intrusionlog/**/*.jsonl"},
		{Kinds: evidence.AndroidIntrusionLog, Glob: "intrusionlog/**/*.json"},
	},
	Record: intrusionEvent{},
	Refs: []string{
		"https://developer.android.com/reference/android/app/admin/SecurityLog",
		"https://docs.mvt.re/en/latest/android/intrusion_logs/",
		"https://cyberrt.com/news/android-adds-intrusion-logging-for-sophisticated-spyware-forensics/",
	},
	Parse: intrusionParse,
}

// intrusionEvent is one event of one line. Values that an event does not have
// are absent.
type intrusionEvent struct {
	// Key event_time: milliseconds since 1970 UTC, of security events nanoseconds.
	Time  record.Time `json:"time"`
	Kind  string      `json:"kind"`            // dns, connect or security; any other key of a line as it is written
	Event string      `json:"event,omitempty"` // of security events: what happened, such as app_process_start
	ID    string      `json:"id,omitempty"`    // key event_id

	App       record.App    `json:"app,omitempty"`       // key package_name: which app asked, connected, or was installed; of a process what stands before ":"
	Host      record.Domain `json:"host,omitempty"`      // dns, key hostname; connect, what stands before "/" in key ip_address
	Addresses []record.IP   `json:"addresses,omitempty"` // dns, key ip_addresses; connect, key ip_address
	Total     *int64        `json:"total,omitempty"`     // dns, key ip_addresses_count: how many addresses there were
	Port      *int64        `json:"port,omitempty"`      // connect, key port

	Process record.Process `json:"process,omitempty"`    // app_process_start, key process: "package:process:service class:instance"
	PID     *int64         `json:"pid,omitempty"`        // key pid
	UID     *int64         `json:"uid,omitempty"`        // key uid: of the process, or of the owner of a key
	SEInfo  string         `json:"seinfo,omitempty"`     // key seinfo: by which SELinux chooses the domain of the process
	APK     record.Hash    `json:"apk_sha256,omitempty"` // key sha256: of the base APK of the app
	Started record.Time    `json:"started,omitempty"`    // key start_time, milliseconds since 1970 UTC

	Command record.Text `json:"command,omitempty"` // adb_shell_cmd, key command
	Path    record.Path `json:"path,omitempty"`    // adb_sync_*, key path; media_*, key mount_point
	Volume  string      `json:"volume,omitempty"`  // media_*, key volume_label

	Success      *bool  `json:"success,omitempty"`       // key success; also of crypto_self_test_completed as a plain value
	Method       string `json:"method,omitempty"`        // keyguard_dismiss_auth_attempt, key method_strength: weak or strong
	VerifiedBoot string `json:"verified_boot,omitempty"` // os_startup, key verified_boot_state
	Verity       string `json:"verity,omitempty"`        // os_startup, key dm_verity_mode
	Key          string `json:"key,omitempty"`           // key_*, key key_id
	Subject      string `json:"subject,omitempty"`       // cert_authority_*, key subject
	Reason       string `json:"reason,omitempty"`        // key reason, or the plain value of a failure

	Admin       record.App  `json:"admin,omitempty"`       // key admin_package: which administrator set a policy
	AdminUser   *int64      `json:"admin_user,omitempty"`  // key admin_user_id: number of its user
	User        *int64      `json:"user,omitempty"`        // key target_user_id or user_id: number of the user concerned
	Restriction string      `json:"restriction,omitempty"` // user_restriction_*, key restriction
	Enabled     *bool       `json:"enabled,omitempty"`     // backup_service_toggled, key enabled
	Disabled    *bool       `json:"disabled,omitempty"`    // camera_policy_set, key disabled
	Policy      []record.KV `json:"policy,omitempty"`      // numbers of a policy of passwords or screens, such as length or timeout_ms

	BSSID   string `json:"bssid,omitempty"`      // wifi_*, key bssid: of the access point, maybe masked
	WiFi    string `json:"wifi_event,omitempty"` // wifi_*, key event_type
	MAC     string `json:"mac,omitempty"`        // bluetooth_*, key mac_address
	Version *int64 `json:"version,omitempty"`    // package_*, key version_code

	Other []record.KV `json:"other,omitempty"` // other keys, as JSON
}

// String implements [record.Data].
func (e intrusionEvent) String() string {
	const usual = 120 // bytes
	b := make([]byte, 0, usual)
	switch e.Kind {
	case "dns":
		b = append(append(append(b, e.App...), " resolved "...), e.Host...)
		b = intrusionList(b, e.Addresses, ": ")
	case "connect":
		b = append(append(b, e.App...), " connected to "...)
		b = intrusionList(b, e.Addresses, "")
		if e.Port != nil {
			b = strconv.AppendInt(append(b, " port "...), *e.Port, 10)
		}
	default:
		b = append(append(append(b, e.Kind...), ' '), e.Event...)
		for i, c := range b {
			if c == '_' {
				b[i] = ' '
			}
		}
		for _, s := range [...]string{string(e.Process), string(e.Command), string(e.Path), string(e.Admin), e.Restriction, e.VerifiedBoot, e.Key, e.Subject, e.Reason, e.BSSID, e.MAC} {
			if s != "" {
				b = append(append(b, ' '), s...)
			}
		}
		if e.Process == "" && e.App != "" {
			b = append(append(b, ' '), e.App...)
		}
		if e.Success != nil && !*e.Success {
			b = append(b, ", failed"...)
		}
	}
	return record.Line(string(b))
}

// intrusionList appends addresses after a text, nothing if there are none.
func intrusionList(b []byte, list []record.IP, before string) []byte {
	for i, ip := range list {
		if i > 0 {
			before = ", "
		}
		b = append(append(b, before...), ip...)
	}
	return b
}

func intrusionParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if other := intrusionWithin(in); other != "" {
			in.Note(evidence.ContentRepeated(in.Path, other))
			return
		}
		stop := errors.New("stop")
		var d intrusionEvent
		err := intrusionlog.Read(io.NewSectionReader(in.File, 0, in.Size), func(e *intrusionlog.Event, err error) error {
			rec := record.Record{}
			if err == nil {
				intrusionData(&d, e)
				rec = in.Record(record.Origin{Row: int64(e.Line), Offset: e.Offset}, d)
			}
			if !yield(rec, err) {
				return stop
			}
			return nil
		})
		if err != nil && err != stop {
			yield(record.Record{}, err)
		}
	}
}

// intrusionWithin returns the path of another file of the same name that holds the
// whole content of this one, "" if there is none: the first of equal ones is read,
// and a longer one that begins so.
func intrusionWithin(in *artifact.Input) string {
	base := func(at string) string { return at[strings.LastIndexAny(at, "/:")+1:] }
	var others []string
	_ = in.Source.WalkFiles(func(at string, size int64) error { // what cannot be listed is noted elsewhere
		if at != in.Path && base(at) == base(in.Path) && (size > in.Size || size == in.Size && at < in.Path) {
			others = append(others, at)
		}
		return nil
	})
	for _, at := range others {
		if intrusionBegins(in, at) {
			return at
		}
	}
	return ""
}

// intrusionBegins reports whether the file at a path begins with the content of
// this one.
func intrusionBegins(in *artifact.Input, at string) bool {
	f, err := in.Source.Open(at)
	if err != nil || in.Size == 0 {
		return false
	}
	defer f.Close()
	var a, b [32 << 10]byte
	for off := int64(0); off < in.Size; off += int64(len(a)) {
		n := min(int64(len(a)), in.Size-off)
		na, _ := in.File.ReadAt(a[:n], off)
		nb, _ := f.ReadAt(b[:n], off)
		if int64(na) < n || int64(nb) < n || !bytes.Equal(a[:n], b[:n]) {
			return false
		}
	}
	return true
}

// intrusionKinds names the kinds of event.
var intrusionKinds = map[string]string{intrusionlog.KindDNS: "dns", intrusionlog.KindConnect: "connect", intrusionlog.KindSecurity: "security"}

// intrusionData sets d to what an event says.
func intrusionData(d *intrusionEvent, e *intrusionlog.Event) {
	*d = intrusionEvent{Kind: intrusionKinds[e.Kind], Event: e.Tag, ID: e.ID}
	if d.Kind == "" {
		d.Kind = e.Kind
	}
	const perMilli = 1e6
	if e.Kind == intrusionlog.KindSecurity {
		d.Time = epoch.UnixNano(e.Time)
	} else {
		d.Time = epoch.UnixMilli(e.Time / perMilli)
	}
	switch b := e.Body.(type) {
	case *intrusionlog.DNS:
		d.App, d.Host, d.Total = record.App(b.Package), record.Domain(b.Host), b.Count
		if len(b.Addresses) > 0 {
			d.Addresses = make([]record.IP, 0, len(b.Addresses))
		}
		for _, a := range b.Addresses {
			host, ip := intrusionlog.Address(a)
			d.Addresses = append(d.Addresses, record.IP(ip))
			if host != "" && host != b.Host {
				d.Other = append(d.Other, record.KV{Key: "ip_addresses", Value: a})
			}
		}
	case *intrusionlog.Connect:
		host, ip := intrusionlog.Address(b.Address)
		d.App, d.Host, d.Port = record.App(b.Package), record.Domain(host), b.Port
		if ip != "" {
			d.Addresses = []record.IP{record.IP(ip)}
		}
	case *intrusionlog.Process:
		name, _, _ := strings.Cut(b.Process, ":")
		d.App, d.Process, d.APK, d.SEInfo = record.App(name), record.Process(b.Process), record.Hash(b.SHA256), b.SEInfo
		d.PID, d.UID = b.PID, b.UID
		if b.Started != nil {
			d.Started = epoch.UnixMilli(*b.Started)
		}
	case *intrusionlog.Package:
		d.App, d.Version, d.User = record.App(b.Package), b.Version, b.User
	case *intrusionlog.Policy:
		intrusionPolicy(d, b)
	default:
		intrusionDevice(d, e.Body)
	}
	for _, v := range e.Rest {
		d.Other = append(d.Other, record.KV{Key: v.Key, Value: string(v.Raw)})
	}
}

// intrusionDevice describes an event that concerns neither network, app nor
// policy.
func intrusionDevice(d *intrusionEvent, body any) {
	switch b := body.(type) {
	case *intrusionlog.Command:
		d.Command = record.Text(b.Command)
	case *intrusionlog.Transfer:
		d.Path = record.Path(b.Path)
	case *intrusionlog.Attempt:
		d.Success = b.Success
		if b.Method != nil {
			d.Method = record.Name(*b.Method, "weak", "strong")
		}
	case *intrusionlog.Boot:
		d.VerifiedBoot, d.Verity = b.VerifiedBoot, b.Verity
	case *intrusionlog.Media:
		d.Path, d.Volume = record.Path(b.MountPoint), b.Label
	case *intrusionlog.KeyUse:
		d.Success, d.Key, d.UID = b.Success, b.Key, b.UID
	case *intrusionlog.Authority:
		d.Success, d.Subject, d.User = b.Success, b.Subject, b.User
	case *intrusionlog.SelfTest:
		d.Success = b.Success
	case *intrusionlog.Failure:
		d.Reason = b.Reason
	case *intrusionlog.Password:
		d.User = b.User
		intrusionNumber(d, "complexity", b.Complexity)
	case *intrusionlog.WiFi:
		d.BSSID, d.WiFi, d.Reason = b.BSSID, b.Event, b.Reason
	case *intrusionlog.Bluetooth:
		d.MAC, d.Success, d.Reason = b.Address, b.Success, b.Reason
	}
}

// intrusionPolicy describes a policy that an administrator set.
func intrusionPolicy(d *intrusionEvent, b *intrusionlog.Policy) {
	d.Admin, d.AdminUser, d.User = record.App(b.Admin), b.AdminUser, b.TargetUser
	d.Restriction, d.Enabled, d.Disabled = b.Restriction, b.Enabled, b.Disabled
	intrusionNumber(d, "timeout_ms", b.Timeout)
	intrusionNumber(d, "length", b.Length)
	intrusionNumber(d, "quality", b.Quality)
	intrusionNumber(d, "letters", b.Letters)
	intrusionNumber(d, "non_letters", b.NonLetters)
	intrusionNumber(d, "digits", b.Digits)
	intrusionNumber(d, "uppercase", b.Uppercase)
	intrusionNumber(d, "lowercase", b.Lowercase)
	intrusionNumber(d, "symbols", b.Symbols)
	intrusionNumber(d, "max_attempts", b.MaxAttempts)
	intrusionNumber(d, "disabled_features", b.DisabledFeatures)
	intrusionNumber(d, "complexity", b.Complexity)
}

func intrusionNumber(d *intrusionEvent, key string, n *int64) {
	if n != nil {
		d.Policy = append(d.Policy, record.KV{Key: key, Value: strconv.FormatInt(*n, 10)})
	}
}
