package indicator

import (
	"net/netip"
	"reflect"
	"strings"

	"github.com/vigie-project/vigie/detect/indicator/links"
	"github.com/vigie-project/vigie/record"
)

// A how says in which way an indicator met a value. Its name is a stable word.
type how uint8

const (
	sameHost how = iota + 1
	subdomain
	sameURL
	belowURL
	sameAddress
	inRange
	sameEmail
	emailHost
	emailSubdomain
	samePhone
	sameApp
	appOfProcess
	samePath
	belowPath
	endOfPath
	sameName
	sameProcess
	cutProcess
	inPath
	appNamed
	sameHash
	sameCertificate
	sameProfile
	sameProperty
	byPattern
	numHow
)

var howNames = [numHow]string{"", "same-host", "subdomain", "same-url", "below-url", "same-address", "in-range", "same-email",
	"email-host", "email-subdomain", "same-phone", "same-app", "app-of-process", "same-path", "below-path", "end-of-path",
	"same-name", "same-process", "cut-process", "in-path", "app-named-as-process", "same-hash", "same-certificate",
	"same-profile", "same-property", "pattern"}

// A hit is one entry met by a value.
type hit struct {
	entry    uint32 // from 1
	field    *planField
	observed string
	how      how
	loose    bool // a bare word in free text
	inside   bool // in a parameter of another URL
}

// Limits of one record.
const (
	maxHits  = 64 // hits
	maxChain = 64 // indicators with the same value
	maxParts = 64 // names of a path, labels of a host
)

// A matcher compares one record with an index.
type matcher struct {
	x      *index
	hits   []hit
	field  *planField
	loose  bool
	inside bool
	more   bool // than maxHits
	ios    bool // of an iPhone: names of processes have 16 bytes at most
	linux  bool // of Android: 15
}

// record compares all fields of a record.
func (m *matcher) record(p *plan, rec *record.Record) {
	if len(m.x.entries) == 0 {
		return
	}
	m.ios = !strings.HasPrefix(rec.Artifact, "android.")
	m.linux = !strings.HasPrefix(rec.Artifact, "ios.")
	v := reflect.ValueOf(rec.Data)
	for i := range p.fields {
		f := &p.fields[i]
		m.field = f
		fv := v.Field(f.index)
		switch {
		case f.kind == record.KindKV:
			for j := range fv.Len() {
				m.value(fv.Index(j).Field(1).String())
			}
		case f.list:
			for j := range fv.Len() {
				m.value(fv.Index(j).String())
			}
		default:
			m.value(fv.String())
		}
	}
}

func (m *matcher) value(s string) {
	if s == "" {
		return
	}
	switch m.field.kind {
	case record.KindText, record.KindKV:
		m.text(s)
	case record.KindURL, record.KindMention, record.KindDomain, record.KindIP:
		m.url(s)
	case record.KindEmail, record.KindPhone:
		m.account(s)
	case record.KindApp:
		m.app(s, sameApp)
	case record.KindPath:
		m.path(s)
	case record.KindProcess:
		m.process(s)
	case record.KindHash:
		m.digest(Hash, sameHash, s)
	case record.KindCertificate:
		m.digest(Certificate, sameCertificate, s)
	case record.KindProfile:
		if m.x.has(Profile) {
			m.word(Profile, sameProfile, profileKey(s), s)
		}
	case record.KindProperty:
		m.word(Property, sameProperty, s, s)
	}
}

// hit notes the entries of a chain, and reports whether there are any.
func (m *matcher) hit(first uint32, h how, observed string) bool {
	for e, n := first, 0; e != 0 && n < maxChain; n++ {
		if len(m.hits) == maxHits {
			m.more = true
			break
		}
		m.hits = append(m.hits, hit{e, m.field, observed, h, m.loose, m.inside})
		e = m.x.entries[e-1].next
	}
	return first != 0
}

// word looks up a whole value.
func (m *matcher) word(k Kind, h how, key, observed string) bool {
	return m.x.has(k) && m.hit(m.x.find(m.x.hash(key), k, key, ""), h, observed)
}

func (m *matcher) digest(k Kind, h how, s string) {
	if m.x.has(k) {
		if strings.ContainsAny(s, ":- ") {
			s = squash(s)
		}
		m.word(k, h, s, s)
	}
}

// text looks up everything that is an address in free text.
func (m *matcher) text(s string) {
	sc := links.Scanner{Text: s}
	for l, ok := sc.Next(); ok; l, ok = sc.Next() {
		m.loose = l.Kind == links.Host || l.Kind == links.IP
		m.link(&l)
	}
	m.loose, m.inside = false, false
}

