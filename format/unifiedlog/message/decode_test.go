package message

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/internal/testdata"
)

// unhex is data given in hexadecimal digits with spaces.
func unhex(s string) Item {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return raw(b...)
}

// TestDarwin has types of os_log(3). Examples without comment are from there.
func TestDarwin(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{
		{"%{BOOL}d", []Item{i32(1)}, "YES"},
		{"%{BOOL}d", []Item{i32(0)}, "NO"},
		{"%{bool}d", []Item{i32(1)}, "true"},
		{"%{bool}d", []Item{i8(0)}, "false"},
		{"%{public,uuid_t}.16P", []Item{count(16), unhex("10742e39065741f8ab99878c5ec2dcaa")}, "10742E39-0657-41F8-AB99-878C5EC2DCAA"}, // without dashes
		{"%{uuid_t}.16P", []Item{count(16), raw(1, 2)}, "<decode: unsupported value>"},
		{"%{darwin.errno}d", []Item{i32(32)}, "[32: Broken pipe]"}, // Broken pipe
		{"%{errno}d", []Item{i32(32)}, "[32: Broken pipe]"},
		{"%{darwin.errno}d", []Item{i32(0)}, "[0: Undefined error: 0]"}, // Success
		{"%{darwin.errno}d", []Item{i32(106)}, "[106: Interface output queue is full]"},
		{"%{darwin.errno}d", []Item{i32(159)}, "[159: Unknown error: 159]"},
		{"%{darwin.errno}d", []Item{i32(-2)}, "[-2: don't modify registers]"},
		{"%{mach.errno}d", []Item{i32(0x10000003)}, "[0x10000003: (ipc/send) invalid destination port]"},
		{"%{mach.errno}x", []Item{i32(5)}, "[0x5: (os/kern) failure]"},
		{"%{mach.errno}d", []Item{i32(0x10000015)}, "[0x10000015: (ipc/send) invalid out-of-line size]"}, // keyed wrongly
		{"%{mach.errno}d", []Item{i32(-308)}, "[0xfffffecc: (ipc/mig) server died]"},
		{"%{mach.errno}d", []Item{i32(0x7fff0000)}, "[0x7fff0000: unknown error code]"},
		{"%{darwin.mode}d", []Item{i32(0o40755)}, "drwxr-xr-x"}, // decimal digits taken for octal ones
		{"%{darwin.mode}o", []Item{i32(448)}, "?rwx------"},
		{"%{darwin.mode}d", []Item{i32(0o104711)}, "-rws--x--x"},
		{"%{darwin.mode}d", []Item{i32(0o41777)}, "drwxrwxrwt"},
		{"%{darwin.mode}d", []Item{i32(0o102644)}, "-rw-r-Sr--"},
		{"%{darwin.mode}d", []Item{i32(0o120777)}, "lrwxrwxrwx"},
		{"%{darwin.signal}d", []Item{i32(11)}, "[sigsegv: Segmentation Fault]"}, // the number
		{"%{darwin.signal}d", []Item{i32(9)}, "[sigkill: Killed]"},
		{"%{darwin.signal}d", []Item{i32(32)}, "<decode: unknown value: 32>"},
		{"%{time_t}d", []Item{i64(1452627697)}, "2016-01-12 19:41:37"}, // RFC 3339
		{"%{time_t}d", []Item{i32(-1)}, "1969-12-31 23:59:59"},
		{"%{time_t}d", []Item{i64(1 << 60)}, "<decode: unknown value: 1152921504606846976>"},
		{"%{timeval}.*P", []Item{count(16), unhex("f1569556 00000000 5cd00b00 00000000")}, "2016-01-12 19:41:37.774236"},
		{"%{timespec}.*P", []Item{count(16), unhex("f1569556 00000000 6744330e 00000000")}, "2016-01-12 19:41:37.238240871"},
		{"%{timespec}.*P", []Item{count(16), unhex("f1569556 00000000 ffffffff 00000000")}, "<decode: unsupported value>"},
		{"%{bytes}d", []Item{i32(4718)}, "4.72 kB"},
		{"%{iec-bytes}d", []Item{i32(4718)}, "4.61 KiB"},
		{"%{bitrate}d", []Item{i32(123456)}, "123 kbps"},
		{"%{iec-bitrate}d", []Item{i32(120832)}, "118 Kibps"},
		{"%{bytes}d %{bytes}d %{bytes}d", []Item{i32(0), i32(999), i32(999999)}, "0 B 999 B 1 MB"},
		{"%{iec-bytes}d %{iec-bytes}ld", []Item{i32(1023), i64(1 << 62)}, "1023 B 4 EiB"},
		{"%{bytes}d", []Item{i32(-1500)}, "-1.5 kB"},
		{"%{xcode:size-in-bytes}d", []Item{i32(12)}, "12"},
		{"%{BOOL}d", []Item{str("yes")}, "<decode: mismatch for [%d] got [STRING public sz:4]>"},
		{"%{signpost.description:attribute}d", []Item{i32(5)}, "__##__signpost.description#____#attribute#_##_#5##__##"},
		{"%{public,signpost.description:attribute,bool}d", []Item{i32(5)}, "__##__signpost.description#____#attribute#_##_#true##__##"},
		{"%{signpost.description:begin_time}llu", []Item{i64(7)}, "__##__signpost.description#____#begin_time#_##_#7##__##"},
		{"%{signpost.telemetry:number1}f", []Item{f64(1.0 / 3)}, "__##__signpost.telemetry#____#number1#_##_#0.333333333##__##"},
		{"%{signpost.telemetry:string2, name=time_t}s", []Item{str("x")}, "__##__signpost.telemetry#____#string2#_##_#x##__##"},
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{
		{"%{network:in_addr}d", []Item{i32(0x0100007f)}, "127.0.0.1"}, // wrong
		{"%{in_addr}d", []Item{i32(0x0100007f)}, "127.0.0.1"},         // the number
		{"%{network:in6_addr}.16P", []Item{count(16), unhex("fe80000000000000000f86fffee95c16")}, "fe80::f:86ff:fee9:5c16"},
		{"%{network:in6_addr}.16P", []Item{count(16), unhex("ff0200000000000000000000000000fb")}, "ff02::fb"},
		{"%{in6_addr}.16P", []Item{count(16), unhex("ff02")}, "<decode: unsupported value>"},
		{"%{network:sockaddr}.*P", []Item{count(16), unhex("10020000b81c89670000000000000000")}, "184.28.137.103"},
		{"%{network:sockaddr}.*P", []Item{count(28), unhex("1c1e000000000000" + strings.Repeat("00", 20))}, "::"},
		{"%{sockaddr}.*P", []Item{count(0), {Type: 0x32}}, "<NULL>"},
		{"%{sockaddr}.*P", []Item{count(16), unhex("1012000000000000")}, "<decode: unknown value: 18>"},
		{"%{sockaddr}.*P", []Item{count(16), unhex("10022f746d70")}, "<decode: unsupported value>"},
		{"%{sockaddr}.*P", []Item{count(16), unhex("1001 2f746d702f7300 0000")}, "/tmp/s"},
		{"%{mdnsresponder:ip_addr}.20P", []Item{count(20), unhex("0400000001020304" + strings.Repeat("00", 12))}, "1.2.3.4"},
		{"%{mdnsresponder:ip_addr}.20P", []Item{count(20), unhex("06000000ff0200000000000000000000000000fb")}, "ff02::fb"},
		{"%{mdnsresponder:ip_addr}.20P", []Item{count(20), unhex("00000000" + strings.Repeat("00", 16))}, "<UNSPECIFIED IP ADDRESS>"},
		{"%{mdnsresponder:ip_addr}.20P", []Item{count(0), {Type: 0x32}}, "<NULL IP ADDRESS>"},
		{"%{mdnsresponder:mac_addr}.6P", []Item{count(6), unhex("02a0ff0c01fe")}, "02:a0:ff:0c:01:fe"},
		{"%{mdnsresponder:domain_name}.*P", []Item{unhex("03777777 076578616d706c65 03636f6d 00")}, "www.example.com."}, // control characters as dots
		{"%{mdnsresponder:domain_name}.*P", []Item{unhex("00")}, "."},
		{"%{mdnsresponder:domain_name}.*P", []Item{unhex("05612e5c20ff 00")}, `a\.\\\032\255.`},
		{"%{mdnsresponder:domain_name}.*P", []Item{unhex("0561")}, "<decode: unsupported value>"},
		{"%{mdnsresponder:domain_name}.*P", []Item{{Type: 0x32}}, "<NULL DOMAIN NAME>"},
		{"%{mdnsresponder:domain_label}.*P", []Item{unhex("0361 62 63")}, "abc"},
		{"%{mdns:dnshdr}.12P", []Item{count(12), unhex("0000 8180 0001 0000 0000 0000")}, "id: 0x0000 (0), flags: 0x8180 (R/Query, RD, RA, NoError), counts: 1/0/0/0"},
		{"%{mdns:dns.idflags}u", []Item{i32(0x4bbb0100)}, "id: 0x4BBB (19387), flags: 0x0100 (Q/Query, RD, NoError)"},
		{"%{mdns:dns.idflags}lld", []Item{i64(0xfbbb8583)}, "id: 0xFBBB (64443), flags: 0x8583 (R/Query, AA, RD, RA, NXDomain)"}, // fails for negative ones
		{"%{mdns:dns.idflags}u", []Item{i32(0x780f)}, "id: 0x0000 (0), flags: 0x780F (Q/OPCODE15, RCODE15)"},
		{"%{mdns:dns.counts}llu", []Item{i64(0x0001000200030004)}, "1/2/3/4"},
		{"%{mdns:rrtype}d", []Item{i32(28)}, "AAAA"},
		{"%{mdns:rrtype}d", []Item{i32(65)}, "HTTPS"},
		{"%{mdns:rrtype}d", []Item{i32(999)}, "TYPE999"},
		{"%{mdns:nreason}d", []Item{i32(3)}, "query-suppressed"}, // no-dns-service
		{"%{mdns:nreason}d", []Item{i32(4)}, "no-dns-service"},   // query-suppressed
		{"%{mdns:nreason}d", []Item{i32(9)}, "<decode: unknown value: 9>"},
		{"%{mdns:protocol}d", []Item{i32(4)}, "HTTPS"},
		{"%{mdns:addrmv}d", []Item{i32(1)}, "add"},
		{"%{mdns:addrmv}d", []Item{i32(0)}, "rmv"},
		{"%{mdns:yesno}d %{mdns:acceptable}d", []Item{i32(1), i32(0)}, "yes unacceptable"},
		{"%{mdns:gaiopts}X", []Item{i32(8)}, "0x8 {use-failover}"},
		{"%{mdns:gaiopts}X", []Item{i32(12)}, "0xC {in-app-browser, use-failover}"},
		{"%{mdns:gaiopts}X", []Item{i32(0)}, "0x0 {}"},
		{"%{mdns:gaiopts}X", []Item{i32(0x30)}, "0x30 {prohibit-encrypted-dns, 0x20}"},
		{"%{mdns:rd.svcb}.*P", []Item{unhex("0001 00 0001 0006 02683302 6832 0004 0004 01020304 0003 0002 01bb 0002 0000")}, "1 . alpn=h3,h2 ipv4hint=1.2.3.4 port=443 no-default-alpn"},
		{"%{mdns:rd.svcb}.*P", []Item{unhex("0000 0161 00 ff00 0001 aa 0007 0002 2f71")}, `0 a. key65280=aa dohpath="/q"`},
		{"%{mdns:rd.svcb}.*P", []Item{unhex("0001 00 0001 00ff 02")}, "<decode: unsupported value>"},
	})
}

