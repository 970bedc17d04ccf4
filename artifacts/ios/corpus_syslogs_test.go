package ios_test

import (
	"strings"
	"testing"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
)

// TestCorpusLogs compares records of logs with the figures of other tools.
func TestCorpusLogs(t *testing.T) {
	t.Parallel()
	const (
		plaso = "ios-logs/log2timeline+plaso/"
		logs  = "private/var/installd/Library/Logs/MobileInstallation/mobile_installation.log.0"
	)
	for _, c := range []struct {
		name   string
		parser *artifact.Parser
		device string // where the file is put
		file   string // in the corpus
		live   int
		have   []string
	}{
		// plaso takes the clock of the phone for UTC, and joins the lines of a message as we do.
		{"installation", &ios.InstallLog, logs, "ios_sysdiag.log", 28, []string{
			`"time":"2021-08-11T05:51:02","log":"mobile_installation","pid":176,"level":"err"`,
			`"writer":"+[MILaunchServicesDatabaseGatherer enumeratePluginKitPluginsInBundle:updatingPluginParentID:ensurePluginsAreExecutable:installProfiles:error:enumerator:]"`,
			`"event":"container made","app":"com.apple.CoreCDPUI.localSecretPrompt","path":"/private/var/mobile/Containers/Data/PluginKitPlugin/B327BDD9-BD0D-490A-9A31-D07E95DB23E1"`}},
		// The sample of plaso mixes logs of several daemons.
		{"containers", &ios.ContainerManagerLog, "private/var/root/Library/Logs/MobileContainerManager/containermanagerd.log.0", "ios_sysdiag.log", 28, []string{
			`"time":"2021-01-17T11:20:29","pid":66,"level":"notice","thread":"0x16d183000","writer":"_containermanagerd_init_block_invoke","event":"first boot"`,
			`"event":"boot"`}},
		{"privacy report", &ios.PrivacyReport, "private/var/mobile/Documents/App_Privacy_Report_v4.ndjson", "ios_app_privacy_report.ndjson", 72, []string{
			`"time":{"utc":"2022-04-27T14:53:24.555Z","rule":"text","zone":"offset"},"first":null,"type":"access","app":"com.apple.mobileslideshow","category":"photos","kind":"intervalBegin","access":"0E0134C2-8E0C-40AD-8620-099F6D9C0BEB"`,
			`"time":{"utc":"2022-04-27T14:59:33.17Z"`, `"app":"com.apple.mobilecal","domain":"calendars.icloud.com"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, live, _ := webRead(t, c.parser, c.device, plaso+c.file)
			if live != c.live {
				t.Errorf("%d records, want %d", live, c.live)
			}
			for _, text := range c.have {
				if !strings.Contains(lines, text) {
					t.Errorf("no record has %s", text)
				}
			}
		})
	}
}
