// A whole receipt, layer by layer, in the order of FORMAT.md "Checking a case file".
// Nothing is recomputed: what a workload's steps give takes its engine, and the report says so.
import {
  type Code, fromHex, malformed, need, sha256Hex, toHex, Wrong,
} from './base';
import {
  type CaseFile, checkDigest, parseCaseFile, parseOpening, parseTrace, type Step, traceRoot,
} from './casefile';
import { vrfVerify } from './curve';
import { alphaOf, coinSaysAudit, repeats, type Scope, scopeOf, seedOf, Stream } from './draws';
import * as logs from './logs';
import { checkInclusion, leafHash, rootOf } from './merkle';
import { checkCheckpoint, type Head, type Part, type Trust } from './notes';
import * as plans from './plans';
import { kindOf, type Meant, parsePolicy, parseStatement } from './statements';

// The checks, in the order in which a page shows them. One that was not reached has no entry.
export const CHECKS = ['file', 'log', 'witnesses', 'inclusion', 'envelope', 'policy', 'binding',
  'trace', 'draw', 'opening', 'verdict', 'slash', 'digest'] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check {
  name: CheckName;
  state: 'pass' | 'fail' | 'absent'; // absent: the file has nothing of this kind
  count: number; // how often it was made
  detail: string;
  code?: Code;
}

export interface Report {
  code: Code; // ok, or that of the check that failed
  what: string;
  checks: Check[];
  facts: Partial<Facts>;
}

export interface Facts {
  kind: string;
  origin: string;
  size: bigint;
  witnesses: string[];
  job: string;
  provider: string;
  renter: string;
  workload: string;
  assurance: string;
  steps: number;
  entries: { kind: string; index: bigint; time: bigint }[];
  // random: those of the positions that the draw chose, without the first and last unit
  scope: { positions: number; random: number; rows: number; pairs: number };
  levels: string[];
  outcome: string;
  verdictDevice: string;
  result: string; // digest of the result by its trace
  resultBlob: string; // SHA-256 of the result as a file
  rowsPerStep: number;
  checkpoint: string; // the signed head, as text
}

export interface Entry { kind: string; index: bigint; leafHash: Uint8Array; leaf: logs.Leaf }

const KINDS = new Set(('policy order acceptance attestation reveal draw spotcheck verdict summary '
  + 'slash dispute dispute-move dispute-end stake paid-challenge').split(' '));
const PER_ENTRY = new Set<CheckName>(['log', 'witnesses', 'inclusion', 'envelope']);
const STAGES = ['policy', 'order', 'acceptance', 'attestation', 'draw', 'verdict', 'summary'];
const ZEROS = new Uint8Array(32);
const FAULTS: Record<string, Code> =
  { 'wrong-result': 'mismatch', withheld: 'no_evidence', equivocation: 'equivocation' };

const statementKind = (name: string): string => (name === 'order' ? 'job' : name);

// One file under one policy: each layer in turn, and what came of it.
export class Checker {
  readonly checks = new Map<CheckName, Check>();
  readonly facts: Partial<Facts> = {};
  readonly entries = new Map<string, Entry>();
  readonly logged: Entry[] = []; // all of them: of moves there may be many
  head: Head | null = null;
  file!: CaseFile;
  policy: Meant;
  order: Meant;
  attestation: Meant;
  job = '';
  provider = '';
  plan!: plans.Plan;
  trace: Step[] = [];
  reason = 'first';
  coin = 0n;
  scope: Scope | null = null;
  opened: (Meant & { index: bigint }) | null = null;

  constructor(readonly trust: Trust) {}

  // Makes one check, and notes what came of it. A second call of one name counts on.
  check<T>(name: CheckName, run: () => T, detail: string | ((result: T) => string) = ''): T {
    const it: Check = this.checks.get(name) ?? { name, state: 'pass', count: 0, detail: '' };
    this.checks.set(name, it);
    try {
      const result = run();
      it.count += 1;
      if (detail !== '') it.detail = typeof detail === 'string' ? detail : detail(result);
      return result;
    } catch (wrong) {
      const known = wrong instanceof Wrong ? wrong
        : malformed(`the file makes no sense: ${(wrong as Error).message}`);
      Object.assign(it, { state: 'fail', detail: known.message, code: known.code });
      throw known;
    }
  }

