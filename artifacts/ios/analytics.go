package ios

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Analytics reads events that iOS counts about itself.
var Analytics = artifact.Parser{
	ID:    "ios.analytics",
	Title: lang.Text{EN: "Analytics of iOS", FR: "Statistiques d'iOS"},
	Doc: `CoreAnalytics counts events in all of iOS and writes them down about once a day
(Analytics-….ips.ca.synced, type 211), whether or not the owner shares them with Apple.
Parts concerned with security write their own (SFA-…, types 224 to 236): trust of
certificates, keychain, key transparency. Files stay for weeks and are rarely removed.

Events name processes that started, crashed or used the network, and their first lines
say which version of iOS was running. An event is a record here if it names a process,
a program, an app, a path or a host, or if it is of the security parts; the others are
counted, with their names, in one record for each file. Times are those of the file,
except of security events, which have their own.`,
	Inputs: from.Reports(),
	Sorts:  from.ReportsOf(ips.Analytics, ips.Events),
	Record: analyticsEvent{},
	Refs: []string{
		"https://github.com/EC-DIGIT-CSIRC/sysdiagnose",
		"https://github.com/mvt-project/mvt/blob/main/src/mvt/ios/modules/fs/analytics.py",
	},
	Parse: from.EachReport(analyticsRead, ips.Analytics, ips.Events),
}

// analyticsEvent is one event, or what a file says of itself.
type analyticsEvent struct {
	Time       record.Time      `json:"time"`                  // event: eventTime, milliseconds since 1970 UTC; file: timestamp of the header or startTimestamp, with offset
	TimeStored string           `json:"time_stored,omitempty"` // the time as it is written, if it could not be read
	Posted     record.Time      `json:"posted"`                // postTime of the document of the event: milliseconds since 1970 UTC
	Kind       string           `json:"kind"`                  // event, security event, or file
	Name       string           `json:"name,omitempty"`        // name; eventType
	Processes  []record.Process `json:"processes,omitempty"`   // members whose key is that of a process
	Apps       []record.App     `json:"apps,omitempty"`        // members whose key is that of an app
	Paths      []record.Path    `json:"paths,omitempty"`       // members that are absolute paths
	Hosts      []record.Domain  `json:"hosts,omitempty"`       // members whose key is that of a host
	Values     []record.KV      `json:"values,omitempty"`      // all members of the event
	Version    string           `json:"version,omitempty"`     // os_version of the header
	Others     int64            `json:"others,omitempty"`      // file: events that are no records
	OtherNames []string         `json:"other_names,omitempty"` // file: their names, each once
	Proxied    bool             `json:"proxied,omitempty"`     // of another device, such as a watch
}

// String implements [record.Data].
func (e analyticsEvent) String() string {
	s := "analytics " + e.Kind
	if e.Name != "" {
		s += " " + e.Name
	}
	for _, p := range e.Processes {
		s += " " + string(p)
	}
	if e.Kind == "file" {
		s += fmt.Sprintf(" of %s, %d other events", e.Version, e.Others)
	}
	return record.Line(s)
}

// Limits of one file.
const (
	analyticsMaxLine  = 4 << 20 // bytes of one event
	analyticsMaxNames = 2000    // names of other events
	analyticsMaxLists = 64      // values of one list of a record
)

// analyticsReader reads one file.
type analyticsReader struct {
	r     *from.Report
	yield func(record.Record, error) bool
	file  analyticsEvent
	names map[string]bool
	base  analyticsEvent // what all events of the file have
}

func analyticsRead(r *from.Report, yield func(record.Record, error) bool) {
	a := &analyticsReader{r: r, yield: yield, names: map[string]bool{}}
	a.base = analyticsEvent{Version: r.Text("os_version"), Proxied: r.Proxied()}
	a.base.Time, a.base.TimeStored = r.Time()
	a.file = a.base
	a.file.Kind = "file"
	for key, v := range r.Header.Members() {
		a.file.Values = append(a.file.Values, record.KV{Key: key, Value: v.Text()})
	}
	read := a.lines
	if r.Class == ips.Events {
		read = a.documents
	}
	if read() {
		yield(r.Input.Record(record.Origin{Row: 1}, a.file), nil)
	}
}

// lines reads events, one on each line. It returns whether to go on.
func (a *analyticsReader) lines() bool {
	var long []byte // pieces of a line
	piece := int64(0)
	for l, err := range lines.NewReader(a.r.Body()).All() {
		if err != nil {
			return a.yield(record.Record{}, fmt.Errorf("read analytics: %w", err))
		}
		row := int64(l.Number)
		if a.r.Start > 0 {
			row++
		}
		text := l.Text
		if l.Cut && len(l.Text) >= lines.Max || len(long) > 0 && row == piece {
			if piece = row; len(long) < analyticsMaxLine {
				long = append(long, l.Text...)
			}
			if l.Cut && len(l.Text) >= lines.Max {
				continue
			}
			text = long
		}
		if len(strings.TrimSpace(string(text[:min(len(text), 16)]))) > 0 && !a.line(text, row) {
			return false
		}
		long = long[:0]
	}
	return true
}

