package casefile

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/vigie-project/vigie/record"
)

// indexEvery is how many entries of the timeline share one entry of its index.
const indexEvery = 512

// Entries go to the two files of the timeline in batches, so that both are
// written at the same time.
const (
	batchEntries = 1024
	maxBatches   = 4 // waiting for each file
)

// A timelineWriter writes timeline.jsonl and timeline.csv side by side.
type timelineWriter struct {
	jsonl, csv *file
	zones      map[string]*time.Location // of the clocks of the devices, by source
	batch      []Entry
	toJSON     chan []Entry
	toCSV      chan []Entry
	wg         sync.WaitGroup
	n          int64

	// Of the goroutine that writes timeline.jsonl.
	index   []byte // of the first of every indexEvery entries: key and offset
	offset  int64
	written int64
	errJSON error

	errCSV error // of the other goroutine
}

func (c *Case) newTimelineWriter(sources []string) (*timelineWriter, error) {
	zones, err := c.zones(sources)
	if err != nil {
		return nil, err
	}
	w := &timelineWriter{zones: zones, toJSON: make(chan []Entry, maxBatches), toCSV: make(chan []Entry, maxBatches)}
	if w.jsonl, err = c.create("timeline.jsonl"); err != nil {
		return nil, err
	}
	if w.csv, err = c.create("timeline.csv"); err != nil {
		w.jsonl.abort()
		return nil, err
	}
	w.wg.Go(w.writeJSON)
	w.wg.Go(w.writeCSV)
	return w, nil
}

// zones returns the zones that the devices of sources name.
func (c *Case) zones(sources []string) (map[string]*time.Location, error) {
	zones := map[string]*time.Location{}
	for _, id := range sources {
		var s Source
		if err := c.readJSON(&s, "sources", id+".json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		zones[id] = location(s.Device.Zone)
	}
	return zones, nil
}

// add takes the entry that a sorted file gives next.
func (w *timelineWriter) add(r *runReader) error {
	e, err := r.decode()
	if err != nil {
		return err
	}
	if e.Local && e.Quality == record.NoOffset {
		e.Zone = w.zones[e.Origin.Source]
	}
	w.n++
	w.batch = append(w.batch, e)
	if len(w.batch) == batchEntries {
		w.send()
	}
	return nil
}

func (w *timelineWriter) send() {
	b := slices.Clone(w.batch)
	w.toJSON <- b
	w.toCSV <- b
	w.batch = w.batch[:0]
}

// close completes both files, or gives them up after an error.
func (w *timelineWriter) close(err error) error {
	w.send()
	close(w.toJSON)
	close(w.toCSV)
	w.wg.Wait()
	if err = errors.Join(err, w.errJSON, w.errCSV); err != nil {
		w.jsonl.abort()
		w.csv.abort()
		return err
	}
	return errors.Join(w.jsonl.close(), w.csv.close())
}

func (w *timelineWriter) writeJSON() {
	var line []byte
	for batch := range w.toJSON {
		for i := range batch {
			e := &batch[i]
			if w.written%indexEvery == 0 {
				w.index = binary.BigEndian.AppendUint64(w.index, timelineKey(e.Time))
				w.index = binary.BigEndian.AppendUint64(w.index, uint64(w.offset))
			}
			w.written++
			line = e.appendJSON(line[:0])
			w.offset += int64(len(line))
			if _, err := w.jsonl.b.Write(line); err != nil && w.errJSON == nil {
				w.errJSON = err
			}
		}
	}
}

func (w *timelineWriter) writeCSV() {
	line := []byte(csvHeader)
	_, w.errCSV = w.csv.b.Write(line)
	for batch := range w.toCSV {
		for i := range batch {
			line = batch[i].appendCSV(line[:0])
			if _, err := w.csv.b.Write(line); err != nil && w.errCSV == nil {
				w.errCSV = err
			}
		}
	}
}
