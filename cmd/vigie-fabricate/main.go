// Command vigie-fabricate makes acquisitions of phones that nobody owns, with
// planted traces and the ground truth, for tests, benchmarks and training.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/fabricate"
)

func main() {
	if err := newRoot(os.Stdout).Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "vigie-fabricate: "+err.Error())
		os.Exit(2)
	}
}

func newRoot(out io.Writer) *cobra.Command {
	var opt fabricate.Options
	var plain bool
	cmd := &cobra.Command{
		Use:   "vigie-fabricate FOLDER",
		Short: "make an iPhone backup with planted traces and its ground truth",
		Long: `Makes the backup of an iPhone that nobody owns: ordinary content, the traces of a
spyware that does not exist, and beside it the ground truth (truth.json), the indicators
(indicators.stix2) and the password (password.txt). The same seed makes the same phone.

With --benign nothing is planted; the backup holds what is known to be mistaken for traces.`,
		Example: "  vigie-fabricate sample\n" +
			"  vigie-fabricate twin --benign --seed 7\n" +
			"  vigie-fabricate large --messages 1000000 --plain",
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if plain {
				opt.Password = ""
			}
			truth, err := fabricate.Backup(args[0], opt)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s: %d traces planted, %d traps\n", filepath.Join(args[0], fabricate.BackupDir), len(truth.Traces), len(truth.Traps))
			return nil
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&opt.Seed, "seed", 1, "seed of everything that is random")
	f.StringVar(&opt.Password, "password", "sesame", "password of the backup")
	f.IntVar(&opt.Rounds, "rounds", 10_000, "cost of deriving the key; phones use 10000000")
	f.BoolVar(&plain, "plain", false, "do not encrypt the backup")
	f.BoolVar(&opt.Benign, "benign", false, "plant no trace, only what resembles one")
	f.IntVar(&opt.Messages, "messages", 400, "ordinary messages")
	f.IntVar(&opt.Rows, "rows", 0, "fill the manifest up to this many rows")
	return cmd
}
