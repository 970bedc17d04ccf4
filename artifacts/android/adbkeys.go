package android

import (
	"iter"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// ADBKeys reads the computers that may debug the phone.
var ADBKeys = artifact.Parser{
	ID:    "android.adbkeys",
	Title: lang.Text{EN: "Computers that may debug the phone", FR: "Ordinateurs autorisés à déboguer le téléphone"},
	Doc: `A computer that may control the phone over adb is known by its key. The service tells the keys
that the user accepted, those built into the system image, and, in its store, when each was
last connected. There is one record for each key in each list, one for each Wi-Fi network
where wireless debugging is allowed, and one for the state of adb. The name after a key
is chosen by the computer. The computer that took the acquisition is among them. Keys that
were not used for a week are removed, unless that is turned off.`,
	Inputs: from.Dumpsys("adb"),
	Record: adbkeysKey{},
	Refs: []string{
		"https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/core/java/com/android/server/adb/AdbDebuggingManager.java",
	},
	Parse: from.Dump(adbkeysAll, adbkeysRow),
}

// adbkeysKey is one key, one network or the state of adb.
type adbkeysKey struct {
	List        string      `json:"list"`                  // "user", "system" or "store" for keys, "network", "state"
	Connected   record.Time `json:"connected"`             // lastConnection of the store, UTC
	Computer    string      `json:"computer,omitempty"`    // name after the key: "alice@laptop"
	Fingerprint string      `json:"fingerprint,omitempty"` // MD5 of the key as the phone shows it: "AA:BB:…"; of the state last_key_received
	Key         string      `json:"key,omitempty"`         // base64
	Network     string      `json:"network,omitempty"`     // BSSID
	State       []record.KV `json:"state,omitempty"`       // values of the state
}

// String implements [record.Data].
func (k adbkeysKey) String() string {
	switch k.List {
	case "state":
		return "state of adb"
	case "network":
		return record.Line("wireless debugging allowed on network " + k.Network)
	}
	return record.Line("key of computer " + k.Computer + " " + k.Fingerprint + " in list " + k.List)
}

// adbkeysOne is a record with its line, which is that of the state.
type adbkeysOne struct {
	line int
	key  adbkeysKey
}

func adbkeysAll(text iter.Seq[lines.Line]) iter.Seq2[adbkeysOne, error] {
	return func(yield func(adbkeysOne, error) bool) {
		for a, err := range dumpsys.ADBState(text) {
			if err != nil {
				if !yield(adbkeysOne{}, err) {
					return
				}
				continue
			}
			for _, key := range adbkeysOf(&a) {
				if !yield(adbkeysOne{a.Line, key}, nil) {
					return
				}
			}
		}
	}
}

// adbkeysOf returns the records of a state.
func adbkeysOf(a *dumpsys.ADB) (keys []adbkeysKey) {
	state := adbkeysKey{List: "state", Fingerprint: a.LastKey}
	if a.Connected != "" {
		state.State = append(state.State, record.KV{Key: "connected_to_adb", Value: a.Connected})
	}
	if a.Form != "" {
		state.State = append(state.State, record.KV{Key: "store", Value: a.Form})
	}
	state.State = append(state.State, from.KVs(a.Other)...)
	keys = append(keys, state)
	for _, list := range []struct {
		name string
		keys []dumpsys.ADBKey
	}{{"user", a.UserKeys}, {"system", a.SystemKeys}, {"store", a.Keystore}} {
		for _, k := range list.keys {
			key := adbkeysKey{List: list.name, Computer: k.User, Fingerprint: k.Fingerprint, Key: k.Key}
			if !k.Connected.IsZero() {
				key.Connected = epoch.UnixMilli(k.Connected.UnixMilli())
			}
			keys = append(keys, key)
		}
	}
	for _, bssid := range a.TrustedAPs {
		keys = append(keys, adbkeysKey{List: "network", Network: bssid})
	}
	return keys
}

func adbkeysRow(o adbkeysOne) (int, record.Data) { return o.line, o.key }
