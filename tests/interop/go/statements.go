package main

// in-toto statements and the policy document: FORMAT.md's tables, one entry a member.

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
)

const statementType = "https://in-toto.io/Statement/v1"

var (
	digestRule   = hexOf(32)
	digestObject = fields("sha256", digestRule)
	anyU64       = u64Of(0, u64Max)
	anyU32       = u32Of(0, u32Max)
	ppm          = u32Of(0, million)
	timeRule     = u64Of(0, timeMax)
	reasonRule   = oneOf("first", "retro", "appeal", "paid")
	positionRule = numbersOf(1, stepsMax, stepsMax)
	rowRule      = numbersOf(0, u32Max, rowsMax)
	pairRule     = orNull(fields("count", u32Of(1, pairsMax), "digest", digestRule))
	outcomeRule  = rule{check: func(v *value) { v.outcomes() }}
	boolRule     = rule{check: func(v *value) {
		_, is := v.is.(bool)
		malformed(is, "neither true nor false")
	}}
	objectRule  = rule{check: func(v *value) { v.object() }}
	fileWord    = rule{check: checkFileWord}
	devicesRule = some(fields("uuid", textOf(0, 128, ""), "model", textOf(0, 128, ""),
		"driver", textOf(0, 128, ""), "memory_bytes", anyU64), 0, 64)
	wordRule   = textOf(1, 32, "[a-z0-9-]+")
	partRule   = oneOf("gpu", "cpu", "memory", "disk", "network")
	claimsRule = some(fields("class", textOf(1, 128, ""), "part", partRule,
		"rate", u64Of(1, u64Max)), 1, 16)
	partsRule = some(fields("part", partRule, "unit", oneOf("ops/s", "bytes", "bytes/s"),
		"claimed", u64Of(1, u64Max), "measured", anyU64), 1, 5)
	benchmarkAnswerRule = fields("round", digestRule, "results", some(digestRule, 1, 16),
		"opening_blob", digestRule)
)

var partUnits = map[string]string{"gpu": "ops/s", "cpu": "ops/s", "memory": "bytes",
	"disk": "bytes/s", "network": "bytes/s"}
var partOrder = map[string]int{"gpu": 0, "cpu": 1, "memory": 2, "disk": 3, "network": 4}

var fileWordForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func isFileWord(name string) bool {
	return fileWordForm.MatchString(name) && name != "." && name != ".."
}

func checkFileWord(v *value) { malformed(isFileWord(v.text()), "not a name of an input") }

func beaconRule(v *value) {
	text := v.text()
	malformed(text == "" || len(text) == 112, "neither empty nor 56 bytes")
	fromHex(text, -1)
}

func outputRule(v *value) {
	text := v.text()
	malformed(text != "" && len(text) <= 16384, "no output")
	fromBase64(text)
}

func uptimeRow(v *value) {
	row := v.items()
	malformed(len(row) == 3, "not [key, answered, asked]")
	digestRule.check(row[0])
	malformed(row[1].integer(0, u32Max) <= row[2].integer(0, u32Max), "answered more than asked")
}

func fields(pairs ...interface{}) rule {
	var all []ruled
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, ruled{pairs[i].(string), pairs[i+1].(rule), false})
	}
	return members(all...)
}

func ruleOf(check func(*value)) rule { return rule{check: check} }