  // A check of which only a part was made when another one failed has shown nothing.
  isDone(it: Check): boolean {
    return it.detail !== '' && (!PER_ENTRY.has(it.name) || it.count >= this.file.entries.length);
  }

  absent(name: CheckName, detail: string): void {
    this.checks.set(name, { name, state: 'absent', count: 0, detail });
  }

  at(name: string): Entry {
    return this.entries.get(name)!;
  }

  read(name: string): Meant {
    return parseStatement(this.at(name).leaf.payload, statementKind(name));
  }

  byVerifier(name: string): void {
    need(this.at(name).leaf.signer === toHex(this.trust.verifier!), 'signature',
      name + ': not signed by the trusted verifier');
  }

  // Layers file, log, witnesses, inclusion, envelope.

  open(data: Uint8Array, kind: string): void {
    this.file = this.check('file', () => {
      need(this.trust.logs.length > 0 && this.trust.verifier && this.trust.vrf
        && this.trust.policies.length > 0, 'usage',
      'the policy file lacks a log or an #assay- line');
      const file = parseCaseFile(data);
      this.facts.kind = file.kind;
      need(file.kind === kind, 'malformed', `this is ${file.kind}, not ${kind}`);
      return file;
    }, (file) => `${file.entries.length} log entries, one spelling of everything`);
    for (const { name, proof } of this.file.entries) {
      const entry = this.prove(name, proof);
      this.check('binding', () => need(!this.entries.has(name) || name === 'dispute-move',
        'unbound', name + ' is in the file twice'));
      this.entries.set(name, entry);
      this.logged.push(entry);
    }
    this.check('file', () => need(this.head, 'no_evidence', 'the file has no log entry at all'),
      `${this.file.entries.length} log entries, in the one spelling there is of them`);
    const { origin, size } = this.head!.checkpoint;
    Object.assign(this.facts, { origin, size, witnesses: this.head!.witnesses,
      entries: this.logged.map((it) => ({ kind: it.kind, index: it.index, time: it.leaf.time })) });
  }

  private prove(name: string, data: Uint8Array): Entry {
    this.check('binding', () => need(KINDS.has(name), 'unbound',
      name + ' is no part of a case file'));
    const proof = this.check('file', () => logs.parseProof(data));
    const part: Part = (what, run) => this.check(what as CheckName, run);
    const head = checkCheckpoint(this.trust, proof.checkpoint, part);
    const { origin, size, root } = head.checkpoint;
    this.checks.get('log')!.detail = `${origin} signed its head at size ${size}`;
    const seen = this.checks.get('witnesses')!;
    seen.detail = `quorum ${this.trust.quorum}: signed by ${head.witnesses.join(', ')}`;
    if (this.trust.quorum === 'none') {
      seen.state = 'absent';
      seen.detail = 'your policy file asks for none: nobody else vouches for this log';
    }
    const extra = this.check('file', () => {
      need(proof.extra !== null, 'no_evidence', name + ': the proof has no leaf');
      return proof.extra;
    });
    const hash = leafHash(extra);
    this.check('inclusion', () => named(name, () =>
      checkInclusion(hash, proof.index, size, proof.path, root)),
    'every entry hashes to the root of that head');
    const leaf = this.check('envelope', () => named(name, () => {
      const it = logs.parseLeaf(extra);
      logs.verifyLeaf(it, fromHex(it.signer));
      return it;
    }), 'every statement is signed by the key that its leaf names');
    this.check('binding', () => {
      const { kind } = kindOf(leaf.payload);
      need(kind === statementKind(name), 'unbound', `${name}: it is a ${kind}`);
      const first = (this.head ??= head).checkpoint;
      need(first.origin === origin && first.size === size && toHex(first.root) === toHex(root)
        && first.extension === head.checkpoint.extension, 'unbound', name + ': another head');
    });
    return { kind: name, index: proof.index, leafHash: hash, leaf };
  }

  // Layers policy and binding.

