// Package docs holds the pages about artifacts, so that the program can show
// them.
package docs

//go:generate go run ../internal/gendocs ..

import (
	"embed"
	"fmt"
)

//go:embed artifacts/*.md
var pages embed.FS

// Artifact returns the page about an artifact, in Markdown.
func Artifact(id string) (string, error) {
	page, err := pages.ReadFile("artifacts/" + id + ".md")
	if err != nil {
		return "", fmt.Errorf("find artifact: there is no %q", id)
	}
	return string(page), nil
}