func TestLocationAndDirectory(t *testing.T) {
	t.Parallel()
	testCases(t, []messageCase{
		{"%{location:escape_only}s", []Item{str(`a/b "c"` + "\n")}, `"a\/b \"c\"\n"`},
		{"%{location:CLClientAuthorizationStatus}d", []Item{i32(4)}, `"Authorized When In Use"`},
		{"%{location:CLClientAuthorizationStatus}d", []Item{i32(7)}, "<decode: unknown value: 7>"},
		{"%{location:CLDaemonStatus_Type::Reachability}d", []Item{i32(2)}, `"Reachability Large"`},
		{"%{location:CLSubHarvesterIdentifier}d", []Item{i32(2)}, `"Wifi"`},
		{"%{location:SqliteResult}.*P", []Item{count(4), raw(0, 0, 0, 0)}, `"SQLITE_OK"`}, // SQLITE OK
		{"%{location:SqliteResult}d", []Item{i32(266)}, `"SQLITE_IOERR_READ"`},
		{"%{location:IOMessage}d", []Item{i32(0xe0000280)}, `"kIOMessageSystemWillSleep"`}, // sign extended, not found
		{"%{location:IOMessage}d", []Item{i64(-0x1ffffd80)}, `"kIOMessageSystemWillSleep"`},
		{"%{location:IOMessage}d", []Item{i32(1)}, "<decode: unknown value: 1>"},
		{"%{location:_CLClientManagerStateTrackerState}.*P", []Item{unhex("01000000 00000000")}, `{"locationRestricted":false,"locationServicesEnabledStatus":1}`},
		{"%{odtypes:ODError}d", []Item{i32(5000)}, "ODErrorCredentialsInvalid"},
		{"%{odtypes:ODError}d %{odtypes:ODError}d %{odtypes:ODError}d", []Item{i32(0), i32(2), i32(3)}, "ODNoError Not Found <decode: unknown value: 3>"},
		{"%{odtypes:mbridtype}d", []Item{i32(4)}, "Username"}, // USERNAME
		{"%{odtypes:mbr_details}.*P", []Item{unhex("23 feffffff 2f4c6f63616c2f44656661756c7400")}, "user: -2@/Local/Default"},
		{"%{odtypes:mbr_details}.*P", []Item{unhex("24 6e6f626f647900 2f4c6f63616c2f44656661756c7400")}, "user: nobody@/Local/Default"},
		{"%{odtypes:mbr_details}.*P", []Item{unhex("c3 14000000")}, "group: 20@<not found>"},
		{"%{odtypes:mbr_details}.*P", []Item{unhex("99")}, "<decode: unknown value: 153>"},
		{"%{odtypes:nt_sid_t}.*P", []Item{raw(unbase64(t, "AQUAAAAAAAUVAAAAxbsdAg3Yp1FTmi50HAYAAA==")...)}, "S-1-5-21-35503045-1369954317-1949211219-1564"},
		{"%{odtypes:nt_sid_t}.*P", []Item{unhex("0101000000000005 12000000")}, "S-1-5-18"}, // wrong but for five
		{"%{odtypes:nt_sid_t}.*P", []Item{unhex("01ff000000000005 12000000")}, "<decode: unsupported value>"},
	})
	manager := make([]byte, 72)
	manager[16], manager[60], manager[48], manager[71] = 1, 1, 3, 1
	p := Compile([]byte("%{location:_CLLocationManagerStateTrackerState}.*P"))
	for _, size := range []int{64, 72} {
		got := string(p.Append(nil, []Item{raw(manager[:size]...)}, nil))
		if !strings.HasPrefix(got, `{"distanceFilter":0,"desiredAccuracy":0,"updatingLocation":true,`) ||
			!strings.Contains(got, `"activityType":3,`) ||
			strings.Contains(got, "isAuthorizedForWidgetUpdates") != (size == 72) {
			t.Errorf("%d bytes: got %s", size, got)
		}
	}
}

