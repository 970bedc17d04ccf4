// Command demo runs the main job of Vigie on a sample that it makes itself: an
// encrypted backup with planted traces. It shows the commands as it runs them,
// and compares what was found with what was planted.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/fabricate"
)

// Where the sample and its case are made, below the current folder.
const (
	sampleDir = "sample"
	caseDir   = "sample-case"
)

func main() {
	if err := demo(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo() error {
	for _, dir := range []string{sampleDir, caseDir} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if _, err := run("./cmd/vigie-fabricate", sampleDir); err != nil {
		return err
	}
	status, err := run("./cmd/vigie", "check", filepath.Join(sampleDir, fabricate.BackupDir), "-o", caseDir, "--no-feeds",
		"--password-file", filepath.Join(sampleDir, fabricate.PasswordFile), "--indicators", filepath.Join(sampleDir, fabricate.FeedFile))
	if err != nil {
		return err
	}
	if status != casefile.ExitFindings {
		return fmt.Errorf("vigie ended with the exit status %d instead of %d", status, casefile.ExitFindings)
	}
	return answer()
}

// run shows a command and runs it. Exit statuses up to 4 are no error.
func run(pkg string, args ...string) (status int, err error) {
	fmt.Printf("$ go run %s %s\n", pkg, strings.Join(args, " "))
	exe := filepath.Join(os.TempDir(), fmt.Sprintf("vigie-demo-%d.exe", os.Getpid()))
	defer os.Remove(exe)
	build := exec.Command("go", "build", "-o", exe, pkg)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 0, fmt.Errorf("build %s: %w", pkg, err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// answer compares the findings with the ground truth.
func answer() error {
	data, err := os.ReadFile(filepath.Join(sampleDir, fabricate.TruthFile))
	if err != nil {
		return err
	}
	var truth fabricate.Truth
	if err := json.Unmarshal(data, &truth); err != nil {
		return err
	}
	c, err := casefile.Open(caseDir)
	if err != nil {
		return err
	}
	best := map[string]detect.Grade{}
	err = c.Findings(func(f detect.Finding) error {
		for _, trace := range truth.Traces {
			if trace.In(f) {
				best[trace.ID] = max(best[trace.ID], f.Grade)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	found := 0
	fmt.Println("\nThe answer: what was planted, and how it was graded")
	for _, trace := range truth.Traces {
		mark := "MISSED"
		if best[trace.ID] >= trace.Grade {
			mark = best[trace.ID].String()
			found++
		}
		fmt.Printf("  %-16s %s\n", mark, trace.What)
	}
	fmt.Printf("%d of %d found. Open %s\n", found, len(truth.Traces), filepath.Join(caseDir, "report.en.html"))
	if found < len(truth.Traces) {
		return errors.New("a planted trace was missed")
	}
	return nil
}
