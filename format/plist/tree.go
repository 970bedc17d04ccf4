package plist

import "math"

// A tree is an XML property list, parsed as a whole: nodes in document order,
// containers with the numbers of their children in one common slice.
type tree struct {
	nodes []node
	kids  []uint32 // children of all containers; keys and values of a dict alternate
	texts []string // of strings; the first is ""
	datas [][]byte
	nums  []uint64 // of integers (low half first), reals and dates
	errs  map[uint32]error
}

// A node is one element: what a and b mean depends on the kind.
type node struct {
	at   uint32 // offset of the element
	a    uint32 // index in texts, datas, nums or kids; 1 for true
	b    uint32 // number of children; of words of an integer
	kind Kind
}

// value returns the value of a node.
func (t *tree) value(d *document, num uint32) Value {
	n := t.nodes[num]
	v := Value{d: d, obj: num, at: n.at, kind: n.kind}
	switch n.kind {
	case Array:
		v.body, v.n = n.a, n.b
	case Dict:
		v.body, v.n = n.a, n.b/2
	case Data:
		v.n = uint32(len(t.datas[n.a]))
	}
	return v
}

// child returns child i of a container.
func (t *tree) child(v Value, i uint32) Value {
	return t.value(v.d, t.kids[v.body+i])
}

func (t *tree) get(v Value, key string) Value {
	for i := range v.n {
		k := t.nodes[t.kids[v.body+2*i]]
		if k.kind == String && t.texts[k.a] == key {
			return t.child(v, 2*i+1)
		}
	}
	return Value{}
}

// wide returns an integer.
func (t *tree) wide(v Value) (hi int64, lo uint64) {
	n := t.nodes[v.obj]
	lo = t.nums[n.a]
	if n.b == 2 {
		hi = int64(t.nums[n.a+1])
	}
	return hi, lo
}

// add appends a node and returns its number.
func (t *tree) add(n node) uint32 {
	t.nodes = append(t.nodes, n)
	return uint32(len(t.nodes) - 1)
}

// fail makes a node one that cannot be read.
func (t *tree) fail(num uint32, err error) {
	if t.errs == nil {
		t.errs = make(map[uint32]error)
	}
	t.nodes[num].kind = Invalid
	t.errs[num] = err
}

// number appends an integer and returns the node parts that refer to it.
func (t *tree) number(hi int64, lo uint64) (a, b uint32, k Kind) {
	k = fits(hi, lo)
	a = uint32(len(t.nums))
	if hi == 0 {
		t.nums = append(t.nums, lo)
		return a, 1, k
	}
	t.nums = append(t.nums, lo, uint64(hi))
	return a, 2, k
}

// float appends a real or date.
func (t *tree) float(f float64) uint32 {
	t.nums = append(t.nums, math.Float64bits(f))
	return uint32(len(t.nums) - 1)
}
