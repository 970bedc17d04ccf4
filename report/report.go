// Package report writes what a case holds for people: the person whose phone
// it is, the technician, an expert. A report is one HTML file in one language,
// without scripts and without anything fetched from elsewhere.
package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/catalogue"
)

//go:embed texts/*.toml
var textFiles embed.FS

var texts = catalogue.New(textFiles)

//go:embed report.html style.css
var templates embed.FS

// Name returns the name of the report of a case in a language.
func Name(c *casefile.Case, code string) string {
	return filepath.Join(c.Dir, "report."+code+".html")
}

// Write writes the report of a case in a language, "fr" or "en".
func Write(c *casefile.Case, code string) error {
	v, err := newView(c, code)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	t, err := template.New("report.html").Funcs(v.funcs()).ParseFS(templates, "report.html")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	name := Name(c, code)
	if err := os.WriteFile(name+".part", b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return os.Rename(name+".part", name)
}
