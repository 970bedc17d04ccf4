package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/lang"
	"github.com/vigie-project/vigie/report"
)

// newReport returns the command that writes the reports of a case again.
func newReport(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "report CASE",
		Short:   t.text("report-short"),
		Long:    t.text("report-long"),
		Example: "  vigie report case",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := casefile.Open(args[0])
			if err != nil {
				return usage(err)
			}
			if err := writeReports(c); err != nil {
				return &exitError{status: casefile.ExitIncomplete, err: err}
			}
			for _, code := range lang.Languages {
				t.println(report.Name(c, code))
			}
			return nil
		},
	}
}

// writeReports writes the report of a case in every language.
func writeReports(c *casefile.Case) error {
	for _, code := range lang.Languages {
		if err := report.Write(c, code); err != nil {
			return err
		}
	}
	return nil
}

// newVerify returns the command that checks a case against its own digests.
func newVerify(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "verify CASE",
		Short:   t.text("verify-short"),
		Long:    t.text("verify-long"),
		Example: "  vigie verify case",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := casefile.Open(args[0])
			if err != nil {
				return usage(err)
			}
			errs := c.Verify()
			for _, err := range errs {
				t.note(err.Error())
			}
			if len(errs) > 0 {
				return &exitError{status: casefile.ExitIncomplete, err: fmt.Errorf("%s", t.text("verify-failed", "Count", len(errs)))}
			}
			t.println(t.text("verify-holds"))
			return nil
		},
	}
}
