// Ed25519 as Assay accepts it, and ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 3).
//
// A signature holds if libsodium's crypto_sign_verify_detached says so. @noble's own verify is more
// generous: it multiplies by the cofactor. So the equation is spelled out here over its points.
import { ed25519 } from '@noble/curves/ed25519';
import { sha512 } from '@noble/hashes/sha2';
import { concat, equal, malformed, need, sha256, toHex, Wrong } from './base';

const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;
const Q = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

function little(data: Uint8Array): bigint {
  let value = 0n;
  for (let at = data.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(data[at]!);
  return value;
}

const times = (scalar: bigint, point: Point): Point =>
  scalar % Q === 0n ? Point.ZERO : point.multiplyUnsafe(scalar % Q);

const times8 = (point: Point): Point => point.double().double().double();

// Canonical spellings of points only.
function decode(data: Uint8Array): Point {
  need(data.length === 32 && (little(data) & (2n ** 255n - 1n)) < P, 'malformed',
    'not canonical: y is not below p');
  try {
    return Point.fromHex(data, false);
  } catch {
    throw malformed('not a point of the curve');
  }
}

// May this key be trusted or register? The point, if so.
export function checkKey(data: Uint8Array): Point {
  const point = decode(data);
  need(!times8(point).is0(), 'malformed', 'a point of small order');
  need(point.isTorsionFree(), 'malformed', 'not in the prime-order subgroup');
  return point;
}

// The points of small order by their y in all spellings of 255 bits, as libsodium lists them.
const SMALL = new Set([
  '00'.repeat(32),
  '01' + '00'.repeat(31),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ec' + 'ff'.repeat(30) + '7f',
  'ed' + 'ff'.repeat(30) + '7f',
  'ee' + 'ff'.repeat(30) + '7f',
]);

function isSmall(data: Uint8Array): boolean {
  const y = data.slice();
  y[31]! &= 0x7f;
  return SMALL.has(toHex(y));
}

// What was found to hold is not computed again: the proofs of a receipt share one checkpoint.
const held = new Map<string, Uint8Array>();
const HELD_MAX = 4096;

function remember(name: string, result: Uint8Array): Uint8Array {
  if (held.size >= HELD_MAX) held.clear();
  held.set(name, result);
  return result;
}

function holds(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32);
  const s = little(signature.subarray(32));
  if (s >= Q || isSmall(r) || isSmall(key)) return false;
  let public_: Point;
  try {
    public_ = decode(key);
  } catch {
    return false;
  }
  const h = little(sha512(concat(r, key, message))) % Q;
  return equal(times(s, Point.BASE).add(times(h, public_.negate())).toBytes(), r);
}

// What libsodium's crypto_sign_verify_detached answers.
export function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || key.length !== 32) return false;
  const name = 's' + toHex(sha256(key, signature, message));
  if (held.has(name)) return true;
  if (!holds(key, message, signature)) return false;
  remember(name, key);
  return true;
}

const hash = (separator: number, ...pieces: Uint8Array[]): Uint8Array =>
  sha512(concat(Uint8Array.of(3, separator), ...pieces, Uint8Array.of(0)));

function hashToPoint(key: Uint8Array, alpha: Uint8Array): Point {
  for (let counter = 0; counter < 256; counter++) {
    try {
      const found = times8(decode(hash(1, key, alpha, Uint8Array.of(counter)).subarray(0, 32)));
      if (!found.is0()) return found;
    } catch {
      continue;
    }
  }
  throw new Wrong('proof', '256 hashes in a row were no points');
}

export const hashToCurve = (key: Uint8Array, alpha: Uint8Array): Uint8Array =>
  hashToPoint(key, alpha).toBytes();

// beta; or malformed (key, Gamma or s), or proof (it does not hold).
export function vrfVerify(key: Uint8Array, alpha: Uint8Array, proof: Uint8Array): Uint8Array {
  const name = 'v' + toHex(sha256(key, proof, alpha));
  const known = held.get(name);
  if (known) return known;
  const public_ = checkKey(key);
  const gamma = checkKey(proof.subarray(0, 32));
  const c = little(proof.subarray(32, 48));
  const s = little(proof.subarray(48));
  need(s < Q && proof.length === 80, 'malformed', 'VRF proof: s is not below the group order');
  const h = hashToPoint(key, alpha);
  const u = times(s, Point.BASE).add(times(c, public_).negate());
  const v = times(s, h).add(times(c, gamma).negate());
  const due = hash(2, key, ...[h, gamma, u, v].map((point) => point.toBytes())).subarray(0, 16);
  need(equal(due, proof.subarray(32, 48)), 'proof',
    'the VRF proof does not hold for this key and input');
  return remember(name, hash(3, times8(gamma).toBytes()));
}
