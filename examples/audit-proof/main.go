// Checks what the audit log's proof endpoints answered. All hashing and signing is that of golang.org/x/mod, which knows
// nothing of this project; the few lines here take the answers apart.
//
//	go run . -key "$VERIFIER" proof.json                        an event is in the log that was signed
//	go run . -key "$VERIFIER" -old old.txt consistency.json     what was signed then is the beginning of what is signed now
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// group is one of the two parts of an event that can be erased: the entry has its hash alone.
type group struct {
	Salt  *string `json:"salt"`
	Value *string `json:"value"`
}

// answer is that of GET /v1/audit/{id}/proof, or of GET /v1/audit/consistency.
type answer struct {
	Index      int64    `json:"index"`
	Entry      string   `json:"entry"`
	Who        group    `json:"who"`
	What       group    `json:"what"`
	Path       []string `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

func main() {
	log.SetFlags(0)
	key := flag.String("key", "", "the verifier, as GET /v1/audit/verifiers tells it")
	old := flag.String("old", "", "a file with an earlier checkpoint of the same log")
	flag.Parse()
	if *key == "" || flag.NArg() != 1 {
		log.Fatal("usage: go run . -key VERIFIER [-old CHECKPOINT] ANSWER.json")
	}
	text, err := os.ReadFile(flag.Arg(0))
	check("the answer", err)
	var got answer
	check("the answer", json.Unmarshal(text, &got))
	verifier, err := note.NewVerifier(*key)
	check("the verifier", err)
	if got.Checkpoint == "" {
		log.Fatal("refused: the answer has no checkpoint; is it an error?")
	}
	now := open(verifier, got.Checkpoint)
	if *old != "" {
		earlier, err := os.ReadFile(*old)
		check("the earlier checkpoint", err)
		consistent(open(verifier, string(earlier)), now, got)
		return
	}
	included(now, got)
}

// checkpoint is what a signed note says of a log.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// open ends the program unless the note has a good signature of the verifier.
func open(verifier note.Verifier, text string) checkpoint {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check("the signature of the checkpoint", err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 {
		log.Fatal("refused: the checkpoint has not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check("the size of the checkpoint", err)
	return checkpoint{lines[0], size, hash(lines[2])}
}

// registryLog is the log whose entries are the checkpoints of all others.
const registryLog = "ffffffff-ffff-ffff-ffff-ffffffffffff"

func included(at checkpoint, got answer) {
	if got.Entry == "" {
		log.Fatal("refused: the answer has no entry; if it is that of /v1/audit/consistency, give -old")
	}
	path := make(tlog.RecordProof, 0, len(got.Path))
	for _, each := range got.Path {
		path = append(path, hash(each))
	}
	check("the path", tlog.CheckRecord(path, at.size, at.root, got.Index, tlog.RecordHash([]byte(got.Entry))))
	var entry struct {
		ID, Log, Who, What, Root string
		Size                     int64
	}
	check("the entry", json.Unmarshal([]byte(got.Entry), &entry))
	if entry.ID == "" && strings.HasSuffix(at.origin, "/"+registryLog) {
		fmt.Printf("accepted: %s had %d entries with the root %s, by entry %d of the %d that %s had\n",
			entry.Log, entry.Size, entry.Root, got.Index, at.size, at.origin)
		return
	}
	if !strings.HasSuffix(at.origin, "/"+entry.Log) {
		log.Fatalf("refused: the entry is of the log %s, and the checkpoint of %s", entry.Log, at.origin)
	}
	fits("who", got.Who, entry.Who)
	fits("what", got.What, entry.What)
	fmt.Printf("accepted: event %s is entry %d of the %d that %s had\n", entry.ID, got.Index, at.size, at.origin)
}

// fits ends the program unless the part has the hash that the entry says; an erased part has nothing to compare.
func fits(name string, part group, want string) {
	if part.Salt == nil || part.Value == nil {
		fmt.Printf("erased: %s\n", name)
		return
	}
	salt, err := base64.StdEncoding.DecodeString(*part.Salt)
	check("the salt of "+name, err)
	got := sha256.Sum256(append(salt, *part.Value...))
	if hex.EncodeToString(got[:]) != want {
		log.Fatalf("refused: %s is not what the entry says", name)
	}
}

func consistent(earlier, now checkpoint, got answer) {
	if got.Entry != "" {
		log.Fatal("refused: this is the proof of an event; -old goes with the answer of /v1/audit/consistency")
	}
	path := make(tlog.TreeProof, 0, len(got.Path))
	for _, each := range got.Path {
		path = append(path, hash(each))
	}
	if earlier.origin != now.origin {
		log.Fatalf("refused: one checkpoint is of %s, and the other of %s", earlier.origin, now.origin)
	}
	check("the path", tlog.CheckTree(path, now.size, now.root, earlier.size, earlier.root))
	fmt.Printf("accepted: the %d entries of %s are the beginning of %d\n", earlier.size, now.origin, now.size)
}

func hash(text string) tlog.Hash {
	hash, err := tlog.ParseHash(text)
	check("a hash", err)
	return hash
}

func check(what string, err error) {
	if err != nil {
		log.Fatalf("refused: %s: %v", what, err)
	}
}