var schemas = map[string]rule{
	"registration": fields("provider", digestRule, "name", textOf(1, 64, ""),
		"region", textOf(0, 64, ""), "device_class", wordRule, "devices", devicesRule,
		"price_micros", anyU64).with("claims", claimsRule),
	"job": fields("workload", wordRule, "version", u32Of(1, u32Max), "parameters", objectRule,
		"inputs", some(fields("name", fileWord, "sha256", digestRule, "size_bytes", anyU64), 0, 64),
		"nonce", digestRule, "device_class", wordRule, "price_micros", anyU64,
		"assurance", oneOf("standard", "strict", "forensic", "full"),
		"renter_secret_commitment", digestRule, "deadline_ms", u64Of(1, timeMax),
		"renter", digestRule, "provider", orNull(digestRule)),
	"cancel":     fields("job", digestRule),
	"reveal":     fields("job", digestRule, "secret", digestRule),
	"acceptance": fields("job", digestRule, "devices", devicesRule, "expected_end", timeRule),
	"attestation": fields("job", digestRule,
		"trace", fields("root", digestRule, "steps", u32Of(1, stepsMax)), "seq", u64Of(1, u64Max),
		"prev", digestRule, "started", timeRule, "finished", timeRule, "devices", devicesRule,
		"backend", textOf(1, 64, ""), "result_blob", digestRule, "trace_blob", digestRule),
	"heartbeat": fields("nonce", digestRule, "seq", anyU64, "handed", digestRule, "sent", timeRule,
		"load_ppm", ppm, "free_memory_bytes", anyU64, "accepts_jobs", boolRule,
		"outputs", some(fields("job", digestRule, "step", u32Of(1, stepsMax),
			"outputs", some(ruleOf(outputRule), 1, 256)), 0, 8)).with("benchmark", benchmarkAnswerRule),
	"spotcheck": fields("draw", digestRule, "attestation_index", anyU64, "attestation", digestRule,
		"reason", reasonRule, "ordinal", anyU32, "positions", positionRule, "rows", rowRule,
		"pairs", pairRule, "opening_blob", digestRule, "opening_bytes", anyU64),
	"draw": fields("k", anyU64, "from", anyU64, "to", anyU64, "size", anyU64, "root", digestRule,
		"beacon", ruleOf(beaconRule), "proof", hexOf(80)),
	"verdict": fields("draw", digestRule, "attestation_index", anyU64, "attestation", digestRule,
		"job", digestRule, "provider", digestRule, "reason", reasonRule, "ordinal", anyU32,
		"p_ppm", ppm, "positions", positionRule, "position_outcomes", outcomeRule,
		"rows", rowRule, "row_outcomes", outcomeRule, "pairs", pairRule,
		"pair_outcomes", outcomeRule,
		"outcome", oneOf("match", "mismatch", "unavailable", "inconclusive"),
		"fault", orNull(fields("step", orNull(u32Of(0, stepsMax)), "row", orNull(anyU32))),
		"runs", anyU32, "device", textOf(0, 128, ""), "replay_ops", anyU64,
		"detail", textOf(0, 512, "")).with("workers",
		some(fields("worker", digestRule, "device", textOf(0, 128, ""),
			"driver", textOf(0, 64, ""), "result", digestRule), 1, 8)),
	"worker": fields("worker", digestRule, "name", textOf(1, 64, ""),
		"device", textOf(1, 128, ""), "driver", textOf(0, 64, ""),
		"state", oneOf("enabled", "suspended"), "cause", textOf(0, 32, "[a-z0-9-]*"),
		"void_from", anyU64, "after", anyU64),
	"worker-call": fields("worker", digestRule, "origin", textOf(1, 256, ""), "sent", timeRule,
		"lease", digestRule),
	"worker-result": fields("worker", digestRule, "lease", digestRule, "task", digestRule,
		"outcome", oneOf("match", "mismatch", "inconclusive"), "position_outcomes", outcomeRule,
		"row_outcomes", outcomeRule, "pair_outcomes", outcomeRule,
		"fault", orNull(fields("step", orNull(u32Of(0, stepsMax)), "row", orNull(anyU32))),
		"device", textOf(1, 128, ""), "driver", textOf(0, 64, ""), "replay_ops", anyU64,
		"detail", textOf(0, 512, "")),
	"paid-challenge": fields("attestation_index", anyU64, "attestation", digestRule,
		"job", digestRule, "challenger", digestRule, "deposit_micros", u64Of(1, u64Max)),
	"summary": fields("verifier", fields("id", textOf(1, 256, "")), "timeVerified", ruleOf(rfc3339),
		"resourceUri", after("job:"), "policy", reference("policy:"),
		"inputAttestations", some(reference("attestation:"), 1, 1),
		"verificationResult", oneOf("PASSED", "FAILED"), "verifiedLevels", some(opaque(64), 1, 8),
		"slsaVersion", oneOf("1.0")),
	"timeout": fields("job", digestRule, "provider", digestRule, "acceptance_index", anyU64,
		"verifier_at_fault", boolRule),
	"uptime": fields("window", anyU64, "window_seconds", u32Of(1, u32Max), "part", anyU32,
		"verifier_alive", boolRule, "answers", digestRule,
		"rows", some(ruleOf(uptimeRow), 0, 500)),
	"slash": fields("provider", digestRule, "class", textOf(1, 128, ""),
		"fault", oneOf("wrong-result", "withheld", "equivocation"), "job", digestRule,
		"attestation", digestRule, "attestation_index", anyU64,
		"evidence_indices", some(anyU64, 1, 16), "evidence_blob", digestRule,
		"delivery_proof", opaque(16384), "severity_ppm", u32Of(1, 2*million),
		"finality", timeRule, "detail", textOf(0, 1024, "")),
	"reversal": fields("slash_index", anyU64, "provider", digestRule, "cause", oneOf("delivered", "overturned", "drawn", "expired")),
	"appeal": fields("slash_index", anyU64, "provider", digestRule, "deposit_micros", anyU64,
		"nonce", digestRule, "remark", textOf(0, 500, "")),
	"ruling": fields("slash_index", anyU64, "appeal_index", anyU64, "provider", digestRule,
		"outcome", oneOf("granted", "refuted", "undecided"), "draw", digestRule,
		"positions", positionRule, "rows", rowRule, "pairs", pairRule,
		"replays", some(fields("device", textOf(1, 128, ""),
			"outcome", oneOf("match", "mismatch", "unavailable", "inconclusive")), 0, 16),
		"detail", textOf(0, 512, "")),
	"stake": fields("provider", digestRule,
		"move", oneOf("bond", "unbond", "delegate", "undelegate"),
		"amount_micros", u64Of(1, 1<<53), "reference", textOf(1, 128, "")),
	"maintenance": fields("provider", digestRule, "from", timeRule, "to", timeRule),
	"measurement": fields("provider", digestRule, "class", textOf(1, 128, ""), "round", digestRule,
		"parts", partsRule, "took_ms", anyU64, "how", textOf(0, 256, "")),
	"settlement": fields("job", digestRule, "provider", digestRule, "origin", textOf(1, 256, ""),
		"tree_size", u64Of(1, 1<<64-1), "root", digestRule, "verdict_index", anyU64,
		"price_micros", anyU64, "payable_micros", anyU64, "holdback_micros", anyU64,
		"released", timeRule),
	"dispute": fields("attestation_index", anyU64, "attestation", digestRule, "job", digestRule,
		"step", u32Of(0, stepsMax), "challenger", digestRule, "deposit_micros", u64Of(1, u64Max)),
	"dispute-move": fields("dispute_index", anyU64, "number", u32Of(0, 16),
		"move", fields("kind", oneOf("answer", "operation", "state", "output", "child", "conviction"),
			"choice", anyU32, "blob", digestRule)),
	"dispute-end": fields("dispute_index", anyU64, "lost", oneOf("provider", "challenger"),
		"cause", oneOf("convicted", "acquitted", "silent"), "delivery_proof", opaque(16384)),
	"policy": fields("document", opaque(16384), "activation_epoch", anyU64),
	"score": fields("provider", digestRule, "class", textOf(0, 128, ""),
		"origin", textOf(1, 256, ""), "tree_size", anyU64, "root", digestRule, "policy", digestRule, "epoch", anyU64,
		"final", boolRule, "trust_ppm", ppm, "slash_ppm", ppm, "integrity_ppm", ppm,
		"uptime_ppm", ppm, "performance_ppm", ppm, "stake_ppm", ppm, "audits", anyU64,
		"uncertainty_ppm", ppm, "tombstoned", boolRule).with("snapshot", fields("index",
		u64Of(1, u64Max), "statement", digestRule, "states", u64Of(1, u64Max), "states_root", digestRule,
		"state_index", anyU64, "state", ruleOf(stateRule), "path", some(digestRule, 0, 64))),
	"snapshot": fields("origin", textOf(1, 256, ""), "epoch", anyU64, "tree_size", u64Of(1, u64Max),
		"root", digestRule, "policy", digestRule, "states", u64Of(1, u64Max),
		"states_root", digestRule),
}

