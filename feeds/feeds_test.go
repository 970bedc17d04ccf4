package feeds_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vigie-project/vigie/feeds"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAddListLoadRemove(t *testing.T) {
	t.Parallel()
	s := feeds.Open(filepath.Join(t.TempDir(), "new", "folder"))
	if list, err := s.List(); err != nil || list != nil {
		t.Fatal(list, err)
	}
	if fs, _, err := s.Load(); err != nil || len(fs) != 0 {
		t.Fatal(fs, err)
	}
	src := t.TempDir()
	write(t, filepath.Join(src, "a", "domains.txt"), "evil.com\nco.uk\n")
	write(t, filepath.Join(src, "b", "domains.txt"), "other.com\n")
	write(t, filepath.Join(src, "picture.png"), "\x89PNG\x00\x00")
	reports, err := s.Add(src, "CC-BY-4.0")
	if err != nil || len(reports) != 3 {
		t.Fatal(reports, err)
	}
	if _, err := s.Add(filepath.Join(src, "picture.png"), ""); err == nil {
		t.Error("a picture is kept")
	}
	list, err := s.List()
	if err != nil || len(list) != 2 || list[0].Name != "a_domains.txt" || list[0].Accepted != 1 || list[0].Refused != 1 ||
		list[0].Licence != "CC-BY-4.0" || list[0].SHA256 == "" || list[0].Retrieved.IsZero() {
		t.Fatalf("%+v %v", list, err)
	}
	fs, rs, err := s.Load()
	if err != nil || len(fs) != 2 || len(rs) != 2 || fs[1].Licence != "CC-BY-4.0" {
		t.Fatal(fs, err)
	}
	write(t, filepath.Join(s.Dir(), list[0].File), "changed.com\n")
	if fs, _, err := s.Load(); err == nil || len(fs) != 1 {
		t.Errorf("a changed file is loaded: %v %v", fs, err)
	}
	if err := s.Remove("a_domains.txt"); err != nil {
		t.Error(err)
	}
	if fs, _, err := s.Load(); err != nil || len(fs) != 1 {
		t.Errorf("%v %v", fs, err)
	}
	if err := s.Remove("none"); err == nil {
		t.Error("what is not kept is removed")
	}
}

