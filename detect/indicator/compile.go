package indicator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vigie-project/vigie/detect/indicator/stixpattern"
)

// properties maps STIX properties, in the spelling of [stixpattern.Path.String],
// to the kinds of indicators. It has the standard ones and those that public
// feeds invented.
var properties = map[string]Kind{
	"domain-name:value":                      Domain,
	"hostname:value":                         Domain,
	"x-hostname:value":                       Domain,
	"network-traffic:dst_ref.value":          Domain, // an address or a name
	"network-traffic:src_ref.value":          Domain,
	"network-traffic:dst_ref.domain_name":    Domain,
	"url:value":                              URL,
	"ipv4-addr:value":                        Address,
	"ipv6-addr:value":                        Address,
	"ip-addr:value":                          Address,
	"email-addr:value":                       Email,
	"email-message:from_ref.value":           Email,
	"email-message:sender_ref.value":         Email,
	"user-account:account_login":             Email,
	"phone-number:value":                     Phone,
	"x-phone-number:value":                   Phone,
	"app:id":                                 App,
	"app:bundle_id":                          App,
	"app:package_name":                       App,
	"software:name":                          App,
	"file:path":                              Path,
	"directory:path":                         Path,
	"file:parent_directory_ref.path":         Path,
	"file:name":                              FileName,
	"process:name":                           Process,
	"process:binary_ref.name":                Process,
	"process:image_ref.name":                 Process,
	"process:binary_ref.path":                Path,
	"process:image_ref.path":                 Path,
	"process:path":                           Path,
	"configuration-profile:id":               Profile,
	"configuration-profile:uuid":             Profile,
	"android-property:name":                  Property,
	"x509-certificate:hashes.md5":            Certificate,
	"x509-certificate:hashes.sha1":           Certificate,
	"x509-certificate:hashes.sha256":         Certificate,
	"x509-certificate:hashes.sha512":         Certificate,
	"app:cert.md5":                           Certificate,
	"app:cert.sha1":                          Certificate,
	"app:cert.sha256":                        Certificate,
	"app:cert.sha512":                        Certificate,
	"app:hashes.md5":                         Hash,
	"app:hashes.sha1":                        Hash,
	"app:hashes.sha256":                      Hash,
	"file:hashes.md5":                        Hash,
	"file:hashes.sha1":                       Hash,
	"file:hashes.sha256":                     Hash,
	"file:hashes.sha512":                     Hash,
	"artifact:hashes.md5":                    Hash,
	"artifact:hashes.sha1":                   Hash,
	"artifact:hashes.sha256":                 Hash,
	"artifact:hashes.sha512":                 Hash,
	"process:binary_ref.hashes.md5":          Hash,
	"process:binary_ref.hashes.sha1":         Hash,
	"process:binary_ref.hashes.sha256":       Hash,
	"process:image_ref.hashes.sha256":        Hash,
	"file:content_ref.hashes.sha256":         Hash,
	"url:x_host":                             Domain,
	"x-android-property:name":                Property,
	"x-configuration-profile:id":             Profile,
	"email-message:from_ref.'email-address'": Email,
}

// propertyOf returns the kind of a path; a reference into a list counts as one
// to each of its members.
func propertyOf(p *stixpattern.Path) (Kind, bool) {
	s := p.String()
	if k, ok := properties[s]; ok {
		return k, true
	}
	s = strings.NewReplacer("[*]", "", "_refs.", "_ref.").Replace(s)
	k, ok := properties[s]
	return k, ok
}

// Reasons why a pattern cannot be used. They are words of the load report.
var (
	errUnsupported = errors.New("needs a property that no record has")
	errGeneral     = errors.New("pattern without any value that must be present")
	errMany        = errors.New("too many values")
)

// maxTriggers bounds the values of one pattern.
const maxTriggers = 50_000

// compilePattern reads a STIX pattern into an indicator. Notes says what parts
// of it cannot be used.
func compilePattern(text string) (in Indicator, notes []string, err error) {
	p, err := stixpattern.Parse(text)
	if err != nil {
		return in, nil, err
	}
	in.Value = text
	if p.Simple() && p.Leaves[0].Op == stixpattern.Compare {
		c := p.Leaves[0].Cmp
		if c.Op == stixpattern.Equal && !c.Not && c.Value.Kind == stixpattern.Text {
			kind, ok := propertyOf(&c.Path)
			if !ok {
				return in, nil, fmt.Errorf("%w: %s", errUnsupported, c.Path.String())
			}
			err = in.set(kind, c.Value.Text)
			return in, nil, err
		}
	}
	in.Kind = Pattern
	in.compound = &compound{pattern: p}
	notes, err = in.compound.plan()
	return in, notes, err
}

