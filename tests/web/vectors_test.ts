// Does api/web/verify answer every vector that it knows as its file says? The C++ tests and the
// checkers in tests/interop answer the same files. ASSAY_VECTORS names their folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as base from '../../api/web/verify/base';
import * as casefile from '../../api/web/verify/casefile';
import * as curve from '../../api/web/verify/curve';
import * as draws from '../../api/web/verify/draws';
import { openEnvelope } from '../../api/web/verify/envelope';
import { checkEvidence } from '../../api/web/verify/evidence';
import * as logs from '../../api/web/verify/logs';
import * as merkle from '../../api/web/verify/merkle';
import * as notes from '../../api/web/verify/notes';
import * as plans from '../../api/web/verify/plans';
import { checkReceipt } from '../../api/web/verify/receipt';
import { checkScore } from '../../api/web/verify/scores';
import * as statements from '../../api/web/verify/statements';
import { dumpJson, parseJson } from '../../api/web/verify/strict_json';
import { lines, load, type Vector } from './vectorfile';

const ROOT = process.env.ASSAY_VECTORS!;
const { bytesOf, fromHex, toHex } = base;
const same = (got: unknown, due: unknown, what: string): void =>
  assert.deepEqual(got, due, what);
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);
const hexes = (all: string[]): Uint8Array[] => all.map((one) => fromHex(one));

function ed25519(v: Vector): void {
  curve.checkKey(v.bytes('public_key'));
  base.need(curve.verify(v.bytes('public_key'), v.bytes('message'), v.bytes('signature')),
    'signature', 'does not hold');
}

function ecvrf(v: Vector): void {
  const beta = curve.vrfVerify(v.bytes('public_key'), v.bytes('alpha'), v.bytes('proof'));
  if (!v.has('output')) return;
  same(toHex(beta), v.text('output'), 'output');
  same(toHex(curve.hashToCurve(v.bytes('public_key'), v.bytes('alpha'))), v.text('h'), 'h');
}

function merkleVector(v: Vector): void {
  const path = hexes(v.all('path'));
  if (v.text('kind') === 'root') {
    const leaves = hexes(v.all('leaf')).map(merkle.leafHash);
    return same(toHex(merkle.rootOf(leaves)), v.text('root'), 'root');
  }
  if (v.text('kind') === 'inclusion') {
    return merkle.checkInclusion(v.bytes('leaf_hash'), v.big('index'), v.big('size'), path,
      v.bytes('root'));
  }
  merkle.checkConsistency(v.big('old_size'), v.bytes('old_root'), v.big('size'), v.bytes('root'),
    path);
}

function json(v: Vector): void {
  const data = v.has('hex') ? v.bytes('hex') : bytesOf(v.text('text'));
  same(dumpJson(parseJson(data)), v.text('dump'), 'dump');
}

function dsse(v: Vector): void {
  const it = openEnvelope(bytesOf(v.text('envelope')), v.bytes('key'));
  same([textOf(it.payload), it.paeDigest, toHex(it.signature)],
    [v.text('payload'), v.text('pae_sha256'), v.text('signature')], 'opened');
}

function note(v: Vector): void {
  const signed = notes.verifyNote(notes.parseNote(v.body()), v.all('vkey').map(notes.parseVkey));
  same(signed.map(({ key }) => key.name).join(' '), v.text('signers'), 'signers');
  if (v.has('time')) same(signed.at(-1)!.time, v.big('time'), 'time');
}

function checkpoint(v: Vector): void {
  const it = notes.parseCheckpoint(base.utf8(v.body()));
  same([it.origin, it.size, toHex(it.root)], [v.text('origin'), v.big('size'), v.text('root')],
    'it');
}

function leaf(v: Vector): void {
  const it = logs.parseLeaf(v.bytes('hex'));
  logs.verifyLeaf(it, fromHex(it.signer));
  const dedup = base.sha256Hex(fromHex(it.signer), fromHex(it.paeDigest));
  same([it.kind, it.time, it.signer, it.paeDigest, textOf(it.payload), dedup],
    [v.number('kind'), v.big('time'), v.text('signer'), v.text('pae_sha256'), v.text('payload'),
      v.text('dedup')], 'leaf');
}

function proof(v: Vector): void {
  const it = logs.parseProof(v.body());
  same([it.index, it.path.length], [v.big('index'), v.number('path')], 'proof');
  same(toHex(it.extra ?? new Uint8Array()), v.has('extra') ? v.text('extra') : '', 'extra');
}

const names = (text: string): string[] => (text === '-' ? [] : text.split(' '));

function trust(v: Vector): void {
  const it = notes.parseTrust(v.body());
  for (const met of v.all('met')) same(notes.quorumMet(it, names(met)), true, 'met by ' + met);
  for (const one of v.all('unmet')) same(notes.quorumMet(it, names(one)), false, 'unmet ' + one);
  for (const own of ['verifier', 'vrf'] as const) {
    same(it[own] && toHex(it[own]), v.has(own) ? v.text(own) : undefined, own);
  }
  same(it.policies, v.all('policy'), 'policies');
}

