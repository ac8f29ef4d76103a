// What every file here needs: how a check says no, and the text spellings of bytes and numbers.
// Pure; no network, no storage, no clock.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2';

export type Code =
  | 'ok' | 'usage' | 'not_found' | 'network' | 'conflict' | 'malformed' | 'signature'
  | 'no_evidence' | 'proof' | 'unbound' | 'mismatch' | 'inconclusive' | 'stale' | 'equivocation';

export const U64_MAX = 2n ** 64n - 1n;

// Something does not hold: a code that programs may rely on, and what for a person.
export class Wrong extends Error {
  constructor(readonly code: Code, what: string) {
    super(what);
  }
}

export function need(holds: unknown, code: Code, what: string): asserts holds {
  if (!holds) throw new Wrong(code, what);
}

export const malformed = (what: string): Wrong => new Wrong('malformed', what);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

export function utf8(data: Uint8Array): string {
  try {
    return decoder.decode(data);
  } catch {
    throw malformed('not UTF-8');
  }
}

// One character for each octet.
export function latin1(data: Uint8Array): string {
  let text = '';
  for (const octet of data) text += String.fromCharCode(octet);
  return text;
}

export function concat(...pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export const sha256 = (...pieces: Uint8Array[]): Uint8Array => {
  const hash = nobleSha256.create();
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};
export const sha256Hex = (...pieces: Uint8Array[]): string => toHex(sha256(...pieces));

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

export function u64(number: bigint | number): Uint8Array {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(number));
  return data;
}

const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export function toHex(data: Uint8Array): string {
  let text = '';
  for (const octet of data) text += HEX[octet];
  return text;
}

export function fromHex(text: string, size?: number): Uint8Array {
  need(/^(?:[0-9a-f]{2})*$/.test(text) && (size === undefined || text.length === 2 * size),
    'malformed', `not ${size ?? ''} bytes in lower-case hex`);
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at++) data[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return data;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const DIGITS = new Int8Array(128).fill(-1);
[...ALPHABET].forEach((digit, value) => { DIGITS[digit.charCodeAt(0)] = value; });

function decodeDigits(text: string, digits: number, urlToo: boolean): Uint8Array {
  need(digits % 4 !== 1, 'malformed', 'not base64');
  const data = new Uint8Array(Math.floor((digits * 3) / 4));
  let bits = 0;
  let held = 0;
  let out = 0;
  for (let at = 0; at < digits; at++) {
    const unit = text.charCodeAt(at);
    let value = unit < 128 ? DIGITS[unit]! : -1;
    if (urlToo && unit === 45) value = 62;
    if (urlToo && unit === 95) value = 63;
    need(value >= 0, 'malformed', 'not base64');
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      data[out++] = (bits >> held) & 0xff;
    }
  }
  need((bits & ((1 << held) - 1)) === 0, 'malformed', 'base64 with loose bits at its end');
  return data;
}

function withoutPadding(text: string): number {
  if (text.length % 4 !== 0) return text.length;
  return text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
}

// The one canonical spelling.
export function fromBase64(text: string): Uint8Array {
  need(text.length % 4 === 0, 'malformed', 'base64 is not in its canonical spelling');
  return decodeDigits(text, withoutPadding(text), false);
}

// Either alphabet, with or without padding; no loose bits.
export const fromAnyBase64 = (text: string): Uint8Array =>
  decodeDigits(text, withoutPadding(text), true);

export function parseU64(text: string): bigint {
  need(/^(?:0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= U64_MAX, 'malformed',
    'not a decimal number of 64 bits');
  return BigInt(text);
}

// Takes fields off the front of bytes and never past their end.
export class Reader {
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  left(): number {
    return this.data.length - this.at;
  }

  take(count: number): Uint8Array {
    need(count <= this.left(), 'malformed', 'cut short');
    this.at += count;
    return this.data.subarray(this.at - count, this.at);
  }

  big(size: number): bigint {
    let value = 0n;
    for (const octet of this.take(size)) value = (value << 8n) | BigInt(octet);
    return value;
  }

  number(size: 1 | 2 | 4): number {
    return Number(this.big(size));
  }

  end(): void {
    need(this.left() === 0, 'malformed', 'bytes after the end');
  }
}
