package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/vigie-project/vigie/evidence"
)

// passwordVariable is the environment variable that holds a password.
const passwordVariable = "VIGIE_PASSWORD"

// maxSecret bounds the file of a password or a key, in bytes.
const maxSecret = 64 << 10

// secrets say where passwords come from. They are never arguments: those can
// be seen by every program on the computer, and stay in the history.
type secrets struct {
	passwordFile string
	keyFile      string
	identityFile string
}

func (s *secrets) flags(t *terminal, cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.passwordFile, "password-file", "", t.text("flag-password-file"))
	cmd.Flags().StringVar(&s.keyFile, "key-file", "", t.text("flag-key-file"))
	cmd.Flags().StringVar(&s.identityFile, "identity-file", "", t.text("flag-identity-file"))
	cmd.MarkFlagsMutuallyExclusive("password-file", "key-file")
}

// identity reads the file of age identities, if there is one.
func (s *secrets) identity() ([]byte, error) {
	if s.identityFile == "" {
		return nil, nil
	}
	text, err := readSecret(s.identityFile)
	if err != nil {
		return nil, fmt.Errorf("read identity file: %w", err)
	}
	return text, nil
}

// key reads the key file, if there is one: 64 hexadecimal digits. A password
// file that cannot be read is an error at once, before a case is made.
func (s *secrets) key() ([]byte, error) {
	if s.passwordFile != "" {
		if _, err := readSecret(s.passwordFile); err != nil {
			return nil, fmt.Errorf("read password file: %w", err)
		}
	}
	if s.keyFile == "" {
		return nil, nil
	}
	text, err := readSecret(s.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	key := make([]byte, hex.DecodedLen(len(bytes.TrimSpace(text))))
	if _, err := hex.Decode(key, bytes.TrimSpace(text)); err != nil || len(key) != 32 {
		return nil, fmt.Errorf("read key file: %s does not hold 64 hexadecimal digits", s.keyFile)
	}
	return key, nil
}

// password returns the password of an acquisition: from the file, from the
// environment, or from the keyboard without echo.
func (s *secrets) password(t *terminal, path string) ([]byte, error) {
	if s.passwordFile != "" {
		text, err := readSecret(s.passwordFile)
		if err != nil {
			return nil, fmt.Errorf("read password file: %w", err)
		}
		return bytes.TrimRight(text, "\r\n"), nil
	}
	if p, ok := os.LookupEnv(passwordVariable); ok {
		return []byte(p), nil
	}
	fd, ok := interactive(t.in)
	if !ok {
		return nil, evidence.ErrPasswordRequired
	}
	fmt.Fprint(t.err, printable(t.text("prompt-password", "Name", filepath.Base(path))))
	p, err := term.ReadPassword(fd)
	fmt.Fprintln(t.err)
	return p, err
}

func readSecret(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	return bytes.TrimPrefix(text, []byte("\ufeff")), err // some editors begin with this mark
}
