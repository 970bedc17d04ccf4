package ios

import (
	"fmt"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WiFiNetworks reads the known Wi-Fi networks and their access points.
var WiFiNetworks = artifact.Parser{
	ID:    "ios.wifinetworks",
	Title: lang.Text{EN: "Known Wi-Fi networks", FR: "Réseaux Wi-Fi connus"},
	Doc: `wifid keeps each network that the phone joined with the times at which it was added,
joined by the user or by the system, and the access points it was seen on. Exploits
were injected through networks and through captive portals: compare times and places.
A network stays until it is forgotten, and comes back through iCloud. One record is
the network, one each access point; lists of scanned networks with a private address
and of older systems are read too.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/com.apple.wifi.known-networks.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/com.apple.wifi.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/com.apple.wifi-networks.plist"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/com.apple.wifi-networks.plist.backup"},
		{Kinds: evidence.IOSBackup | evidence.IOSFilesystem, Glob: "private/var/preferences/SystemConfiguration/com.apple.wifi-private-mac-networks.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/com.apple.wifi*.plist"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/LEGACY_com.apple.wifi*.plist"},
	},
	Record: wifiNetworksNetwork{},
	Refs:   []string{"https://github.com/log2timeline/plaso", "https://github.com/abrignoni/iLEAPP"},
	Parse:  from.Plist(wifiNetworksRead),
}

// wifiNetworksNetwork is a network, one of its access points, or a setting of the file.
// Times are dates in UTC.
type wifiNetworksNetwork struct {
	Added      record.Time `json:"added,omitempty"`              // AddedAt or addedAt
	User       record.Time `json:"joined_by_user,omitempty"`     // JoinedByUserAt
	System     record.Time `json:"joined_by_system,omitempty"`   // JoinedBySystemAt
	Joined     record.Time `json:"joined,omitempty"`             // lastJoined, lastAutoJoined, prevJoined: the latest of them
	Updated    record.Time `json:"updated,omitempty"`            // UpdatedAt or lastUpdated
	Discovered record.Time `json:"discovered,omitempty"`         // LastDiscoveredAt
	Associated record.Time `json:"associated,omitempty"`         // access point: LastAssociatedAt
	Password   record.Time `json:"password_changed,omitempty"`   // WiFiNetworkPasswordModificationDate
	FirstMAC   record.Time `json:"first_join_private,omitempty"` // FirstJoinWithNewMacTimestamp

	Kind      string         `json:"kind"`                 // network, access point or setting
	List      string         `json:"list,omitempty"`       // key of the list that the network is in
	SSID      string         `json:"ssid,omitempty"`       // SSID, SSID_STR or the key without its prefix
	BSSID     string         `json:"bssid,omitempty"`      // BSSID, of an access point or of the last one
	Channel   *int64         `json:"channel,omitempty"`    // Channel
	Security  string         `json:"security,omitempty"`   // SupportedSecurityTypes
	Hidden    *bool          `json:"hidden,omitempty"`     // Hidden or HIDDEN_NETWORK
	Captive   *bool          `json:"captive,omitempty"`    // CaptiveProfile.CaptiveNetwork or CaptiveNetwork
	AddReason string         `json:"add_reason,omitempty"` // AddReason: what added it, such as "Cloud Sync"
	App       record.App     `json:"app,omitempty"`        // BundleID: the app that added it
	Profile   record.Profile `json:"profile,omitempty"`    // PayloadUUID: the profile that added it
	Place     string         `json:"place,omitempty"`      // access point: latitude and longitude of its location
	Other     []record.KV    `json:"other,omitempty"`      // all other keys, keys of encryption excepted
}

// String implements [record.Data].
func (n wifiNetworksNetwork) String() string {
	switch n.Kind {
	case "access point":
		return record.Line(fmt.Sprintf("Wi-Fi access point %s of %q", n.BSSID, n.SSID))
	case "setting":
		return record.Line(from.SettingLine("Wi-Fi: "+n.List, "", n.Other))
	}
	return record.Line(fmt.Sprintf("Wi-Fi network %q %s", n.SSID, n.Security))
}

func wifiNetworksRead(in *artifact.Input, root plist.Value, yield func(record.Record, error) bool) {
	if root.Kind() != plist.Dict {
		yield(record.Record{}, fmt.Errorf("read Wi-Fi networks: root is %s, not dict", root.Kind()))
		return
	}
	w := wifiNetworksReader{in: in, yield: yield}
	for key, v := range root.Items() {
		more := false
		switch {
		case strings.HasPrefix(key, wifiNetworksPrefix) && v.Kind() == plist.Dict:
			more = w.network("", strings.TrimPrefix(key, wifiNetworksPrefix), key, 0, v)
		case v.Kind() == plist.Array && strings.HasPrefix(strings.ToLower(key), "list of"):
			more = w.list(key, v)
		default:
			more = w.setting(key, v)
		}
		if !more {
			return
		}
	}
}

// wifiNetworksPrefix begins the keys of networks from iOS 14.
const wifiNetworksPrefix = "wifi.network.ssid."

// wifiNetworksMax bounds the networks of a list, and the access points of a
// network.
const wifiNetworksMax = 1 << 14

type wifiNetworksReader struct {
	in    *artifact.Input
	yield func(record.Record, error) bool
}

// list yields the networks of a list.
func (w *wifiNetworksReader) list(key string, v plist.Value) bool {
	for i := range min(v.Len(), wifiNetworksMax) {
		if !w.network(key, "", key, i+1, v.Index(i)) {
			return false
		}
	}
	return v.Len() > 0 || w.setting(key, v)
}

// setting yields a key that is no network. Keys of encryption are left out.
func (w *wifiNetworksReader) setting(key string, v plist.Value) bool {
	n := wifiNetworksNetwork{Kind: "setting", List: key}
	if wifiNetworksSecret(key) {
		n.Other = []record.KV{{Key: "bytes", Value: fmt.Sprint(v.Len())}}
		return w.yield(w.in.Record(from.At(key, 0, v), n), nil)
	}
	s, err := from.NewSetting("value", v)
	n.Other = s.Values
	if len(s.Values) == 0 {
		n.Other = []record.KV{{Key: s.Key, Value: s.Value}}
	}
	return w.yield(w.in.Record(from.At(key, 0, v), n), nil) && (err == nil || w.yield(record.Record{}, err))
}

// wifiNetworksSecret reports whether a key holds key material.
func wifiNetworksSecret(key string) bool { return strings.HasPrefix(key, "RotationKey") }

// network yields a network and its access points.
func (w *wifiNetworksReader) network(list, ssid, table string, row int, v plist.Value) bool {
	n, err := wifiNetworksOne("network", v)
	n.List = list
	if n.SSID == "" {
		n.SSID = ssid
	}
	if !w.yield(w.in.Record(from.At(table, row, v), n), nil) || err != nil && !w.yield(record.Record{}, err) {
		return false
	}
	points := v.Get("BSSList")
	for i := range min(points.Len(), wifiNetworksMax) {
		p, err := wifiNetworksOne("access point", points.Index(i))
		p.List, p.SSID = list, n.SSID
		if !w.yield(w.in.Record(from.At(table+"/BSSList", i+1, points.Index(i)), p), nil) || err != nil && !w.yield(record.Record{}, err) {
			return false
		}
	}
	return true
}

// wifiNetworksOne reads the keys of a network or an access point. Some stand one
// level deeper, in __OSSpecific__.
func wifiNetworksOne(kind string, v plist.Value) (wifiNetworksNetwork, error) {
	n := wifiNetworksNetwork{Kind: kind}
	os := v.Get("__OSSpecific__")
	get := func(keys ...string) plist.Value {
		for _, key := range keys {
			if e := v.Get(key); e.Kind() != plist.Invalid {
				return e
			}
			if e := os.Get(key); e.Kind() != plist.Invalid {
				return e
			}
		}
		return plist.Value{}
	}
	date := func(keys ...string) (latest record.Time) {
		for _, key := range keys {
			if t := epoch.Date(get(key).Time()); t.IsSet() && t.After(latest.Time) {
				latest = t
			}
		}
		return latest
	}
	n.Added, n.User, n.System = date("AddedAt", "addedAt"), date("JoinedByUserAt"), date("JoinedBySystemAt")
	n.Joined, n.Updated = date("lastJoined", "lastAutoJoined", "prevJoined"), date("UpdatedAt", "lastUpdated")
	n.Discovered, n.Associated = date("LastDiscoveredAt"), date("LastAssociatedAt")
	n.Password, n.FirstMAC = date("WiFiNetworkPasswordModificationDate"), date("FirstJoinWithNewMacTimestamp")
	n.SSID, n.BSSID = from.Text(get("SSID_STR", "SSID")), from.Text(get("BSSID"))
	n.Security, n.AddReason = from.Text(get("SupportedSecurityTypes")), from.Text(get("AddReason"))
	n.App, n.Profile = record.App(from.Text(get("BundleID"))), record.Profile(from.Text(get("PayloadUUID")))
	n.Hidden = wifiNetworksFlag(get("Hidden", "HIDDEN_NETWORK"))
	n.Captive = wifiNetworksFlag(v.Get("CaptiveProfile").Get("CaptiveNetwork"))
	if n.Captive == nil {
		n.Captive = wifiNetworksFlag(get("CaptiveNetwork"))
	}
	if c := get("Channel", "CHANNEL"); c.Kind() == plist.Int {
		channel := c.Int()
		n.Channel = &channel
	}
	for _, keys := range [][2]string{{"LocationLatitude", "LocationLongitude"}, {"Latitude", "Longitude"}} {
		if lat := get(keys[0]); lat.Kind() == plist.Real && n.Place == "" {
			n.Place = from.Text(lat) + "," + from.Text(get(keys[1]))
		}
	}
	var err error
	n.Other, err = wifiNetworksOther(v)
	return n, err
}

// wifiNetworksOther returns the keys that have no field, or what stands in the
// place of a dictionary.
func wifiNetworksOther(v plist.Value) ([]record.KV, error) {
	if v.Kind() == plist.Dict {
		return from.Rest(v, wifiNetworksKnown...)
	}
	s, err := from.NewSetting("value", v)
	return append(s.Values, record.KV{Key: s.Key, Value: s.Value}), err
}

// wifiNetworksKnown are the keys that have a field, and those of encryption.
var wifiNetworksKnown = []string{"AddedAt", "addedAt", "JoinedByUserAt", "JoinedBySystemAt", "UpdatedAt", "lastUpdated", "LastDiscoveredAt",
	"LastAssociatedAt", "FirstJoinWithNewMacTimestamp", "SSID", "SSID_STR", "BSSID", "Channel", "SupportedSecurityTypes", "AddReason", "BundleID",
	"PayloadUUID", "Hidden", "BSSList", "RotationKeyUsed"}

// wifiNetworksFlag returns a boolean, nil if there is none.
func wifiNetworksFlag(v plist.Value) *bool {
	if v.Kind() != plist.Bool && v.Kind() != plist.Int {
		return nil
	}
	b := v.Bool() || v.Int() != 0
	return &b
}
