package fabricate

import (
	"archive/tar"
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vigie-project/vigie/detect"
)

// ABFile is the name of an Android backup that is made.
const ABFile = "backup.ab"

// backup makes an Android backup.
func (d *droid) backup(dir string) (string, error) {
	path := filepath.Join(dir, ABFile)
	return path, create(path, d.writeAB)
}

// writeAB writes an Android backup: a header of lines, then a tar archive that may
// be compressed and encrypted.
func (d *droid) writeAB(w io.Writer) error {
	data, err := d.backupTar()
	if err != nil {
		return err
	}
	if !d.opt.Stored {
		data = deflated(data)
	}
	head := fmt.Sprintf("ANDROID BACKUP\n%d\n%d\n", d.opt.Format, map[bool]int{false: 1}[d.opt.Stored])
	if d.opt.Password == "" {
		head += "none\n"
	} else {
		var keys string
		if keys, data, err = d.encryptAB(data); err != nil {
			return err
		}
		head += "AES-256\n" + keys
	}
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(data) // a buffer does not fail
	_ = z.Close()
	return b.Bytes()
}

// encryptAB encrypts the payload and returns the lines of the header about it.
func (d *droid) encryptAB(data []byte) (lines string, sealed []byte, err error) {
	const rounds = 10_000 // as Android does
	rnd := rand.New(rand.NewPCG(d.opt.Seed, 0x6162))
	userSalt, sumSalt, userIV, master, iv := random(rnd, 64), random(rnd, 64), random(rnd, 16), random(rnd, 32), random(rnd, 16)
	password := d.opt.Password
	if d.opt.Format == 1 { // the low eight bits of each character
		var low []byte
		for _, r := range password {
			low = append(low, byte(r))
		}
		password = string(low)
	}
	user, err := pbkdf2.Key(sha1.New, password, userSalt, rounds, 32)
	if err != nil {
		return "", nil, err
	}
	form := master
	if d.opt.Format > 1 { // as chars with the sign of the byte, in UTF-8
		form = nil
		for _, b := range master {
			form = utf8.AppendRune(form, rune(uint16(int8(b))))
		}
	}
	sum, err := pbkdf2.Key(sha1.New, string(form), sumSalt, rounds, 32)
	if err != nil {
		return "", nil, err
	}
	blob, err := encryptCBC(user, userIV, slices.Concat([]byte{16}, iv, []byte{32}, master, []byte{32}, sum))
	if err != nil {
		return "", nil, err
	}
	upper := func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) + "\n" }
	sealed, err = encryptCBC(master, iv, data)
	return upper(userSalt) + upper(sumSalt) + strconv.Itoa(rounds) + "\n" + upper(userIV) + upper(blob), sealed, err
}

// encryptCBC encrypts with AES-256 in CBC mode and PKCS #7 padding.
func encryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	out := append(slices.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return out, nil
}

