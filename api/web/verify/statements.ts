// in-toto statements and the policy document: FORMAT.md's tables, one entry a member.
//
// A member's rule takes the value as JSON has it and gives what it means, or throws Wrong. Digests
// and keys stay lower-case hex, which compares; 64-bit numbers become bigints.
import { fromBase64, fromHex, malformed, need, parseU64, sha256Hex } from './base';
import { stateOf } from './score_states';
import { byteLength, dumpJson, type Json, type JsonObject, parseJson } from './strict_json';

export const TYPE = 'https://in-toto.io/Statement/v1';
export const PAIRS_MAX = 1024;
const STEPS_MAX = 4096;
const ROWS_MAX = 65536;
const ROW_LAST = 2 ** 32 - 1;
const MILLION = 1_000_000;

// What a rule gives: of an object, its members by name.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Meant = any;

export interface Rule {
  (value: Json | undefined): Meant;
  rules?: Rules;
  optional?: boolean;
}
type Rules = Record<string, Rule>;

export function text(low = 0, high = 256, pattern?: RegExp): Rule {
  return (value) => {
    need(typeof value === 'string', 'malformed', 'not a string');
    const length = byteLength(value);
    need(length >= low && length <= high, 'malformed', 'its length');
    // eslint-disable-next-line no-control-regex
    need(!/[\x00-\x1f\x7f-\x9f]/.test(value), 'malformed', 'a control character');
    need(!pattern || pattern.test(value), 'malformed', 'its characters');
    return value;
  };
}

export function opaque(high: number): Rule {
  return (value) => {
    need(typeof value === 'string' && byteLength(value) <= high, 'malformed', 'not such a text');
    return value;
  };
}

const stateText: Rule = (value) => {
  need(typeof value === 'string', 'malformed', 'not a text');
  return stateOf(value);
};

const word = (high: number): Rule => text(1, high, /^[a-z0-9-]+$/);

function hexOf(size: number): Rule {
  return (value) => {
    const spelled = text(0, 2 * size)(value);
    fromHex(spelled, size);
    return spelled;
  };
}

function u64(low = 0n, high = 2n ** 64n - 1n): Rule {
  return (value) => {
    const number = parseU64(text(0, 20)(value));
    need(number >= low && number <= high, 'malformed', `${number} is outside its range`);
    return number;
  };
}

function u32(low = 0, high = 2 ** 32 - 1): Rule {
  return (value) => {
    need(typeof value === 'number', 'malformed', 'no integer of this size');
    need(value >= low && value <= high, 'malformed', `${value} is outside its range`);
    return value === 0 ? 0 : value;
  };
}

const boolean: Rule = (value) => {
  need(typeof value === 'boolean', 'malformed', 'neither true nor false');
  return value;
};

function oneOf(...names: string[]): Rule {
  return (value) => {
    need(names.includes(text(0, 16)(value)), 'malformed', 'none of ' + names.join(', '));
    return value;
  };
}

function eitherNull(rule: Rule): Rule {
  return (value) => (value === null ? null : rule(value));
}

// A member that is left out where there is nothing to say.
function optional(rule: Rule): Rule {
  const one: Rule = (value) => rule(value);
  one.rules = rule.rules;
  one.optional = true;
  return one;
}

// An object with exactly these members.
function members(rules: Rules): Rule {
  const rule: Rule = (value) => {
    need(value instanceof Map, 'malformed', 'not an object');
    const meant: Meant = {};
    for (const [name, one] of Object.entries(rules)) {
      if (!value.has(name) && one.optional) continue;
      need(value.has(name), 'malformed', name + ' is missing');
      try {
        meant[name] = one(value.get(name));
      } catch (wrong) {
        throw malformed(`${name}: ${(wrong as Error).message}`);
      }
    }
    for (const name of value.keys()) {
      need(Object.hasOwn(rules, name), 'malformed', 'a member that is not known');
    }
    return meant;
  };
  rule.rules = rules;
  return rule;
}

