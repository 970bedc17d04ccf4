package ioreg

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/internal/linestest"
)

func decode(s string) (nodes []Node) {
	for n := range Decode(linestest.Split(s)) {
		nodes = append(nodes, n)
	}
	return nodes
}

const sample = `+-o Root  <class IORegistryEntry, id 0x100000100, retain 12>
  | {
  |   "IOKitBuildVersion" = "Darwin Kernel"
  | }
  |
  +-o Example Adapter@01100000  <class IOUSBHostDevice:IOService, id 0x100000110, registered, matched, active, busy 0 (0 ms), retain 5>
  | | {
  | |   "USB Serial Number" = "EXAMPLE"
  | |   "data" = <0102
  | |     0304>
  | | }
  | +-o Child  <class X, id 0x3>
  +-o Other
    {
      "a" = {"b"=1}
`

func TestDecode(t *testing.T) {
	t.Parallel()
	got := decode(sample)
	for i := range got {
		got[i].Offset = 0
	}
	want := []Node{
		{Line: 1, Name: "Root", Class: "IORegistryEntry", ID: "0x100000100", State: []string{"retain 12"}, Properties: []Property{{"IOKitBuildVersion", `"Darwin Kernel"`}}},
		{Line: 6, Name: "Example Adapter", Location: "01100000", Class: "IOUSBHostDevice", ID: "0x100000110",
			State: []string{"registered", "matched", "active", "busy 0 (0 ms)", "retain 5"}, Path: []string{"Root"},
			Properties: []Property{{"USB Serial Number", `"EXAMPLE"`}, {"data", "<01020304>"}}},
		{Line: 12, Name: "Child", Class: "X", ID: "0x3", Path: []string{"Root", "Example Adapter"}},
		{Line: 13, Name: "Other", Path: []string{"Root"}, Properties: []Property{{"a", `{"b"=1}`}}, Open: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range decode(s) {
			if len(n.Path) > maxDepth || len(n.Properties) > maxProperties {
				t.Errorf("node of line %d is too large", n.Line)
			}
		}
	})
}
