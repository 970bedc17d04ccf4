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

// NetworkAttachments reads the networks that the phone used, with their traffic.
var NetworkAttachments = artifact.Parser{
	ID:    "ios.networkattachments",
	Title: lang.Text{EN: "Networks used (netusage)", FR: "Réseaux utilisés (netusage)"},
	Doc: `In netusage.sqlite the daemon symptomsd keeps each Wi-Fi and mobile network that the
phone used, with the first and the last time and counters of connections and bytes, for
weeks. The name of a Wi-Fi network stands there with the address of its access point. A
network that nobody remembers, or a known name with another access point, may be where
traffic was tampered with; redirections and certificate errors are counted. Times are
rounded to hours. Networks that were forgotten in Settings can remain.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/networkd/netusage.sqlite"},
		{Kinds: evidence.IOSFilesystem, Glob: "private/var/networkd/db/netusage.sqlite"},
	},
	Record: networkAttachmentsNetwork{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#netusagejson", "https://github.com/log2timeline/plaso"},
	Parse:  from.SQLite(networkAttachmentsRead),
}

// networkAttachmentsNetwork is one row of ZLIVEROUTEPERF with its network, or one
// row of ZNETWORKATTACHMENT without one.
type networkAttachmentsNetwork struct {
	First    record.Time `json:"first"`    // ZNETWORKATTACHMENT.ZFIRSTTIMESTAMP, seconds since 2001 UTC
	Last     record.Time `json:"last"`     // ZNETWORKATTACHMENT.ZTIMESTAMP, seconds since 2001 UTC
	Measured record.Time `json:"measured"` // ZLIVEROUTEPERF.ZTIMESTAMP, seconds since 2001 UTC

	Network   string      `json:"network"`                      // ZIDENTIFIER without the access point: name of a Wi-Fi network, "Carrier-…"
	Station   string      `json:"station,omitempty"`            // end of ZIDENTIFIER: address of the access point
	Kind      string      `json:"kind,omitempty"`               // ZNETWORKATTACHMENT.ZKIND: 1 Wi-Fi and 2 mobile were observed
	Signature string      `json:"signature,omitempty"`          // ZNETSIGNATURE, hexadecimal unless it is text
	Hotspot   bool        `json:"hotspot,omitempty"`            // ZISHOTSPOT
	BytesIn   *float64    `json:"bytes_in,omitempty"`           // ZLIVEROUTEPERF.ZBYTESIN
	BytesOut  *float64    `json:"bytes_out,omitempty"`          // ZLIVEROUTEPERF.ZBYTESOUT
	Redirects *float64    `json:"redirects,omitempty"`          // ZLIVEROUTEPERF.ZCAPTIVITYREDIRECTS: redirections to a portal
	CertFails *float64    `json:"certificate_errors,omitempty"` // ZLIVEROUTEPERF.ZCERTERRORS
	Attempts  *float64    `json:"attempts,omitempty"`           // ZLIVEROUTEPERF.ZCONNATTEMPTS: connections tried
	Successes *float64    `json:"successes,omitempty"`          // ZLIVEROUTEPERF.ZCONNSUCCESSES: connections made
	ID        int64       `json:"network_id"`                   // ZNETWORKATTACHMENT.Z_PK
	Other     []record.KV `json:"other,omitempty"`              // other columns of the row
}

// String implements [record.Data].
func (n networkAttachmentsNetwork) String() string {
	return record.Line(fmt.Sprintf("Network used: %s %s", n.Network, n.Station))
}

func networkAttachmentsRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	networks, more := from.Join(db, "ZNETWORKATTACHMENT", yield, func(r sqlite.Row) (int64, networkAttachmentsNetwork) {
		n := networkAttachmentsRow(r)
		return n.ID, n
	})
	if !more {
		return
	}
	used := map[int64]bool{}
	perf, ok := db.Table("ZLIVEROUTEPERF")
	if ok && !from.Rows(in, db, perf.Name, yield, func(r sqlite.Row) (networkAttachmentsNetwork, bool) {
		id := r.Int("ZHASNETWORKATTACHMENT")
		n, known := networks[id]
		if r.State == sqlite.Live {
			used[id] = true
		}
		if !known {
			n.ID = id
		}
		n.perf(r)
		return n, true
	}) {
		return
	}
	if _, ok := db.Table("ZNETWORKATTACHMENT"); !ok && len(db.Tables()) > 0 {
		return // an older version
	}
	from.Rows(in, db, "ZNETWORKATTACHMENT", yield, func(r sqlite.Row) (networkAttachmentsNetwork, bool) {
		n := networkAttachmentsRow(r)
		n.Other = from.RowRest(r, networkAttachmentsColumns...)
		return n, r.State != sqlite.Live || !used[n.ID]
	})
}

// networkAttachmentsColumns are those of ZNETWORKATTACHMENT that have fields.
var networkAttachmentsColumns = []string{"ZFIRSTTIMESTAMP", "ZTIMESTAMP", "ZIDENTIFIER", "ZKIND", "ZNETSIGNATURE", "ZISHOTSPOT"}

// networkAttachmentsKinds names the values of ZKIND that were observed.
var networkAttachmentsKinds = []string{"code 0", "Wi-Fi", "mobile"}

func networkAttachmentsRow(r sqlite.Row) networkAttachmentsNetwork {
	n := networkAttachmentsNetwork{
		First: from.Cocoa(r.Value("ZFIRSTTIMESTAMP")), Last: from.Cocoa(r.Value("ZTIMESTAMP")), Network: r.Text("ZIDENTIFIER"),
		Kind: record.Name(r.Int("ZKIND"), networkAttachmentsKinds...), Hotspot: r.Int("ZISHOTSPOT") != 0,
		Signature: from.Data(r.Blob("ZNETSIGNATURE")), ID: r.ID,
	}
	if !r.IsNull("Z_PK") {
		n.ID = r.Int("Z_PK")
	}
	// The address follows the last "-", in six parts with ":" between.
	if i := strings.LastIndexByte(n.Network, '-'); i >= 0 && strings.Count(n.Network[i:], ":") == 5 {
		n.Network, n.Station = n.Network[:i], n.Network[i+1:]
	}
	return n
}

// perf adds a row of ZLIVEROUTEPERF.
func (n *networkAttachmentsNetwork) perf(r sqlite.Row) {
	number := func(col string) *float64 {
		if r.IsNull(col) {
			return nil
		}
		v := r.Float(col)
		return &v
	}
	n.Measured = from.Cocoa(r.Value("ZTIMESTAMP"))
	n.BytesIn, n.BytesOut = number("ZBYTESIN"), number("ZBYTESOUT")
	n.Redirects, n.CertFails = number("ZCAPTIVITYREDIRECTS"), number("ZCERTERRORS")
	n.Attempts, n.Successes = number("ZCONNATTEMPTS"), number("ZCONNSUCCESSES")
	n.Other = from.RowRest(r, "ZHASNETWORKATTACHMENT", "ZTIMESTAMP", "ZBYTESIN", "ZBYTESOUT", "ZCAPTIVITYREDIRECTS", "ZCERTERRORS", "ZCONNATTEMPTS", "ZCONNSUCCESSES")
}
