package message

import "testing"

// BenchmarkMessage composes a message as they are most of the time: a text, a
// number and an object.
func BenchmarkMessage(b *testing.B) {
	p := Compile([]byte("%{public}s: request %llu finished with %@"))
	items := []Item{str("com.apple.example"), i64(1234567), obj("<Result: 0x600000c0>")}
	dst := make([]byte, 0, 512)
	var s Stats
	o := &Options{Stats: &s}
	b.ReportAllocs()
	for b.Loop() {
		dst = p.Append(dst[:0], items, o)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3, "ns/conversion")
}

// BenchmarkConversion measures single conversions.
func BenchmarkConversion(b *testing.B) {
	for _, c := range []struct {
		name, format string
		items        []Item
	}{
		{"d", "%d", []Item{i32(-123456)}},
		{"x", "%x", []Item{i32(123456)}},
		{"08x", "%08x", []Item{i32(123456)}},
		{"p", "%p", []Item{i64(0x7fae25804f50)}},
		{"f", "%f", []Item{f64(3.154944)}},
		{"s", "%{public}s", []Item{str("com.apple.example.thing")}},
		{"object", "%@", []Item{obj("<Thing: 0x600000c0>")}},
		{"private", "%@", []Item{{Type: 0x41, Missing: true}}},
		{"errno", "%{darwin.errno}d", []Item{i32(2)}},
		{"uuid", "%{uuid_t}.16P", []Item{count(16), raw(make([]byte, 16)...)}},
		{"time", "%{time_t}d", []Item{i64(1452627697)}},
		{"in6", "%{network:in6_addr}.16P", []Item{raw(make([]byte, 16)...)}},
	} {
		p := Compile([]byte(c.format))
		dst := make([]byte, 0, 512)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = p.Append(dst[:0], c.items, nil)
			}
		})
	}
}

// BenchmarkCompile measures the cost of a format that is seen for the first time.
func BenchmarkCompile(b *testing.B) {
	format := []byte("%{public}s: request %llu finished with %@ after %{public, name=seconds}.3f s")
	b.ReportAllocs()
	for b.Loop() {
		Compile(format)
	}
}
