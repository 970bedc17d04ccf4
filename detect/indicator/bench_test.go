package indicator_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/record"
)

// synthetic returns a feed of n indicators in the proportions of public feeds.
func synthetic(tb testing.TB, n int) *indicator.Feed {
	var b strings.Builder
	b.WriteString("type,value,to_ids\n")
	for i := range n {
		switch i % 20 {
		case 0:
			fmt.Fprintf(&b, "ip-dst,%d.%d.%d.%d,1\n", 1+i>>24&127, i>>16&255, i>>8&255, i&255)
		case 1:
			fmt.Fprintf(&b, "sha256,%064x,1\n", i)
		case 2:
			fmt.Fprintf(&b, "process-name,evil%xd,1\n", i)
		case 3:
			fmt.Fprintf(&b, "email,a%x@evil.example,1\n", i)
		case 4:
			fmt.Fprintf(&b, "path,/private/var/tmp/x%x/y,1\n", i)
		case 5:
			fmt.Fprintf(&b, "url,https://site%x.example/a/b,1\n", i)
		default:
			fmt.Fprintf(&b, "domain,host%x.evil-%x.example,1\n", i, i*7)
		}
	}
	feed, r, err := indicator.Load("x.csv", strings.NewReader(b.String()), indicator.Meta{Name: "synthetic"})
	if err != nil || r.Accepted != n {
		tb.Fatal(err, r.Accepted, r.Reasons)
	}
	return feed
}

var sets = map[int]func() *indicator.Set{
	5_000:     sync.OnceValue(func() *indicator.Set { return indicator.NewSet(synthetic(&testing.B{}, 5_000)) }),
	1_000_000: sync.OnceValue(func() *indicator.Set { return indicator.NewSet(synthetic(&testing.B{}, 1_000_000)) }),
}

type message struct {
	Sent   record.Time  `json:"sent"`
	Sender record.Email `json:"sender"`
	Body   record.Text  `json:"body"`
}

func (message) String() string { return "" }

type visit struct {
	URL   record.URL `json:"url"`
	Title string     `json:"title"`
}

func (visit) String() string { return "" }

type usage struct {
	Process record.Process `json:"process"`
	Bytes   int64          `json:"bytes"`
}

func (usage) String() string { return "" }

type file struct {
	Path record.Path `json:"path"`
}

func (file) String() string { return "" }

type plain struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

func (plain) String() string { return "" }

// samples returns records of one kind, each different, so that caches of the
// processor see what they see in a case.
func samples(kind string) (out []record.Record) {
	for i := range 2048 {
		var d record.Data
		switch kind {
		case "text":
			d = message{Body: record.Text(fmt.Sprintf("Bonjour Marie, on se voit demain à 18h%02d devant le café ? Regarde aussi www.site%d.fr, merci encore !!", i%60, i))}
		case "url":
			d = visit{URL: record.URL(fmt.Sprintf("https://www.page%d.journal.example/articles/%d/index.html?utm=mail", i, i*31))}
		case "process":
			d = usage{Process: record.Process(fmt.Sprintf("daemon%d/com.example.app%d", i, i))}
		case "path":
			d = file{Path: record.Path(fmt.Sprintf("/private/var/mobile/Library/SMS/Attachments/%02x/%02d/IMG_%d.heic", i%256, i%16, i))}
		default:
			d = plain{Name: "x", Count: int64(i)}
		}
		out = append(out, record.Record{Artifact: "ios.test", Data: d})
	}
	return out
}

func BenchmarkDetect(b *testing.B) {
	for _, kind := range []string{"none", "text", "url", "process", "path"} {
		for _, n := range []int{5_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				set, recs := sets[n](), samples(kind)
				b.ReportAllocs()
				i, hits := 0, 0
				for b.Loop() {
					set.Detect(recs[i&2047], func(detect.Finding) { hits++ })
					i++
				}
				if hits > 0 {
					b.Fatal(hits)
				}
			})
		}
	}
}

func BenchmarkNewSet(b *testing.B) {
	feed := synthetic(b, 1_000_000)
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		set := indicator.NewSet(feed)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-set")
		b.ReportMetric(float64(after.HeapAlloc)/1e6, "MB-all")
		runtime.KeepAlive(set)
	}
}

// TestNoAllocation checks that a record that meets nothing costs no memory.
func TestNoAllocation(t *testing.T) {
	set := sets[5_000]()
	for _, kind := range []string{"none", "text", "url", "process", "path"} {
		recs := samples(kind)
		set.Detect(recs[0], func(detect.Finding) {})
		if n := testing.AllocsPerRun(100, func() { set.Detect(recs[1], func(detect.Finding) {}) }); n != 0 {
			t.Errorf("%s: %v allocations", kind, n)
		}
	}
}
