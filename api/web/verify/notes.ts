// C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-policy.
import {
  bytesOf, concat, equal, fromBase64, fromHex, latin1, malformed, need, parseU64, sha256Hex, toHex,
  utf8,
} from './base';
import { checkKey, verify } from './curve';
import { EMPTY } from './merkle';

export const PLAIN = 1;
export const COSIGNATURE = 4;
const SPACES = new Set('\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000'
  + '\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a');

export interface Key { name: string; type: number; key: Uint8Array; id: string }

const keyId = (name: string, type: number, key: Uint8Array): string =>
  sha256Hex(bytesOf(name), Uint8Array.of(10, type), key).slice(0, 8);

const sameKey = (a: Key, b: Key): boolean =>
  a.name === b.name && a.type === b.type && equal(a.key, b.key);

function isKeyName(name: string): boolean {
  if (name === '') return false;
  for (const one of name) { // by code points: what is left of the surrogates stands alone
    const point = one.codePointAt(0)!;
    if (point <= 0x20 || one === '+' || point === 0x7f || SPACES.has(one)) return false;
    if (point >= 0xd800 && point <= 0xdfff) return false;
  }
  return true;
}

export function parseVkey(text: string): Key {
  const found = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text);
  need(found && isKeyName(found[1]!), 'malformed', 'vkey: not <name>+<8 hex>+<base64>');
  const typed = fromBase64(found[3]!);
  need(typed.length === 33 && (typed[0] === PLAIN || typed[0] === COSIGNATURE), 'malformed',
    'vkey: neither type 1 nor type 4');
  const key = typed.slice(1);
  checkKey(key);
  const id = keyId(found[1]!, typed[0]!, key);
  need(id === found[2], 'malformed', 'vkey: another id than name and key');
  return { name: found[1]!, type: typed[0]!, key, id };
}

// All lines of a text in which the last one ends too.
function takeLines(text: string, what: string): string[] {
  need(text === '' || text.endsWith('\n'), 'malformed', what + ': the last line has no newline');
  return text.split('\n').slice(0, -1);
}

export interface Note { text: string; signatures: { name: string; id: string; raw: Uint8Array }[] }

export function parseNote(data: Uint8Array): Note {
  need(data.length <= 256 << 10, 'malformed', 'note: larger than 256 KiB');
  const whole = utf8(data);
  // eslint-disable-next-line no-control-regex
  need(!/[\x00-\x09\x0b-\x1f]/.test(whole), 'malformed', 'note: a control character');
  const cut = whole.lastIndexOf('\n\n');
  need(cut >= 0, 'malformed', 'note: no blank line before signatures');
  const signatures = takeLines(whole.slice(cut + 2), 'note').map((line) => {
    const found = /^\u2014 ([^ ]*) (.*)$/s.exec(line);
    need(found && isKeyName(found[1]!), 'malformed', 'note: no signature line');
    const raw = fromBase64(found[2]!);
    need(raw.length >= 5, 'malformed', 'note: a signature of too few bytes');
    return { name: found[1]!, id: toHex(raw.subarray(0, 4)), raw: raw.subarray(4) };
  });
  need(signatures.length >= 1 && signatures.length <= 64, 'malformed',
    'note: no signature, or more than 64');
  return { text: whole.slice(0, cut + 1), signatures };
}

function timeIfValid(key: Key, signature: Uint8Array, text: string): bigint | null {
  const message = bytesOf(text);
  if (key.type === PLAIN) return verify(key.key, message, signature) ? 0n : null;
  if (signature.length !== 72) return null;
  const time = BigInt('0x' + toHex(signature.subarray(0, 8)));
  const head = bytesOf(`cosignature/v1\ntime ${time}\n`);
  const valid = time < 2n ** 63n && verify(key.key, concat(head, message), signature.subarray(8));
  return valid ? time : null;
}

export interface Signed { key: Key; time: bigint }

