package zones

import (
	"encoding/binary"
	"io"
	"iter"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/epoch"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/logdata"
	"github.com/vigie-project/vigie/format/spindump"
	"github.com/vigie-project/vigie/format/sqlite"
	"github.com/vigie-project/vigie/format/unifiedlog"
	"github.com/vigie-project/vigie/record"
)

// Limits of what is read of one file, in bytes.
const (
	maxLog      = 16 << 20  // of a text log
	maxHead     = 64 << 10  // before the first process of a spindump
	maxTrace    = 4 << 10   // header of a file of the unified log
	maxTimesync = 4 << 20   // of the clocks of the unified log; real ones have 131 KB
	maxPowerLog = 256 << 20 // of a log of energy use, as it is stored
)

// of returns the reading of a time that has its offset.
func of(t time.Time) epoch.Reading {
	_, offset := t.Zone()
	return epoch.Reading{At: t, Offset: offset}
}

// readReport reads the time in the header of a report.
func readReport(f file) []epoch.Reading {
	r, err := ips.Open(f, f.size)
	if err != nil {
		return nil
	}
	if t, ok := ips.ParseTime(r.Header.Get("timestamp").Text()); ok {
		return []epoch.Reading{of(t)}
	}
	return nil
}

// text returns the lines of the beginning of a file, until one cannot be read.
func (f file) text(most int64) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		for l, err := range lines.NewReader(io.NewSectionReader(f, 0, min(f.size, most))).All() {
			if err != nil || f.ctx.Err() != nil || !yield(l) {
				return
			}
		}
	}
}

// readStatistics reads the times of the records of logd.
func readStatistics(f file) (list []epoch.Reading) {
	for r, err := range logdata.Decode(f.text(maxLog)) {
		if err != nil || len(list) == maxPerFile {
			break
		}
		if !r.Time.IsZero() {
			list = append(list, of(r.Time))
		}
	}
	return list
}

// readLogOfLogd reads the times of the lines of logd, which notes changes of the
// zone.
func readLogOfLogd(f file) (list []epoch.Reading) {
	for l := range f.text(maxLog) {
		words := strings.SplitN(l.String(), " ", 4)
		if len(words) < 3 || len(list) == maxPerFile {
			continue
		}
		t, ok := logdata.ParseTime(words[0] + " " + words[1])
		if !ok {
			continue
		}
		r := of(t)
		r.Change = len(words) == 4 && strings.HasPrefix(words[3], "Time zone changed")
		list = append(list, r)
	}
	return list
}

// readTrace reads the header of a file of the unified log. Whether its offset
// includes daylight saving time is not documented, so that the zone decides then.
func readTrace(f file) []epoch.Reading {
	const preamble, tag = 16, 0x1000
	head := make([]byte, min(f.size, maxTrace))
	n, _ := f.ReadAt(head, 0)
	if head = head[:n]; n < preamble || binary.LittleEndian.Uint32(head) != tag {
		return nil
	}
	size := binary.LittleEndian.Uint64(head[8:])
	head = head[preamble:]
	h, err := unifiedlog.ParseHeader(head[:min(size, uint64(len(head)))])
	if h == nil || err != nil && h.ZonePath == "" || h.Wall <= 0 {
		return nil
	}
	const most = 24 * 60 // minutes
	if h.ZoneWest < -most || h.ZoneWest > most {
		return nil
	}
	r := epoch.Reading{At: time.Unix(0, h.Wall), Offset: -60 * int(h.ZoneWest)}
	if _, name, ok := strings.Cut(h.ZonePath, "zoneinfo/"); ok && name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			_, offset := r.At.In(zone).Zone()
			if offset == r.Offset || h.DST && offset == r.Offset+3600 {
				r.Offset, r.Zone = offset, name
				return []epoch.Reading{r}
			}
		}
	}
	if h.DST {
		return nil
	}
	return []epoch.Reading{r}
}