var challengeRule = fields("draw", digestRule, "attestation_index", anyU64,
	"attestation", digestRule, "job", digestRule, "reason", reasonRule, "ordinal", anyU32, "p_ppm", ppm,
	"positions", positionRule, "rows", rowRule,
	"pairs", numbersOf(0, stepsMax<<32-1, pairsMax), "deadline", timeRule)

var (
	depthNumber = u32Of(0, 1024)
	depthRule   = fields("units", depthNumber, "steps", depthNumber, "rows", depthNumber,
		"micro", depthNumber)
	dayRule      = u32Of(1, dayMs)
	severityRule = u32Of(1, 2*million)
	policyRule   = fields("assay", oneOf("policy/v1"), "name", textOf(1, 64, ""),
		"currency", textOf(1, 16, ""), "epoch_seconds", u32Of(1, 86400),
		"uptime_window_seconds", u32Of(1, 86400), "first_jobs", ppm, "audit_ppm", u32Of(1, million),
		"audit_after_soft_failure_jobs", ppm, "standard", depthRule, "strict", depthRule,
		"forensic", depthRule, "micro_columns", u32Of(1, 1024), "reveal_window_ms", u32Of(0, dayMs),
		"draw_deadline_ms", dayRule, "opening_deadline_ms", dayRule,
		"openings_asked_max", u32Of(1, 100), "ask_again_after_ms", u32Of(0, 7*dayMs),
		"confirm_runs", u32Of(1, 100), "confirm_devices_min", u32Of(1, 100),
		"accept_within_ms", dayRule, "job_deadline_max_ms", u64Of(1, 365*dayMs),
		"open_jobs_max", u32Of(1, 100*million), "poll_ms", u32Of(1, 3600000),
		"probe_mean_ms", dayRule, "probe_grace_ms", dayRule, "severity_wrong_ppm", severityRule,
		"severity_withheld_ppm", severityRule, "severity_equivocation_ppm", severityRule,
		"finality_ms", u64Of(0, 365*dayMs), "retention_ms", u64Of(0, 3650*dayMs),
		"stake_required_micros", u64Of(0, 1<<53), "unbonding_ms", u64Of(0, 365*dayMs),
		"operators", some(digestRule, 0, 16), "performance_ppm", ppm,
		"reference_value_micros", u64Of(1, 1<<63-1))
)

