package daemonlog

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vigie-project/vigie/internal/linestest"
	"github.com/vigie-project/vigie/internal/testdata"
)

func decode(s string) (entries []Entry) {
	for e := range Decode(linestest.Split(s)) {
		entries = append(entries, e)
	}
	return entries
}

func TestDecode(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05.999999", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, text string
		want       []Entry
	}{
		{"empty", "\n \n", nil},
		{"method", "Tue Feb  4 09:10:11 2025 [301] <notice> (0x16e000000) -[MIAcme removeThing:error:]_block_invoke: Un: x\n", []Entry{{
			Line: 1, Time: at("2025-02-04 09:10:11"), PID: 301, Level: "notice", Thread: "0x16e000000",
			Origin: "-[MIAcme removeThing:error:]_block_invoke", Message: "Un: x", Lines: 1}}},
		{"continued", "lost\nTue Feb  4 09:10:12 2025 [301] <err> (0x1) +[MIAcme make:]: text over\nseveral lines\n", []Entry{
			{Line: 1, PID: -1, Message: "lost", Lines: 1},
			{Line: 2, Offset: 5, Time: at("2025-02-04 09:10:12"), PID: 301, Level: "err", Thread: "0x1", Origin: "+[MIAcme make:]",
				Message: "text over\nseveral lines", Lines: 2}}},
		// Values with colons stay whole, and the entry after the block is not lost.
		{"block", "Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) MA: main: ____________ Acme Startup ____________\n" +
			"Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) MA: main: Clock     : 09:10:13\n" +
			"Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) MA: main: ________________________________________________\n" +
			"Tue Feb  4 09:10:14 2025 [44] <debug> (0x1) MA: main: next\n", []Entry{
			{Line: 1, Time: at("2025-02-04 09:10:13"), PID: 44, Level: "debug", Thread: "0x1", Origin: "MA: main", Title: "Acme Startup",
				Pairs: []Pair{{"Clock", "09:10:13"}}, Lines: 3},
			{Line: 4, Offset: 271, Time: at("2025-02-04 09:10:14"), PID: 44, Level: "debug", Thread: "0x1", Origin: "MA: main", Message: "next", Lines: 1}}},
		{"plist", "Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) f: got <?xml version=\"1.0\"?>\n<plist/>\n</plist>\n", []Entry{{
			Line: 1, Time: at("2025-02-04 09:10:13"), PID: 44, Level: "debug", Thread: "0x1", Origin: "f", Message: "got",
			Plist: "<?xml version=\"1.0\"?>\n<plist/>\n</plist>", Lines: 3}}},
		{"lockdown", "02/11/25 17:58:03.000123 pid=71 handle_get_value: AcmeSync attempting\nmore", []Entry{{
			Line: 1, Time: at("2025-02-11 17:58:03.000123"), PID: 71, Origin: "handle_get_value", Message: "AcmeSync attempting\nmore", Lines: 2, Cut: true}}},
		{"digits", "٠٢/١١/٢٥ ١٧:٥٨:٠٣.٠٠٠١٢٣ pid=٧١ f: text of 40 characters and more ٤٤\n", []Entry{{
			Line: 1, Time: at("2025-02-11 17:58:03.000123"), PID: 71, Origin: "f", Message: "text of 40 characters and more ٤٤", Lines: 1}}},
		{"offset", "2025-02-11 17:58:03.1 +0100: text\n", []Entry{{
			Line: 1, Time: at("2025-02-11 16:58:03.1"), Zoned: true, PID: -1, Message: "text", Lines: 1}}},
	} {
		got := decode(c.text)
		for i := range got {
			got[i].Time = got[i].Time.UTC()
		}
		if d := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Entry{})); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// TestPlaso reads the sample of plaso, in which it finds 28 messages.
func TestPlaso(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(testdata.Path(t, "ios-logs/log2timeline+plaso/ios_sysdiag.log"))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(string(data))
	if len(got) != 28 {
		t.Fatalf("got %d entries, want 28", len(got))
	}
	e := got[7]
	if e.PID != 176 || e.Level != "err" || !e.Time.Equal(time.Date(2021, 8, 11, 5, 51, 2, 0, time.UTC)) ||
		e.Origin != "+[MILaunchServicesDatabaseGatherer enumeratePluginKitPluginsInBundle:updatingPluginParentID:ensurePluginsAreExecutable:installProfiles:error:enumerator:]" ||
		!strings.HasPrefix(e.Message, "Ignoring plugin at /System/") || !strings.HasSuffix(e.Message, "for details.") {
		t.Errorf("got %+v", e)
	}
}

// TestLimits reads a message that goes on for long.
func TestLimits(t *testing.T) {
	t.Parallel()
	got := decode("Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) f: x\n" + strings.Repeat("0123456789\n", 20<<10))
	if len(got) != 1 || len(got[0].Message) > maxMessage || got[0].More == 0 {
		t.Errorf("got %d entries, %d bytes", len(got), len(got[0].Message))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("Tue Feb  4 09:10:13 2025 [44] <debug> (0x1) MA: main: ____________ Acme Startup ____________\nTue Feb  4 09:10:13 2025 [44] <debug> (0x1) MA: main: a : b\n")
	f.Add("02/11/25 17:58:03.000123 pid=71 handle_get_value: AcmeSync\n2025-02-11 17:58:03.1 +0100: text\n</plist>")
	f.Fuzz(func(t *testing.T, s string) {
		count := 0
		for _, e := range decode(s) {
			count += e.Lines
			if len(e.Message) > maxMessage || len(e.Pairs) > maxPairs {
				t.Errorf("entry of line %d is too large", e.Line)
			}
		}
		if count > strings.Count(s, "\n")+1 {
			t.Errorf("entries take %d lines", count)
		}
	})
}
