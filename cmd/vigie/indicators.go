package main

import (
	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/detect/indicator"
)

func newIndicators(t *terminal) *cobra.Command { return &cobra.Command{Use: "indicators"} }

func loadKept(string, func(*indicator.Feed, *indicator.Report)) error { return nil }
