package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// AggregateDictionary reads daily counters of older systems.
var AggregateDictionary = artifact.Parser{
	ID:    "ios.aggregatedictionary",
	Title: lang.Text{EN: "Daily counters (AggregateDictionary)", FR: "Compteurs quotidiens (AggregateDictionary)"},
	Doc: `Up to iOS 14 aggregated counts for each day how often things happened: processes that
crashed, passcodes entered and failed, reboots, pairings. It keeps about a week until the
counters are sent. On later systems the database is empty or absent.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/mobile/Library/AggregateDictionary/ADDataStore.sqlitedb"}},
	Record: aggregateDictionaryCounter{},
	Refs:   []string{"https://github.com/mac4n6/APOLLO", "https://github.com/abrignoni/iLEAPP"},
	Parse:  from.SQLite(aggregateDictionaryRead),
}

// aggregateDictionaryCounter is one counter of one day.
type aggregateDictionaryCounter struct {
	Day    record.Time `json:"day"`              // column daysSince1970, as seconds since 1970 UTC: begin of the day
	Table  string      `json:"table"`            // Scalars or DistributionKeys
	Key    record.Text `json:"key"`              // column key: ends with the name of a process for many
	Value  *float64    `json:"value,omitempty"`  // column value of Scalars
	Values []record.KV `json:"values,omitempty"` // column value of DistributionValues, each one, and other columns
}

// String implements [record.Data].
func (c aggregateDictionaryCounter) String() string {
	if c.Value == nil {
		return record.Line(from.SettingLine("Counter "+string(c.Key), "", c.Values))
	}
	return record.Line(fmt.Sprintf("Counter %s: %g", c.Key, *c.Value))
}

func aggregateDictionaryRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	row := func(table string, r sqlite.Row) aggregateDictionaryCounter {
		const day = 24 * 60 * 60
		return aggregateDictionaryCounter{
			Day: epoch.Unix(r.Int("daysSince1970") * day), Table: table, Key: record.Text(r.Text("key")),
			Values: from.RowRest(r, "daysSince1970", "key", "value", "rowid"),
		}
	}
	if !from.Rows(in, db, "Scalars", yield, func(r sqlite.Row) (aggregateDictionaryCounter, bool) {
		c, value := row("Scalars", r), r.Float("value")
		c.Value = &value
		return c, true
	}) {
		return
	}
	if _, ok := db.Table("DistributionKeys"); !ok {
		return
	}
	values, more := from.Group(db, "DistributionValues", yield, func(r sqlite.Row) (int64, float64) { return r.Int("distributionID"), r.Float("value") })
	if !more {
		return
	}
	from.Rows(in, db, "DistributionKeys", yield, func(r sqlite.Row) (aggregateDictionaryCounter, bool) {
		c := row("DistributionKeys", r)
		if r.State == sqlite.Live {
			for _, v := range values[r.ID] {
				c.Values = append(c.Values, record.KV{Key: "value", Value: fmt.Sprintf("%g", v)})
			}
		}
		return c, true
	})
}
