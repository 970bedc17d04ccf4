package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/docs"
)

// newArtifacts returns the command that documents what is read.
func newArtifacts(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "artifacts [ID]",
		Short:   t.text("artifacts-short"),
		Long:    t.text("artifacts-long"),
		Example: "  vigie artifacts\n  vigie artifacts ios.tcc",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.MaximumNArgs(1)(cmd, args)) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, p := range artifacts.Parsers {
				ids = append(ids, p.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				page, err := docs.Artifact(args[0])
				if err != nil {
					return usage(err)
				}
				t.println(strings.TrimRight(page, "\n"))
				return nil
			}
			for _, p := range artifacts.Parsers {
				mark := ""
				if p.Private {
					mark = " " + t.text("artifacts-private")
				}
				t.println(fmt.Sprintf("%-28s %s%s", p.ID, p.Title.In(t.lang), mark))
			}
			return nil
		},
	}
}
