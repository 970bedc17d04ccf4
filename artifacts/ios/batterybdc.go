package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// BatteryBDC reads tables of the battery.
var BatteryBDC = artifact.Parser{
	ID:    "ios.batterybdc",
	Title: lang.Text{EN: "Data of the battery", FR: "Données de la batterie"},
	Doc: `From iOS 15 a sysdiagnose has tables of the battery, one of each kind and day: charge,
voltage and temperature every few seconds to hours, and when the clock was set. They
show when the phone was charged, and a clock that was changed. Whether TimeStamp is in
UTC or of the clock of the phone is not known, so it stays without a zone. They are many
and tell little about spyware, so they are read only when asked for.`,
	Inputs:  []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/BatteryBDC/*.csv"}},
	Record:  batteryBDCRow{},
	Refs:    []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Private: true,
	Clock:   artifact.OtherClock,
	Parse:   batteryBDCParse,
}

// batteryBDCRow is one row of a table.
type batteryBDCRow struct {
	Clock  record.WallTime `json:"clock"`            // TimeStamp: zone not known
	Set    record.Time     `json:"set"`              // set_system_time, with offset from UTC: the clock was set to it
	Table  string          `json:"table"`            // name of the file without its last two parts
	Values []record.KV     `json:"values,omitempty"` // other columns that are not empty
}

// String implements [record.Data].
func (r batteryBDCRow) String() string {
	return record.Line(fmt.Sprintf("Battery %s: %v", r.Table, r.Values))
}

// Limits of one table.
const (
	batteryBDCMaxSize    = 64 << 20 // bytes that are read
	batteryBDCMaxColumns = 256
)

func batteryBDCParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	table := strings.TrimSuffix(path.Base(in.Path), ".csv")
	for range 2 {
		if i := strings.LastIndexByte(table, '_'); i > 0 {
			table = table[:i]
		}
	}
	if strings.HasPrefix(path.Base(in.Path), ".") {
		return func(func(record.Record, error) bool) {}
	}
	return from.CSV(in, "table", batteryBDCMaxSize, batteryBDCMaxColumns, func(values []record.KV) batteryBDCRow { return batteryBDCOne(table, values) })
}

func batteryBDCOne(table string, values []record.KV) batteryBDCRow {
	b := batteryBDCRow{Table: table}
	for _, kv := range values {
		clock, err := time.Parse("2006-01-02 15:04:05", kv.Value)
		switch set := from.Stamp(kv.Value); {
		case kv.Key == "TimeStamp" && err == nil:
			b.Clock = record.WallTime{Time: clock}
		case kv.Key == "set_system_time" && set.IsSet():
			b.Set = set
		case kv.Value != "":
			b.Values = append(b.Values, kv)
		}
	}
	return b
}
