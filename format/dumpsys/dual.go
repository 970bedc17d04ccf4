package dumpsys

import "strings"

// A dualObject is an object of the text that services print which can also print
// themselves as protocol buffers: "name={", "name=[" and "key=value" lines. A
// list gives an object, or a pair with the same key, for each of its values.
type dualObject struct {
	Line    int
	Key     string // "" for an object of a list of objects
	Pairs   []dualPair
	Objects []*dualObject
}

type dualPair struct {
	Line int
	Pair
}

// dual reads what is below a line that ends with "{".
func dual(n *Node, key string) *dualObject {
	o := &dualObject{Line: n.Line, Key: key}
	o.read(n.Nodes, "")
	return o
}

// read adds the values of lines; list is the key of those without a key.
func (o *dualObject) read(nodes []*Node, list string) {
	for _, n := range nodes {
		switch {
		case n.Text == "}" || n.Text == "]":
		case n.Text == "{":
			o.Objects = append(o.Objects, dual(n, list))
		case strings.HasSuffix(n.Text, "={"):
			o.Objects = append(o.Objects, dual(n, strings.TrimSuffix(n.Text, "={")))
		case strings.HasSuffix(n.Text, "=["):
			o.read(n.Nodes, strings.TrimSuffix(n.Text, "=["))
		default:
			key, value, ok := strings.Cut(n.Text, "=")
			if list != "" || !ok {
				key, value = list, n.Text
			}
			for _, c := range n.Nodes { // lines that a value goes on with
				value += "\n" + c.Text
			}
			o.Pairs = append(o.Pairs, dualPair{n.Line, Pair{key, value}})
		}
	}
}

// values returns the values of a key.
func (o *dualObject) values(key string) (values []string) {
	for _, p := range o.Pairs {
		if p.Key == key {
			values = append(values, p.Value)
		}
	}
	return values
}

// value returns the first value of a key, or "".
func (o *dualObject) value(key string) string {
	for _, p := range o.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}
