package smsbackup

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

func pack(s string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.Bytes()
}

// lines reads a file into one line for each message or error.
func lines(data []byte) (got []string, err error) {
	err = Read(bytes.NewReader(data), func(m *Message, err error) error {
		if err != nil {
			got = append(got, "error: "+err.Error())
			return nil
		}
		n, ok := m.Int("date")
		list, _ := m.Texts("recipients")
		got = append(got, fmt.Sprintf("%d: %s %d %t %q %v", m.Number, m.Text("body"), n, ok, list, m.Rest()))
		return nil
	})
	return got, err
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		json string
		want []string
	}{
		{`[]`, nil},
		{`[{"body":"a","date":"12","recipients":["+1","+2"],"x":{"y":[1]}}]`, []string{`1: a 12 true ["+1" "+2"] [{x {"y":[1]}}]`}},
		{`[{"body":null,"date":12},3,{"date":"soon","recipients":"x"}]`, []string{`1:  12 true [] []`,
			`error: read message 2: not a message: "3"`, `3:  0 false [] [{date soon} {recipients x}]`}},
		{`[{"body":"a","body":"b"}]`, []string{`1: a 0 false [] [{body b}]`}},
		{`[{"body":"ü\ud800"}]`, []string{"1: ü\uFFFD 0 false [] []"}},
	} {
		got, err := lines(pack(c.json))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %q, %v\nwant %q", c.json, got, err, c.want)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	err := Read(bytes.NewReader(pack(`[{"a":[{"type":137,"address":"+1"}],"b":[1]}]`)), func(m *Message, err error) error {
		list, ok := m.Messages("a")
		if !ok || len(list) != 1 || list[0].Text("address") != "+1" {
			t.Errorf("got %v, %t", list, ok)
		}
		if list, ok := m.Messages("b"); ok {
			t.Errorf("a list of numbers gives %v", list)
		}
		if got := m.Rest(); !reflect.DeepEqual(got, []Value{{"b", "[1]"}}) {
			t.Errorf("rest %v", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	whole := pack(`[{"body":"a"},{"body":"` + strings.Repeat("b", 100) + `"}]`)
	for _, c := range []struct {
		name   string
		data   []byte
		format bool // the error says that it is no such file
		want   int  // messages before it
	}{
		{"nothing", nil, true, 0},
		{"no zlib", []byte("[{}]"), true, 0},
		{"object", pack(`{"body":"a"}`), true, 0},
		{"cut JSON", pack(`[{"body":"a"},{"bo`), false, 1},
		{"cut stream", whole[:len(whole)-6], false, 2},
		{"wrong checksum", append(bytes.Clone(whole[:len(whole)-1]), 1), false, 2},
		{"too large", pack(`[{"body":"a"},"` + strings.Repeat("b", maxSize) + `"]`), false, 1},
	} {
		got, err := lines(c.data)
		if err == nil || errors.Is(err, ErrFormat) != c.format || len(got) != c.want {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
	stop := errors.New("stop")
	if err := Read(bytes.NewReader(whole), func(*Message, error) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of fn", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`[{"body":"a","date":"12","recipients":["+1"],"a":[{"b":1}]}]`)
	f.Fuzz(func(t *testing.T, s string) {
		for _, data := range [][]byte{pack(s), []byte(s)} {
			_ = Read(bytes.NewReader(data), func(m *Message, err error) error {
				if err == nil {
					m.Messages("a")
					m.Int("date")
					m.Texts("recipients")
					m.Rest()
				}
				return nil
			})
		}
	})
}
