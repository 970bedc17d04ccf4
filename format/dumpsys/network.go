package dumpsys

import (
	"iter"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A Network is a network that the phone is connected to, of the service
// connectivity.
type Network struct {
	Line         int
	ID           string   // "100"
	Info         string   // "Ethernet CONNECTED extra: …"
	Interface    string   // "wlan0", "tun0"
	Addresses    []string // with the length of the prefix
	DNS          []string // addresses of the servers
	PrivateDNS   string   // name of the server that DNS over TLS is asked of; "" if none is set
	Proxy        string   // "[host] port", with " xl=" and hosts without it; "" if none
	PAC          string   // address of the script that chooses the proxy
	Transports   []string // "WIFI", "VPN"
	Capabilities []string // "INTERNET", "NOT_VPN"
	Owner        int      // user ID of the app that owns it, such as a VPN; -1 if none is told
	Underlying   string   // "[101]", of a VPN: the networks that carry it
	Details      string   // the whole line
}

// Values of a network, told by words and not by places: versions have others
// between them.
var (
	networkID         = regexp.MustCompile(`network\{(\d+)\}`)
	networkInfo       = regexp.MustCompile(`\bni\{(\[[^\]]*\][^}]*|[^}]*)\}`)
	networkInterface  = regexp.MustCompile(`InterfaceName: (\S+)`)
	networkAddresses  = regexp.MustCompile(`LinkAddresses: \[([^\]]*)\]`)
	networkDNS        = regexp.MustCompile(` DnsAddresses: \[([^\]]*)\]`)
	networkPrivateDNS = regexp.MustCompile(`PrivateDnsServerName: ([^\s}]+)`)
	networkProxy      = regexp.MustCompile(`HttpProxy: (\[[^\]]*\] \d+(?: xl=\S*)?)`)
	networkPAC        = regexp.MustCompile(`PAC Script: ([^\s}]+)`)
	networkTransports = regexp.MustCompile(`Transports: ([A-Z0-9_|]+)`)
	networkCaps       = regexp.MustCompile(`Capabilities: ([A-Z0-9_&]+)`)
	networkOwner      = regexp.MustCompile(`(?:OwnerUid|EstablishingVpnAppUid): (-?\d+)`)
	networkUnderlying = regexp.MustCompile(`(?:UnderlyingNetworks|underlying)(?:: |\{)(\[[^\]]*\])`)
)

// Networks yields the networks of the section of the service connectivity. A
// phone without any is no error.
func Networks(text iter.Seq[lines.Line]) iter.Seq2[Network, error] {
	return func(yield func(Network, error) bool) {
		r := report{service: "connectivity"}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if strings.HasPrefix(line, "Current Networks:") || strings.HasPrefix(line, "Active default network:") || strings.HasPrefix(line, "NetworkFactories for:") {
				r.found = true
			}
			if !strings.HasPrefix(line, "NetworkAgentInfo{") && !strings.HasPrefix(line, "NetworkAgentInfo [") && !strings.HasPrefix(line, "NetworkAgentInfo{ ") {
				continue
			}
			n := network(line)
			n.Line = l.Number
			if r.found = true; n.ID == "" && n.Interface == "" && n.Transports == nil {
				r.unknown(l.Number, line)
				continue
			}
			if !yield(n, nil) {
				return
			}
		}
		finish(&r, "\"Current Networks:\"", yield)
	}
}

func network(line string) Network {
	n := Network{Owner: -1, Details: line}
	find := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(line); m != nil {
			return strings.TrimSpace(m[1])
		}
		return ""
	}
	n.ID, n.Info, n.Interface = find(networkID), find(networkInfo), find(networkInterface)
	n.Addresses, n.DNS = List(find(networkAddresses)), List(find(networkDNS))
	for i, d := range n.DNS {
		n.DNS[i] = d[strings.IndexByte(d, '/')+1:] // "/10.0.2.3", in versions also with a name before
	}
	n.PrivateDNS, n.Proxy, n.PAC = null(find(networkPrivateDNS)), find(networkProxy), find(networkPAC)
	if t := find(networkTransports); t != "" {
		n.Transports = strings.Split(t, "|")
	}
	if c := find(networkCaps); c != "" {
		n.Capabilities = strings.Split(c, "&")
	}
	if o := find(networkOwner); o != "" {
		n.Owner = integer(o)
	}
	n.Underlying = find(networkUnderlying)
	return n
}
