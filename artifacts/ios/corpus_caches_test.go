package ios_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/artifacts/ios"
	"github.com/vigie-project/vigie/engine"
	"github.com/vigie-project/vigie/evidence"
)

// TestCorpusCaches looks for the caches of the web in the listings of two phones:
// their contents are not published. The figures were counted with grep; blobs and
// logs of databases are no inputs.
func TestCorpusCaches(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]int{
		"belkasoft-ctf6-ios-dev1": {"ios.cachedb": 72, "ios.httpstorages": 81, "ios.localstorage": 14, "ios.safarifavicon": 1, "ios.serviceworkerscripts": 1, "ios.urlsessions": 13,
			"ios.webkitcache": 2544, "ios.webkitstorage": 15, "ios.webkitsubresources": 90},
		"josh-hickman-ios15": {"ios.cachedb": 152, "ios.cachestorage": 1, "ios.httpstorages": 171, "ios.localstorage": 27, "ios.safarifavicon": 1,
			"ios.serviceworkerscripts": 1, "ios.urlsessions": 24, "ios.webkitcache": 2764, "ios.webkitstorage": 35, "ios.webkitsubresources": 25},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			err := ffsListing{t: t, file: name}.Entries(func(e *evidence.Entry) error {
				path := strings.Replace(e.Path, "filesystem2/", "private/var/", 1)
				for _, part := range []string{"/WebKit/", "/HTTPStorages/", "/com.apple.nsurlsessiond/", "/Favicons/", "/Cache.db"} {
					if strings.Contains(path, part) && strings.HasPrefix(path, "private/var/") {
						tree[path] = &fstest.MapFile{}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]int{}
			src := &evidence.Source{ID: "corpus", Kind: evidence.IOSFilesystem, FS: tree}
			for _, job := range engine.NewPlan(src, []*artifact.Parser{&ios.WebKitCache, &ios.WebKitSubresources, &ios.CacheStorage, &ios.LocalStorage,
				&ios.HTTPStorages, &ios.URLSessions, &ios.ServiceWorkerScripts, &ios.WebKitStorage, &ios.CacheDB, &ios.SafariFavicon}, nil).Jobs {
				got[job.Parser.ID] += len(job.Files)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
