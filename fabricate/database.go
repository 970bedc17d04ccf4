package fabricate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// A database is a SQLite database that is being made, in a temporary folder: it
// holds nothing that ever was on a phone.
type database struct {
	c    *sqlite3.Conn
	dir  string
	err  error
	stmt map[string]*sqlite3.Stmt
}

func newDatabase(schema string) *database {
	d := &database{stmt: map[string]*sqlite3.Stmt{}}
	if d.dir, d.err = os.MkdirTemp("", "fabricate"); d.err != nil {
		return d
	}
	if d.c, d.err = sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(d.dir, "x.db"))); d.err != nil {
		return d
	}
	d.exec("PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA secure_delete=off; PRAGMA page_size=4096;" + schema + "; BEGIN")
	return d
}

// exec runs SQL. After an error, everything does nothing until bytes.
func (d *database) exec(sql string) {
	if d.err == nil {
		d.err = d.c.Exec(sql)
	}
}

// insert adds a row.
func (d *database) insert(sql string, values ...any) {
	if d.err != nil {
		return
	}
	s := d.stmt[sql]
	if s == nil {
		if s, _, d.err = d.c.Prepare(sql); d.err != nil {
			d.err = fmt.Errorf("%s: %w", sql, d.err)
			return
		}
		d.stmt[sql] = s
	}
	for i, v := range values {
		var err error
		switch v := v.(type) {
		case nil:
			err = s.BindNull(i + 1)
		case int:
			err = s.BindInt64(i+1, int64(v))
		case int64:
			err = s.BindInt64(i+1, v)
		case float64:
			err = s.BindFloat(i+1, v)
		case string:
			err = s.BindText(i+1, v)
		case []byte:
			err = s.BindBlob(i+1, v)
		default:
			err = fmt.Errorf("a %T is no value of a database", v)
		}
		d.err = errors.Join(d.err, err)
	}
	if d.err == nil {
		d.err = s.Exec()
	}
}

// bytes ends the database and returns it.
func (d *database) bytes() ([]byte, error) {
	defer os.RemoveAll(d.dir)
	d.exec("COMMIT")
	for _, s := range d.stmt {
		s.Close()
	}
	if d.c != nil {
		d.err = errors.Join(d.err, d.c.Close())
	}
	if d.err != nil {
		return nil, fmt.Errorf("make database: %w", d.err)
	}
	return os.ReadFile(filepath.Join(d.dir, "x.db"))
}

// addDatabase adds a database to the phone.
func (p *phone) addDatabase(domain, path string, d *database) error {
	data, err := d.bytes()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	p.add(domain, path, data)
	return nil
}