function head(v: Vector): void {
  const it = notes.checkCheckpoint(notes.parseTrust(lines(v.all('trust'))), v.body());
  same([it.checkpoint.origin, it.checkpoint.size, it.witnesses.join(' ')],
    [v.text('origin'), v.big('size'), v.text('witnesses')], 'head');
}

function tile(v: Vector): void {
  const kind = v.text('kind');
  if (kind === 'path') {
    const it = logs.parseTilePath(v.text('path'));
    return same([String(it.level), it.index, it.width],
      [v.text('level'), v.big('index'), v.number('width')], 'path');
  }
  if (kind === 'hashes') {
    const hashes = logs.parseTile(v.bytes('hex'), v.number('width'));
    return same(toHex(merkle.rootOf(hashes)), v.text('root'), 'root');
  }
  if (kind === 'bundle') {
    const entries = logs.parseBundle(v.bytes('hex'), v.number('width'));
    return same(toHex(merkle.rootOf(entries.map(merkle.leafHash))), v.text('root'), 'root');
  }
  const files = new Map(v.all('file').map((one) => one.split(' ') as [string, string]));
  logs.checkFiles(v.number('size'), v.bytes('root'), (path) => {
    base.need(files.has(path), 'malformed', path + ' is not there');
    return fromHex(files.get(path)!);
  });
}

function statement(folder: string): (v: Vector) => void {
  return (v) => {
    const kind = folder === 'events' ? v.text('kind') : folder === 'order' ? 'job' : folder;
    const payload = bytesOf(v.text('payload'));
    statements.parseStatement(payload, kind);
    same(statements.rewritten(payload, kind),
      v.text(v.has('canonical') ? 'canonical' : 'payload'), 'written again');
  };
}

function challenge(v: Vector): void {
  same(statements.rewrittenChallenge(bytesOf(v.text('json'))), v.text('json'), 'written again');
}

function policy(v: Vector): void {
  same(base.sha256Hex(bytesOf(v.text('text'))), v.text('digest'), 'digest');
  statements.parsePolicy(bytesOf(v.text('text')));
}

function draw(v: Vector): void {
  const kind = v.text('kind');
  if (kind === 'statement') {
    statements.parseStatement(bytesOf(v.text('payload')), 'draw');
  } else if (kind === 'alpha') {
    const it = { size: v.big('size'), root: v.text('root'), k: v.big('k'),
      beacon: v.bytes('beacon') };
    same(toHex(draws.alphaOf(v.text('origin'), it)), v.text('alpha'), 'alpha');
  } else if (kind === 'seed') {
    const seed = draws.seedOf(v.bytes('beta'), v.big('index'), v.bytes('leaf_hash'),
      v.text('reason'), v.bytes('secret'));
    same(toHex(seed), v.text('seed'), 'seed');
  } else if (kind === 'coin') {
    same(draws.coinSaysAudit(v.big('word'), v.number('p_ppm')), v.text('audited') === '1', 'coin');
  } else {
    const words = new draws.Stream(v.bytes('seed'));
    for (const word of v.all('word')) same(words.word(), BigInt(word), 'word');
    const numbers = new draws.Stream(v.bytes('seed'));
    numbers.word();
    same(numbers.distinctBig(v.number('count'), v.big('n')), v.all('number').map(BigInt),
      'numbers');
  }
}

function trace(v: Vector): void {
  if (v.text('kind') === 'file') {
    casefile.parseTrace(v.bytes('hex'), v.number('steps'));
    return;
  }
  const steps = v.all('step').map((one) =>
    ({ state: fromHex(one.slice(0, 64)), output: fromHex(one.slice(64)) }));
  const [job, provider] = [v.bytes('job'), v.bytes('provider')];
  if (v.text('kind') === 'leaf') {
    const got = casefile.stepLeaf(job, provider, v.number('index'), steps[0]!);
    return same(toHex(got), v.text('leaf_hash'), 'leaf hash');
  }
  same(toHex(casefile.traceRoot(job, provider, steps)), v.text('root'), 'root');
}

function opening(v: Vector): void {
  casefile.parseOpening(v.bytes('hex'), v.number('bytes_max'));
}

function caseFile(v: Vector): void {
  same(codeOf(() => casefile.checkDigest(v.body())), v.text('digest'), 'the digest line');
  casefile.parseCaseFile(v.body());
}

const TYPES = ['s8', 's16', 's32', 's64', 'f32', 'u8'];

function stateDigest(v: Vector): void {
  const tensors = v.all('tensor').map((one) => one.split(' '));
  const shapes = tensors.map(([type, dims]) => ({ dtype: TYPES.indexOf(type!) + 1,
    dims: dims!.replace(/[[\]]/g, '').split(',').filter((n) => n).map(Number) }));
  const data = base.concat(...tensors.map(([, , hex]) => fromHex(hex ?? '')));
  same(toHex(plans.stateDigest(shapes, data)), v.text('digest'), 'digest');
}

