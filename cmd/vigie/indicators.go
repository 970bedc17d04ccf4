package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/feeds"
)

// newIndicators returns the commands about feeds of indicators.
func newIndicators(t *terminal) *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "indicators", Short: t.text("indicators-short"), Long: t.text("indicators-long"), Args: cobra.NoArgs}
	cmd.PersistentFlags().StringVar(&dir, "feeds", "", t.text("flag-feeds"))
	cmd.AddCommand(newIndicatorsList(t, &dir), newIndicatorsAdd(t, &dir), newIndicatorsRemove(t, &dir), newIndicatorsCheck(t, &dir), newIndicatorsUpdate(t, &dir))
	return cmd
}

// store opens the folder of kept feeds, the usual one if dir is "".
func store(dir string) (*feeds.Store, error) {
	if dir == "" {
		var err error
		if dir, err = feeds.DefaultDir(); err != nil {
			return nil, err
		}
	}
	return feeds.Open(dir), nil
}

// loadKept reads the kept feeds.
func loadKept(dir string, add func(*indicator.Feed, *indicator.Report)) error {
	s, err := store(dir)
	if err != nil {
		return err
	}
	list, reports, err := s.Load()
	for i, f := range list {
		add(f, reports[i])
	}
	return err
}

func newIndicatorsList(t *terminal, dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: t.text("indicators-list-short"), Example: "  vigie indicators list",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.NoArgs(cmd, args)) },
		RunE: func(*cobra.Command, []string) error {
			s, err := store(*dir)
			if err != nil {
				return usage(err)
			}
			list, err := s.List()
			if err != nil {
				return usage(err)
			}
			if len(list) == 0 {
				t.println(t.text("indicators-none", "Dir", s.Dir()))
			}
			for _, e := range list {
				t.println(fmt.Sprintf("%-36s %8d  %s  %-14s %.16s  %s", e.Name, e.Accepted, e.Retrieved.Format("2006-01-02"), e.Licence, e.SHA256, e.URL))
			}
			return nil
		},
	}
}

func newIndicatorsAdd(t *terminal, dir *string) *cobra.Command {
	var licence string
	cmd := &cobra.Command{
		Use: "add PATH...", Short: t.text("indicators-add-short"), Example: "  vigie indicators add pegasus.stix2 --licence CC-BY-4.0",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.MinimumNArgs(1)(cmd, args)) },
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := store(*dir)
			if err != nil {
				return usage(err)
			}
			for _, path := range args {
				reports, err := s.Add(path, licence)
				for _, r := range reports {
					t.loadReport(r)
				}
				if err != nil {
					return usage(err)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&licence, "licence", "", t.text("flag-licence"))
	return cmd
}

func newIndicatorsRemove(t *terminal, dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: t.text("indicators-remove-short"), Example: "  vigie indicators remove pegasus.stix2",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := store(*dir)
			if err != nil {
				return usage(err)
			}
			return usage(s.Remove(args[0]))
		},
	}
}

func newIndicatorsCheck(t *terminal, dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "check [FILE...]", Short: t.text("indicators-check-short"), Example: "  vigie indicators check\n  vigie indicators check pegasus.stix2",
		RunE: func(_ *cobra.Command, args []string) error {
			var errs int
			report := func(r *indicator.Report, err error) {
				if r != nil {
					t.loadReport(r)
				}
				if err != nil {
					errs++
					t.errorf(err)
				}
			}
			for _, name := range args {
				report(feeds.Check(name))
			}
			if len(args) == 0 {
				s, err := store(*dir)
				if err != nil {
					return usage(err)
				}
				_, reports, err := s.Load()
				for _, r := range reports {
					report(r, nil)
				}
				if err != nil {
					report(nil, err)
				}
			}
			if errs > 0 {
				return &exitError{status: casefile.ExitIncomplete}
			}
			return nil
		},
	}
}

func newIndicatorsUpdate(t *terminal, dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "update [NAME...]", Short: t.text("indicators-update-short"), Example: "  vigie indicators update",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := store(*dir)
			if err != nil {
				return usage(err)
			}
			changes, err := s.Update(cmd.Context(), feeds.Updater{Names: args})
			failed := false
			for _, c := range changes {
				switch {
				case c.Err != nil:
					failed = true
					t.note(c.Name + ": " + c.Err.Error())
				case c.Report != nil:
					t.loadReport(c.Report)
				default:
					t.println(t.text("indicators-change-"+string(c.Outcome), "Name", c.Name))
				}
			}
			if err != nil || failed {
				return &exitError{status: casefile.ExitIncomplete, err: err}
			}
			return nil
		},
	}
}

// loadReport tells what was accepted from a feed, and what was not and why.
func (t *terminal) loadReport(r *indicator.Report) {
	t.println(t.text("indicators-accepted", "Name", r.Name, "Accepted", r.Accepted, "Refused", r.Total(indicator.Refused)))
	for _, kind := range slices.Sorted(maps.Keys(r.ByType)) {
		t.println(fmt.Sprintf("  %8d %s", r.ByType[kind], kind))
	}
	for _, reason := range r.Reasons {
		t.println(fmt.Sprintf("  %8d %s: %s", reason.Count, t.text("reason-"+string(reason.Outcome)), reason.Text))
		for _, sample := range reason.Samples {
			t.println("             " + sample)
		}
	}
}
