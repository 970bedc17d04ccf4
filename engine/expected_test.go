package engine_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
)

// TestExpectedList checks that each row names an artifact that reads its kind.
func TestExpectedList(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("expected.list")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]evidence.Kind{"backup": evidence.IOSBackup, "filesystem": evidence.IOSFilesystem, "sysdiagnose": evidence.IOSSysdiagnose}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		i := slices.IndexFunc(artifacts.Parsers, func(p *artifact.Parser) bool { return len(words) == 4 && p.ID == words[1] })
		if i < 0 {
			t.Errorf("%q names no artifact", line)
			continue
		}
		reads := func(in artifact.Pattern) bool { return in.Kinds&kinds[words[0]] != 0 }
		if !slices.ContainsFunc(artifacts.Parsers[i].Inputs, reads) || artifacts.Parsers[i].Private {
			t.Errorf("%s does not read %s, or only when asked to", words[1], words[0])
		}
	}
}

func TestExpect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind              evidence.Kind
		artifact, version string
		outcome           engine.Outcome
		want              bool
	}{
		{evidence.IOSSysdiagnose, "ios.shutdownsessions", "18.5", engine.Absent, true},
		{evidence.IOSSysdiagnose, "ios.shutdownsessions", "18.5", engine.Empty, true},
		{evidence.IOSSysdiagnose, "ios.shutdownsessions", "18.5", engine.Complete, false},
		{evidence.IOSSysdiagnose, "ios.shutdownsessions", "26.1", engine.Absent, false},
		{evidence.IOSSysdiagnose, "ios.shutdownsessions", "", engine.Absent, false},
		{evidence.IOSBackup, "ios.shutdownsessions", "18.5", engine.Absent, false},
		{evidence.IOSSysdiagnose, "ios.transparency", "15.8", engine.Absent, false},
		{evidence.IOSSysdiagnose, "ios.transparency", "16.0", engine.Absent, true},
		{evidence.IOSFilesystem, "ios.filesystem", "", engine.Empty, true},
		{evidence.IOSSysdiagnose, "ios.whatsapp", "18.5", engine.Absent, false},
	} {
		ledger := []engine.Coverage{{Source: "a", Artifact: c.artifact, Outcome: c.outcome}, {Source: "b", Artifact: c.artifact, Outcome: c.outcome}}
		engine.Expect(ledger, "a", c.kind, c.version)
		if (ledger[0].Reason == engine.ReasonExpected) != c.want || ledger[1].Reason != "" {
			t.Errorf("%+v: got %+v", c, ledger)
		}
	}
	ledger := []engine.Coverage{{Source: "a", Artifact: "ios.tcc", Outcome: engine.Absent, Reason: "x"}}
	if engine.Expect(ledger, "a", evidence.IOSSysdiagnose, "18.5"); ledger[0].Reason != "x" {
		t.Error("a reason was replaced")
	}
}
