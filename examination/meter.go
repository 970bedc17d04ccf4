package examination

import (
	"sync"

	"github.com/vigie-project/vigie/engine"
)

// A meter adds up the progress of jobs.
type meter struct {
	report func(Progress)
	total  int64

	mu      sync.Mutex
	done    int64
	records int64
}

func (m *meter) event(e engine.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := Progress{Phase: Reading, Current: e.Job.Parser.ID, Total: m.total}
	if e.Done {
		m.done += e.Job.Bytes()
		m.records += int64(e.Records)
	}
	p.Done, p.Records = m.done, m.records
	m.report(p)
}
