package protobuf

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func show(data []byte) string {
	var b strings.Builder
	for f, err := range Fields(data) {
		if err != nil {
			fmt.Fprintf(&b, "!%v", err)
			break
		}
		fmt.Fprintf(&b, "%d@%d/%d=%d%q ", f.Number, f.Offset, f.Wire, f.Value, f.Data)
	}
	return b.String()
}

func TestFields(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", ""},
		{"\x08\x96\x01", `1@0/0=150"" `},
		{"\x12\x07testing", `2@0/2=0"testing" `},
		{"\x0d\x01\x00\x00\x80\x11\x02\x00\x00\x00\x00\x00\x00\x00", `1@0/5=2147483649"" 2@5/1=2"" `},
		{"\x0b\x10\x01\x0c", `1@0/3=0"" 2@1/0=1"" 1@3/4=0"" `},
		{"\x08\x01\x12", `1@0/0=1"" !read field at offset 2: unexpected EOF`},
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a", `!read field at offset 0: 18446744073709551615 bytes of 1: unexpected EOF`},
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", `!read field at offset 0: varint is longer than 64 bits`},
		{"\x00", `!read field at offset 0: field number out of range`},
		{"\x0e", `!read field at offset 0: unknown wire type`},
		{"\x09\x00", `!read field at offset 0: unexpected EOF`},
	}
	for _, test := range tests {
		if got := show([]byte(test.in)); got != test.want {
			t.Errorf("%q: got %s, want %s", test.in, got, test.want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	if n := (Field{Value: 3}).Zigzag(); n != -2 {
		t.Errorf("zigzag: got %d", n)
	}
	if n := (Field{Wire: Fixed32, Value: 0xffffffff}).Int(); n != -1 {
		t.Errorf("sfixed32: got %d", n)
	}
	if f := (Field{Wire: Fixed64, Value: math.Float64bits(1.5)}).Float(); f != 1.5 {
		t.Errorf("double: got %g", f)
	}
	if f := (Field{Wire: Fixed32, Value: uint64(math.Float32bits(2.5))}).Float(); f != 2.5 {
		t.Errorf("float: got %g", f)
	}
	if f, ok := Find([]byte("\x0a\x02\x10\x05\x0a\x02\x10\x07"), 1, 2); !ok || f.Value != 7 {
		t.Errorf("find: got %v, %v", f, ok)
	}
	if _, ok := Find([]byte("\x0a\x02\x10\x05"), 1, 3); ok {
		t.Error("find: found what is not there")
	}
	if (Field{Wire: Bytes, Data: []byte("\x10")}).Message() {
		t.Error("damaged bytes taken for a message")
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	var got []string
	err := Walk([]byte("\x0a\x04\x12\x02\x18\x05\x20\x01"), func(path []int, f Field) bool {
		got = append(got, fmt.Sprint(path, f.Value))
		return f.Message()
	})
	if want := "[[1] 0 [1 2] 0 [1 2 3] 5 [4] 1]"; fmt.Sprint(got) != want || err != nil {
		t.Errorf("got %v, %v, want %s", got, err, want)
	}
	deep := []byte("\x08\x01")
	for len(deep) < 120 {
		deep = append([]byte{0x0a, byte(len(deep))}, deep...)
	}
	if err := Walk(deep, func(path []int, _ Field) bool { return len(path) <= MaxDepth }); err != nil {
		t.Error(err)
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte("\x08\x96\x01\x12\x07testing\x0d\x01\x00\x00\x80"))
	f.Add([]byte("\x0a\x04\x12\x02\x18\x05\x20\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		end := 0
		for fd, err := range Fields(data) {
			if err == nil && (fd.Offset < end || fd.Number < 1) {
				t.Fatalf("field %d at %d behind %d", fd.Number, fd.Offset, end)
			}
			end = fd.Offset
		}
		_ = Walk(data, func(_ []int, f Field) bool { return f.Message() })
	})
}
