// Package arch checks the structure of this repository: the direction of the
// dependencies between its packages, which the table below defines, and what
// the files of artifacts may declare.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/vigie-project/vigie/"

// layers lists what each package may import from this repository: what is below
// it in the list, and what stands beside it. A package that is not listed fails
// the test, unless a folder above it is listed.
var layers = [][]string{
	{"format", "lang", "catalogue", "release"}, // decoders of file formats, texts, versions; know nothing of Vigie
	{"record", "evidence"},
	{"epoch", "artifact", "detect"},
	{"artifact/from", "detect/indicator", "detect/rule"},
	{"artifacts", "rules"}, // one file for each artifact, one for each rule
	{"engine", "zones"},
	{"casefile", "feeds", "internal/fixture", "artifact/artifacttest"},
	{"examination", "report", "docs"},
	{"fabricate"},
	{"cmd", "internal"},
}

// forbidden lists what the packages up to artifacts must not import, so that a
// parser can neither write a file nor reach the network nor run a program. Only
// evidence, which opens acquisitions, may.
var forbidden = []string{"os", "os/exec", "net", "net/http", "syscall", "unsafe", "log", "log/slog", "database/sql"}

// own lists the packages that import nothing but the standard library and
// this repository.
var own = []string{"record", "artifact", "artifact/from", "artifacts/ios", "epoch", "engine", "casefile"}

// network lists the only packages that may reach the network.
var network = []string{"feeds"}

func TestLayers(t *testing.T) {
	t.Parallel()
	artifacts := layer("artifacts")
	packages(t, func(name, pkg string, f *ast.File) {
		from := layer(pkg)
		if from < 0 {
			t.Errorf("%s: package is not in the table", name)
		}
		for _, imp := range f.Imports {
			p := strings.Trim(imp.Path.Value, `"`)
			if to, ok := strings.CutPrefix(p, module); ok && layer(to) > from {
				t.Errorf("%s imports %s, which is above it", name, to)
			}
			if from <= artifacts && !strings.HasPrefix(pkg, "evidence") && slices.Contains(forbidden, p) {
				t.Errorf("%s imports %s", name, p)
			}
			if slices.Contains(own, pkg) && strings.Contains(p, ".") && !strings.HasPrefix(p, module) {
				t.Errorf("%s imports %s, which is not of this repository", name, p)
			}
			if (p == "net" || strings.HasPrefix(p, "net/http")) && !slices.Contains(network, pkg) {
				t.Errorf("%s imports %s: only %q may reach the network", name, p, network)
			}
		}
	})
}

// packages calls fn with each Go file of the repository that is no test.
func packages(t *testing.T, fn func(name, pkg string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && name != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		fn(filepath.ToSlash(name), filepath.ToSlash(rel), f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// layer returns the index of the layer of a package, by its longest prefix.
func layer(pkg string) int {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if i := slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) }); i >= 0 {
			return i
		}
	}
	return -1
}

// TestOneFileEach checks that each package-level name in artifacts starts with
// the name of its file, so that parsers share nothing but imported packages.
func TestOneFileEach(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join("..", "..", "artifacts", "*", "*.go"))
	for _, name := range files {
		stem := strings.TrimSuffix(filepath.Base(name), ".go")
		if stem == "all" || stem == filepath.Base(filepath.Dir(name)) || strings.HasSuffix(stem, "_test") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range names(f) {
			if !strings.HasPrefix(strings.ToLower(id), stem) {
				t.Errorf("%s declares %s; names start with %q", filepath.ToSlash(name), id, stem)
			}
		}
	}
}

func names(f *ast.File) (ids []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				ids = append(ids, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					ids = append(ids, s.Name.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						if id.Name != "_" {
							ids = append(ids, id.Name)
						}
					}
				}
			}
		}
	}
	return ids
}

// TestPackageComments checks that every package says what it is.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	packages(t, func(_, pkg string, f *ast.File) {
		documented[pkg] = documented[pkg] || f.Doc != nil
	})
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", pkg)
		}
	}
}
