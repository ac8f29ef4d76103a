// The state of a score, from FORMAT.md, and the numbers that follow from it: the fold's formula in
// integers of any size, Q30.
import { bytesOf, equal, fromBase64, need, Reader, U64_MAX } from './base';

const ONE = 1n << 30n;
const MILLION = 1_000_000n;
const STATE_BYTES = 115; // after the name of the class
// A key of less than so many days counts as so many ppm at most.
const CAPS: [bigint, bigint][] =
  [[3n, 699_999n], [14n, 819_999n], [30n, 879_999n], [90n, 909_999n]];

export interface ScoreState {
  provider: Uint8Array;
  className: string;
  r: bigint;
  s: bigint;
  fr: bigint;
  fs: bigint;
  slash: bigint;
  tombstoned: boolean;
  uptime: bigint;
  performance: bigint;
  stake: bigint;
  ageDays: bigint;
  audited: bigint;
}

const MAGIC = bytesOf('assay/state/v1\n');

// Of the 512 bytes that a state may have at most.
export function parseState(data: Uint8Array): ScoreState {
  const read = new Reader(data);
  need(equal(read.take(MAGIC.length), MAGIC), 'malformed', 'not a state');
  const provider = read.take(32);
  const name = read.take(read.number(1));
  need(name.length > 0 && name.length <= 128 && name.every((c) => c > 0x20 && c < 0x7f),
    'malformed', 'its class');
  need(read.left() === STATE_BYTES, 'malformed', 'a state of another length');
  const headline = read.number(1);
  const [r, s, fr, fs, slash] = [read.big(8), read.big(8), read.big(8), read.big(8), read.big(8)];
  read.number(4); // proven faults
  const [hours, last] = [read.big(8), read.big(8)];
  const tomb = read.number(1);
  const [uptime, performance, stake] = [read.big(8), read.big(8), read.big(8)];
  const ageDays = read.big(4);
  const tier = read.number(1);
  read.big(8); // attested
  const audited = read.big(8);
  read.big(8); // passed
  read.end();
  need(headline <= 1 && tomb <= 1 && tier <= 4, 'malformed', 'a flag or a tier');
  need([r, s, fr, fs, slash].every((mass) => mass <= 1n << 56n), 'malformed',
    'a mass that no fold has');
  need([uptime, performance, stake].every((part) => part <= ONE), 'malformed',
    'a factor over one');
  need(last === U64_MAX || last <= hours, 'malformed', 'proven after now');
  return { provider, className: String.fromCharCode(...name), r, s, fr, fs, slash,
    tombstoned: tomb === 1, uptime, performance, stake, ageDays, audited };
}

// The rule of the member: base64 of such bytes, which are handed on.
export function stateOf(text: string): Uint8Array {
  const data = fromBase64(text);
  need(data.length <= 512, 'malformed', 'too long for a state');
  parseState(data);
  return data;
}

const times = (a: bigint, b: bigint): bigint => (a * b) >> 30n;
const over = (a: bigint, b: bigint): bigint => (a << 30n) / b;

function squareRoot(square: bigint): bigint {
  if (square < 2n) return square;
  let root = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) { // Newton, from above
    const next = (root + square / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

// 2^-exponent, bit by bit, each factor the square root of the one before.
function twoToMinus(exponent: bigint): bigint {
  let result = ONE;
  let root = ONE / 2n;
  for (let bit = 1n; bit <= 30n; bit++) {
    root = squareRoot(root << 30n);
    if (((exponent >> (30n - bit)) & 1n) === 1n) result = times(result, root);
  }
  return result >> (exponent >> 30n);
}

function minusLog2(value: bigint): bigint {
  let x = value;
  let whole = 0n;
  let fraction = 0n;
  for (; x < ONE; x *= 2n) whole += ONE;
  for (let bit = 29n; bit >= 0n; bit--) {
    x = times(x, x);
    if (x >= 2n * ONE) {
      x >>= 1n;
      fraction += 1n << bit;
    }
  }
  return whole - fraction;
}

// Wilson's, at z = 1.645.
function lowerBound(good: bigint, all: bigint): bigint {
  if (all === 0n) return 0n;
  const z2 = (2_706_025n * ONE + 500_000n) / MILLION;
  const p = good < all ? over(good, all) : ONE;
  const per = over(ONE, all);
  const spread = over(z2, all);
  const inner = times(times(p, ONE - p), per) + times(per, spread) / 4n;
  const low = p + spread / 2n - squareRoot(times(z2, inner) << 30n);
  return low > 0n ? over(low, ONE + spread) : 0n;
}

const ppm = (value: bigint): number => Number((value * MILLION) >> 30n);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

// What a score statement must say of this state, by the names of its members.
export function numbersOf(it: ScoreState): Record<string, number | bigint | boolean> {
  let integrity = lowerBound(it.r, it.r + it.s);
  const fast = it.fr + it.fs;
  if (fast > 0n) {
    const target = (95n * ONE + 50n) / 100n;
    integrity = times(integrity, smaller(ONE, over(over(it.fr, fast), target)));
  }
  const slash = twoToMinus(times(it.slash, 1_549_082_005n));
  let k = it.stake === ONE ? ONE : 0n;
  if (it.stake > 0n && it.stake < ONE) k = twoToMinus((minusLog2(it.stake) * 15n) / 100n);
  const whole = times(times(times(times(slash, integrity), it.uptime), it.performance), k);
  const cap = CAPS.find(([days]) => it.ageDays < days)?.[1] ?? MILLION;
  const trust = smaller(whole, (cap * ONE + 500_000n) / MILLION);
  return { trust_ppm: it.tombstoned ? 0 : ppm(trust), slash_ppm: ppm(slash),
    integrity_ppm: ppm(integrity), uptime_ppm: ppm(it.uptime),
    performance_ppm: ppm(it.performance), stake_ppm: ppm(it.stake), audits: it.audited,
    uncertainty_ppm: ppm(over(2n * ONE, it.r + it.s + 2n * ONE)), tombstoned: it.tombstoned };
}
