package casefile

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"time"
)

// maxOpen is how many sorted files are merged at once; more are merged in
// several passes.
const maxOpen = 256

type runHeap []*runReader

func (h runHeap) Len() int      { return len(h) }
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h runHeap) Less(i, j int) bool {
	if h[i].key != h[j].key {
		return h[i].key < h[j].key
	}
	return h[i].order < h[j].order
}
func (h *runHeap) Push(x any) { *h = append(*h, x.(*runReader)) }
func (h *runHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// merge calls fn with the entries of sorted files, in order. Equal instants
// stay in the order of the files.
func merge(names []string, fn func(*runReader) error) (err error) {
	var h runHeap
	defer func() {
		for _, r := range h {
			r.f.Close()
		}
	}()
	for i, name := range names {
		r, err := openRun(name, i)
		if err != nil {
			return err
		}
		ok, err := r.next()
		if !ok {
			r.f.Close()
			if err != nil {
				return err
			}
			continue
		}
		h = append(h, r)
	}
	heap.Init(&h)
	for len(h) > 0 {
		if err := fn(h[0]); err != nil {
			return err
		}
		ok, err := h[0].next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h).(*runReader).f.Close()
		}
	}
	return nil
}

// WriteTimeline merges the times of all jobs of the sources into
// timeline.jsonl and timeline.csv, and returns how many entries there are.
//
// If an earlier run wrote it, it stays as it is.
func (c *Case) WriteTimeline(sources []string) (int64, error) {
	if c.sorted() {
		return c.entries()
	}
	var names []string
	for _, id := range sources {
		list, err := folder(c.path("cache", "timeline", id))
		if err != nil {
			return 0, err
		}
		names = append(names, list...)
	}
	names, err := c.reduce(names)
	if err != nil {
		return 0, err
	}
	w, err := c.newTimelineWriter(sources)
	if err != nil {
		return 0, err
	}
	err = merge(names, w.add)
	if err := w.close(err); err != nil {
		return 0, err
	}
	if err := c.writeFile(w.index, "cache", "timeline.idx"); err != nil {
		return 0, err
	}
	return w.n, c.dropRuns()
}

// reduce merges groups of sorted files until they can all be open at once.
func (c *Case) reduce(names []string) ([]string, error) {
	for pass := 0; len(names) > maxOpen; pass++ {
		var merged []string
		for i := 0; i < len(names); i += maxOpen {
			group := names[i:min(i+maxOpen, len(names))]
			out, err := c.create("cache", "timeline", fmt.Sprintf("pass%d", pass), fmt.Sprintf("%06d", len(merged)))
			if err != nil {
				return nil, err
			}
			var known heads
			var b []byte
			err = merge(group, func(r *runReader) error {
				b = binary.AppendUvarint(known.append(b[:0], r.head), uint64(len(r.entry)))
				_, err := out.b.Write(append(b, r.entry...))
				return err
			})
			if err != nil {
				out.abort()
				return nil, err
			}
			if err := out.close(); err != nil {
				return nil, err
			}
			merged = append(merged, out.name)
		}
		names = merged
	}
	return names, nil
}

// A TimelineLine is one line of timeline.jsonl as it is read back.
type TimelineLine struct {
	Time     *time.Time `json:"time"`  // nil if the device clock has no zone
	Local    string     `json:"local"` // what the device clock showed
	Zone     string     `json:"assumed_zone"`
	Offset   string     `json:"offset"`  // from UTC of the device clock, as "+02:00", if other files record it
	Quality  string     `json:"quality"` // how that offset is known; see [record.Quality]
	Fields   string     `json:"fields"`
	Artifact string     `json:"artifact"`
	Summary  string     `json:"summary"`
	Origin   struct {
		Source string `json:"source"`
		Path   string `json:"path"`
		State  string `json:"state"`
	} `json:"origin"`
}

// Around returns up to limit entries of the timeline on each side of an
// instant, not further away than span, in order.
func (c *Case) Around(at time.Time, span time.Duration, limit int) ([]TimelineLine, error) {
	f, err := os.Open(c.path("timeline.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	from := at.Add(-span)
	if _, err := f.Seek(c.seek(from), io.SeekStart); err != nil {
		return nil, err
	}
	var before, after []TimelineLine
	r := bufio.NewReaderSize(f, bufferSize)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		var l TimelineLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, fmt.Errorf("read timeline.jsonl: %w", err)
		}
		if l.Time == nil || l.Time.Before(from) {
			continue
		}
		if l.Time.After(at.Add(span)) || len(after) == limit {
			break
		}
		if l.Time.Before(at) {
			before = append(before, l)
			if len(before) > limit {
				before = before[1:]
			}
		} else {
			after = append(after, l)
		}
	}
	return append(before, after...), nil
}

// seek returns an offset in timeline.jsonl before which all entries are
// earlier than at. Without its index, that is the start.
func (c *Case) seek(at time.Time) int64 {
	index, err := os.ReadFile(c.path("cache", "timeline.idx"))
	if err != nil {
		return 0
	}
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], timelineKey(at))
	n := sort.Search(len(index)/16, func(i int) bool { return bytes.Compare(index[16*i:16*i+8], key[:]) >= 0 })
	if n == 0 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(index[16*(n-1)+8:]))
}
