package webkitcache

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxOrigins is the size in bytes from which a file "origin" is not read further.
const MaxOrigins = 64 << 10

// An Origin is where a page or its data come from.
type Origin struct {
	Scheme, Host string
	Port         uint16 // 0: the usual one of the scheme
}

// String returns the origin as a URL.
func (o Origin) String() string {
	s := o.Scheme + "://" + o.Host
	if o.Port != 0 {
		s += ":" + strconv.FormatUint(uint64(o.Port), 10)
	}
	return s
}

// Origins reads a file "origin": the origin of the page, then that of the data.
// Each is two texts and a port behind a byte that says whether there is one. A
// text is a length of four bytes, 2³²-1 for none, a byte that says whether its
// characters have one byte (Latin-1) or two (UTF-16), and these. Of a file that
// ends early it returns what there is, and an error.
func Origins(data []byte) (page, own Origin, err error) {
	r := reader{data: data}
	if page = r.origin(); r.err != nil {
		return Origin{}, Origin{}, fmt.Errorf("read origin: %w", r.err)
	}
	if own = r.origin(); r.err != nil {
		return page, Origin{}, fmt.Errorf("read origin: %w", r.err)
	}
	return page, own, nil
}

// ParseName reads a name of the form scheme_host_port, as files and folders with
// the data of an origin have until iOS 15. Port 0 is the usual one of the scheme.
func ParseName(name string) (Origin, bool) {
	scheme, rest, ok := strings.Cut(name, "_")
	i := strings.LastIndexByte(rest, '_')
	if !ok || i < 0 || scheme == "" {
		return Origin{}, false
	}
	port, err := strconv.ParseUint(rest[i+1:], 10, 16)
	if err != nil {
		return Origin{}, false
	}
	return Origin{Scheme: scheme, Host: rest[:i], Port: uint16(port)}, true
}

var errLong = errors.New("a scheme or host is too long")

func (r *reader) origin() (o Origin) {
	o.Scheme = r.text("scheme")
	o.Host = r.text("host")
	if len(o.Scheme) > math.MaxInt16 || len(o.Host) > math.MaxInt16 {
		r.fail(errLong)
	}
	if r.bool("port") {
		o.Port = r.uint16("port")
	}
	return o
}
