// Package epoch converts the clock values found on phones to [record.Time].
//
// In every conversion zero means "not set" and gives the zero Time, and a value
// that is no plausible instant (before 1970 or after 2100) gives a Time without
// an instant that keeps the stored value.
package epoch

import (
	"math"
	"time"

	"github.com/vigie-project/vigie/record"
)

// Offsets of the epochs from 1970-01-01, in seconds.
const (
	cocoa  = 978307200    // 2001-01-01, Core Data and Foundation
	webkit = -11644473600 // 1601-01-01, Windows and Chromium
	hfs    = -2082844800  // 1904-01-01, HFS+ and QuickTime
)

// latest is the first second that is no plausible instant, 2100-01-01.
const latest = 4102444800

// at returns the instant sec seconds and nsec nanoseconds after 1970.
func at(sec, nsec, raw int64, rule record.Rule) record.Time {
	t := record.Time{Rule: rule, Raw: raw}
	if sec >= 0 && sec < latest {
		t.Time = time.Unix(sec, nsec).UTC()
	}
	return t
}

// scaled converts v units since an epoch, of which per make a second.
func scaled(v, per, epoch int64, rule record.Rule) record.Time {
	if v == 0 {
		return record.Time{}
	}
	sec, rest := v/per, v%per
	if rest < 0 {
		sec, rest = sec-1, rest+per
	}
	if sec > latest*4 || sec < -latest*4 {
		return record.Time{Rule: rule, Raw: v}
	}
	return at(sec+epoch, rest*(1e9/per), v, rule)
}

// Unix converts seconds since 1970-01-01 UTC.
func Unix(sec int64) record.Time { return scaled(sec, 1, 0, record.UnixSec) }

// UnixMilli converts milliseconds since 1970-01-01 UTC.
func UnixMilli(ms int64) record.Time { return scaled(ms, 1e3, 0, record.UnixMilli) }

// UnixMicro converts microseconds since 1970-01-01 UTC.
func UnixMicro(us int64) record.Time { return scaled(us, 1e6, 0, record.UnixMicro) }

// UnixNano converts nanoseconds since 1970-01-01 UTC.
func UnixNano(ns int64) record.Time { return scaled(ns, 1e9, 0, record.UnixNano) }

// UnixReal converts seconds since 1970-01-01 UTC with their fraction.
func UnixReal(sec float64) record.Time { return real(sec, 0, record.UnixReal) }

// Cocoa converts a value of a column that holds a Cocoa time since 2001-01-01
// UTC in a unit that changed between versions: the magnitude tells nanoseconds
// (from 1e17), microseconds (from 1e14), milliseconds (from 1e11) and seconds.
func Cocoa(v int64) record.Time {
	switch a := max(v, -v); {
	case a >= 1e17:
		return CocoaNano(v)
	case a >= 1e14:
		return scaled(v, 1e6, cocoa, record.CocoaMicro)
	case a >= 1e11:
		return scaled(v, 1e3, cocoa, record.CocoaMilli)
	}
	return scaled(v, 1, cocoa, record.CocoaSec)
}

// CocoaNano converts nanoseconds since 2001-01-01 UTC.
func CocoaNano(ns int64) record.Time { return scaled(ns, 1e9, cocoa, record.CocoaNano) }

// CocoaReal converts seconds since 2001-01-01 UTC with their fraction, as Core
// Data and NSDate store them. Values of 1e11 and more are read as [Cocoa] does.
func CocoaReal(sec float64) record.Time {
	if math.Abs(sec) >= 1e11 && math.Abs(sec) < 1<<62 {
		return Cocoa(int64(sec))
	}
	return real(sec, cocoa, record.CocoaReal)
}

// CocoaOrUnix converts seconds of a column that holds Cocoa times on older
// systems and Unix times on newer ones, such as Safari's BrowserState on iOS 26.
// A value that as a Cocoa time would lie after 2032 is read as a Unix time.
func CocoaOrUnix(sec float64) record.Time {
	if sec > cocoa && sec < 1e11 {
		return UnixReal(sec)
	}
	return CocoaReal(sec)
}

// WebKit converts microseconds since 1601-01-01 UTC, as Chromium stores them.
func WebKit(us int64) record.Time { return scaled(us, 1e6, webkit, record.WebKitMicro) }

// HFS converts seconds since 1904-01-01 UTC.
func HFS(sec int64) record.Time { return scaled(sec, 1, hfs, record.HFSSec) }

// Date takes over a date object of a property list, which is UTC. The zero
// time gives the zero Time.
func Date(t time.Time) record.Time {
	if t.IsZero() {
		return record.Time{}
	}
	r := record.Time{Rule: record.AsDate}
	if s := t.Unix(); s >= 0 && s < latest {
		r.Time = t.UTC()
	}
	return r
}

// real converts seconds and their fraction since an epoch.
func real(sec float64, epoch int64, rule record.Rule) record.Time {
	if sec == 0 || math.IsNaN(sec) {
		return record.Time{}
	}
	raw := int64(math.Float64bits(sec))
	if math.IsInf(sec, 0) || math.Abs(sec) > latest*4 {
		return record.Time{Rule: rule, Raw: raw}
	}
	whole := math.Floor(sec)
	// A float64 of this size resolves about 0.1 µs: finer digits are noise.
	micro := int64(math.Round((sec - whole) * 1e6))
	return at(int64(whole)+epoch+micro/1e6, micro%1e6*1e3, raw, rule)
}