function some(rule: Rule, high: number, low = 0): Rule {
  const each: Rule = (value) => {
    need(Array.isArray(value) && value.length >= low && value.length <= high, 'malformed',
      'not such a list');
    return value.map((one) => rule(one));
  };
  each.rules = rule.rules;
  return each;
}

// Runs of three or more are [first, last].
function spellNumbers(numbers: number[]): Json {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.flatMap(([first, last]): Json[] =>
    last - first >= 2 ? [[first, last]] : last > first ? [first, last] : [first]);
}

// low .. last, both at most 2^53.
function numbers(low: number, last: number, countMax: number): Rule {
  const within = u32(low, last);
  return (value) => {
    need(Array.isArray(value) && value.length <= countMax, 'malformed', 'not a list');
    const found: number[] = [];
    for (const one of value) {
      const [first, final] = (Array.isArray(one) && one.length === 2 ? one : [one, one])
        .map(within) as [number, number];
      need(final - first < countMax - found.length, 'malformed', 'too many numbers');
      need(found.length === 0 || first > found.at(-1)!, 'malformed', 'not ascending');
      for (let number = first; number <= final; number++) found.push(number);
    }
    need(dumpJson(spellNumbers(found)) === dumpJson(value), 'malformed',
      'not the one spelling of its numbers');
    return found;
  };
}

// Letters by their counts; how many there must be is checked with the list.
const outcomes: Rule = (value) => {
  const spelled = text(0, 2 * ROWS_MAX)(value) as string;
  need(/^(?:[mxui][1-9][0-9]*)*$/.test(spelled), 'malformed', 'not outcomes');
  const found = [...spelled.matchAll(/([mxui])([0-9]+)/g)];
  need(found.every((one, at) => at === 0 || one[1] !== found[at - 1]![1]), 'malformed',
    'neighbours not joined');
  const total = found.reduce((sum, one) => sum + Number(one[2]!.slice(0, 7)), 0);
  need(total <= ROWS_MAX, 'malformed', 'too many outcomes');
  return found.map((one) => one[1]!.repeat(Number(one[2]))).join('');
};

// RFC 3339 in UTC with milliseconds.
const realTime: Rule = (value) => {
  const spelled = text()(value) as string;
  need(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/.test(spelled),
    'malformed', 'not RFC 3339 in UTC with milliseconds');
  const when = new Date(spelled);
  need(!Number.isNaN(when.getTime()) && when.getTime() >= 0 && when.toISOString() === spelled,
    'malformed', 'no such time');
  return spelled;
};

function reference(scheme: string): Rule {
  const rules = { uri: text(), digest: DIGEST_OBJECT };
  const check: Rule = (value) => {
    const meant = members(rules)(value);
    need(meant.uri === scheme + meant.digest.sha256, 'malformed', 'uri names another digest');
    return meant.digest.sha256;
  };
  check.rules = rules;
  return check;
}

function after(scheme: string): Rule {
  return (value) => {
    const spelled = text()(value) as string;
    need(spelled.startsWith(scheme), 'malformed', 'not ' + scheme);
    return DIGEST(spelled.slice(scheme.length));
  };
}

const uptimeRow: Rule = (value) => {
  need(Array.isArray(value) && value.length === 3, 'malformed', 'not [key, answered, asked]');
  const row = [KEY(value[0]), u32()(value[1]), u32()(value[2])];
  need(row[1] <= row[2], 'malformed', 'answered more than asked');
  return row;
};

const ascends = (values: Meant[]): boolean =>
  values.every((one, at) => at === 0 || values[at - 1] < one);

function ascending(rule: Rule): Rule {
  return (value) => {
    const found = rule(value);
    need(ascends(found), 'malformed', 'not ascending');
    return found;
  };
}

