package indicator

import (
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	if err := texts.Check(); err != nil {
		t.Error(err)
	}
	for h := how(1); h < numHow; h++ {
		if howNames[h] == "" || grades[h] == 0 || groups[h] == "" {
			t.Errorf("way %d to match has no name, grade or texts", h)
			continue
		}
		ids := []string{"confidence." + howNames[h], "title." + groups[h], "why." + groups[h], "next." + groups[h] + "1", "benign." + groups[h] + "1"}
		if counts[groups[h]] == 2 {
			ids = append(ids, "benign."+groups[h]+"2")
		}
		for _, id := range ids {
			if tx := texts.Text(id, nil); strings.Contains(tx.EN, "⟨") || strings.Contains(tx.FR, "⟨") {
				t.Errorf("text %s is missing", id)
			}
		}
	}
	for _, word := range []string{"clean", "infected", "safe ", "malicious"} {
		for _, code := range []string{"texts/en.toml"} {
			data, _ := textFiles.ReadFile(code)
			if strings.Contains(string(data), word) {
				t.Errorf("%s says %q", code, word)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, section := range []string{"system", "generic", "shared", "short"} {
		if len(names()[section]) < 20 {
			t.Errorf("section %s of names.txt has %d names", section, len(names()[section]))
		}
	}
}
