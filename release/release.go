// Package release knows which versions of iOS there are: builds, days of
// publication, and which models get updates. It is data with a date, which grows
// old: [Date] says of when it is.
package release

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Version is a published version of iOS.
type Version struct {
	Name      string    // such as "18.7.2"
	Builds    []string  // such as "22H124"
	Published time.Time // day in UTC; zero if it is not known
}

//go:embed ios.list
var iosList string

// data is what a list says.
type data struct {
	date     time.Time
	versions []Version
	updated  []string          // branches that get updates
	last     map[string]string // by the part of a model before the comma
}

// ios returns the list of iOS. It is a part of the program: a line that cannot be
// read is a fault of it, which the tests find.
var ios = sync.OnceValue(func() *data {
	d, err := parse(iosList)
	if err != nil {
		panic(err)
	}
	return d
})

// parse reads a list. Lines begin with a version, or with "list", "updated" or
// "last".
func parse(text string) (*data, error) {
	d := &data{last: map[string]string{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := d.line(words); err != nil {
			return nil, fmt.Errorf("read releases: line %d: %w", n, err)
		}
	}
	return d, nil
}

func (d *data) line(words []string) (err error) {
	switch {
	case words[0] == "list" && len(words) == 2:
		d.date, err = time.Parse(time.DateOnly, words[1])
	case words[0] == "updated":
		d.updated = words[1:]
	case words[0] == "last" && len(words) == 3:
		d.last[words[1]] = words[2]
	case len(words) == 3 && numbers(words[0]) != nil:
		v := Version{Name: words[0], Builds: strings.Split(words[1], "/")}
		if words[2] != "-" {
			v.Published, err = time.Parse(time.DateOnly, words[2])
		}
		d.versions = append(d.versions, v)
	default:
		return fmt.Errorf("%q is not understood", strings.Join(words, " "))
	}
	return err
}

// Date returns the day of the list of versions, in UTC.
func Date() time.Time { return ios().date }

// IOS returns the version of a build such as "22H124", false if the list does not
// have it. That says nothing about the build: the list has gaps.
func IOS(build string) (Version, bool) {
	for _, v := range ios().versions {
		for _, b := range v.Builds {
			if strings.EqualFold(b, build) {
				return v, true
			}
		}
	}
	return Version{}, false
}

// Updated returns the branches that got updates within the year before the list,
// such as "18".
func Updated() []string { return append([]string(nil), ios().updated...) }

// Newest returns the newest version that a model such as "iPhone9,3" could have
// at a time, or at the date of the list if it is zero. Of what is no iPhone it is
// the newest of the branch of version. A version whose day is not known counts from
// the date of the list on. It returns false if there is none.
func Newest(model, version string, at time.Time) (Version, bool) {
	d := ios()
	family, _, _ := strings.Cut(model, ",")
	branch := d.last[family]
	phone := strings.HasPrefix(model, "iPhone")
	if at.IsZero() {
		at = d.date
	}
	var newest Version
	for _, v := range d.versions {
		of := Branch(v.Name)
		switch {
		case phone && branch != "" && less(branch, of), !phone && of != Branch(version):
			continue
		case v.Published.IsZero() && at.Before(d.date), v.Published.After(at):
			continue
		}
		newest = v
	}
	return newest, newest.Name != ""
}

// Gets reports whether a model such as "iPhone9,3" got updates within the year
// before the list. Models that it does not know are taken to get them.
func Gets(model string) bool {
	family, _, _ := strings.Cut(model, ",")
	branch, ok := ios().last[family]
	if !ok {
		return true
	}
	for _, b := range ios().updated {
		if b == branch {
			return true
		}
	}
	return false
}

// Branch returns the first number of a version: "18" of "18.7.2".
func Branch(version string) string {
	branch, _, _ := strings.Cut(version, ".")
	return branch
}

// Older reports whether version a comes before b, by their numbers; "18" is
// "18.0". It returns false if one is no version.
func Older(a, b string) bool { return less(a, b) }

func less(a, b string) bool {
	x, y := numbers(a), numbers(b)
	if x == nil || y == nil {
		return false
	}
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			m = x[i]
		}
		if i < len(y) {
			n = y[i]
		}
		if m != n {
			return m < n
		}
	}
	return false
}

// maxNumbers bounds the numbers of a version.
const maxNumbers = 8

// numbers returns the numbers of a version, nil if it is none.
func numbers(version string) (list []int) {
	for i, word := range strings.Split(version, ".") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || i == maxNumbers {
			return nil
		}
		list = append(list, n)
	}
	return list
}
