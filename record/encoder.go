package record

import "reflect"

// An Encoder writes records one after the other, in less time than
// [Record.AppendJSON] and [AppendMoments] need. The zero value is ready for use,
// by one goroutine.
type Encoder struct {
	typ  reflect.Type // of the data
	copy *dataCopy
	rec  Record

	// The beginning of the line, which most records share with the one before.
	start    []byte
	artifact string
	place    Origin
}

// Load takes a record, for the methods that follow. It fails only for data that
// [TypeOf] refuses.
func (e *Encoder) Load(r Record) error {
	if typ := reflect.TypeOf(r.Data); typ != e.typ || e.copy == nil {
		t, err := TypeOf(r.Data)
		if err != nil {
			return err
		}
		e.typ, e.copy = typ, newDataCopy(t)
	}
	e.copy.data.Set(reflect.ValueOf(r.Data))
	e.rec = r
	if o := &r.Origin; e.start == nil || e.artifact != r.Artifact || e.place.Table != o.Table ||
		e.place.Path != o.Path || e.place.Stored != o.Stored || e.place.Source != o.Source {
		e.artifact, e.place = r.Artifact, *o
		e.start = o.appendPlace(r.appendStart(e.start[:0]))
	}
	return nil
}

// AppendJSON appends the record as [Record.AppendJSON] does.
func (e *Encoder) AppendJSON(b []byte) []byte {
	b = e.rec.Origin.appendRest(append(b, e.start...))
	b = e.copy.appendJSON(append(b, `,"data":`...))
	return append(b, '}')
}

// AppendMoments appends the times of the record as [AppendMoments] does.
func (e *Encoder) AppendMoments(list []Moment) []Moment { return e.copy.appendMoments(list) }
