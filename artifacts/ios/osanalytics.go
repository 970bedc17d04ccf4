package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// OSAnalytics reads the network counters that the diagnostics service keeps for processes.
var OSAnalytics = artifact.Parser{
	ID:    "ios.osanalytics",
	Title: lang.Text{EN: "Daily analytics: network use by process", FR: "Analyses quotidiennes : réseau par processus"},
	Doc: `The diagnostics service compares network counters once a day and keeps the last
values for each process in com.apple.osanalytics.addaily.plist, over Wi-Fi too, which
DataUsage.sqlite in a backup does not count. Names of processes of Pegasus and of
Operation Triangulation were found here. An entry stays for as long as the file does.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Preferences/com.apple.osanalytics.addaily.plist"},
	},
	Record: osAnalytics{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#os_analytics_ad_dailyjson",
		"https://securelist.com/find-the-triangulation-utility/109867/",
	},
	Parse: from.Plist(osAnalyticsRead),
}

// osAnalytics is one process of netUsageBaseline, or another key of the file.
type osAnalytics struct {
	Time    record.Time    `json:"time"`               // element 0 of the entry, UTC: when the counters were taken; or the value of another key that is a date
	Process record.Process `json:"process,omitempty"`  // key in netUsageBaseline
	WiFiIn  *float64       `json:"wifi_in,omitempty"`  // element 1, bytes
	WiFiOut *float64       `json:"wifi_out,omitempty"` // element 2, bytes
	WWANIn  *float64       `json:"wwan_in,omitempty"`  // element 3, bytes over the mobile network
	WWANOut *float64       `json:"wwan_out,omitempty"` // element 4, bytes

	Key    string      `json:"key,omitempty"`    // any other key of the file
	Value  record.Text `json:"value,omitempty"`  // its value
	Values []record.KV `json:"values,omitempty"` // values within it, and elements of an entry beyond the fifth
}

// String implements [record.Data].
func (a osAnalytics) String() string {
	if a.Key != "" {
		return record.Line(from.SettingLine(a.Key, string(a.Value), a.Values))
	}
	sum := func(a, b *float64) (n float64) {
		if a != nil {
			n += *a
		}
		if b != nil {
			n += *b
		}
		return n
	}
	return record.Line(fmt.Sprintf("network use of %s: Wi-Fi %.0f, mobile %.0f bytes", a.Process, sum(a.WiFiIn, a.WiFiOut), sum(a.WWANIn, a.WWANOut)))
}

func osAnalyticsRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read analytics: root is %s, not dict", root.Kind()))
		return
	}
	for key, v := range root.Items() {
		if key == "netUsageBaseline" && v.Kind() == plist.Dict {
			for process, entry := range v.Items() {
				if !yield(in.Record(from.At(key+"/"+process, 0, entry), osAnalyticsEntry(process, entry)), nil) {
					return
				}
			}
			continue
		}
		s, err := from.NewSetting(key, v)
		a := osAnalytics{Key: key, Value: record.Text(s.Value), Values: s.Values, Time: s.Time}
		if !yield(in.Record(from.At(key, 0, v), a), nil) || err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

// osAnalyticsEntry reads the list of a process: a date and four counters.
func osAnalyticsEntry(process string, v plist.Value) osAnalytics {
	number := func(i int) *float64 {
		switch e := v.Index(i); e.Kind() {
		case plist.Int, plist.Uint, plist.Real:
			n := e.Float()
			return &n
		}
		return nil
	}
	a := osAnalytics{
		Process: record.Process(process), Time: epoch.Date(v.Index(0).Time()),
		WiFiIn: number(1), WiFiOut: number(2), WWANIn: number(3), WWANOut: number(4),
	}
	if v.Kind() != plist.Array || v.Len() > 5 {
		a.Values, _ = from.Leaves(v)
	}
	return a
}
