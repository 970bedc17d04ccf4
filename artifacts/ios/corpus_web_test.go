package ios_test

import (
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// The parts of the corpus that the test below reads, and where it puts them.
const (
	webBackup  = "ios-backup/mvt-project+mvt/ios_backup/"
	webPlaso   = "browser/log2timeline+plaso/"
	webImages  = "ios-ffs/abrignoni+iLEAPP/images/"
	webApps    = "private/var/mobile/Containers/Data/Application/"
	webChrome  = webApps + "com.google.chrome.ios/Library/Application Support/Google/Chrome/Default/History"
	webSafari  = webImages + "mvs_ios_2023/" + webApps + "E9C94D39-5066-4556-8EB9-2DFE28104A2A/Library/Caches/com.apple.mobilesafari/"
	webDiscord = webImages + "josh_ios15_ffs/filesystem2/mobile/Containers/Data/Application/FC296D69-95CC-448D-8C8B-BBCFADD48A2F/Library/Caches/com.hammerandchisel.discord/"
	webBurner  = webImages + "josh_ios15_ffs/filesystem2/mobile/Containers/Data/Application/43637BC0-E3FA-4375-9A56-B85713075C0D/Library/Caches/com.adhoclabs.burner/"
)

// TestCorpusWeb compares live records with the figures published with the files
// or by other tools.
func TestCorpusWeb(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		parser *artifact.Parser
		device string   // where the file is put; companions and the folder fsCachedData go beside it
		file   string   // in the corpus
		live   int      // records
		have   []string // texts that some record has
	}{
		// plaso: 25 visits; 6 tombstones were counted with SQLite.
		{"safari history", &ios.SafariHistory, "private/var/mobile/Library/Safari/History.db", "ios-artifacts/log2timeline+plaso/safari/History.db", 25,
			[]string{`"visited":{"utc":"2017-11-09T21:24:28.829571Z",`, `"url":"http://facebook.com/"`}},
		{"safari tombstones", &ios.SafariTombstones, "private/var/mobile/Library/Safari/History.db", "ios-artifacts/log2timeline+plaso/safari/History.db", 6, nil},
		{"browser state", &ios.SafariBrowserState, "private/var/mobile/Library/Safari/BrowserState.db", webBackup + "3a/3a47b0981ed7c10f3e2800aa66bac96a3b5db28e", 1,
			[]string{`"url":"https://en.wikipedia.org/wiki/NSO_Group"`}},
		{"load statistics", &ios.ResourceLoadStatistics, webApps + "com.google.chrome.ios/Library/WebKit/WebsiteData/ResourceLoadStatistics/observations.db",
			webBackup + "6e/6e9d0cb750a70e7fa10943c134a5f021dab327e7", 2, []string{`"interacted":{"utc":"2021-10-18T12:27:10.76862Z"`, `"interacted":null,"pushed":null,"domain":"gstatic.com"`}},
		{"load relations", &ios.ResourceLoadRelations, webApps + "com.google.chrome.ios/Library/WebKit/WebsiteData/ResourceLoadStatistics/observations.db",
			webBackup + "6e/6e9d0cb750a70e7fa10943c134a5f021dab327e7", 0, nil},
		// plaso has 71 events: 69 visits, which MVT counts too, and 2 downloads.
		{"chrome 8", &ios.ChromeHistory, webChrome, webPlaso + "chrome/History", 69, []string{`"visited":{"utc":"2011-04-07T12:03:11Z"`, `"url":"http://start.ubuntu.com/10.04/Google/"`}},
		{"chrome 8 downloads", &ios.ChromeDownloads, webChrome, webPlaso + "chrome/History", 2, []string{`"started":{"utc":"2011-05-23T08:35:30Z"`, `funcats_scr.exe`}},
		{"chrome 57", &ios.ChromeHistory, webChrome, webPlaso + "chrome/History-57.0.2987.133", 1, []string{`"visited":{"utc":"2018-01-21T14:09:53.885478Z"`}},
		{"chrome 57 downloads", &ios.ChromeDownloads, webChrome, webPlaso + "chrome/History-57.0.2987.133", 1,
			[]string{`"started":{"utc":"2018-01-21T14:09:53.900399Z"`, `"ended":{"utc":"2018-01-21T14:09:54.858738Z"`}},
		{"chrome 59, another column", &ios.ChromeHistory, webChrome, webPlaso + "chrome/History-59_added-fake-column", 1, []string{`"visited":{"utc":"2018-01-21T14:08:52.037692Z"`}},
		// A desktop file, in microseconds: one visit, and 91 pages without one.
		{"firefox", &ios.FirefoxHistory, "private/var/mobile/Containers/Shared/AppGroup/group.org.mozilla.ios.Firefox/profile.profile/places.db",
			webPlaso + "firefox/places.sqlite", 92, []string{`"visited":{"utc":"2011-07-01T11:16:21.371935Z"`}},
		// iLEAPP has the same number of rows for Safari (1) and Discord (65).
		{"safari cache", &ios.CacheDB, webApps + "A/Library/Caches/com.apple.mobilesafari/Cache.db", webSafari + "Cache.db", 1,
			[]string{`"stored":{"utc":"2022-11-21T20:22:02Z"`, `"size":124730`, `"type":"text/xml"`, `"method":"GET","status":200`}},
		// plaso has the address of the attachment in a body.
		{"discord cache", &ios.CacheDB, webApps + "B/Library/Caches/discord/Cache.db", webDiscord + "Cache.db", 65,
			[]string{`"https://media.discordapp.net/attachments/622810296226152474/1041012392089370735/IMG_1953.jpg"`}},
		{"burner cache", &ios.CacheDB, webApps + "C/Library/Caches/burner/Cache.db", webBurner + "Cache.db", 39, []string{`"url":"https://api2.amplitude.com/"`, `"method":"POST"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, live, recovered := webRead(t, c.parser, c.device, c.file)
			if live != c.live {
				t.Errorf("%d live records, want %d", live, c.live)
			}
			for _, text := range c.have {
				if !strings.Contains(lines, text) {
					t.Errorf("no record has %s", text)
				}
			}
			t.Logf("%d logged or deleted", recovered)
		})
	}
}

// webRead parses a file of the corpus and returns its live records in JSON. An
// error of the parser fails the test.
func webRead(t *testing.T, p *artifact.Parser, device, rel string) (lines string, live, recovered int) {
	t.Helper()
	tree := fstest.MapFS{}
	put := func(device, name string) {
		if data, err := os.ReadFile(name); err == nil {
			tree[device] = &fstest.MapFile{Data: data}
		}
	}
	name := testdata.Path(t, rel)
	put(device, name)
	put(device+"-wal", name+"-wal")
	cached := strings.TrimSuffix(name, path.Base(rel)) + "fsCachedData"
	if files, err := os.ReadDir(cached); err == nil {
		for _, f := range files {
			put(path.Dir(device)+"/fsCachedData/"+f.Name(), cached+"/"+f.Name())
		}
	}
	src := &evidence.Source{ID: "corpus", Kind: evidence.IOSFilesystem, FS: tree}
	var b []byte
	for rec, err := range engine.Parse(t.Context(), src, p, engine.PlannedFile{Path: device, Size: int64(len(tree[device].Data))}, nil) {
		if err != nil {
			t.Error(err)
			continue
		}
		if rec.Origin.State != record.Live {
			recovered++
			continue
		}
		live++
		if b, err = rec.AppendJSON(b); err != nil {
			t.Fatal(err)
		}
		b = append(b, '\n')
	}
	return string(b), live, recovered
}
