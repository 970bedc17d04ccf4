package rule

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/vigie-project/vigie/artifact"
	"github.com/vigie-project/vigie/record"
)

// costLimit bounds the work of one evaluation of a condition that goes through
// lists, in units of CEL: some hundredths of a second.
const costLimit = 250_000

// A program is a compiled condition.
type program struct {
	cel   cel.Program
	lists map[string]ref.Val
	quick quick     // nil if nothing is known without evaluation
	typ   *cel.Type // of a value that may be kept; nil for others
	plain getter    // of a key that is a text of the record as it is; nil for others
}

// eval returns the value of the condition for the record of the activation.
func (p *program) eval(a *activation) (ref.Val, error) {
	a.lists = p.lists
	v, _, err := p.cel.Eval(a)
	return v, err
}

// test reports whether the record of the activation meets the condition.
func (p *program) test(a *activation) (bool, error) {
	if p.quick != nil {
		if known := p.quick(a); known != unknown {
			return known == yes, nil
		}
	}
	v, err := p.eval(a)
	return v == types.True, err
}

// text returns the value of a key, "" for null.
func (p *program) text(a *activation) (string, error) {
	if p.plain != nil {
		return p.plain(a), nil
	}
	v, err := p.eval(a)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case types.String:
		return string(v), nil
	case types.Int:
		return strconv.FormatInt(int64(v), 10), nil
	case types.Null:
		return "", nil
	}
	return "", fmt.Errorf("evaluate key: value is %s, neither string nor int", v.Type().TypeName())
}

// A compiler turns conditions into programs, checked against the types of the
// records of each artifact. It is safe for concurrent use.
type compiler struct {
	plans map[string]*plan

	mu   sync.Mutex
	envs map[string]*cel.Env
}

func newCompiler(parsers []*artifact.Parser) (*compiler, error) {
	c := &compiler{plans: map[string]*plan{}, envs: map[string]*cel.Env{}}
	for _, p := range parsers {
		t, err := record.TypeOf(p.Record)
		if err != nil {
			return nil, fmt.Errorf("load rules: parser %s: %w", p.ID, err)
		}
		c.plans[p.ID] = newPlan(t)
	}
	return c, nil
}

// env returns the environment of the conditions on an artifact.
func (c *compiler) env(artifact string) (*cel.Env, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.envs[artifact]; e != nil {
		return e, nil
	}
	base, err := baseEnv()
	if err != nil {
		return nil, err
	}
	var opts []cel.EnvOption
	for name, v := range c.plans[artifact].vars {
		opts = append(opts, cel.Variable(name, v.typ))
	}
	e, err := base.Extend(opts...)
	if err == nil {
		c.envs[artifact] = e
	}
	return e, err
}

// A conditionError is something wrong in a condition, with its place in it.
type conditionError struct {
	line int // in the condition, from 1; 0 if unknown
	text string
}

func (e *conditionError) Error() string { return e.text }

// errCondition is what a condition that gives the wrong type fails with.
var errCondition = errors.New("condition does not give true or false")

// A want says what an expression must give.
type want uint8

const (
	wantBool want = iota
	wantKey       // text or a number
	wantKept      // a value to compare
)

// compile checks and compiles an expression on the records of an artifact. It
// fails with a *conditionError for what is wrong in the text.
func (c *compiler) compile(cond Condition, lists map[string]ref.Val, want want) (*program, error) {
	env, err := c.env(cond.Artifact)
	if err == nil && len(lists) > 0 {
		var opts []cel.EnvOption
		for name := range lists {
			opts = append(opts, cel.Variable(name, cel.ListType(cel.StringType)))
		}
		env, err = env.Extend(opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare conditions on %s: %w", cond.Artifact, err)
	}
	prog, ast, err := newProgram(env, cond.Text, want)
	if err != nil {
		return nil, err
	}
	p := &program{cel: prog, lists: lists, typ: keptType(ast.OutputType())}
	switch want {
	case wantBool:
		p.quick = c.sketch(cond, lists, ast)
	case wantKey:
		s := sketcher{plan: c.plans[cond.Artifact], refs: ast.NativeRep().ReferenceMap()}
		if get, lower := s.text(ast.NativeRep().Expr()); !lower {
			p.plain = get
		}
	}
	return p, nil
}

// newProgram checks and compiles the text of an expression. It fails with a
// *conditionError.
func newProgram(env *cel.Env, text string, want want) (cel.Program, *cel.Ast, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		if errs := issues.Errors(); len(errs) > 0 {
			return nil, nil, &conditionError{errs[0].Location.Line(), errs[0].Message}
		}
		return nil, nil, &conditionError{0, issues.Err().Error()}
	}
	switch out := ast.OutputType(); {
	case want == wantBool && !out.IsExactType(cel.BoolType):
		return nil, nil, &conditionError{1, fmt.Sprintf("%v: its type is %v", errCondition, out)}
	case want == wantKey && !out.IsExactType(cel.StringType) && !out.IsAssignableType(cel.IntType):
		return nil, nil, &conditionError{1, fmt.Sprintf("key is neither string nor int: its type is %v", out)}
	case want == wantKept && keptType(out) == nil:
		return nil, nil, &conditionError{1, fmt.Sprintf("value to keep is no single value: its type is %v", out)}
	}
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if goesThroughLists(ast) {
		opts = append(opts, cel.CostLimit(costLimit))
	}
	prog, err := env.Program(ast, opts...)
	if err != nil {
		return nil, nil, &conditionError{1, err.Error()}
	}
	return prog, ast, nil
}

// keptType returns the type that an expression gives if it is not null, nil if
// values of it cannot be kept.
func keptType(out *cel.Type) *cel.Type {
	for _, t := range keptTypes {
		if out.IsExactType(t) || out.IsExactType(cel.NullableType(t)) {
			return t
		}
	}
	return nil
}

// goesThroughLists reports whether the condition contains a loop. Without one
// its cost is bounded by its length and the length of the record, and counting
// it would take longer than the evaluation.
func goesThroughLists(a *cel.Ast) bool {
	loops := false
	celast.PreOrderVisit(a.NativeRep().Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() == celast.ComprehensionKind {
			loops = true
		}
	}))
	return loops
}
