package indicator

import (
	"strings"

	"github.com/vigie-project/vigie/detect/indicator/links"
)

func (m *matcher) app(s string, h how) {
	m.word(App, h, s, s)
	m.word(Process, appNamed, s, s)
}

// path looks up a path, the folders it is in, its last name, and each of its
// names among processes.
func (m *matcher) path(p string) {
	if untidy(p) {
		p = pathKey(p)
	}
	x := m.x
	paths, names := x.has(Path), x.has(Process) || x.has(FileName) || x.has(PathEnd)
	if !paths && !names && !x.has(Domain) {
		return
	}
	head, tail := alias(p)
	h := x.seed
	for i := range len(head) {
		h = step(h, head[i])
	}
	word, start, parts := x.seed, 0, 0
	for i := range len(tail) {
		c := tail[i]
		if c == '/' {
			if i > start && parts < maxParts {
				if tail[start] == 'h' && tail[i-1]-'0' <= 9 {
					m.origin(tail[start:i])
				}
				if names {
					m.hit(x.find(finish(word), Process, tail[start:i], ""), inPath, tail[start:i])
				}
				if parts > 0 && paths {
					f := finish(h)
					m.hit(x.find(f, Path, head, tail[:i]), belowPath, p)
					paths = x.maybe(f)
				}
			}
			parts++
			word, start = x.seed, i+1
		} else {
			word = step(word, c)
		}
		h = step(h, c)
	}
	name := tail[start:]
	if cut := strings.Index(name, ".localstorage"); cut > 0 && name[0] == 'h' {
		m.origin(name[:cut])
	}
	if paths {
		m.hit(x.find(finish(h), Path, head, tail), samePath, p)
	}
	if names && name != "" {
		m.hit(x.find(finish(word), Process, name, ""), inPath, name)
		m.hit(x.find(finish(word), FileName, name, ""), sameName, name)
		m.hit(x.find(finish(word), PathEnd, name, ""), endOfPath, p)
	}
}

// origin looks up the host in the name of a folder that a browser keeps the data
// of a site in: "https_evil.example_0".
func (m *matcher) origin(name string) {
	rest, ok := strings.CutPrefix(name, "https_")
	if !ok {
		rest, ok = strings.CutPrefix(name, "http_")
	}
	if i := strings.LastIndexByte(rest, '_'); ok && i > 0 {
		if host, ok := links.ASCII(rest[:i]); ok {
			m.host(host, sameHost, subdomain)
		}
	}
}

// process looks up the name of a process, or its path, or both halves of
// "process/bundle".
func (m *matcher) process(s string) {
	name, bundle := halves(s)
	m.processName(name)
	if bundle != "" {
		m.processName(bundle)
		m.app(bundle, sameApp)
		return
	}
	if len(name) != len(s) {
		before := len(m.hits)
		m.path(s)
		m.dropNames(before, name)
		return
	}
	if i := strings.IndexByte(name, ':'); i > 0 { // a service of an Android app
		name = name[:i]
	}
	m.word(App, appOfProcess, name, name)
}

// dropNames forgets that a path holds the name of the process itself, which
// was compared better.
func (m *matcher) dropNames(from int, name string) {
	kept := m.hits[:from]
	for _, h := range m.hits[from:] {
		if h.how != inPath || h.observed != name {
			kept = append(kept, h)
		}
	}
	m.hits = kept
}

// processName compares a name as it is, as the cut form of a longer indicator,
// and as the long form of an indicator that was itself published cut.
func (m *matcher) processName(name string) {
	if !m.x.has(Process) || name == "" || m.word(Process, sameProcess, name, name) {
		return
	}
	for _, n := range truncations {
		if n == 15 && !m.linux || n == 16 && !m.ios {
			continue
		}
		if len(name) == n && m.word(truncated, cutProcess, name, name) {
			return
		}
		if len(name) > n && m.word(Process, cutProcess, name[:n], name) {
			return
		}
	}
}
