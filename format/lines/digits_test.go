package lines

import "testing"

func TestDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "2025-02-11": "2025-02-11", "٢٠٢٥-٠٢-١١": "2025-02-11", "۲۰۲۵": "2025", "२०२५": "2025", "a五": "a五",
	} {
		if got := Digits(text); got != want {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}
