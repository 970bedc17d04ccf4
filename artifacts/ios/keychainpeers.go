package ios

import (
	"fmt"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// KeychainPeers reads the devices that share the keychain of the account.
var KeychainPeers = artifact.Parser{
	ID:    "ios.keychainpeers",
	Title: lang.Text{EN: "Devices that share the keychain", FR: "Appareils partageant le trousseau"},
	Doc: `The devices of an Apple account that trust each other share the keychain and other
data that Apple cannot read. TrustedPeersHelper keeps them on each device, also those
that left, and the devices whose keychain was escrowed with the account. A peer that the
owner does not know can read all of it.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/Keychains/*TrustedPeersHelper.db"}},
	Record: keychainPeersPeer{},
	Refs: []string{
		"https://github.com/apple-oss-distributions/Security/tree/main/keychain/TrustedPeersHelper",
		"https://github.com/abrignoni/iLEAPP",
	},
	Parse: from.SQLite(keychainPeersRead),
}

// keychainPeersPeer is one row of a table about devices.
type keychainPeersPeer struct {
	Escrowed record.Time `json:"escrowed"` // ZESCROWCLIENTMETADATA.ZSECUREBACKUPMETADATATIMESTAMP, seconds since 2001 UTC

	Table  string      `json:"table"`            // ZPEER, ZESCROWCLIENTMETADATA or another
	ID     string      `json:"id,omitempty"`     // column ZPEERID
	Name   string      `json:"name,omitempty"`   // column ZDEVICENAME
	Model  string      `json:"model,omitempty"`  // column ZDEVICEMODEL
	Kind   string      `json:"kind,omitempty"`   // column ZDEVICEMODELCLASS
	Serial string      `json:"serial,omitempty"` // column ZSECUREBACKUPSERIALNUMBER or ZSERIAL
	Values []record.KV `json:"values,omitempty"` // other columns; of those that hold protocol buffers, the numbers of the fields and their values
}

// String implements [record.Data].
func (p keychainPeersPeer) String() string {
	return record.Line(fmt.Sprintf("Peer (%s): %s %s %s %s", p.Table, p.Name, p.Model, p.Serial, p.ID))
}

// keychainPeersTables are those about devices, without what is only keys.
var keychainPeersTables = []string{"ZPEER", "ZESCROWCLIENTMETADATA", "ZESCROWMETADATA", "ZESCROWRECORD", "ZCONTAINER", "ZMACHINE"}

func keychainPeersRead(in *artifact.Input, db *sqlite.DB, yield func(record.Record, error) bool) {
	found := false
	for _, name := range keychainPeersTables {
		if _, ok := db.Table(name); !ok {
			continue
		}
		found = true
		if !from.Rows(in, db, name, yield, func(r sqlite.Row) (keychainPeersPeer, bool) { return keychainPeersRow(name, r), true }) {
			return
		}
	}
	if !found {
		yield(record.Record{}, fmt.Errorf("read peers: none of the tables is there"))
	}
}

func keychainPeersRow(table string, r sqlite.Row) keychainPeersPeer {
	p := keychainPeersPeer{
		Escrowed: from.Cocoa(r.Value("ZSECUREBACKUPMETADATATIMESTAMP")), Table: table, ID: r.Text("ZPEERID"), Name: r.Text("ZDEVICENAME"),
		Model: r.Text("ZDEVICEMODEL"), Kind: r.Text("ZDEVICEMODELCLASS"), Serial: r.Text("ZSECUREBACKUPSERIALNUMBER"),
		Values: from.RowRest(r, "ZSECUREBACKUPMETADATATIMESTAMP", "ZPEERID", "ZDEVICENAME", "ZDEVICEMODEL", "ZDEVICEMODELCLASS", "ZSECUREBACKUPSERIALNUMBER", "ZSERIAL"),
	}
	if p.Serial == "" {
		p.Serial = r.Text("ZSERIAL")
	}
	for i, col := range r.Columns() {
		blob := r.BlobAt(i)
		if r.At(i).Kind != sqlite.Blob || len(blob) == 0 {
			continue
		}
		kvs, err := from.MessageLeaves(blob)
		if err != nil {
			p.Values = append(p.Values, record.KV{Key: col, Value: fmt.Sprintf("%d bytes", len(blob))})
			continue
		}
		for _, kv := range kvs {
			p.Values = append(p.Values, record.KV{Key: col + ":" + kv.Key, Value: kv.Value})
		}
	}
	return p
}