func (v *value) depth(name string) uint64 { return v.get(name).integer(0, 1024) }

// parsePolicy: the document has one spelling.
func parsePolicy(data []byte) *value {
	it := parseJSON(data, 16384, 32, 1<<17)
	policyRule.check(it)
	for _, name := range []string{"standard", "strict", "forensic"} {
		of := it.get(name)
		malformed(of.depth("steps")+of.depth("rows")+of.depth("micro") > 0, "%s checks no chain", name)
	}
	devices, runs := it.get("confirm_devices_min"), it.get("confirm_runs")
	malformed(devices.integer(1, 100) <= runs.integer(1, 100), "confirm_devices_min")
	operators := it.get("operators").items()
	for i := 1; i < len(operators); i++ {
		malformed(bytes.Compare(operators[i-1].bytes(), operators[i].bytes()) < 0, "operators descend")
	}
	malformed(ordered(it, policyRule.members).dump() == string(data), "policy: a second spelling")
	return it
}

type statement struct {
	kind    string
	name    string
	subject []byte
	*value  // the predicate
}

func predicateType(kind string) string {
	if kind == "summary" {
		return "https://slsa.dev/verification_summary/v1"
	}
	return "https://assay.example/" + kind + "/v1"
}

var statementRule = fields("_type", textOf(0, 256, ""),
	"subject", some(fields("name", textOf(0, 64, ""), "digest", digestObject), 1, 1),
	"predicateType", textOf(0, 256, ""), "predicate", objectRule)

