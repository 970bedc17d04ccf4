// Package dumpsys decodes what the services of Android print about themselves:
// a grammar for texts made of indented blocks, and a decoder for each service
// whose text has a use in an examination. They read the lines of one section of
// a bug report (package dumpstate) or the output of one dumpsys.
//
// No service promises its form, and vendors change it: decoders go by tokens
// rather than columns, keep what they do not know in a field Other, and report a
// [FormError] with the numbers of the lines that they could not read. A section
// that has lines but not the block a decoder looks for is such an error too.
//
// Times are printed by the clock of the phone in its zone, which the text does
// not tell: values of [time.Time] here are clocks without zone, although Go
// shows them as UTC, unless their comment says otherwise. Zero is not recorded.
//
// Source: AOSP, the dump methods of the services; observed texts of Android 2.3
// to 16.
package dumpsys

import (
	"fmt"
	"iter"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// Limits that a hostile text cannot exceed.
const (
	maxErrors = 64       // form errors that a decoder yields, before one for all others
	maxNodes  = 1 << 17  // lines kept of one block
	maxBlock  = 32 << 20 // bytes kept of one block
	maxDepth  = 64       // levels of indentation kept apart
	maxQuote  = 120      // bytes of a line quoted in an error
	tabWidth  = 8
)

// A FormError tells that lines have a form that the decoder does not know.
type FormError struct {
	Service     string // "appops"
	First, Last int    // numbers of the lines
	Reason      string // "unknown form"
	Text        string // the begin of the first line
}

// Error names the service, the reason and the lines.
func (e *FormError) Error() string {
	return fmt.Sprintf("read %s: %s in lines %d to %d: %q", e.Service, e.Reason, e.First, e.Last, e.Text)
}

// Absent reports whether the error is that the text has lines, but not the part
// that the decoder looks for.
func (e *FormError) Absent() bool { return strings.HasPrefix(e.Reason, noPart) }

// noPart is how the reason begins of the error that a part is absent.
const noPart = "no "

// A Pair is a name with its value as printed.
type Pair struct {
	Key, Value string
}

// A Node is a line with the lines below it that are indented deeper.
type Node struct {
	Line   int    // number
	Indent int    // in columns
	Text   string // without indentation and spaces at its end
	Nodes  []*Node
	Lost   int // lines below it that were not kept, the block being too large
}

// Blocks yields each line that is indented by at most the given columns, with
// the lines below it. Blank lines separate nothing: vendors print them anywhere.
func Blocks(text iter.Seq[lines.Line], indent int) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		var stack []*Node // from the block to the last line, indents rising
		var slab []Node
		kept, size := 0, 0
		for l := range text {
			n := indentation(l.Text)
			line := strings.TrimRight(l.String(), " \t")[n.bytes:]
			if line == "" {
				continue
			}
			if len(stack) > 0 && n.columns > indent && (kept >= maxNodes || size > maxBlock) {
				stack[0].Lost++
				continue
			}
			if len(slab) == 0 {
				slab = make([]Node, 128)
			}
			node := &slab[0]
			slab = slab[1:]
			*node = Node{Line: l.Number, Indent: n.columns, Text: line}
			kept++
			size += len(line)
			for len(stack) > 1 && stack[len(stack)-1].Indent >= n.columns {
				stack = stack[:len(stack)-1]
			}
			if len(stack) == 0 || n.columns <= indent {
				if len(stack) > 0 && !yield(stack[0]) {
					return
				}
				stack, kept, size = append(stack[:0], node), 1, len(line)
				continue
			}
			parent := stack[len(stack)-1]
			if parent.Nodes = append(parent.Nodes, node); len(stack) < maxDepth {
				stack = append(stack, node)
			}
		}
		if len(stack) > 0 {
			yield(stack[0])
		}
	}
}

// Walk yields the node and all below it, in the order of the text.
func (n *Node) Walk() iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(yield) }
}

func (n *Node) walk(yield func(*Node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, c := range n.Nodes {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// Last returns the number of the last line of the node.
func (n *Node) Last() int {
	for len(n.Nodes) > 0 {
		n = n.Nodes[len(n.Nodes)-1]
	}
	return n.Line
}

type indented struct{ bytes, columns int }

// indentation counts the spaces and tabs before a text.
func indentation(text []byte) (n indented) {
	for _, b := range text {
		switch b {
		case ' ':
			n.columns++
		case '\t':
			n.columns += tabWidth
		default:
			return n
		}
		n.bytes++
	}
	return indented{}
}

// Under yields the lines below the headings at the first column that pick
// chooses, headings included, up to the next line at the first column that ends
// with a colon and is not chosen.
func Under(text iter.Seq[lines.Line], pick func(heading string) bool) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		in := false
		for l := range text {
			if len(l.Text) > 0 && l.Text[0] != ' ' && l.Text[0] != '\t' {
				if t := strings.TrimRight(l.String(), " "); strings.HasSuffix(t, ":") || pick(t) {
					in = pick(t)
				}
			}
			if in && !yield(l) {
				return
			}
		}
	}
}

// A report collects the lines of a section that have no known form.
type report struct {
	service string
	first   int // lines of the section
	last    int
	found   bool // the block looked for is there
	errs    []*FormError
	more    int
}

// watch yields the lines of a text and remembers where it lies.
func (r *report) watch(text iter.Seq[lines.Line]) iter.Seq[lines.Line] {
	return func(yield func(lines.Line) bool) {
		for l := range text {
			if len(strings.TrimSpace(string(l.Text))) > 0 {
				if r.last = l.Number; r.first == 0 {
					r.first = l.Number
				}
			}
			if !yield(l) {
				return
			}
		}
	}
}

// unknown notes a line; lines that follow each other are one error.
func (r *report) unknown(line int, text string) { r.add(line, line, "unknown form", text) }

// node notes a line with all below it.
func (r *report) node(n *Node) { r.add(n.Line, n.Last(), "unknown form", n.Text) }

// lost notes lines of a block that is too large.
func (r *report) lost(n *Node) {
	if n.Lost > 0 {
		r.add(n.Line, n.Line, fmt.Sprintf("block too large: %d lines not read", n.Lost), n.Text)
	}
}

func (r *report) add(first, last int, reason, text string) {
	if k := len(r.errs) - 1; k >= 0 && r.errs[k].Reason == reason && r.errs[k].Last+1 >= first && r.errs[k].Last <= last {
		r.errs[k].Last = last
		return
	}
	if len(r.errs) >= maxErrors {
		r.more++
		return
	}
	r.errs = append(r.errs, &FormError{r.service, first, last, reason, text[:min(len(text), maxQuote)]})
}

// finish yields the errors; what is looked for and missing is the first.
func finish[T any](r *report, what string, yield func(T, error) bool) {
	var zero T
	if !r.found && r.first > 0 && !yield(zero, &FormError{r.service, r.first, r.last, noPart + what, ""}) {
		return
	}
	for _, err := range r.errs {
		if !yield(zero, err) {
			return
		}
	}
	if r.more > 0 {
		yield(zero, &FormError{r.service, r.first, r.last, fmt.Sprintf("unknown form in %d further places", r.more), ""})
	}
}
