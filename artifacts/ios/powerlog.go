package ios

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// PowerLog reads what processes and apps did, as the log of energy use notes it.
var PowerLog = artifact.Parser{
	ID:    "ios.powerlog",
	Title: lang.Text{EN: "Processes and apps (PowerLog)", FR: "Processus et apps (PowerLog)"},
	Doc: `powerlogd explains the use of the battery in a database with hundreds of tables: each
process that started, with its number; network use and processor time by process, daemons
included; apps in front, installed and deleted; camera, microphone and location; pushes
received. It keeps three days to some weeks, and archives of older days. This reads every
table that names processes or apps, and those on the configuration, the clock and the use
of camera and sound. Processes without a bundle that use the network, and the camera or
the microphone while the screen is off, deserve a look. The log has a clock of its own:
a table says how far it is from the clock of the phone, and each time is corrected with
the row that was valid then, or the first one. Names and columns change with versions.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/BatteryLife/CurrentPowerlog.PLSQL"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/BatteryLife/Archives/*.PLSQL"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/containers/Shared/SystemGroup/*/Library/BatteryLife/Archives/*.PLSQL.gz"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/BatteryLife/CurrentPowerlog.PLSQL"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/BatteryLife/Archives/*.PLSQL*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/powerlogs/*.PLSQL"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/powerlogs/*.PLSQL.gz"},
	},
	Record: powerLogEvent{},
	Refs: []string{
		"https://github.com/mac4n6/APOLLO",
		"https://www.mac4n6.com/blog/2018/12/5/knowledge-is-power-ii-a-day-in-the-life-of-my-iphone-using-knowledgec-apollo",
	},
	Parse: powerLogParse,
}

// powerLogEvent is one row of a table. Tables whose names end with "_Dynamic" or
// "_Array_…" have the times of the rows that they belong to.
type powerLogEvent struct {
	Time record.Time `json:"time"` // column timestamp, seconds since 1970 by the clock of the log, corrected by Shift
	End  record.Time `json:"end"`  // column timestampEnd, as above

	Table   string         `json:"table"`             // name of the table
	Process record.Process `json:"process,omitempty"` // columns ProcessName, LaunchdName, Executable, clientName…
	App     record.App     `json:"app,omitempty"`     // columns BundleID, BundleId, bundleID, BundleName, Identifier, AppBundleId…
	PID     *int64         `json:"pid,omitempty"`     // columns PID, pid, ProcessPID, clientPID: process identifier
	URL     record.URL     `json:"url,omitempty"`     // column errorFailingURL
	Host    record.Domain  `json:"host,omitempty"`    // column ServerHostname
	IP      record.IP      `json:"ip,omitempty"`      // columns RemoteAddress, ServerIP
	Deleted record.Time    `json:"deleted"`           // columns AppDeletedDate, PluginDeletedDate, seconds since 1970 UTC
	Booted  record.Time    `json:"booted"`            // column DeviceBootTime, seconds since 1970 by the clock of the log, corrected by Shift
	Values  []record.KV    `json:"values,omitempty"`  // other columns that are not NULL
	Logged  float64        `json:"logged"`            // column timestamp as stored
	Shift   float64        `json:"shift"`             // seconds added to times: column system of PLStorageOperator_EventForward_TimeOffset
}

// String implements [record.Data].
func (p powerLogEvent) String() string {
	_, table, _ := strings.Cut(p.Table, "PL")
	return record.Line(from.SettingLine(fmt.Sprintf("%s: %s %s", table, p.Process, p.App), "", p.Values))
}

// powerLogOffsets is the table of how far the clock of the log is from that of
// the phone.
const powerLogOffsets = "PLStorageOperator_EventForward_TimeOffset"

// The columns that have fields, in the order in which they are tried.
var (
	powerLogProcess = []string{"ProcessName", "LaunchdName", "AppExecutable", "PluginExecutableName", "Executable", "clientName", "ThreadName", "ApplicationName", "Client"}
	powerLogApp     = []string{"BundleID", "BundleId", "bundleID", "bundleId", "AppBundleId", "AppBundleID", "BundleName", "Identifier", "applicationBundleID",
		"PluginId", "application", "NotificationBundleID"}
	powerLogPID = []string{"PID", "pid", "ProcessPID", "clientPID", "Process-ID"}
)

// powerLogTables are tables without such columns that are read too, without the
// numbers that some versions put at the end of names.
var powerLogTables = []string{powerLogOffsets, "PLConfigAgent_EventNone_Config", "PLLocaleAgent_EventForward_TimeZone",
	"PLCameraAgent_EventForward_Camera", "PLCameraAgent_EventForward_BackCamera", "PLCameraAgent_EventForward_FrontCamera", "PLCameraAgent_EventForward_Torch",
	"PLAudioAgent_EventForward_Routing", "PLSpringBoardAgent_EventForward_SBLock", "PLSpringBoardAgent_EventPoint_SBAutoLock",
	"PLScreenStateAgent_EventPoint_BacklightEvent", "PLXPCAgent_EventForward_InCallService"}

// powerLogSkipped are tables that name identifiers of something else, or that
// say about assertions what would be most of the records.
var powerLogSkipped = []string{"PLStorageOperator_EventNone_Activity", "PLPowerAssertionAgent_EventForward_Assertion"}

func powerLogParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if ctx.Err() != nil {
			return
		}
		in, err := from.Gunzip(in)
		if err != nil && !yield(record.Record{}, err) || in.Size == 0 {
			return
		}
		from.Database(in, yield, func(db *sqlite.DB) bool {
			clock, more := powerLogClockOf(db, yield)
			if !more {
				return false
			}
			for _, t := range db.Tables() {
				if ctx.Err() != nil {
					return false
				}
				if powerLogWanted(t) && !powerLogTable(in, db, t, clock, yield) {
					return false
				}
			}
			return true
		})
	}
}

// powerLogWanted reports whether a table is read.
func powerLogWanted(t sqlite.Table) bool {
	if !strings.HasPrefix(t.Name, "PL") || slices.Contains(powerLogSkipped, t.Name) {
		return false
	}
	if slices.Contains(powerLogTables, strings.TrimRight(t.Name, "_0123456789")) {
		return true
	}
	for _, names := range [][]string{powerLogProcess, powerLogApp} {
		for _, name := range names {
			if c, ok := t.Column(name); ok && c.Name == name {
				return true
			}
		}
	}
	return false
}

// powerLogTable yields the rows of a table.
func powerLogTable(in *artifact.Input, db *sqlite.DB, t sqlite.Table, clock powerLogClock, yield func(record.Record, error) bool) bool {
	parents := map[int64]powerLogEvent{}
	name, more := powerLogParent(t.Name), true
	if name != "" {
		if parents, more = from.Join(db, name, yield, func(r sqlite.Row) (int64, powerLogEvent) {
			e := powerLogEvent{}
			e.times(r, clock)
			return r.ID, e
		}); !more {
			return false
		}
	}
	return from.Rows(in, db, t.Name, yield, func(r sqlite.Row) (powerLogEvent, bool) {
		e := powerLogEvent{}
		if name != "" {
			e = parents[r.Int("FK_ID")]
		} else {
			e.times(r, clock)
		}
		e.Table = t.Name
		e.row(r)
		return e, true
	})
}

// powerLogParent returns the table that the rows of a table belong to, or "".
func powerLogParent(name string) string {
	if before, ok := strings.CutSuffix(name, "_Dynamic"); ok {
		return before
	}
	before, _, ok := strings.Cut(name, "_Array_")
	if !ok {
		return ""
	}
	return before
}

// times takes over the times of a row.
func (e *powerLogEvent) times(r sqlite.Row, clock powerLogClock) {
	e.Logged = r.Float("timestamp")
	e.Shift = clock.at(e.Logged)
	e.Time = epoch.UnixReal(e.Logged + e.Shift)
	if end := r.Float("timestampEnd"); end != 0 {
		e.End = epoch.UnixReal(end + clock.at(end))
	}
	if boot := r.Float("DeviceBootTime"); boot != 0 {
		e.Booted = epoch.UnixReal(boot + e.Shift)
	}
}

// row takes over the other columns of a row.
func (e *powerLogEvent) row(r sqlite.Row) {
	used := []string{"ID", "FK_ID", "timestamp", "timestampEnd", "DeviceBootTime", "errorFailingURL", "ServerHostname", "RemoteAddress", "ServerIP",
		"AppDeletedDate", "PluginDeletedDate"}
	first := func(names []string) (v sqlite.Value) {
		for _, name := range names {
			if !r.IsNull(name) && r.Text(name) != "" {
				used = append(used, name)
				return r.Value(name)
			}
		}
		return v
	}
	e.Process, e.App = record.Process(first(powerLogProcess).Text()), record.App(first(powerLogApp).Text())
	if pid := first(powerLogPID); !pid.IsNull() {
		n := pid.Int()
		e.PID = &n
	}
	e.URL, e.Host = record.URL(r.Text("errorFailingURL")), record.Domain(r.Text("ServerHostname"))
	if e.IP = record.IP(r.Text("RemoteAddress")); e.IP == "" {
		e.IP = record.IP(r.Text("ServerIP"))
	}
	if e.Deleted = epoch.UnixReal(r.Float("AppDeletedDate")); !e.Deleted.IsSet() {
		e.Deleted = epoch.UnixReal(r.Float("PluginDeletedDate"))
	}
	for _, kv := range from.RowRest(r, used...) {
		if !slices.ContainsFunc(used, func(name string) bool { return strings.EqualFold(name, kv.Key) }) {
			e.Values = append(e.Values, kv)
		}
	}
}

// A powerLogClock says how far the clock of the log is from that of the phone.
type powerLogClock []powerLogStep

// A powerLogStep is valid from a time of the log on.
type powerLogStep struct{ from, shift float64 }

// powerLogClockOf reads the table of offsets.
func powerLogClockOf(db *sqlite.DB, yield func(record.Record, error) bool) (powerLogClock, bool) {
	table := powerLogOffsets
	for _, t := range db.Tables() {
		if strings.TrimRight(t.Name, "_0123456789") == powerLogOffsets {
			table = t.Name
		}
	}
	steps, more := from.Join(db, table, yield, func(r sqlite.Row) (int64, powerLogStep) {
		return r.ID, powerLogStep{r.Float("timestamp"), r.Float("system")}
	})
	var clock powerLogClock
	for _, s := range steps {
		clock = append(clock, s)
	}
	sort.Slice(clock, func(i, j int) bool {
		if clock[i].from != clock[j].from {
			return clock[i].from < clock[j].from
		}
		return clock[i].shift < clock[j].shift
	})
	return clock, more
}

// at returns the offset that was valid at a time, the first one before it, and 0
// if there is none at all.
func (c powerLogClock) at(logged float64) float64 {
	i := sort.Search(len(c), func(i int) bool { return c[i].from > logged })
	if i > 0 {
		return c[i-1].shift
	}
	if len(c) > 0 {
		return c[0].shift
	}
	return 0
}
