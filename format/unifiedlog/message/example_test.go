package message_test

import (
	"fmt"

	"github.com/vigie-project/vigie/format/unifiedlog/message"
)

// A format is compiled once; the items are the arguments of one entry, as they
// are stored.
func ExampleCompile() {
	p := message.Compile([]byte("%{public}s exited: %{darwin.signal}d, %{private}@"))
	items := []message.Item{
		{Type: 0x22, Data: []byte("backupd\x00")},
		{Type: 0x00, Data: []byte{9, 0, 0, 0}},
		{Type: 0x41, Missing: true},
	}
	fmt.Printf("%s\n", p.Append(nil, items, nil))
	// Output: backupd exited: [sigkill: Killed], <private>
}

// A search can skip entries before their message is composed.
func ExampleProgram_MayContain() {
	p := message.Compile([]byte("denied %s"))
	fmt.Println(p.MayContain([]byte("denied")) == message.Always)
	fmt.Println(p.MayContain([]byte("tccd")) == message.Maybe)
	// Output:
	// true
	// true
}

// Statistics tell how much of a log could be shown.
func ExampleStats() {
	var s message.Stats
	p := message.Compile([]byte("%s from %{location:CLUnheardOf}d to %d"))
	items := []message.Item{
		{Type: 0x21, Missing: true},
		{Type: 0x00, Data: []byte{1, 0, 0, 0}},
	}
	fmt.Printf("%s\n", p.Append(nil, items, &message.Options{Stats: &s}))
	fmt.Println(s.Arguments, s.Private, s.Undecoded, s.Missing, p.Undecoded())
	// Output:
	// <private> from 1 to <decode: missing data>
	// 3 1 1 1 [location:CLUnheardOf]
}

// The state of a process is shown as JSON.
func ExampleAppendState() {
	s := message.State{Kind: message.StateProtobuf, Data: []byte("\x08\x07\x12\x02en")}
	fmt.Printf("%s\n", message.AppendState(nil, &s, nil))
	// Output: {"1":7,"2":"en"}
}