func TestHostileList(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "feeds.json"), `{"feeds":[{"file":"../../etc/passwd","name":"x"}]}`)
	if _, _, err := feeds.Open(dir).Load(); err == nil {
		t.Error("a path outside the folder is accepted")
	}
	write(t, filepath.Join(dir, "feeds.json"), `{`)
	if _, err := feeds.Open(dir).List(); err == nil {
		t.Error("a damaged list is accepted")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r, err := feeds.Check(write(t, filepath.Join(t.TempDir(), "domains.txt"), "evil.com\n"))
	if err != nil || r.Accepted != 1 {
		t.Error(r, err)
	}
	if _, err := feeds.Check(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file is accepted")
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	sources, err := feeds.Known()
	if err != nil || len(sources) < 10 {
		t.Fatal(sources, err)
	}
	for _, s := range sources {
		if s.Name == "" || s.Licence == "" || !strings.HasPrefix(s.URL+s.Index, "https://") {
			t.Errorf("%+v", s)
		}
	}
}

// A site serves feeds. Its content can be changed between requests.
type site struct {
	*httptest.Server
	pages    map[string]string
	notified atomic.Int32 // answers "not modified"
}

func newSite(t *testing.T) *site {
	s := &site{pages: map[string]string{}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := s.pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if to, ok := strings.CutPrefix(page, "redirect "); ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		tag := fmt.Sprintf(`"%x"`, len(page))
		if r.Header.Get("If-None-Match") == tag {
			s.notified.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) update(t *testing.T, store *feeds.Store, sources ...feeds.Source) map[string]feeds.Change {
	t.Helper()
	changes, err := store.Update(t.Context(), feeds.Updater{Client: s.Client(), Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]feeds.Change{}
	for _, c := range changes {
		out[c.Name] = c
	}
	return out
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), feeds.Open(t.TempDir())
	s.pages["/index.yaml"] = "indicators:\n  - name: One\n    sources: [Lab]\n    github: {owner: o, repo: r, path: a/domains.txt}\n" +
		"  - name: Two\n    download_url: " + s.URL + "/b/domains.txt\n  - name: Three\n    github: {owner: o, repo: r, path: gone.txt}\n"
	s.pages["/o/r/main/a/domains.txt"] = "evil.com\n"
	s.pages["/b/domains.txt"] = "other.com\n"
	s.pages["/list.csv"] = "domain_name,ip_address\nthird.com,198.51.100.1\n"
	sources := []feeds.Source{{Name: "idx", Index: s.URL + "/index.yaml", Licence: "MIT"}, {Name: "list", URL: s.URL + "/list.csv", Licence: "CC0"},
		{Name: "rare", URL: s.URL + "/list.csv", Optional: true}}

	got := s.update(t, store, sources...)
	want := map[string]feeds.Outcome{"idx_domains.txt": feeds.New, "idx_b_domains.txt": feeds.New, "idx_gone.txt": feeds.Failed, "list": feeds.New}
	for name, o := range want {
		if got[name].Outcome != o || (o == feeds.Failed) != (got[name].Err != nil) {
			t.Errorf("%s: %+v, want %s", name, got[name], o)
		}
	}
	if len(got) != len(want) {
		t.Errorf("changes: %+v", got)
	}
	fs, _, err := store.Load()
	if err != nil || len(fs) != 3 || fs[2].Name != "list" || fs[2].Licence != "CC0" || len(fs[2].Indicators) != 2 {
		t.Fatalf("%+v %v", fs, err)
	}

	s.pages["/list.csv"] = "domain_name,ip_address\nthird.com,198.51.100.1\nfourth.com,198.51.100.2\n"
	s.pages["/b/domains.txt"] = "<html>not found"
	s.pages["/index.yaml"] = strings.Replace(s.pages["/index.yaml"], "a/domains.txt", "a/renamed.txt", 1)
	s.pages["/o/r/main/a/renamed.txt"] = "evil.com\n"
	got = s.update(t, store, sources...)
	want = map[string]feeds.Outcome{"idx_renamed.txt": feeds.New, "idx_domains.txt": feeds.Gone, "idx_b_domains.txt": feeds.Failed, "list": feeds.Changed}
	for name, o := range want {
		if got[name].Outcome != o {
			t.Errorf("second time: %s: %+v, want %s", name, got[name], o)
		}
	}
	if fs, _, err := store.Load(); err != nil || len(fs) != 4 {
		t.Errorf("the previous content is not kept: %v %v", fs, err)
	}
	list, _ := store.List()
	for _, e := range list {
		if e.Name == "list" {
			if _, err := os.Stat(filepath.Join(store.Dir(), e.File+".previous")); err != nil {
				t.Error(err)
			}
		}
	}

	if got = s.update(t, store, sources[1]); got["list"].Outcome != feeds.Unchanged || s.notified.Load() == 0 {
		t.Errorf("third time: %+v", got)
	}
}

func TestUpdateOnlyByHTTPS(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), feeds.Open(t.TempDir())
	s.pages["/redirect"] = "redirect http://127.0.0.1:1/domains.txt"
	s.pages["/loop"] = "redirect " + s.URL + "/loop"
	got := s.update(t, store, feeds.Source{Name: "plain", URL: strings.Replace(s.URL, "https", "http", 1) + "/x"},
		feeds.Source{Name: "file", URL: "file:///etc/passwd"}, feeds.Source{Name: "down", URL: s.URL + "/redirect"},
		feeds.Source{Name: "loop", URL: s.URL + "/loop"}, feeds.Source{Name: "user", URL: strings.Replace(s.URL, "https://", "https://a:b@", 1)})
	for name, c := range got {
		if c.Outcome != feeds.Failed || c.Err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if len(got) != 5 {
		t.Errorf("%+v", got)
	}
}

func TestUpdateStops(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), feeds.Open(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Update(ctx, feeds.Updater{Client: s.Client(), Sources: []feeds.Source{{Name: "a", URL: s.URL + "/a"}, {Name: "b", URL: s.URL + "/b"}}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
