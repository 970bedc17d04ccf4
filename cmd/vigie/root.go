package main

import (
	"fmt"

	"github.com/spf13/cobra"
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
	root.SetFlagErrorFunc(misuse)
	root.AddCommand(
		newIdentify(t), newCheck(t), newDetect(t), newReport(t), newVerify(t),
		newLog(t), newDecrypt(t), newKey(t),
		newIndicators(t), newRules(t), newArtifacts(t),
	)
	if t.lang == "fr" {
		root.SetUsageTemplate(frenchUsage)
		root.SetVersionTemplate("{{.Name}} version {{.Version}}\n")
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	root.Flags().Lookup("version").Usage = t.text("flag-version")
	finish(t, root)
	return root
}

// finish says in the language of the user what cobra adds to a command and to
// those below it, and refuses what is no command of a group.
func finish(t *terminal, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = t.text("flag-help")
	switch path := cmd.CommandPath(); {
	case path == "vigie help":
		cmd.Short, cmd.Long = t.text("help-short"), t.text("help-short")
	case path == "vigie completion":
		cmd.Short, cmd.Long = t.text("completion-short"), t.text("completion-long")
	case cmd.HasParent() && cmd.Parent().Name() == "completion":
		cmd.Short = t.text("completion-shell", "Shell", cmd.Name())
		cmd.Long = cmd.Short
		cmd.Example = "  " + completionExample[cmd.Name()]
	}
	if cmd.HasParent() && cmd.HasSubCommands() {
		cmd.DisableFlagsInUseLine = true
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return misuse(cmd, fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()))
		}
	}
	for _, sub := range cmd.Commands() {
		finish(t, sub)
	}
}

// completionExample tells how a shell loads its completion.
var completionExample = map[string]string{
	"bash":       "source <(vigie completion bash)",
	"zsh":        "vigie completion zsh > \"${fpath[1]}/_vigie\"",
	"fish":       "vigie completion fish | source",
	"powershell": "vigie completion powershell | Out-String | Invoke-Expression",
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