// set makes the indicator one of a value.
func (in *Indicator) set(kind Kind, value string) error {
	a, err := canonical(kind, value)
	in.Kind, in.Value, in.key, in.ExactOf = a.kind, a.value, a.key, a.exact
	return err
}

// plan finds for each leaf what must be present for it to be satisfied.
func (c *compound) plan() (notes []string, err error) {
	var missing []string
	usable := make([]bool, len(c.pattern.Leaves))
	for i, leaf := range c.pattern.Leaves {
		t := triggersOf(leaf)
		notes = append(notes, t.notes...)
		missing = append(missing, t.missing...)
		usable[i] = t.kinds != 0 && (t.positive || len(t.atoms) > 0) && (!t.bounded || len(t.atoms) > 0)
		if len(t.atoms) > maxTriggers {
			return notes, errMany
		}
		c.leaves = append(c.leaves, leafPlan{atoms: t.atoms, bounded: t.bounded, kinds: t.kinds})
	}
	if !possible(c.pattern.Root, usable) {
		switch {
		case len(missing) > 0:
			return notes, fmt.Errorf("%w: %s", errUnsupported, strings.Join(missing, ", "))
		case len(notes) > 0:
			return notes, errors.New(notes[0])
		}
		return notes, errGeneral
	}
	c.enough = c.pattern.Simple() && c.leaves[0].bounded && onlyOr(c.pattern.Leaves[0])
	return notes, nil
}

// possible reports whether an expression can be satisfied, given which leaves can.
func possible(o *stixpattern.Observed, usable []bool) bool {
	switch o.Op {
	case stixpattern.OneOf:
		return usable[o.Leaf]
	case stixpattern.AnyOf:
		return slices.ContainsFunc(o.Args, func(a *stixpattern.Observed) bool { return possible(a, usable) })
	}
	return !slices.ContainsFunc(o.Args, func(a *stixpattern.Observed) bool { return !possible(a, usable) })
}

// onlyOr reports whether a test is nothing but alternatives of equality.
func onlyOr(t *stixpattern.Test) bool {
	if t.Op == stixpattern.Compare {
		return true
	}
	return t.Op == stixpattern.Or && !slices.ContainsFunc(t.Args, func(a *stixpattern.Test) bool { return !onlyOr(a) })
}

// A triggers says what a test needs: if bounded, one of the atoms.
type triggers struct {
	atoms    []atom
	bounded  bool
	positive bool     // some comparison must hold of a value that is present
	kinds    uint32   // of the properties it looks at, one bit each
	missing  []string // properties that no record has
	notes    []string
}

// triggersOf reads a test. A conjunction needs any one of its operands, and the
// one with the fewest values is taken; a disjunction needs all of them.
func triggersOf(t *stixpattern.Test) (out triggers) {
	if t.Op == stixpattern.Compare {
		return comparisonTriggers(t.Cmp)
	}
	or := t.Op == stixpattern.Or
	out.bounded, out.positive = or, or
	for _, a := range t.Args {
		s := triggersOf(a)
		out.kinds |= s.kinds
		out.missing = append(out.missing, s.missing...)
		out.notes = append(out.notes, s.notes...)
		switch {
		case or:
			out.atoms = append(out.atoms, s.atoms...)
			out.bounded = out.bounded && s.bounded
			out.positive = out.positive && (s.positive || s.bounded)
		case s.bounded && (!out.bounded || len(s.atoms) < len(out.atoms)):
			out.atoms, out.bounded = s.atoms, true
			fallthrough
		default:
			out.positive = out.positive || s.positive
		}
	}
	return out
}

func comparisonTriggers(c *stixpattern.Comparison) (out triggers) {
	kind, ok := propertyOf(&c.Path)
	if !ok { // no value to compare: satisfied only if it must be absent
		out.missing = []string{c.Path.String()}
		out.bounded = !(c.Not && c.Op == stixpattern.Exists)
		return out
	}
	out.kinds = 1 << kind
	out.positive = !c.Not && c.Op != stixpattern.NotEqual && c.Op != stixpattern.Exists
	if c.Not || c.Op != stixpattern.Equal && c.Op != stixpattern.In {
		return out
	}
	literals := c.Set
	if c.Op == stixpattern.Equal {
		literals = []stixpattern.Literal{c.Value}
	}
	out.bounded = true
	for _, l := range literals {
		if l.Kind != stixpattern.Text {
			continue
		}
		a, err := canonical(kind, l.Text)
		if err != nil {
			out.notes = append(out.notes, err.Error())
			continue
		}
		out.atoms = append(out.atoms, a)
		out.kinds |= 1 << a.kind
	}
	return out
}
