// The case file (.assay), the trace file and the opening file.
import {
  bytesOf, concat, fromBase64, fromHex, latin1, malformed, need, Reader, sha256Hex, u64,
  utf8,
} from './base';
import { leafHash, rootOf } from './merkle';
import { byteLength, dumpJson, type JsonObject, parseJson } from './strict_json';

export const BYTES_MAX = 256 << 20;
const PROOF_MAX = 1 << 20;
const TAIL = 72; // "sha256 ", 64 digits, a line feed
const NAMES = new Set(('registration order cancel reveal acceptance attestation spotcheck draw '
  + 'verdict summary timeout uptime slash reversal policy dispute dispute-move dispute-end stake '
  + 'appeal ruling worker paid-challenge').split(' '));

export interface CaseFile {
  kind: 'receipt' | 'evidence';
  entries: { name: string; proof: Uint8Array }[];
  policy: Uint8Array;
  trace: Uint8Array;
  openings: Map<string, Uint8Array>;
  inputs: Map<string, Uint8Array>;
}

function checkTail(data: Uint8Array): string {
  const last = latin1(data.subarray(-TAIL));
  need(data.length <= BYTES_MAX, 'malformed', 'case file: too large');
  need(data.length > TAIL && data[data.length - TAIL - 1] === 10 && last.startsWith('sha256 ')
    && last.endsWith('\n'), 'malformed', 'case file: does not end with a sha256 line');
  return last;
}

export function checkDigest(data: Uint8Array): void {
  const last = checkTail(data);
  need(last === `sha256 ${sha256Hex(data.subarray(0, -TAIL))}\n`, 'malformed',
    'case file: its bytes do not hash to what its last line says');
}

function members(line: JsonObject, ...names: string[]): string[] {
  const values = [...line.values()];
  need([...line.keys()].join() === names.join()
    && values.every((one) => typeof one === 'string'), 'malformed',
  'case file: other members than ' + names.join(', '));
  return values as string[];
}

// Sections in their order: log entries, policy, trace, openings, inputs.
class Lines {
  readonly file = {
    entries: [], trace: new Uint8Array(), openings: new Map(), inputs: new Map(),
  } as unknown as CaseFile;
  private section = 0;

  private enter(section: number, many: boolean): void {
    need(section > this.section || (many && section === this.section), 'malformed',
      'case file: a line out of order, or there twice');
    this.section = section;
  }

  head(line: JsonObject): void {
    const [kind] = members(line, 'assay');
    need(kind === 'receipt/v1' || kind === 'evidence/v1', 'malformed',
      'case file: of no known kind');
    this.file.kind = kind === 'receipt/v1' ? 'receipt' : 'evidence';
  }

  line(line: JsonObject): void {
    if (line.has('proof')) return this.proof(line);
    const entry = line.get('entry');
    if (entry === 'policy') {
      this.enter(1, false);
      this.file.policy = bytesOf(members(line, 'entry', 'text')[1]!);
    } else if (entry === 'trace') {
      this.enter(2, false);
      this.file.trace = fromBase64(members(line, 'entry', 'data')[1]!);
      need(this.file.trace.length > 0, 'malformed', 'case file: an empty trace');
    } else if (entry === 'opening') {
      this.enter(3, true);
      fromHex(this.blob(line, this.file.openings), 32);
    } else if (entry === 'input') {
      this.enter(4, true);
      const name = this.blob(line, this.file.inputs);
      need(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(name), 'malformed', 'case file: input name');
    } else {
      throw malformed('case file: an entry that is not known');
    }
  }

  private proof(line: JsonObject): void {
    const [name, proof] = members(line, 'entry', 'proof') as [string, string];
    this.enter(0, true);
    const data = bytesOf(proof);
    need(NAMES.has(name) && data.length <= PROOF_MAX, 'malformed',
      'case file: no kind of statement that is logged');
    this.file.entries.push({ name, proof: data });
    need(this.file.entries.length <= 4096, 'malformed', 'case file: too many entries');
  }