const DIGEST = hexOf(32);
const KEY = DIGEST;
const DIGEST_OBJECT = members({ sha256: DIGEST });
const TIME = u64(0n, 2n ** 53n);
const PPM = u32(0, MILLION);
const REASON = oneOf('first', 'retro', 'appeal', 'paid');
const OUTCOME = oneOf('match', 'mismatch', 'unavailable', 'inconclusive');
const ASSURANCE = oneOf('standard', 'strict', 'forensic', 'full');
const FAULT = oneOf('wrong-result', 'withheld', 'equivocation');
const POSITIONS = numbers(1, STEPS_MAX, STEPS_MAX);
const ROWS = numbers(0, ROW_LAST, ROWS_MAX);
const PAIR_NUMBERS = numbers(0, STEPS_MAX * 2 ** 32 - 1, PAIRS_MAX);
const PAIRS = eitherNull(members({ count: u32(1, PAIRS_MAX), digest: DIGEST }));
const FILE_WORD = text(1, 64, /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/);
const UNITS: Record<string, string> = {
  gpu: 'ops/s', cpu: 'ops/s', memory: 'bytes', disk: 'bytes/s', network: 'bytes/s',
};
const PART_NAMES = Object.keys(UNITS);
const PART = oneOf(...PART_NAMES);
const CLAIMS = some(members({ class: text(1, 128), part: PART, rate: u64(1n) }), 16, 1);
const PARTS = some(members({ part: PART, unit: oneOf('ops/s', 'bytes', 'bytes/s'),
  claimed: u64(1n), measured: u64() }), 5, 1);
const BENCHMARK_ANSWER =
  members({ round: DIGEST, results: some(DIGEST, 16, 1), opening_blob: DIGEST });
const DEVICES = some(members({ uuid: text(0, 128), model: text(0, 128), driver: text(0, 128),
  memory_bytes: u64() }), 64);
const WHERE = eitherNull(members({ step: eitherNull(u32(0, STEPS_MAX)),
  row: eitherNull(u32(0, ROW_LAST)) }));

const anyObject: Rule = (value) => {
  need(value instanceof Map, 'malformed', 'not an object');
  return value;
};

const beacon: Rule = (value) => {
  const spelled = text(0, 112)(value) as string;
  need(spelled === '' || byteLength(spelled) === 112, 'malformed', 'neither empty nor 56 bytes');
  return fromHex(spelled);
};

const someBytes: Rule = (value) => {
  const data = fromBase64(text(0, 16384)(value));
  need(data.length > 0, 'malformed', 'empty');
  return data;
};

