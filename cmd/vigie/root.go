package main

import (
	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/casefile"
)

// newRoot returns the program as a tree of commands.
func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "vigie",
		Short:         t.text("root-short"),
		Long:          t.text("root-long"),
		Example:       "  vigie check ~/Backup/00008030-000000000000002E -o case\n  vigie artifacts ios.tcc",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().String("lang", t.lang, t.text("flag-lang"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{casefile.ExitUsage, err} })
	root.AddCommand(
		newCheck(t), newDetect(t), newReport(t), newVerify(t),
		newDecrypt(t), newKey(t),
		newIndicators(t), newRules(t), newArtifacts(t),
	)
	if t.lang == "fr" {
		root.SetUsageTemplate(frenchUsage)
		root.SetVersionTemplate("{{.Name}} version {{.Version}}\n")
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// frenchUsage is the usage text of cobra in French.
const frenchUsage = `Utilisation :{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [commande]{{end}}{{if .HasExample}}

Exemples :
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commandes :{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Options :
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Options communes :
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

« {{.CommandPath}} [commande] --help » en dit plus sur une commande.{{end}}
`
