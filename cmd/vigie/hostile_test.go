package main

import (
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"github.com/rogpeppe/go-internal/testscript"
	"howett.net/plist"
)

// commanding is a name that tries to clear the screen, to write a line of its
// own and to turn the direction of writing.
const commanding = "x\x1b[2J\n11 confirmed traces\r\u009b31m\u202etxt.exe\x07"

// devicename BACKUP gives the phone a hostile name in both lists. XML has no
// escape character: the lists become binary.
func deviceName(ts *testscript.TestScript, neg bool, args []string) {
	for name, path := range map[string][]string{"Info.plist": nil, "Manifest.plist": {"Lockdown"}} {
		file := filepath.Join(ts.MkAbs(args[0]), name)
		data, err := os.ReadFile(file)
		ts.Check(err)
		var root map[string]any
		_, err = plist.Unmarshal(data, &root)
		ts.Check(err)
		at := root
		for _, key := range path {
			at = at[key].(map[string]any)
		}
		for _, key := range []string{"Device Name", "Display Name", "DeviceName", "Product Version", "ProductVersion", "Product Type", "ProductType"} {
			if _, ok := at[key]; ok {
				at[key] = commanding
			}
		}
		data, err = plist.Marshal(root, plist.BinaryFormat)
		ts.Check(err)
		ts.Check(os.WriteFile(file, data, 0o600))
	}
}

// hostilefolder NEW FOLDER copies a backup below a folder with a hostile name.
func hostileFolder(ts *testscript.TestScript, neg bool, args []string) {
	dir := filepath.Join(ts.MkAbs(args[0]), commanding)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		dir = filepath.Join(ts.MkAbs(args[0]), "txt\u202eexe") // Windows allows less
	}
	ts.Check(os.CopyFS(dir, os.DirFS(ts.MkAbs(args[1]))))
}

// hostilepath BACKUP gives the database of messages a hostile path.
func hostilePath(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sqlite3.Open("file:" + filepath.ToSlash(filepath.Join(ts.MkAbs(args[0]), "Manifest.db")))
	ts.Check(err)
	defer db.Close()
	stmt, _, err := db.Prepare(`UPDATE Files SET relativePath=? WHERE relativePath='Library/SMS/sms.db'`)
	ts.Check(err)
	defer stmt.Close()
	ts.Check(stmt.BindText(1, "Library/SMS/"+commanding))
	ts.Check(stmt.Exec())
}