const SCHEMAS: Record<string, Rule> = {
  registration: members({ provider: KEY, name: text(1, 64), region: text(0, 64),
    device_class: word(32), devices: DEVICES, price_micros: u64(), claims: optional(CLAIMS) }),
  job: members({ workload: word(32), version: u32(1), parameters: anyObject,
    inputs: some(members({ name: FILE_WORD, sha256: DIGEST, size_bytes: u64() }), 64),
    nonce: DIGEST, device_class: word(32), price_micros: u64(), assurance: ASSURANCE,
    renter_secret_commitment: DIGEST, deadline_ms: u64(1n, 2n ** 53n), renter: KEY,
    provider: eitherNull(KEY) }),
  cancel: members({ job: DIGEST }),
  reveal: members({ job: DIGEST, secret: DIGEST }),
  acceptance: members({ job: DIGEST, devices: DEVICES, expected_end: TIME }),
  attestation: members({ job: DIGEST, trace: members({ root: DIGEST, steps: u32(1, STEPS_MAX) }),
    seq: u64(1n), prev: DIGEST, started: TIME, finished: TIME, devices: DEVICES,
    backend: text(1, 64), result_blob: DIGEST, trace_blob: DIGEST }),
  heartbeat: members({ nonce: DIGEST, seq: u64(), handed: DIGEST, sent: TIME, load_ppm: PPM,
    free_memory_bytes: u64(), accepts_jobs: boolean,
    outputs: some(members({ job: DIGEST, step: u32(1, STEPS_MAX),
      outputs: some(someBytes, 256, 1) }), 8),
    benchmark: optional(BENCHMARK_ANSWER) }),
  spotcheck: members({ draw: DIGEST, attestation_index: u64(), attestation: DIGEST,
    reason: REASON, ordinal: u32(), positions: POSITIONS, rows: ROWS, pairs: PAIRS,
    opening_blob: DIGEST, opening_bytes: u64() }),
  draw: members({ k: u64(), from: u64(), to: u64(), size: u64(), root: DIGEST, beacon,
    proof: hexOf(80) }),
  verdict: members({ draw: DIGEST, attestation_index: u64(), attestation: DIGEST, job: DIGEST,
    provider: KEY, reason: REASON, ordinal: u32(), p_ppm: PPM, positions: POSITIONS,
    position_outcomes: outcomes, rows: ROWS, row_outcomes: outcomes, pairs: PAIRS,
    pair_outcomes: outcomes, outcome: OUTCOME, fault: WHERE, runs: u32(), device: text(0, 128),
    replay_ops: u64(), detail: text(0, 512),
    workers: optional(some(members({ worker: KEY, device: text(0, 128), driver: text(0, 64),
      result: DIGEST }), 8, 1)) }),
  worker: members({ worker: KEY, name: text(1, 64), device: text(1, 128), driver: text(0, 64),
    state: oneOf('enabled', 'suspended'), cause: text(0, 32, /^[a-z0-9-]*$/),
    void_from: u64(), after: u64() }),
  'worker-call': members({ worker: KEY, origin: text(1), sent: TIME, lease: DIGEST }),
  'worker-result': members({ worker: KEY, lease: DIGEST, task: DIGEST,
    outcome: oneOf('match', 'mismatch', 'inconclusive'), position_outcomes: outcomes,
    row_outcomes: outcomes, pair_outcomes: outcomes, fault: WHERE, device: text(1, 128),
    driver: text(0, 64), replay_ops: u64(), detail: text(0, 512) }),
  'paid-challenge': members({ attestation_index: u64(), attestation: DIGEST, job: DIGEST,
    challenger: KEY, deposit_micros: u64(1n) }),
  summary: members({ verifier: members({ id: text(1) }), timeVerified: realTime,
    resourceUri: after('job:'), policy: reference('policy:'),
    inputAttestations: some(reference('attestation:'), 1, 1),
    verificationResult: oneOf('PASSED', 'FAILED'), verifiedLevels: some(opaque(64), 8, 1),
    slsaVersion: oneOf('1.0') }),
  timeout: members({ job: DIGEST, provider: KEY, acceptance_index: u64(),
    verifier_at_fault: boolean }),
  uptime: members({ window: u64(), window_seconds: u32(1), part: u32(), verifier_alive: boolean,
    answers: DIGEST, rows: some(uptimeRow, 500) }),
  slash: members({ provider: KEY, class: text(1, 128), fault: FAULT, job: DIGEST,
    attestation: DIGEST, attestation_index: u64(),
    evidence_indices: ascending(some(u64(), 16, 1)), evidence_blob: DIGEST,
    delivery_proof: opaque(16384), severity_ppm: u32(1, 2 * MILLION), finality: TIME,
    detail: text(0, 1024) }),
  reversal: members({ slash_index: u64(), provider: KEY,
    cause: oneOf('delivered', 'overturned', 'drawn', 'expired') }),
  appeal: members({ slash_index: u64(), provider: KEY, deposit_micros: u64(), nonce: DIGEST,
    remark: text(0, 500) }),
  ruling: members({ slash_index: u64(), appeal_index: u64(), provider: KEY,
    outcome: oneOf('granted', 'refuted', 'undecided'), draw: DIGEST, positions: POSITIONS,
    rows: ROWS, pairs: PAIRS,
    replays: some(members({ device: text(1, 128), outcome: OUTCOME }), 16),
    detail: text(0, 512) }),
  stake: members({ provider: KEY, move: oneOf('bond', 'unbond', 'delegate', 'undelegate'),
    amount_micros: u64(1n, 2n ** 53n), reference: text(1, 128) }),
  maintenance: members({ provider: KEY, from: TIME, to: TIME }),
  measurement: members({ provider: KEY, class: text(1, 128), round: DIGEST, parts: PARTS,
    took_ms: u64(), how: text(0, 256) }),
  settlement: members({ job: DIGEST, provider: KEY, origin: text(1), tree_size: u64(1n),
    root: DIGEST, verdict_index: u64(), price_micros: u64(), payable_micros: u64(),
    holdback_micros: u64(), released: TIME }),
  dispute: members({ attestation_index: u64(), attestation: DIGEST, job: DIGEST,
    step: u32(0, STEPS_MAX), challenger: KEY, deposit_micros: u64(1n) }),
  'dispute-move': members({ dispute_index: u64(), number: u32(0, 16),
    move: members({ kind: oneOf('answer', 'operation', 'state', 'output', 'child', 'conviction'),
      choice: u32(), blob: DIGEST }) }),
  'dispute-end': members({ dispute_index: u64(), lost: oneOf('provider', 'challenger'),
    cause: oneOf('convicted', 'acquitted', 'silent'), delivery_proof: opaque(16384) }),
  policy: members({ document: opaque(16384), activation_epoch: u64() }),
  score: members({ provider: KEY, class: text(0, 128), origin: text(1), tree_size: u64(),
    root: DIGEST, policy: DIGEST, epoch: u64(), final: boolean, trust_ppm: PPM, slash_ppm: PPM,
    integrity_ppm: PPM, uptime_ppm: PPM, performance_ppm: PPM, stake_ppm: PPM, audits: u64(),
    uncertainty_ppm: PPM, tombstoned: boolean,
    snapshot: optional(members({ index: u64(1n), statement: DIGEST, states: u64(1n),
      states_root: DIGEST, state_index: u64(), state: stateText, path: some(DIGEST, 64) })) }),
  snapshot: members({ origin: text(1), epoch: u64(), tree_size: u64(1n), root: DIGEST,
    policy: DIGEST, states: u64(1n), states_root: DIGEST }),
};