// url looks up a value that is one address as a whole, and the URLs inside it.
func (m *matcher) url(s string) {
	if s[0] == '.' { // of a cookie: the domain and everything below
		s = strings.TrimLeft(s, ".")
	}
	l, ok := links.Parse(s)
	if !ok {
		m.text(s)
		return
	}
	m.link(&l)
	if len(l.Rest) < 8 || !strings.Contains(l.Rest, "://") && !strings.Contains(l.Rest, "%2F%2F") && !strings.Contains(l.Rest, "%2f%2f") {
		return
	}
	sc := links.Scanner{Text: s}
	for l, ok := sc.Next(); ok; l, ok = sc.Next() {
		if l.Inside {
			m.link(&l)
		}
	}
	m.inside = false
}

func (m *matcher) link(l *links.Link) {
	m.inside = l.Inside
	if l.Kind == links.Email {
		m.email(l.Raw, l.Host)
		return
	}
	if l.Addr.IsValid() {
		m.address(l.Addr, l.Raw)
	} else if !m.host(l.Host, sameHost, subdomain) {
		return
	}
	if m.x.has(URL) {
		m.urlKey(l)
	}
}

// host looks up a host name and the names above it, up to the last but one
// label. The longest that is found counts: it is what the host belongs to. It
// reports false if no indicator at all is about the last two labels.
func (m *matcher) host(host string, exact, below how) bool {
	if !m.x.has(Domain) && !m.x.has(URL) {
		return false
	}
	x, h := m.x, ^m.x.seed
	var found uint32
	from, labels := 0, 0
	for i := len(host) - 1; i >= 0; i-- {
		if host[i] == '.' {
			labels++
			if labels > 1 && labels < maxParts {
				f := finish(h)
				if labels == 2 && !x.maybe(f) {
					return false
				}
				if e := x.find(f, Domain, host[i+1:], ""); e != 0 && !x.entries[e-1].exact {
					found, from = e, i+1
				}
			}
		}
		h = step(h, host[i])
	}
	if e := x.find(finish(h), Domain, host, ""); e != 0 {
		found, from = e, 0
	}
	switch {
	case found == 0:
	case from == 0:
		m.hit(found, exact, host)
	default:
		m.hit(found, below, host)
	}
	return true
}

func (m *matcher) address(ip netip.Addr, raw string) {
	x := m.x
	if x.has(Address) {
		b := ip.As16()
		key := string(b[:])
		m.hit(x.find(x.hash(key), Address, key, ""), sameAddress, raw)
	}
	if !x.has(Range) {
		return
	}
	lengths := x.bits6[:]
	if ip.Is4() {
		lengths = x.bits4[:]
	}
	for bits, n := range lengths {
		if n > 0 {
			pre, _ := ip.Prefix(bits)
			b := pre.Addr().As16()
			var r [17]byte
			copy(r[:], b[:])
			r[16] = byte(bits)
			key := string(r[:])
			m.hit(x.find(x.hash(key), Range, key, ""), inRange, raw)
		}
	}
}

// urlKey looks up a URL and, at each boundary of its path, what it is below of.
// It costs one question for hosts on which no URL was published.
func (m *matcher) urlKey(l *links.Link) {
	x := m.x
	if !l.Addr.IsValid() && x.find(x.hashBack(l.Host), urlHost, l.Host, "") == 0 {
		return
	}
	key := urlKey(l)
	if m.word(URL, sameURL, key, l.Raw) {
		return
	}
	parts := 0
	for i := len(key) - 1; i >= hostLen(key) && parts < maxParts; i-- {
		c := key[i]
		if c != '/' && c != '?' && c != '&' {
			continue
		}
		parts++
		if m.word(URL, belowURL, key[:i], l.Raw) || c == '/' && m.word(URL, belowURL, key[:i+1], l.Raw) {
			return
		}
	}
}

// account looks up an e-mail address or a phone number: both name accounts, and
// databases store them in the same column.
func (m *matcher) account(s string) {
	if i := strings.IndexByte(s, '@'); i < 0 {
		if m.x.has(Phone) {
			if len(s) > 2 && s[1] == ':' {
				s = s[2:]
			}
			if d := digits(strings.TrimPrefix(s, "tel:")); d != "" {
				m.word(Phone, samePhone, d, s)
			}
		}
		return
	}
	if !m.x.has(Email) && !m.x.has(Domain) {
		return
	}
	raw := s
	if len(s) > 2 && s[1] == ':' { // "e:" before an iMessage account
		s = s[2:]
	}
	if strings.ContainsAny(s, "<% ") || len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		key, err := emailKey(s)
		if err != nil {
			m.text(raw)
			return
		}
		s = key
	}
	host := s[strings.LastIndexByte(s, '@')+1:]
	if h, ok := links.ASCII(host); ok {
		host = h
	}
	m.email(s, host)
}

// email looks up an address and the host that it is at.
func (m *matcher) email(address, host string) {
	if m.word(Email, sameEmail, address, address) {
		return
	}
	if len(host) > 0 && m.x.has(Email) && !strings.HasSuffix(address, host) {
		if key, err := emailKey(address); err == nil && m.word(Email, sameEmail, key, address) {
			return
		}
	}
	m.host(host, emailHost, emailSubdomain)
}
