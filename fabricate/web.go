package fabricate

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// safari fills History.db and the cookies.
func (p *phone) safari() error {
	d := newDatabase(`
CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, domain_expansion TEXT NULL, visit_count INTEGER NOT NULL, daily_visit_counts BLOB NOT NULL, weekly_visit_counts BLOB NULL, autocomplete_triggers BLOB NULL, should_recompute_derived_visit_counts INTEGER NOT NULL, visit_count_score INTEGER NOT NULL, status_code INTEGER NOT NULL DEFAULT 0);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT, history_item INTEGER NOT NULL, visit_time REAL NOT NULL, title TEXT NULL, load_successful BOOLEAN NOT NULL DEFAULT 1, http_non_get BOOLEAN NOT NULL DEFAULT 0, synthesized BOOLEAN NOT NULL DEFAULT 0, redirect_source INTEGER NULL UNIQUE, redirect_destination INTEGER NULL UNIQUE, origin INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0, attributes INTEGER NOT NULL DEFAULT 0, score INTEGER NOT NULL DEFAULT 0);
CREATE TABLE history_tombstones (id INTEGER PRIMARY KEY AUTOINCREMENT, start_time REAL NOT NULL, end_time REAL NOT NULL, url TEXT, generation INTEGER NOT NULL DEFAULT 0)`)
	items, visits := map[string]int{}, 0
	add := func(at float64, url, title string, source, destination any) {
		id, ok := items[url]
		if !ok {
			id = len(items) + 1
			items[url] = id
			d.insert("INSERT INTO history_items (url, visit_count, daily_visit_counts, should_recompute_derived_visit_counts, visit_count_score) VALUES (?,1,x'',0,100)", url)
		}
		visits++
		d.insert("INSERT INTO history_visits (history_item, visit_time, title, redirect_source, redirect_destination) VALUES (?,?,?,?,?)", id, at, title, source, destination)
	}
	pages := []struct{ url, title string }{
		{"https://www.example.org/", "Example"}, {"https://weather.example.net/paris/tomorrow", "Weather"}, {"https://www.example.org/agenda?week=12", "Agenda"},
		{"https://news.example.com/world", "World news"}, {"https://mail.example.com/inbox", "Inbox"}, {"https://video.example.net/watch?v=3", "Video"},
	}
	for i := range 150 {
		page := pages[p.rnd.IntN(len(pages))]
		add(float64(cocoa(p.ago(time.Duration(150-i)*17*time.Hour)))+float64(p.rnd.IntN(1000))/1000, page.url, page.title, nil, nil)
	}
	jar := cookies{}
	jar.add(".example.org", "session", p.ago(500*time.Hour), p.now.Add(1000*time.Hour))
	jar.add("weather.example.net", "place", p.ago(300*time.Hour), p.now.Add(1000*time.Hour))
	if p.opt.Benign {
		// Plain HTTP sites that redirect to themselves within a second.
		at := float64(cocoa(p.ago(700 * time.Hour)))
		add(at+0.1, "http://www.example.org/old", "", nil, visits+2)
		add(at+0.3, "https://www.example.org/", "Example", visits, nil)
		p.trap(Trap{ID: "redirect-same-site", What: "a redirect to the same site within a second", Contains: "http://www.example.org/old", Grade: detect.Context})
	} else {
		at := p.ago(90*24*time.Hour - 2*time.Minute)
		t := float64(cocoa(at))
		add(t+0.125, "http://news.example.com/article/7", "", nil, visits+2)
		add(t+0.625, "https://free247."+spyDomain+":30827/zHkq2F", "", visits, nil)
		p.trace(Trace{ID: "safari-injection", What: "a plain page that leads to a published domain within the same second", Artifact: "ios.safarihistory",
			Contains: "free247." + spyDomain, Grade: detect.Strong, Finder: "indicator", Planted: at})
		jar.add(".free247."+spyDomain, "uid", at.Add(time.Second), p.now.Add(1000*time.Hour))
		p.trace(Trace{ID: "cookie", What: "a cookie of a published domain", Artifact: "ios.cookies", Contains: "free247." + spyDomain,
			Grade: detect.Strong, Finder: "indicator", Planted: at.Add(time.Second)})
	}
	p.add("HomeDomain", "Library/Cookies/Cookies.binarycookies", jar.bytes())
	return p.addDatabase("HomeDomain", "Library/Safari/History.db", d)
}

// cookies is a jar of cookies with one page.
type cookies struct{ records [][]byte }

// add adds a cookie of a host.
func (c *cookies) add(host, name string, made, expires time.Time) {
	const head = 56
	texts := []string{host, name, "/", "1"}
	b := make([]byte, head)
	at := head
	for i, s := range texts {
		binary.LittleEndian.PutUint32(b[16+4*i:], uint32(at))
		at += len(s) + 1
	}
	binary.LittleEndian.PutUint32(b, uint32(at))
	binary.LittleEndian.PutUint64(b[40:], math.Float64bits(float64(cocoa(expires))))
	binary.LittleEndian.PutUint64(b[48:], math.Float64bits(float64(cocoa(made))))
	for _, s := range texts {
		b = append(append(b, s...), 0)
	}
	c.records = append(c.records, b)
}

// bytes returns the file.
func (c *cookies) bytes() []byte {
	page := []byte{0, 0, 1, 0}
	page = binary.LittleEndian.AppendUint32(page, uint32(len(c.records)))
	at := len(page) + 4*len(c.records) + 4
	for _, r := range c.records {
		page = binary.LittleEndian.AppendUint32(page, uint32(at))
		at += len(r)
	}
	page = append(page, 0, 0, 0, 0)
	for _, r := range c.records {
		page = append(page, r...)
	}
	b := binary.BigEndian.AppendUint32([]byte("cook"), 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(page)))
	b = append(b, page...)
	sum := uint32(0)
	for i := 0; i < len(page); i += 4 {
		sum += uint32(page[i])
	}
	b = binary.BigEndian.AppendUint32(b, sum)
	return append(b, 0x07, 0x17, 0x20, 0x05, 0, 0, 0, 0x4b)
}
