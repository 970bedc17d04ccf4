package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/report"
)

// newIdentify returns the command that says what an acquisition is.
func newIdentify(t *terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "identify PATH...",
		Short:   t.text("identify-short"),
		Long:    t.text("identify-long"),
		Example: "  vigie identify backup/\n  vigie identify acquisition.zip bugreport.zip",
		Args:    func(cmd *cobra.Command, args []string) error { return usage(cobra.MinimumNArgs(1)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			for _, path := range args {
				id, err := evidence.Identify(cmd.Context(), path)
				if err != nil {
					failed = true
					t.errorf(err)
					continue
				}
				if asJSON {
					t.identificationJSON(id)
				} else {
					t.identification(id)
				}
			}
			if failed {
				return nothing(nil)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, t.text("flag-json"))
	return cmd
}

// identificationJSON writes an identification as one JSON line.
func (t *terminal) identificationJSON(id *evidence.Identification) {
	parts := []map[string]any{}
	for _, p := range id.Parts {
		parts = append(parts, map[string]any{"name": p.Name, "kind": p.Kind.String(), "needs": p.Needs, "size": p.Size})
	}
	t.json(map[string]any{
		"event": "identification", "name": id.Name, "kind": id.Kind.String(), "folder": id.Folder, "device": id.Device, "needs": id.Needs,
		"size": id.Size, "files": id.Files, "missing": append([]string{}, id.Missing...), "parts": parts, "notes": append([]evidence.Note{}, id.Notes...),
	})
}

// kindID returns the part of the IDs of texts that names a kind.
func kindID(k evidence.Kind) string {
	if k == 0 {
		return "unknown"
	}
	return strings.ReplaceAll(strings.ToLower(k.String()), " ", "-")
}

// identification tells what an acquisition is, what it can and cannot show, and
// what to take from the phone while it is there.
func (t *terminal) identification(id *evidence.Identification) {
	t.println(t.sourceLine(id.Name, id.Kind, id.Device))
	if id.Folder != "" {
		t.println("  " + t.text("identify-folder", "Folder", id.Folder))
	}
	if id.Needs != "" {
		t.println("  " + t.text("identify-needs-"+strings.ReplaceAll(id.Needs, " ", "-")))
	}
	if size := (id.Size + 999_999) / 1_000_000; id.Files == 0 {
		t.println("  " + t.text("identify-size-only", "Size", size))
	} else {
		t.println("  " + t.text("identify-size", "Count", id.Files, "Size", size))
	}
	for _, p := range id.Parts {
		t.println("  " + t.text("identify-part", "Name", p.Name, "Kind", t.text("kind-"+kindID(p.Kind))))
	}
	if len(id.Missing) > 0 {
		t.println("  " + t.text("identify-missing", "Names", strings.Join(id.Missing, ", ")))
	}
	for _, n := range id.Notes {
		said := []string{report.Note(n, t.lang), n.Path, n.Detail}
		t.println("  " + strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), " · "))
	}
	if id.Kind != 0 {
		for _, part := range []string{"shows", "hides", "collect"} {
			t.println("  " + t.text("identify-"+part+"-"+kindID(id.Kind)))
		}
	}
}
