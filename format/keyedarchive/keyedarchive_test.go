package keyedarchive

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vigie-project/vigie/format/plist"
	"github.com/vigie-project/vigie/internal/testdata"
	writer "howett.net/plist"
)

// uid is a reference for the writer of test archives.
type uid = writer.UID

type dict = map[string]any

// archive writes a keyed archive with the given objects behind $null.
func archive(tb testing.TB, objects ...any) []byte {
	tb.Helper()
	data, err := writer.Marshal(dict{"$version": 100000, "$archiver": "NSKeyedArchiver",
		"$top": dict{"root": uid(1)}, "$objects": append([]any{"$null"}, objects...)}, writer.BinaryFormat)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func class(names ...string) dict { return dict{"$classname": names[0], "$classes": names} }

func open(tb testing.TB, data []byte) *Archive {
	tb.Helper()
	a, err := Parse(data)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func TestViews(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	a := open(t, archive(t,
		dict{"$class": uid(2), "text": uid(3), "mutable": uid(4), "none": uid(0), "set": uid(6), "dict": uid(8),
			"date": uid(10), "url": uid(12), "uuid": uid(16), "number": uid(18), "old": uid(19), "data": uid(20),
			"rich": uid(22), "lost": uid(999), "plain": 7, "list": []any{uid(3), 1}, "null": uid(24), "plaindate": at},
		class("Thing", "Base", "NSObject"), "text é",
		dict{"$class": uid(5), "NS.string": "mutable"}, class("NSMutableString", "NSString", "NSObject"),
		dict{"$class": uid(7), "NS.objects": []any{uid(3), uid(0)}}, class("NSSet", "NSObject"),
		dict{"$class": uid(9), "NS.keys": []any{uid(3), uid(18)}, "NS.objects": []any{uid(4), uid(10)}}, class("NSDictionary", "NSObject"),
		dict{"$class": uid(11), "NS.time": 700000000.25}, class("NSDate", "NSObject"),
		dict{"$class": uid(13), "NS.base": uid(14), "NS.relative": uid(15)}, class("NSURL", "NSObject"),
		dict{"$class": uid(13), "NS.base": uid(0), "NS.relative": "https://example.org/a/b"}, "../c?d",
		dict{"$class": uid(17), "NS.uuidbytes": []byte("0123456789abcdef")}, class("NSUUID", "NSObject"),
		-5, dict{"NS.object.0": uid(3), "NS.object.1": uid(18), "NS.key.0": "x", "NS.key.1": "y"},
		dict{"$class": uid(21), "NS.data": []byte{1, 2}}, class("NSMutableData", "NSData", "NSObject"),
		dict{"$class": uid(23), "NSString": uid(4)}, class("NSAttributedString", "NSObject"),
		dict{"$class": uid(25)}, class("NSNull", "NSObject")))
	r := a.Root()
	tests := map[string][2]any{
		"class":      {r.Class(), "Thing"},
		"classes":    {fmt.Sprint(r.Classes()), "[Thing Base NSObject]"},
		"is a":       {r.IsA("Base") && !r.IsA("Other"), true},
		"text":       {r.Get("text").Text(), "text é"},
		"mutable":    {r.Get("mutable").Text(), "mutable"},
		"rich":       {r.Get("rich").Text(), "mutable"},
		"nil":        {r.Get("none").IsNull() && !r.Get("none").Exists() && r.Get("none").Text() == "", true},
		"NSNull":     {r.Get("null").IsNull(), true},
		"absent":     {r.Get("absent").Err(), nil},
		"set":        {r.Get("set").Len(), 2},
		"dict":       {r.Get("dict").Lookup("text é").Text(), "mutable"},
		"dict len":   {r.Get("dict").Len(), 2},
		"old":        {r.Get("old").Lookup("y").Int(), int64(-5)},
		"old len":    {r.Get("old").Len(), 2},
		"date":       {r.Get("date").Time(), time.Unix(700000000+978307200, 250e6).UTC()},
		"raw date":   {r.Get("date").Float(), 700000000.25},
		"plain date": {r.Get("plaindate").Time(), at},
		"url":        {r.Get("url").URL(), "https://example.org/c?d"},
		"uuid":       {r.Get("uuid").UUID(), "30313233-3435-3637-3839-616263646566"},
		"number":     {r.Get("number").Int(), int64(-5)},
		"plain":      {r.Get("plain").Uint(), uint64(7)},
		"data":       {string(r.Get("data").Data()), "\x01\x02"},
		"list":       {r.Get("list").Len(), 2},
		"top":        {a.Top("root") == r, true},
		"number of":  {r.Get("text").Number(), 3},
	}
	for name, c := range tests {
		if c[0] != c[1] {
			t.Errorf("%s: got %v, want %v", name, c[0], c[1])
		}
	}
	if err := r.Get("lost").Err(); err == nil || r.Get("lost").Exists() {
		t.Errorf("dangling reference: %v", err)
	}
}

// TestOpen holds what the peer asserts about incomplete archives, and more.
func TestOpen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"missing_archiver", "missing_objects", "missing_top", "missing_version", "wrong_version", "broken_plist"} {
		data, err := os.ReadFile(testdata.Path(t, "plist/danielpaulus+go-ios/nskeyedarchiver/fixtures/"+name+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(data); err == nil {
			t.Errorf("%s: no error", name)
		} else if name != "broken_plist" && !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v is not ErrFormat", name, err)
		}
	}
}

// TestCorpus reads the archives of the peer and of message payloads.
func TestCorpus(t *testing.T) {
	t.Parallel()
	const base = "plist/danielpaulus+go-ios/nskeyedarchiver/fixtures/"
	tests := []struct{ file, want string }{
		{"onevalue.bin", "true"},
		{"onevalue.xml", "true"},
		{"nestedarrays.bin", "NSArray(NSSet(true) NSMutableSet(42 true Hello, World!))"},
		{"nestedarrays.xml", "NSArray(NSSet(true) NSMutableSet(42 true Hello, World!))"},
		{"dict.bin", "NSDictionary(int=1 string=string array=NSMutableArray(true Hello, World! 42))"},
		{"DTTapHeartbeatMessage.bin", "DTTapHeartbeatMessage{DTTapMessagePlist:NSMutableDictionary(k=8 heart=0)}"},
		{"dtcpuclusterinfo.bin", "NSDictionary(0=DTCPUClusterInfo{_clusterID:0 _clusterFlags:0} 1=DTCPUClusterInfo{_clusterID:0 _clusterFlags:0})"},
		{"XCActivityRecord.bin", "XCActivityRecord{finish:nil start:2020-11-01T17:44:28.427940011Z title:Suite Set Up uuid:A8F5C718-D234-49B0-A891-136F94C41213 activityType:com.apple.dt.xctest.activity-type.internal attachments:NSArray()}"},
	}
	for _, test := range tests {
		data, err := os.ReadFile(testdata.Path(t, base+test.file))
		if err != nil {
			t.Fatal(err)
		}
		if got := show(open(t, data).Root(), 0); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.file, got, test.want)
		}
	}
}

