package ios

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// CallTransactions reads calls on their way into the call history.
var CallTransactions = artifact.Parser{
	ID:    "ios.calltransactions",
	Title: lang.Text{EN: "Call history transactions", FR: "Transactions de l'historique des appels"},
	Doc: `transactions.log takes each change of the call history before it is committed and
synced to other devices. callhistoryd appends to it and empties it from time to
time. It can hold calls that were deleted from the history since, and calls that
never got there. That it is empty or absent is usual.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/CallHistoryTransactions/transaction*.log"},
	},
	Record: calltransactionsCall{},
	Refs:   []string{"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/callHistoryTransactions.py"},
	Parse:  calltransactionsParse,
}

// calltransactionsCall is one transaction: an archive whose key "record" holds
// the archive of a call.
type calltransactionsCall struct {
	Started    record.Time    `json:"started"`               // key date of the call
	Seconds    float64        `json:"seconds"`               // key duration
	Numbers    []record.Phone `json:"numbers,omitempty"`     // key remoteParticipantHandles: value of each
	Emails     []record.Email `json:"emails,omitempty"`      // the same, those that are e-mail addresses
	CallerID   string         `json:"caller_id,omitempty"`   // key callerId
	Provider   record.App     `json:"provider,omitempty"`    // key serviceProvider
	Status     int64          `json:"status"`                // key callStatus, a code that Apple does not document
	HandleType int64          `json:"handle_type,omitempty"` // key handleType: 1 other, 2 number, 3 e-mail address
	Cause      *int64         `json:"cause,omitempty"`       // key disconnectedCause
	Connecting float64        `json:"connecting,omitempty"`  // key timeToEstablish, seconds
	UniqueID   string         `json:"unique_id,omitempty"`   // key uniqueId, the same in ios.calls
	Other      []record.KV    `json:"other,omitempty"`       // the other keys of the call, and after "transaction/" those around it
}

// String implements [record.Data].
func (c calltransactionsCall) String() string {
	s := "transaction of a call"
	for _, n := range c.Numbers {
		s += " " + string(n)
	}
	for _, e := range c.Emails {
		s += " " + string(e)
	}
	return record.Line(fmt.Sprintf("%s, %.0f s", s, c.Seconds))
}

// calltransactionsMax bounds the bytes of one transaction.
const calltransactionsMax = 4 << 20

// calltransactionsParse reads the frames of the log: a length of four bytes,
// little-endian, and as many bytes of a property list. Behind a length that
// cannot be right there is no next frame to be found.
func calltransactionsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var head [4]byte
		var budget from.Budget
		row := int64(0)
		for at := int64(0); at < in.Size && ctx.Err() == nil; {
			row++
			if _, err := in.File.ReadAt(head[:], at); err != nil {
				yield(record.Record{}, fmt.Errorf("read transaction %d at %d: %w", row, at, err))
				return
			}
			n := int64(binary.LittleEndian.Uint32(head[:]))
			if n == 0 || n > calltransactionsMax || n > in.Size-at-4 {
				yield(record.Record{}, fmt.Errorf("read transaction %d at %d: length %d of %d bytes that follow", row, at, n, in.Size-at-4))
				return
			}
			data := make([]byte, n)
			if _, err := in.File.ReadAt(data, at+4); err != nil {
				yield(record.Record{}, fmt.Errorf("read transaction %d at %d: %w", row, at, err))
				return
			}
			c, err := calltransactionsOne(data, &budget)
			if err != nil && !yield(record.Record{}, fmt.Errorf("read transaction %d at %d: %w", row, at, err)) {
				return
			}
			if !yield(in.Record(record.Origin{Table: "transactions", Row: row, Offset: at}, c), nil) {
				return
			}
			at += 4 + n
		}
	}
}

// calltransactionsOne reads a transaction. With an error, the call has what
// could be read.
func calltransactionsOne(data []byte, budget *from.Budget) (c calltransactionsCall, err error) {
	outer, err := keyedarchive.Parse(data)
	if err != nil {
		return c, err
	}
	root := outer.Root()
	around, err := budget.ObjectRest(root, "record")
	for _, kv := range around {
		c.Other = append(c.Other, record.KV{Key: "transaction/" + kv.Key, Value: kv.Value})
	}
	inner, ierr := keyedarchive.Parse(from.Member(root, "record").Data())
	if ierr != nil {
		return c, errors.Join(err, fmt.Errorf("read its call: %w", ierr))
	}
	rerr := c.read(inner.Root(), budget)
	return c, errors.Join(err, rerr)
}

func (c *calltransactionsCall) read(o keyedarchive.Object, budget *from.Budget) error {
	if t := from.Member(o, "date").Time(); !t.IsZero() {
		c.Started = epoch.Date(t)
	}
	c.Seconds = from.Member(o, "duration").Float()
	c.CallerID = from.Member(o, "callerId").Text()
	c.Provider = record.App(from.Member(o, "serviceProvider").Text())
	c.Status = from.Member(o, "callStatus").Int()
	c.HandleType = from.Member(o, "handleType").Int()
	c.Connecting = from.Member(o, "timeToEstablish").Float()
	c.UniqueID = from.Member(o, "uniqueId").Text()
	if v := from.Member(o, "disconnectedCause"); v.Exists() {
		cause := v.Int()
		c.Cause = &cause
	}
	for h := range from.Member(o, "remoteParticipantHandles").Elems() {
		n, e := from.Handle(from.Member(h, "value").Text())
		if n != "" {
			c.Numbers = append(c.Numbers, n)
		}
		if e != "" {
			c.Emails = append(c.Emails, e)
		}
	}
	rest, err := budget.ObjectRest(o, "date", "duration", "callerId", "serviceProvider", "callStatus", "handleType",
		"timeToEstablish", "uniqueId", "disconnectedCause", "remoteParticipantHandles")
	c.Other = append(c.Other, rest...)
	return err
}
