package feeds

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vigie-project/vigie/detect/indicator"
)

// Limits of an update.
const (
	maxIndex     = 4 << 20   // bytes of an index
	maxDownload  = 256 << 20 // bytes of a feed
	maxIndexed   = 1000      // feeds that an index names
	maxRedirects = 5
	feedTimeout  = 5 * time.Minute
)

//go:embed known.yaml
var knownYAML []byte

// A Source is a public source of indicators: one file, or an index of files.
type Source struct {
	Name     string `yaml:"name"`
	URL      string `yaml:"url"`      // of a file of indicators
	Index    string `yaml:"index"`    // of a list of files
	Optional bool   `yaml:"optional"` // fetched only when named

	Licence   string `yaml:"licence"`
	Publisher string `yaml:"publisher"`
}

// A repository says under which licence the files of a repository are.
type repository struct {
	Repository string `yaml:"repository"` // owner/name
	Licence    string `yaml:"licence"`
	Publisher  string `yaml:"publisher"`
}

type known struct {
	Repositories []repository `yaml:"repositories"`
	Sources      []Source     `yaml:"sources"`
}

// Known returns the public sources that this version of Vigie knows, with their
// licences.
func Known() ([]Source, error) {
	k, err := parseKnown(knownYAML)
	return k.Sources, err
}

func parseKnown(data []byte) (k known, err error) {
	if err := yaml.Unmarshal(data, &k); err != nil {
		return k, fmt.Errorf("read known sources: %w", err)
	}
	for i := range k.Sources {
		k.licence(&k.Sources[i])
	}
	return k, nil
}

// licence fills in what is known of the repository of a source.
func (k *known) licence(s *Source) {
	for _, r := range k.Repositories {
		if strings.Contains(s.URL+s.Index, "/"+r.Repository+"/") {
			if s.Licence == "" {
				s.Licence = r.Licence
			}
			if s.Publisher == "" {
				s.Publisher = r.Publisher
			}
		}
	}
}

// An Outcome says what an update did with a feed.
type Outcome string

// The outcomes of an update.
const (
	New       Outcome = "new"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Failed    Outcome = "failed" // what was kept before is kept
	Gone      Outcome = "gone"   // no longer named by its index; still kept
)

// A Change is what an update did with one feed.
type Change struct {
	Name    string
	URL     string
	Outcome Outcome
	Report  *indicator.Report // of a new or changed feed, and of one that failed to load
	Err     error             // of a failed one
}

// An Updater fetches feeds into a store.
type Updater struct {
	Client  *http.Client // nil for one with the settings of the system
	Sources []Source     // nil for those of [Known]
	Names   []string     // of the sources to fetch, optional ones too; nil for all that are not optional
}

// Update fetches the sources. Only https is used, redirections included. A feed
// is replaced in one step when the new file was read whole and holds indicators;
// the previous one stays beside it. The error is that of the store or the
// context; failures of single feeds are in their changes.
func (s *Store) Update(ctx context.Context, u Updater) (changes []Change, err error) {
	k, err := parseKnown(knownYAML)
	if err != nil {
		return nil, err
	}
	if u.Sources != nil {
		k.Sources = u.Sources
	}
	entries, err := s.List()
	if err != nil {
		return nil, err
	}
	client := secure(u.Client)
	named := map[string]bool{}
	for _, src := range k.Sources {
		if u.Names != nil && !slices.Contains(u.Names, src.Name) || u.Names == nil && src.Optional {
			continue
		}
		files := []Source{src}
		if src.Index != "" {
			if files, err = k.index(ctx, client, src); err != nil {
				changes = append(changes, Change{Name: src.Name, URL: src.Index, Outcome: Failed, Err: err})
				continue
			}
		}
		for _, f := range files {
			if named[f.URL] {
				continue
			}
			named[f.URL] = true
			changes = append(changes, s.fetch(ctx, client, &entries, f, src.Name))
			if ctx.Err() != nil {
				return changes, errors.Join(ctx.Err(), s.save(entries))
			}
		}
		if src.Index != "" {
			for _, e := range entries {
				if e.Source == src.Name && !named[e.URL] {
					changes = append(changes, Change{Name: e.Name, URL: e.URL, Outcome: Gone})
				}
			}
		}
	}
	return changes, s.save(entries)
}

// secure returns a client that goes nowhere but by https.
func secure(c *http.Client) *http.Client {
	out := http.Client{Timeout: feedTimeout}
	if c != nil {
		out.Transport, out.Timeout = c.Transport, c.Timeout
		if out.Timeout == 0 {
			out.Timeout = feedTimeout
		}
	}
	out.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("more than %d redirections", maxRedirects)
		}
		return overHTTPS(r.URL)
	}
	return &out
}

