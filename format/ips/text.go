package ips

import (
	"bytes"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

// crashText reads a crash report in text, as iOS up to 14 writes it. Lines are
// "key: value", a key alone is followed by lines up to a blank one, then come
// threads, registers and images. The word EOF ends it.
func crashText(body []byte) (CrashReport, error) {
	r := textReader{section: "head"}
	for line := range textLines(body) {
		if line == "EOF" {
			break
		}
		r.line(line)
	}
	r.finish()
	if r.c.Process == "" && r.c.Incident == "" && r.c.Type == "" {
		return r.c, fmt.Errorf("read report: neither process nor incident nor exception in a text that begins with %s", brief(bytes.TrimSpace(body)))
	}
	if !r.images && len(r.c.Threads) > 0 {
		return r.c, fmt.Errorf("read report: the text ends before its images")
	}
	return r.c, nil
}

// textLines yields the lines of a text without their ends.
func textLines(body []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(body) {
			line = bytes.TrimRight(line, "\r\n")
			if !yield(strings.ToValidUTF8(string(line[:min(len(line), maxLeafBytes)]), "\ufffd")) {
				return
			}
		}
	}
}

type textReader struct {
	c       CrashReport
	section string   // "head", "thread", "exception", "state", "images", or the key of lines that follow
	lines   []string // of a key
	images  bool     // their list has begun
	names   map[int64]string
}

var (
	textThread = regexp.MustCompile(`^Thread (\d+)( name: *| Crashed:?.*|:.*)(.*)$`)
	textFrame  = regexp.MustCompile(`^(\d+)\s+(.*?)\s+(0x[0-9a-fA-F]+) (.*)$`)
	textImage  = regexp.MustCompile(`^\s*(0x[0-9a-fA-F]+) -\s+(0x[0-9a-fA-F]+|\?\?\?) \+?(.*?)\s+<([0-9a-fA-F-]*)>\s*(.*)$`)
	textOwner  = regexp.MustCompile(`^(.*) \[(\d+)\]$`)
)

func (r *textReader) line(line string) {
	if r.start(line) {
		return
	}
	blank := strings.TrimSpace(line) == ""
	switch r.section {
	case "thread", "exception":
		r.frame(line)
	case "state":
		if blank {
			r.section = "head"
			return
		}
		r.registers(line)
	case "images":
		if m := textImage.FindStringSubmatch(line); m != nil && len(r.c.Images) < maxImages {
			r.c.Images = append(r.c.Images, imageText(m))
		} else if !blank {
			r.other("Binary Images", line)
		}
	case "head":
		r.pair(line)
	default:
		if blank {
			r.flush()
		} else if len(r.lines) < maxLeaves {
			r.lines = append(r.lines, line)
		}
	}
}

// start begins a new part if the line does. Those that end a list of lines are
// recognised within it, since old reports have no blank line between.
func (r *textReader) start(line string) bool {
	switch {
	case strings.HasPrefix(line, "Binary Images:"):
		r.flush()
		r.section, r.images = "images", true
		return true
	case strings.HasPrefix(line, "Last Exception Backtrace:"):
		r.flush()
		r.section = "exception"
		return true
	case !strings.HasPrefix(line, "Thread "):
		return false
	case strings.Contains(line, " crashed with ") || strings.Contains(line, "Thread State"):
		r.flush()
		r.section = "state"
		return true
	}
	m := textThread.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	r.flush()
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return false
	}
	if strings.HasPrefix(m[2], " name:") {
		if r.names == nil {
			r.names = map[int64]string{}
		}
		if len(r.names) < maxThreads {
			r.names[n] = m[3]
		}
		return true
	}
	r.thread(n, m[2])
	return true
}

// thread begins thread number n. Its name, if any, was in the line before, or is
// in the title.
func (r *textReader) thread(n int64, title string) {
	r.section = "thread"
	if len(r.c.Threads) == maxThreads {
		r.section = "head"
		return
	}
	t := Thread{ID: &n}
	name := r.names[n]
	if rest, ok := strings.CutPrefix(title, " Crashed:"); ok {
		t.Triggered = true
		title = rest
		if r.c.Faulting == nil {
			r.c.Faulting = &n
		}
	}
	if name == "" {
		name = strings.TrimSpace(strings.Trim(title, ":"))
	}
	for _, mark := range []string{"Dispatch queue: ", "  Dispatch queue: "} {
		if i := strings.Index(name, mark); i >= 0 {
			t.Queue, name = name[i+len(mark):], strings.TrimSpace(name[:i])
		}
	}
	t.Name = name
	r.c.Threads = append(r.c.Threads, t)
}