function audit(v: Vector): void {
  const data = v.patched();
  same(base.sha256Hex(data), v.text('sha256'), 'the patched file');
  const known = notes.parseTrust(v.base(v.text('trust')));
  const check = v.text('kind') === 'receipt' ? checkReceipt : checkEvidence;
  const report = check(data, known);
  // A layer that fails is one of the checks shown, with the code of the whole.
  const failed = report.checks.filter((one) => one.state === 'fail');
  const isVerdict = report.checks.length > 0 && failed.length === 0;
  if (report.code !== 'ok' && !isVerdict) {
    same(failed.map((one) => one.code), [report.code], 'one check is shown to fail');
  }
  base.need(report.code === 'ok', report.code, report.what);
}

// The statement on a line of its own, then what proves its snapshot.
function score(v: Vector): void {
  const file = base.concat(bytesOf(v.text('statement') + '\n'), v.bytes('proof_hex'));
  const said = checkScore(file, notes.parseTrust(v.bytes('trust_hex')));
  same(said.trust_ppm, v.number('trust_ppm'), 'trust');
}

const STATEMENT = ['payload', 'canonical', 'kind'];
type Folder = [(v: Vector) => void, string[], number];
const FOLDERS: Record<string, Folder> = { // what answers, its keys, how many there are at least
  ed25519: [ed25519, ['seed', 'public_key', 'message', 'signature'], 32],
  ecvrf: [ecvrf, ['seed', 'public_key', 'alpha', 'proof', 'h', 'output'], 25],
  merkle: [merkleVector, ['kind', 'leaf', 'leaf_hash', 'index', 'size', 'path', 'root', 'old_size',
    'old_root'], 49],
  json: [json, ['text', 'hex', 'fractions', 'dump'], 45],
  dsse: [dsse, ['key', 'envelope', 'payload', 'pae_sha256', 'signature'], 25],
  note: [note, ['vkey', 'line', 'hex', 'signers', 'time'], 29],
  checkpoint: [checkpoint, ['line', 'hex', 'origin', 'size', 'root'], 21],
  leaf: [leaf, ['hex', 'kind', 'time', 'signer', 'pae_sha256', 'payload', 'dedup'], 21],
  proof: [proof, ['line', 'hex', 'index', 'path', 'extra'], 19],
  trust: [trust, ['line', 'hex', 'met', 'unmet', 'verifier', 'vrf', 'policy'], 43],
  head: [head, ['trust', 'line', 'hex', 'origin', 'size', 'witnesses'], 20],
  tile: [tile, ['kind', 'path', 'level', 'index', 'width', 'hex', 'size', 'root', 'file'], 40],
  policy: [policy, ['text', 'digest'], 18],
  challenge: [challenge, ['json'], 14],
  draw: [draw, ['kind', 'payload', 'origin', 'size', 'root', 'k', 'beacon', 'alpha', 'beta',
    'index', 'leaf_hash', 'reason', 'secret', 'seed', 'n', 'count', 'word', 'number', 'p_ppm',
    'audited'], 30],
  trace: [trace, ['kind', 'job', 'provider', 'index', 'step', 'leaf_hash', 'root', 'hex',
    'steps'], 10],
  opening: [opening, ['hex', 'bytes_max'], 22],
  receipt: [caseFile, ['line', 'hex', 'digest'], 31],
  state_digest: [stateDigest, ['tensor', 'digest'], 10],
  score: [score, ['statement', 'proof_hex', 'trust_hex', 'trust_ppm'], 40],
  audit: [audit, ['base', 'patch', 'trust', 'kind', 'sha256', 'unreplayed'], 900],
  registration: [statement('registration'), STATEMENT, 11],
  order: [statement('order'), STATEMENT, 21],
  acceptance: [statement('acceptance'), STATEMENT, 6],
  attestation: [statement('attestation'), STATEMENT, 22],
  spotcheck: [statement('spotcheck'), STATEMENT, 29],
  heartbeat: [statement('heartbeat'), STATEMENT, 29],
  verdict: [statement('verdict'), STATEMENT, 25],
  summary: [statement('summary'), STATEMENT, 20],
  events: [statement('events'), STATEMENT, 34],
};

function codeOf(run: () => void): string {
  try {
    run();
    return 'ok';
  } catch (wrong) {
    if (wrong instanceof base.Wrong) return wrong.code;
    throw wrong;
  }
}

for (const [folder, [answer, keys, atLeast]] of Object.entries(FOLDERS)) {
  test(folder, () => {
    const wrong: string[] = [];
    const vectors = load(ROOT, folder, keys, atLeast);
    for (const vector of vectors) {
      if (vector.has('fractions')) continue; // no statement has any, so this JSON knows none
      const due = vector.has('unreplayed') ? vector.text('unreplayed') : vector.expect;
      let got: string;
      try {
        got = codeOf(() => answer(vector));
      } catch (error) {
        got = (error as Error).stack ?? '';
      }
      if (got !== due) wrong.push(`${vector.name}: ${got} where ${due} is expected`);
    }
    assert.equal(wrong.length, 0, `${wrong.length} of ${vectors.length}:\n`
      + wrong.slice(0, 12).join('\n'));
  });
}