// The signatures by known keys. Lines of other keys say nothing to us.
export function verifyNote(note: Note, known: Key[]): Signed[] {
  const found: Signed[] = [];
  for (const { name, id, raw } of note.signatures) {
    for (const key of known) {
      if (key.name !== name || key.id !== id) continue;
      const time = timeIfValid(key, raw, note.text);
      need(time !== null, 'signature', `the signature by ${name} does not hold`);
      found.push({ key, time });
    }
  }
  need(found.length > 0, 'signature', 'not signed by any known key');
  return found;
}

export interface Checkpoint { origin: string; size: bigint; root: Uint8Array; extension: string }

export function parseCheckpoint(text: string): Checkpoint {
  const parts = text.split('\n');
  need(parts.length >= 4 && parts[0], 'malformed', 'checkpoint: fewer than three lines');
  const size = parseU64(parts[1]!);
  const root = fromBase64(parts[2]!);
  need(root.length === 32, 'malformed', 'checkpoint: root: not 32 bytes');
  need(size > 0n || equal(root, EMPTY), 'malformed',
    "checkpoint: another root than the empty tree's");
  const extension = parts.slice(3).join('\n');
  for (const line of takeLines(extension, 'checkpoint')) {
    need(line, 'malformed', 'checkpoint: an empty extension line');
  }
  return { origin: parts[0]!, size, root, extension };
}

// policy.txt: whom its reader trusts.
export interface Trust {
  logs: Key[];
  witnesses: Map<string, Key>;
  groups: { name: string; threshold: bigint; members: string[] }[];
  quorum: string;
  verifier?: Uint8Array;
  vrf?: Uint8Array;
  policies: string[]; // hex digests
}

export function quorumMet(trust: Trust, names: string[]): boolean {
  const met = new Set(names.filter((name) => trust.witnesses.has(name)));
  for (const group of trust.groups) {
    const there = group.members.filter((name) => met.has(name)).length;
    if (BigInt(there) >= group.threshold) met.add(group.name);
  }
  return trust.quorum === 'none' || met.has(trust.quorum);
}

class TrustParser {
  readonly trust: Trust =
    { logs: [], witnesses: new Map(), groups: [], quorum: '', policies: [] };
  private readonly keys = new Set<string>();
  private readonly defined = new Set<string>();
  private readonly grouped = new Set<string>();

  line(words: string[]): void {
    const verb = words[0];
    if (verb === undefined || (verb.startsWith('#') && !verb.startsWith('#assay-'))) return;
    if (verb.startsWith('#assay-')) return this.own(verb.slice('#assay-'.length), words);
    if (verb === 'log') return this.log(words.slice(1));
    if (verb === 'witness') return this.witness(words.slice(1));
    if (verb === 'group') return this.group(words.slice(1));
    if (verb === 'quorum') return this.quorum(words.slice(1));
    throw malformed('not log, witness, group, quorum or a comment');
  }

  private vkey(text: string, type: number): Key {
    const key = parseVkey(text);
    need(key.type === type, 'malformed', 'a vkey of the other type');
    const name = type + toHex(key.key);
    need(!this.keys.has(name), 'malformed', 'the same public key again');
    this.keys.add(name);
    return key;
  }

  private define(name: string): void {
    need(!['none', 'any', 'all'].includes(name), 'malformed', 'a reserved word as a name');
    need(!this.defined.has(name), 'malformed', 'a name that is defined already');
    this.defined.add(name);
  }

  private log(words: string[]): void {
    need(words.length >= 1 && words.length <= 2, 'malformed', 'not: log <vkey> [<url>]');
    this.trust.logs.push(this.vkey(words[0]!, PLAIN));
  }

  private witness(words: string[]): void {
    need(words.length >= 2 && words.length <= 3, 'malformed',
      'not: witness <name> <vkey> [<url>]');
    this.define(words[0]!);
    this.trust.witnesses.set(words[0]!, this.vkey(words[1]!, COSIGNATURE));
  }

