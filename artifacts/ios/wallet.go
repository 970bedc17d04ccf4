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

// Wallet reads the passes in Wallet.
var Wallet = artifact.Parser{
	ID:    "ios.wallet",
	Title: lang.Text{EN: "Passes in Wallet", FR: "Cartes de Wallet"},
	Doc: `Wallet keeps tickets, cards and other passes with the organisation that issued
them and when they were taken in, until they are removed. The BLASTPASS exploit of
2023 was sent as a pass attached to a message: it was processed before anybody
added it, and so need not be here. A pass of an issuer that the owner does not know
deserves a look. Numbers of payment cards are not read.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/mobile/Library/Passes/passes23.sqlite"},
	},
	Record: walletPass{},
	Refs: []string{
		"https://citizenlab.ca/2023/09/blastpass-nso-group-iphone-zero-click-zero-day-exploit-captured-in-the-wild/",
		"https://github.com/abrignoni/iLEAPP/blob/main/scripts/artifacts/appleWalletPasses.py",
	},
	Parse: from.SQLite(walletRead),
}

// walletPass is one pass.
type walletPass struct {
	Added    record.Time `json:"added"`    // columns ingested_date or ingest_date, seconds since 2001 UTC
	Modified record.Time `json:"modified"` // column modified_date, seconds since 2001 UTC
	Signed   record.Time `json:"signed"`   // column signing_date, seconds since 2001 UTC

	Organization record.Text `json:"organization,omitempty"` // column organization_name
	Description  record.Text `json:"description,omitempty"`  // column localized_description
	Type         string      `json:"type,omitempty"`         // pass_type.identifier, such as pass.com.example.ticket
	Team         string      `json:"team,omitempty"`         // pass_type.team_identifier, of the developer that signed it
	Serial       string      `json:"serial,omitempty"`       // column serial_number
	Service      record.URL  `json:"service,omitempty"`      // column web_service_url: where updates come from
	Card         int64       `json:"card"`                   // column card_type, a number
	Flavor       int64       `json:"flavor"`                 // column pass_flavor, a number
	UUID         string      `json:"uuid"`                   // column unique_id: name of its folder in Library/Passes/Cards
}

// String implements [record.Data].
func (p walletPass) String() string {
	return record.Line(fmt.Sprintf("Pass %s of %s", p.Type, p.Organization))
}

// walletType is what a pass is joined with.
type walletType struct{ name, team string }

func walletRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	types, more := from.Join(db, "pass_type", yield, func(r sqlite.Row) (int64, walletType) {
		return r.Int("pid"), walletType{r.Text("identifier"), r.Text("team_identifier")}
	})
	if !more {
		return
	}
	from.Rows(in, db, "pass", yield, func(r sqlite.Row) (walletPass, bool) {
		t := types[r.Int("pass_type_pid")]
		p := walletPass{
			Added:        epoch.CocoaOrUnix(r.Float("ingested_date")),
			Modified:     epoch.CocoaOrUnix(r.Float("modified_date")),
			Signed:       epoch.CocoaOrUnix(r.Float("signing_date")),
			Organization: record.Text(r.Text("organization_name")),
			Description:  record.Text(r.Text("localized_description")),
			Type:         t.name,
			Team:         t.team,
			Serial:       r.Text("serial_number"),
			Service:      record.URL(r.Text("web_service_url")),
			Card:         r.Int("card_type"),
			Flavor:       r.Int("pass_flavor"),
			UUID:         r.Text("unique_id"),
		}
		if d := r.Float("ingest_date"); d != 0 {
			p.Added = epoch.CocoaOrUnix(d)
		}
		return p, true
	})
}
