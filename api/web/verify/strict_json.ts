// JSON as Assay reads it: UTF-8, one value, no duplicate keys, no fractions, integers of 64 bits, a
// cap on nesting. JSON.parse is more generous in each of these. Objects are Maps, in the order of
// their members; integers beyond 2^53 are bigints.
import { bytesOf, malformed, need, utf8, Wrong } from './base';

export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\x00-\x1f]*/y;
const ESCAPES: Record<string, string> = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
};
const WORDS: [string, Json][] = [['true', true], ['false', false], ['null', null]];

class Parser {
  private at = 0;

  constructor(private readonly text: string, private depthLeft: number,
              private valuesLeft: number) {}

  fail(what: string): Wrong {
    return malformed(`not JSON at character ${this.at}: ${what}`);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  // Skips white space; the character that follows, or "" at the end.
  space(): string {
    this.match(SPACE);
    return this.text.charAt(this.at);
  }

  value(): Json {
    if (--this.valuesLeft < 0) throw this.fail('too many values');
    const first = this.space();
    if (first === '{' || first === '[') return this.container(first);
    if (first === '"') return this.string();
    for (const [word, meaning] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return meaning;
      }
    }
    return this.number();
  }

  private number(): number | bigint {
    const found = this.match(NUMBER);
    if (!found) throw this.fail('no value');
    if (found[1] || found[2]) throw this.fail('a fraction or an exponent');
    const number = found[0].length < 24 ? BigInt(found[0]) : 2n ** 70n;
    if (number < -(2n ** 63n) || number >= 2n ** 64n) throw this.fail('an integer beyond 64 bits');
    const small = Number(number);
    return Number.isSafeInteger(small) ? small : number;
  }

  private string(): string {
    this.at += 1;
    let whole = '';
    for (;;) {
      whole += this.match(PLAIN)![0];
      const last = this.text.charAt(this.at++);
      if (last === '"') return whole;
      if (last !== '\\') throw this.fail('a string that does not end, or a control character');
      const letter = this.text.charAt(this.at++);
      whole += letter !== '' && letter in ESCAPES ? ESCAPES[letter] : this.escaped(letter);
    }
  }

  private unit(): number {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.fail('not four hex digits');
    this.at += 4;
    return parseInt(digits, 16);
  }

  private escaped(letter: string): string {
    if (letter !== 'u') throw this.fail('an unknown escape');
    const unit = this.unit();
    if (unit >= 0xdc00 && unit < 0xe000) throw this.fail('half a surrogate pair');
    if (unit < 0xd800 || unit >= 0xe000) return String.fromCharCode(unit);
    if (this.text.slice(this.at, this.at + 2) !== '\\u') throw this.fail('half a surrogate pair');
    this.at += 2;
    const low = this.unit();
    if (low < 0xdc00 || low >= 0xe000) throw this.fail('half a surrogate pair');
    return String.fromCharCode(unit, low);
  }

  private container(opening: string): Json {
    if (--this.depthLeft < 0) throw this.fail('nesting too deep');
    this.at += 1;
    const closing = opening === '{' ? '}' : ']';
    const object: JsonObject = new Map();
    const list: Json[] = [];
    if (this.space() !== closing) {
      for (;;) {
        if (opening === '{') this.member(object);
        else list.push(this.value());
        if (this.space() !== ',') break;
        this.at += 1;
      }
    }
    if (this.space() !== closing) throw this.fail('an object or array that does not end');
    this.at += 1;
    this.depthLeft += 1;
    return opening === '{' ? object : list;
  }

  private member(object: JsonObject): void {
    if (this.space() !== '"') throw this.fail('a member without a name');
    const name = this.string();
    if (object.has(name)) throw this.fail('a second member of one name');
    if (this.space() !== ':') throw this.fail('no colon');
    this.at += 1;
    object.set(name, this.value());
  }
}

export interface Caps { bytes?: number; depth?: number; values?: number }

export function parseJson(data: Uint8Array, caps: Caps = {}): Json {
  need(data.length <= (caps.bytes ?? 1 << 20), 'malformed', 'larger than may be read');
  need(!(data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf), 'malformed',
    'a byte order mark');
  const parser = new Parser(utf8(data), caps.depth ?? 32, caps.values ?? 1 << 17);
  const result = parser.value();
  if (parser.space() !== '') throw parser.fail('something after the value');
  return result;
}

const SHORT: Record<string, string> = {
  '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t',
};
const escapeOdd = (odd: string): string =>
  SHORT[odd] ?? '\\u' + odd.charCodeAt(0).toString(16).padStart(4, '0');

// The one spelling: members in order, no spaces, escapes only where they must be.
export function dumpJson(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') {
    // eslint-disable-next-line no-control-regex
    return '"' + value.replace(/["\\\x00-\x1f]/g, escapeOdd) + '"';
  }
  if (Array.isArray(value)) return '[' + value.map(dumpJson).join(',') + ']';
  if (value instanceof Map) {
    const members = [...value].map(([name, one]) => dumpJson(name) + ':' + dumpJson(one));
    return '{' + members.join(',') + '}';
  }
  return String(value);
}

export const byteLength = (text: string): number => bytesOf(text).length;
