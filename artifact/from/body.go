package from

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/vigie-project/vigie/record"
)

// A Body is what is told of the body of a cached response.
type Body struct {
	Size int64            // bytes
	Hash record.Hash      // SHA-256, "" if it is empty or larger than 256 MiB
	URLs []record.Mention // addresses in its text; see [URLs]
	Cut  bool             // there are more addresses, or text that was not looked at
}

// maxBody is the size in bytes from which a body is not hashed.
const maxBody = 256 << 20

// ReadBody reads the body of a cached response. Of one larger than 256 MiB the
// size is that. On an error it returns the part before it, without its digest.
func ReadBody(r io.Reader) (Body, error) {
	h := sha256.New()
	head, err := io.ReadAll(io.TeeReader(io.LimitReader(r, maxURLText+1), h))
	b := Body{Size: int64(len(head))}
	urls, cut := URLs(head)
	for _, u := range urls {
		b.URLs = append(b.URLs, record.Mention(u))
	}
	b.Cut = cut
	if err == nil && len(head) > maxURLText {
		var rest int64
		rest, err = io.Copy(h, io.LimitReader(r, maxBody-b.Size))
		b.Size += rest
	}
	if err != nil {
		return b, fmt.Errorf("read body: %w", err)
	}
	if b.Size > 0 && b.Size < maxBody {
		b.Hash = record.Hash(hex.EncodeToString(h.Sum(nil)))
	}
	return b, nil
}

// HeaderValue returns the value of a header of a request or response as records
// have it: of one that opens sessions only the length.
func HeaderValue(name, value string) record.KV {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-apple-i-md", "x-apple-gs-token":
		value = fmt.Sprintf("%d bytes", len(value))
	}
	return record.KV{Key: name, Value: value}
}
