package webkitcache

import (
	"errors"
	"fmt"
)

// A Response is what the header of a record of type "Resource" says.
type Response struct {
	URL        string
	MIME       string
	Length     int64  // bytes announced, -1 if they were not
	Charset    string // name of the encoding of the text
	StatusText string
	Version    string // of HTTP, such as "h2"; often ""
	Headers    []Header
	Status     int // HTTP status, 0 if it could not be read
}

var errNull = errors.New("read header: there is no response")

// Response decodes the header of a record of type "Resource". What follows the
// status there, among it the certificates of the server, is not read. On damage
// it returns what was read before, and an error.
func (rec Record) Response() (Response, error) {
	r := reader{data: rec.Header}
	resp := r.response()
	if r.err != nil {
		return resp, fmt.Errorf("read header: %w", r.err)
	}
	if resp.URL == "" && len(resp.Headers) == 0 && resp.MIME == "" {
		return resp, errNull
	}
	return resp, nil
}

func (r *reader) response() (resp Response) {
	if r.bool("response") { // null
		return resp
	}
	resp.URL = r.text("address")
	resp.MIME = r.text("type")
	resp.Length = int64(r.uint64("length"))
	resp.Charset = r.text("encoding")
	resp.StatusText = r.text("status text")
	resp.Version = r.text("version of HTTP")
	resp.Headers = r.headers("headers of the response")
	// Four bytes in old versions, two in later ones: the low ones come first.
	resp.Status = int(r.uint16("status"))
	return resp
}

// A Subresource is what a page loaded.
type Subresource struct {
	Key        Key
	Last       float64 // when the page last loaded it, seconds since 1970 UTC
	First      float64 // when the page first loaded it, seconds since 1970 UTC
	Transient  bool    // seen once only; the rest is not recorded then
	SameSite   bool
	FirstParty string   // address of the page for cookies
	Headers    []Header // of the request
}

// Subresources decodes the header of a record of type "SubResources", whose key
// has the address of the page. On damage it returns what was read before, and an
// error.
func (rec Record) Subresources() ([]Subresource, error) {
	var best []Subresource
	var first error
	for _, initiated := range []bool{true, false} { // a flag since 2021
		list, rest, err := subresources(rec.Header, initiated)
		if err == nil && rest == checksum {
			return list, nil
		}
		if err == nil {
			err = fmt.Errorf("%d bytes follow, not %d", rest, checksum)
		}
		if len(list) > len(best) || first == nil {
			best, first = list, err
		}
	}
	return best, fmt.Errorf("read header: %w", first)
}

const checksum = 20 // bytes at the end of a header

func subresources(data []byte, initiated bool) (list []Subresource, rest int, err error) {
	r := reader{data: data}
	n := r.uint64("number of subresources")
	if n > maxSubresources {
		r.fail(fmt.Errorf("%d subresources", n))
	}
	for range n {
		s := Subresource{Key: r.key(), Last: r.float64("last time"), First: r.float64("first time"), Transient: r.bool("transience")}
		if !s.Transient {
			s.SameSite = r.bool("same site")
			if initiated {
				r.bool("initiation")
			}
			s.FirstParty = r.text("first party")
			s.Headers = r.headers("headers of the request")
			r.uint64("priority")
		}
		if r.err != nil {
			break
		}
		list = append(list, s)
	}
	return list, len(r.data) - r.pos, r.err
}

// A Request is what a record that a site stored says of the request.
type Request struct {
	URL        string
	FirstParty string // address of the page for cookies
	Method     string
	Headers    []Header
}

// Request decodes the start of the header of a record that a site stored by
// itself (CacheStorage): the request. The response behind it is not read. On
// damage it returns what was read before, and an error.
func (rec Record) Request() (Request, error) {
	r := reader{data: rec.Header}
	r.take(24, "order, size and guard")
	req := Request{URL: r.text("address")}
	r.float64("time limit")
	req.FirstParty = r.text("first party")
	req.Method = r.text("method")
	req.Headers = r.headers("headers of the request")
	if r.err != nil {
		return req, fmt.Errorf("read header: %w", r.err)
	}
	return req, nil
}
