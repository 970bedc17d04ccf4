// Package feeds keeps files of indicators in a folder, with where each comes
// from, under which licence and with which digest, and updates them.
//
// [Store.Update] is the only code of Vigie that uses the network. Nothing calls
// it but the command of that name; everything else works on the files kept.
package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vigie-project/vigie/detect/indicator"
)

// catalogueName is the file that lists the feeds of a folder.
const catalogueName = "feeds.json"

// Limits of a folder of feeds.
const (
	maxCatalogue = 16 << 20 // bytes of feeds.json
	maxFeeds     = 10_000
	maxFeedFile  = 1 << 30 // bytes of a file that is added
)

// A Store is a folder of feeds.
type Store struct {
	dir string
	now func() time.Time
}

// An Entry says what is known of one kept feed.
type Entry struct {
	File      string    `json:"file"` // in the folder
	Name      string    `json:"name"`
	Source    string    `json:"source"`            // the list or index that named it, "" if added by hand
	URL       string    `json:"url,omitempty"`     // it was fetched from, or "" if added by hand
	Licence   string    `json:"licence,omitempty"` // SPDX identifier or words; "" if not stated
	Publisher string    `json:"publisher,omitempty"`
	Retrieved time.Time `json:"retrieved"` // when its content was last fetched or confirmed, UTC
	SHA256    string    `json:"sha256"`    // of the file, in hexadecimal
	Bytes     int64     `json:"bytes"`     // size of the file
	Format    string    `json:"format,omitempty"`
	Accepted  int       `json:"accepted"` // indicators in use
	Refused   int       `json:"refused"`  // indicators that cannot be used

	// ETag and LastModified are what the server said, and is told when the feed
	// is fetched again.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// DefaultDir returns the folder of feeds of the user: vigie/indicators in the
// folder for settings of the system.
func DefaultDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find folder of indicators: %w", err)
	}
	return filepath.Join(dir, "vigie", "indicators"), nil
}

// Open returns the store in a folder, which need not exist yet.
func Open(dir string) *Store {
	return &Store{dir: dir, now: func() time.Time { return time.Now().UTC().Truncate(time.Second) }}
}

// Dir returns the folder.
func (s *Store) Dir() string { return s.dir }