// openStatement does not look into the predicate yet.
func openStatement(payload []byte) *statement {
	it := parseJSON(payload, payloadMax, 32, 1<<17)
	statementRule.check(it)
	malformed(it.get("_type").text() == statementType, "statement: _type")
	for kind := range schemas {
		if it.get("predicateType").text() == predicateType(kind) {
			subject := it.get("subject").items()[0]
			digest := subject.get("digest", "sha256").bytes()
			return &statement{kind, subject.get("name").text(), digest, it.get("predicate")}
		}
	}
	fail("malformed", "predicateType is none that is known")
	return nil
}

func parseStatement(payload []byte, kind string) *statement {
	it := openStatement(payload)
	malformed(it.kind == kind, "a %s where a %s is expected", it.kind, kind)
	schemas[kind].check(it.value)
	if more := moreRules[kind]; more != nil {
		more(it.value)
	}
	name, due := subjectOf(it)
	malformed(it.name == name && bytes.Equal(it.subject, due), "another subject")
	return it
}

// subjectOf gives the name that a statement's subject must have, and the digest it must be.
func subjectOf(it *statement) (string, []byte) {
	same := map[string][2]string{"job": {"order", "nonce"}, "cancel": {"job", "job"},
		"reveal": {"job", "job"}, "acceptance": {"job", "job"}, "heartbeat": {"handout", "handed"},
		"settlement": {"job", "job"}, "snapshot": {"states", "states_root"}, "worker-result": {"lease", "lease"},
		"paid-challenge": {"attestation", "attestation"},
		"spotcheck":      {"attestation", "attestation"}, "draw": {"checkpoint", "root"},
		"verdict": {"attestation", "attestation"}, "timeout": {"job", "job"},
		"uptime": {"answers", "answers"}, "slash": {"attestation", "attestation"}}
	if names, found := same[it.kind]; found {
		return names[0], it.get(names[1]).bytes()
	}
	switch it.kind {
	case "dispute":
		return "attestation", it.get("attestation").bytes()
	case "dispute-move", "dispute-end":
		return "dispute", it.subject
	case "worker", "worker-call":
		return "worker", sum(it.get("worker").bytes())
	case "registration", "score", "stake", "maintenance", "measurement":
		return "provider", sum(it.get("provider").bytes())
	case "policy":
		return "policy", sum([]byte(it.get("document").text()))
	case "reversal", "appeal", "ruling":
		return "slash", it.subject
	}
	return "result", it.subject
}

// rewritten is the statement as Assay would write it.
func rewritten(payload []byte, kind string) string {
	it := parseJSON(payload, payloadMax, 32, 1<<17)
	out := ordered(it, statementRule.members)
	for i, one := range out.object().members {
		if one.name == "predicate" {
			out.object().members[i].it = ordered(it.get("predicate"), schemas[kind].members)
		}
	}
	return out.dump()
}