const CHALLENGE = members({ draw: DIGEST, attestation_index: u64(), attestation: DIGEST,
  job: DIGEST, reason: REASON, ordinal: u32(), p_ppm: PPM, positions: POSITIONS, rows: ROWS,
  pairs: PAIR_NUMBERS, deadline: TIME });

const DAY = 86_400_000;
const DEPTH = members({ units: u32(0, 1024), steps: u32(0, 1024), rows: u32(0, 1024),
  micro: u32(0, 1024) });
const SEVERITY = u32(1, 2 * MILLION);
const days = (count: number, low = 0n): Rule => u64(low, BigInt(count) * BigInt(DAY));
const POLICY = members({ assay: oneOf('policy/v1'), name: text(1, 64), currency: text(1, 16),
  epoch_seconds: u32(1, 86_400), uptime_window_seconds: u32(1, 86_400), first_jobs: PPM,
  audit_ppm: u32(1, MILLION), audit_after_soft_failure_jobs: PPM, standard: DEPTH, strict: DEPTH,
  forensic: DEPTH, micro_columns: u32(1, 1024), reveal_window_ms: u32(0, DAY),
  draw_deadline_ms: u32(1, DAY), opening_deadline_ms: u32(1, DAY),
  openings_asked_max: u32(1, 100), ask_again_after_ms: u32(0, 7 * DAY),
  confirm_runs: u32(1, 100), confirm_devices_min: u32(1, 100), accept_within_ms: u32(1, DAY),
  job_deadline_max_ms: days(365, 1n), open_jobs_max: u32(1, 100 * MILLION),
  poll_ms: u32(1, 3_600_000), probe_mean_ms: u32(1, DAY), probe_grace_ms: u32(1, DAY),
  severity_wrong_ppm: SEVERITY, severity_withheld_ppm: SEVERITY,
  severity_equivocation_ppm: SEVERITY, finality_ms: days(365), retention_ms: days(3650),
  stake_required_micros: u64(0n, 2n ** 53n), unbonding_ms: days(365), operators: some(KEY, 16),
  performance_ppm: PPM, reference_value_micros: u64(1n, 2n ** 63n - 1n) });

