package android

import (
	"strconv"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/dumpsys"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// NetStats reads the traffic counted for apps.
var NetStats = artifact.Parser{
	ID:    "android.netstats",
	Title: lang.Text{EN: "Network traffic by app", FR: "Trafic réseau par application"},
	Doc: `The system counts what each app, by its user ID, sent and received in intervals of one or two
hours, apart for Wi-Fi and mobile networks and for apps shown or in the background. It keeps
some weeks. The counts show that and how much an app communicated, also what was sent by
apps that have since been removed; they do not tell with whom. The short form, which bug
reports have besides, repeats the same counts. Networks are named as the
phone prints them.`,
	Inputs: append(from.Dumpsys("netstats"), from.Sections("checkin-netstats")...),
	Record: netstatsBucket{},
	Refs: []string{
		"https://android.googlesource.com/platform/packages/modules/Connectivity/+/refs/heads/main/service-t/src/com/android/server/net/NetworkStatsService.java",
	},
	Parse: from.Dump(dumpsys.NetBuckets, netstatsRow),
}

// netstatsBucket is the traffic of one interval.
type netstatsBucket struct {
	Start     record.Time `json:"start"`      // st, seconds since 1970-01-01 UTC
	Duration  float64     `json:"duration"`   // bucketDuration in seconds
	Stats     string      `json:"stats"`      // the heading: "UID stats"; of the short form "uid"
	Network   string      `json:"network"`    // ident, as printed
	UID       *int64      `json:"uid"`        // uid; null for all
	Set       string      `json:"set"`        // "DEFAULT" in the background, "FOREGROUND", "ALL"
	Tag       string      `json:"tag"`        // mark by the app, 0x0 for all of its traffic
	RxBytes   int64       `json:"rx_bytes"`   // rb
	RxPackets int64       `json:"rx_packets"` // rp
	TxBytes   int64       `json:"tx_bytes"`   // tb
	TxPackets int64       `json:"tx_packets"` // tp
}

// String implements [record.Data].
func (b netstatsBucket) String() string {
	who := "all"
	if b.UID != nil {
		who = "uid " + strconv.FormatInt(*b.UID, 10)
	}
	return record.Line("traffic of " + who + ": " + strconv.FormatInt(b.RxBytes, 10) + " bytes received, " + strconv.FormatInt(b.TxBytes, 10) + " sent")
}

func netstatsRow(b dumpsys.NetBucket) (int, record.Data) {
	var start record.Time
	if !b.Start.IsZero() {
		start = epoch.Unix(b.Start.Unix())
	}
	return b.Line, netstatsBucket{
		Start: start, Duration: b.Duration.Seconds(), Stats: b.Stats, Network: b.Ident, UID: from.Count(b.UID), Set: b.Set, Tag: b.Tag,
		RxBytes: b.RxBytes, RxPackets: b.RxPackets, TxBytes: b.TxBytes, TxPackets: b.TxPackets,
	}
}