// readTimesync reads the sync records of boots. Their minutes west of UTC leave daylight
// saving time out: a real file of the east of North America has 300 before and after
// the change of March 2019, and says from then on that it is in force. The boot records
// are left out, since the zone of some is not yet that of the phone.
func readTimesync(f file) (list []epoch.Reading) {
	data := make([]byte, min(f.size, maxTimesync))
	n, _ := f.ReadAt(data, 0)
	boots, _ := unifiedlog.ParseTimesync(data[:n]) // what is damaged, the parsers report
	const most = 24 * 60                           // minutes
	for i := range boots {
		syncs := boots[i].Syncs
		for j, s := range syncs {
			edge := j == 0 || j == len(syncs)-1 || syncs[j-1].ZoneWest != s.ZoneWest || syncs[j-1].DST != s.DST ||
				syncs[j+1].ZoneWest != s.ZoneWest || syncs[j+1].DST != s.DST
			if !edge || s.Wall <= 0 || s.ZoneWest < -most || s.ZoneWest > most || len(list) == maxPerFile {
				continue
			}
			r := epoch.Reading{At: time.Unix(0, s.Wall), Offset: -60 * int(s.ZoneWest)}
			if s.DST {
				r.Offset += 3600
			}
			list = append(list, r)
		}
	}
	return list
}

// readSpindump reads when a spindump was made.
func readSpindump(f file) []epoch.Reading {
	if h := spindump.ReadHeader(f.text(maxHead)); !h.Time.IsZero() {
		return []epoch.Reading{of(h.Time)}
	}
	return nil
}

// Tables of the log of energy use. Their names may have a number at the end.
const (
	zoneTable  = "PLLocaleAgent_EventForward_TimeZone"
	shiftTable = "PLStorageOperator_EventForward_TimeOffset"
)

// readPowerLog reads the table of time zones: a row for each start of the phone and
// each change, by a clock whose distance from that of the phone is in another table.
func readPowerLog(f file) (list []epoch.Reading) {
	if f.size > maxPowerLog {
		return nil
	}
	in, err := from.Gunzip(&artifact.Input{Source: f.src, Path: f.path, Size: f.size, File: f.File})
	if err != nil || in.Size == 0 {
		return nil
	}
	from.Database(in, func(record.Record, error) bool { return true }, func(db *sqlite.DB) bool {
		table := named(db, zoneTable)
		if table == "" {
			return true
		}
		shifts := shiftsOf(db)
		for r, err := range db.Rows(table) {
			if err != nil || len(list) == maxPerFile {
				break
			}
			logged := r.Float("timestamp")
			at := epoch.UnixReal(logged + shifts.at(logged))
			offset := r.Int("SecondsFromGMT")
			if at.IsZero() || r.IsNull("SecondsFromGMT") || offset != int64(int32(offset)) {
				continue
			}
			list = append(list, epoch.Reading{At: at.Time, Offset: int(offset), Zone: r.Text("TimeZoneName"), Change: true})
		}
		return true
	})
	return list
}

func named(db *sqlite.DB, name string) string {
	for _, t := range db.Tables() {
		if strings.TrimRight(t.Name, "_0123456789") == name {
			return t.Name
		}
	}
	return ""
}

// A shift is how far the clock of the log is from that of the phone, in seconds,
// from a time of the log on.
type shift struct{ from, by float64 }

type shifts []shift

func shiftsOf(db *sqlite.DB) (list shifts) {
	table := named(db, shiftTable)
	if table == "" {
		return nil
	}
	for r, err := range db.Rows(table) {
		if err != nil || len(list) == maxPerFile {
			break
		}
		if by := r.Float("system"); !math.IsNaN(by) {
			list = append(list, shift{r.Float("timestamp"), by})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].from < list[j].from })
	return list
}

// at returns the shift at a time of the log, that of the first row before it.
func (s shifts) at(logged float64) float64 {
	if len(s) == 0 {
		return 0
	}
	i := sort.Search(len(s), func(i int) bool { return s[i].from > logged })
	return s[max(i-1, 0)].by
}