// The policy document: one spelling.
export function parsePolicy(data: Uint8Array): Meant {
  const value = parseJson(data, { bytes: 16384 });
  const policy = POLICY(value);
  for (const depth of ['standard', 'strict', 'forensic']) {
    const it = policy[depth];
    need(it.steps + it.rows + it.micro > 0, 'malformed', depth + ' checks no chain');
  }
  need(ascends(policy.operators), 'malformed', 'operators descend');
  need(policy.confirm_devices_min <= policy.confirm_runs, 'malformed', 'confirm_devices_min');
  need(spelled(value, POLICY.rules) === new TextDecoder().decode(data), 'malformed',
    'policy: a second spelling');
  return policy;
}

function ordered(value: Json, rules?: Rules): Json {
  if (Array.isArray(value)) return value.map((one) => ordered(one, rules));
  if (!(value instanceof Map) || !rules) return value;
  const names = Object.keys(rules).filter((name) => value.has(name));
  return new Map(names.map((name) => [name, ordered(value.get(name)!, rules[name]!.rules)]));
}

const spelled = (value: Json, rules?: Rules): string => dumpJson(ordered(value, rules));

// The name of a statement's subject, and the digest that it must be.
const HASHED: Record<string, string> = { registration: 'provider', score: 'provider',
  stake: 'provider', maintenance: 'provider', measurement: 'provider' };
const SAME: Record<string, [string, string]> = { job: ['order', 'nonce'], cancel: ['job', 'job'],
  reveal: ['job', 'job'], acceptance: ['job', 'job'], heartbeat: ['handout', 'handed'],
  spotcheck: ['attestation', 'attestation'], draw: ['checkpoint', 'root'],
  verdict: ['attestation', 'attestation'], timeout: ['job', 'job'], settlement: ['job', 'job'],
  snapshot: ['states', 'states_root'],
  uptime: ['answers', 'answers'], slash: ['attestation', 'attestation'],
  dispute: ['attestation', 'attestation'], 'worker-result': ['lease', 'lease'],
  'paid-challenge': ['attestation', 'attestation'] };
const FREE: Record<string, string> = { attestation: 'result', summary: 'result',
  reversal: 'slash', appeal: 'slash', ruling: 'slash', 'dispute-move': 'dispute',
  'dispute-end': 'dispute' };

function subjectOf(kind: string, p: Meant, subject: string): [string, string] {
  if (kind === 'worker' || kind === 'worker-call') return ['worker', sha256Hex(fromHex(p.worker))];
  if (HASHED[kind]) return ['provider', sha256Hex(fromHex(p[HASHED[kind]]))];
  if (kind === 'policy') return ['policy', sha256Hex(new TextEncoder().encode(p.document))];
  if (SAME[kind]) return [SAME[kind][0], p[SAME[kind][1]]];
  return [FREE[kind]!, subject];
}

const isNowhere = (fault: Meant): boolean =>
  fault !== null && fault.step === null && fault.row === null;

const allMatch = (p: Meant): boolean =>
  /^m+$/.test(p.position_outcomes + p.row_outcomes + p.pair_outcomes);

