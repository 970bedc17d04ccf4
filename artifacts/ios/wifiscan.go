package ios

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// WiFiScan reads which Wi-Fi networks were in reach.
var WiFiScan = artifact.Parser{
	ID:    "ios.wifiscan",
	Title: lang.Text{EN: "Wi-Fi networks in reach", FR: "Réseaux Wi-Fi à portée"},
	Doc: `A sysdiagnose looks for Wi-Fi networks and keeps what it finds, each with the address of
the station, channel, security and strength. That says where the phone was. Two stations
with the name of a known network, of which one is open or stronger by far, can be an
imitation. Identifiers of stations lead to places: keep them from others.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/wifi_scan*.txt"}},
	Record: wifiScanNetwork{},
	Refs:   []string{"https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  wifiScanParse,
}

// wifiScanNetwork is one network, or the summary of the scan.
type wifiScanNetwork struct {
	Seen record.Time `json:"seen"` // start of the capture less the age of the result; some minutes before or after

	Name     string      `json:"name,omitempty"`     // of the network; "" if it is hidden or a summary
	NameHex  string      `json:"name_hex,omitempty"` // its bytes, hexadecimal
	Hidden   bool        `json:"hidden,omitempty"`   // printed as <HIDDEN>
	BSSID    string      `json:"bssid,omitempty"`    // bssid: address of the station
	Channel  string      `json:"channel,omitempty"`  // channel
	Security string      `json:"security,omitempty"` // security
	Country  string      `json:"country,omitempty"`  // cc
	RSSI     *int64      `json:"rssi,omitempty"`     // dBm
	AgeMilli *int64      `json:"age_ms,omitempty"`   // age, milliseconds
	Summary  bool        `json:"summary,omitempty"`  // this is the first line, with counts
	Values   []record.KV `json:"values,omitempty"`   // other values
	Text     record.Text `json:"text,omitempty"`     // the line, if it has an unknown form
}

// String implements [record.Data].
func (n wifiScanNetwork) String() string {
	return record.Line(fmt.Sprintf("Wi-Fi in reach: %s %s %s %s", n.Name, n.BSSID, n.Security, n.Text))
}

func wifiScanParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	captured, known := in.Source.Device.Capture()
	return func(yield func(record.Record, error) bool) {
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read scan: %w", err))
				return
			}
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			n := wifiScanRow(line)
			if known && !n.Summary {
				seen := captured
				if n.AgeMilli != nil && *n.AgeMilli >= 0 && *n.AgeMilli < int64(30*24*time.Hour/time.Millisecond) {
					seen = seen.Add(-time.Duration(*n.AgeMilli) * time.Millisecond)
				}
				n.Seen = record.Time{Time: seen.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
			}
			if !yield(in.Record(from.AtLine(l), n), nil) {
				return
			}
		}
	}
}

// Where the values of a line begin, and one of them: what is in brackets is one value.
var (
	wifiScanStart = regexp.MustCompile(`(?:^| - |, )((?:ssid|bssid|channel|security|total|rssi|age|cc|phy)=)`)
	wifiScanHex   = regexp.MustCompile(`\(([0-9a-fA-F]*)\)\s*,?\s*$|\s((?:[0-9a-fA-F]{2,8} ?)+),?\s*$`)
)

// wifiScanMaxValues bounds the values of one line.
const wifiScanMaxValues = 128

func wifiScanRow(line string) (n wifiScanNetwork) {
	m := wifiScanStart.FindStringSubmatchIndex(line)
	if m == nil {
		n.Text = record.Text(line)
		return n
	}
	n.name(line[:m[0]])
	n.Summary = strings.HasPrefix(line[m[2]:], "total=")
	key := ""
	var value strings.Builder
	depth, count := 0, 0
	for piece := range strings.SplitSeq(line[m[2]:], ", ") {
		k, v, ok := strings.Cut(piece, "=")
		// A bracket that never closes does not swallow the keys that are known.
		if ok && (depth <= 0 && !strings.ContainsAny(k, "[{") || wifiScanStart.MatchString(piece)) {
			n.set(key, value.String())
			key, depth = k, 0
			value.Reset()
			value.WriteString(v)
			if count++; count > wifiScanMaxValues {
				n.Text = record.Text(line)
				return n
			}
		} else {
			value.WriteString(", " + piece)
		}
		depth += strings.Count(piece, "[") - strings.Count(piece, "]")
	}
	n.set(key, value.String())
	return n
}

// name reads what stands before the values: NAME, 'NAME' (hex), 'NAME' hex or <HIDDEN>.
func (n *wifiScanNetwork) name(s string) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "-"))
	if strings.HasPrefix(s, "<HIDDEN>") {
		n.Hidden = true
		return
	}
	if !strings.HasPrefix(s, "'") {
		n.Name = s
		return
	}
	if m := wifiScanHex.FindStringSubmatchIndex(s); m != nil {
		for i := 2; i < 6; i += 2 {
			if m[i] >= 0 {
				n.NameHex = strings.ReplaceAll(s[m[i]:m[i+1]], " ", "")
			}
		}
		s = strings.TrimSpace(s[:m[0]])
	}
	n.Name = strings.TrimSuffix(strings.TrimPrefix(s, "'"), "'")
}

// set sets the field of a key.
func (n *wifiScanNetwork) set(key, value string) {
	text := map[string]*string{"bssid": &n.BSSID, "channel": &n.Channel, "security": &n.Security, "cc": &n.Country}[key]
	number := map[string]**int64{"rssi": &n.RSSI, "age": &n.AgeMilli}[key]
	v, err := strconv.ParseInt(strings.TrimRight(value, " dBms"), 10, 64)
	_, notHex := hex.DecodeString(value)
	switch {
	case key == "":
	case key == "ssid" && n.NameHex == "" && notHex == nil:
		n.NameHex = value
	case text != nil && *text == "":
		*text = value
	case number != nil && *number == nil && err == nil:
		*number = &v
	default:
		n.Values = append(n.Values, record.KV{Key: key, Value: value})
	}
}
