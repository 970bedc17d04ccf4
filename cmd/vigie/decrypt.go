package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/evidence"
)

// newKey returns the command that prints the key derived from a password.
func newKey(t *terminal) *cobra.Command {
	var secrets secrets
	var output string
	cmd := &cobra.Command{
		Use:     "key BACKUP",
		Short:   t.text("key-short"),
		Long:    t.text("key-long"),
		Example: "  vigie key backup/ -o backup.key\n  vigie check backup/ -o case --key-file backup.key",
		Args:    func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.ExactArgs(1)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "" {
				if err := outside(output, args); err != nil {
					return usage(err)
				}
			}
			password, err := secrets.password(t, args[0])
			if err != nil {
				return nothing(err)
			}
			key, err := evidence.DeriveKey(cmd.Context(), args[0], password)
			if err != nil {
				return nothing(err)
			}
			text := hex.EncodeToString(key) + "\n"
			if output == "" {
				fmt.Fprint(t.out, text)
				return nil
			}
			f, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return usage(err)
			}
			_, err = f.WriteString(text)
			return errors.Join(err, f.Close())
		},
	}
	cmd.Flags().StringVar(&secrets.passwordFile, "password-file", "", t.text("flag-password-file"))
	cmd.Flags().StringVarP(&output, "output", "o", "", t.text("flag-key-output"))
	return cmd
}

func nothing(err error) error { return &exitError{status: casefile.ExitNothing, err: err} }

// newDecrypt returns the command that exports files of an acquisition.
func newDecrypt(t *terminal) *cobra.Command {
	var secrets secrets
	var output string
	cmd := &cobra.Command{
		Use:   "decrypt BACKUP PATTERN... -o FOLDER",
		Short: t.text("decrypt-short"),
		Long:  t.text("decrypt-long"),
		Example: "  vigie decrypt backup/ private/var/mobile/Library/SMS/sms.db -o export\n" +
			"  vigie decrypt backup/ 'private/var/mobile/Library/Safari/*' -o export",
		Args: func(cmd *cobra.Command, args []string) error { return misuse(cmd, cobra.MinimumNArgs(2)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := secrets.key()
			if err != nil {
				return usage(err)
			}
			if err := outside(output, args[:1]); err != nil {
				return usage(err)
			}
			for _, glob := range args[1:] {
				if _, err := path.Match(glob, ""); err != nil {
					return usage(fmt.Errorf("pattern %q: %w", glob, err))
				}
			}
			identity, err := secrets.identity()
			if err != nil {
				return usage(err)
			}
			password := func() ([]byte, error) { return secrets.password(t, args[0]) }
			sources, err := evidence.Open(cmd.Context(), args[0], evidence.Options{
				Key: key, Password: password, Identity: identity, Passphrase: password,
			})
			if err != nil {
				return nothing(err)
			}
			return export(cmd.Context(), t, sources, args[1:], output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", t.text("flag-decrypt-output"))
	cmd.MarkFlagRequired("output")
	secrets.flags(t, cmd)
	return cmd
}

// export writes the files that match a pattern below a folder. Names of the
// evidence stay below it, whatever they contain.
func export(ctx context.Context, t *terminal, sources []*evidence.Source, globs []string, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usage(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usage(err)
	}
	defer root.Close()
	var done, failed int
	for _, src := range sources {
		var names []string
		listErr := src.WalkFiles(func(name string, _ int64) error {
			if slices.ContainsFunc(globs, func(g string) bool { ok, _ := path.Match(g, name); return ok }) {
				names = append(names, name)
			}
			return ctx.Err()
		})
		if listErr != nil {
			failed++
			t.errorf(listErr)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if err := exportFile(root, src, name); err != nil {
				failed++
				t.errorf(err)
				continue
			}
			done++
			t.println(oneLine(name))
		}
		src.Close()
	}
	t.note(t.text("decrypt-done", "Count", done, "Failed", failed, "Dir", dir))
	switch {
	case done == 0:
		return &exitError{status: casefile.ExitNothing}
	case failed > 0:
		return &exitError{status: casefile.ExitIncomplete}
	}
	return nil
}

func exportFile(root *os.Root, src *evidence.Source, name string) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("export %q: not a valid path", name)
	}
	in, err := src.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	local := filepath.FromSlash(strings.Map(portable, name))
	if err := root.MkdirAll(filepath.Dir(local), 0o700); err != nil {
		return err
	}
	out, err := root.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, io.NewSectionReader(in, 0, 1<<62)); err != nil {
		err = fmt.Errorf("export %s: %w", name, err)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, root.Remove(local)) // a part must not pass for the file
	}
	return nil
}

// portable replaces what some system does not allow in names of files, and what
// a terminal that lists them would obey.
func portable(r rune) rune {
	if commands(r) || strings.ContainsRune(`<>:"\|?*`, r) {
		return '_'
	}
	return r
}