// show writes an object out for comparison.
func show(o Object, depth int) string {
	var b strings.Builder
	switch {
	case depth > 20:
		return "…"
	case o.IsNull():
		return "nil"
	case o.IsA("NSDate"):
		return o.Time().Format(time.RFC3339Nano)
	case o.IsA("NSUUID"):
		return o.UUID()
	case o.Kind() == plist.Bool:
		return fmt.Sprint(o.Bool())
	case o.Kind() == plist.Int:
		return fmt.Sprint(o.Int())
	case o.Text() != "":
		return o.Text()
	case o.IsA("NSDictionary"):
		for k, v := range o.Entries() {
			fmt.Fprintf(&b, " %s=%s", show(k, depth+1), show(v, depth+1))
		}
		return o.Class() + "(" + strings.TrimPrefix(b.String(), " ") + ")"
	case o.IsA("NSArray"), o.IsA("NSSet"):
		for v := range o.Elems() {
			fmt.Fprintf(&b, " %s", show(v, depth+1))
		}
		return o.Class() + "(" + strings.TrimPrefix(b.String(), " ") + ")"
	}
	for k, v := range o.Fields() {
		fmt.Fprintf(&b, " %s:%s", k, show(v, depth+1))
	}
	return o.Class() + "{" + strings.TrimPrefix(b.String(), " ") + "}"
}

// mbFile is an archive as the rows of a backup's Manifest.db hold it.
func mbFile(tb testing.TB) []byte {
	return archive(tb,
		dict{"$class": uid(4), "LastModified": 1700000000, "Flags": 0, "GroupID": 501, "LastStatusChange": 1700000001,
			"Birth": 1690000000, "Size": 65536, "InodeNumber": 4567890, "Mode": 33188, "UserID": 501,
			"ProtectionClass": 3, "RelativePath": uid(2), "EncryptionKey": uid(3)},
		"Library/SMS/sms.db",
		dict{"NS.data": make([]byte, 44), "$class": uid(5)},
		class("MBFile", "NSObject"), class("NSMutableData", "NSData", "NSObject"))
}

func BenchmarkMBFile(b *testing.B) {
	data := mbFile(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		var size, mode, birth int64
		var path string
		var key []byte
		for name, f := range a.Root().Fields() {
			switch name {
			case "Size":
				size = f.Int()
			case "Mode":
				mode = f.Int()
			case "Birth":
				birth = f.Int()
			case "RelativePath":
				path = f.Text()
			case "EncryptionKey":
				key = f.Data()
			}
		}
		if size != 65536 || mode != 33188 || birth != 1690000000 || path != "Library/SMS/sms.db" || len(key) != 44 {
			b.Fatal("wrong values")
		}
	}
}

func BenchmarkMBFileGet(b *testing.B) {
	data := mbFile(b)
	b.ReportAllocs()
	for b.Loop() {
		a, _ := Parse(data)
		r := a.Root()
		for _, key := range [...]string{"Size", "Mode", "Birth", "LastModified", "LastStatusChange", "UserID", "GroupID", "InodeNumber", "Flags", "ProtectionClass"} {
			if r.Get(key).Kind() != plist.Int {
				b.Fatal(key)
			}
		}
	}
}
