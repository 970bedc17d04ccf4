package android

import (
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Networks reads the networks that the phone is connected to.
var Networks = artifact.Parser{
	ID:    "android.networks",
	Title: lang.Text{EN: "Connected networks, proxy and VPN", FR: "Réseaux connectés, proxy et VPN"},
	Doc: `The system tells each network that the phone is connected to at the time of the dump: mobile, Wi-Fi,
VPN. With each come its DNS servers, the name of a private DNS server, and the proxy or the
address of a script that chooses one (PAC). Whoever runs one of these sees which sites are
visited. A VPN has the user ID of the app that runs it. Networks that are configured and not
connected are not told; see android.wificonfig for Wi-Fi and the settings for a global proxy. Bug reports
also have shorter dumps of the service, which give none.`,
	Inputs: from.Dumpsys("connectivity"),
	Record: networksNetwork{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/modules/Connectivity/+/refs/heads/main/service/src/com/android/server/connectivity/NetworkAgentInfo.java",
		"https://android.googlesource.com/platform/packages/modules/Connectivity/+/refs/heads/main/framework/src/android/net/LinkProperties.java",
	},
	Parse: from.Since("5.0", from.Dump(dumpsys.Networks, networksRow)),
}

// networksNetwork is one network.
type networksNetwork struct {
	Transports   []string      `json:"transports"`            // "WIFI", "CELLULAR", "VPN"
	Interface    string        `json:"interface"`             // InterfaceName: "wlan0"
	VPN          bool          `json:"vpn"`                   // one of the transports is VPN
	OwnerUID     *int64        `json:"owner_uid"`             // OwnerUid, before Android 10 EstablishingVpnAppUid: user ID of the app that runs it
	Addresses    []record.IP   `json:"addresses"`             // LinkAddresses, without the length of the prefix
	DNS          []record.IP   `json:"dns"`                   // DnsAddresses
	PrivateDNS   record.Domain `json:"private_dns,omitempty"` // PrivateDnsServerName
	ProxyHost    record.Domain `json:"proxy_host,omitempty"`  // HttpProxy, in brackets
	Proxy        string        `json:"proxy,omitempty"`       // HttpProxy as printed: host, port and hosts without it
	PAC          record.URL    `json:"pac,omitempty"`         // PAC Script
	ID           string        `json:"id"`                    // number of the network
	Info         string        `json:"info"`                  // ni: type and state
	Capabilities []string      `json:"capabilities"`
	Underlying   string        `json:"underlying,omitempty"` // networks that carry a VPN
}

// String implements [record.Data].
func (n networksNetwork) String() string {
	s := "network " + strings.Join(n.Transports, "+") + " on " + n.Interface
	if n.Proxy != "" {
		s += " with proxy " + n.Proxy
	}
	if n.PAC != "" {
		s += " with proxy script " + string(n.PAC)
	}
	return record.Line(s)
}

func networksRow(n dumpsys.Network) (int, record.Data) {
	d := networksNetwork{
		Transports: n.Transports, Interface: n.Interface, OwnerUID: from.Count(n.Owner), PrivateDNS: record.Domain(n.PrivateDNS), Proxy: n.Proxy,
		ProxyHost: record.Domain(dumpsys.Between(n.Proxy, "[", "]")), PAC: record.URL(n.PAC), ID: n.ID, Info: n.Info, Capabilities: n.Capabilities, Underlying: n.Underlying,
	}
	for _, t := range n.Transports {
		d.VPN = d.VPN || t == "VPN"
	}
	for _, a := range n.Addresses {
		a, _, _ = strings.Cut(a, "/")
		d.Addresses = append(d.Addresses, record.IP(a))
	}
	for _, a := range n.DNS {
		d.DNS = append(d.DNS, record.IP(a))
	}
	return n.Line, d
}
