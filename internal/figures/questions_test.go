package figures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vigie-project/vigie/detect"
	"github.com/vigie-project/vigie/evidence"
	"github.com/vigie-project/vigie/internal/testdata"
	"github.com/vigie-project/vigie/record"
)

// A question asks what Vigie makes of an acquisition; the answer is a text.
type question func(t testing.TB, o *outcome) string

// An answer accounts for one claim of a peer's test.
type answer struct {
	says string // the claim, up to " == " or " is "; or all of it
	ours question
	want string // ours, where it differs or where the claim has no value
	why  string // why ours differs on purpose
	test string // the test elsewhere that has it
	out  string // why the claim is no concern of Vigie
}

// where reads conditions "field=value".
func where(conditions []string) map[string]string {
	m := map[string]string{}
	for _, c := range conditions {
		k, v, _ := strings.Cut(c, "=")
		m[k] = v
	}
	return m
}

// count asks for the number of live records whose fields have given values.
func count(id string, conditions ...string) question {
	return func(t testing.TB, o *outcome) string { return strconv.Itoa(len(o.rows(t, id, where(conditions)))) }
}

// field asks for a field of the first live record that meets a condition.
func field(id, condition, path string) question {
	return func(t testing.TB, o *outcome) string {
		var c []string
		if condition != "" {
			c = append(c, condition)
		}
		rows := o.rows(t, id, where(c))
		if len(rows) == 0 {
			t.Errorf("no record of %s with %s", id, condition)
			return ""
		}
		return at(rows[0], path)
	}
}

// line asks for the line of the first live record that meets a condition, as
// timelines show it.
func line(id string, n int) question {
	return func(t testing.TB, o *outcome) string {
		if live := o.live(id); n < len(live) {
			return record.Line(live[n].Data.String())
		}
		return ""
	}
}

// instants asks for the number of entries in the timeline.
func instants(ids ...string) question {
	return func(t testing.TB, o *outcome) string {
		n := 0
		for _, id := range ids {
			n += o.instants(t, id)
		}
		return strconv.Itoa(n)
	}
}

// judged asks which rules find something in an artifact.
func judged(id string) question {
	return func(t testing.TB, o *outcome) string { return strconv.Itoa(len(o.judge(t, id))) }
}

// rule asks for the grade of the finding of a rule.
func grade(id, rule string) question {
	return func(t testing.TB, o *outcome) string {
		for _, f := range o.judge(t, id) {
			if f.Detector == "rule/"+rule {
				return f.Grade.String()
			}
		}
		return ""
	}
}

// matched asks how many records an indicator meets. A record with the value in
// two fields counts once.
func matched(id, property, value string) question {
	return func(t testing.TB, o *outcome) string {
		return strconv.Itoa(len(exhibits(o.match(t, id, property, value))))
	}
}

// exhibit asks for a field of the record that an indicator meets.
func exhibit(id, property, value, path string) question {
	return func(t testing.TB, o *outcome) string {
		for _, data := range exhibits(o.match(t, id, property, value)) {
			if _, v, ok := strings.Cut(data, `"`+path+`":"`); ok {
				v, _, _ = strings.Cut(v, `"`)
				return v
			}
		}
		return ""
	}
}

func exhibits(found []detect.Finding) (list []string) {
	seen := map[string]bool{}
	for _, f := range found {
		for _, e := range f.Exhibits {
			if key := e.Origin.String() + string(e.Data); !seen[key] {
				seen[key] = true
				list = append(list, string(e.Data))
			}
		}
	}
	return list
}

// noted asks whether opening the acquisition left a note.
func noted(code string) question {
	return func(_ testing.TB, o *outcome) string {
		for _, n := range o.source.Notes {
			if n.Code == code {
				return "yes"
			}
		}
		return "no"
	}
}

// content asks for the length of a file and its first bytes.
func content(name string, first int) question {
	return func(t testing.TB, o *outcome) string {
		f, err := o.source.Open(name)
		if err != nil {
			return err.Error()
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %s", len(data), data[:min(first, len(data))])
	}
}

// refused asks which error opening an acquisition with a password gives.
func refused(rel, password string) question {
	return func(t testing.TB, _ *outcome) string {
		opt := evidence.Options{}
		if password != "" {
			opt.Password = func() ([]byte, error) { return []byte(password), nil }
		}
		list, err := evidence.Open(context.Background(), testdata.Path(t, rel), opt)
		for _, s := range list {
			s.Close()
		}
		switch {
		case errors.Is(err, evidence.ErrPasswordRequired):
			return "password required"
		case errors.Is(err, evidence.ErrWrongPassword):
			return "wrong password"
		}
		return fmt.Sprint(err)
	}
}

// found asks what is found in a folder above the acquisition.
func found(rel string) question {
	return func(t testing.TB, o *outcome) string {
		list, err := evidence.Open(context.Background(), testdata.Path(t, rel), evidence.Options{})
		if err != nil {
			return err.Error()
		}
		defer list[0].Close()
		return list[0].Device.Build
	}
}

var (
	peerDate = regexp.MustCompile(`^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.0+)?$`)
	peerText = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)
)

// claim splits a claim of a peer into what it is about and the value it must
// have, as a question would answer it.
func claim(text string) (says, value string) {
	says, value, ok := strings.Cut(text, " == ")
	if !ok {
		if says, value, ok = strings.Cut(text, " is "); !ok || !strings.Contains("None True False", value) {
			return text, ""
		}
	}
	switch value = strings.TrimSpace(value); {
	case value == "None":
		return says, ""
	case value == "True", value == "False":
		return says, strings.ToLower(value)
	case strings.HasPrefix(value, "(") || strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'"):
		var b bytes.Buffer
		for _, m := range peerText.FindAllStringSubmatch(value, -1) {
			b.WriteString(m[1] + m[2])
		}
		value = b.String()
	}
	if m := peerDate.FindStringSubmatch(value); m != nil {
		value = m[1] + "T" + m[2]
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil && strings.HasSuffix(value, ".0") {
		value = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return says, value
}

// short returns the name of a peer's test without folders and classes.
func short(test string) string {
	parts := strings.Split(test, "::")
	return path.Base(parts[0]) + "::" + parts[len(parts)-1]
}

// settle accounts for one claim by the answers to a test.
func settle(t *testing.T, o func() *outcome, test, text string, answers []answer) verdict {
	t.Helper()
	says, value := claim(text)
	for i := range answers {
		a := &answers[i]
		if a.says != says && a.says != text {
			continue
		}
		switch {
		case a.out != "":
			return outside
		case a.test != "":
			return by(t, a.test)
		case a.says == text && a.why == "":
			value = a.want
		}
		return compare(t, test+": "+says, a.ours(t, o()), a.want, value, a.why)
	}
	return unsettled
}
