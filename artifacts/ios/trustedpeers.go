package ios

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// TrustedPeers reads the devices that share the iCloud keychain.
var TrustedPeers = artifact.Parser{
	ID:    "ios.trustedpeers",
	Title: lang.Text{EN: "Devices that share the iCloud keychain", FR: "Appareils qui partagent le trousseau iCloud"},
	Doc: `otctl_status.txt and ckksctl_status.txt of a sysdiagnose have the state of Octagon,
which keeps the devices of an account that trust each other and share the iCloud
keychain: model, serial number and system of each, also of devices that left. A device
that the owner does not know had, or has, access to the passwords. Other values of the
state are records of their own. On file systems see ios.keychainpeers.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/otctl_status.txt"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/ckksctl_status.txt"},
	},
	Record: trustedPeersFact{},
	Refs:   []string{"https://github.com/apple-oss-distributions/Security/tree/main/keychain/ot", "https://support.apple.com/guide/security/secure-keychain-syncing-sec0a319b35f/web"},
	Parse:  trustedPeersParse,
}

// trustedPeersFact is one device, or one value of the state.
type trustedPeersFact struct {
	Time record.Time `json:"time"` // the value, if it is a time with offset from UTC

	Key     string      `json:"key"`               // path of the device or the value
	Value   record.Text `json:"value,omitempty"`   // of all but devices; the line under the key "text"
	Peer    bool        `json:"peer,omitempty"`    // this is a device: it has permanentInfo or stableInfo
	Model   string      `json:"model,omitempty"`   // of a device: permanentInfo.model_id
	Version string      `json:"version,omitempty"` // of a device: stableInfo.os_version
	Serial  string      `json:"serial,omitempty"`  // of a device: stableInfo.serial_number
	Name    record.Text `json:"name,omitempty"`    // of a device: stableInfo.device_name
	Other   []record.KV `json:"other,omitempty"`   // of a device: other values
}

// String implements [record.Data].
func (f trustedPeersFact) String() string {
	if f.Peer {
		return record.Line(fmt.Sprintf("Device that shares the keychain: %s %s %s %s", f.Name, f.Model, f.Version, f.Serial))
	}
	return record.Line(fmt.Sprintf("State of the keychain: %s = %s", f.Key, f.Value))
}

func trustedPeersParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	if !from.IsJSON(in.File) { // some versions print lines
		return from.EachLine("state", func(line string) (trustedPeersFact, bool) {
			text := strings.TrimSpace(line)
			return trustedPeersFact{Key: "text", Value: record.Text(text), Time: from.Stamp(text)}, true
		})(ctx, in)
	}
	return from.Facts(in, trustedPeersFacts, func(f trustedPeersFact) string { return f.Key })
}

// trustedPeersFacts gathers the values of each device. The values of a device follow
// one another; those before permanentInfo and stableInfo are found when these are.
func trustedPeersFacts(leaves []record.KV) (facts []trustedPeersFact) {
	peers := map[string]bool{}
	for _, kv := range leaves {
		if at := trustedPeersOwner(kv.Key); at != "" {
			peers[at] = true
		}
	}
	for _, kv := range leaves {
		at := trustedPeersWithin(peers, kv.Key)
		if at == "" {
			facts = append(facts, trustedPeersFact{Key: kv.Key, Value: record.Text(kv.Value), Time: from.Stamp(kv.Value)})
			continue
		}
		if n := len(facts); n == 0 || !facts[n-1].Peer || facts[n-1].Key != at {
			facts = append(facts, trustedPeersFact{Key: at, Peer: true})
		}
		facts[len(facts)-1].set(strings.TrimPrefix(kv.Key, at+"."), kv.Value)
	}
	return facts
}

// trustedPeersOwner returns the path of the device that a value is of, "" if it is of none.
func trustedPeersOwner(key string) string {
	for _, part := range []string{".permanentInfo.", ".stableInfo."} {
		if i := strings.Index(key, part); i >= 0 {
			return key[:i]
		}
	}
	return ""
}

// trustedPeersWithin returns the device among peers under which a key lies.
func trustedPeersWithin(peers map[string]bool, key string) string {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] == '.' && peers[key[:i]] {
			return key[:i]
		}
	}
	return ""
}

// set sets a value of a device.
func (f *trustedPeersFact) set(key, value string) {
	switch key {
	case "permanentInfo.model_id":
		f.Model = value
	case "stableInfo.os_version":
		f.Version = value
	case "stableInfo.serial_number":
		f.Serial = value
	case "stableInfo.device_name":
		f.Name = record.Text(value)
	default:
		f.Other = append(f.Other, record.KV{Key: key, Value: value})
	}
}
