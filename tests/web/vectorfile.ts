// Reads the scenarios of vectors/<folder>/, in the format of vectors/README.md.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const hexBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

export class Vector {
  readonly name: string;
  readonly expect: string;
  private readonly fields = new Map<string, string[]>();

  constructor(readonly root: string, folder: string, file: string, keys: string[]) {
    this.name = `${folder}/${basename(file, '.txt')}`;
    const lines = readFileSync(join(root, folder, file), 'utf8').split('\n');
    if (lines[0] !== `# vectors/${folder}/${file}` || lines.at(-1) !== '') {
      throw new Error(`${this.name}: does not begin with its path, or does not end`);
    }
    for (const line of lines.slice(1, -1).filter((one) => !one.startsWith('#'))) {
      const found = /^([a-z0-9_]+):(?: (.*))?$/s.exec(line);
      if (!found || ![...keys, 'expect', 'note', 'source'].includes(found[1]!)) {
        throw new Error(`${this.name}: a line that is not understood: ${line.slice(0, 60)}`);
      }
      this.fields.set(found[1]!, [...this.all(found[1]!), found[2] ?? '']);
    }
    this.expect = this.text('expect');
  }

  has(key: string): boolean {
    return this.fields.has(key);
  }

  all(key: string): string[] {
    return this.fields.get(key) ?? [];
  }

  text(key: string): string {
    const values = this.all(key);
    if (values.length !== 1) throw new Error(`${this.name}: not one ${key}`);
    return values[0]!;
  }

  bytes(key: string): Uint8Array {
    return hexBytes(this.text(key));
  }

  number(key: string): number {
    return Number(this.text(key));
  }

  big(key: string): bigint {
    return BigInt(this.text(key));
  }

  // The bytes that `hex` or the `line`s stand for.
  body(): Uint8Array {
    if (this.has('hex')) return this.bytes('hex');
    return lines(this.all('line'));
  }

  base(file: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.root, 'bases', file)));
  }

  // A file of vectors/bases/ with its `patch`es: offset, bytes taken out, base64 put in.
  patched(): Uint8Array {
    const base = this.base(this.text('base'));
    const out: Uint8Array[] = [];
    let at = 0;
    for (const patch of this.all('patch')) {
      const [offset, length, data] = patch.split(' ') as [string, string, string];
      out.push(base.subarray(at, Number(offset)), Buffer.from(data ?? '', 'base64'));
      at = Number(offset) + Number(length);
    }
    return new Uint8Array(Buffer.concat([...out, base.subarray(at)]));
  }
}

export const lines = (all: string[]): Uint8Array =>
  new Uint8Array(Buffer.from(all.map((line) => line + '\n').join('')));

export function load(root: string, folder: string, keys: string[], atLeast: number): Vector[] {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.txt')).sort();
  if (files.length < atLeast) {
    throw new Error(`${folder}: ${files.length} scenarios where ${atLeast} are expected`);
  }
  return files.map((file) => new Vector(root, folder, file, keys));
}
