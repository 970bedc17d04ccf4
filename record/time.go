package record

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Time is an instant read from evidence, in UTC, with how it was obtained:
// the value as stored, the rule that converted it and where its zone comes
// from. The zero value means that the evidence records no time. A Time whose
// instant is zero but whose rule is set holds a stored value that is no
// plausible instant; it is kept, never dropped.
type Time struct {
	time.Time

	Rule Rule  // how the stored value was read
	Zone Zone  // what makes the instant UTC
	Raw  int64 // the stored number; for rules on reals, the bits of the float64
}

// Rule says how a stored value became an instant.
type Rule uint8

// The rules. Names say epoch and unit.
const (
	NoRule      Rule = iota
	AsText           // written out as a date in the evidence
	AsDate           // a date object of a property list
	UnixSec          // seconds since 1970-01-01
	UnixMilli        // milliseconds since 1970-01-01
	UnixMicro        // microseconds since 1970-01-01
	UnixNano         // nanoseconds since 1970-01-01
	UnixReal         // seconds since 1970-01-01, as a real number
	CocoaSec         // seconds since 2001-01-01
	CocoaMilli       // milliseconds since 2001-01-01
	CocoaMicro       // microseconds since 2001-01-01
	CocoaNano        // nanoseconds since 2001-01-01
	CocoaReal        // seconds since 2001-01-01, as a real number
	WebKitMicro      // microseconds since 1601-01-01
	HFSSec           // seconds since 1904-01-01
	numRules
)

var ruleNames = [numRules]string{
	"", "text", "date", "unix-s", "unix-ms", "unix-us", "unix-ns", "unix-real",
	"cocoa-s", "cocoa-ms", "cocoa-us", "cocoa-ns", "cocoa-real", "webkit-us", "hfs-s",
}

// String returns the name of the rule, such as "cocoa-ns".
func (r Rule) String() string {
	if r >= numRules {
		return fmt.Sprintf("rule %d", uint8(r))
	}
	return ruleNames[r]
}

// real says whether the rule reads a floating-point number.
func (r Rule) real() bool { return r == UnixReal || r == CocoaReal }

// Zone says what makes an instant UTC.
type Zone uint8

// The provenances of a zone.
const (
	RecordedUTC    Zone = iota // the format stores UTC
	RecordedOffset             // the evidence stores the offset beside the time
	Assumed                    // a zone was assumed for a device clock without one
	Resolved                   // a device clock without zone, with the offset that other files record; see [WallTime]
)

var zoneNames = []string{"utc", "offset", "assumed", "resolved"}

// String returns "utc", "offset", "assumed" or "resolved".
func (z Zone) String() string {
	if int(z) >= len(zoneNames) {
		return fmt.Sprintf("zone %d", uint8(z))
	}
	return zoneNames[z]
}

// IsSet reports whether the evidence records a value, plausible or not.
func (t Time) IsSet() bool { return !t.IsZero() || t.Rule != NoRule }

// RawText returns the number as it is stored, "" if it was no number.
func (t Time) RawText() string { return string(t.appendRaw(nil)) }

// maxPlain is the real number from which an exponent is written.
const maxPlain = 1e18

func (t Time) appendRaw(b []byte) []byte {
	switch {
	case t.Rule == NoRule || t.Rule == AsText || t.Rule == AsDate:
		return b
	case t.Rule.real():
		f, form := math.Float64frombits(uint64(t.Raw)), byte('f')
		if math.Abs(f) >= maxPlain {
			form = 'g'
		}
		return strconv.AppendFloat(b, f, form, -1, 64)
	}
	return strconv.AppendInt(b, t.Raw, 10)
}

// Instant is the layout of instants in JSON: RFC 3339 in UTC with as many
// fractional digits as are needed.
const Instant = "2006-01-02T15:04:05.999999999Z"

// AppendJSON appends null, or an object with the instant ("utc"), the rule and
// the stored number ("raw"), and the zone unless it is recorded in UTC.
func (t Time) AppendJSON(b []byte) []byte {
	if !t.IsSet() {
		return append(b, "null"...)
	}
	b = append(b, `{"utc":`...)
	if t.IsZero() {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = AppendInstant(b, t.Time)
		b = append(b, '"')
	}
	if t.Rule != NoRule {
		b = append(append(append(b, `,"rule":"`...), t.Rule.String()...), '"')
		if t.Rule != AsText && t.Rule != AsDate {
			b = append(t.appendRaw(append(b, `,"raw":"`...)), '"')
		}
	}
	if t.Zone != RecordedUTC {
		b = append(append(append(b, `,"zone":"`...), t.Zone.String()...), '"')
	}
	return append(b, '}')
}

// MarshalJSON implements [json.Marshaler]; see [Time.AppendJSON].
func (t Time) MarshalJSON() ([]byte, error) { return t.AppendJSON(nil), nil }

// UnmarshalJSON reads what [Time.MarshalJSON] writes.
func (t *Time) UnmarshalJSON(data []byte) error {
	var v *struct {
		UTC  *time.Time `json:"utc"`
		Rule string     `json:"rule"`
		Raw  string     `json:"raw"`
		Zone string     `json:"zone"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*t = Time{}
	if v == nil {
		return nil
	}
	if v.UTC != nil {
		t.Time = v.UTC.UTC()
	}
	for i, n := range ruleNames {
		if n == v.Rule {
			t.Rule = Rule(i)
		}
	}
	for i, n := range zoneNames {
		if n == v.Zone {
			t.Zone = Zone(i)
		}
	}
	if v.Raw == "" {
		return nil
	}
	if t.Rule.real() {
		f, err := strconv.ParseFloat(v.Raw, 64)
		t.Raw = int64(math.Float64bits(f))
		return err
	}
	var err error
	t.Raw, err = strconv.ParseInt(v.Raw, 10, 64)
	return err
}
