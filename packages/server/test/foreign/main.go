// Checks a Merkle log by foreign code alone. It reads a document from its standard input, gives each item to every
// library that can check it, and prints one line of JSON: how many items all of them accepted, and who refused which.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	tdlog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type signed struct {
	Note string `json:"note"`
}

type checkpoint struct {
	Origin string `json:"origin"`
	Note   string `json:"note"`
}

type inclusion struct {
	Origin string   `json:"origin"`
	Note   string   `json:"note"`
	Entry  string   `json:"entry"`
	Index  int64    `json:"index"`
	Path   []string `json:"path"`
}

type consistency struct {
	Origin string   `json:"origin"`
	First  signed   `json:"first"`
	Second signed   `json:"second"`
	Path   []string `json:"path"`
}

type document struct {
	Vkeys         []string      `json:"vkeys"`
	Checkpoints   []checkpoint  `json:"checkpoints"`
	Inclusions    []inclusion   `json:"inclusions"`
	Consistencies []consistency `json:"consistencies"`
}

type refusal struct {
	What  string `json:"what"`
	By    string `json:"by"`
	Error string `json:"error"`
}

type verdict struct {
	Accepted int       `json:"accepted"`
	Refused  []refusal `json:"refused"`
}

// checks is what each library says of one item.
type checks map[string]error

// The names by which refusals say who refuses.
const (
	byNote     = "golang.org/x/mod/sumdb/note"
	byTlog     = "golang.org/x/mod/sumdb/tlog"
	byFormats  = "github.com/transparency-dev/formats/log"
	byMerkle   = "github.com/transparency-dev/merkle/proof"
	byDocument = "document"
)

var libraries = []string{byDocument, byNote, byFormats, byTlog, byMerkle}

func main() {
	log.SetFlags(0)
	var doc document
	if err := json.NewDecoder(os.Stdin).Decode(&doc); err != nil {
		log.Fatalf("the document cannot be read: %v", err)
	}
	said := verdict{Refused: []refusal{}}
	keys, err := verifiersOf(doc.Vkeys)
	if err != nil {
		said.Refused = append(said.Refused, refusal{"vkeys", byNote, err.Error()})
	}
	for n, item := range doc.Checkpoints {
		said.add(fmt.Sprintf("checkpoints[%d]", n), checkNote(keys, item.Origin, item.Note, checks{}))
	}
	for n, item := range doc.Inclusions {
		said.add(fmt.Sprintf("inclusions[%d]", n), checkInclusion(keys, item))
	}
	for n, item := range doc.Consistencies {
		said.add(fmt.Sprintf("consistencies[%d]", n), checkConsistency(keys, item))
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
	if len(said.Refused) > 0 {
		os.Exit(1)
	}
}

func verifiersOf(vkeys []string) ([]note.Verifier, error) {
	var keys []note.Verifier
	for _, vkey := range vkeys {
		key, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", vkey, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (v *verdict) add(what string, said checks) {
	before := len(v.Refused)
	for _, by := range libraries {
		if err := said[by]; err != nil {
			v.Refused = append(v.Refused, refusal{what, by, err.Error()})
		}
	}
	if len(v.Refused) == before {
		v.Accepted++
	}
}

// checkNote adds what libraries say of a signed checkpoint.
func checkNote(keys []note.Verifier, origin, text string, said checks) checks {
	if _, err := note.Open([]byte(text), note.VerifierList(keys...)); err != nil {
		said[byNote] = err
	}
	if _, err := parse(keys, origin, text); err != nil {
		said[byFormats] = err
	}
	return said
}

// parse returns what a checkpoint says that one of the keys signed.
func parse(keys []note.Verifier, origin, text string) (*tdlog.Checkpoint, error) {
	err := errors.New("there are no keys")
	for _, key := range keys {
		var found *tdlog.Checkpoint
		if found, _, _, err = tdlog.ParseCheckpoint([]byte(text), origin, key); err == nil {
			return found, nil
		}
	}
	return nil, err
}

func checkInclusion(keys []note.Verifier, item inclusion) checks {
	said := checkNote(keys, item.Origin, item.Note, checks{})
	path, err := hashesOf(item.Path)
	if err != nil {
		said[byDocument] = err
	}
	tree, err := parse(keys, item.Origin, item.Note)
	if err != nil || said[byDocument] != nil {
		return said
	}
	entry := []byte(item.Entry)
	size, index := int64(tree.Size), item.Index
	said[byTlog] = tlog.CheckRecord(path, size, tlog.Hash(tree.Hash), index, tlog.RecordHash(entry))
	hasher := rfc6962.DefaultHasher
	said[byMerkle] = proof.VerifyInclusion(hasher, uint64(index), tree.Size, hasher.HashLeaf(entry), bytesOf(path), tree.Hash)
	return said
}

func checkConsistency(keys []note.Verifier, item consistency) checks {
	said := checkNote(keys, item.Origin, item.First.Note, checks{})
	said = checkNote(keys, item.Origin, item.Second.Note, said)
	path, err := hashesOf(item.Path)
	if err != nil {
		said[byDocument] = err
	}
	first, firstErr := parse(keys, item.Origin, item.First.Note)
	second, secondErr := parse(keys, item.Origin, item.Second.Note)
	if firstErr != nil || secondErr != nil || said[byDocument] != nil {
		return said
	}
	said[byTlog] = tlog.CheckTree(path, int64(second.Size), tlog.Hash(second.Hash), int64(first.Size), tlog.Hash(first.Hash))
	said[byMerkle] = proof.VerifyConsistency(rfc6962.DefaultHasher, first.Size, second.Size, bytesOf(path), first.Hash, second.Hash)
	return said
}

func hashesOf(path []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(path))
	for n, text := range path {
		hash, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("path[%d] is no hash in base64", n)
		}
		hashes[n] = tlog.Hash(hash)
	}
	return hashes, nil
}

func bytesOf(path []tlog.Hash) [][]byte {
	bytes := make([][]byte, len(path))
	for n := range path {
		bytes[n] = path[n][:]
	}
	return bytes
}
