package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/casefile"
	"github.com/vigie-project/vigie/fabricate"
)

// TestKilledRunIsSeenAndResumes kills the program without warning, in each
// phase, and then runs the same command: a crash can be seen, and the results
// are those of a run that nobody disturbed, byte for byte.
func TestKilledRunIsSeenAndResumes(t *testing.T) {
	t.Parallel()
	sample := fabricated(t, fabricate.Options{Seed: 21, Password: "sesame-1748", Messages: 2000})
	whole := filepath.Join(t.TempDir(), "case")
	if err := vigie(t, sample, whole).Run(); exitOf(err) != casefile.ExitFindings {
		t.Fatal(err)
	}
	want := results(t, whole)
	dir, seen := filepath.Join(t.TempDir(), "case"), 0
	for _, phase := range []string{"opening", "planning", "reading", "reading", "sorting"} {
		kill(t, vigie(t, sample, dir), phase)
		c := casefile.Case{Dir: dir}
		v, err := c.Verdict()
		switch {
		case err != nil && phase != "opening":
			t.Errorf("killed while %s: %v", phase, err)
		case err == nil && v.State == casefile.Incomplete && v.Exit == casefile.ExitIncomplete:
			seen++
			if errs := c.Verify(); len(errs) == 0 {
				t.Errorf("killed while %s: the case verifies", phase)
			}
		case err == nil && v.State != casefile.Concluded: // it was quicker than the signal
			t.Errorf("killed while %s: the case says %+v", phase, v)
		}
	}
	if seen < 2 {
		t.Errorf("only %d crashes can be seen", seen)
	}
	if err := vigie(t, sample, dir).Run(); exitOf(err) != casefile.ExitFindings {
		t.Fatal(err)
	}
	if got := results(t, dir); got != want {
		t.Errorf("the resumed case differs:\n%s\nwant\n%s", got, want)
	}
	c := casefile.Case{Dir: dir}
	if errs := c.Verify(); len(errs) > 0 {
		t.Error(errs)
	}
}

// vigie returns a command that examines a sample.
func vigie(t *testing.T, sample, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("vigie", "check", filepath.Join(sample, fabricate.BackupDir), "-o", dir, "--json", "--no-feeds", "--workers", "1",
		"--password-file", filepath.Join(sample, fabricate.PasswordFile), "--indicators", filepath.Join(sample, fabricate.FeedFile))
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1780000000")
	return cmd
}

// kill starts a command and kills it when it tells of a phase.
func kill(t *testing.T, cmd *exec.Cmd, phase string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Phase string }
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Phase == phase {
			break
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func exitOf(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return 0
}

// results lists the digests of the results of a case: all files but the log,
// which tells of each run, the reports, which show the log, and the cache.
func results(t *testing.T, dir string) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(digests(t, dir)) {
		if !strings.HasPrefix(line, "log.jsonl") && !strings.HasPrefix(line, "report.") && !strings.HasPrefix(line, "cache/") {
			list = append(list, line)
		}
	}
	return strings.Join(list, "")
}
