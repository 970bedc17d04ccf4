package ios

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/lines"
	"github.com/vigie-project/vigie/format/spindump"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// Spindump reads what a spindump says about the phone.
var Spindump = artifact.Parser{
	ID:    "ios.spindump",
	Title: lang.Text{EN: "State of the phone at the capture", FR: "État du téléphone lors de la capture"},
	Doc: `spindump-nosymbols.txt of a sysdiagnose begins with the time, with its offset from UTC, the version
of iOS, the model, for how long the phone has been running, and the boot arguments, which
a phone as sold does not have. There is one record for each file; its processes are in
ios.processes. Whether spindump could take samples is in "no_samples".`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSSysdiagnose, Glob: "sysdiagnose/spindump-nosymbols.txt"}},
	Record: spindumpHeader{},
	Refs:   []string{"https://keith.github.io/xcode-man-pages/spindump.8.html"},
	Parse:  spindumpParse,
}

// spindumpHeader is the header of one spindump.
type spindumpHeader struct {
	Time      record.Time `json:"time"`                 // Date/Time: with offset from UTC
	Offset    string      `json:"offset,omitempty"`     // that offset: the time zone of the phone
	Booted    record.Time `json:"booted"`               // Date/Time less Time Since Boot
	System    string      `json:"system,omitempty"`     // OS Version: with the build
	Model     string      `json:"model,omitempty"`      // Hardware model
	BootArgs  string      `json:"boot_args,omitempty"`  // Boot args: usually none
	Cache     string      `json:"cache,omitempty"`      // Shared Cache: UUID of the shared cache of libraries
	Awake     *float64    `json:"awake,omitempty"`      // Time Awake Since Boot, seconds
	NoSamples bool        `json:"no_samples,omitempty"` // the text says that there are none
	Other     []record.KV `json:"other,omitempty"`      // other keys
}

// String implements [record.Data].
func (h spindumpHeader) String() string {
	s := fmt.Sprintf("spindump of %s with %s", h.Model, h.System)
	if h.BootArgs != "" {
		s += ", boot arguments " + h.BootArgs
	}
	return record.Line(s)
}

// spindumpMaxLines bounds the lines that are read.
const spindumpMaxLines = 256

func spindumpParse(_ context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		var failed error
		head := spindump.ReadHeader(func(yield func(lines.Line) bool) {
			for l, err := range from.Lines(in.File) {
				if failed = err; err != nil || l.Number > spindumpMaxLines || !yield(l) {
					return
				}
			}
		})
		if failed != nil && !yield(record.Record{}, fmt.Errorf("read header: %w", failed)) {
			return
		}
		if len(head.Pairs) == 0 && !head.NoSamples {
			return // ios.processes tells that the text is another one
		}
		yield(in.Record(record.Origin{Row: int64(max(head.Line, 1)), Offset: head.Offset}, spindumpRow(head)), nil)
	}
}

func spindumpRow(head spindump.Header) spindumpHeader {
	h := spindumpHeader{NoSamples: head.NoSamples}
	if t := head.Time; !t.IsZero() {
		h.Time = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
		h.Offset = t.Format("-07:00")
	}
	for _, p := range head.Pairs {
		switch p.Key {
		case "Date/Time":
			if h.Time.IsSet() {
				continue
			}
		case "OS Version":
			h.System = p.Value
			continue
		case "Hardware model":
			h.Model = p.Value
			continue
		case "Boot args":
			h.BootArgs = p.Value
			continue
		case "Shared Cache", "Shared Cache UUID":
			if h.Cache == "" {
				h.Cache, _, _ = strings.Cut(p.Value, " ")
			}
		case "Time Since Boot":
			if d, ok := spindump.Since(p.Value); ok && h.Time.IsSet() {
				h.Booted = record.Time{Time: head.Time.Add(-d).UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
			}
		case "Time Awake Since Boot":
			if d, ok := spindump.Since(p.Value); ok {
				seconds := d.Seconds()
				h.Awake = &seconds
				continue
			}
		}
		if p.Value != "" {
			h.Other = append(h.Other, record.KV{Key: p.Key, Value: p.Value})
		}
	}
	return h
}
