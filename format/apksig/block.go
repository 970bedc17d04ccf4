package apksig

import (
	"errors"
	"fmt"
	"io"
)

// IDs of the pairs of the signing block.
const (
	idV2       = 0x7109871a
	idV3       = 0xf05368c0
	idV31      = 0x1b93ad61
	idRotation = 0x3ba06f8c // an attribute of signed data of v3
)

var errShort = errors.New("shorter than it says")

// A prefixed reads values that have their length in four bytes in front.
type prefixed []byte

// next returns the next value.
func (p *prefixed) next() (prefixed, error) {
	if len(*p) < 4 {
		return nil, errShort
	}
	n := uint64(le.Uint32(*p))
	if n > uint64(len(*p)-4) {
		return nil, errShort
	}
	v := (*p)[4 : 4+n]
	*p = (*p)[4+n:]
	return v, nil
}

// skip leaves out n bytes.
func (p *prefixed) skip(n int) error {
	if len(*p) < n {
		return errShort
	}
	*p = (*p)[n:]
	return nil
}

// readBlock reads the pairs of the signing block.
func (a *App) readBlock(z *archive) {
	if z.blockStart < 0 {
		return
	}
	if z.blockSize > maxBlock {
		a.problem("read signing block: %d bytes, limit %d", z.blockSize, maxBlock)
		return
	}
	b := make([]byte, z.blockSize)
	if n, err := z.r.ReadAt(b, z.blockStart); n < len(b) {
		a.problem("read signing block: %w", errors.Join(err, io.ErrUnexpectedEOF))
		return
	}
	const lengthSize, idSize = 8, 4
	pairs := make(map[uint32][]byte)
	for len(b) > 0 {
		if len(b) < lengthSize+idSize {
			a.problem("read signing block: %w", errShort)
			break
		}
		n := le.Uint64(b)
		if n < idSize || n > uint64(len(b)-lengthSize) {
			a.problem("read signing block: %w", errShort)
			break
		}
		id := le.Uint32(b[lengthSize:])
		if _, again := pairs[id]; !again {
			pairs[id] = b[lengthSize+idSize : lengthSize+n]
		}
		b = b[lengthSize+n:]
	}
	for _, s := range []struct {
		id     uint32
		scheme string
	}{{idV2, SchemeV2}, {idV3, SchemeV3}, {idV31, SchemeV31}} {
		if data, ok := pairs[s.id]; ok {
			if err := a.readSigners(s.scheme, data); err != nil {
				a.problem("read %s signature: %w", s.scheme, err)
			}
		}
	}
}

// readSigners reads the signers of v2 or v3.
func (a *App) readSigners(scheme string, data prefixed) error {
	signers, err := data.next()
	if err != nil {
		return err
	}
	for len(signers) > 0 && len(a.Certificates) < maxCerts {
		signer, err := signers.next()
		if err != nil {
			return err
		}
		if err := a.readSigner(scheme, signer); err != nil {
			return err
		}
	}
	return nil
}

// readSigner reads one signer: its signed data has digests, certificates, of
// which the first is the signer's, and attributes, before which v3 has the
// lowest and highest API level.
func (a *App) readSigner(scheme string, signer prefixed) error {
	signed, err := signer.next()
	if err != nil {
		return err
	}
	if _, err := signed.next(); err != nil {
		return fmt.Errorf("digests: %w", err)
	}
	certs, err := signed.next()
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	for first := true; len(certs) > 0; first = false {
		der, err := certs.next()
		if err != nil {
			return fmt.Errorf("certificates: %w", err)
		}
		a.add(scheme, der, first, false)
	}
	if scheme == SchemeV2 {
		return nil
	}
	if err := signed.skip(8); err != nil {
		return fmt.Errorf("API levels: %w", err)
	}
	attributes, err := signed.next()
	if err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	for len(attributes) > 0 {
		attribute, err := attributes.next()
		if err != nil || len(attribute) < 4 {
			return fmt.Errorf("attributes: %w", errShort)
		}
		if le.Uint32(attribute) == idRotation {
			if err := a.readRotation(scheme, attribute[4:]); err != nil {
				return fmt.Errorf("rotation: %w", err)
			}
		}
	}
	return nil
}

// readRotation reads the certificates of a rotation of keys, the oldest first:
// a version, then nodes of signed data, which begin with a certificate.
func (a *App) readRotation(scheme string, nodes prefixed) error {
	if err := nodes.skip(4); err != nil {
		return err
	}
	for len(nodes) > 0 {
		node, err := nodes.next()
		if err != nil {
			return err
		}
		signed, err := node.next()
		if err != nil {
			return err
		}
		der, err := signed.next()
		if err != nil {
			return err
		}
		a.add(scheme, der, false, true)
	}
	return nil
}
