package sqlite

import (
	"fmt"
	"iter"
)

// Limits of recovery.
const (
	maxImages   = 1 << 22 // pages that are looked through besides the live ones
	maxDropped  = 1 << 12 // dropped tables
	maxOrphan   = 256     // columns of a record that suits no table
	minOverflow = 1 << 28 // bytes of overflow pages that are read in any case
)

// findings is what recovery knows of the whole database. It is computed when All
// is first asked for.
type findings struct {
	tables   []*Table // the schema table, those of the schema, dropped ones
	shapes   []*shape
	dropped  map[string]*Table // by name in lower case
	owners   ownerMap
	own      [][]image // live pages of each table that hold more than its rows
	other    [][]image // other images assigned to each table
	assumed  map[place]bool
	orphans  []image // images with records that suit no table
	overflow int64   // bytes of overflow pages that may still be read
	widest   int     // values of the longest record looked for
	wiped    int     // of the free blocks and pages, those that hold only zeros
	free     int     // free blocks and pages
	scratch  scratch
}

// find computes the findings.
func (db *DB) find() *findings {
	if db.found != nil {
		return db.found
	}
	f := &findings{dropped: map[string]*Table{}, assumed: map[place]bool{}, owners: ownerMap{}}
	db.found = f
	if db.byName["sqlite_schema"] == nil {
		return f // an empty file
	}
	f.overflow = db.budget()
	f.add(db, db.byName["sqlite_schema"])
	for _, t := range db.tables {
		f.add(db, t)
	}
	db.pager.scan(func() { db.findOwners(f) })
	past := db.pastImages()
	for i := range past {
		if past[i].owner = f.owners.get(past[i].n); past[i].n == 1 {
			past[i].owner = ownTable // the schema, also where no live one is left
		}
	}
	db.findDropped(past)
	for _, img := range past {
		db.assign(img)
	}
	free := db.freeImages(f.owners)
	if len(free) == maxImages {
		db.problem(fmt.Errorf("look for deleted rows: more than %d free pages", maxImages))
	}
	for _, img := range free {
		if b, err := img.read(); err == nil && img.owner == ownFree {
			f.free++
			f.wiped += choose(blank(b), 1, 0)
		}
		db.assign(img)
	}
	return f
}

// budget returns how many bytes of overflow pages one pass of recovery may read.
// Honest files need far less; the chains of others could be read again and again.
func (db *DB) budget() int64 {
	n := int64(minOverflow)
	for _, size := range db.pager.sizes {
		n += 4 * size
	}
	return n
}

// add adds a table.
func (f *findings) add(db *DB, t *Table) {
	f.tables, f.shapes = append(f.tables, t), append(f.shapes, db.learn(t))
	f.widest = max(f.widest, t.stored, maxOrphan)
	f.own, f.other = append(f.own, nil), append(f.other, nil)
}

// read reads the page of an image.
func (img *image) read() ([]byte, error) { return img.v.pager.at(img.at) }

// carve looks through an image for rows of table i, or of the table that the
// caller's suits finds if i is negative.
func (db *DB) carve(img *image, i int, live bool, suits func(c *carver, fields []field, strict bool) (int, bool), emit func(Row, int) bool) bool {
	b, err := img.read()
	if err != nil {
		return true // reading the live rows reports it, or nothing needs it
	}
	c := carver{db: db, img: img, emit: emit, scratch: &db.found.scratch}
	if c.busy {
		c.scratch = new(scratch) // iterations are nested
	}
	c.busy = true
	defer func() { c.busy = false }()
	if i >= 0 {
		c.shape = db.found.shapes[i]
		c.suits = func(fields []field, strict bool) (int, bool) {
			if c.index != c.shape.t.WithoutRowid {
				return 0, false
			}
			return c.shape.fit(fields, strict)
		}
	} else {
		c.suits = func(fields []field, strict bool) (int, bool) { return suits(&c, fields, strict) }
	}
	return c.run(b, live)
}

