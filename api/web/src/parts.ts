// What several pages are put together from.
import type { Problem, Score } from './api';
import { append, type Child, h, say, styled } from './dom';
import { ago, moment, percent, short, words } from './format';

export const link = (href: string, ...children: Child[]): HTMLElement =>
  h('a', { href }, ...children);

export const providerLink = (id: string, name?: string): HTMLElement =>
  h('a', { href: `/providers/${id}`, class: 'who', title: id },
    h('span', { class: 'name' }, name || short(id)), name ? h('code', {}, short(id, 8)) : null);

export function head(title: Child, lead: Child, ...more: Child[]): HTMLElement {
  return h('div', { class: 'head' }, h('h1', { tabindex: -1 }, title),
    lead ? h('p', { class: 'lead' }, lead) : null, ...more);
}

export function section(title: string, note: Child, ...children: Child[]): HTMLElement {
  const id = 's-' + title.toLowerCase().replace(/[^a-z]+/g, '-');
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title),
    note ? h('p', { class: 'note' }, note) : null, ...children);
}

// A share with its bar. The bar says nothing that the text does not.
export function share(ppm: number, kind = ''): HTMLElement {
  return h('span', { class: 'share ' + kind }, h('span', { class: 'num' }, percent(ppm)),
    h('span', { class: 'bar', 'aria-hidden': 'true' },
      styled(h('span', {}), { width: `${ppm / 10_000}%` })));
}

export const badge = (text: string, kind = ''): HTMLElement =>
  h('span', { class: 'badge ' + kind }, text);

export const tierBadge = (tier: string): HTMLElement => badge(words(tier), 'tier-' + tier);

const STATUS: Record<string, string> = { PENDING: 'warn', APPEALED: 'warn', UPHELD: 'bad',
  OVERTURNED: 'good', DRAWN: 'good', EXPIRED: 'good' };
export const statusBadge = (status: string): HTMLElement =>
  badge(words(status), STATUS[status] ?? '');

export function flags(row: { newcomer?: boolean; verified?: boolean; jailed?: boolean;
  revoked?: boolean; available?: boolean; slashes_standing?: number; score?: Score }): HTMLElement {
  return h('span', { class: 'badges' }, [
    row.score?.tombstoned && badge('Banned for ever', 'bad'),
    row.slashes_standing ? badge(row.slashes_standing === 1 ? 'Slashed'
      : `Slashed ${row.slashes_standing}×`, 'bad') : null,
    row.jailed && badge('In jail', 'warn'),
    row.revoked && badge('Class revoked', 'warn'),
    row.newcomer && badge('Newcomer'),
    row.verified && badge('Verified', 'good'),
    row.available === true && badge('Available', 'good'),
  ]);
}

export const time = (at: string, now: string | number): HTMLElement =>
  h('time', { datetime: at, title: moment(at) }, ago(at, now));

export interface Column<T> {
  title: Child;
  label: string; // what a card calls it
  class?: string;
  cell: (row: T) => Child;
  sort?: 'ascending' | 'descending';
}

// On a phone the rows become cards: each cell brings its label.
export function table<T>(caption: string, columns: Column<T>[], rows: T[]): HTMLElement {
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h('table', { class: 'cards' }, h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, columns.map((it) =>
        h('th', { scope: 'col', class: it.class, 'aria-sort': it.sort }, it.title)))),
      h('tbody', {}, rows.map((row) => h('tr', {}, columns.map((it) =>
        cellOf(it, it.cell(row))))))));
}

// What is not known takes no line of a card.
const cellOf = <T>(it: Column<T>, value: Child): HTMLElement =>
  h('td', { class: `${it.class ?? ''}${value === '–' ? ' unknown' : ''}`,
    'data-label': it.label }, value);

export function facts(pairs: [string, Child][]): HTMLElement {
  return h('dl', { class: 'facts' }, pairs.map(([name, value]) =>
    h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

export interface Tile { name: string; value: Child; note?: Child; href?: string }

export function tiles(all: Tile[]): HTMLElement {
  return h('dl', { class: 'tiles' }, all.map((it) => h('div', {}, h('dt', {}, it.name),
    h('dd', {}, h('span', { class: 'big' }, it.href ? link(it.href, it.value) : it.value),
      it.note ? h('span', { class: 'small' }, it.note) : null))));
}

// A command to run elsewhere, with a button that copies it.
export function command(text: string): HTMLElement {
  const button = h('button', { type: 'button', class: 'quiet', onclick: () => {
    navigator.clipboard.writeText(text).then(() => {
      button.textContent = 'Copied';
      say('Copied');
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    }, () => say('Your browser does not let pages copy: select the text'));
  } }, 'Copy');
  button.setAttribute('aria-label', 'Copy the command');
  return h('div', { class: 'command' },
    h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Command' }, h('code', {}, text)), button);
}

export const empty = (title: string, ...more: Child[]): HTMLElement =>
  h('div', { class: 'empty' }, h('p', { class: 'strong' }, title), ...more);

export function problem(error: Problem | Error, retry: () => void): HTMLElement {
  const code = 'code' in error ? (error as Problem).code : 'internal';
  const title = code === 'not_found' ? 'There is nothing of that name here'
    : code === 'network' ? 'The verifier is out of reach'
      : code === 'malformed' ? 'That was not understood' : 'This could not be shown';
  return h('div', { class: 'panel problem', role: 'alert' }, h('h2', {}, title),
    h('p', {}, error.message), h('p', { class: 'note' }, 'Code: ', h('code', {}, code)),
    h('button', { type: 'button', onclick: retry }, 'Try again'));
}

export const origin = (): string => location.origin;

export { append };
