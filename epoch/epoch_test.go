package epoch_test

import (
	"math"
	"testing"

	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/record"
)

func TestConversions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		got  record.Time
		want string // "" for no instant
		rule record.Rule
		raw  string
	}{
		{"zero is not set", epoch.Unix(0), "", record.NoRule, ""},
		{"unix", epoch.Unix(1700000000), "2023-11-14T22:13:20Z", record.UnixSec, "1700000000"},
		{"unix milliseconds", epoch.UnixMilli(1700000000123), "2023-11-14T22:13:20.123Z", record.UnixMilli, "1700000000123"},
		{"unix microseconds", epoch.UnixMicro(1700000000123456), "2023-11-14T22:13:20.123456Z", record.UnixMicro, "1700000000123456"},
		{"unix nanoseconds", epoch.UnixNano(1700000000123456789), "2023-11-14T22:13:20.123456789Z", record.UnixNano, "1700000000123456789"},
		{"unix real", epoch.UnixReal(1700000000.5), "2023-11-14T22:13:20.5Z", record.UnixReal, "1700000000.5"},
		{"before 1970 is kept", epoch.Unix(-5), "", record.UnixSec, "-5"},
		{"after 2100 is kept", epoch.Unix(5e9), "", record.UnixSec, "5000000000"},
		{"largest", epoch.Unix(math.MaxInt64), "", record.UnixSec, "9223372036854775807"},
		{"smallest", epoch.CocoaNano(math.MinInt64), "", record.CocoaNano, "-9223372036854775808"},
		{"cocoa nanoseconds, 18 digits", epoch.Cocoa(628000000123456789), "2020-11-25T12:26:40.123456789Z", record.CocoaNano, "628000000123456789"},
		{"cocoa nanoseconds, 19 digits", epoch.Cocoa(1100000000000000001), "2035-11-10T11:33:20.000000001Z", record.CocoaNano, "1100000000000000001"},
		{"cocoa seconds", epoch.Cocoa(628000000), "2020-11-25T12:26:40Z", record.CocoaSec, "628000000"},
		{"cocoa microseconds", epoch.Cocoa(628000000000001), "2020-11-25T12:26:40.000001Z", record.CocoaMicro, "628000000000001"},
		{"cocoa milliseconds", epoch.Cocoa(628000000001), "2020-11-25T12:26:40.001Z", record.CocoaMilli, "628000000001"},
		{"cocoa before its epoch", epoch.Cocoa(-86400), "2000-12-31T00:00:00Z", record.CocoaSec, "-86400"},
		{"cocoa real", epoch.CocoaReal(628000000.25), "2020-11-25T12:26:40.25Z", record.CocoaReal, "628000000.25"},
		{"cocoa real before its epoch", epoch.CocoaReal(-0.5), "2000-12-31T23:59:59.5Z", record.CocoaReal, "-0.5"},
		{"cocoa nanoseconds in a real column", epoch.CocoaReal(6.28e17), "2020-11-25T12:26:40Z", record.CocoaNano, "628000000000000000"},
		{"not a number", epoch.CocoaReal(math.NaN()), "", record.NoRule, ""},
		{"infinite", epoch.CocoaReal(math.Inf(1)), "", record.CocoaReal, "+Inf"},
		{"cocoa column that holds unix", epoch.CocoaOrUnix(1700000000), "2023-11-14T22:13:20Z", record.UnixReal, "1700000000"},
		{"cocoa column that holds cocoa", epoch.CocoaOrUnix(628000000), "2020-11-25T12:26:40Z", record.CocoaReal, "628000000"},
		{"webkit", epoch.WebKit(13344473600123456), "2023-11-14T22:13:20.123456Z", record.WebKitMicro, "13344473600123456"},
		{"hfs", epoch.HFS(3782844800), "2023-11-14T22:13:20Z", record.HFSSec, "3782844800"},
	}
	for _, tt := range tests {
		got := ""
		if !tt.got.IsZero() {
			got = tt.got.Time.Format(record.Instant)
		}
		if got != tt.want || tt.got.Rule != tt.rule || tt.got.RawText() != tt.raw {
			t.Errorf("%s: got %q by %s from %q, want %q by %s from %q", tt.name, got, tt.got.Rule, tt.got.RawText(), tt.want, tt.rule, tt.raw)
		}
	}
}

func FuzzAllValues(f *testing.F) {
	f.Add(int64(1), 1.5)
	f.Add(int64(math.MinInt64), math.Inf(-1))
	f.Add(int64(math.MaxInt64), math.NaN())
	f.Fuzz(func(t *testing.T, v int64, r float64) {
		for _, tm := range []record.Time{epoch.Unix(v), epoch.UnixMilli(v), epoch.UnixMicro(v), epoch.UnixNano(v), epoch.Cocoa(v),
			epoch.CocoaNano(v), epoch.WebKit(v), epoch.HFS(v), epoch.CocoaReal(r), epoch.UnixReal(r), epoch.CocoaOrUnix(r)} {
			if y := tm.Year(); !tm.IsZero() && (y < 1970 || y > 2099) {
				t.Errorf("%v from %d or %g is no plausible instant", tm, v, r)
			}
		}
	})
}
