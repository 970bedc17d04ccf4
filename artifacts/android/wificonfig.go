package android

import (
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WiFiConfig reads the Wi-Fi networks that the phone knows.
var WiFiConfig = artifact.Parser{
	ID:    "android.wificonfig",
	Title: lang.Text{EN: "Known Wi-Fi networks", FR: "Réseaux Wi-Fi connus"},
	Doc: `The phone keeps the networks that the user, an app or an administrator set up: name, kind of
security, who created and last changed it, whether it goes through a proxy, and when it was
last connected. A network that is gone from the list was removed. Times are printed by the
clock of the phone and without the year, and are kept as text.`,
	Inputs: from.Dumpsys("wifi"),
	Record: wificonfigNetwork{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/modules/Wifi/+/refs/heads/main/framework/java/android/net/wifi/WifiConfiguration.java",
	},
	Parse: from.Since("5.0", from.Dump(dumpsys.WifiNetworks, wificonfigRow)),
}

// wificonfigNetwork is one network.
type wificonfigNetwork struct {
	SSID          string        `json:"ssid"`                     // in quotes if it is text
	BSSID         string        `json:"bssid,omitempty"`          // of the access point, if it is tied to one
	Passpoint     record.Domain `json:"passpoint,omitempty"`      // FQDN of a Passpoint network
	Security      string        `json:"security"`                 // KeyMgmt: "NONE", "WPA_PSK"
	ID            *int64        `json:"id"`                       // ID
	Hidden        bool          `json:"hidden,omitempty"`         // does not announce itself
	Connected     bool          `json:"connected,omitempty"`      // at the time of the dump
	EverConnected string        `json:"ever_connected,omitempty"` // hasEverConnected: "true", "false"
	CreatorUID    *int64        `json:"creator_uid,omitempty"`    // cuid
	Creator       record.App    `json:"creator,omitempty"`        // cname: package, or a shared user with its number
	UpdaterUID    *int64        `json:"updater_uid,omitempty"`    // luid
	Updater       record.App    `json:"updater,omitempty"`        // lname
	Created       string        `json:"created,omitempty"`        // month, day and hour; Android 11 and before
	LastConnected string        `json:"last_connected,omitempty"` // month, day and hour
	LastUpdated   string        `json:"last_updated,omitempty"`   // month, day and hour
	Proxy         string        `json:"proxy,omitempty"`          // "NONE", "STATIC", "PAC"
	Extra         []record.KV   `json:"extra,omitempty"`          // other values
}

// String implements [record.Data].
func (n wificonfigNetwork) String() string {
	return record.Line("known Wi-Fi network " + n.SSID + " " + n.Security)
}

func wificonfigRow(n dumpsys.WifiNetwork) (int, record.Data) {
	return n.Line, wificonfigNetwork{
		SSID: n.SSID, BSSID: n.BSSID, Passpoint: record.Domain(n.FQDN), Security: n.KeyMgmt, ID: from.Count(n.ID), Hidden: n.Hidden, Connected: n.Connected,
		EverConnected: n.EverConnected, CreatorUID: from.Count(n.CreatorUID), Creator: record.App(n.Creator), UpdaterUID: from.Count(n.UpdaterUID), Updater: record.App(n.Updater),
		Created: wificonfigTime(n.Created), LastConnected: wificonfigTime(n.LastConnected), LastUpdated: wificonfigTime(n.LastUpdated), Proxy: n.Proxy, Extra: from.KVs(n.Other),
	}
}

// wificonfigTime returns a time as text, with its year if it is known.
func wificonfigTime(t time.Time) string {
	if wall, text := from.Clock(t); wall.IsZero() {
		return text
	}
	return t.Format("2006-01-02 15:04:05.999")
}
