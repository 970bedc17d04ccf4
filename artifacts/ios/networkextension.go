package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/keyedarchive"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NetworkExtension reads the VPNs, DNS servers, filters, proxies and relays that apps and profiles configured.
var NetworkExtension = artifact.Parser{
	ID:    "ios.networkextension",
	Title: lang.Text{EN: "VPN, DNS, content filter and relay configurations", FR: "Configurations de VPN, DNS, filtre et relais"},
	Doc: `nehelper keeps each configuration that an app or a configuration profile made with
the Network Extension framework: VPN, DNS servers, content filter, proxy, relay. All
or part of the traffic of the phone goes where it says. Security and parental apps
use these too; a configuration whose app is not installed, or that a profile nobody
knows brought, deserves a look. It stays until the app, the profile or the user
removes it. A list without configurations is usual. The cache, in a sysdiagnose, ties
identifiers of apps to the UUIDs of their programs.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/com.apple.networkextension.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/com.apple.networkextension.necp.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/com.apple.networkextension.control.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/logs/Networking/com.apple.networkextension*.plist"},
	},
	Record: networkExtensionConfiguration{},
	Refs:   []string{"https://developer.apple.com/documentation/networkextension", "https://developer.apple.com/documentation/devicemanagement/vpn"},
	Parse:  from.Plist(networkExtensionRead),
}

// networkExtensionConfiguration is one NEConfiguration, or another object at the top of
// the archive.
type networkExtensionConfiguration struct {
	Name       record.Text      `json:"name,omitempty"`       // field Name or name of the configuration, as the user sees it
	Identifier string           `json:"identifier,omitempty"` // field Identifier or identifier: UUID
	App        record.App       `json:"app,omitempty"`        // field Application or application: the app that owns it
	AppName    record.Text      `json:"app_name,omitempty"`   // field ApplicationName or applicationName
	Kinds      []string         `json:"kinds,omitempty"`      // which parts it has: VPN, DNSSettings, ContentFilter…
	Enabled    *bool            `json:"enabled"`              // first field Enabled or enabled in a part
	Servers    []record.Domain  `json:"servers,omitempty"`    // fields ServerAddress, ServerAddresses, ServerName, HTTPServer…: hosts or addresses
	Providers  []record.App     `json:"providers,omitempty"`  // fields PluginType, ProviderBundleIdentifier…: the extensions that carry the traffic
	Profiles   []record.Profile `json:"profiles,omitempty"`   // fields PayloadUUID, ProfileUUID, ProfileIdentifier…: the profile that brought it
	URLs       []record.URL     `json:"urls,omitempty"`       // values that are URLs
	Key        string           `json:"key"`                  // key in the archive
	Values     []record.KV      `json:"values,omitempty"`     // all values with their paths, as stored
}

// String implements [record.Data].
func (c networkExtensionConfiguration) String() string {
	return record.Line(fmt.Sprintf("network configuration %s %s of %s %v to %v", c.Key, c.Name, c.App, c.Kinds, c.Servers))
}

// Limits of one file.
const (
	networkExtensionMaxConfigurations = 1 << 12 // objects at the top of the archive
	networkExtensionMaxValues         = 1 << 17 // values of all of them
)

func networkExtensionRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	total := 0
	put := func(key string, v plist.Value, kvs []record.KV, err error) bool {
		if total += len(kvs); total > networkExtensionMaxValues {
			yield(record.Record{}, fmt.Errorf("read network configurations: more than %d values", networkExtensionMaxValues))
			return false
		}
		return yield(in.Record(from.At(key, 0, v), networkExtensionOne(key, kvs)), nil) && (err == nil || yield(record.Record{}, err))
	}
	archive, err := keyedarchive.Open(root)
	if err != nil { // some of the files are plain lists
		if root.Kind() != plist.Dict {
			yield(record.Record{}, fmt.Errorf("read network configurations: root is %s, not dict", root.Kind()))
			return
		}
		for key, v := range root.Items() {
			kvs, err := from.Leaves(v)
			if !put(key, v, kvs, err) {
				return
			}
		}
		return
	}
	n := 0
	for key, o := range archive.Tops() {
		if !networkExtensionIsDictionary(o) {
			kvs, err := from.ObjectLeaves(o)
			if !put(key, o.Value(), kvs, err) {
				return
			}
			continue
		}
		for k, e := range o.Entries() {
			if n++; n > networkExtensionMaxConfigurations {
				yield(record.Record{}, fmt.Errorf("read network configurations: more than %d", networkExtensionMaxConfigurations))
				return
			}
			kvs, err := from.ObjectLeaves(e)
			if !put(key+"/"+k.Text(), e.Value(), kvs, err) {
				return
			}
		}
	}
}

// networkExtensionIsDictionary reports whether an object is a dictionary, such
// as the one of all configurations by their identifiers.
func networkExtensionIsDictionary(o keyedarchive.Object) bool {
	return o.IsA("NSDictionary") && o.Len() > 0
}

// networkExtensionOne sorts the values of a configuration by the last element
// of their paths, whose first letter differs between versions.
func networkExtensionOne(key string, kvs []record.KV) networkExtensionConfiguration {
	c := networkExtensionConfiguration{Key: key, Values: kvs}
	kinds := map[string]bool{}
	for i, kv := range kvs {
		if kv.Key == "" {
			kvs[i].Key = "value" // the object itself is no container
		}
		parts := strings.Split(kv.Key, "/")
		last := len(parts) - 1
		if last > 0 && networkExtensionParts[strings.ToLower(parts[0])] && !kinds[parts[0]] {
			kinds[parts[0]] = true
			c.Kinds = append(c.Kinds, parts[0])
		}
		name := parts[last]
		if last > 0 && strings.Trim(name, "0123456789") == "" {
			name = parts[last-1] // an element of a list
		}
		c.sort(strings.ToLower(name), last == 0, kv.Value)
	}
	return c
}

// networkExtensionParts are the parts that a configuration can have.
var networkExtensionParts = map[string]bool{"vpn": true, "appvpn": true, "alwaysonvpn": true, "contentfilter": true, "dnsproxy": true,
	"dnssettings": true, "pathcontroller": true, "relay": true, "applayervpn": true, "apppush": true, "hotspot": true, "urlfilter": true}

// sort puts a value in the field that its name calls for.
func (c *networkExtensionConfiguration) sort(name string, top bool, value string) {
	switch name {
	case "name":
		if top {
			c.Name = record.Text(value)
		}
	case "identifier":
		if top {
			c.Identifier = value
		}
	case "application":
		c.App = record.App(value)
	case "applicationname":
		c.AppName = record.Text(value)
	case "enabled":
		if c.Enabled == nil {
			on := value == "true" || value == "1"
			c.Enabled = &on
		}
	case "serveraddress", "serveraddresses", "servername", "remoteaddress", "address", "host", "hostname", "httpserver", "httpsserver", "server", "servers":
		c.Servers = append(c.Servers, record.Domain(value))
	case "plugintype", "providerbundleidentifier", "pluginbundleidentifier", "dataproviderbundleidentifier", "filterdataproviderbundleidentifier",
		"filterpacketproviderbundleidentifier", "filterproviderbundleidentifier", "providertype":
		c.Providers = append(c.Providers, record.App(value))
	case "payloaduuid", "profileuuid", "profileidentifier", "payloadidentifier":
		c.Profiles = append(c.Profiles, record.Profile(value))
	}
	if strings.Contains(value, "://") {
		c.URLs = append(c.URLs, record.URL(value))
	}
}