// moreRules: what FORMAT.md asks of several members together.
var moreRules = map[string]func(*value){
	"job": func(p *value) {
		seen := map[string]bool{}
		for _, one := range p.get("inputs").items() {
			malformed(!seen[one.get("name").text()], "two inputs of one name")
			seen[one.get("name").text()] = true
		}
	},
	"registration": func(p *value) {
		claims := p.object().find("claims")
		if claims == nil {
			return
		}
		last := ""
		for _, one := range claims.items() {
			name := one.get("class").text()
			malformed(strings.HasPrefix(name, p.get("device_class").text()+"/"), "another device class")
			order := name + "\x00" + string(rune('0'+partOrder[one.get("part").text()]))
			malformed(last < order, "claims must ascend")
			last = order
		}
	},
	"maintenance": func(p *value) {
		malformed(p.get("from").u64() < p.get("to").u64(), "to is not after from")
	},
	"measurement": func(p *value) {
		last := -1
		for _, one := range p.get("parts").items() {
			part := one.get("part").text()
			malformed(last < partOrder[part], "parts must ascend")
			malformed(one.get("unit").text() == partUnits[part], "a unit")
			last = partOrder[part]
		}
	},
	"heartbeat": func(p *value) {
		seen, count, size := map[string]bool{}, 0, 0
		for _, one := range p.get("outputs").items() {
			outputs := one.get("outputs").items()
			malformed(!seen[one.get("job").text()], "a job twice")
			seen[one.get("job").text()] = true
			last := one.get("step").integer(1, stepsMax) + uint64(len(outputs)) - 1
			malformed(last <= stepsMax, "outputs of steps that no job has")
			for _, output := range outputs {
				count, size = count+1, size+len(fromBase64(output.text()))
			}
		}
		malformed(count <= 256 && size <= 6144, "too many outputs")
	},
	"spotcheck": func(p *value) { asksForSomething(p, p.get("pairs").is != nil) },
	"draw": func(p *value) {
		from, to := p.get("from").u64(), p.get("to").u64()
		malformed(from < to && to <= p.get("size").u64(), "no such range")
		malformed((p.get("k").u64() == 0) == (from == 0), "from is 0 in draw 0, and in no other")
	},
	"verdict": checkVerdictOutcomes,
	"uptime": func(p *value) {
		last := ""
		for _, row := range p.get("rows").items() {
			key := row.items()[0].text()
			malformed(last < key, "keys must ascend")
			last = key
		}
	},
	"settlement": func(p *value) {
		price, payable := p.get("price_micros").u64(), p.get("payable_micros").u64()
		malformed(payable <= price && p.get("holdback_micros").u64() <= price-payable,
			"more than the price")
	},
	"score": func(p *value) {
		proven := p.object().find("snapshot") != nil
		malformed(p.get("final").is == proven, "a proof belongs to final scores alone")
	},
	"slash": func(p *value) {
		withheld := p.get("fault").text() == "withheld"
		malformed(withheld == (p.get("delivery_proof").text() != ""), "delivery_proof")
		indices := p.get("evidence_indices").items()
		for i := 1; i < len(indices); i++ {
			malformed(indices[i-1].u64() < indices[i].u64(), "evidence_indices must ascend")
		}
	},
	"ruling": func(p *value) {
		malformed(p.get("outcome").text() == rulingOf(p.get("replays").items()),
			"outcome does not follow from the replays")
	},
	"dispute-move": func(p *value) {
		kind := p.get("move", "kind").text()
		chosen := kind == "operation" || kind == "child"
		malformed(chosen || p.get("move", "choice").integer(0, u32Max) == 0, "choice")
		blob := kind == "answer" || kind == "conviction"
		malformed(blob == !bytes.Equal(p.get("move", "blob").bytes(), make([]byte, 32)),
			"blob belongs to answers and convictions alone")
	},
	"dispute-end": func(p *value) {
		lost, cause := p.get("lost").text(), p.get("cause").text()
		malformed(cause == "silent" || (cause == "convicted") == (lost == "provider"),
			"lost does not follow from the cause")
		silent := cause == "silent" && lost == "provider"
		malformed(silent == (p.get("delivery_proof").text() != ""), "delivery_proof")
	},
	"worker": func(p *value) {
		enabled := p.get("state").text() == "enabled"
		malformed(enabled == (p.get("cause").text() == ""), "cause belongs to the suspended alone")
		malformed(!enabled || p.get("void_from").u64() == 0, "void_from likewise")
	},
	"worker-result": checkWorkerResult,
	"policy":        func(p *value) { parsePolicy([]byte(p.get("document").text())) },
	"summary":       checkLevels,
}

