package catalogue_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vigie-project/vigie/catalogue"
	"github.com/vigie-project/vigie/lang"
)

func files(en, fr string) fstest.MapFS {
	return fstest.MapFS{
		"texts/en.toml": {Data: []byte(en)},
		"texts/fr.toml": {Data: []byte(fr)},
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	c := catalogue.New(files(
		"hello = \"Hello {{.Name}} <b>\"\n[hits]\none = \"{{.Count}} record\"\nother = \"{{.Count}} records\"\n",
		"hello = \"Bonjour {{.Name}} <b>\"\n[hits]\none = \"{{.Count}} fait\"\nother = \"{{.Count}} faits\"\n"))
	tests := []struct {
		id   string
		data map[string]any
		want lang.Text
	}{
		{"hello", map[string]any{"Name": "A&B"}, lang.Text{EN: "Hello A&B <b>", FR: "Bonjour A&B <b>"}},
		{"hits", map[string]any{"Count": 1}, lang.Text{EN: "1 record", FR: "1 fait"}},
		{"hits", map[string]any{"Count": 0}, lang.Text{EN: "0 records", FR: "0 fait"}},
		{"hits", map[string]any{"Count": 7}, lang.Text{EN: "7 records", FR: "7 faits"}},
		{"absent", nil, lang.Text{EN: "⟨absent⟩", FR: "⟨absent⟩"}},
	}
	for _, tt := range tests {
		if got := c.Text(tt.id, tt.data); got != tt.want {
			t.Errorf("Text(%q, %v) = %+v, want %+v", tt.id, tt.data, got, tt.want)
		}
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestTextWithoutFiles(t *testing.T) {
	t.Parallel()
	c := catalogue.New(fstest.MapFS{})
	if got := c.Text("x", nil); got.EN != "⟨x⟩" || got.FR != "⟨x⟩" {
		t.Errorf("Text = %+v", got)
	}
	if c.Check() == nil {
		t.Error("Check accepts a catalogue without files")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, en, fr, want string }{
		{"missing", `a = "x"`, `b = "x"`, "text a is missing"},
		{"placeholder", `a = "{{.X}}"`, `a = "{{.Y}}"`, "placeholders"},
		{"empty", `a = " "`, `a = "x"`, "empty"},
		{"apostrophe", `a = "x"`, `a = "l'un"`, "apostrophe"},
		{"space", `a = "x?"`, `a = "x ?"`, "narrow space"},
		{"colon", `a = "x: y"`, `a = "x : y"`, "no-break space"},
	}
	for _, tt := range tests {
		err := catalogue.New(files(tt.en, tt.fr)).Check()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Check = %v, want %q", tt.name, err, tt.want)
		}
	}
	ok := files(`a = "x: {{.U}}; y"`, "a = \"x\u00a0: {{.U}}\u202f; « y »\"")
	if err := catalogue.New(ok).Check(); err == nil {
		t.Error("ordinary spaces inside « » are accepted")
	}
}
