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

// CellularUsage reads which SIM cards were in the phone.
var CellularUsage = artifact.Parser{
	ID:    "ios.cellularusage",
	Title: lang.Text{EN: "SIM cards seen", FR: "Cartes SIM vues"},
	Doc: `CommCenter notes each subscription that was active in CellularUsage.db: number of
the card, phone number and slot, with the time of the last update. Rows remain when
the card is taken out. A subscription that nobody remembers may come from a SIM swap
or from an earlier owner.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/wireless/Library/Databases/CellularUsage.db"},
	},
	Record: cellularUsageSubscriber{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Table("subscriber_info", cellularUsageRow),
}

// cellularUsageSubscriber is one row of subscriber_info.
type cellularUsageSubscriber struct {
	Updated record.Time  `json:"updated"`         // column last_update_time, seconds since 2001 UTC
	ICCID   string       `json:"iccid"`           // column subscriber_id: number of the card
	Phone   record.Phone `json:"phone,omitempty"` // column subscriber_mdn
	Slot    *int64       `json:"slot,omitempty"`  // column slot_id
	Tag     string       `json:"tag,omitempty"`   // column tag
	Other   []record.KV  `json:"other,omitempty"` // all other columns
}

// String implements [record.Data].
func (s cellularUsageSubscriber) String() string {
	return record.Line(fmt.Sprintf("SIM card %s, number %s", s.ICCID, s.Phone))
}

func cellularUsageRow(r sqlite.Row) cellularUsageSubscriber {
	s := cellularUsageSubscriber{
		Updated: epoch.CocoaReal(r.Float("last_update_time")), ICCID: r.Text("subscriber_id"),
		Phone: record.Phone(r.Text("subscriber_mdn")), Tag: r.Text("tag"),
	}
	if !r.IsNull("slot_id") {
		slot := r.Int("slot_id")
		s.Slot = &slot
	}
	for _, col := range r.Columns() {
		switch col {
		case "last_update_time", "subscriber_id", "subscriber_mdn", "tag", "slot_id", "ROWID":
		default:
			if !r.IsNull(col) {
				s.Other = append(s.Other, record.KV{Key: col, Value: r.Text(col)})
			}
		}
	}
	return s
}