  bindJob(): void {
    this.check('binding', () => {
      for (const name of STAGES.slice(0, 4)) {
        need(this.entries.has(name), 'no_evidence', 'the file lacks ' + name);
      }
    });
    this.check('policy', () => this.bindPolicy(), 'the policy in the file is one that you trust');
    this.check('binding', () => {
      this.order = this.read('order');
      this.job = this.at('order').leaf.paeDigest;
      need(this.at('order').leaf.signer === this.order.renter, 'signature',
        'order: not signed by the renter it names');
      const acceptance = this.read('acceptance');
      this.provider = this.at('acceptance').leaf.signer;
      need(acceptance.job === this.job, 'unbound', 'acceptance: of another job');
      need(this.order.provider === null || this.order.provider === this.provider, 'unbound',
        'acceptance: the order is for another provider');
      this.bindAttestation();
      this.bindOrderOfLog();
      Object.assign(this.facts, { job: this.job, provider: sha256Hex(fromHex(this.provider)),
        renter: this.order.renter, assurance: this.order.assurance,
        workload: `${this.order.workload}@${this.order.version}` });
    }, 'order, acceptance, attestation and policy belong together');
  }

  private bindPolicy(): void {
    need(this.trust.policies.includes(sha256Hex(this.file.policy)), 'unbound',
      'policy: not one you trust');
    this.byVerifier('policy');
    const change = this.read('policy');
    need(change.document === new TextDecoder().decode(this.file.policy), 'unbound',
      'policy: not the one that its leaf has');
    this.policy = parsePolicy(this.file.policy);
    const epoch = this.at('order').leaf.time / 1000n / BigInt(this.policy.epoch_seconds);
    need(change.activation_epoch <= epoch, 'unbound',
      'order: logged before that policy was in force');
  }

  private bindAttestation(): void {
    const entry = this.at('attestation');
    this.attestation = this.read('attestation');
    need(this.attestation.job === this.job, 'unbound', 'attestation: of another job');
    need(entry.leaf.signer === this.provider, 'unbound',
      'attestation: not by the provider that accepted');
    const taken = entry.leaf.time - this.at('acceptance').leaf.time;
    need(taken <= this.order.deadline_ms, 'unbound', 'attestation: after the deadline');
  }

  private bindOrderOfLog(): void {
    this.logged.forEach((after, at) => {
      const before = this.logged[at - 1];
      need(!before || (before.index < after.index && before.leaf.time <= after.leaf.time),
        'unbound', `${after.kind} does not follow ${before?.kind} in the log`);
    });
    const stages = STAGES.filter((name) => this.entries.has(name)).map((n) => this.at(n).index);
    need(stages.every((one, at) => at === 0 || stages[at - 1]! <= one), 'unbound',
      'a stage of the job was logged before its cause');
  }

  // Layer trace.

  private bindInputs(): void {
    const named_ = new Map<string, Meant>(this.order.inputs.map((one: Meant) => [one.name, one]));
    for (const name of this.file.inputs.keys()) {
      need(named_.has(name), 'unbound', 'the order has no input ' + name);
    }
    for (const [name, one] of named_) {
      const held = this.file.inputs.get(name);
      need(held, 'no_evidence', `input ${name} is not there`);
      need(BigInt(held.length) === one.size_bytes && sha256Hex(held) === one.sha256,
        'no_evidence', `input ${name}: not the bytes that the order names`);
    }
  }

  bindTrace(): void {
    this.check('trace', () => {
      this.bindInputs();
      const attested = this.attestation.trace;
      this.plan = plans.planOf(this.order, attested.steps);
      need(this.file.trace.length > 0, 'no_evidence', 'the file has no trace');
      need(sha256Hex(this.file.trace) === this.attestation.trace_blob, 'unbound',
        'trace: not the attested file');
      this.trace = parseTrace(this.file.trace, this.plan.steps);
      need(attested.steps === this.plan.steps, 'unbound', 'trace: another number of steps');
      const root = traceRoot(fromHex(this.job), fromHex(this.provider), this.trace);
      need(toHex(root) === attested.root, 'unbound', 'trace: another root than was attested');
      let result = this.trace.at(-1)!.state;
      if (this.plan.shape !== 'chained') {
        result = rootOf(this.trace.slice(1).map((step) => leafHash(step.output)));
      }
      need(toHex(result) === this.attestation.subject, 'unbound', 'the result does not follow');
      Object.assign(this.facts, { steps: this.plan.steps, result: this.attestation.subject,
        resultBlob: this.attestation.result_blob, rowsPerStep: this.plan.rows });
    }, () => `${this.plan.steps} steps lead to the attested root and result`);
  }

