package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/vigie-project/vigie/examination"
)

// How often progress is shown.
const (
	screenEvery  = 150 * time.Millisecond
	machineEvery = time.Second
)

// A progress shows how far an examination is: as a line that is rewritten on a
// terminal, as JSON lines for machines, and not at all elsewhere.
type progress struct {
	t     *terminal
	json  bool
	live  bool
	width int

	mu    sync.Mutex
	last  time.Time // of the last line shown
	phase examination.Phase
	begun time.Time // of the phase
	shown bool
}

func newProgress(t *terminal, json bool) *progress {
	p := &progress{t: t, json: json}
	if fd, ok := interactive(t.err); ok && !json {
		p.live = true
		if p.width, _, _ = term.GetSize(fd); p.width <= 0 {
			p.width = 80
		}
	}
	return p
}

// report implements [examination.Options.Progress].
func (p *progress) report(e examination.Progress) {
	if !p.live && !p.json {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if e.Phase != p.phase {
		p.phase, p.begun, p.last = e.Phase, now, time.Time{}
	}
	every := screenEvery
	if p.json {
		every = machineEvery
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	if p.json {
		p.t.json(map[string]any{
			"event": "progress", "phase": e.Phase, "current": e.Current, "done": e.Done, "total": e.Total, "records": e.Records,
		})
		return
	}
	p.line(oneLine(p.describe(e, now.Sub(p.begun))))
}

// describe says phase, share done, rate and time left.
func (p *progress) describe(e examination.Progress, elapsed time.Duration) string {
	parts := []string{p.t.text("phase-" + string(e.Phase))}
	if e.Total > 0 {
		parts = append(parts, fmt.Sprintf("%3d %%", min(100, 100*e.Done/e.Total)))
	}
	if secs := elapsed.Seconds(); e.Done > 0 && secs > 0.5 {
		parts = append(parts, fmt.Sprintf("%.0f MB/s", float64(e.Done)/secs/1e6))
		if e.Total > e.Done {
			left := time.Duration(float64(elapsed) * float64(e.Total-e.Done) / float64(e.Done))
			parts = append(parts, p.t.text("progress-left", "Time", left.Round(time.Second).String()))
		}
	}
	if e.Records > 0 {
		parts = append(parts, p.t.text("progress-records", "Count", int(e.Records)))
	}
	if e.Current != "" {
		parts = append(parts, e.Current)
	}
	return strings.Join(parts, " · ")
}

// line rewrites the line of progress.
func (p *progress) line(s string) {
	s = printable(s)
	for utf8.RuneCountInString(s) >= p.width {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	fmt.Fprintf(p.t.err, "\r\x1b[K%s", s)
	p.shown = true
}

// end takes the line of progress away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.t.err, "\r\x1b[K")
		p.shown = false
	}
}
