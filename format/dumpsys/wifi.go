package dumpsys

import (
	"iter"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A WifiNetwork is one configured network of the section of the service wifi.
type WifiNetwork struct {
	Line          int
	ID            int    // -1 if no number
	SSID          string // in quotes if it is text
	BSSID         string
	FQDN          string // of a Passpoint network
	KeyMgmt       string // "NONE", "WPA_PSK", of the first security parameters
	Hidden        bool
	Connected     bool
	EverConnected string // "true", "false"; "" if not recorded
	CreatorUID    int    // -1 if not recorded
	Creator       string // package, or "android.uid.system:1000"
	UpdaterUID    int
	Updater       string
	Created       time.Time // clock without zone and year, Android 11 and before
	LastConnected time.Time // clock without zone and year
	LastUpdated   time.Time // clock without zone and year
	Proxy         string    // "NONE", "STATIC", "PAC"
	Other         []Pair
}

// WifiNetworks yields the configured networks of the section of the service wifi.
// The same list printed by other parts of the service is not read again.
func WifiNetworks(text iter.Seq[lines.Line]) iter.Seq2[WifiNetwork, error] {
	return func(yield func(WifiNetwork, error) bool) {
		r := report{service: "wifi"}
		var w *WifiNetwork
		in := false
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if strings.Contains(line, "onfigured networks") {
				in = !r.found && !strings.Contains(line, " End")
				r.found = true
				continue
			}
			if !in || line == "" {
				continue
			}
			if strings.HasPrefix(line, "ID: ") || strings.HasPrefix(line, "* ID: ") || strings.HasPrefix(line, "- ID: ") {
				if w != nil && !yield(*w, nil) {
					return
				}
				w = &WifiNetwork{Line: l.Number, ID: -1, CreatorUID: -1, UpdaterUID: -1}
				w.head(line)
			} else if w != nil {
				w.line(line)
			} else {
				r.unknown(l.Number, line)
			}
		}
		if w != nil && !yield(*w, nil) {
			return
		}
		finish(&r, "list of configured networks", yield)
	}
}

// head reads `ID: 0 SSID: "x" PROVIDER-NAME: null BSSID: null FQDN: null …`. The
// name of the network can hold anything, also what looks like the next key.
func (w *WifiNetwork) head(line string) {
	_, line, _ = strings.Cut(line, "ID: ")
	id, rest, _ := strings.Cut(line, " SSID: ")
	w.ID = integer(id)
	i := strings.LastIndex(rest, " PROVIDER-NAME: ")
	if i < 0 {
		i = strings.LastIndex(rest, " BSSID: ")
	}
	if i < 0 {
		i = len(rest)
	}
	w.SSID, rest = rest[:i], rest[i:]
	f := strings.Fields(rest)
	for k := 0; k+1 < len(f); k++ {
		switch f[k] {
		case "BSSID:":
			w.BSSID = null(f[k+1])
		case "FQDN:":
			w.FQDN = null(f[k+1])
		case "HIDDEN:":
			w.Hidden = f[k+1] == "true"
		case "Connected:":
			w.Connected = f[k+1] == "true"
		}
	}
	w.Other = append(w.Other, Pair{"head", strings.TrimSpace(rest)})
}

func (w *WifiNetwork) line(line string) {
	for k, v := range Pairs(line) {
		switch k {
		case "cuid":
			w.CreatorUID = integer(v)
		case "cname":
			w.Creator = v
		case "luid":
			w.UpdaterUID = integer(v)
		case "lname":
			w.Updater = v
		case "time":
			w.Created = clock(v)
		}
	}
	if _, at, ok := strings.Cut(line, "creation time="); ok {
		w.Created = clock(strings.TrimSpace(at))
	}
	key, value, _ := Field(line)
	switch key {
	case "KeyMgmt":
		if w.KeyMgmt == "" {
			w.KeyMgmt, _, _ = strings.Cut(value, " Protocols:")
		}
	case "hasEverConnected":
		w.EverConnected = value
	case "lastConnected":
		w.LastConnected = clock(value)
	case "lastUpdated":
		w.LastUpdated = clock(value)
	case "Proxy settings":
		w.Proxy = value
	}
	if len(w.Other) < maxDetails && len(line) < maxLine {
		w.Other = append(w.Other, Pair{key, value})
	}
}
