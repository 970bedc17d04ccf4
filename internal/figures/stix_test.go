package figures

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect/indicator"
	"github.com/vigie-project/vigie/internal/testdata"
)

const (
	asWritten = "an address or a URL that is written as a domain, and a path that is written as a name, are what they are here"
	threats   = "an indicator without a tool is named by its campaign, or not at all"
)

// collections are MVT's lists of indicators, as kinds of ours.
var collections = map[string]string{
	"domains": "domain-name:value", "urls": "url:value", "processes": "process:name", "emails": "email-addr:value",
	"file_names": "file:name", "file_paths": "file:path", "files_sha256": "file:hashes.sha256", "app_ids": "app:id",
	"ios_profile_ids": "configuration-profile:id", "android_property_names": "android-property:name",
}

// regrouped are lists of MVT's that together hold the same as kinds of ours.
var regrouped = map[string][2][]string{
	"domains":    {{"domains", "urls"}, {"domain-name:value", "url:value", "ipv4-addr:value"}},
	"file_names": {{"file_names", "file_paths"}, {"file:name", "file:path"}},
}

// accountSTIX accounts for the figures about bundles of indicators.
func accountSTIX(t *testing.T, e *expectation) verdict {
	f, err := os.Open(testdata.Path(t, e.File))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	feed, r, err := indicator.Load(e.File, f, indicator.Meta{})
	if err != nil {
		t.Errorf("%s: %v", e.File, err)
	}
	switch {
	case e.Test == "json objects by type":
		var census map[string]int
		if err := json.Unmarshal(e.Expectation, &census); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, n := range census {
			total += n
		}
		v := compareCount(t, e.File+" objects", r.Objects, total)
		return max(v, compareCount(t, e.File+" indicators", r.Accepted, census["indicator"]))
	case strings.HasPrefix(e.text(), "peer CRASHES"):
		return compare(t, e.File, strconv.Itoa(r.Accepted), "25", "none", "here the bundle is read")
	case e.Test == "Indicators.load_indicators_files":
		var lists []map[string]any
		if err := json.Unmarshal(e.Expectation, &lists); err != nil {
			t.Fatal(err)
		}
		return accountLists(t, e.File, feed, r, lists)
	}
	says, value := claim(e.text())
	want, _ := strconv.Atoi(value)
	key := strings.TrimSuffix(strings.TrimPrefix(says, `len(ind.ioc_collections[0]["`), `"])`)
	switch {
	case says == "len(ind.ioc_collections)": // one named threat
		return compareCount(t, e.File, len(threatsOf(feed)), want)
	case says == `ind.ioc_collections[0]["count"]`:
		return compareCount(t, e.File, r.Accepted, want)
	case collections[key] != "":
		return compareCount(t, e.File+" "+key, r.ByType[collections[key]], want)
	}
	return unsettled
}

// accountLists compares the collections that MVT makes of a bundle.
func accountLists(t *testing.T, file string, feed *indicator.Feed, r *indicator.Report, lists []map[string]any) verdict {
	peer := map[string]int{}
	var names []string
	for _, l := range lists {
		for key, v := range l {
			if n, ok := v.(float64); ok {
				peer[key] += int(n)
			}
		}
		if l["count"] != 0.0 {
			names = append(names, l["name"].(string))
		}
	}
	total := compareCount(t, file+" indicators", r.Accepted, peer["count"])
	for key, kind := range collections {
		got, want, v := r.ByType[kind], peer[key], equal
		if group, ok := regrouped[key]; ok && got != want {
			got, want = 0, 0
			for _, k := range group[0] {
				want += peer[k]
			}
			for _, k := range group[1] {
				got += r.ByType[k]
			}
			v = differs // see asWritten: the sums are the same
		} else if slices.Contains([]string{"urls", "file_paths"}, key) {
			continue // compared with the others of their group
		}
		if compareCount(t, file+" "+key, got, want) != equal {
			t.Log(asWritten)
			return unsettled
		}
		total = max(total, v)
	}
	if got, want := strings.Join(threatsOf(feed), ", "), strings.Join(names, ", "); want == "Default collection" {
		total = max(total, compare(t, file, got, got, want, threats))
	} else {
		total = max(total, compare(t, file, got, "", want, ""))
	}
	return total
}

// threatsOf returns the names that the indicators of a feed have.
func threatsOf(feed *indicator.Feed) (names []string) {
	for i := range feed.Indicators {
		names = append(names, feed.Indicators[i].Details.Threat)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func compareCount(t *testing.T, what string, got, want int) verdict {
	t.Helper()
	return compare(t, what, strconv.Itoa(got), "", strconv.Itoa(want), "")
}
