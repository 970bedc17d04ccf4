package record

import (
	"reflect"
	"time"
)

// A dataCopy holds the data of one record at a time, in a place whose fields can
// be pointed at: reading a time out of an interface would allocate.
type dataCopy struct {
	data   reflect.Value
	fields []reflect.Value
	times  []*Time     // by the number of the field; nil if it is no Time
	walls  []*WallTime // likewise
}

func newDataCopy(t *Type) *dataCopy {
	c := &dataCopy{data: reflect.New(t.Go).Elem()}
	n := len(t.Fields)
	c.fields, c.times, c.walls = make([]reflect.Value, n), make([]*Time, n), make([]*WallTime, n)
	for i := range t.Fields {
		c.fields[i] = c.data.Field(t.Fields[i].Index)
		if t.Fields[i].List || t.Fields[i].Optional {
			continue
		}
		switch p := c.fields[i].Addr().Interface().(type) {
		case *Time:
			c.times[i] = p
		case *WallTime:
			c.walls[i] = p
		}
	}
	return c
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

// zero reports whether field i is the zero value of its type.
func (c *dataCopy) zero(f *Field, i int) bool {
	switch {
	case c.times[i] != nil:
		return *c.times[i] == Time{}
	case f.Kind >= KindString && f.Kind != KindWallTime && !f.Optional:
		return c.fields[i].Len() == 0 && !(f.List && !c.fields[i].IsNil())
	}
	return c.fields[i].IsZero()
}

// A Moment is one time of a record.
type Moment struct {
	Field string    // by its JSON name
	Time  time.Time // UTC; for a device clock without zone, what it showed
	Local bool      // Time is of a device clock without zone
}

// AppendMoments appends the times that the data records, in the order of its
// fields. It fails only for data that [TypeOf] refuses.
func AppendMoments(list []Moment, data Data) ([]Moment, error) {
	t, err := TypeOf(data)
	if err != nil {
		return list, err
	}
	c := t.copyOf(data)
	for i := range t.Fields {
		m := Moment{Field: t.Fields[i].Name}
		switch {
		case c.times[i] != nil:
			m.Time = c.times[i].Time
		case c.walls[i] != nil:
			m.Time, m.Local = c.walls[i].Time, true
		default:
			continue
		}
		if !m.Time.IsZero() {
			list = append(list, m)
		}
	}
	t.release(c)
	return list, nil
}
