package plist

import (
	"fmt"
	"testing"

	reference "howett.net/plist"
)

// records is a list of dictionaries as applications write them.
func records(b *testing.B, n int, format int) []byte {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"identifier": fmt.Sprintf("com.example.app.%06d", i), "title": fmt.Sprintf("Title number %d é", i),
			"count": i, "ratio": float64(i) / 3, "enabled": i%2 == 0, "token": []byte(fmt.Sprintf("%032d", i))}
	}
	data, err := reference.Marshal(list, format)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// touch reads a value as its kind.
func touch(v Value) int {
	switch v.Kind() {
	case String:
		return len(v.String())
	case Data:
		return len(v.Data())
	case Int:
		return int(v.Int())
	case Real:
		return int(v.Float())
	}
	return 1
}

func BenchmarkBinary(b *testing.B) {
	data := records(b, 200_000, reference.BinaryFormat)
	b.Run("items", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			v, err := Parse(data)
			if err != nil {
				b.Fatal(err)
			}
			sum := 0
			for el := range v.Elems() {
				for key, val := range el.Items() {
					sum += len(key) + touch(val)
				}
			}
			if sum == 0 {
				b.Fatal("nothing")
			}
		}
	})
	b.Run("walk", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			v, _ := Parse(data)
			sum := 0
			if err := Walk(v, func(path string, v Value) bool {
				sum += len(path) + touch(v)
				return true
			}); err != nil || sum == 0 {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkXML(b *testing.B) {
	data := records(b, 20_000, reference.XMLFormat)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		v, err := Parse(data)
		if err != nil || v.Len() != 20_000 {
			b.Fatal(err)
		}
	}
}