func (a *analyticsReader) line(text []byte, row int64) bool {
	v := ips.Value(strings.TrimSpace(string(text)))
	if !v.IsObject() || !json.Valid(v) {
		return a.yield(record.Record{}, fmt.Errorf("read analytics, line %d: no event: %q", row, record.Line(string(text[:min(len(text), 60)]))))
	}
	if v.Get("_marker").Exists() {
		leaves, _ := v.Leaves("")
		a.file.Values = append(a.file.Values, from.Pairs(leaves)...)
		for _, key := range []string{"startTimestamp", "timestamp"} {
			if t, stored := a.r.Time(v.Get(key).Text()); stored == "" && v.Get(key).Exists() {
				a.base.Time = t
			}
		}
		return true
	}
	e := a.base
	e.Kind, e.Name = "event", v.Get("name").Text()
	e.values(v)
	if len(e.Processes)+len(e.Apps)+len(e.Paths)+len(e.Hosts) > 0 {
		return a.yield(a.r.Input.Record(record.Origin{Row: row}, e), nil)
	}
	a.file.Others++
	if !a.names[e.Name] && len(a.names) < analyticsMaxNames {
		a.names[e.Name] = true
		a.file.OtherNames = append(a.file.OtherNames, e.Name)
	}
	return true
}

// documents reads documents of security events, one after another.
func (a *analyticsReader) documents() bool {
	body, err := a.r.Content()
	if err != nil && err != io.EOF && !a.yield(record.Record{}, err) {
		return false
	}
	n, row := 0, int64(0)
	for doc := range ips.Values(body) {
		if n++; !doc.IsObject() || !json.Valid(doc) {
			if !a.yield(record.Record{}, fmt.Errorf("read analytics, document %d: damaged", n)) {
				return false
			}
		}
		if !doc.IsObject() {
			return true // the rest is no document either
		}
		posted := record.Time{}
		if ms, ok := doc.Get("postTime").Int(); ok {
			posted = epoch.UnixMilli(ms)
		}
		for v := range doc.Get("events").Items() {
			row++
			e := a.base
			e.Kind, e.Name, e.Posted = "security event", v.Get("eventType").Text(), posted
			if ms, ok := v.Get("eventTime").Int(); ok {
				e.Time, e.TimeStored = epoch.UnixMilli(ms), ""
			}
			if e.values(v); len(e.Values) == 0 {
				continue // cut, and that was said
			}
			if !a.yield(a.r.Input.Record(record.Origin{Table: "events", Row: row}, e), nil) {
				return false
			}
		}
	}
	return true
}

// values keeps the members of an event, those of its message under their own names,
// and finds what can be compared in them.
func (e *analyticsEvent) values(v ips.Value) {
	for key, m := range v.Members() {
		if key == "message" && m.IsObject() {
			key = ""
		}
		leaves, _ := m.Leaves(key)
		for _, kv := range leaves {
			e.Values = append(e.Values, record.KV{Key: kv.Key, Value: kv.Value})
			e.sort(kv)
		}
	}
}

// Keys of what an event names, in lower case and without "_".
var (
	analyticsProcess = []string{"process", "processname", "procname", "proc", "daemon", "daemonname", "executable", "executablename", "clientname", "clientprocess", "processpath", "coalition", "coalitionname", "responsibleprocess", "parentprocess"}
	analyticsApp     = []string{"bundleid", "bundleidentifier", "appbundleid", "app", "appid", "appidentifier", "bundle", "clientbundleid", "clientbundleidentifier", "sourceapp", "applicationidentifier", "appdescription"}
	analyticsHost    = []string{"host", "hostname", "domain", "domainname", "server", "servername"}
)

// sort keeps a value of which the key says what it is.
func (e *analyticsEvent) sort(kv ips.Pair) {
	if kv.Value == "" || len(kv.Value) > 1024 {
		return
	}
	key := strings.ToLower(strings.ReplaceAll(kv.Key[strings.LastIndexByte(kv.Key, '/')+1:], "_", ""))
	switch {
	case strings.HasPrefix(kv.Value, "/") && strings.Count(kv.Value, "/") > 1:
		if len(e.Paths) < analyticsMaxLists {
			e.Paths = append(e.Paths, record.Path(kv.Value))
		}
	case slices.Contains(analyticsProcess, key):
		if len(e.Processes) < analyticsMaxLists {
			e.Processes = append(e.Processes, record.Process(kv.Value))
		}
	case slices.Contains(analyticsApp, key):
		if len(e.Apps) < analyticsMaxLists {
			e.Apps = append(e.Apps, record.App(kv.Value))
		}
	case slices.Contains(analyticsHost, key) && strings.Contains(kv.Value, "."):
		if len(e.Hosts) < analyticsMaxLists {
			e.Hosts = append(e.Hosts, record.Domain(kv.Value))
		}
	}
}
