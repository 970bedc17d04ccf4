package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WhatsAppCalls reads the call history of WhatsApp.
var WhatsAppCalls = artifact.Parser{
	ID:    "ios.whatsappcalls",
	Title: lang.Text{EN: "WhatsApp calls", FR: "Appels WhatsApp"},
	Doc: `CallHistory.sqlite holds one row for each WhatsApp call, its participants, and
one row that sums up calls in a row. The app writes it when a call ends or is
missed. In 2019 a missed call was enough to install spyware (CVE-2019-3568), and it
was often removed from here afterwards: compare ios.calls and the deleted rows. A
gap in the row numbers is a call that was deleted.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Containers/Shared/AppGroup/*/CallHistory.sqlite"},
	},
	Record: whatsappcallsCall{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/whatsApp.py"},
	Parse:  from.SQLite(whatsappcallsRead),
}

// whatsappcallsCall is one call, a row of ZWACDCALLEVENT.
type whatsappcallsCall struct {
	Started record.Time `json:"started"` // column ZDATE, seconds since 2001 UTC
	Seconds float64     `json:"seconds"` // column ZDURATION

	Outcome       string         `json:"outcome"`                // column ZOUTCOME; observed: 0 ended, 1 missed, 4 rejected
	Direction     string         `json:"direction,omitempty"`    // ZWAAGGREGATECALLEVENT.ZINCOMING by Z1CALLEVENTS; of calls in a row, if there are several
	Video         bool           `json:"video,omitempty"`        // ZWAAGGREGATECALLEVENT.ZVIDEO, likewise
	Missed        bool           `json:"missed,omitempty"`       // ZWAAGGREGATECALLEVENT.ZMISSED, likewise
	Creator       string         `json:"creator,omitempty"`      // column ZGROUPCALLCREATORUSERJIDSTRING: JID of who called
	Group         string         `json:"group,omitempty"`        // column ZGROUPJIDSTRING
	Participants  []string       `json:"participants,omitempty"` // ZWACDCALLEVENTPARTICIPANT.ZJIDSTRING by Z1PARTICIPANTS
	Numbers       []record.Phone `json:"numbers,omitempty"`      // numbers of the participants
	BytesSent     int64          `json:"bytes_sent"`             // column ZBYTESSENT
	BytesReceived int64          `json:"bytes_received"`         // column ZBYTESRECEIVED
	CallID        string         `json:"call_id,omitempty"`      // column ZCALLIDSTRING
}

// String implements [record.Data].
func (c whatsappcallsCall) String() string {
	kind := "call"
	if c.Video {
		kind = "video call"
	}
	return record.Line(fmt.Sprintf("WhatsApp %s %s, %s, %.0f s: %s", c.Direction, kind, c.Outcome, c.Seconds, strings.Join(c.Participants, ", ")))
}

func whatsappcallsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	sums, more := from.Join(db, "ZWAAGGREGATECALLEVENT", yield, func(r sqlite.Row) (int64, [3]int64) {
		return r.Int("Z_PK"), [3]int64{r.Int("ZINCOMING"), r.Int("ZVIDEO"), r.Int("ZMISSED")}
	})
	if !more {
		return
	}
	people, more := from.Group(db, "ZWACDCALLEVENTPARTICIPANT", yield, func(r sqlite.Row) (int64, string) {
		return r.Int("Z1PARTICIPANTS"), r.Text("ZJIDSTRING")
	})
	if !more {
		return
	}
	from.Rows(in, db, "ZWACDCALLEVENT", yield, func(r sqlite.Row) (whatsappcallsCall, bool) {
		c := whatsappcallsCall{
			Started:       from.Cocoa(r.Value("ZDATE")),
			Seconds:       r.Float("ZDURATION"),
			Outcome:       record.Name(r.Int("ZOUTCOME"), "ended", "missed", "", "", "rejected"),
			Creator:       r.Text("ZGROUPCALLCREATORUSERJIDSTRING"),
			Group:         r.Text("ZGROUPJIDSTRING"),
			Participants:  people[r.Int("Z_PK")],
			BytesSent:     r.Int("ZBYTESSENT"),
			BytesReceived: r.Int("ZBYTESRECEIVED"),
			CallID:        r.Text("ZCALLIDSTRING"),
		}
		if sum, ok := sums[r.Int("Z1CALLEVENTS")]; ok {
			c.Direction = record.Name(sum[0], "outgoing", "incoming")
			c.Video, c.Missed = sum[1] != 0, sum[2] != 0
		}
		for _, jid := range c.Participants {
			if user, ok := strings.CutSuffix(jid, "@s.whatsapp.net"); ok && user != "" {
				c.Numbers = append(c.Numbers, record.Phone("+"+user))
			}
		}
		return c, true
	})
}
