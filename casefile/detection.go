package casefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/vigie-project/vigie/detect"
)

// A detected line holds one finding or one observation.
type detected struct {
	// At puts an observation in order: seconds since 1970-01-01 UTC and
	// nanoseconds; see [detect.Observation.At]. Cases of older versions lack it.
	At          *[2]int64           `json:"at,omitempty"`
	Finding     *detect.Finding     `json:"finding,omitempty"`
	Observation *detect.Observation `json:"observation,omitempty"`
}

// What lines begin with, and what comes before the data of an exhibit, which is
// the last member of an observation: no other has that name, and within a text
// its quotes would be escaped.
var (
	findingStart     = []byte(`{"finding":`)
	atStart          = []byte(`{"at":[`)
	observationStart = []byte(`],"observation":{"correlator":"`)
	dataStart        = []byte(`,"data":`)
	dataEnd          = []byte(`}}}`)
)

// appendObservation writes the line of an observation. The record that it shows is
// JSON already.
func appendObservation(b []byte, o *detect.Observation) ([]byte, error) {
	at := o.At()
	plain := *o
	plain.Exhibit.Data = nil
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(detected{At: &[2]int64{at.Unix(), int64(at.Nanosecond())}, Observation: &plain})
	head, ok := bytes.CutSuffix(text.Bytes(), []byte("null}}}\n"))
	if err != nil || !ok {
		return b, fmt.Errorf("write observation of %s: %w", o.Correlator, errors.Join(err, errDetected))
	}
	b = append(b, head...)
	if o.Exhibit.Data == nil {
		b = append(b, "null"...)
	}
	return append(append(append(b, o.Exhibit.Data...), dataEnd...), '\n'), nil
}

// errDetected says that a line of a file of findings is none.
var errDetected = errors.New("no finding and no observation")

// readObservation reads a line of an observation. Its data is not looked into.
func readObservation(line []byte) (o detect.Observation, err error) {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	d := detected{}
	head, data, ok := bytes.Cut(line, dataStart)
	if data, whole := bytes.CutSuffix(data, dataEnd); ok && whole && bytes.HasPrefix(line, atStart) {
		if err = json.Unmarshal(append(slices.Clip(head), dataEnd...), &d); err == nil && d.Observation != nil {
			d.Observation.Exhibit.Data = bytes.Clone(data)
		}
	} else {
		err = json.Unmarshal(line, &d)
	}
	if err == nil && d.Observation == nil {
		err = errDetected
	}
	if err != nil {
		return o, err
	}
	return *d.Observation, nil
}

// A place is where the line of an observation lies, and its time.
type place struct {
	second int64 // since 1970-01-01 UTC
	offset int64 // bytes from the start of the file
	nano   int32
	size   int32 // bytes
	file   int32 // index of the file
}

// placeOf finds out about a line of an observation what puts it in order, without
// decoding it if it can.
func placeOf(line []byte) (p place, correlator string, err error) {
	if rest, ok := bytes.CutPrefix(line, atStart); ok {
		second, rest, ok1 := bytes.Cut(rest, []byte{','})
		nano, rest, ok2 := bytes.Cut(rest, []byte{']'})
		name, found := bytes.CutPrefix(rest, observationStart[1:])
		end := bytes.IndexByte(name, '"')
		s, err1 := strconv.ParseInt(string(second), 10, 64)
		n, err2 := strconv.ParseInt(string(nano), 10, 32)
		if ok1 && ok2 && found && end >= 0 && err1 == nil && err2 == nil && bytes.IndexByte(name[:end], '\\') < 0 {
			return place{second: s, nano: int32(n)}, string(name[:end]), nil
		}
	}
	o, err := readObservation(line)
	if err != nil {
		return p, "", err
	}
	at := o.At()
	return place{second: at.Unix(), nano: int32(at.Nanosecond())}, o.Correlator, nil
}

// A detection knows what the jobs of a case found, and where it lies: memory does
// not grow with the records that findings and observations show.
type detection struct {
	files  []string
	grades []map[detect.Grade]bool // of the findings in each file
	seen   map[string][]place      // by correlator, no more than maxObservations
	count  int                     // of all observations
}

// detection looks through what the jobs found, in the order of the plan.
func (c *Case) detection(sources []string) (*detection, error) {
	d := &detection{seen: map[string][]place{}}
	for _, id := range sources {
		names, err := c.list("detection", id)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if err := d.file(name); err != nil {
				return nil, err
			}
		}
	}
	for _, list := range d.seen {
		slices.SortStableFunc(list, func(a, b place) int {
			if a.second != b.second {
				return compare(a.second, b.second)
			}
			return compare(int64(a.nano), int64(b.nano))
		})
	}
	return d, nil
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// file looks through one file.
func (d *detection) file(name string) error {
	grades := map[detect.Grade]bool{}
	offset := int64(0)
	err := lines(name, func(line []byte) error {
		at := offset
		offset += int64(len(line))
		if bytes.HasPrefix(line, findingStart) {
			var f detected
			if err := json.Unmarshal(line, &f); err != nil {
				return err
			}
			if f.Finding == nil {
				return errDetected
			}
			grades[f.Finding.Grade] = true
			return nil
		}
		p, correlator, err := placeOf(line)
		if err != nil {
			return err
		}
		if d.count++; d.count <= maxObservations {
			p.offset, p.size, p.file = at, int32(len(line)), int32(len(d.files))
			d.seen[correlator] = append(d.seen[correlator], p)
		}
		return nil
	})
	d.files, d.grades = append(d.files, name), append(d.grades, grades)
	return err
}

// findings calls fn with the findings of a grade, in the order of the plan.
func (d *detection) findings(grade detect.Grade, fn func(detect.Finding) error) error {
	for i, name := range d.files {
		if !d.grades[i][grade] {
			continue
		}
		err := lines(name, func(line []byte) error {
			var f detected
			if !bytes.HasPrefix(line, findingStart) {
				return nil
			}
			if err := json.Unmarshal(line, &f); err != nil || f.Finding == nil || f.Finding.Grade != grade {
				return err
			}
			return fn(*f.Finding)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// maxHandles is how many files are open at once while observations are read.
const maxHandles = 64

// observations yields the observations of a correlator in order of time, those
// without a time first.
func (d *detection) observations(correlator string) iter.Seq2[detect.Observation, error] {
	return func(yield func(detect.Observation, error) bool) {
		open := map[int32]*os.File{}
		closeAll := func() {
			for _, f := range open {
				f.Close()
			}
			clear(open)
		}
		defer closeAll()
		var line []byte
		for _, p := range d.seen[correlator] {
			if open[p.file] == nil && len(open) == maxHandles {
				closeAll()
			}
			if open[p.file] == nil {
				f, err := os.Open(d.files[p.file])
				if err != nil {
					yield(detect.Observation{}, err)
					return
				}
				open[p.file] = f
			}
			line = slices.Grow(line[:0], int(p.size))[:p.size]
			_, err := open[p.file].ReadAt(line, p.offset)
			var o detect.Observation
			if err == nil || errors.Is(err, io.EOF) {
				o, err = readObservation(line)
			}
			if err != nil {
				err = fmt.Errorf("read %s: %w", filepath.Base(d.files[p.file]), err)
			}
			if !yield(o, err) {
				return
			}
		}
	}
}