const MORE: Record<string, (p: Meant) => void> = {
  job: (p) => {
    need(new Set(p.inputs.map((one: Meant) => one.name)).size === p.inputs.length, 'malformed',
      'two inputs of one name');
  },
  registration: (p) => {
    const found = (p.claims ?? []).map((one: Meant) => [one.class, PART_NAMES.indexOf(one.part)]);
    need(found.every((one: Meant, at: number) => at === 0 || found[at - 1][0] < one[0]
      || (found[at - 1][0] === one[0] && found[at - 1][1] < one[1])), 'malformed',
    'claims must ascend');
    need(found.every((one: Meant) => one[0].startsWith(p.device_class + '/')), 'malformed',
      'claims: of another device class');
  },
  maintenance: (p) => need(p.from < p.to, 'malformed', 'to is not after from'),
  measurement: (p) => {
    need(ascends(p.parts.map((one: Meant) => PART_NAMES.indexOf(one.part))), 'malformed',
      'parts must ascend');
    need(p.parts.every((one: Meant) => UNITS[one.part] === one.unit), 'malformed', 'a unit');
  },
  heartbeat: (p) => {
    const jobs = p.outputs.map((one: Meant) => one.job);
    const data: Uint8Array[] = p.outputs.flatMap((one: Meant) => one.outputs);
    const total = data.reduce((sum, one) => sum + one.length, 0);
    need(new Set(jobs).size === jobs.length && data.length <= 256 && total <= 6144, 'malformed',
      'outputs: too many, or a job twice');
    need(p.outputs.every((one: Meant) => one.step + one.outputs.length - 1 <= STEPS_MAX),
      'malformed', 'outputs: of steps that no job has');
  },
  spotcheck: (p) => need(p.positions.length || p.rows.length || p.pairs, 'malformed',
    'asks for nothing'),
  draw: (p) => {
    need(p.from < p.to && p.to <= p.size, 'malformed', 'no such range');
    need((p.k === 0n) === (p.from === 0n), 'malformed', 'from is 0 in draw 0 only');
  },
  verdict: (p) => {
    need(ascends((p.workers ?? []).map((one: Meant) => one.worker)), 'malformed',
      'workers must ascend');
    need(p.positions.length === p.position_outcomes.length, 'malformed',
      'position_outcomes: another count');
    need(p.rows.length === p.row_outcomes.length, 'malformed', 'row_outcomes: another count');
    need(p.pair_outcomes.length === (p.pairs?.count ?? 0), 'malformed',
      'pair_outcomes: another count');
    need(p.fault === null || p.outcome === 'mismatch', 'malformed', 'a fault without a mismatch');
    need(!isNowhere(p.fault), 'malformed', 'a fault nowhere');
    need(p.outcome !== 'match' || allMatch(p), 'malformed', 'cannot be match');
  },
  worker: (p) => {
    const enabled = p.state === 'enabled';
    need(enabled === (p.cause === ''), 'malformed', 'cause belongs to the suspended alone');
    need(!enabled || p.void_from === 0n, 'malformed', 'void_from likewise');
  },
  'worker-result': (p) => {
    need(p.position_outcomes.length <= STEPS_MAX && p.pair_outcomes.length <= PAIRS_MAX,
      'malformed', 'outcomes: too many');
    need((p.fault !== null) === (p.outcome === 'mismatch'), 'malformed', 'fault');
    need(!isNowhere(p.fault), 'malformed', 'a fault nowhere');
    need(p.outcome !== 'match' || allMatch(p), 'malformed', 'cannot be match');
  },
  uptime: (p) => need(ascends(p.rows.map((row: Meant) => row[0])), 'malformed',
    'keys must ascend'),
  slash: (p) => need((p.fault === 'withheld') === (p.delivery_proof !== ''), 'malformed',
    'delivery_proof belongs to withheld alone'),
  score: (p) => need(p.final === (p.snapshot !== undefined), 'malformed',
    'a proof belongs to final scores alone'),
  settlement: (p) => need(p.payable_micros + p.holdback_micros <= p.price_micros, 'malformed',
    'more than the price'),
  ruling: (p) => {
    const found = p.replays.filter((one: Meant) => ['cpu/scalar', 'signatures']
      .includes(one.device)).map((one: Meant) => one.outcome) as string[];
    const bad = found.includes('mismatch') || found.includes('unavailable');
    const good = found.length > 0 && found.every((one) => one === 'match');
    need(p.outcome === (bad ? 'refuted' : good ? 'granted' : 'undecided'), 'malformed',
      'outcome does not follow from the replays');
  },
  'dispute-move': ({ move }) => {
    need(move.choice === 0 || move.kind === 'operation' || move.kind === 'child', 'malformed',
      'choice');
    need(/[^0]/.test(move.blob) === (move.kind === 'answer' || move.kind === 'conviction'),
      'malformed', 'blob belongs to answers and convictions alone');
  },
  'dispute-end': (p) => {
    const due = p.cause === 'convicted' ? 'provider' : p.cause === 'acquitted' ? 'challenger'
      : p.lost;
    need(p.lost === due, 'malformed', 'lost does not follow from the cause');
    need((p.delivery_proof !== '') === (p.cause === 'silent' && p.lost === 'provider'),
      'malformed', 'delivery_proof belongs to a silent provider alone');
  },
  policy: (p) => {
    parsePolicy(new TextEncoder().encode(p.document));
  },
  summary: (p) => {
    const failed = p.verificationResult === 'FAILED';
    const good = failed ? /^FAILED$/ : /^ASSAY_(REPLAYED|FOLLOWED_ROWS|MICRO_ROWS)_[1-9].*$/s;
    need(p.verifiedLevels.every((one: string) => good.test(one)), 'malformed',
      'levels that do not say what was done');
    need(!failed || p.verifiedLevels.length === 1, 'malformed', 'FAILED, once');
  },
};

