package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"howett.net/plist"

	"github.com/vigie-project/vigie/fabricate"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vigie": main})
}

// TestScripts runs testdata/script. A script finds a sample with planted traces
// in $SAMPLE and its benign twin, which is not encrypted, in $BENIGN; it must
// not change them.
func TestScripts(t *testing.T) {
	sample, benign := fabricated(t, fabricate.Options{Seed: 1, Password: "sesame-1748", Messages: 20}),
		fabricated(t, fabricate.Options{Seed: 1, Benign: true, Messages: 20})
	before := digests(t, sample) + digests(t, benign)
	t.Cleanup(func() {
		if digests(t, sample)+digests(t, benign) != before {
			t.Error("a script changed the evidence")
		}
	})
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
			env.Setenv("AppData", home)
			env.Setenv("LANG", "C")
			env.Setenv("SAMPLE", sample)
			env.Setenv("BENIGN", benign)
			env.Setenv("FEED", filepath.Join(sample, fabricate.FeedFile))
			env.Setenv("PASSWORD", filepath.Join(sample, fabricate.PasswordFile))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "archive": archive, "copy": copyTree, "cut": cut, "keybag": keybag, "holds": holds, "begins": begins, "digest": digest,
			"jsonlines": jsonLines, "devicename": deviceName, "hostilefolder": hostileFolder, "hostilepath": hostilePath, "logstore": logStoreFiles,
		},
	})
}

func fabricated(t *testing.T, opt fabricate.Options) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := fabricate.Backup(dir, opt); err != nil {
		t.Fatal(err)
	}
	return dir
}

// digests lists the files below a folder with their digests.
func digests(t testing.TB, dir string) string {
	t.Helper()
	list, err := digestList(dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func digestList(dir string) (string, error) {
	var b strings.Builder
	err := files(dir, func(name string, data []byte) error {
		fmt.Fprintf(&b, "%s %x\n", name, sha256.Sum256(data))
		return nil
	})
	return b.String(), err
}

// files calls fn with each file below a folder, by its slash-separated name.
func files(dir string, fn func(name string, data []byte) error) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		return fn(name, data)
	})
}

// status N COMMAND... runs a command that must end with status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("status %d, want %d", got, want)
	}
}

// archive zip|tar|tar.gz FILE FOLDER packs a folder under its own name.
func archive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: archive zip|tar|tar.gz file folder")
	}
	var b bytes.Buffer
	var add func(name string, data []byte) error
	var closers []io.Closer
	switch args[0] {
	case "zip":
		w := zip.NewWriter(&b)
		closers = append(closers, w)
		add = func(name string, data []byte) error {
			f, err := w.Create(name)
			if err != nil {
				return err
			}
			_, err = f.Write(data)
			return err
		}
	case "tar", "tar.gz":
		var out io.Writer = &b
		if args[0] == "tar.gz" {
			z := gzip.NewWriter(&b)
			closers, out = append(closers, z), z
		}
		w := tar.NewWriter(out)
		closers = append([]io.Closer{w}, closers...)
		add = func(name string, data []byte) error {
			h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o600}
			_, err := w.Write(nil)
			if err = errors.Join(err, w.WriteHeader(h)); err != nil {
				return err
			}
			_, err = w.Write(data)
			return err
		}
	default:
		ts.Fatalf("archive %s is not known", args[0])
	}
	dir := ts.MkAbs(args[2])
	ts.Check(files(dir, func(name string, data []byte) error { return add(filepath.Base(dir)+"/"+name, data) }))
	for _, c := range closers {
		ts.Check(c.Close())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

// copy FOLDER NEW copies a folder.
func copyTree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: copy folder new")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// cut FILE N cuts a file to N bytes.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if info.Size() <= n {
		ts.Fatalf("%s has only %d bytes", args[0], info.Size())
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// keybag BACKUP damages the keybag of a backup.
func keybag(ts *testscript.TestScript, neg bool, args []string) {
	name := filepath.Join(ts.MkAbs(args[0]), "Manifest.plist")
	data, err := os.ReadFile(name)
	ts.Check(err)
	var m map[string]any
	_, err = plist.Unmarshal(data, &m)
	ts.Check(err)
	m["BackupKeyBag"] = m["BackupKeyBag"].([]byte)[:50]
	data, err = plist.Marshal(m, plist.XMLFormat)
	ts.Check(err)
	ts.Check(os.WriteFile(name, data, 0o600))
}

// holds FOLDER REGEXP looks into every file below a folder, and into the names.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: holds folder regexp")
	}
	want := regexp.MustCompile(args[1])
	in := ""
	ts.Check(files(ts.MkAbs(args[0]), func(name string, data []byte) error {
		if want.MatchString(name) || want.Match(data) {
			in = name
		}
		return nil
	}))
	if (in != "") == neg {
		ts.Fatalf("%s holds %s: %q", args[0], args[1], in)
	}
}

// begins FOLDER TEXT looks at the begin of every file below a folder.
func begins(ts *testscript.TestScript, neg bool, args []string) {
	in := ""
	ts.Check(files(ts.MkAbs(args[0]), func(name string, data []byte) error {
		if bytes.HasPrefix(data, []byte(args[1])) {
			in = name
		}
		return nil
	}))
	if (in != "") == neg {
		ts.Fatalf("%s begins with %q: %q", args[0], args[1], in)
	}
}

// digest FOLDER FILE lists the files below a folder with their digests.
func digest(ts *testscript.TestScript, neg bool, args []string) {
	list, err := digestList(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(list), 0o600))
}
