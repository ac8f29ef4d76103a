// C2SP tlog-proof and tlog-tiles, and the log leaf.
import {
  bytesOf, concat, equal, fromBase64, need, parseU64, Reader, sha256Hex, toHex, utf8,
} from './base';
import { verify } from './curve';
import { EMPTY, leafHash, rootOf } from './merkle';
import { parseNote } from './notes';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const PAYLOAD_MAX = 65393;
const TILE = 256;

export interface Proof {
  index: bigint;
  path: Uint8Array[];
  checkpoint: Uint8Array; // a signed note
  extra: Uint8Array | null;
}

export function parseProof(data: Uint8Array): Proof {
  const lines = utf8(data).split('\n');
  need(lines[0] === 'c2sp.org/tlog-proof@v1' && lines.length > 1, 'malformed',
    'proof: another first line');
  let at = 1;
  let extra: Uint8Array | null = null;
  if (lines[at]!.startsWith('extra ')) {
    extra = fromBase64(lines[at]!.slice('extra '.length));
    need(extra.length >= 1 && extra.length <= 0xffff, 'malformed',
      'proof: extra: empty or too large');
    at += 1;
  }
  need(at + 1 < lines.length && lines[at]!.startsWith('index '), 'malformed', 'proof: no index');
  const index = parseU64(lines[at]!.slice('index '.length));
  const path: Uint8Array[] = [];
  for (at += 1; at < lines.length && lines[at] !== ''; at++) {
    path.push(fromBase64(lines[at]!));
    need(path.at(-1)!.length === 32 && path.length <= 64, 'malformed', 'proof: path');
  }
  need(at + 1 < lines.length, 'malformed', 'proof: no blank line');
  const checkpoint = bytesOf(lines.slice(at + 1).join('\n'));
  parseNote(checkpoint);
  return { index, path, checkpoint, extra };
}

export interface Leaf {
  kind: number; // 1 inline statement, 2 detached, 3 evidence
  time: bigint; // milliseconds since 1970, by the log
  signer: string; // hex
  paeDigest: string; // hex
  signature: Uint8Array;
  payload: Uint8Array;
}

export const pae = (payload: Uint8Array, type = PAYLOAD_TYPE): Uint8Array =>
  concat(bytesOf(`DSSEv1 ${bytesOf(type).length} ${type} ${payload.length} `), payload);

export function parseLeaf(data: Uint8Array): Leaf {
  const read = new Reader(data);
  const version = read.number(1);
  const kind = read.number(1);
  const time = read.big(8);
  const signer = toHex(read.take(32));
  const paeDigest = toHex(read.take(32));
  const signature = read.take(64);
  const length = read.number(4);
  need(version === 1 && kind >= 1 && kind <= 3, 'malformed', 'leaf: unknown version or kind');
  need(length === read.left(), 'malformed', 'leaf: another payload length');
  const payload = read.take(length);
  need(time <= 2n ** 53n, 'malformed', 'leaf: time beyond 2^53');
  if (kind === 1) {
    need(length <= PAYLOAD_MAX, 'malformed', 'leaf: payload too large');
    need(sha256Hex(pae(payload)) === paeDigest, 'malformed', 'leaf: another PAE digest');
  } else {
    need(length === 0, 'malformed', 'leaf: only inline statements have a payload');
  }
  return { kind, time, signer, paeDigest, signature, payload };
}

export function verifyLeaf(leaf: Leaf, signer: Uint8Array): void {
  need(leaf.kind === 1, 'no_evidence', 'leaf: the statement is not in it');
  need(verify(signer, pae(leaf.payload), leaf.signature), 'signature',
    'leaf: not signed by its signer');
}

export type TileLevel = number | 'entries';

export function tilePath(level: TileLevel, index: bigint, width = TILE): string {
  const groups = [(index % 1000n).toString().padStart(3, '0')];
  for (let left = index / 1000n; left > 0n; left /= 1000n) {
    groups.unshift('x' + (left % 1000n).toString().padStart(3, '0'));
  }
  return `tile/${level}/${groups.join('/')}` + (width < TILE ? `.p/${width}` : '');
}

export interface TileName { level: TileLevel; index: bigint; width: number }

export function parseTilePath(text: string): TileName {
  const found = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*)([0-9]{3})(?:\.p\/([0-9]{1,3}))?$/
    .exec(text);
  need(found && text.length <= 64, 'malformed', 'tile path');
  const level = found[1] === 'entries' ? 'entries' : Number(found[1]);
  const index = BigInt(found[2]!.replace(/[x/]/g, '') + found[3]!);
  const width = found[4] === undefined ? TILE : Number(found[4]);
  need(level === 'entries' || level <= 63, 'malformed', 'tile path: level');
  need(width >= 1 && index < 2n ** 64n && tilePath(level, index, width) === text, 'malformed',
    'tile path: not spelled as tlog-tiles says');
  return { level, index, width };
}

function tileWidth(level: number, index: number, size: number): number {
  const hashes = level < 7 ? Math.floor(size / 256 ** level) : 0;
  return Math.min(TILE, Math.max(0, hashes - index * TILE));
}

export function parseTile(data: Uint8Array, width: number): Uint8Array[] {
  need(data.length === 32 * width, 'malformed', `tile: not ${width} hashes`);
  return Array.from({ length: width }, (_, at) => data.subarray(32 * at, 32 * at + 32));
}

export function parseBundle(data: Uint8Array, width: number): Uint8Array[] {
  const read = new Reader(data);
  const entries = Array.from({ length: width }, () => read.take(read.number(2)));
  read.end();
  return entries;
}

type Fetch = (path: string) => Uint8Array;

// The root of all leaves. Every tile of a higher level is held against those below it.
function rootOfTiles(size: number, fetch: Fetch): { root: Uint8Array; leaves: Uint8Array[] } {
  const level0 = (level: number, index: number): Uint8Array[] => {
    const width = tileWidth(level, index, size);
    need(width > 0, 'proof', 'a tile that the log does not have');
    return parseTile(fetch(tilePath(level, BigInt(index), width)), width);
  };
  const leaves: Uint8Array[] = [];
  for (let index = 0; index * TILE < size; index++) leaves.push(...level0(0, index));
  for (let level = 1, below = leaves; below.length >= TILE; level++) {
    const full = Array.from({ length: Math.floor(below.length / TILE) },
      (_, at) => rootOf(below.slice(at * TILE, (at + 1) * TILE)));
    for (let index = 0; index * TILE < full.length; index++) {
      const due = full.slice(index * TILE, (index + 1) * TILE);
      const got = level0(level, index);
      need(got.length === due.length && got.every((one, at) => equal(one, due[at]!)), 'proof',
        'a tile does not follow from those below it');
    }
    below = full;
  }
  return { root: size === 0 ? EMPTY : rootOf(leaves), leaves };
}

// All tiles and bundles of a log against its root; every entry of it.
export function checkFiles(size: number, root: Uint8Array, fetch: Fetch): Uint8Array[] {
  const tiles = rootOfTiles(size, fetch);
  need(equal(tiles.root, root), 'proof', 'the tiles do not give the root');
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE < size; index++) {
    const width = tileWidth(0, index, size);
    const bundle = parseBundle(fetch(tilePath('entries', BigInt(index), width)), width);
    need(bundle.every((entry, at) => equal(leafHash(entry), tiles.leaves[index * TILE + at]!)),
      'proof', `bundle ${index}: an entry that is not what its tile commits to`);
    entries.push(...bundle);
  }
  return entries;
}
