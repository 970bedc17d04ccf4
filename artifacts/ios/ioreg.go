package ios

import (
	"context"
	"fmt"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/ioreg"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// IOReg reads devices that are attached, and facts of the phone, from its registry.
var IOReg = artifact.Parser{
	ID:    "ios.ioreg",
	Title: lang.Text{EN: "Attached devices and facts of the hardware", FR: "Appareils branchés et faits du matériel"},
	Doc: `A sysdiagnose prints the registry of devices and drivers. Read of it are what is
attached by USB or as an accessory, with serial numbers where they have some, and the
nodes that name the phone and how it started: arguments at boot are empty on a phone
that was not modified. All other nodes, thousands of drivers, are counted. A computer or
an adapter that was attached when the sysdiagnose was made shows here; what was attached
before does not.`,
	Inputs: []artifact.Pattern{
		{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/ioreg/IO*.txt"},
	},
	Record: ioregNode{},
	Refs:   []string{"https://keith.github.io/xcode-man-pages/ioreg.8.html", "https://github.com/EC-DIGIT-CSIRC/sysdiagnose"},
	Parse:  ioregParse,
}

// ioregNode is one node of the registry.
type ioregNode struct {
	Plane    string      `json:"plane"`               // name of the file without .txt: IOService, IODeviceTree, IOUSB, IOPort…
	Kind     string      `json:"kind"`                // device (attached by USB or as an accessory), phone, node (of a small plane); other nodes: how many are not shown
	Name     string      `json:"name"`                // of the node
	Class    string      `json:"class,omitempty"`     // class
	ID       string      `json:"id,omitempty"`        // id: unique while the phone runs
	Location string      `json:"location,omitempty"`  // after "@" of the name
	State    []string    `json:"state,omitempty"`     // registered, matched, active…
	Above    string      `json:"above,omitempty"`     // names of the nodes above, with slashes
	Vendor   string      `json:"vendor,omitempty"`    // USB Vendor Name, IOAccessoryManufacturer…
	Product  string      `json:"product,omitempty"`   // USB Product Name, IOAccessoryName…
	Serial   string      `json:"serial,omitempty"`    // USB Serial Number, IOPlatformSerialNumber…
	BootArgs string      `json:"boot_args,omitempty"` // boot-args: arguments at boot
	Values   []record.KV `json:"values,omitempty"`    // all properties, as printed
	Left     int64       `json:"left,omitempty"`      // properties and bytes beyond the limits, which are not kept
	Cut      bool        `json:"cut,omitempty"`       // the text ends before the node does
}

// String implements [record.Data].
func (n ioregNode) String() string {
	return record.Line(fmt.Sprintf("Registry %s: %s %s %s %s %s %s", n.Plane, n.Kind, n.Name, n.Vendor, n.Product, n.Serial, n.BootArgs))
}

// What makes a node worth showing: a part of its class, or its name.
var (
	ioregDevices = []string{"USBHostDevice", "USBDevice", "USBInterface", "USBHostInterface", "IOAccessory", "IOPortTransport"}
	ioregPhone   = []string{"Root", "chosen", "options", "device-tree"}
	ioregLarge   = []string{"IOService", "IODeviceTree", "IOPower"}
)

func ioregParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	plane := strings.TrimSuffix(path.Base(in.Path), ".txt")
	return func(yield func(record.Record, error) bool) {
		var failed error
		text := func(yield func(lines.Line) bool) {
			for l, err := range from.Lines(in.File) {
				if failed = err; err != nil || !yield(l) {
					return
				}
			}
		}
		other, last := 0, 0
		for node := range ioreg.Decode(text) {
			n := ioregRow(plane, node)
			if last = node.Line; n.Kind == "" {
				other++
				continue
			}
			if !yield(in.Record(record.Origin{Row: int64(node.Line), Offset: node.Offset}, n), nil) {
				return
			}
		}
		if other > 0 {
			n := ioregNode{Plane: plane, Kind: "other nodes", Name: strconv.Itoa(other)}
			if !yield(in.Record(record.Origin{Row: int64(last)}, n), nil) {
				return
			}
		}
		if failed != nil {
			yield(record.Record{}, fmt.Errorf("read registry: %w", failed))
		}
	}
}

func ioregRow(plane string, node ioreg.Node) ioregNode {
	n := ioregNode{
		Plane: plane, Name: node.Name, Class: node.Class, ID: node.ID, Location: node.Location, State: node.State, Left: int64(node.More), Cut: node.Open,
	}
	switch {
	case slices.ContainsFunc(ioregDevices, func(part string) bool { return strings.Contains(node.Class, part) }):
		n.Kind = "device"
	case slices.Contains(ioregPhone, node.Name) || strings.Contains(node.Class, "IOPlatformExpertDevice"):
		n.Kind = "phone"
	case !slices.Contains(ioregLarge, plane):
		n.Kind = "node"
	default:
		return n
	}
	n.Above = strings.Join(node.Path, "/")
	for _, p := range node.Properties {
		n.Values = append(n.Values, record.KV(p))
		n.property(p.Key, strings.Trim(strings.Trim(p.Value, "<>"), `"`))
	}
	return n
}

// property sets the field of a property.
func (n *ioregNode) property(key, value string) {
	field := map[string]*string{
		"USB Vendor Name": &n.Vendor, "kUSBVendorString": &n.Vendor, "IOAccessoryManufacturer": &n.Vendor, "IOAccessoryAccessoryManufacturer": &n.Vendor,
		"USB Product Name": &n.Product, "kUSBProductString": &n.Product, "IOAccessoryName": &n.Product, "IOAccessoryAccessoryName": &n.Product, "model": &n.Product,
		"USB Serial Number": &n.Serial, "kUSBSerialNumberString": &n.Serial, "IOPlatformSerialNumber": &n.Serial, "IOAccessoryAccessorySerialNumber": &n.Serial,
		"boot-args": &n.BootArgs,
	}[key]
	if field != nil && *field == "" {
		*field = value
	}
}
