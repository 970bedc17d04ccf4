package ios

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Resets reads reports of restarts that nobody asked for, or that were forced.
var Resets = artifact.Parser{
	ID:    "ios.resets",
	Title: lang.Text{EN: "Unexpected and forced restarts", FR: "Redémarrages inattendus ou forcés"},
	Doc: `When a phone starts after it was not shut down properly, it writes how often that
happened and what the hardware says of the cause (ResetCounter, type 115). ForceReset
(151) is written when the owner holds the buttons until the phone restarts; types 301
and 409 are of memory and the watchdog.

Restarts remove most implants, and exploits of the kernel cause some. Hardware, an
empty battery and iOS itself cause most.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Reset, ips.Stackshot),
	Record: resetsReport{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose", "https://securelist.com/shutdown-log-lightweight-ios-malware-detection-method/111734/"},
	Parse:  from.EachReport(resetsRead, ips.Reset, ips.Stackshot),
}

// resetsReport is one report; the keys are those of its text.
type resetsReport struct {
	Time       record.Time     `json:"time"`                    // Date; else timestamp of the header: when it was written, with offset from UTC
	TimeStored string          `json:"time_stored,omitempty"`   // the time as it is written, if it could not be read
	Kind       string          `json:"kind"`                    // from bug_type: reset counter, forced reset…
	Count      *int64          `json:"count,omitempty"`         // Reset count
	Failures   *int64          `json:"boot_failures,omitempty"` // Boot failure count
	Faults     string          `json:"faults,omitempty"`        // Boot faults: words of the hardware
	Stage      string          `json:"stage,omitempty"`         // Boot stage
	App        string          `json:"app,omitempty"`           // Boot app
	Reason     record.Text     `json:"reason,omitempty"`        // reason, of JSON
	Model      string          `json:"model,omitempty"`         // Hardware Model, product
	System     string          `json:"system,omitempty"`        // OS Version, build
	Incident   string          `json:"incident,omitempty"`      // identifier of the report
	Other      []record.KV     `json:"other,omitempty"`         // other lines
	FileTime   record.WallTime `json:"file_time"`               // in the name of the file: clock of the phone
	Proxied    bool            `json:"proxied,omitempty"`       // of another device, such as a watch
}

// String implements [record.Data].
func (r resetsReport) String() string {
	s := r.Kind
	if r.Count != nil {
		s += fmt.Sprintf(" %d", *r.Count)
	}
	if r.Faults != "" {
		s += ": " + r.Faults
	}
	return record.Line(s)
}

// resetsForced is the type of forced resets; other stackshots are no resets.
const resetsForced = "151"

func resetsRead(r *from.Report, yield func(record.Record, error) bool) {
	if r.Class == ips.Stackshot && r.Type != resetsForced {
		return
	}
	body, err := r.Content()
	if err != nil && r.Class != ips.Stackshot && !yield(record.Record{}, err) { // ios.stackshotprocesses tells
		return
	}
	d := resetsReport{Kind: r.Meaning(), System: r.Text("os_version"), Incident: r.Text("incident_id"), FileTime: r.Wall(), Proxied: r.Proxied()}
	if d.Kind == "" {
		d.Kind = "reset counter"
	}
	date := ""
	if len(body) == 0 && r.Class != ips.Stackshot && !yield(record.Record{}, errors.New("read reset: the report ends after its header")) {
		return
	}
	if ips.IsJSON(body) {
		s, err := ips.DecodeSystem(body)
		if err != nil && r.Class != ips.Stackshot && !yield(record.Record{}, err) {
			return
		}
		date, d.Reason, d.Model, d.Other = s.Time, record.Text(s.Reason), s.Product, from.Pairs(s.Other)
	} else {
		for _, p := range ips.Pairs(body) {
			if p.Key == "Date" || p.Key == "Date/Time" {
				date = p.Value
			} else if !d.set(p.Key, p.Value) {
				d.Other = append(d.Other, record.KV{Key: p.Key, Value: p.Value})
			}
		}
	}
	d.Time, d.TimeStored = r.Time(date)
	yield(r.Input.Record(r.At(), d), nil)
}

// set keeps a line. It returns whether the key has a place.
func (r *resetsReport) set(key, value string) bool {
	switch key {
	case "Reset count", "Reset Count":
		return resetsNumber(&r.Count, value)
	case "Boot failure count", "Boot Failure Count":
		return resetsNumber(&r.Failures, value)
	case "Boot faults", "Boot Faults":
		r.Faults = value
	case "Boot stage", "Boot Stage":
		r.Stage = value
	case "Boot app", "Boot App":
		r.App = value
	case "Incident Identifier":
		r.Incident = value
	case "Hardware Model":
		r.Model = value
	case "OS Version":
		r.System = value
	default:
		return false
	}
	return true
}

func resetsNumber(to **int64, value string) bool {
	n, err := strconv.ParseInt(value, 10, 64)
	if err == nil {
		*to = &n
	}
	return err == nil
}
