package sqlite

import (
	"math"
	"testing"
)

func textValue(s string) Value { return Value{Kind: Text, enc: UTF8, b: []byte(s)} }

func floatValue(f float64) Value { return Value{Kind: Float, num: math.Float64bits(f)} }

func TestValues(t *testing.T) {
	t.Parallel()
	minus := int64(-7)
	tests := []struct {
		v    Value
		i    int64
		f    float64
		text string
	}{
		{Value{}, 0, 0, ""},
		{Value{Kind: Int, num: uint64(minus)}, -7, -7, "-7"},
		{floatValue(2.75), 2, 2.75, "2.75"},
		{floatValue(-3), -3, -3, "-3.0"},
		{floatValue(1e300), math.MaxInt64, 1e300, "1.0e+300"},
		{floatValue(1.5e-7), 0, 1.5e-7, "1.5e-07"},
		{floatValue(123456789012345680), 123456789012345680, 123456789012345680, "1.23456789012346e+17"},
		{floatValue(0.1 + 0.2), 0, 0.1 + 0.2, "0.3"},
		{floatValue(math.Inf(-1)), math.MinInt64, math.Inf(-1), "-Inf"},
		{textValue(" 42 apples"), 42, 42, " 42 apples"},
		{textValue("-1.5e3x"), -1500, -1500, "-1.5e3x"},
		{textValue("5e"), 5, 5, "5e"},
		{textValue("."), 0, 0, "."},
		{textValue("none"), 0, 0, "none"},
		{textValue("ok\xff\xc3"), 0, 0, `ok\xff\xc3`},
		{textValue("nul\x00in"), 0, 0, "nul\x00in"},
		{Value{Kind: Blob, b: []byte("12 Blobs")}, 12, 12, "12 Blobs"},
		{Value{Kind: Text, enc: UTF16LE, b: []byte("h\x00i\x00=\xd8\x00\xde")}, 0, 0, "hi😀"},
		{Value{Kind: Text, enc: UTF16BE, b: []byte("\x00h\xd8=\x00i!")}, 0, 0, `h\xd8\x3di\x21`},
	}
	for _, tt := range tests {
		if tt.v.Int() != tt.i || tt.v.Float() != tt.f || tt.v.Text() != tt.text {
			t.Errorf("%v: got %d, %v, %q, want %d, %v, %q", tt.v.Kind, tt.v.Int(), tt.v.Float(), tt.v.Text(), tt.i, tt.f, tt.text)
		}
	}
}

// TestNumbersAgainstSQLite compares conversions with CAST.
func TestNumbersAgainstSQLite(t *testing.T) {
	t.Parallel()
	c := connect(t, t.TempDir()+"/v.db")
	for _, s := range []string{"1", "-1", "0.5", "1e15", "1e14", "123456.789e-20", "99999999999999999999", "0.0001", "0.00001", "1e-5", "3.14159265358979", "1e100", "-0.25", "100.0", "12345678901234.5", "-1e15", "123456789012345", "1234567890123456", "1e-4", "2e22"} {
		f := number("", s).Float()
		want := query(t, c, "SELECT CAST(CAST("+s+" AS REAL) AS TEXT), CAST('"+s+"' AS INTEGER), CAST('"+s+"xyz' AS REAL)")[0]
		cast, _ := parsePrefix(s)
		got := "t" + formatFloat(f) + "|" + ourValue(cast) + "|" + ourValue(floatValue(textValue(s+"xyz").Float()))
		if got != want {
			t.Errorf("%s: got %s, want %s", s, got, want)
		}
	}
}

// parsePrefix returns what CAST to INTEGER makes of a text: its leading digits.
func parsePrefix(s string) (Value, bool) {
	n := 0
	for n < len(s) && (isDigit(s[n]) || n == 0 && s[n] == '-') {
		n++
	}
	v := textValue(s[:n]).Int()
	return Value{Kind: Int, num: uint64(v)}, n > 0
}
