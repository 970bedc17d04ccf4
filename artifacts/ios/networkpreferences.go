package ios

import (
	"fmt"
	"path"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NetworkPreferences reads the proxies, DNS servers and other settings of the network services.
var NetworkPreferences = artifact.Parser{
	ID:    "ios.networkpreferences",
	Title: lang.Text{EN: "Network services: proxies and DNS", FR: "Services réseau : mandataires et DNS"},
	Doc: `configd keeps the network services of the phone (Wi-Fi, mobile, VPN) with their
proxies, proxy configuration URL and DNS servers in preferences.plist, since the last
reset of network settings. A proxy or DNS server set by hand or by a profile sends
traffic where it says; services without one are usual and give a record without them.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/preferences.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/VPN-*.plist"},
	},
	Record: networkPreferencesRecord{},
	Refs:   []string{"https://developer.apple.com/documentation/systemconfiguration"},
	Parse:  from.Plist(networkPreferencesRead),
}

// networkPreferencesRecord is one service of NetworkServices, or another key of the file.
type networkPreferencesRecord struct {
	Key       string          `json:"key"`                    // NetworkServices/<identifier>, System, Sets…
	Name      record.Text     `json:"name,omitempty"`         // UserDefinedName
	Interface string          `json:"interface,omitempty"`    // Interface.DeviceName: en0 is Wi-Fi, pdp_ip0 mobile
	Type      string          `json:"type,omitempty"`         // Interface.Type: Ethernet, com.apple.CommCenter, VPN…
	Proxies   []record.Domain `json:"proxies,omitempty"`      // Proxies.HTTPProxy, HTTPSProxy, SOCKSProxy…: hosts or addresses
	ConfigURL record.URL      `json:"proxy_url,omitempty"`    // Proxies.ProxyAutoConfigURLString
	Config    string          `json:"proxy_script,omitempty"` // Proxies.ProxyAutoConfigJavaScript
	DNS       []record.IP     `json:"dns,omitempty"`          // DNS.ServerAddresses
	Server    record.Domain   `json:"server,omitempty"`       // VPN: PPP.CommRemoteAddress, IPSec.RemoteAddress or VPN.RemoteAddress
	Values    []record.KV     `json:"values,omitempty"`       // all values with their paths
}

// String implements [record.Data].
func (s networkPreferencesRecord) String() string {
	return record.Line(fmt.Sprintf("network service %s %s: proxies %v %s, DNS %v", s.Name, s.Interface, s.Proxies, s.ConfigURL, s.DNS))
}

func networkPreferencesRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read network preferences: root is %s, not dict", root.Kind()))
		return
	}
	put := func(key string, v plist.Value) bool {
		s, err := networkPreferencesService(key, v)
		return yield(in.Record(from.At(key, 0, v), s), nil) && (err == nil || yield(record.Record{}, err))
	}
	for key, v := range root.Items() {
		if key != "NetworkServices" || v.Kind() != plist.Dict {
			if !put(key, v) {
				return
			}
			continue
		}
		for id, service := range v.Items() {
			if !put(key+"/"+id, service) {
				return
			}
		}
	}
}

func networkPreferencesService(key string, v plist.Value) (networkPreferencesRecord, error) {
	setting, err := from.NewSetting(path.Base(key), v)
	s := networkPreferencesRecord{Key: key, Values: setting.Values}
	if setting.Value != "" {
		s.Values = []record.KV{{Key: path.Base(key), Value: setting.Value}}
	}
	if !strings.HasPrefix(key, "NetworkServices/") {
		return s, err
	}
	s.Name = record.Text(from.Text(v.Get("UserDefinedName")))
	s.Interface, s.Type = from.Text(v.Get("Interface").Get("DeviceName")), from.Text(v.Get("Interface").Get("Type"))
	for name, p := range v.Get("Proxies").Items() {
		switch {
		case name == "ProxyAutoConfigURLString":
			s.ConfigURL = record.URL(from.Text(p))
		case name == "ProxyAutoConfigJavaScript":
			s.Config = from.Text(p)
		case strings.HasSuffix(name, "Proxy") && p.Kind() == plist.String:
			s.Proxies = append(s.Proxies, record.Domain(p.String()))
		}
	}
	for a := range v.Get("DNS").Get("ServerAddresses").Elems() {
		s.DNS = append(s.DNS, record.IP(from.Text(a)))
		if len(s.DNS) == networkPreferencesMaxDNS {
			break
		}
	}
	for _, part := range [][2]string{{"PPP", "CommRemoteAddress"}, {"IPSec", "RemoteAddress"}, {"VPN", "RemoteAddress"}} {
		if host := from.Text(v.Get(part[0]).Get(part[1])); host != "" && s.Server == "" {
			s.Server = record.Domain(host)
		}
	}
	return s, err
}

// networkPreferencesMaxDNS bounds the DNS servers of one service; all are in the values.
const networkPreferencesMaxDNS = 64