// mandiant reads a byte vector of the Rust reader's unit tests.
func mandiant(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, "unified-logs/mandiant+macos-UnifiedLogs/"+name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestVectors has the vectors that concern decoders, some within a structure
// that the Rust reader decodes in parts.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, vector, before, want string
	}{
		// The Rust reader writes several lines in words instead.
		{"%{mdns:dnshdr}.12P", "dns.test_get_dns_flags.test_data", "",
			"id: 0xB973 (47475), flags: 0x0100 (Q/Query, RD, NoError), counts: 1/0/0/0"},
		{"%{mdnsresponder:ip_addr}.20P", "dns.test_parse_dns_ip_addr.test_data", "", "192.168.101.144"},
		{"%{mdnsresponder:mac_addr}.6P", "dns.test_parse_mac_addr.test_data", "", "00:00:00:00:00:00"},
		{"%{mdns:rd.svcb}.*P", "dns.test_parse_svcb_ip.test_data", "000100",
			"1 . ipv4hint=104.16.148.64,104.16.149.64 " +
				"ipv6hint=2606:4700::6810:9440,2606:4700::6810:9540"},
		{"%{mdns:rd.svcb}.*P", "dns.test_parse_svcb_alpn.test_data", "00010000010003", "1 . alpn=h2"},
		{"%{network:sockaddr}.*P", "config.test_parse_nameserver.test_data", "", "192.168.1.1"},
		{"%{odtypes:mbr_details}.*P", "opendirectory.test_get_member_id.test_data", "23", "user: 1000@<not found>"},
		{"%{odtypes:mbr_details}.*P", "opendirectory.test_get_member_string.test_data", "24", "user: nobody@/Local/Default"},
	} {
		data := append(unhex(c.before).Data, mandiant(t, c.vector)...)
		if got := compose(c.format, raw(data...)); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.vector, got, c.want)
		}
	}
	counts := mandiant(t, "dns.test_parse_counts.test_data") // as in the header, big-endian
	if got := string(appendCounts(nil, 0x0001<<48)); got != "1/0/0/0" || counts[1] != 1 {
		t.Errorf("counts: got %q", got)
	}
}

// TestRealFormats compiles the format strings of a real system: nearly all of
// their annotations are known, and what is no conversion stays as it is.
func TestRealFormats(t *testing.T) {
	t.Parallel()
	root := testdata.Path(t, "unified-logs/log2timeline+plaso/AUL/private/var/db/uuidtext")
	formats, undecoded := 0, 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		for s := range strings.SplitSeq(string(data), "\x00") {
			if strings.Contains(s, "%") {
				formats++
				if len(Compile([]byte(s)).Undecoded()) > 0 {
					undecoded++
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d formats, %d with annotations that are not decoded", formats, undecoded)
	if formats < 10_000 || undecoded*500 > formats {
		t.Errorf("%d of %d formats with annotations that are not decoded", undecoded, formats)
	}
}
