package casefile

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vigie-project/vigie/detect"
)

// An Act is one line of the log of a case: what somebody did, with which
// program. Each line holds the digest of the line before it, so that a line
// cannot be changed or taken out unnoticed.
type Act struct {
	Time     time.Time `json:"time"` // UTC
	Action   string    `json:"action"`
	Tool     string    `json:"tool"` // program and version
	User     string    `json:"user,omitempty"`
	Host     string    `json:"host,omitempty"`
	System   string    `json:"system,omitempty"` // of the computer
	Args     []string  `json:"args,omitempty"`   // passwords are never among them
	Detail   string    `json:"detail,omitempty"`
	Contents string    `json:"contents,omitempty"` // SHA-256 of contents.jsonl
	Previous string    `json:"previous"`           // SHA-256 of the line before, "" for the first
}

// Log appends an act to the log.
func (c *Case) Log(a Act) error {
	last, err := c.lastLine()
	if err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if last != nil {
		a.Previous = digestOf(bytes.TrimSuffix(last, []byte("\n")))
	}
	line, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if last != nil && !bytes.HasSuffix(last, []byte("\n")) {
		line = append([]byte("\n"), line...) // the line before was cut short by a crash
	}
	return appendFile(c.path("log.jsonl"), append(line, '\n'))
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (c *Case) lastLine() (last []byte, err error) {
	err = lines(c.path("log.jsonl"), func(line []byte) error {
		last = bytes.Clone(line)
		return nil
	})
	return last, err
}

// Acts reads the log. The error tells of a chain that is broken or of a line
// that is no act; the acts are returned all the same.
func (c *Case) Acts() ([]Act, error) {
	var acts []Act
	var broken error
	previous, n := "", 0
	err := lines(c.path("log.jsonl"), func(line []byte) error {
		line = bytes.TrimSuffix(line, []byte("\n"))
		n++
		var a Act
		switch err := json.Unmarshal(line, &a); {
		case err != nil || a.Action == "":
			broken = cmp.Or(broken, fmt.Errorf("read log: line %d is no act", n))
			previous = digestOf(line)
			return nil
		case a.Previous != previous:
			broken = cmp.Or(broken, fmt.Errorf("read log: line %d does not follow the line before it", n))
		}
		acts, previous = append(acts, a), digestOf(line)
		return nil
	})
	return acts, errors.Join(err, broken)
}

// A Content is one line of contents.jsonl.
type Content struct {
	Name   string `json:"name"` // slash-separated
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Seal concludes the results: it logs the act with the digest of contents.jsonl,
// then writes that file with the digests of all results. In this order a case
// whose run is killed in between can still be matched again.
func (c *Case) Seal(a Act) error {
	data, err := c.contents()
	if err != nil {
		return fmt.Errorf("seal contents: %w", err)
	}
	a.Contents = digestOf(data)
	if err := c.Log(a); err != nil {
		return err
	}
	return c.writeFile(data, "contents.jsonl")
}

// contents returns the lines of contents.jsonl. The digests are made on all
// processors, the largest results first.
func (c *Case) contents() ([]byte, error) {
	var names []string
	if err := c.results(func(name string) error { names = append(names, name); return nil }); err != nil {
		return nil, err
	}
	list, errs := make([]Content, len(names)), make([]error, len(names))
	order := make([]int, len(names))
	size := make([]int64, len(names))
	for i, name := range names {
		order[i] = i
		if info, err := os.Stat(c.path(filepath.FromSlash(name))); err == nil {
			size[i] = info.Size()
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(order)); n = next.Add(1) - 1 {
				i := order[n]
				list[i], errs[i] = c.content(names[i])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var data []byte
	for _, content := range list {
		line, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		data = append(append(data, line...), '\n')
	}
	return data, nil
}

// derived are the names at the top of a case that contents.jsonl leaves out:
// itself, what goes on growing, and what can be made again.
var derived = []string{"contents.jsonl", "log.jsonl", "cache", "verdict.json"}

// results calls fn with the name of each result, in order.
func (c *Case) results(fn func(name string) error) error {
	return fs.WalkDir(os.DirFS(c.Dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(name, "/")
		switch {
		case slices.Contains(derived, top) || strings.HasPrefix(top, "report."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.Type().IsRegular():
			return fn(name)
		}
		return nil
	})
}

func (c *Case) content(name string) (Content, error) {
	f, err := os.Open(c.path(filepath.FromSlash(name)))
	if err != nil {
		return Content{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, bufio.NewReaderSize(f, bufferSize))
	return Content{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// Verify compares the results with contents.jsonl and the log with itself, and
// returns everything that does not hold.
func (c *Case) Verify() []error {
	errs := c.verify(true)
	if err := c.verifyVerdict(); err != nil {
		errs = append(errs, fmt.Errorf("verify: %w", err))
	}
	return errs
}

// verifyVerdict compares the verdict, which contents.jsonl leaves out, with what
// it follows from.
func (c *Case) verifyVerdict() error {
	got, err := c.Verdict()
	if err != nil {
		return err
	}
	if got.State != Concluded {
		return errors.New("the examination was not concluded")
	}
	grades := map[detect.Grade]int{}
	if err := c.Findings(func(f detect.Finding) error { grades[f.Grade]++; return nil }); err != nil {
		return err
	}
	ledger, err := c.Ledger()
	if err != nil {
		return err
	}
	want := Judge(grades, ledger)
	want.Schema = got.Schema
	if !reflect.DeepEqual(got, want) {
		return errors.New("verdict.json does not follow from the findings and the ledger")
	}
	return nil
}

// verify compares all results, or those that matching again only reads. For
// these, any act may name contents.jsonl: the run that seals it anew may have
// been killed between the two.
func (c *Case) verify(all bool) []error {
	concern := func(name string) bool { return all || !rewritten(name) }
	var errs []error
	acts, err := c.Acts()
	if err != nil {
		errs = append(errs, err)
	}
	sealed := map[string]Content{}
	h := sha256.New()
	err = lines(c.path("contents.jsonl"), func(line []byte) error {
		h.Write(line)
		var content Content
		if err := json.Unmarshal(line, &content); err != nil {
			return err
		}
		sealed[content.Name] = content
		return nil
	})
	if err != nil {
		errs = append(errs, err)
	}
	if len(sealed) == 0 {
		errs = append(errs, errors.New("verify: the case has no digests of its contents"))
	}
	if len(sealed) > 0 && !named(acts, hex.EncodeToString(h.Sum(nil)), all) {
		errs = append(errs, errors.New("verify: contents.jsonl is not the one that the log names"))
	}
	maps.DeleteFunc(sealed, func(name string, _ Content) bool { return !concern(name) })
	err = c.results(func(name string) error {
		if !concern(name) {
			return nil
		}
		want, ok := sealed[name]
		delete(sealed, name)
		if !ok {
			errs = append(errs, fmt.Errorf("verify: %s was added", name))
			return nil
		}
		got, err := c.content(name)
		if err == nil && got != want {
			err = fmt.Errorf("verify: %s was changed", name)
		}
		if err != nil {
			errs = append(errs, err)
		}
		return nil
	})
	if err != nil {
		errs = append(errs, err)
	}
	for _, name := range slices.Sorted(maps.Keys(sealed)) {
		errs = append(errs, fmt.Errorf("verify: %s is missing", name))
	}
	return errs
}

// named reports whether an act names the digest: the last one that names any,
// or, if last is false, one of them.
func named(acts []Act, digest string, last bool) bool {
	for _, a := range slices.Backward(acts) {
		if a.Contents == digest {
			return true
		}
		if a.Contents != "" && last {
			return false
		}
	}
	return false
}
