package release

import (
	"slices"
	"testing"
	"time"
)

func TestIOS(t *testing.T) {
	t.Parallel()
	for build, want := range map[string]string{"22H124": "18.7.2", "19a346": "15.0", "23B85": "26.1", "99Z1": ""} {
		if v, ok := IOS(build); v.Name != want || ok != (want != "") {
			t.Errorf("%s: got %q %v, want %q", build, v.Name, ok, want)
		}
	}
}

// TestList checks the list: each version once and in order, builds of one form,
// days that do not go back within a branch.
func TestList(t *testing.T) {
	t.Parallel()
	builds := map[string]bool{}
	list := ios().versions
	for i, v := range list {
		for _, b := range v.Builds {
			if builds[b] || len(b) < 5 {
				t.Errorf("%s: build %s is there twice or is none", v.Name, b)
			}
			builds[b] = true
		}
		if i == 0 {
			continue
		}
		before := list[i-1]
		if !Older(before.Name, v.Name) {
			t.Errorf("%s does not come after %s", v.Name, before.Name)
		}
		if Branch(before.Name) == Branch(v.Name) && !v.Published.IsZero() && v.Published.Before(before.Published) {
			t.Errorf("%s was published before %s", v.Name, before.Name)
		}
		if v.Published.After(Date()) {
			t.Errorf("%s was published after the list", v.Name)
		}
	}
	if len(list) < 100 || Date().IsZero() {
		t.Errorf("%d versions of %v", len(list), Date())
	}
	for family, branch := range ios().last {
		if _, ok := Newest(family+",1", "", time.Time{}); !ok {
			t.Errorf("%s: no version of branch %s", family, branch)
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct{ model, version, at, want string }{
		{"iPhone9,3", "15.3.1", "", "15.8.8"},
		{"iPhone9,3", "14.3", "2022-02-20", "15.3.1"},
		{"iPhone10,1", "15.3.1", "2022-02-20", "15.3.1"},
		{"iPhone14,2", "18.6.2", "", "26.6.1"},
		{"iPhone14,2", "18.6.2", "2025-08-31", "18.6.2"},
		{"iPhone12,1", "26.1", "2025-12-31", "26.2"},
		{"iPhone11,8", "18.1", "", "18.7.10"},
		{"iPad13,1", "16.1", "", "16.7.16"}, // of its branch
		{"iPhone99,1", "26.1", "", "26.6.1"},
		{"iPhone7,2", "12.5.5", "", "12.5.7"},
		{"iPad13,1", "9.1", "", ""},
	} {
		if v, _ := Newest(c.model, c.version, day(c.at)); v.Name != c.want {
			t.Errorf("%s of %s: got %q, want %q", c.model, c.at, v.Name, c.want)
		}
	}
}

func TestGets(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]bool{"iPhone7,2": false, "iPhone9,3": true, "iPhone18,1": true, "iPad1,1": true, "": true} {
		if Gets(model) != want {
			t.Errorf("%s: got %v", model, !want)
		}
	}
	if !slices.Contains(Updated(), "26") {
		t.Error(Updated())
	}
}

func TestOlder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{{"18", "18.0.1", true}, {"18", "18.0", false}, {"9.3", "15.0", true}, {"x", "15.0", false}, {"15.0", "", false}, {"1.1.1.1.1.1.1.1.1", "2", false}} {
		if Older(c.a, c.b) != c.want {
			t.Errorf("%s, %s: got %v", c.a, c.b, !c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(iosList)
	f.Add("list x\n1.0 A -\nlast a\n")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parse(text); err == nil && d == nil {
			t.Error("no data")
		}
	})
}
