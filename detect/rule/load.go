package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"

	"github.com/vigie-project/vigie/artifact"
)

const (
	maxFile   = 256 << 10 // bytes of a rule file
	maxRules  = 5_000     // rules in one folder
	maxValues = 20_000    // values in the lists of one rule
	maxSteps  = 10        // steps of a sequence
	maxCount  = 1_000     // records that one step may ask for
)

// A Problem is something wrong in a rule file.
type Problem struct {
	File string // path in the file system
	Line int    // from 1
	Text string
}

// Error implements [error] in the form "file:line: text".
func (p *Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// Load reads every file "*.yaml" of a file system, with the lists in "*.list",
// and checks it against the records of the parsers: names of artifacts and fields, types, texts in every
// language, and that the examples are found or not as they say.
//
// The error joins a [*Problem] for each thing that is wrong, and the errors of
// reading; the set is nil then.
func Load(fsys fs.FS, parsers []*artifact.Parser) (*Set, error) {
	comp, err := newCompiler(parsers)
	if err != nil {
		return nil, err
	}
	var files []*file
	hash := sha256.New()
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || d.IsDir() || ext != ".yaml" && ext != listExt {
			return err
		}
		content, err := readLimited(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%q %q\n", name, content)
		if ext == ".yaml" {
			files = append(files, &file{name: name, content: content})
		}
		if len(files) > maxRules {
			return fmt.Errorf("load rules: more than %d files", maxRules)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	checkAll(files, func(f *file) { f.check(fsys, comp) })
	set, err := collect(files, comp)
	if err != nil {
		return nil, err
	}
	set.fingerprint = hex.EncodeToString(hash.Sum(nil))
	return set, nil
}

// checkAll runs check for each file, on all processors.
func checkAll(files []*file, check func(*file)) {
	var wg sync.WaitGroup
	next := make(chan *file)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for f := range next {
				check(f)
			}
		})
	}
	for _, f := range files {
		next <- f
	}
	close(next)
	wg.Wait()
}

// collect makes a set of the rules, or joins what is wrong in them.
func collect(files []*file, comp *compiler) (*Set, error) {
	set := newSet(comp)
	var problems []error
	ids := map[string]string{}
	for _, f := range files {
		for _, p := range f.problems {
			problems = append(problems, p)
		}
		if f.compiled == nil {
			continue
		}
		id := f.compiled.rule.ID
		if other, taken := ids[id]; taken {
			problems = append(problems, &Problem{f.name, 1, fmt.Sprintf("id %q is also that of %s", id, other)})
		}
		ids[id] = f.name
		set.add(f.compiled)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return set, nil
}

func readLimited(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("read %s: more than %d bytes", name, maxFile)
	}
	return content, err
}

// A file is a rule file and what checking it gave.
type file struct {
	name     string
	content  []byte
	problems []*Problem
	compiled *compiled // nil if there are problems
}

// check checks one rule, in stages that each need the one before.
func (f *file) check(fsys fs.FS, comp *compiler) {
	decoded, problems := decode(f.name, f.content)
	if problems != nil {
		f.problems = problems
		return
	}
	c := &checker{fsys: fsys, compiler: comp, file: f.name, f: decoded, r: &Rule{ID: decoded.ID.value, File: f.name}}
	for _, stage := range []func(){c.texts, c.conditions, c.examples, c.compile, c.tryExamples} {
		if stage(); len(c.problems) > 0 {
			f.problems = c.problems
			return
		}
	}
	f.compiled = c.compiled
}

// listExt ends the names of files that hold the values of a list, one on each
// line; empty lines and those that begin with # are left out.
const listExt = ".list"

// readList reads a list file, by its path relative to the folder of the rule.
func readList(fsys fs.FS, rule, name string) ([]string, error) {
	content, err := readLimited(fsys, path.Join(path.Dir(rule), name))
	if err != nil {
		return nil, err
	}
	var values []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			values = append(values, line)
		}
	}
	return values, nil
}