// backupTar returns the archive of a backup.
func (d *droid) backupTar() ([]byte, error) {
	const telephony = "com.android.providers.telephony"
	list := []qfFile{{"apps/" + telephony + "/_manifest", d.abManifest(telephony, "", nil)}}
	for i, f := range d.messageFiles() {
		list = append(list, qfFile{fmt.Sprintf("apps/%s/d_f/%06d_%s", telephony, i, f.name), deflated(f.data)})
	}
	birds := d.find(spyApp + "s.birds")
	list = append(list, qfFile{"apps/" + birds.name + "/_manifest", d.abManifest(birds.name, play, d.other.der)},
		qfFile{"apps/" + birds.name + "/f/list.txt", []byte("Diomedea exulans\n")}, qfFile{"shared/0/Download/menu.pdf", []byte("%PDF-1.4\n")})
	d.trap("app-named-alike", birds.name, "an app of the store whose name begins like that of the spyware")
	if !d.opt.Benign {
		apk := d.find(spyApp).apk
		list = append(list, qfFile{"apps/" + spyApp + "/_manifest", d.abManifest(spyApp, files, d.spy.der)}, qfFile{"apps/" + spyApp + "/sp/state.xml", []byte("<map />\n")},
			qfFile{"shared/0/Download/news.apk", apk})
		d.found("backup-app", "android.backupapps", spyApp, detect.Confirmed, "the app, in the backup", 0)
		d.found("backup-certificate", "android.backupapps", d.spy.sha256(), detect.Confirmed, "the certificate of its signer, in the backup", 0)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range list {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.data)), ModTime: d.ago(40), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
			return nil, fmt.Errorf("write backup: %w", err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("write backup: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	return b.Bytes(), nil
}

// abManifest returns the manifest of an app in a backup.
func (d *droid) abManifest(name, installer string, der []byte) []byte {
	var t text
	t.line("1\n%s\n%d\n%d\n%s\n0", name, d.find(name).version, d.sdk, installer)
	if der == nil {
		t.line("0")
	} else {
		t.line("1\n%x", der)
	}
	return []byte(t.String())
}

// maxInFile is how many messages Android writes into a file.
const maxInFile = 1000

// messageFiles are the messages, as the telephony provider writes them: times of
// SMS in milliseconds, those of MMS in seconds.
func (d *droid) messageFiles() []qfFile {
	sms, mms := d.smsList(), d.mmsList()
	var list []qfFile
	for part := range slices.Chunk(sms, maxInFile) {
		data, _ := json.Marshal(part) // maps of texts
		list = append(list, qfFile{"sms_backup", data})
	}
	data, _ := json.Marshal(mms)
	return append(list, qfFile{"mms_backup", data})
}

func (d *droid) smsList() []map[string]any {
	message := func(hours float64, who, body string, sent bool) map[string]any {
		at := d.ago(hours).UnixMilli()
		m := map[string]any{"self_phone": "+33600000000", "address": who, "body": body, "date": strconv.FormatInt(at, 10), "date_sent": strconv.FormatInt(at-4000, 10),
			"status": "-1", "type": "1", "recipients": []string{who}, "read": "1"}
		if sent {
			m["type"], m["date_sent"] = "2", "0"
		}
		return m
	}
	var list []map[string]any
	rnd := rand.New(rand.NewPCG(d.opt.Seed, 0x736d73))
	for i := range d.opt.Messages {
		hours := 2 + 2000*float64(d.opt.Messages-i)/float64(d.opt.Messages)
		list = append(list, message(hours, people[rnd.IntN(len(people))], sentences[rnd.IntN(len(sentences))], rnd.IntN(2) == 0))
	}
	list = append(list, message(700, "MaBanque", "Votre relevé est disponible : https://www.bank.example/releves?ref=news-update.example", false),
		message(500, people[0], "Regarde l’albatros : https://xtrack.news-update.example/photo", false))
	d.trap("sms-parameter", "ref=news-update.example", "a link whose parameter is the domain above that of the spyware")
	d.trap("sms-host-alike", "xtrack.news-update.example", "a link to a host that ends like that of the spyware, but not at a dot")
	if !d.opt.Benign {
		list = append(list, message(spyLure, "+33700000666", "Colis en attente, confirmez ici : https://"+spyHost+"/a1", false))
		d.found("sms-lure", "android.sms", spyHost+"/a1", detect.Confirmed, "the lure, a text message", spyLure)
	}
	return list
}

func (d *droid) mmsList() []map[string]any {
	message := func(hours float64, who, subject, body string) map[string]any {
		at := strconv.FormatInt(d.ago(hours).Unix(), 10)
		return map[string]any{"self_phone": "+33600000000", "sub": subject, "date": at, "date_sent": "0", "m_type": "132", "v": "18", "msg_box": "1",
			"ct_l": "http://mms.operator.example/" + at, "tr_id": "T" + at, "recipients": []string{who}, "read": "1",
			"mms_addresses": []map[string]any{{"type": 137, "address": who, "charset": 106}}, "mms_body": body, "mms_charset": 106, "sub_cs": "106"}
	}
	list := []map[string]any{message(900, people[0], "Photo", "voilà"), message(300, people[1], "Vacances", "https://www.example.org/album")}
	if !d.opt.Benign {
		list = append(list, message(spyLure+3, "+33700000666", "Facture", "Voir http://"+spyHost+":8080/facture"))
		d.found("mms-lure", "android.mms", spyHost+":8080", detect.Confirmed, "another lure, a multimedia message", spyLure+3)
	}
	return list
}