  // Layer draw.

  // Why the draw was made over this attestation, and the leaf that it must cover.
  cause(): [string, bigint] {
    const at = this.at('attestation');
    const causes = ['paid-challenge', 'stake'].filter((name) => this.entries.has(name));
    if (causes.length === 0) return ['first', at.index];
    need(this.file.kind === 'evidence' && causes.length === 1, 'unbound',
      'what asks for another audit stands in fraud proofs, alone');
    const name = causes[0]!;
    const said = this.read(name);
    const entry = this.at(name);
    if (name === 'stake') {
      need([...this.policy.operators, toHex(this.trust.verifier!)].includes(entry.leaf.signer),
        'signature', 'stake: not by an operator');
      need(said.move === 'unbond' && said.provider === this.provider, 'unbound',
        'stake: no unbonding of this provider');
    } else {
      need(said.challenger === entry.leaf.signer, 'signature', 'challenge: by another key');
      need(this.isAbout(said) && said.job === this.job, 'unbound',
        'challenge: about another attestation or job');
    }
    need(entry.index > at.index, 'unbound', name + ': before the attestation');
    return [name === 'stake' ? 'retro' : 'paid', entry.index];
  }

  checkDraw(): void {
    if (!this.entries.has('draw')) return this.absent('draw', 'none in this file');
    this.check('draw', () => {
      this.byVerifier('draw');
      const draw = this.read('draw');
      const entry = this.at('draw');
      const at = this.at('attestation');
      const [reason, due] = this.cause();
      this.reason = reason;
      need(draw.from <= due && due < draw.to, 'unbound', 'draw: of other leaves');
      need(draw.to <= draw.size && draw.size <= entry.index, 'unbound', 'draw: of no such size');
      const seed = seedOf(this.beta(draw), at.index, at.leafHash, reason, this.secret(draw));
      this.coin = new Stream(seed).word();
      this.scope = scopeOf(seed, this.plan, this.order.assurance, this.policy);
      const all = this.scope.positions.length;
      const units = this.policy[this.order.assurance]?.units ?? all;
      this.facts.scope = { positions: all, rows: this.scope.rows.length,
        pairs: this.scope.pairs.length,
        random: this.plan.shape === 'independent' ? Math.min(units, all) : all };
      return draw.k;
    }, (k) => `the VRF proof of draw ${k} holds, and gives ${scopeText(this.scope!)}`);
  }

  private beta(draw: Meant): Uint8Array {
    try {
      return vrfVerify(this.trust.vrf!, alphaOf(this.head!.checkpoint.origin, draw),
        fromHex(draw.proof));
    } catch (wrong) {
      throw new Wrong('proof', 'draw: ' + (wrong as Error).message);
    }
  }

  // The renter's, when it was revealed below the draw's checkpoint.
  private secret(draw: Meant): Uint8Array {
    if (!this.entries.has('reveal')) return ZEROS;
    const reveal = this.read('reveal');
    const entry = this.at('reveal');
    need(entry.leaf.signer === this.order.renter, 'signature', 'reveal: not by the renter');
    need(reveal.job === this.job
      && sha256Hex(fromHex(reveal.secret)) === this.order.renter_secret_commitment, 'unbound',
    'reveal: does not open the commitment of this order');
    return entry.index < draw.size ? fromHex(reveal.secret) : ZEROS;
  }

  // Layer opening.

