package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

const usage = `usage:
  interop vectors DIR                          every scenario of the folders in DIR known here
  interop receipt FILE --policy policy.txt     a receipt (.assay)
  interop evidence FILE --policy policy.txt    a fraud proof (.assay)
  interop score FILE --policy policy.txt       a final score, as assay score final wrote it
  interop log DIR-or-URL --policy policy.txt   checkpoint, tiles, bundles and every leaf of a log
  --without-inputs   a receipt may lack inputs of its order: nothing here computes with them
Exit codes are Assay's: 0 ok, 8 malformed, 10 signature, 11 no evidence, 12 proof, 13 does not bind,
15 inconclusive (a fraud proof whose step this program cannot recompute), 20 equivocation, …
`

func readFile(path string) []byte {
	data, err := os.ReadFile(path)
	need(err == nil, "not_found", "%v", err)
	return data
}

// fetcherOf reads files of a log by their path, from a folder or over HTTP.
func fetcherOf(where string) fetcher {
	if !strings.HasPrefix(where, "http://") && !strings.HasPrefix(where, "https://") {
		return func(path string) []byte { return readFile(filepath.Join(where, path)) }
	}
	client := &http.Client{Timeout: 30 * time.Second}
	return func(path string) []byte {
		reply, err := client.Get(strings.TrimSuffix(where, "/") + "/" + path)
		need(err == nil, "network", "%v", err)
		defer reply.Body.Close()
		data, err := io.ReadAll(io.LimitReader(reply.Body, 1<<25))
		need(err == nil, "network", "%v", err)
		need(reply.StatusCode != http.StatusNotFound, "not_found", "%s", path)
		need(reply.StatusCode == http.StatusOK, "network", "%s: %s", path, reply.Status)
		return data
	}
}

func checkLog(where string, trust *trustFile) {
	fetch := fetcherOf(where)
	at := checkCheckpoint(trust, fetch("checkpoint"))
	last, kinds := uint64(0), map[string]int{}
	checkFiles(at.checkpoint.size, at.checkpoint.root, fetch, func(index uint64, entry []byte) {
		leaf := parseLeaf(entry)
		malformed(leaf.time >= last, "leaf %d: log time runs backwards", index)
		last = leaf.time
		if leaf.kind != 1 {
			kinds["not inline"]++
			return
		}
		verifyLeaf(leaf)
		kind := openStatement(leaf.payload).kind
		malformed(kind != "heartbeat" && kind != "score", "leaf %d: a logged %s", index, kind)
		parseStatement(leaf.payload, kind)
		kinds[kind]++
	})
	names := strings.Join(at.witnesses, " ")
	if names == "" {
		names = "none asked for"
	}
	fmt.Printf("%s: %d leaves follow from the tiles, witnesses: %s\n", at.checkpoint.origin,
		at.checkpoint.size, names)
	var counts []string
	for kind, count := range kinds {
		counts = append(counts, fmt.Sprintf("%d %s", count, kind))
	}
	sort.Strings(counts)
	fmt.Println(strings.Join(counts, ", "))
}

func say(format string, args ...interface{}) { fmt.Printf(format+"\n", args...) }

func run(args []string) int {
	var policy string
	var words []string
	allInputs := true
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--policy" && i+1 < len(args):
			i++
			policy = args[i]
		case args[i] == "--without-inputs":
			allInputs = false
		default:
			words = append(words, args[i])
		}
	}
	if len(words) != 2 || (policy == "") != (words[0] == "vectors") {
		fmt.Fprint(os.Stderr, usage)
		return exitCodes["usage"]
	}
	status := 0
	bad := attempt(func() {
		switch words[0] {
		case "vectors":
			count, skipped, disagreed := checkVectors(words[1])
			say("%d vectors, %d disagreements, %d not judged (fractions in JSON)", count, disagreed,
				skipped)
			if disagreed > 0 {
				status = 1
			}
		case "log":
			checkLog(words[1], parseTrust(readFile(policy)))
		case "score":
			checkScore(readFile(words[1]), parseTrust(readFile(policy)), say)
		case "receipt":
			checkReceipt(readFile(words[1]), parseTrust(readFile(policy)), say, allInputs)
		case "evidence":
			checkEvidence(readFile(words[1]), parseTrust(readFile(policy)), say)
		default:
			fail("usage", "unknown command %s", words[0])
		}
	})
	if bad != nil {
		fmt.Fprintln(os.Stderr, bad)
		return exitCodes[bad.code]
	}
	return status
}

func main() { os.Exit(run(os.Args[1:])) }
