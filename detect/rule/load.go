package rule

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"

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

// Load reads every file "*.yaml" of a file system and checks it against the
// records of the parsers: names of artifacts and fields, types, texts in every
// language, and that the examples are found or not as they say.
//
// The error joins a [*Problem] for each thing that is wrong, and the errors of
// reading; the set is nil then.
func Load(fsys fs.FS, parsers []*artifact.Parser) (*Set, error) {
	l := &loader{artifacts: map[string]*artifact.Parser{}, ids: map[string]string{}, hash: sha256.New()}
	var err error
	if l.compiler, err = newCompiler(parsers); err != nil {
		return nil, err
	}
	for _, p := range parsers {
		l.artifacts[p.ID] = p
	}
	l.set = newSet(l.compiler)
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		if len(l.set.rules) == maxRules {
			return fmt.Errorf("load rules: more than %d files", maxRules)
		}
		content, err := readLimited(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(l.hash, "%q %q\n", name, content)
		l.file(name, content)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	l.set.fingerprint = hex.EncodeToString(l.hash.Sum(nil))
	return l.set, nil
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

// A loader checks files one by one and gathers what is wrong in them.
type loader struct {
	compiler  *compiler
	artifacts map[string]*artifact.Parser
	ids       map[string]string // file of each rule by ID
	set       *Set
	problems  []error
	hash      hash.Hash
}

// file loads one rule. A rule with a problem is not added to the set.
func (l *loader) file(name string, content []byte) {
	f, problems := decode(name, content)
	for _, p := range problems {
		l.problems = append(l.problems, p)
	}
	if f == nil {
		return
	}
	c := &checker{loader: l, file: name, f: f, r: &Rule{ID: f.ID.value, File: name}}
	for _, check := range []func(){c.texts, c.conditions, c.examples, c.compile, c.tryExamples} {
		before := len(l.problems)
		if check(); len(l.problems) > before {
			return
		}
	}
	l.set.add(c.compiled)
}
