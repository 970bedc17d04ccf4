package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A WallTime is what a device clock showed, without a zone: it is not an
// instant, and its type keeps it from being sorted among instants by accident.
// The zero value means that the evidence records no time.
//
// Where other files of the acquisition tell the offset from UTC that was in
// force, the fields say so, and [WallTime.Instant] is the instant. Parsers leave
// them alone.
type WallTime struct {
	time.Time

	Offset  int32   // seconds east of UTC that were in force; only if Quality says so
	Zone    string  // IANA name of the zone that has this offset, if one is known
	Quality Quality // how the offset is known
}

// Quality says how well the offset from UTC of a device clock is known.
type Quality uint8

// The qualities, from none to the best.
const (
	NoOffset      Quality = iota // the offset is not known
	AssumedZone                  // of the zone that the acquisition names for all times
	CaptureOffset                // of the capture: nothing nearer tells another
	NearestOffset                // of the nearest instant at which the offset is recorded
	ExactOffset                  // recorded for instants on both sides, close by
)

var qualityNames = [...]string{"none", "assumed", "capture", "nearest", "exact"}

// String returns "none", "assumed", "capture", "nearest" or "exact".
func (q Quality) String() string {
	if int(q) >= len(qualityNames) {
		return fmt.Sprintf("quality %d", uint8(q))
	}
	return qualityNames[q]
}

// Instant returns the instant at which the clock showed the time, in UTC, or
// false if the offset is not known.
func (w WallTime) Instant() (time.Time, bool) {
	if w.IsZero() || w.Quality == NoOffset {
		return time.Time{}, false
	}
	return w.AsUTC().Add(-time.Duration(w.Offset) * time.Second), true
}

// AsUTC returns what the clock showed as if it were UTC.
func (w WallTime) AsUTC() time.Time {
	y, m, d := w.Date()
	return time.Date(y, m, d, w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), time.UTC)
}

// wallLayout is the layout of a wall time in JSON.
const wallLayout = "2006-01-02T15:04:05.999999999"

// AppendJSON appends null or the time without a zone, as text.
func (w WallTime) AppendJSON(b []byte) []byte {
	if w.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	return append(w.Time.AppendFormat(b, wallLayout), '"')
}

// MarshalJSON implements [json.Marshaler]; see [WallTime.AppendJSON].
func (w WallTime) MarshalJSON() ([]byte, error) { return w.AppendJSON(nil), nil }

// UnmarshalJSON reads what [WallTime.MarshalJSON] writes.
func (w *WallTime) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*w = WallTime{}
	if s == nil {
		return nil
	}
	t, err := time.Parse(wallLayout, *s)
	w.Time = t
	return err
}

// resolvedSuffix ends the key that stands beside that of a wall time whose offset
// is known. No field has such a name.
const resolvedSuffix = "_resolved"

// offsetLayout is how offsets are written; seconds only if there are any.
const offsetLayout = "Z07:00:00"

// OffsetText writes an offset in seconds east of UTC, as "+02:00".
func OffsetText(seconds int32) string { return string(appendOffset(nil, seconds)) }

func appendOffset(b []byte, seconds int32) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	b = fmt.Appendf(append(b, sign), "%02d:%02d", seconds/3600, seconds/60%60)
	if rest := seconds % 60; rest != 0 {
		b = fmt.Appendf(b, ":%02d", rest)
	}
	return b
}

func parseOffset(s string) (int32, error) {
	t, err := time.Parse(offsetLayout, s)
	if err != nil {
		if t, err = time.Parse("Z07:00", s); err != nil {
			return 0, fmt.Errorf("read offset: %w", err)
		}
	}
	_, seconds := t.Zone()
	return int32(seconds), nil
}

// appendResolved appends what is known of the offset as a member of the object
// that the time is in, after a comma; nothing if nothing is known.
func (w *WallTime) appendResolved(b []byte, name string) []byte {
	at, ok := w.Instant()
	if !ok {
		return b
	}
	b = append(append(append(b, `,"`...), name...), resolvedSuffix+`":{"utc":"`...)
	b = appendOffset(append(AppendInstant(b, at), `","offset":"`...), w.Offset)
	if w.Zone != "" {
		b = AppendString(append(b, `","zone":`...), w.Zone)
	} else {
		b = append(b, '"')
	}
	return append(append(append(b, `,"quality":"`...), w.Quality.String()...), `"}`...)
}

// A Resolution is what stands beside a wall time in JSON if its offset is known,
// under the name of the field and "_resolved".
type Resolution struct {
	UTC     time.Time `json:"utc"`
	Offset  string    `json:"offset"`         // "+02:00"
	Zone    string    `json:"zone,omitempty"` // IANA name, if one is known
	Quality string    `json:"quality"`        // see [Quality]
}

// ResolutionOf reads what is known of the offset of a wall time from data in
// JSON, by the name of the field; false if nothing is.
func ResolutionOf(data []byte, field string) (r Resolution, ok bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		return r, false
	}
	text, ok := all[field+resolvedSuffix]
	return r, ok && json.Unmarshal(text, &r) == nil
}

// resolve sets what a resolution says.
func (w *WallTime) resolve(r Resolution) error {
	offset, err := parseOffset(r.Offset)
	if err != nil {
		return err
	}
	for q, name := range qualityNames {
		if name == r.Quality {
			w.Offset, w.Zone, w.Quality = offset, r.Zone, Quality(q)
		}
	}
	return nil
}

// readResolved sets the offsets that stand beside the wall times of data, which
// is addressable.
func (t *Type) readResolved(v reflect.Value, data []byte) error {
	if !strings.Contains(string(data), resolvedSuffix+`":`) {
		return nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, i := range t.walls {
		f := &t.Fields[i]
		text, ok := all[f.Name+resolvedSuffix]
		if !ok {
			continue
		}
		var r Resolution
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		if err := v.Field(f.Index).Addr().Interface().(*WallTime).resolve(r); err != nil {
			return err
		}
	}
	return nil
}

// HasWallTimes reports whether data of the type has times by a clock without a
// zone.
func (t *Type) HasWallTimes() bool { return len(t.walls) > 0 }

// WithWallTimes returns data of the type in which fn has replaced the wall times
// that are set, in the order of the fields.
func (t *Type) WithWallTimes(data Data, fn func(WallTime) WallTime) Data {
	if reflect.TypeOf(data) != t.Go {
		return data
	}
	v := reflect.New(t.Go).Elem()
	v.Set(reflect.ValueOf(data))
	for _, i := range t.walls {
		if w := v.Field(t.Fields[i].Index).Addr().Interface().(*WallTime); !w.IsZero() {
			*w = fn(*w)
		}
	}
	return v.Interface().(Data)
}
