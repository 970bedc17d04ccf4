package dumpsys

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/vigie-project/vigie/format/lines"
)

// A NetBucket is the traffic of one hour or two, of the phone or of one uid.
type NetBucket struct {
	Line                                   int
	Stats                                  string        // the heading: "Xt stats", "UID stats"; of the checkin "xt", "uid"
	Ident                                  string        // of the network, as printed
	UID                                    int           // -1 for all
	Set                                    string        // "ALL", "DEFAULT", "FOREGROUND"
	Tag                                    string        // "0x0"
	Start                                  time.Time     // UTC
	Duration                               time.Duration // of the bucket
	RxBytes, RxPackets, TxBytes, TxPackets int64
}

// NetBuckets yields the histories of the section of the service netstats and of
// "netstats --checkin".
func NetBuckets(text iter.Seq[lines.Line]) iter.Seq2[NetBucket, error] {
	return func(yield func(NetBucket, error) bool) {
		r := report{service: "netstats"}
		at := NetBucket{UID: -1}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			if line == "" {
				continue
			}
			f := strings.Split(line, ",")
			switch {
			case indentation(l.Text).columns == 0 && strings.HasSuffix(line, ":"):
				at = NetBucket{Stats: strings.TrimSuffix(line, ":"), UID: -1}
				r.found = r.found || strings.HasSuffix(at.Stats, "stats") || at.Stats == "Active interfaces"
			case strings.HasPrefix(line, "ident=") && at.Stats != "":
				at.identify(line)
			case strings.HasPrefix(line, "NetworkStatsHistory: "):
				at.Duration = bucketUnit(Get(line, "bucketDuration"))
			case strings.HasPrefix(line, "st=") || strings.HasPrefix(line, "bucketStart="):
				b := at
				if b.Line = l.Number; !b.plain(line) {
					r.unknown(l.Number, line)
				} else if !yield(b, nil) {
					return
				}
			case len(f) == 3 && f[0] == "v1":
				r.found = true
			case len(f) == 1 && len(line) < 16 && r.found && at.Ident == "" && at.Stats == "":
				at = NetBucket{Stats: line, UID: -1}
			case len(f) == 5 && f[0] == "c":
				at.Ident, at.UID, at.Set, at.Tag = f[1], integer(f[2]), f[3], f[4]
			case len(f) == 2 && f[0] == "d":
				at.Duration = bucketUnit(f[1])
			case f[0] == "b" && len(f) >= 6:
				b := at
				if b.Line = l.Number; !b.checkin(f) {
					r.unknown(l.Number, line)
				} else if !yield(b, nil) {
					return
				}
			case len(f) == 1 && (line == "xt" || line == "uid" || line == "tag" || line == "dev"):
				at = NetBucket{Stats: line, UID: -1}
			}
		}
		finish(&r, "statistics", yield)
	}
}

// identify reads "ident=[{type=9, …}] uid=-1 set=ALL tag=0x0".
func (b *NetBucket) identify(line string) {
	b.Ident, b.UID, b.Set, b.Tag = "", -1, "", ""
	for k, v := range Pairs(line) {
		switch k {
		case "ident":
			b.Ident = v
		case "uid":
			b.UID = integer(v)
		case "set":
			b.Set = v
		case "tag":
			b.Tag = v
		}
	}
}

// bucketUnit reads a duration in seconds; before Android 5 it is in milliseconds.
func bucketUnit(s string) time.Duration {
	n, err := strconv.ParseInt(s, 10, 32)
	switch {
	case err != nil || n < 0:
		return 0
	case n >= 1_000_000:
		return time.Duration(n) * time.Millisecond
	}
	return time.Duration(n) * time.Second
}

func (b *NetBucket) start(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	if b.Start = time.Unix(n, 0).UTC(); n >= 100_000_000_000 {
		b.Start = time.UnixMilli(n).UTC()
	}
	return err == nil
}

func (b *NetBucket) plain(line string) bool {
	ok := false
	for k, v := range Pairs(line) {
		switch k {
		case "st", "bucketStart":
			ok = b.start(v)
		case "rb", "rxBytes":
			b.RxBytes = number(v)
		case "rp", "rxPackets":
			b.RxPackets = number(v)
		case "tb", "txBytes":
			b.TxBytes = number(v)
		case "tp", "txPackets":
			b.TxPackets = number(v)
		}
	}
	return ok
}

func (b *NetBucket) checkin(f []string) bool {
	b.RxBytes, b.RxPackets, b.TxBytes, b.TxPackets = number(f[2]), number(f[3]), number(f[4]), number(f[5])
	return b.start(f[1])
}
