package dumpsys

import (
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// A CompatChange is one change of behaviour of the service platform_compat. An
// override outlives the package it was set for: a package that is only in
// RawOverrides may have been installed once.
type CompatChange struct {
	Line             int
	ID               int64
	Name             string
	EnableSince      int // target SDK from which it is on; 0 if not recorded
	Disabled         bool
	Overridable      bool
	PackageOverrides []Pair // package and value, those in force
	RawOverrides     []Pair // package and value, all that were set
	Other            []string
}

// CompatChanges yields the changes of the section of the service platform_compat.
func CompatChanges(text iter.Seq[lines.Line]) iter.Seq2[CompatChange, error] {
	return func(yield func(CompatChange, error) bool) {
		r := report{service: "platform_compat"}
		for l := range r.watch(text) {
			line := strings.TrimSpace(l.String())
			inner, ok := strings.CutPrefix(line, "ChangeId(")
			if !ok {
				if line != "" && !strings.HasPrefix(line, "DUMP OF SERVICE") && !strings.HasPrefix(line, "---------") {
					r.unknown(l.Number, line)
				}
				continue
			}
			r.found = true
			c := CompatChange{Line: l.Number}
			for i, part := range strings.Split(strings.TrimSuffix(inner, ")"), "; ") {
				c.part(i, part)
			}
			if !yield(c, nil) {
				return
			}
		}
		finish(&r, "\"ChangeId\"", yield)
	}
}

func (c *CompatChange) part(i int, part string) {
	key, value, _ := strings.Cut(part, "=")
	switch {
	case i == 0:
		c.ID = number(part)
	case key == "name":
		c.Name = value
	case key == "enableSinceTargetSdk" || key == "enableAfterTargetSdk":
		c.EnableSince = int(number(value))
	case part == "disabled":
		c.Disabled = true
	case part == "overridable":
		c.Overridable = true
	case key == "packageOverrides":
		c.PackageOverrides = overrides(value)
	case key == "rawOverrides":
		c.RawOverrides = overrides(value)
	default:
		c.Other = append(c.Other, part)
	}
}

func overrides(list string) (all []Pair) {
	list = strings.TrimSuffix(strings.TrimPrefix(list, "{"), "}")
	for k, v := range Pairs(list) {
		if k == "" {
			k, v = v, ""
		}
		all = append(all, Pair{k, v})
	}
	return all
}