func checkWorkerResult(p *value) {
	positions, pairs := p.get("position_outcomes").outcomes(), p.get("pair_outcomes").outcomes()
	malformed(len(positions) <= stepsMax && len(pairs) <= pairsMax, "too many outcomes")
	outcome, fault := p.get("outcome").text(), p.get("fault")
	malformed((fault.is != nil) == (outcome == "mismatch"), "a fault is a mismatch's")
	malformed(fault.is == nil || fault.get("step").is != nil || fault.get("row").is != nil,
		"a fault nowhere")
	if outcome == "match" {
		all := positions + p.get("row_outcomes").outcomes() + pairs
		malformed(all != "" && strings.Trim(all, "m") == "", "cannot be match")
	}
}

// rulingOf: what follows from the replays that decide.
func rulingOf(replays []*value) string {
	some, all := false, true
	for _, one := range replays {
		device, outcome := one.get("device").text(), one.get("outcome").text()
		if device != "cpu/scalar" && device != "signatures" {
			continue
		}
		if outcome == "mismatch" || outcome == "unavailable" {
			return "refuted"
		}
		some, all = true, all && outcome == "match"
	}
	if some && all {
		return "granted"
	}
	return "undecided"
}

func asksForSomething(p *value, pairs bool) {
	any := len(p.get("positions").items()) > 0 || len(p.get("rows").items()) > 0 || pairs
	malformed(any, "asks for nothing")
}

func parseChallenge(data []byte) *value {
	it := parseJSON(data, 1<<20, 32, 1<<17)
	challengeRule.check(it)
	asksForSomething(it, len(it.get("pairs").items()) > 0)
	return it
}

func checkVerdictOutcomes(p *value) {
	if workers := p.object().find("workers"); workers != nil {
		last := ""
		for _, one := range workers.items() {
			key := one.get("worker").text()
			malformed(last < key, "workers must ascend")
			last = key
		}
	}
	count := func(name string, due int) string {
		found := p.get(name).outcomes()
		malformed(len(found) == due, "%s: another count", name)
		return found
	}
	pairs := 0
	if p.get("pairs").is != nil {
		pairs = int(p.get("pairs", "count").integer(1, pairsMax))
	}
	all := count("position_outcomes", len(p.get("positions").positions())) +
		count("row_outcomes", len(p.get("rows").rows())) + count("pair_outcomes", pairs)
	if fault := p.get("fault"); fault.is != nil {
		malformed(p.get("outcome").text() == "mismatch", "a fault without a mismatch")
		malformed(fault.get("step").is != nil || fault.get("row").is != nil, "a fault nowhere")
	}
	if p.get("outcome").text() == "match" {
		malformed(all != "" && strings.Trim(all, "m") == "", "cannot be match")
	}
}

var levelForm = regexp.MustCompile(`^ASSAY_(REPLAYED|FOLLOWED_ROWS|MICRO_ROWS)_[1-9]`)

func checkLevels(p *value) {
	levels := p.get("verifiedLevels").items()
	if p.get("verificationResult").text() == "FAILED" {
		malformed(len(levels) == 1 && levels[0].text() == "FAILED", "FAILED, once")
		return
	}
	for _, one := range levels {
		malformed(levelForm.MatchString(one.text()), "a level that does not say what was done")
	}
}

func hexText(data []byte) string { return hex.EncodeToString(data) }
