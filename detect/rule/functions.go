package rule

import (
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
	"golang.org/x/net/publicsuffix"
)

// maxExpression bounds the text of a condition, in bytes.
const maxExpression = 20_000

// baseEnv returns the environment of all conditions: CEL, its strings library
// and these functions:
//
//	basename(path)        last element of a path
//	host(url)             host of a URL in lower case, without port; "" if none
//	site(url or host)     the part of a host that somebody registered, such as
//	                      "example.co.uk"; an address as it is
//	older(a, b)           whether version a, such as "17.4.1", comes before b
//	resembles(name, list) whether the name differs in one letter from a name in
//	                      the list of at least 5 letters, without being in it
var baseEnv = sync.OnceValues(func() (*cel.Env, error) {
	str, boolean := cel.StringType, cel.BoolType
	text := func(f func(string) string) cel.OverloadOpt {
		return cel.UnaryBinding(func(v ref.Val) ref.Val {
			return types.String(f(string(v.(types.String))))
		})
	}
	return cel.NewEnv(
		ext.Strings(),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.Function("basename", cel.Overload("basename_string", []*cel.Type{str}, str, text(baseName))),
		cel.Function("host", cel.Overload("host_string", []*cel.Type{str}, str, text(host))),
		cel.Function("site", cel.Overload("site_string", []*cel.Type{str}, str, text(site))),
		cel.Function("older", cel.Overload("older_string_string", []*cel.Type{str, str}, boolean,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				return types.Bool(older(string(a.(types.String)), string(b.(types.String))))
			}))),
		cel.Function("resembles", cel.Overload("resembles_string_list", []*cel.Type{str, cel.ListType(str)}, boolean,
			cel.BinaryBinding(func(name, list ref.Val) ref.Val {
				return resembles(string(name.(types.String)), list.(traits.Lister))
			}))),
	)
})

func baseName(p string) string {
	if p == "" {
		return ""
	}
	return path.Base(p)
}

// host returns the host of a URL that has a scheme and an authority.
func host(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if strings.HasPrefix(rest, "[") {
		rest, _, _ = strings.Cut(rest[1:], "]")
	} else {
		rest, _, _ = strings.Cut(rest, ":")
	}
	return strings.ToLower(strings.TrimSuffix(rest, "."))
}

func site(s string) string {
	h := strings.ToLower(s)
	if strings.Contains(s, "://") {
		h = host(s)
	}
	if _, err := netip.ParseAddr(h); err == nil {
		return h
	}
	if registered, err := publicsuffix.EffectiveTLDPlusOne(h); err == nil {
		return registered
	}
	return h
}

// older compares versions number by number; what is no number counts as 0.
func older(a, b string) bool {
	return slices.Compare(versionNumbers(a), versionNumbers(b)) < 0
}

// maxVersionNumbers bounds the numbers of a version that are compared.
const maxVersionNumbers = 6

func versionNumbers(v string) []int {
	var nums []int
	for part := range strings.SplitSeq(strings.TrimSpace(v), ".") {
		if len(nums) == maxVersionNumbers {
			break
		}
		n, _ := strconv.Atoi(part)
		nums = append(nums, n)
	}
	for len(nums) > 1 && nums[len(nums)-1] == 0 {
		nums = nums[:len(nums)-1]
	}
	return nums
}

const (
	minResembling = 5   // letters; shorter names resemble too much
	maxResembling = 100 // letters; longer names are not compared
)

func resembles(name string, list traits.Lister) ref.Val {
	if list.Contains(types.String(name)) == types.True || len(name) > maxResembling {
		return types.False
	}
	for it := list.Iterator(); it.HasNext() == types.True; {
		known, ok := it.Next().(types.String)
		if ok && len(known) >= minResembling && oneEdit(name, string(known)) {
			return types.True
		}
	}
	return types.False
}

// oneEdit reports whether one inserted, removed, changed or swapped byte makes
// a of b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) {
		return false
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
