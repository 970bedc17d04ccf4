package rule

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// compiledKept is a value that observations of a step carry.
type compiledKept struct {
	name  string // "step.name", as conditions have it
	typ   *cel.Type
	value map[string]*program // by artifact
}

// keptTypes are the types that a kept value may have.
var keptTypes = []*cel.Type{cel.StringType, cel.IntType, cel.DoubleType, cel.BoolType, cel.TimestampType}

// errNull says that a kept value is null.
var errNull = errors.New("value is null")

// keptText returns a value as observations carry it.
func keptText(v ref.Val) (string, error) {
	switch v := v.(type) {
	case types.String:
		return string(v), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Double:
		return strconv.FormatFloat(float64(v), 'g', -1, 64), nil
	case types.Bool:
		return strconv.FormatBool(bool(v)), nil
	case types.Timestamp:
		return v.UTC().Format(time.RFC3339Nano), nil
	case types.Null:
		return "", errNull
	}
	return "", fmt.Errorf("keep value: its type is %s", v.Type().TypeName())
}

// keptValue reads what [keptText] wrote.
func keptValue(typ *cel.Type, text string) (ref.Val, error) {
	switch typ {
	case cel.IntType:
		n, err := strconv.ParseInt(text, 10, 64)
		return types.Int(n), err
	case cel.DoubleType:
		x, err := strconv.ParseFloat(text, 64)
		return types.Double(x), err
	case cel.BoolType:
		b, err := strconv.ParseBool(text)
		return types.Bool(b), err
	case cel.TimestampType:
		t, err := time.Parse(time.RFC3339Nano, text)
		return types.Timestamp{Time: t}, err
	}
	return types.String(text), nil
}

// texts returns the kept values of a record; errNull if one is null.
func keptTexts(kept []compiledKept, artifact string, a *activation) (texts []string, err error) {
	for _, k := range kept {
		v, err := k.value[artifact].eval(a)
		if err != nil {
			return nil, err
		}
		text, err := keptText(v)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// A comparison is a condition on values of several records.
type comparison struct {
	cel   cel.Program
	lists map[string]ref.Val
}

// compare compiles a condition on kept values, those of its step and of the
// steps before.
func (c *compiler) compare(cond Condition, lists map[string]ref.Val, kept []compiledKept) (*comparison, error) {
	env, err := baseEnv()
	var opts []cel.EnvOption
	for name := range lists {
		opts = append(opts, cel.Variable(name, cel.ListType(cel.StringType)))
	}
	for _, k := range kept {
		opts = append(opts, cel.Variable(k.name, k.typ))
	}
	if err == nil {
		env, err = env.Extend(opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare comparison: %w", err)
	}
	prog, _, err := newProgram(env, cond.Text, wantBool)
	if err != nil {
		return nil, err
	}
	return &comparison{cel: prog, lists: lists}, nil
}

// A values is the values of several records, by their names in conditions.
type values struct {
	lists map[string]ref.Val
	kept  map[string]ref.Val
}

// ResolveName implements [cel.Activation].
func (v *values) ResolveName(name string) (any, bool) {
	if val, ok := v.kept[name]; ok {
		return val, true
	}
	val, ok := v.lists[name]
	return val, ok
}

// Parent implements [cel.Activation].
func (v *values) Parent() cel.Activation { return nil }

// holds reports whether the condition holds for the newest records of each step,
// the first of which is e.
func (c *comparison) holds(steps []compiledStep, e *event, before *link) (bool, error) {
	v := &values{lists: c.lists, kept: map[string]ref.Val{}}
	add := func(e *event) error {
		for i, k := range steps[e.step].keep {
			if _, newer := v.kept[k.name]; newer {
				continue
			}
			if i >= len(e.Kept) {
				return fmt.Errorf("compare records: %s was not kept", k.name)
			}
			val, err := keptValue(k.typ, e.Kept[i])
			if err != nil {
				return fmt.Errorf("compare records: read %s: %w", k.name, err)
			}
			v.kept[k.name] = val
		}
		return nil
	}
	err := add(e)
	for l := before; l != nil && err == nil; l = l.prev {
		err = add(&l.event)
	}
	if err != nil {
		return false, err
	}
	val, _, err := c.cel.Eval(v)
	return val == types.True, err
}
