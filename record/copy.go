package record

import (
	"reflect"
	"strconv"
	"time"
)

// A dataCopy holds the data of one record at a time, in a place whose fields
// are pointed at: reading them through reflection takes several times as long,
// and reading a time so would allocate.
type dataCopy struct {
	data  reflect.Value
	slots []slot
	dates []date
}

// A shape says how the value of a field is found and written.
type shape uint8

const (
	asText shape = iota
	asInt
	asBool
	asTime
	asWall
	asList   // of texts or of KV
	asOthers // through reflection
)

// A slot is a field of a dataCopy. Of the pointers, the one of its shape is set.
type slot struct {
	key  string // as it stands in JSON, after a comma
	as   shape
	omit bool // not written if zero
	kind FieldKind
	text *string
	num  *int64
	bit  *bool
	time *Time
	wall *WallTime
	name string // of wall
	v    reflect.Value
}

// A date is a field of a dataCopy that tells a time, one way or the other.
type date struct {
	name string
	time *Time
	wall *WallTime
}

func newDataCopy(t *Type) *dataCopy {
	c := &dataCopy{data: reflect.New(t.Go).Elem()}
	for i := range t.Fields {
		f := &t.Fields[i]
		s := slot{key: `,"` + f.Name + `":`, omit: f.Omit || f.Optional, kind: f.Kind, v: c.data.Field(f.Index), as: asOthers}
		s.point(f)
		c.slots = append(c.slots, s)
		if s.time != nil || s.wall != nil {
			c.dates = append(c.dates, date{name: f.Name, time: s.time, wall: s.wall})
		}
	}
	return c
}

// point sets the shape of a slot and its pointer.
func (s *slot) point(f *Field) {
	switch p := s.v.Addr(); {
	case f.List:
		s.as = asList
	case f.Optional:
	case f.Kind == KindTime:
		s.as, s.time = asTime, p.Interface().(*Time)
	case f.Kind == KindWallTime:
		s.as, s.wall, s.name = asWall, p.Interface().(*WallTime), f.Name
	case f.Kind == KindInt:
		s.as, s.num = asInt, p.Interface().(*int64)
	case f.Kind == KindBool:
		s.as, s.bit = asBool, p.Interface().(*bool)
	case f.Kind == KindString || f.Kind >= KindURL:
		s.as, s.text = asText, p.Convert(reflect.TypeFor[*string]()).Interface().(*string)
	}
}

// copyOf returns a copy of data of the type, to be released.
func (t *Type) copyOf(data Data) *dataCopy {
	c, ok := t.copies.Get().(*dataCopy)
	if !ok {
		c = newDataCopy(t)
	}
	c.data.Set(reflect.ValueOf(data))
	return c
}

func (t *Type) release(c *dataCopy) { t.copies.Put(c) }

// appendJSON appends the fields as a JSON object.
func (c *dataCopy) appendJSON(b []byte) []byte {
	start := len(b)
	for i := range c.slots {
		s := &c.slots[i]
		switch s.as {
		case asText:
			if !s.omit || *s.text != "" {
				b = AppendString(append(b, s.key...), *s.text)
			}
		case asInt:
			if !s.omit || *s.num != 0 {
				b = strconv.AppendInt(append(b, s.key...), *s.num, 10)
			}
		case asBool:
			if !s.omit || *s.bit {
				b = strconv.AppendBool(append(b, s.key...), *s.bit)
			}
		case asTime:
			if !s.omit || *s.time != (Time{}) {
				b = s.time.AppendJSON(append(b, s.key...))
			}
		case asWall:
			if !s.omit || !s.wall.IsZero() {
				b = s.wall.AppendJSON(append(b, s.key...))
				b = s.wall.appendResolved(b, s.name)
			}
		case asList:
			if !s.omit || !s.v.IsNil() {
				b = s.appendList(append(b, s.key...))
			}
		default:
			if !s.omit || !s.v.IsZero() {
				b = s.appendOther(append(b, s.key...))
			}
		}
	}
	if len(b) == start {
		return append(b, '{', '}')
	}
	b[start] = '{' // in place of a comma
	return append(b, '}')
}

func (s *slot) appendList(b []byte) []byte {
	b = append(b, '[')
	for i := range s.v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if e := s.v.Index(i); s.kind == KindKV {
			b = AppendString(append(b, `{"key":`...), e.Field(0).String())
			b = AppendString(append(b, `,"value":`...), e.Field(1).String())
			b = append(b, '}')
		} else {
			b = AppendString(b, e.String())
		}
	}
	return append(b, ']')
}

func (s *slot) appendOther(b []byte) []byte {
	v := s.v
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch s.kind {
	case KindBool:
		return strconv.AppendBool(b, v.Bool())
	case KindInt:
		return strconv.AppendInt(b, v.Int(), 10)
	}
	return appendFloat(b, v.Float())
}

// A Moment is one time of a record.
type Moment struct {
	Field   string    // by its JSON name
	Time    time.Time // UTC; for a device clock of which no offset is known, what it showed
	Local   bool      // the time is of a device clock without zone
	Offset  int32     // of that clock, in seconds east of UTC, if Quality says so
	Quality Quality   // how the offset is known
}

// AppendMoments appends the times that the data records, in the order of its
// fields. It fails only for data that [TypeOf] refuses.
func AppendMoments(list []Moment, data Data) ([]Moment, error) {
	t, err := TypeOf(data)
	if err != nil {
		return list, err
	}
	c := t.copyOf(data)
	list = c.appendMoments(list)
	t.release(c)
	return list, nil
}

func (c *dataCopy) appendMoments(list []Moment) []Moment {
	for i := range c.dates {
		d := &c.dates[i]
		if d.time != nil {
			if !d.time.IsZero() {
				list = append(list, Moment{Field: d.name, Time: d.time.Time})
			}
		} else if !d.wall.IsZero() {
			list = append(list, d.wall.moment(d.name))
		}
	}
	return list
}

// moment returns the time. Where a zone is only assumed, that is left to who shows
// the time.
func (w *WallTime) moment(field string) Moment {
	m := Moment{Field: field, Time: w.Time, Local: true}
	if at, ok := w.Instant(); ok && w.Quality > AssumedZone {
		m.Time, m.Offset, m.Quality = at, w.Offset, w.Quality
	}
	return m
}
