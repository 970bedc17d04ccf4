package android

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AppOps reads what apps were allowed to do and last did.
var AppOps = artifact.Parser{
	ID:    "android.appops",
	Title: lang.Text{EN: "App operations", FR: "Opérations des applications"},
	Doc: `The system notes for each app and operation, such as using the camera, the microphone or
the location, installing packages or reading messages, whether it is allowed, and when it
was last done or refused, in each state of the app (shown, in the background). There is one
record for each such use, or one without a time for an operation that was never used. Only
the last use of each kind is kept: earlier ones, and uses of apps since removed, are lost.
Times are those of the clock of the phone; Android 9 and before tell only how long before
the dump it was. Taking an acquisition causes uses by com.android.shell itself.`,
	Inputs: from.Dumpsys("appops"),
	Record: appopsUse{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/appop/AppOpsService.java",
	},
	Parse: from.Dump(appopsUses, appopsRow),
}

// appopsUse is one use of an operation, or an operation that was never used.
type appopsUse struct {
	Time       record.WallTime `json:"time"`                  // Access or Reject; none before Android 10
	App        record.App      `json:"app"`                   // Package; "" for a mode of all packages of the user ID
	UID        string          `json:"uid"`                   // Uid: "1000", "u0a123"
	Op         string          `json:"op"`                    // name of the operation: "RECORD_AUDIO"
	Mode       string          `json:"mode"`                  // "allow", "ignore", "deny", "default", "foreground"; of foregroundOps what is printed: "WATCHER"
	Switch     string          `json:"switch,omitempty"`      // switch: the operation that decides, if it is another one
	SwitchMode string          `json:"switch_mode,omitempty"` // mode of that
	Foreground bool            `json:"foreground,omitempty"`  // listed under foregroundOps
	Use        string          `json:"use"`                   // "access", "reject"; "" if never used
	Running    bool            `json:"running,omitempty"`     // it was going on at the time of the dump
	State      string          `json:"state,omitempty"`       // state of the app: "top", "fgsvc", "fg", "bg", "cch", "pers"
	Flag       string          `json:"flag,omitempty"`        // for whom: "s" itself, "tp", "up" as a proxy, "tpd", "upd" through a proxy
	Tag        string          `json:"tag,omitempty"`         // attribution tag, Android 11 and later
	Ago        float64         `json:"ago,omitempty"`         // seconds before the dump
	Duration   float64         `json:"duration,omitempty"`    // duration in seconds
	Nesting    int64           `json:"nesting,omitempty"`     // how often it was begun without end, if more than once
	Proxy      string          `json:"proxy,omitempty"`       // proxy, as printed
	ProxyApp   record.App      `json:"proxy_app,omitempty"`   // pkg of proxy: the app on whose behalf, or by way of which
}

// String implements [record.Data].
func (u appopsUse) String() string {
	name := string(u.App)
	if name == "" {
		name = "uid " + u.UID
	}
	if u.Use == "" {
		return record.Line(name + " may use " + u.Op + ": " + u.Mode)
	}
	return record.Line(name + " " + u.Op + ": " + u.Use + " (" + u.State + ", mode " + u.Mode + ")")
}

// appopsPair is an operation with one of its uses, nil if it has none.
type appopsPair struct {
	op  dumpsys.AppOp
	use *dumpsys.OpUse
}

func appopsUses(text iter.Seq[lines.Line]) iter.Seq2[appopsPair, error] {
	return func(yield func(appopsPair, error) bool) {
		for op, err := range dumpsys.AppOps(text) {
			if err != nil || len(op.Uses) == 0 {
				if !yield(appopsPair{op: op}, err) {
					return
				}
				continue
			}
			for i := range op.Uses {
				if !yield(appopsPair{op, &op.Uses[i]}, nil) {
					return
				}
			}
		}
	}
}

func appopsRow(p appopsPair) (int, record.Data) {
	op, u := &p.op, p.use
	d := appopsUse{App: record.App(op.Package), UID: op.UID, Op: op.Op, Mode: op.Mode, Switch: op.Switch, SwitchMode: op.SwitchMode, Foreground: op.Foreground}
	if u == nil {
		return op.Line, d
	}
	d.Time, d.State, d.Flag, d.Tag, d.Proxy = record.WallTime{Time: u.Time}, u.State, u.Flag, u.Tag, u.Proxy
	d.Ago, d.Duration, d.Nesting = u.Ago.Seconds(), u.Duration.Seconds(), int64(u.Nesting)
	d.Running = u.Running
	if d.Use = "access"; u.Rejected {
		d.Use = "reject"
	}
	d.ProxyApp = record.App(strings.TrimSpace(dumpsys.Between(u.Proxy+",", "pkg=", ",")))
	return u.Line, d
}
