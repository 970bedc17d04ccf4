package ios

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// DHCPLeases reads the addresses that networks gave to the phone.
var DHCPLeases = artifact.Parser{
	ID:    "ios.dhcpleases",
	Title: lang.Text{EN: "Addresses given by networks (DHCP)", FR: "Adresses données par les réseaux (DHCP)"},
	Doc: `When the phone joins a network, the address that it gets is kept with the answer of the
network: router, name servers, domain and time, one file for each interface, or for each
network on older systems. The next lease of the interface replaces it. A name server that
does not suit the network may lead to other places than those asked for.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/dhcpclient/leases/*"}},
	Record: dhcpLeasesLease{},
	Refs:   []string{"https://www.rfc-editor.org/rfc/rfc2132", "https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Plist(dhcpLeasesRead),
}

// dhcpLeasesLease is one lease.
type dhcpLeasesLease struct {
	Start record.Time `json:"start"` // key LeaseStartDate, UTC

	Interface string        `json:"interface"`             // name of the file without .plist
	Network   string        `json:"network,omitempty"`     // key SSID
	Address   record.IP     `json:"address,omitempty"`     // key IPAddress
	Router    record.IP     `json:"router,omitempty"`      // key RouterIPAddress
	Station   string        `json:"station,omitempty"`     // key RouterHardwareAddress
	Seconds   *int64        `json:"seconds,omitempty"`     // key LeaseLength
	Servers   []record.IP   `json:"dns_servers,omitempty"` // option 6 of the answer: name servers
	Server    record.IP     `json:"dhcp_server,omitempty"` // option 54: who gave the address
	Domain    record.Domain `json:"domain,omitempty"`      // option 15
	Proxy     record.URL    `json:"proxy,omitempty"`       // option 252: address of a script that chooses proxies
	Client    string        `json:"client,omitempty"`      // key ClientIdentifier, hexadecimal
	Values    []record.KV   `json:"values,omitempty"`      // all other keys
}

// String implements [record.Data].
func (l dhcpLeasesLease) String() string {
	return record.Line(fmt.Sprintf("Address %s from %s on %s, name servers %s", l.Address, l.Router, l.Network, l.Servers))
}

func dhcpLeasesRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read lease: root is %s, not dict", root.Kind()))
		return
	}
	l := dhcpLeasesLease{
		Start: epoch.Date(root.Get("LeaseStartDate").Time()), Interface: strings.TrimSuffix(path.Base(in.Path), ".plist"),
		Network: root.Get("SSID").String(), Address: record.IP(root.Get("IPAddress").String()), Router: record.IP(root.Get("RouterIPAddress").String()),
		Station: hex.EncodeToString(root.Get("RouterHardwareAddress").Data()), Client: hex.EncodeToString(root.Get("ClientIdentifier").Data()),
	}
	if v := root.Get("LeaseLength"); v.Kind() == plist.Int {
		n := v.Int()
		l.Seconds = &n
	}
	err := l.packet(root.Get("PacketData").Data())
	var damage error
	l.Values, damage = from.Rest(root, "LeaseStartDate", "SSID", "IPAddress", "RouterIPAddress", "RouterHardwareAddress", "ClientIdentifier", "LeaseLength")
	if !yield(in.Record(from.At("LeaseStartDate", 0, root), l), nil) {
		return
	}
	for _, err := range []error{err, damage} {
		if err != nil && !yield(record.Record{}, err) {
			return
		}
	}
}

// dhcpLeasesOptions is the offset of the options in an answer, and what precedes them.
const dhcpLeasesOptions = 240

// packet reads the options of the answer of the network.
func (l *dhcpLeasesLease) packet(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if len(b) < dhcpLeasesOptions || !bytes.Equal(b[dhcpLeasesOptions-4:dhcpLeasesOptions], []byte{0x63, 0x82, 0x53, 0x63}) {
		return fmt.Errorf("read answer: %d bytes are no answer", len(b))
	}
	for b = b[dhcpLeasesOptions:]; len(b) > 0 && b[0] != 0xff; {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return fmt.Errorf("read answer: option %d breaks off", b[0])
		}
		code, value := b[0], b[2:2+int(b[1])]
		b = b[2+len(value):]
		switch code {
		case 6:
			for ; len(value) >= 4; value = value[4:] {
				l.Servers = append(l.Servers, record.IP(netip.AddrFrom4([4]byte(value[:4])).String()))
			}
		case 54:
			if len(value) == 4 {
				l.Server = record.IP(netip.AddrFrom4([4]byte(value)).String())
			}
		case 15:
			l.Domain = record.Domain(bytes.TrimRight(value, "\x00"))
		case 252:
			l.Proxy = record.URL(bytes.TrimRight(value, "\x00"))
		}
	}
	return nil
}