// frame reads a line such as
//
//	0   libacme.dylib   0x00000001a0004000 0x1a0000000 + 16384
//	1   libacme.dylib   0x00000001a0004000 function + 64 (file.c:16)
func (r *textReader) frame(line string) {
	m := textFrame.FindStringSubmatch(line)
	if m == nil {
		switch {
		case strings.TrimSpace(line) == "":
			r.section = "head"
		case strings.HasPrefix(line, "("): // addresses only, of an exception
			for _, a := range strings.Fields(strings.Trim(line, "()")) {
				n, err := strconv.ParseUint(a, 0, 64)
				if err == nil && len(r.c.Exception) < maxFrames {
					r.c.Exception = append(r.c.Exception, Frame{Image: -1, Address: n})
				}
			}
		default:
			r.other("thread", line)
		}
		return
	}
	f := Frame{Image: -1, Name: m[2]}
	f.Address, _ = strconv.ParseUint(m[3], 0, 64)
	f.place(m[4])
	list := &r.c.Exception
	if r.section == "thread" {
		list = &r.c.Threads[len(r.c.Threads)-1].Frames
	}
	if len(*list) < maxFrames {
		*list = append(*list, f)
	}
}

// place reads what follows the address of a frame.
func (f *Frame) place(s string) {
	what, offset, ok := cutLast(s, " + ")
	if !ok {
		f.Symbol = s
		return
	}
	number, _, _ := strings.Cut(offset, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		f.Symbol = s
		return
	}
	if base, err := strconv.ParseUint(what, 0, 64); err == nil {
		f.Base, f.Offset = base, uint64(n)
		return
	}
	f.Symbol, f.SymbolOffset = what, n
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// registers reads a line of pairs such as "x0: 0x0000000000000000", which other
// words may follow.
func (r *textReader) registers(line string) {
	words := strings.Fields(line)
	for i := 0; i+1 < len(words); i++ {
		name, ok := strings.CutSuffix(words[i], ":")
		if !ok || !strings.HasPrefix(words[i+1], "0x") || len(r.c.Registers) >= maxTexts {
			continue
		}
		value := words[i+1]
		if n, err := strconv.ParseUint(value, 0, 64); err == nil {
			value = fmt.Sprintf("%#x", n)
		}
		r.c.Registers = append(r.c.Registers, Pair{name, value})
		i++
	}
}

// imageText makes an image from the parts of its line: "name arch (version)" are
// together, since names may have spaces.
func imageText(m []string) Image {
	im := Image{UUID: imageUUID(m[4]), Path: m[5]}
	im.Base, _ = strconv.ParseUint(m[1], 0, 64)
	if end, err := strconv.ParseUint(m[2], 0, 64); err == nil && end > im.Base {
		im.Size = end - im.Base + 1
	}
	rest := m[3]
	if strings.HasSuffix(rest, ")") {
		if i := strings.LastIndex(rest, " ("); i >= 0 {
			im.Version = strings.TrimSuffix(rest[i+2:], ")")
			rest = strings.TrimSpace(rest[:i])
		}
	}
	if name, arch, ok := cutLast(rest, " "); ok {
		rest, im.Arch = strings.TrimSpace(name), arch
	}
	im.Name = rest
	return im
}

// pair reads a line "key: value" of the head, or a key alone.
func (r *textReader) pair(line string) {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		if strings.TrimSpace(line) != "" {
			r.other("text", line)
		}
		return
	}
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if value == "" {
		r.section, r.lines = key, nil
		return
	}
	r.set(key, value)
}

func (r *textReader) other(key, value string) {
	if len(r.c.Other) < maxLeaves {
		r.c.Other = append(r.c.Other, Pair{key, value})
	}
}

// flush ends the lines of a key.
func (r *textReader) flush() {
	key, lines := r.section, r.lines
	r.section, r.lines = "head", nil
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	switch key {
	case "Application Specific Information", "Application Specific Signatures":
		r.c.Info = append(r.c.Info, Pair{key, text})
	case "Termination Description":
		r.c.Reasons = append(r.c.Reasons, text)
	default:
		r.set(key, text)
	}
}

// finish ends the last part and fills in the images of the frames.
func (r *textReader) finish() {
	switch r.section {
	case "head", "thread", "exception", "state", "images":
	default:
		r.flush()
	}
	byBase, byName := map[uint64]int{}, map[string]int{}
	for i, im := range r.c.Images {
		byBase[im.Base], byName[im.Name] = i, i
	}
	resolve := func(list []Frame) {
		for i := range list {
			if n, ok := byBase[list[i].Base]; ok && list[i].Base != 0 {
				list[i].Image = n
			} else if n, ok := byName[list[i].Name]; ok && list[i].Name != "" {
				list[i].Image = n
			}
		}
	}
	for i := range r.c.Threads {
		resolve(r.c.Threads[i].Frames)
	}
	resolve(r.c.Exception)
	if i := r.c.Faulting; i != nil { // threads are counted from 0, and none is left out
		for n := range r.c.Threads {
			if id := r.c.Threads[n].ID; id != nil && *id == *i {
				at := int64(n)
				r.c.Faulting = &at
				break
			}
		}
	}
}
