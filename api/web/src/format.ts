// Numbers, times and names as people read them.
export function percent(ppm: number, digits = 1): string {
  // Rounded down: what is a lower bound must not look like more.
  const scale = 10 ** digits;
  return (Math.floor((ppm / 10_000) * scale) / scale).toFixed(digits) + '\u202f%';
}

export const count = (number: number): string => number.toLocaleString('en-US');

export const counted = (number: number, one: string, many = one + 's'): string =>
  `${count(number)} ${number === 1 ? one : many}`;

export const short = (hex: string, digits = 12): string => hex.slice(0, digits) + '…';

export function money(micros: string, currency: string): string {
  const value = Number(micros) / 1e6;
  const text = value.toLocaleString('en-US', {
    minimumFractionDigits: value % 1 === 0 ? 0 : 2,
    maximumFractionDigits: value < 0.01 ? 6 : value < 1 ? 3 : 2 });
  return `${text} ${currency}`;
}

const UNITS: [number, string][] = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], [1, 'second']];

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [size, name] of UNITS) {
    if (whole >= size * (size === 1 ? 1 : 2) || size === 1) {
      const number = Math.floor(whole / size);
      return `${number} ${name}${number === 1 ? '' : 's'}`;
    }
  }
  return '0 seconds';
}

export const seconds = (from: string, to: string | number): number =>
  ((typeof to === 'number' ? to : Date.parse(to)) - Date.parse(from)) / 1000;

export function ago(time: string, now: string | number): string {
  const passed = seconds(time, now);
  if (passed < -1) return `in ${duration(-passed)}`;
  return passed < 2 ? 'just now' : `${duration(passed)} ago`;
}

export const day = (time: string): string => time.slice(0, 10);
export const moment = (time: string): string => time.slice(0, 19).replace('T', ' ') + ' UTC';

const WORDS: Record<string, string> = {
  'wrong-result': 'Wrong result',
  withheld: 'Withheld openings',
  equivocation: 'Two different attestations',
  pass: 'Audit passed',
  soft: 'Soft failure',
  proven: 'Proven fraud',
  time: 'Time passed',
  entry: 'Entry',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  'ultra-high': 'Ultra-high',
};
export const words = (name: string): string =>
  WORDS[name] ?? name.charAt(0).toUpperCase() + name.slice(1).toLowerCase().replace(/[-_]/g, ' ');

// A reason, as programs give them, for people.
export const sentence = (what: string): string =>
  what.charAt(0).toUpperCase() + what.slice(1) + (/[.!?]$/.test(what) ? '' : '.');

export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at]}`;
}

export function rate(value: string, unit: string): string {
  const number = Number(value);
  if (unit === 'bytes') return bytesText(number);
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];
  const at = number < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(number) / 3));
  const name = unit === 'ops/s' ? 'op/s' : 'B/s';
  return `${(number / 1000 ** at).toFixed(at === 0 ? 0 : 2)} ${prefixes[at]}${name}`;
}
