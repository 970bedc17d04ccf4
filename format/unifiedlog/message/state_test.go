package message

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/format/protobuf"
)

// TestStateVectors has the states of the Rust reader's unit tests.
func TestStateVectors(t *testing.T) {
	t.Parallel()
	state := func(s State, want ...string) {
		t.Helper()
		got := string(AppendState(nil, &s, nil))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s%s: no %q in\n%s", s.Type, s.Title, w, got)
			}
		}
	}
	// The text of Apple's tool, as dtformats quotes it.
	state(State{
		Kind: StateCustom, Library: "location", Type: "_CLDaemonStatusStateTrackerState",
		Data: mandiant(t, "location.test_get_daemon_status_tracker.test_data"),
	}, `{"thermalLevel":-1,"reachability":"kReachabilityLarge","airplaneMode":false,"batteryData":`+
		`{"wasConnected":false,"charged":false,"level":-1,"connected":false,"chargerType":"kChargerTypeUnknown"},`+
		`"restrictedMode":false,"batterySaverModeEnabled":false}`)
	state(State{
		Kind: StateCustom, Title: "CLDaemonStatusStateTracker",
		Data: mandiant(t, "location.test_get_daemon_status_tracker_was_connected_true.test_data"),
	}, `"wasConnected":true,"charged":false,"level":100,"connected":true,"chargerType":"kChargerTypeUsb"`)
	state(State{
		Kind: StateCustom, Title: "DNS Configuration",
		Data: mandiant(t, "config.test_get_dns_config.test_data"),
	}, "\nresolver #1\n  search domain[0] : lan\n  interface : en0\n  nameserver[0] : 192.168.1.1\n",
		"\nscoped resolver #2\n", "\n  flags : 0x1006\n", "\nresolver #3\n  domain : local\n  options : mdns\n",
		"\n  reach : 0x20002 (Reachable, Directly Reachable Address)\n", "\nresolver #8\n")
	state(State{
		Kind: StateCustom, Title: "Network information",
		Data: mandiant(t, "config.test_get_network_interface.test_data"),
	}, "IPv4 interfaces : 1\n", "IPv6 interfaces : 5\n",
		"en0 : flags 0x1014 (DNS), rank Default 1, address 192.168.1.207, reach 0x2 (Reachable)\n",
		"utun2 : flags 0x28 (Not In List, Not In Interface List), rank Never 16777215")

	// A whole chunk: 16 bytes of preamble, 248 of fields, then the list.
	chunk := mandiant(t, "statedump.test_parse_statedump_plist.test_data")
	got := AppendState(nil, &State{Kind: StatePlist, Title: "WebContent state", Data: chunk[16+248:]}, nil)
	var list map[string]any
	if err := json.Unmarshal(got, &list); err != nil || len(list) == 0 {
		t.Errorf("property list: %v in %.200s", err, got)
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	xml := `<plist><dict><key>a</key><array><integer>1</integer><true/><real>2.5</real></array>` +
		`<key>d</key><data>AQI=</data><key>t</key><date>2020-01-02T03:04:05Z</date></dict></plist>`
	nested := strings.Repeat("<array>", 40) + strings.Repeat("</array>", 40)
	for _, c := range []struct {
		kind uint32
		data string
		want string
	}{
		{StatePlist, xml, `{"a":[1,true,2.5],"d":"AQI=","t":"2020-01-02T03:04:05Z"}`},
		{StatePlist, "bplist00junk", "<decode: unsupported property list> bplist00junk"},
		{StatePlist, "", "<decode: missing data>"},
		{StateProtobuf, "\x08\x96\x01\x12\x02hi\x08\x01\x1a\x02\x08\x05\x21\x00\x00\x00\x00\x00\x00\xf8\x3f", `{"1":[150,1],"2":"hi","3":{"1":5},"4":1.5}`},
		{StateProtobuf, "\x0a\x01\x80", `{"1":"gA=="}`},
		{StateProtobuf, "\xff\xff", "<decode: unsupported protobuf> //8="},
		{StateCustom, "\x00\x01", "<decode: unsupported lib/type> AAE="},
		{9, "text\x00", "<decode: unsupported kind 9> text"},
	} {
		var s Stats
		got := string(AppendState(nil, &State{Kind: c.kind, Library: "lib", Type: "type", Data: []byte(c.data)}, &Options{Stats: &s}))
		if got != c.want {
			t.Errorf("kind %d %q:\n got %s\nwant %s", c.kind, c.data, got, c.want)
		}
		if marked := strings.HasPrefix(got, "<decode"); (s.Unsupported == 1) != marked {
			t.Errorf("kind %d %q: counted %d times", c.kind, c.data, s.Unsupported)
		}
	}
	got := string(AppendState(nil, &State{Kind: StatePlist, Data: []byte("<plist>" + nested + "</plist>")}, nil))
	if !strings.Contains(got, `"<decode: nested too deep>"`) {
		t.Errorf("nested arrays: got %s", got)
	}
}

// FuzzState decodes any data as each kind; the text stays bounded.
func FuzzState(f *testing.F) {
	for kind := range uint32(8) {
		f.Add(kind, []byte("bplist00"))
		f.Add(kind, []byte("\x08\x96\x01\x12\x02hi"))
		f.Add(kind, make([]byte, 300))
	}
	titles := []string{
		"", "", "", "CLDaemonStatusStateTracker", "CLClientManagerStateTracker",
		"CLLocationManagerStateTracker", "DNS Configuration", "Network information",
	}
	f.Fuzz(func(t *testing.T, kind uint32, data []byte) {
		s := State{Kind: kind, Data: data}
		if kind %= 8; kind >= StateCustom {
			s.Kind, s.Title = StateCustom, titles[kind]
		}
		out := AppendState(nil, &s, nil)
		if len(out) > maxState+64 {
			t.Fatalf("%d bytes of text", len(out))
		}
		if s.Kind == StateProtobuf && len(data) > 0 && out[0] == '{' {
			if !json.Valid(out) && len(out) < maxState {
				t.Fatalf("not JSON: %s", out)
			}
			for _, err := range protobuf.Fields(data) {
				if err != nil {
					t.Fatalf("shown in spite of %v", err)
				}
			}
		}
	})
}
