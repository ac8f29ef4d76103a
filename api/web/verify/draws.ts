// The draw: alpha, seed, stream, coin, and what they make of an attestation.
import { bytesOf, fromHex, need, sha256, sha256Hex, u64 } from './base';
import { type Depth, pairsAt, type Plan } from './plans';

const REASONS = ['first', 'retro', 'appeal', 'paid'];
const MILLION = 1_000_000;

// The draw's members that its alpha is made of.
export interface Drawn { size: bigint; root: string; k: bigint; beacon: Uint8Array }

export const alphaOf = (origin: string, draw: Drawn): Uint8Array =>
  sha256(bytesOf(`assay/draw/v1\n${origin}\n`), u64(draw.size), fromHex(draw.root), u64(draw.k),
    draw.beacon);

export const seedOf = (beta: Uint8Array, index: bigint, leafHash: Uint8Array, reason: string,
                       secret: Uint8Array): Uint8Array =>
  sha256(bytesOf('assay/seed/v1\n'), beta, u64(index), leafHash,
    Uint8Array.of(REASONS.indexOf(reason)), secret);

export class Stream {
  private counter = 0;
  private words: bigint[] = [];

  constructor(private readonly seed: Uint8Array) {}

  word(): bigint {
    if (this.words.length === 0) {
      const block = sha256(this.seed, u64(this.counter++));
      const view = new DataView(block.buffer, block.byteOffset);
      this.words = [0, 8, 16, 24].map((at) => view.getBigUint64(at));
    }
    return this.words.shift()!;
  }

  // Different numbers below n, in the order drawn. count is at most n.
  distinctBig(count: number, n: bigint): bigint[] {
    need(BigInt(count) <= n, 'malformed', 'more positions than there are');
    if (count === 0) return [];
    const limit = 2n ** 64n - 2n ** 64n % n;
    const found = new Set<bigint>();
    while (found.size < count) {
      const word = this.word();
      if (word < limit) found.add(word % n);
    }
    return [...found];
  }

  distinct(count: number, n: number): number[] {
    return this.distinctBig(count, BigInt(n)).map(Number);
  }
}

export const coinSaysAudit = (word: bigint, ppm: number): boolean =>
  ppm >= MILLION || word < BigInt(ppm) * 2n ** 64n / BigInt(MILLION);

export interface PairsDigest { count: number; digest: string }

// As spot-check and verdict have it.
const pairsDigest = (pairs: number[]): PairsDigest | null => pairs.length === 0 ? null
  : { count: pairs.length, digest: sha256Hex(bytesOf('assay/pairs/v1\n'), ...pairs.map(u64)) };

export interface Scope { positions: number[]; rows: number[]; pairs: number[] }

interface Repeated { positions: number[]; rows: number[]; pairs: PairsDigest | null }

export function repeats(scope: Scope, said: Repeated): boolean {
  const due = pairsDigest(scope.pairs);
  return said.positions.join() === scope.positions.join() && said.rows.join() === scope.rows.join()
    && said.pairs?.count === due?.count && said.pairs?.digest === due?.digest;
}

const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

// Spread over the steps: the same number of rows in each, and one more in a random few.
function drawPairs(stream: Stream, plan: Plan, count: number): number[] {
  const ofStep = new Array<number>(plan.steps).fill(Math.floor(count / plan.steps));
  if (count % plan.steps) {
    for (const step of stream.distinct(count % plan.steps, plan.steps)) ofStep[step]! += 1;
  }
  return ascending(ofStep.flatMap((rows, step) =>
    rows === 0 ? [] : stream.distinct(rows, plan.rows).map((row) => step * plan.rows + row)));
}

// FORMAT.md "What a draw asks for".
export function scopeOf(seed: Uint8Array, plan: Plan, assurance: string,
                        policy: Record<string, Depth>): Scope {
  if (assurance === 'full') {
    const all = Array.from({ length: plan.steps }, (_, at) => at + 1);
    return { positions: all, rows: [], pairs: [] };
  }
  const depth = policy[assurance]!;
  const stream = new Stream(seed);
  stream.word(); // the coin
  if (plan.shape === 'independent') {
    const picked = stream.distinct(Math.min(depth.units, plan.steps), plan.steps);
    const positions = new Set([...picked.map((step) => step + 1), 1, plan.steps]);
    return { positions: ascending(positions), rows: [], pairs: [] };
  }
  const pairs = pairsAt(plan, depth);
  const follows = plan.reach === 'same_row';
  const thin = pairs > 0 || (follows && depth.rows > 0);
  const whole = thin ? depth.steps : Math.max(depth.steps, 1);
  const positions = ascending(
    stream.distinct(Math.min(whole, plan.steps), plan.steps).map((step) => step + 1));
  const linksLeft = depth.micro > 0 && depth.micro < plan.steps && depth.rows === 0;
  const rows = follows ? Math.min(linksLeft ? 1 : depth.rows, plan.rows) : 0;
  const followed = ascending(stream.distinct(rows, plan.rows));
  return { positions, rows: followed, pairs: pairs ? drawPairs(stream, plan, pairs) : [] };
}