const isType: Rule = (value) => {
  need(value === TYPE, 'malformed', 'must be ' + TYPE);
  return value;
};
const STATEMENT = members({ _type: isType, predicateType: text(), predicate: anyObject,
  subject: some(members({ name: text(0, 64), digest: DIGEST_OBJECT }), 1, 1) });

const predicateType = (kind: string): string => kind === 'summary'
  ? 'https://slsa.dev/verification_summary/v1' : `https://assay.example/${kind}/v1`;
const KINDS = new Map(Object.keys(SCHEMAS).map((kind) => [predicateType(kind), kind]));

interface Known { kind: string; subject: Meant; predicate: JsonObject }

// The statement's kind, subject and predicate; these are not looked into yet.
export function kindOf(payload: Uint8Array): Known {
  const meant = STATEMENT(parseJson(payload, { bytes: 65393 }));
  const kind = KINDS.get(meant.predicateType);
  need(kind, 'malformed', 'predicateType is none that is known');
  return { kind, subject: meant.subject[0], predicate: meant.predicate };
}

// A statement of this kind: what its predicate means, with "subject" added.
export function parseStatement(payload: Uint8Array, kind: string): Meant {
  const found = kindOf(payload);
  need(found.kind === kind, 'malformed', `a ${found.kind} where a ${kind} is expected`);
  const meant = SCHEMAS[kind]!(found.predicate);
  MORE[kind]?.(meant);
  const digest = found.subject.digest.sha256;
  const [name, due] = subjectOf(kind, meant, digest);
  need(found.subject.name === name && digest === due, 'malformed', 'another subject');
  return { ...meant, subject: digest };
}

// The same statement as Assay would write it.
export function rewritten(payload: Uint8Array, kind: string): string {
  const value = parseJson(payload, { bytes: 65393 }) as JsonObject;
  const subject = (value.get('subject') as Json[])[0] as JsonObject;
  return dumpJson(new Map<string, Json>([
    ['_type', TYPE],
    ['subject', [new Map([['name', subject.get('name')!], ['digest', subject.get('digest')!]])]],
    ['predicateType', predicateType(kind)],
    ['predicate', ordered(value.get('predicate')!, SCHEMAS[kind]!.rules)],
  ]));
}

// A challenge of a poll reply, written again.
export function rewrittenChallenge(data: Uint8Array): string {
  const value = parseJson(data);
  const meant = CHALLENGE(value);
  need(meant.positions.length || meant.rows.length || meant.pairs.length, 'malformed',
    'asks for nothing');
  return spelled(value, CHALLENGE.rules);
}