  checkOpened(): void {
    if (this.scope === null || !this.entries.has('spotcheck')) {
      return this.absent('opening', 'nothing was opened');
    }
    const scope = this.scope;
    this.check('opening', () => {
      const said = this.read('spotcheck');
      const entry = this.at('spotcheck');
      need(entry.leaf.signer === this.provider, 'unbound', 'spotcheck: not by the provider');
      need(said.draw === this.at('draw').leaf.paeDigest && this.isAbout(said)
        && said.reason === this.reason, 'unbound', 'spotcheck: answers another draw');
      need(repeats(scope, said), 'unbound', 'spotcheck: other positions than drawn');
      need(entry.index > this.at('draw').index, 'unbound', 'spotcheck: before the draw');
      const data = this.file.openings.get(said.opening_blob);
      need(data, 'no_evidence', 'the file lacks the opening');
      need(BigInt(data.length) === said.opening_bytes && sha256Hex(data) === said.opening_blob,
        'unbound', 'opening: not the bytes that were signed');
      const told = this.checkParts(parseOpening(data), scope);
      this.opened = { ...said, index: entry.index };
      return told;
    }, (told) => told);
  }

  isAbout(said: Meant): boolean {
    const at = this.at('attestation');
    return said.attestation === at.leaf.paeDigest && said.attestation_index === at.index;
  }

  private checkParts(parts: ReturnType<typeof parseOpening>, scope: Scope): string {
    const due = plans.openingParts(this.plan, scope.positions, scope.rows, scope.pairs);
    need(parts.length === due.length && parts.every((one, at) => one.state === due[at]!.state
      && (one.leaf === null ? null : Number(one.leaf)) === due[at]!.leaf), 'malformed',
    'opening: other parts than were asked for');
    if (parts.length > 0 && this.plan.tensors === null) {
      return 'the form of these states takes the model: NOT CHECKED here';
    }
    for (const part of parts) {
      const committed = this.trace[part.state]!.state;
      const tensors = plans.shapeFor(this.plan, part.data.length);
      if (part.leaf === null) {
        need(toHex(plans.stateDigest(tensors, part.data)) === toHex(committed), 'proof',
          `opening: state ${part.state} is not the committed one`);
        continue;
      }
      need(part.data.length === plans.leafSize(tensors, part.leaf), 'malformed',
        'opening: a leaf of another size');
      checkInclusion(leafHash(part.data), part.leaf, BigInt(plans.leafCount(tensors)), part.path,
        committed);
    }
    return parts.length === 0 ? 'units of this kind are recomputed from the order alone'
      : `${parts.length} opened parts are what the provider had committed to`;
  }

  checkOnlyNamed(): void {
    const due = this.namedOpening();
    this.check('binding', () => need([...this.file.openings.keys()].every((one) => one === due),
      'unbound', 'an opening that nobody named'));
  }

  namedOpening(): string {
    return this.entries.has('spotcheck') ? this.read('spotcheck').opening_blob : '';
  }

  // Layer verdict.

  checkVerdict(): Meant | null {
    if (!this.entries.has('verdict')) {
      this.check('verdict', () => this.checkSummary(null));
      this.absent('verdict', 'NOT AUDITED: this file shows what the provider signed, no more');
      return null;
    }
    return this.check('verdict', () => {
      this.byVerifier('verdict');
      const it = this.read('verdict');
      need(this.scope, 'no_evidence', 'verdict: the file has no draw');
      need(it.draw === this.at('draw').leaf.paeDigest && it.reason === this.reason
        && this.isAbout(it) && it.job === this.job && it.provider === this.provider, 'unbound',
      'verdict: on another draw, attestation, job or provider');
      need(repeats(this.scope, it), 'unbound', 'verdict: on other positions than drawn');
      const least: Record<string, number> =
        { first: this.policy.audit_ppm, paid: 1_000_000, retro: 1 };
      need(it.p_ppm >= least[this.reason]!, 'unbound', 'verdict: p below what is due');
      need(coinSaysAudit(this.coin, it.p_ppm), 'unbound',
        'verdict: the coin says that this attestation is not audited');
      if (it.outcome === 'match' || it.outcome === 'mismatch') {
        need(this.opened, 'no_evidence', 'verdict: judges openings that are not there');
        need(this.opened.ordinal === it.ordinal && this.opened.index < this.at('verdict').index,
          'unbound', 'verdict: rests on another opening');
      }
      this.checkSummary(it);
      Object.assign(this.facts, { levels: this.levels(it), outcome: it.outcome,
        verdictDevice: it.device });
      return it;
    }, (it) => `${it.outcome}, by ${it.device}: ${this.levels(it).join(', ')}`);
  }