// List returns what is known of the kept feeds, sorted by name. A folder that
// does not exist holds none.
func (s *Store) List() ([]Entry, error) {
	f, err := os.Open(filepath.Join(s.dir, catalogueName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list feeds: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCatalogue+1))
	if err != nil || len(data) > maxCatalogue {
		return nil, fmt.Errorf("list feeds: %s cannot be read or is too long: %w", catalogueName, errors.Join(err))
	}
	var c struct {
		Feeds []Entry `json:"feeds"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("list feeds: read %s: %w", catalogueName, err)
	}
	for _, e := range c.Feeds {
		if !filepath.IsLocal(e.File) || filepath.Base(e.File) != e.File {
			return nil, fmt.Errorf("list feeds: %q is no name of a file", e.File)
		}
	}
	slices.SortFunc(c.Feeds, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return c.Feeds, nil
}

// save writes the list of feeds.
func (s *Store) save(entries []Entry) error {
	if len(entries) > maxFeeds {
		return fmt.Errorf("keep feeds: more than %d", maxFeeds)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(struct {
		Feeds []Entry `json:"feeds"`
	}{entries}, "", "  ")
	if err != nil {
		return fmt.Errorf("keep feeds: %w", err)
	}
	return s.replace(catalogueName, bytes.NewReader(append(data, '\n')), false)
}

// replace writes a file of the folder in one step: others see the old content
// or the new one. The old one is kept beside it, as "name.previous", if asked.
func (s *Store) replace(name string, r io.Reader, keep bool) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(s.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = io.Copy(tmp, r)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	to := filepath.Join(s.dir, name)
	if keep {
		if err := copyFile(to, to+".previous"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), to)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Check loads a file of indicators without keeping it, and returns the report.
func Check(name string) (*indicator.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("check indicators: %w", err)
	}
	defer f.Close()
	_, r, err := indicator.Load(name, f, indicator.Meta{})
	return r, err
}

// Add keeps a file, or every file below a folder, under a licence. Files of a
// folder without indicators are passed over; their reports say why, and are
// among the reports returned. A file of the same name is replaced.
func (s *Store) Add(name, licence string) (reports []*indicator.Report, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("add indicators: %w", err)
	}
	entries, err := s.List()
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		r, err := s.addFile(&entries, name, filepath.Base(name), licence)
		if err != nil {
			return nil, err
		}
		return []*indicator.Report{r}, s.save(entries)
	}
	kept := 0
	err = filepath.WalkDir(name, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, _ := filepath.Rel(name, file)
		r, err := s.addFile(&entries, file, strings.ReplaceAll(filepath.ToSlash(rel), "/", "_"), licence)
		if r != nil {
			reports = append(reports, r)
		}
		if err == nil {
			kept++
		}
		return nil
	})
	if err == nil && kept == 0 {
		err = errors.New("no file holds indicators")
	}
	if err != nil {
		return reports, fmt.Errorf("add indicators %s: %w", name, err)
	}
	return reports, s.save(entries)
}

func (s *Store) addFile(entries *[]Entry, from, name, licence string) (*indicator.Report, error) {
	f, err := os.Open(from)
	if err != nil {
		return nil, fmt.Errorf("add indicators: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFeedFile+1))
	if err == nil && len(data) > maxFeedFile {
		err = fmt.Errorf("more than %d bytes", maxFeedFile)
	}
	if err != nil {
		return nil, fmt.Errorf("add indicators: %w", err)
	}
	e := Entry{Name: name, Licence: licence}
	r, err := s.keep(entries, e, data)
	return r, err
}

// keep checks the content of a feed and replaces what is kept under its name.
func (s *Store) keep(entries *[]Entry, e Entry, data []byte) (*indicator.Report, error) {
	e.File = fileName(e.Name)
	if base := path.Base(e.URL); e.URL != "" && !strings.HasSuffix(e.Name, base) {
		e.File = fileName(e.Name + "_" + base) // lists are read by their name
	}
	_, r, err := indicator.Load(e.File, bytes.NewReader(data), indicator.Meta{Name: e.Name})
	if err == nil && r.Accepted == 0 {
		err = fmt.Errorf("add indicators %s: it holds none that can be used", e.Name)
	}
	if err != nil {
		return r, err
	}
	sum := sha256.Sum256(data)
	e.Retrieved, e.SHA256 = s.now(), hex.EncodeToString(sum[:])
	e.Bytes, e.Format, e.Accepted, e.Refused = int64(len(data)), r.Format, r.Accepted, r.Total(indicator.Refused)
	if err := s.replace(e.File, bytes.NewReader(data), true); err != nil {
		return r, fmt.Errorf("keep feed %s: %w", e.Name, err)
	}
	*entries = append(slices.DeleteFunc(*entries, func(o Entry) bool { return o.Name == e.Name || o.File == e.File }), e)
	return r, nil
}

// fileName makes a name that every file system can hold. Its extension stays,
// because lists are read by it.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_', r == '+':
			return r
		}
		return '_'
	}, name)
	name = strings.TrimLeft(name, ".")
	if len(name) > 150 {
		sum := sha256.Sum256([]byte(name))
		name = hex.EncodeToString(sum[:6]) + name[len(name)-130:]
	}
	if name == "" || strings.EqualFold(name, catalogueName) {
		name = "_" + name
	}
	return name
}

// Remove deletes a kept feed and what was kept of its past.
func (s *Store) Remove(name string) error {
	entries, err := s.List()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return fmt.Errorf("remove feed %q: not kept", name)
	}
	file := filepath.Join(s.dir, entries[i].File)
	if err := s.save(slices.Delete(entries, i, i+1)); err != nil {
		return err
	}
	os.Remove(file + ".previous")
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove feed %q: %w", name, err)
	}
	return nil
}

// Load loads all kept feeds, sorted by name. A file that is missing, damaged or
// not what was fetched is an error, and does not keep the others from loading.
func (s *Store) Load() (list []*indicator.Feed, reports []*indicator.Report, err error) {
	entries, err := s.List()
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, e := range entries {
		f, r, err := s.loadEntry(e)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list, reports = append(list, f), append(reports, r)
	}
	return list, reports, errors.Join(errs...)
}

func (s *Store) loadEntry(e Entry) (*indicator.Feed, *indicator.Report, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("load feed %s: %w", e.Name, err)
	}
	defer root.Close()
	file, err := root.Open(e.File)
	if err != nil {
		return nil, nil, fmt.Errorf("load feed %s: %w", e.Name, err)
	}
	defer file.Close()
	f, r, err := indicator.Load(e.File, file, indicator.Meta{Name: e.Name, URL: e.URL, Licence: e.Licence,
		Publisher: e.Publisher, Retrieved: e.Retrieved})
	if err == nil && r.SHA256 != e.SHA256 {
		err = fmt.Errorf("load feed %s: its digest is %s, not %s as fetched", e.Name, r.SHA256, e.SHA256)
	}
	return f, r, err
}
