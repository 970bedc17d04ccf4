package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/detect/rule"
	"github.com/vigie-project/vigie/rules"
)

// newRules returns the commands about rules.
func newRules(t *terminal) *cobra.Command {
	cmd := &cobra.Command{Use: "rules", Short: t.text("rules-short"), Long: t.text("rules-long"), Args: cobra.NoArgs}
	cmd.AddCommand(&cobra.Command{
		Use:     "list",
		Short:   t.text("rules-list-short"),
		Example: "  vigie rules list",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.NoArgs(cmd, args)) },
		RunE: func(*cobra.Command, []string) error {
			set, err := rule.Load(rules.FS, artifacts.Parsers)
			if err != nil {
				return usage(err)
			}
			for _, r := range set.Rules() {
				t.println(fmt.Sprintf("%-40s %-16s %s", r.ID, t.text("grade-word-"+gradeID(r.Grade)), r.Title.In(t.lang)))
			}
			return nil
		},
	}, &cobra.Command{
		Use:     "test FOLDER...",
		Short:   t.text("rules-test-short"),
		Example: "  vigie rules test my-rules",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.MinimumNArgs(1)(cmd, args)) },
		RunE: func(_ *cobra.Command, args []string) error {
			n := 0
			for _, dir := range args {
				set, err := rule.Load(os.DirFS(dir), artifacts.Parsers)
				if err != nil {
					return usage(err)
				}
				n += len(set.Rules())
			}
			t.println(t.text("rules-test-pass", "Number", n))
			return nil
		},
	})
	return cmd
}