  private group(words: string[]): void {
    need(words.length >= 3, 'malformed', 'not: group <name> all|any|<k> <name>...');
    const [name, word, ...members] = words as [string, string, ...string[]];
    for (const member of members) {
      need(this.defined.has(member) && !this.grouped.has(member), 'malformed',
        'a member that is not defined, or in a group already');
      this.grouped.add(member);
    }
    this.define(name);
    const threshold = word === 'all' ? BigInt(members.length) : word === 'any' ? 1n
      : parseU64(word);
    need(threshold >= 1n && threshold <= BigInt(members.length), 'malformed',
      'a threshold nobody can mean');
    this.trust.groups.push({ name, threshold, members });
  }

  private quorum(words: string[]): void {
    need(words.length === 1 && this.trust.quorum === '', 'malformed', 'a second quorum');
    need(words[0] === 'none' || this.defined.has(words[0]!), 'malformed', 'an unknown quorum');
    this.trust.quorum = words[0]!;
  }

  private own(kind: string, words: string[]): void {
    need((kind === 'verifier' || kind === 'vrf' || kind === 'policy') && words.length === 2,
      'malformed', 'no #assay- line that is known');
    const value = fromHex(words[1]!, 32);
    if (kind === 'policy') {
      need(!this.trust.policies.includes(words[1]!), 'malformed', 'a policy named before');
      this.trust.policies.push(words[1]!);
    } else {
      need(this.trust[kind] === undefined, 'malformed', 'no #assay- line that is known');
      this.trust[kind] = value;
      checkKey(value);
    }
  }
}

// Names are octets. What is no UTF-8 stays apart from all that is: nothing else begins like this.
function nameOf(word: string): string {
  try {
    return utf8(Uint8Array.from(word, (one) => one.charCodeAt(0)));
  } catch {
    return '\udc00' + word;
  }
}

export function parseTrust(data: Uint8Array): Trust {
  need(data.length <= 64 << 10, 'malformed', 'policy file: over 64 KiB');
  for (const octet of data) {
    need(octet === 9 || octet === 10 || (octet >= 0x20 && octet !== 0x7f), 'malformed',
      'policy file: a control character');
  }
  const parser = new TrustParser();
  takeLines(latin1(data), 'policy file').forEach((line, at) => {
    try {
      parser.line(line.split(/[ \t]+/).filter((word) => word).map(nameOf));
    } catch (wrong) {
      throw malformed(`policy file: line ${at + 1}: ${(wrong as Error).message}`);
    }
  });
  need(parser.trust.quorum !== '', 'malformed', 'policy file: no quorum line');
  return parser.trust;
}

export interface Head { checkpoint: Checkpoint; witnesses: string[] }

// Runs one part of a check, so that a caller can tell which one failed.
export type Part = <T>(name: string, run: () => T) => T;
const plainly: Part = (_name, run) => run();

// A signed note, against the trusted log ("log") and its quorum of witnesses ("witnesses").
export function checkCheckpoint(trust: Trust, data: Uint8Array, part: Part = plainly): Head {
  const known = [...trust.logs, ...trust.witnesses.values()];
  let note!: Note;
  const checkpoint = part('log', () => {
    note = parseNote(data);
    const it = parseCheckpoint(note.text);
    const byLog = verifySome(note, trust.logs);
    need(byLog !== null || verifyNote(note, known).length > 0, 'signature', 'unsigned');
    need(byLog?.some(({ key }) => key.name === it.origin), 'signature',
      'not signed by a trusted log named ' + it.origin);
    return it;
  });
  return part('witnesses', () => {
    const signed = verifyNote(note, known).map(({ key }) => key);
    const names = [...trust.witnesses].filter(([, key]) => signed.some((it) => sameKey(it, key)))
      .map(([name]) => name);
    need(quorumMet(trust, names), 'signature',
      `too few witnesses have signed it for the quorum "${trust.quorum}"`);
    return { checkpoint, witnesses: names };
  });
}

function verifySome(note: Note, known: Key[]): Signed[] | null {
  const ours = note.signatures.some(({ name, id }) =>
    known.some((key) => key.name === name && key.id === id));
  return ours ? verifyNote(note, known) : null;
}