func overHTTPS(u *url.URL) error {
	if u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("%s is no https address", u.Redacted())
	}
	return nil
}

// get fetches an address; unchanged says that what the caller has is still so.
func get(ctx context.Context, client *http.Client, address string, limit int64, have Entry) (data []byte, h http.Header, unchanged bool, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, false, fmt.Errorf("fetch: %w", err)
	}
	if err := overHTTPS(u); err != nil {
		return nil, nil, false, fmt.Errorf("fetch: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, false, fmt.Errorf("fetch: %w", err)
	}
	req.Header.Set("User-Agent", "vigie")
	if have.ETag != "" {
		req.Header.Set("If-None-Match", have.ETag)
	}
	if have.LastModified != "" {
		req.Header.Set("If-Modified-Since", have.LastModified)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, false, fmt.Errorf("fetch: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotModified:
		return nil, resp.Header, true, nil
	case http.StatusOK:
	default:
		return nil, nil, false, fmt.Errorf("fetch %s: %s", address, resp.Status)
	}
	if data, err = io.ReadAll(io.LimitReader(resp.Body, limit+1)); err != nil {
		return nil, nil, false, fmt.Errorf("fetch %s: %w", address, err)
	}
	if int64(len(data)) > limit {
		return nil, nil, false, fmt.Errorf("fetch %s: more than %d bytes", address, limit)
	}
	return data, resp.Header, false, nil
}

// fetch updates one feed.
func (s *Store) fetch(ctx context.Context, client *http.Client, entries *[]Entry, f Source, source string) Change {
	c := Change{Name: f.Name, URL: f.URL, Outcome: New}
	var have Entry
	i := slices.IndexFunc(*entries, func(e Entry) bool { return e.URL == f.URL })
	if i >= 0 {
		have = (*entries)[i]
		c.Name, c.Outcome = have.Name, Changed
		if _, _, err := s.loadEntry(have); err != nil { // damaged: fetch it whole
			have.ETag, have.LastModified, have.SHA256 = "", "", ""
		}
	}
	data, h, unchanged, err := get(ctx, client, f.URL, maxDownload, have)
	if err != nil {
		c.Outcome, c.Err = Failed, err
		return c
	}
	if unchanged {
		(*entries)[i].Retrieved = s.now()
		c.Outcome = Unchanged
		return c
	}
	e := Entry{Name: c.Name, Source: source, URL: f.URL, Licence: f.Licence, Publisher: f.Publisher,
		ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified")}
	if c.Report, err = s.keep(entries, e, data); err != nil {
		c.Outcome, c.Err = Failed, err
		return c
	}
	if c.Report.SHA256 == have.SHA256 {
		c.Outcome = Unchanged
	}
	return c
}

// index fetches an index of files and returns them as sources.
func (k *known) index(ctx context.Context, client *http.Client, src Source) (files []Source, err error) {
	data, _, _, err := get(ctx, client, src.Index, maxIndex, Entry{})
	if err != nil {
		return nil, err
	}
	var index struct {
		Indicators []struct {
			Name        string   `yaml:"name"`
			Sources     []string `yaml:"sources"`
			DownloadURL string   `yaml:"download_url"`
			GitHub      struct {
				Owner, Repo, Branch, Path string
			} `yaml:"github"`
		} `yaml:"indicators"`
	}
	if err := yaml.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("read index %s: %w", src.Index, err)
	}
	if len(index.Indicators) == 0 || len(index.Indicators) > maxIndexed {
		return nil, fmt.Errorf("read index %s: it names %d feeds", src.Index, len(index.Indicators))
	}
	base, _ := url.Parse(src.Index) // it was just fetched
	for _, in := range index.Indicators {
		f := Source{URL: in.DownloadURL, Publisher: strings.Join(in.Sources, ", ")}
		if g := in.GitHub; g.Owner != "" {
			if g.Branch == "" {
				g.Branch = "main"
			}
			f.URL = base.Scheme + "://" + base.Host + path.Clean("/"+url.PathEscape(g.Owner)+"/"+url.PathEscape(g.Repo)+"/"+
				url.PathEscape(g.Branch)+"/"+escapePath(g.Path))
		}
		if f.URL == "" {
			continue
		}
		f.Name = src.Name + "_" + path.Base(f.URL)
		if slices.ContainsFunc(files, func(o Source) bool { return o.Name == f.Name }) {
			f.Name = src.Name + "_" + path.Base(path.Dir(f.URL)) + "_" + path.Base(f.URL)
		}
		k.licence(&f)
		files = append(files, f)
	}
	return files, nil
}

func escapePath(p string) string {
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}
