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

// Calls reads the history of phone, FaceTime and third-party calls.
var Calls = artifact.Parser{
	ID:    "ios.calls",
	Title: lang.Text{EN: "Call history", FR: "Historique des appels"},
	Doc: `The call history holds one row for each phone, FaceTime or other call that
an app reports to the system. callhistoryd writes it when a call ends, and keeps
about the last thousand; CallHistoryTemp.storedata takes calls before the first
unlock. It is in encrypted backups only. Missed FaceTime or third-party calls
from unknown addresses shortly before other traces have been seen with attacks
that need no click. Rows can be deleted one by one by their owner or by an
implant: an absent call proves nothing, and the copies in CallHistoryTransactions
and in deleted rows are worth comparing.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CallHistoryDB/CallHistory.storedata"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CallHistoryDB/CallHistoryTemp.storedata"},
	},
	Record: callsCall{},
	Refs: []string{
		"https://docs.mvt.re/en/latest/ios/records/#callsjson",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/callHistory.py",
	},
	Parse: from.SQLite(callsRead),
}

// callsCall is one call, of a row of ZCALLRECORD.
type callsCall struct {
	// When the call began. Column ZDATE, seconds since 2001 UTC.
	Started   record.Time `json:"started"`
	Seconds   float64     `json:"seconds"`   // column ZDURATION, seconds; 0 if not answered
	Direction string      `json:"direction"` // column ZORIGINATED: incoming or outgoing

	// What kind of call: column ZCALLTYPE, whose values are third-party app (0),
	// phone (1), FaceTime video (8) and FaceTime audio (16).
	Type string `json:"type"`

	Answered bool         `json:"answered"`           // column ZANSWERED; false for outgoing calls too
	Number   record.Phone `json:"number,omitempty"`   // column ZADDRESS, text or UTF-8 in a blob: a number or name of a caller
	Email    record.Email `json:"email,omitempty"`    // the same column, if it is an e-mail address
	Name     string       `json:"name,omitempty"`     // column ZNAME, from the contacts or the network
	Location string       `json:"location,omitempty"` // column ZLOCATION, what the system derives from the number
	Country  string       `json:"country,omitempty"`  // column ZISO_COUNTRY_CODE
	Provider record.App   `json:"provider"`           // column ZSERVICE_PROVIDER: com.apple.Telephony, com.apple.FaceTime or the app

	// The other participants, also of calls with one: ZHANDLE.ZVALUE by
	// Z_nREMOTEPARTICIPANTHANDLES, from iOS 13; "handle" and its number if there
	// is no such row.
	Participants []record.Phone `json:"participants,omitempty"`
	Emails       []record.Email `json:"emails,omitempty"` // the same, those that are e-mail addresses

	// Column ZDISCONNECTED_CAUSE: a code whose values Apple does not document.
	Cause *int64 `json:"cause,omitempty"`

	Category       string `json:"category,omitempty"`        // column ZCALL_CATEGORY: audio (1) or video (2)
	Read           bool   `json:"read"`                      // column ZREAD: the missed call was seen
	Junk           int64  `json:"junk,omitempty"`            // column ZJUNKCONFIDENCE: how sure the system is that it is unwanted, from iOS 16
	FilteredReason int64  `json:"filtered_reason,omitempty"` // column ZFILTERED_OUT_REASON: why the call did not ring
	FaceTimeBytes  int64  `json:"facetime_bytes,omitempty"`  // column ZFACE_TIME_DATA: bytes that a FaceTime call took
	UniqueID       string `json:"unique_id,omitempty"`       // column ZUNIQUE_ID, the same in CallHistoryTransactions
}

// String implements [record.Data].
func (c callsCall) String() string {
	who := string(c.Number) + string(c.Email)
	if who == "" {
		who = "no address"
	}
	answered := ""
	if c.Direction == "incoming" && !c.Answered {
		answered = ", not answered"
	}
	return record.Line(fmt.Sprintf("%s call (%s), %s, %.0f s%s", c.Direction, c.Type, who, c.Seconds, answered))
}

func callsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	handles, more := from.Join(db, "ZHANDLE", yield, func(r sqlite.Row) (int64, string) {
		v := r.Text("ZVALUE")
		if v == "" {
			v = r.Text("ZNORMALIZEDVALUE")
		}
		return r.Int("Z_PK"), strings.Clone(v)
	})
	if !more {
		return
	}
	join := from.TableLike(db, "Z_", "REMOTEPARTICIPANTHANDLES")
	call := from.ColumnLike(db, join, "Z_", "REMOTEPARTICIPANTCALLS")
	handle := from.ColumnLike(db, join, "Z_", "REMOTEPARTICIPANTHANDLES")
	participants, more := from.Group(db, join, yield, func(r sqlite.Row) (int64, int64) { return r.Int(call), r.Int(handle) })
	if !more {
		return
	}
	from.Rows(in, db, "ZCALLRECORD", yield, func(r sqlite.Row) (callsCall, bool) {
		c := callsRow(r)
		for _, id := range participants[r.Int("Z_PK")] {
			switch n, e := from.Handle(handles[id]); {
			case e != "":
				c.Emails = append(c.Emails, e)
			case n != "":
				c.Participants = append(c.Participants, n)
			default:
				c.Participants = append(c.Participants, record.Phone(fmt.Sprintf("handle %d", id)))
			}
		}
		return c, true
	})
}

func callsRow(r sqlite.Row) callsCall {
	c := callsCall{
		Started:        from.Cocoa(r.Value("ZDATE")),
		Seconds:        r.Float("ZDURATION"),
		Direction:      record.Name(r.Int("ZORIGINATED"), "incoming", "outgoing"),
		Type:           callsType(r.Int("ZCALLTYPE")),
		Answered:       r.Int("ZANSWERED") != 0,
		Name:           r.Text("ZNAME"),
		Location:       r.Text("ZLOCATION"),
		Country:        r.Text("ZISO_COUNTRY_CODE"),
		Provider:       record.App(r.Text("ZSERVICE_PROVIDER")),
		Read:           r.Int("ZREAD") != 0,
		Junk:           r.Int("ZJUNKCONFIDENCE"),
		FilteredReason: r.Int("ZFILTERED_OUT_REASON"),
		FaceTimeBytes:  r.Int("ZFACE_TIME_DATA"),
		UniqueID:       r.Text("ZUNIQUE_ID"),
	}
	c.Number, c.Email = from.Handle(r.Text("ZADDRESS"))
	if !r.IsNull("ZCALL_CATEGORY") {
		c.Category = record.Name(r.Int("ZCALL_CATEGORY"), "", "audio", "video")
	}
	if !r.IsNull("ZDISCONNECTED_CAUSE") {
		cause := r.Int("ZDISCONNECTED_CAUSE")
		c.Cause = &cause
	}
	return c
}

func callsType(code int64) string {
	switch code {
	case 8:
		return "FaceTime video"
	case 16:
		return "FaceTime audio"
	}
	return record.Name(code, "third-party app", "phone")
}
