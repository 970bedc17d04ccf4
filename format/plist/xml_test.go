package plist

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
)

func xmlList(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">` + body + `</plist>`
}

func TestXMLScalars(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"<true/>", "bool true"},
		{"<false></false>", "bool false"},
		{"<string/>", `string ""`},
		{"<string>a&lt;&#233;<!-- c --><![CDATA[<x>]]></string>", `string "a<é<x>"`},
		{"<string> keep </string>", `string " keep "`},
		{"<string>a\x1bb</string>", `string "a�b"`},
		{"<string>a\xffb</string>", `string "a�b"`},
		{"<integer> 42\n</integer>", "int 42"},
		{"<integer>-0x10</integer>", "int -16"},
		{"<integer>+7</integer>", "int 7"},
		{"<integer>18446744073709551615</integer>", "uint 18446744073709551615"},
		{"<integer>-170141183460469231731687303715884105728</integer>", "int128 -170141183460469231731687303715884105728"},
		{"<real>1.5e3</real>", "real 1500"},
		{"<real>nan</real>", "real NaN"},
		{"<real>-infinity</real>", "real -Inf"},
		{"<date>2019-09-16T18:42:44Z</date>", "date 2019-09-16T18:42:44Z"},
		{"<date>0000-12-30T00:00:00Z</date>", "date 0001-01-01T00:00:00Z"},
		{"<data>\n\tAQ ID\n</data>", "data 010203"},
		{"<data>AQI</data>", "data 0102"},
		{"<array/>", "array 0"},
		{"<dict></dict>", "dict 0"},
		{"<dict><key>CF$UID</key><integer>9</integer></dict>", "uid 9"},
		{"<integer>170141183460469231731687303715884105728</integer>", "not an integer of 128 bits"},
		{"<integer>1_0</integer>", "not an integer"},
		{"<integer></integer>", "not an integer"},
		{"<real>x</real>", "not a number"},
		{"<date>yesterday</date>", "not a date"},
		{"<data>A*B=</data>", "illegal base64"},
		{"<string><b>x</b></string>", "element <b> inside <string>"},
		{"<foo><bar/></foo>", "unknown element <foo>"},
		{"<key>a</key>", "key outside a dict"},
		{"", "no value"},
		{"<string>&bomb;</string>", "invalid character entity"},
	}
	for _, test := range tests {
		v, err := Parse([]byte(xmlList(test.in)))
		got := show(v)
		if err != nil {
			got = err.Error()
		}
		if got != test.want && (err == nil || !strings.Contains(got, test.want)) {
			t.Errorf("%s: got %s, want %s", test.in, got, test.want)
		}
	}
}

// TestXMLDamage looks at what is left of documents with a damaged part.
func TestXMLDamage(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want, err string }{
		{xmlList("<array><date>x</date><true/></array>"), "[! true]", ""},
		{xmlList("<dict><key>a</key><key>b</key><true/></dict>"), "{a:! b:true}", ""},
		{xmlList("<dict><true/><key>b</key><true/></dict>"), "{<invalid>:true b:true}", ""},
		{xmlList("<dict><key>a</key></dict>"), "{a:!}", ""},
		{xmlList("<dict><key>a</key><true/><key>a</key><false/></dict>"), "{a:true a:false}", ""},
		{"<plist><array><true/><string>x", "[true !]", "unexpected EOF"},
		{"<plist><array><true/>", "[true]", "unexpected EOF"},
		{"<plist><array><true/></dict>", "[true]", "</dict> where </array> belongs"},
		{"<plist><array>text<true/></array>", "[]", `text "text" between elements`},
		{"<array><true/></array>", "[true]", ""},
		{"<plist><true/><false/></plist>", "true", "behind the root"},
	}
	for _, test := range tests {
		v, err := Parse([]byte(test.in))
		if got := tree2text(v); got != test.want {
			t.Errorf("%s: got %s, want %s", test.in, got, test.want)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got error %v, want %s", test.in, err, test.err)
		}
	}
}

func tree2text(v Value) string {
	var parts []string
	switch v.Kind() {
	case Invalid:
		return "!"
	case Bool:
		return strings.TrimPrefix(show(v), "bool ")
	case Array:
		for el := range v.Elems() {
			parts = append(parts, tree2text(el))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case Dict:
		for k, el := range v.Items() {
			parts = append(parts, k+":"+tree2text(el))
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return show(v)
}

func TestXMLEncodings(t *testing.T) {
	t.Parallel()
	text := "<?xml version=\"1.0\" encoding=\"UTF-16\"?><plist><string>é😀</string></plist>"
	little, big := []byte("\xff\xfe"), []byte{}
	for _, u := range utf16.Encode([]rune(text)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	for name, data := range map[string][]byte{
		"UTF-16LE": little, "UTF-16BE without mark": big, "UTF-8 with mark": []byte("\ufeff" + text),
		"Latin-1": []byte("<?xml version='1.0' encoding='ISO-8859-1'?><plist><string>\xe9</string></plist>"),
	} {
		v, err := Parse(data)
		if got := v.String(); !strings.HasPrefix(got, "é") || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := Parse([]byte("<?xml version='1.0' encoding='koi8-r'?><plist><true/></plist>")); err == nil {
		t.Error("KOI8-R: no error")
	}
}

func TestXMLOffsets(t *testing.T) {
	t.Parallel()
	v, err := Parse([]byte("<plist><dict><key>a</key> <true/></dict></plist>"))
	if err != nil || v.Offset() != 7 || v.Get("a").Offset() != 26 {
		t.Errorf("got %d, %d, %v", v.Offset(), v.Get("a").Offset(), err)
	}
}

// TestHostileXML holds nesting that kills readers which recurse.
func TestHostileXML(t *testing.T) {
	t.Parallel()
	deep := xmlList(strings.Repeat("<array>", 1<<17) + strings.Repeat("</array>", 1<<17))
	v, err := Parse([]byte(deep))
	if err != nil {
		t.Error(err)
	}
	invalid := 0
	if err := Walk(v, func(_ string, v Value) bool {
		if v.Err() != nil {
			invalid++
		}
		return true
	}); err != nil || invalid != 1 {
		t.Errorf("nesting: %d damaged, %v", invalid, err)
	}
	if _, err := Parse([]byte(strings.Repeat("<array>", 1<<17))); err == nil {
		t.Error("open nesting: no error")
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><plist><string>&b;</string></plist>`
	if v, err := Parse([]byte(laughs)); err == nil || errors.Is(err, ErrFormat) {
		t.Errorf("entities: %v, %v", show(v), err)
	}
}
