package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/format/unifiedlog"
)

// A logStore is a unified log found in what the user named.
type logStore struct {
	name    string
	archive *unifiedlog.Archive
	noted   bool // opening it showed that the acquisition is cut or damaged
}

// openLogs finds the unified logs at a path: a logarchive or a folder of the live
// layout, or an acquisition that holds one. The caller calls closeAll.
func openLogs(ctx context.Context, t *terminal, name string, s *secrets) (stores []logStore, closeAll func(), err error) {
	if store, closer, err := openLogFolder(name); err == nil {
		return []logStore{store}, closer, nil
	} else if !errors.Is(err, unifiedlog.ErrNoLogs) {
		return nil, nil, err
	}
	key, err := s.key()
	if err != nil {
		return nil, nil, err
	}
	identity, err := s.identity()
	if err != nil {
		return nil, nil, err
	}
	password := func() ([]byte, error) { return s.password(t, name) }
	sources, err := evidence.Open(ctx, name, evidence.Options{Key: key, Password: password, Identity: identity, Passphrase: password})
	if err != nil {
		return nil, nil, err
	}
	for _, src := range sources {
		for _, a := range openLogSource(src) {
			stores = append(stores, logStore{src.Name, a, tellNotes(t, src)})
		}
	}
	closeAll = func() {
		for _, s := range stores {
			s.archive.Close()
		}
		for _, src := range slices.Backward(sources) {
			src.Close()
		}
	}
	if len(stores) == 0 {
		closeAll()
		return nil, nil, fmt.Errorf("open %s: %w", name, unifiedlog.ErrNoLogs)
	}
	return stores, closeAll, nil
}

// tellNotes tells what of an acquisition could not be read. It reports whether
// there was anything.
func tellNotes(t *terminal, src *evidence.Source) (any bool) {
	for _, n := range src.Notes {
		if slices.Contains([]string{"archive-damaged", "member-cut", "listing-incomplete", "nested-damaged"}, n.Code) {
			t.note(strings.TrimSpace("vigie: " + oneLine(n.Code+" "+n.Path+" "+n.Detail)))
			any = true
		}
	}
	return any
}

// openLogFolder opens the log of a folder that is a logarchive, that holds one, or
// that is the live layout or a part of it.
func openLogFolder(name string) (logStore, func(), error) {
	info, err := os.Stat(name)
	if err != nil {
		return logStore{}, nil, err
	}
	if !info.IsDir() {
		return logStore{}, nil, unifiedlog.ErrNoLogs
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return logStore{}, nil, err
	}
	tries := []string{abs, filepath.Join(abs, "system_logs.logarchive")}
	if strings.EqualFold(filepath.Base(abs), "diagnostics") {
		tries = slices.Insert(tries, 0, filepath.Dir(abs)) // the strings are beside it
	}
	for _, dir := range tries {
		root, err := os.OpenRoot(dir)
		if err != nil {
			continue
		}
		a, err := unifiedlog.Open(root.FS())
		if err == nil {
			return logStore{name: name, archive: a}, func() { a.Close(); root.Close() }, nil
		}
		root.Close()
		if !errors.Is(err, unifiedlog.ErrNoLogs) {
			return logStore{}, nil, err
		}
	}
	return logStore{}, nil, unifiedlog.ErrNoLogs
}

// maxLogStores bounds the logs that are opened in one acquisition.
const maxLogStores = 16

// openLogSource opens the logs of an acquisition.
func openLogSource(src *evidence.Source) (list []*unifiedlog.Archive) {
	var roots []string
	src.WalkFiles(func(name string, _ int64) error { // what cannot be listed is in the notes
		if strings.HasSuffix(name, ".tracev3") {
			if dir := unifiedlog.Root(name); !slices.Contains(roots, dir) && len(roots) < maxLogStores {
				roots = append(roots, dir)
			}
		}
		return nil
	})
	for _, dir := range roots {
		if sub, err := fs.Sub(src.FS, dir); err == nil {
			if a, err := unifiedlog.Open(sub); err == nil {
				list = append(list, a)
			}
		}
	}
	return list
}
