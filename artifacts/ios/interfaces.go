package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"regexp"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Interfaces reads the network interfaces and neighbours in a sysdiagnose.
var Interfaces = artifact.Parser{
	ID:    "ios.interfaces",
	Title: lang.Text{EN: "Network interfaces and neighbours", FR: "Interfaces réseau et voisins"},
	Doc: `ifconfig and arp, which a sysdiagnose runs, list the network interfaces of the phone
with their addresses and the devices nearby that it knows. Interfaces named utun and
ipsec are tunnels: iOS makes some of its own, and each VPN makes one that has an
address. What was connected before is not in it.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/ifconfig*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/WiFi/arp*"},
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/ifconfig*.txt"},
	},
	Record: interfacesInterface{},
	Refs:   []string{"https://keith.github.io/xcode-man-pages/ifconfig.8.html", "https://keith.github.io/xcode-man-pages/arp.8.html"},
	Parse:  interfacesParse,
}

// interfacesInterface is one interface, or one neighbour.
type interfacesInterface struct {
	Seen record.Time `json:"seen"` // start of the capture, some minutes before or after

	Kind      string      `json:"kind"`                // interface, neighbour, other (a line of unknown form)
	Name      string      `json:"name,omitempty"`      // en0, pdp_ip0, utun3, ipsec0…
	Flags     []string    `json:"flags,omitempty"`     // between angle brackets after "flags="
	Station   string      `json:"station,omitempty"`   // ether, at: hardware address
	Addresses []record.IP `json:"addresses,omitempty"` // inet, inet6
	Peers     []record.IP `json:"peers,omitempty"`     // after "-->": other end of a tunnel
	Status    string      `json:"status,omitempty"`    // status: active, inactive
	Other     []string    `json:"other,omitempty"`     // all lines; of a neighbour the line
}

// String implements [record.Data].
func (i interfacesInterface) String() string {
	return record.Line(fmt.Sprintf("Network %s %s %s %s", i.Kind, i.Name, i.Station, i.Addresses))
}

// interfacesMaxLines bounds the lines of one interface.
const interfacesMaxLines = 128

var (
	interfacesHead      = regexp.MustCompile(`^(\w+): flags=\w+<([^>]*)>`)
	interfacesNeighbour = regexp.MustCompile(`^(\S+) \(([0-9a-fA-F:.%\w]+)\) at (\S+) on (\w+)`)
)

func interfacesParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	var seen record.Time
	if captured, known := in.Source.Device.Capture(); known {
		seen = record.Time{Time: captured.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
	}
	neighbours := strings.HasPrefix(path.Base(in.Path), "arp")
	return func(yield func(record.Record, error) bool) {
		var open *interfacesInterface
		var at record.Origin
		for l, err := range from.Lines(in.File) {
			if err != nil {
				yield(record.Record{}, fmt.Errorf("read interfaces: %w", err))
				return
			}
			text := l.String()
			line := strings.TrimSpace(text)
			if line == "" {
				continue
			}
			if open != nil && strings.TrimLeft(text, " \t") != text {
				open.line(line)
				continue
			}
			if open != nil && !yield(in.Record(at, *open), nil) {
				return
			}
			at = from.AtLine(l)
			open = interfacesStart(line, neighbours)
			open.Seen = seen
		}
		if open != nil {
			yield(in.Record(at, *open), nil)
		}
	}
}

// interfacesStart reads the first line of an interface, or that of a neighbour.
func interfacesStart(line string, neighbours bool) *interfacesInterface {
	i := interfacesInterface{Kind: "other", Other: []string{line}}
	if m := interfacesHead.FindStringSubmatch(line); m != nil && !neighbours {
		i.Kind, i.Name, i.Flags = "interface", m[1], strings.Split(m[2], ",")
	} else if m := interfacesNeighbour.FindStringSubmatch(line); m != nil {
		i.Kind, i.Addresses, i.Station, i.Name = "neighbour", []record.IP{record.IP(m[2])}, m[3], m[4]
	}
	return &i
}

// line reads a further line of an interface.
func (i *interfacesInterface) line(line string) {
	if len(i.Other) == interfacesMaxLines {
		return
	}
	i.Other = append(i.Other, line)
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	switch words[0] {
	case "ether":
		i.Station = words[1]
	case "inet", "inet6":
		i.Addresses = append(i.Addresses, record.IP(words[1]))
		if len(words) > 3 && words[2] == "-->" {
			i.Peers = append(i.Peers, record.IP(words[3]))
		}
	case "status:":
		i.Status = words[1]
	}
}