// assign gives an image to the table that its records suit best. The table that
// owns the page today is taken if it is nearly as good.
func (db *DB) assign(img image) {
	f := db.found
	if img.owner == ownOther {
		return
	}
	votes, records := db.vote(&img)
	best := -1
	for i, n := range votes {
		if n > 0 && (best < 0 || n > votes[best] || n == votes[best] && f.tables[i].former == img.n) {
			best = i
		}
	}
	i := int(img.owner) - int(ownTable)
	switch {
	case i >= 0 && i < len(votes) && (records == 0 || best >= 0 && votes[i]*10 >= votes[best]*9):
		f.other[i] = append(f.other[i], img)
	case best >= 0:
		f.assumed[img.at] = true
		f.other[best] = append(f.other[best], img)
	case records > 0:
		f.orphans = append(f.orphans, img)
	}
}

// maxVoters bounds the records that are looked at to find the table of a page.
const maxVoters = 4096

// vote returns how well the records of an image suit each table, and how many
// there are.
func (db *DB) vote(img *image) (votes []int, records int) {
	f := db.found
	votes = make([]int, len(f.tables))
	ballot := make([]int, len(f.tables)) // of the last record
	suits := func(c *carver, fields []field, strict bool) (int, bool) {
		for i, s := range f.shapes {
			ballot[i] = 0
			if c.index == s.t.WithoutRowid && !s.t.Virtual {
				if score, ok := s.fit(fields, true); ok {
					ballot[i] = score + 1
				}
			}
		}
		return 0, true
	}
	db.carve(img, -1, false, suits, func(Row, int) bool {
		records++
		for i, n := range ballot {
			votes[i] += n
		}
		return records < maxVoters
	})
	return votes, records
}

// findDropped looks for the statements of tables that exist no more, in the free
// space of the schema table and in its earlier versions.
func (db *DB) findDropped(past []image) {
	f := db.found
	emit := func(row Row, _ int) bool {
		row.t = f.tables[0]
		name := row.Text("name")
		if row.Text("type") != "table" || row.Partial || name == "" {
			return true
		}
		if db.byName[lowerASCII(name)] != nil || f.dropped[lowerASCII(name)] != nil {
			return true
		}
		t, err := parseTable(row.Text("sql"))
		if err != nil || t.Virtual {
			return true
		}
		t.Name, t.Dropped = name, true
		if root := row.Int("rootpage"); root > 0 && root <= maxPages {
			t.former = uint32(root)
		}
		f.dropped[lowerASCII(name)] = t
		f.add(db, t)
		return len(f.tables) < len(db.tables)+maxDropped
	}
	for _, img := range f.own[0] {
		if !db.carve(&img, 0, true, nil, emit) {
			return
		}
	}
	for _, img := range past {
		if img.owner == ownTable && !db.carve(&img, 0, false, nil, emit) {
			return
		}
	}
}

// Dropped returns the tables that exist no more but whose statement was found in
// free space or in an earlier version of the schema. [DB.All] gives what is left
// of their rows.
func (db *DB) Dropped() []Table {
	var out []Table
	for _, t := range db.find().tables {
		if t.Dropped {
			out = append(out, *t)
		}
	}
	return out
}

// Orphans returns the records in free, unreachable and earlier pages that suit no
// table, be it known or dropped: often those of a dropped table whose statement
// is overwritten, or of an index. Columns are named c0, c1 and so on, the name of
// the table is "". Entries of an index have no rowid.
func (db *DB) Orphans() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f := db.find()
		f.overflow = db.budget()
		t := unparsed("", "", maxOrphan)
		suits := func(_ *carver, fields []field, _ bool) (int, bool) { return 0, len(fields) <= maxOrphan }
		for _, img := range f.orphans {
			if !db.carve(&img, -1, false, suits, func(row Row, _ int) bool {
				row.t, row.Assumed = t, true
				return yield(row, nil)
			}) {
				return
			}
		}
	}
}
