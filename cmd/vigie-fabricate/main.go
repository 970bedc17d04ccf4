// Command vigie-fabricate makes acquisitions of phones that nobody owns, with
// planted traces and the ground truth, for tests, benchmarks and training.
package main

import (
	"fmt"
	"io"
	"os"

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
	kind := string(fabricate.IPhone)
	cmd := &cobra.Command{
		Use:   "vigie-fabricate FOLDER",
		Short: "make an acquisition with planted traces and its ground truth",
		Long: `Makes the acquisition of a phone that nobody owns: ordinary content, the traces of a
spyware that does not exist, and beside it the ground truth (truth.json), the indicators
(indicators.stix2) and the secrets (password.txt, identity.txt). The same seed makes the
same phone.

Kinds: iphone, a backup; androidqf, an acquisition with a bugreport, a backup and
intrusion logs in it; bugreport; ab, an Android backup; intrusionlog; sysdiagnose, of an
iPhone; filesystem, a dump of the file system of an iPhone; logarchive, a sysdiagnose of little
more than a unified log as large as one wants, with nothing planted.

With --benign nothing is planted; it holds what is known to be mistaken for traces.`,
		Example: "  vigie-fabricate sample\n" +
			"  vigie-fabricate twin --benign --seed 7\n" +
			"  vigie-fabricate large --messages 1000000 --plain\n" +
			"  vigie-fabricate droid --kind androidqf --age --plain\n" +
			"  vigie-fabricate report --kind bugreport --android 16 --megabytes 200\n" +
			"  vigie-fabricate sysdiagnose --kind sysdiagnose --ios 26\n" +
			"  vigie-fabricate dump --kind filesystem --form zip --layout volumes",
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if plain {
				opt.Password = ""
			}
			path, truth, err := fabricate.Make(fabricate.Kind(kind), args[0], opt)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s: %d traces planted, %d traps\n", path, len(truth.Traces), len(truth.Traps))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&kind, "kind", kind, "iphone, androidqf, bugreport, ab, intrusionlog, sysdiagnose, filesystem or logarchive")
	f.Uint64Var(&opt.Seed, "seed", 1, "seed of everything that is random")
	f.StringVar(&opt.Password, "password", "sesame", "password of the backup")
	f.IntVar(&opt.Rounds, "rounds", 10_000, "cost of deriving the key; phones use 10000000")
	f.BoolVar(&plain, "plain", false, "do not encrypt the backup")
	f.BoolVar(&opt.Benign, "benign", false, "plant no trace, only what resembles one")
	f.IntVar(&opt.Messages, "messages", 400, "ordinary messages")
	f.IntVar(&opt.Android, "android", 14, "version of Android: 8, 11, 14 or 16")
	f.IntVar(&opt.Megabytes, "megabytes", 0, "fill the text of a bugreport, or a sysdiagnose or file system, up to this size")
	f.IntVar(&opt.IOS, "ios", 17, "version of iOS of a sysdiagnose or file system: 15, 17 or 26")
	f.StringVar(&opt.Form, "form", "", "folder, tar, tar.gz or zip; a sysdiagnose is a tar.gz, a file system a tar")
	f.StringVar(&opt.Layout, "layout", "", "volumes: a file system with a folder for each volume")
	f.IntVar(&opt.Files, "files", 0, "fill a sysdiagnose or file system up to this many files")
	f.IntVar(&opt.Crashes, "crashes", 0, "further crash reports in a sysdiagnose or file system")
	f.IntVar(&opt.Entries, "entries", 100_000, "entries of a log archive")
	f.IntVar(&opt.Events, "events", 400, "ordinary events of an intrusion log")
	f.IntVar(&opt.Format, "format", 5, "version of an Android backup, 1 to 5")
	f.BoolVar(&opt.Stored, "stored", false, "do not compress an Android backup")
	f.BoolVar(&opt.Zip, "zip", false, "one zip instead of a folder")
	f.BoolVar(&opt.Age, "age", false, "encrypt an AndroidQF acquisition with age")
	f.IntVar(&opt.Rows, "rows", 0, "fill the manifest up to this many rows")
	return cmd
}
