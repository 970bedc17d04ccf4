package spindump

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vigie-project/vigie/format/lines"
)

// kernelStart is above all addresses of processes, and below those of the kernel.
const kernelStart = 1 << 63

// unknownSize is how far behind its start an image reaches at the most, if its end
// is not printed. It is a guess: larger programs exist, but are rare.
const unknownSize = 256 << 20

// line reads a line that begins no process.
func (d *decoder) line(l lines.Line) {
	if strings.HasPrefix(string(l.Text[:min(len(l.Text), 32)]), "Spindump binary format") {
		d.done = true
		return
	}
	p := d.p
	if p == nil {
		if strings.HasPrefix(string(l.Text[:min(len(l.Text), 32)]), "No samples") {
			d.header.NoSamples = true
		}
		return
	}
	text := strings.TrimSpace(l.String())
	switch {
	case text == "":
	case strings.HasPrefix(text, "Thread 0x"):
		p.mode = inThreads
		p.Threads++
		p.thread(text)
	case text == "Binary Images:":
		p.mode = inImages
	case l.Text[0] != ' ' && l.Text[0] != '\t' && p.mode == inValues:
		key, value, _ := strings.Cut(text, ":")
		p.pair(key, strings.TrimSpace(value))
	case p.mode == inValues && len(p.Pairs) > 0: // goes on with the line before
		last := &p.Pairs[len(p.Pairs)-1]
		if len(last.Value) < maxText {
			last.Value += " " + text[:min(len(text), maxText)]
		}
	case p.mode == inThreads:
		p.frame(text)
	case p.mode == inImages:
		p.image(l, text)
	}
}

func (p *Process) pair(key, value string) {
	if len(p.Pairs) == maxPairs {
		p.More++
		return
	}
	p.Pairs = append(p.Pairs, Pair{key, value[:min(len(value), maxText)]})
}

var threadNames = []*regexp.Regexp{regexp.MustCompile(`DispatchQueue "([^"]+)"`), regexp.MustCompile(`Thread name "([^"]+)"`)}

// thread keeps the names of a thread, in a line such as
//
//	Thread 0x4d2    DispatchQueue "com.acme.main"(1)    Thread name "x"    11 samples (1-11)    priority 20 (base 20)
func (p *Process) thread(text string) {
	for _, re := range threadNames {
		m := re.FindStringSubmatch(text)
		if m == nil || p.seen[m[1]] {
			continue
		}
		if len(p.Names) == maxNames {
			p.More++
			continue
		}
		p.seen[m[1]] = true
		p.Names = append(p.Names, m[1])
	}
}

// frame keeps the address of a frame that names no image. A frame is printed as
//
//	*11  symbol + 12 (image + 4096) [0x102001000] 1-11
//
// without the star, if it is none of the kernel, and possibly without all but count
// and address.
func (p *Process) frame(text string) {
	text = strings.TrimLeft(text, "0123456789 ")
	if strings.HasPrefix(text, "*") || strings.HasPrefix(text, "<") {
		return
	}
	i := strings.LastIndex(text, "[0x")
	if i < 0 {
		return
	}
	if before := strings.TrimSpace(text[:i]); before != "" && before != "???" {
		return // a symbol, or (image + offset)
	}
	digits, _, ok := strings.Cut(text[i+3:], "]")
	address, err := strconv.ParseUint(digits, 16, 64)
	if !ok || err != nil || address >= kernelStart || p.index[address] {
		return
	}
	if len(p.index) == maxLoose {
		p.More++
		return
	}
	p.index[address] = true
	p.Loose = append(p.Loose, address)
}

var imageUUID = regexp.MustCompile(`<([0-9A-Fa-f-]{32,36})>`)

// image keeps an image, in a line such as
//
//	0x100f00000 -  0x100ffffff  name 1.0 (1)  <UUID>  /path
func (p *Process) image(l lines.Line, text string) {
	text = strings.TrimLeft(text, "*")
	start, rest, ok := strings.Cut(text, " - ")
	first, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(start), "0x"), 16, 64)
	if !ok || err != nil {
		p.More++
		return
	}
	im := Image{Line: l.Number, Offset: l.Offset, Start: first}
	end, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if last, err := strconv.ParseUint(strings.TrimPrefix(end, "0x"), 16, 64); err == nil {
		im.End = last
	}
	if m := imageUUID.FindStringSubmatchIndex(rest); m != nil {
		im.UUID, im.Path = rest[m[2]:m[3]], strings.TrimSpace(rest[m[1]:])
		rest = rest[:m[0]]
	} else if i := strings.Index(rest, "  /"); i >= 0 {
		rest, im.Path = rest[:i], strings.TrimSpace(rest[i:])
	}
	im.Name = strings.TrimSpace(rest)
	if len(p.Images) == maxImages {
		p.More++
		return
	}
	p.Images = append(p.Images, im)
}

// finish leaves only the addresses that lie in no image.
func (p *Process) finish() *Process {
	images := slices.Clone(p.Images)
	slices.SortFunc(images, func(a, b Image) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		}
		return 0
	})
	p.Loose = slices.DeleteFunc(p.Loose, func(address uint64) bool {
		i, found := slices.BinarySearchFunc(images, address, func(im Image, a uint64) int {
			switch {
			case im.Start < a:
				return -1
			case im.Start > a:
				return 1
			}
			return 0
		})
		if found {
			return true
		}
		if i == 0 {
			return false
		}
		im := images[i-1]
		if im.End == 0 {
			return address-im.Start < unknownSize
		}
		return address <= im.End
	})
	if len(p.Loose) == 0 {
		p.Loose = nil
	}
	p.index, p.seen = nil, nil
	return p
}