  private levels(verdict: Meant): string[] {
    if (verdict.outcome !== 'match') return ['FAILED'];
    const kinds: [string, string, number][] = [
      ['REPLAYED', 'position_outcomes', this.plan.steps],
      ['FOLLOWED_ROWS', 'row_outcomes', this.plan.rows],
      ['MICRO_ROWS', 'pair_outcomes', this.plan.steps * this.plan.rows]];
    return kinds.filter(([, found]) => verdict[found].length > 0)
      .map(([name, found, of]) => `ASSAY_${name}_${verdict[found].length}_OF_${of}`);
  }

  private checkSummary(verdict: Meant | null): void {
    if (!this.entries.has('summary')) return;
    this.byVerifier('summary');
    const it = this.read('summary');
    need(verdict, 'unbound', 'summary: there is no verdict');
    need(it.resourceUri === this.job && it.subject === this.attestation.subject
      && it.inputAttestations[0] === this.at('attestation').leaf.paeDigest
      && it.policy === sha256Hex(this.file.policy)
      && it.verifier.id === this.head!.checkpoint.origin, 'unbound',
    'summary: about another job, result, attestation, policy or verifier');
    need(it.verifiedLevels.join('\n') === this.levels(verdict).join('\n'), 'unbound',
      'summary: claims other than the verdict gives');
  }

  judge(verdict: Meant): void {
    const codes: Record<string, Code> =
      { mismatch: 'mismatch', unavailable: 'no_evidence', inconclusive: 'inconclusive' };
    this.check('verdict', () => need(!(verdict.outcome in codes), codes[verdict.outcome]!,
      `the verdict is ${verdict.outcome}: ${verdict.detail}`));
  }

  checkSlash(): Meant | null {
    if (!this.entries.has('slash')) return null;
    this.byVerifier('slash');
    const it = this.read('slash');
    const at = this.at('attestation');
    need(it.provider === this.provider && it.job === this.job && it.attestation_index === at.index
      && at.index < this.at('slash').index, 'unbound', 'slash: about another attestation');
    return it;
  }
}

function named<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (wrong) {
    throw wrong instanceof Wrong ? new Wrong(wrong.code, `${name}: ${wrong.message}`) : wrong;
  }
}

function scopeText(scope: Scope): string {
  const counts: [number, string][] = [[scope.positions.length, 'steps as a whole'],
    [scope.rows.length, 'rows followed'], [scope.pairs.length, 'rows of single steps']];
  return counts.filter(([count]) => count > 0).map(([count, of]) =>
    `${count} ${count === 1 ? of.replace(/s\b/, '') : of}`).join(', ') || 'nothing';
}

// Runs the layers, and tells how far they got.
export function report(it: Checker, run: () => void): Report {
  let code: Code = 'ok';
  let what = '';
  try {
    run();
  } catch (wrong) {
    if (!(wrong instanceof Wrong)) throw wrong;
    code = wrong.code;
    what = wrong.message;
  }
  const checks = CHECKS.flatMap((name) => it.checks.get(name) ?? [])
    .filter((one) => one.state !== 'pass' || it.isDone(one));
  return { code, what, checks, facts: it.facts };
}

export function checkReceipt(data: Uint8Array, trust: Trust): Report {
  const it = new Checker(trust);
  return report(it, () => {
    it.open(data, 'receipt');
    it.bindJob();
    it.bindTrace();
    it.checkDraw();
    it.checkOpened();
    it.checkOnlyNamed();
    const verdict = it.checkVerdict();
    if (verdict) it.judge(verdict);
    it.check('slash', () => {
      const slash = it.checkSlash();
      need(!slash, FAULTS[slash?.fault]!, 'the provider was slashed for this job');
    }, 'none in this file; one that came later shows in the log alone');
    it.check('digest', () => checkDigest(data), 'the file is whole, byte for byte');
  });
}