  private blob(line: JsonObject, into: Map<string, Uint8Array>): string {
    const [, name, data] = members(line, 'entry', 'name', 'data') as [string, string, string];
    // eslint-disable-next-line no-control-regex
    need(byteLength(name) <= 64 && !/[\x00-\x1f\x7f-\x9f]/.test(name), 'malformed',
      'case file: a name that is none');
    need(!into.has(name), 'malformed', 'case file: a name used twice');
    into.set(name, fromBase64(data));
    return name;
  }
}

export function parseCaseFile(data: Uint8Array): CaseFile {
  checkTail(data);
  const lines = new Lines();
  const end = data.length - TAIL;
  for (let at = 0; at < end;) {
    const next = data.indexOf(10, at);
    const raw = data.subarray(at, next);
    const line = parseJson(raw, { bytes: BYTES_MAX, depth: 2, values: 8 });
    need(line instanceof Map, 'malformed', 'case file: a line that is no object');
    if (at === 0) lines.head(line);
    else lines.line(line);
    need(dumpJson(line) === utf8(raw), 'malformed', 'case file: a second spelling');
    at = next + 1;
  }
  need(lines.file.policy !== undefined, 'malformed', 'case file: no policy');
  return lines.file;
}

export interface Step { state: Uint8Array; output: Uint8Array }

// The steps 0 to N.
export function parseTrace(data: Uint8Array, steps: number): Step[] {
  need(latin1(data.subarray(0, 15)) === 'assay/trace/v1\n', 'malformed',
    'trace: another first line');
  const read = new Reader(data.subarray(15));
  need(read.left() === 64 * (steps + 1), 'malformed', 'trace: another number of steps');
  return Array.from({ length: steps + 1 }, () =>
    ({ state: read.take(32), output: read.take(32) }));
}

const STEP = bytesOf('assay/step/v1\n');

export const stepLeaf = (job: Uint8Array, provider: Uint8Array, index: number,
                         step: Step): Uint8Array =>
  leafHash(concat(STEP, job, provider, u64(index), step.state, step.output));

export const traceRoot = (job: Uint8Array, provider: Uint8Array, trace: Step[]): Uint8Array =>
  rootOf(trace.map((step, index) => stepLeaf(job, provider, index, step)));

export interface OpenedPart {
  state: number;
  leaf: bigint | null; // null: the whole state
  path: Uint8Array[];
  data: Uint8Array;
}

function parsePart(read: Reader): OpenedPart {
  const state = read.number(4);
  const kind = read.number(1);
  need(kind === 1 || kind === 2, 'malformed', 'opening: a part of an unknown kind');
  let leaf: bigint | null = null;
  let path: Uint8Array[] = [];
  if (kind === 2) {
    leaf = read.big(8);
    const count = read.number(1);
    need(count <= 63, 'malformed', 'opening: a path longer than any tree is high');
    path = Array.from({ length: count }, () => read.take(32));
  }
  const size = read.number(4);
  need(size >= 1 && (kind === 1 || size <= 1024), 'malformed', 'opening: a part of no such size');
  return { state, leaf, path, data: read.take(size) };
}

function ascends(a: OpenedPart, b: OpenedPart): boolean {
  if (a.state !== b.state) return a.state < b.state;
  if (a.leaf === null || b.leaf === null) return a.leaf === null && b.leaf !== null;
  return a.leaf < b.leaf;
}

export function parseOpening(data: Uint8Array, bytesMax = BYTES_MAX): OpenedPart[] {
  need(data.length <= bytesMax, 'malformed', 'opening: too large');
  need(latin1(data.subarray(0, 17)) === 'assay/opening/v1\n', 'malformed',
    'opening: another first line');
  const read = new Reader(data.subarray(17));
  const count = read.number(4);
  need(count <= Math.floor(read.left() / 9), 'malformed',
    'opening: shorter than its number of parts');
  const parts: OpenedPart[] = [];
  for (let at = 0; at < count; at++) {
    parts.push(parsePart(read));
    need(at === 0 || ascends(parts[at - 1]!, parts[at]!), 'malformed',
      'opening: parts out of order');
  }
  read.end();
  return parts;
}

