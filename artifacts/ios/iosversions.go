package ios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifact/from"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/ips"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/record"
)

// IOSVersions reads which versions of iOS ran and when.
var IOSVersions = artifact.Parser{
	ID:    "ios.iosversions",
	Title: lang.Text{EN: "Versions of iOS that ran", FR: "Versions d'iOS utilisées"},
	Doc: `analyticsd writes journals whose first line names the version of iOS at the time. They
stay for days to weeks. Which version ran when tells which exploits were possible then.
Crash and diagnostic reports say the same of their time.`,
	Inputs: []artifact.Pattern{{Kinds: evidence.IOSFilesystem, Glob: "private/var/db/analyticsd/**/Analytics-Journal-*.ips*"}},
	Record: iosVersionsVersion{},
	Refs:   []string{"https://docs.mvt.re/en/latest/ios/records/#version_historyjson"},
	Parse:  iosVersionsParse,
}

// iosVersionsVersion is the header of one journal.
type iosVersionsVersion struct {
	Time     record.Time `json:"time"`                // key timestamp: text with the offset of the zone of the phone
	TimeText string      `json:"time_text,omitempty"` // the text, if it is no time
	Version  string      `json:"version"`             // key os_version, such as "iPhone OS 16.1 (20B101)"
	Build    string      `json:"build,omitempty"`     // in parentheses in os_version
	Values   []record.KV `json:"values,omitempty"`    // other keys
}

// String implements [record.Data].
func (v iosVersionsVersion) String() string { return record.Line("iOS ran: " + v.Version) }

// iosVersionsMaxLine bounds the first line, in bytes.
const iosVersionsMaxLine = 64 << 10

func iosVersionsParse(ctx context.Context, in *artifact.Input) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		head := make([]byte, min(in.Size, iosVersionsMaxLine))
		n, err := in.File.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(record.Record{}, fmt.Errorf("read header: %w", err))
			return
		}
		if n == 0 || ctx.Err() != nil {
			return
		}
		line, _, _ := strings.Cut(string(head[:n]), "\n")
		if !json.Valid([]byte(line)) {
			yield(record.Record{}, fmt.Errorf("read header: not JSON: %q", record.Line(line)))
			return
		}
		header := from.JSON(line)
		v := iosVersionsVersion{}
		for key, value := range header.Members() {
			switch key {
			case "timestamp":
				if t, ok := ips.ParseTime(value.Text()); ok {
					v.Time = record.Time{Time: t.UTC(), Rule: record.AsText, Zone: record.RecordedOffset}
				} else {
					v.TimeText = value.Text()
				}
			case "os_version":
				v.Version = value.Text()
				if _, build, ok := strings.Cut(v.Version, "("); ok {
					v.Build = strings.TrimSuffix(build, ")")
				}
			default:
				v.Values = append(v.Values, record.KV{Key: key, Value: value.Text()})
			}
		}
		if v.Version == "" && v.Values == nil {
			yield(record.Record{}, fmt.Errorf("read header: no object with a version: %q", record.Line(line)))
			return
		}
		yield(in.Record(record.Origin{Row: 1}, v), nil)
	}
}
