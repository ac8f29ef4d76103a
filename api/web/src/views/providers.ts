// Search: the CLI's query string, the state in the URL.
import { json, type Listing, type Overview, Problem, type Row } from '../api';
import { type Child, h } from '../dom';
import { count, counted, duration, money } from '../format';
import {
  command, type Column, empty, flags, head, origin, problem, providerLink, share, table, tierBadge,
} from '../parts';
import type { Place, View } from './view';

const LIMIT = 100;
const SORTS: [string, string][] = [
  ['-score', 'Most trusted first'], ['price,-score', 'Cheapest first'],
  ['-audits', 'Most audits first'], ['-uptime', 'Best uptime first'],
  ['-age_days', 'Longest known first'], ['uncertainty', 'Least uncertain first'],
  ['name', 'By name']];
const EXAMPLES: [string, string][] = [
  ['score>=0.7', 'Trusted at 70 % or more'], ['verified=true slashes=0', 'Verified, never slashed'],
  ['tier=medium..ultra-high', 'Medium tier and above'], ['available=true', 'Available now'],
  ['newcomer=true', 'Newcomers']];

const quoted = (text: string): string =>
  /^[A-Za-z0-9_=.,@:/+-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;

function href(query: string, sort: string, cursor = '', from = 0): string {
  const pairs: [string, string][] = [['query', query], ['sort', sort], ['cursor', cursor],
    ['from', from ? String(from) : '']];
  const text = pairs.filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return '/providers' + (text ? '?' + text : '');
}

// The error says "at character N": shows where that is.
function mistake(query: string, error: Problem): HTMLElement {
  const at = /at character (\d+)/.exec(error.message);
  const where = at ? Number(at[1]) - 1 : -1;
  return h('div', { class: 'mistake', role: 'alert', id: 'query-error' },
    h('p', {}, error.message),
    where >= 0 ? h('pre', { 'aria-hidden': 'true' }, `${query}\n${' '.repeat(where)}▲`) : null);
}

function form(place: Place, query: string, sort: string, invalid: boolean): HTMLElement {
  const input = h('input', { id: 'query', name: 'query', type: 'search', value: query,
    spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', maxlength: 1024,
    placeholder: 'everybody', 'aria-describedby': invalid ? 'query-error query-help' : 'query-help',
    'aria-invalid': invalid ? 'true' : null });
  const select = h('select', { id: 'sort', name: 'sort' });
  const known = SORTS.some(([value]) => value === sort) ? SORTS : [...SORTS, [sort, sort]];
  for (const [value, text] of known) {
    select.append(h('option', { value, selected: value === sort }, text));
  }
  const submit = (event?: Event): void => {
    event?.preventDefault();
    place.go(href(input.value.trim(), select.value === '-score' ? '' : select.value));
  };
  select.addEventListener('change', () => submit());
  return h('form', { class: 'search', role: 'search', onsubmit: submit },
    h('div', { class: 'field grow' }, h('label', { for: 'query' }, 'Query'), input),
    h('div', { class: 'field' }, h('label', { for: 'sort' }, 'Order'), select),
    h('button', { type: 'submit', class: 'primary' }, 'Search'),
    h('p', { class: 'note', id: 'query-help' }, 'Conditions with spaces between, such as ',
      h('code', {}, 'score>0.8 price<=2.5'), '. The same string works in ',
      h('code', {}, 'assay provider list'), ' and ', h('code', {}, 'assay match'), '.'),
    h('ul', { class: 'chips', 'aria-label': 'Examples' }, EXAMPLES.map(([value, text]) =>
      h('li', {}, h('a', { href: href(value, sort === '-score' ? '' : sort) }, text)))));
}

const SORTABLE: Record<string, string> = { Provider: 'name', Trust: 'score', Tier: 'tier',
  Uptime: 'uptime', Audits: 'audits', Price: 'price' };

function columns(query: string, sort: string, currency: string): Column<Row>[] {
  const first = sort.split(',')[0]!;
  const all: Column<Row>[] = [
    { title: 'Provider', label: 'Provider', class: 'first',
      cell: (row) => providerLink(row.id, row.name) },
    { title: 'Class', label: 'Class', class: 'word', cell: (row) => row.class ?? row.device_class },
    { title: 'Region', label: 'Region', class: 'word', cell: (row) => row.region || '–' },
    { title: 'Trust', label: 'Trust', class: 'wide', cell: (row) => share(row.score.trust_ppm) },
    { title: 'Tier', label: 'Tier', cell: (row) => tierBadge(row.tier) },
    { title: 'Uptime', label: 'Uptime', class: 'wide',
      cell: (row) => share(row.score.uptime_ppm, 'plain') },
    { title: 'Audits', label: 'Audits', class: 'number',
      cell: (row) => h('span', {}, count(row.score.audited ?? 0),
        row.last_audit_hours === undefined ? null
          : h('span', { class: 'small' }, row.last_audit_hours === 0 ? 'within the hour'
            : `${duration(row.last_audit_hours * 3600)} ago`)) },
    { title: 'Price', label: 'Price', class: 'number', cell: (row): Child =>
      row.offer.price_micros ? h('span', {}, money(row.offer.price_micros, currency),
        h('span', { class: 'small' }, 'per hour')) : '–' },
    { title: 'Notes', label: 'Notes', class: 'flags', cell: (row) => flags(row) },
  ];
  for (const column of all) {
    const field = SORTABLE[column.label];
    if (!field) continue;
    const up = first === field || first === '+' + field;
    const down = first === '-' + field;
    const ascends = field === 'name' || field === 'price';
    const next = up ? '-' + field : down ? field : ascends ? field : '-' + field;
    if (up || down) column.sort = up ? 'ascending' : 'descending';
    column.title = h('a', { href: href(query, next === '-score' ? '' : next), class: 'sort' },
      column.label, h('span', { 'aria-hidden': 'true' }, up ? ' ↑' : down ? ' ↓' : ''));
  }
  return all;
}

function pager(list: Listing, query: string, sort: string, from: number): HTMLElement {
  const to = from + list.providers.length;
  const plain = sort === '-score' ? '' : sort;
  return h('nav', { class: 'pager', 'aria-label': 'Pages' },
    h('span', {}, `${count(from + 1)}–${count(to)} of ${count(list.matched)}`),
    from > 0 ? h('a', { href: href(query, plain), class: 'button' }, 'First page') : null,
    list.next ? h('a', { href: href(query, plain, list.next, to), class: 'button', rel: 'next' },
      'Next page') : null);
}

function results(list: Listing, query: string, sort: string, from: number,
                 currency: string): Node[] {
  if (list.total === 0) {
    return [empty('No provider has registered yet', h('p', {}, 'One joins with ',
      h('code', {}, `assay-prover run --verifier ${origin()}`), '.'))];
  }
  if (list.providers.length === 0) {
    return [empty('Nobody passes all of these conditions', h('p', {},
      `There are ${count(list.total)} providers. Take a condition away, or `,
      h('a', { href: '/providers' }, 'see everybody'), '.'))];
  }
  return [table('Providers found', columns(query, sort, currency), list.providers),
    pager(list, query, sort, from)];
}

export async function providers(place: Place): Promise<View> {
  const at = place.url.searchParams;
  const query = at.get('query') ?? '';
  const sort = at.get('sort') || '-score';
  const cursor = at.get('cursor') ?? '';
  const from = Math.max(0, Math.floor(Number(at.get('from')) || 0));
  const asked = `/v1/providers?query=${encodeURIComponent(query)}&sort=${encodeURIComponent(sort)}`
    + `&limit=${LIMIT}` + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : '');
  const whole = json<Overview>('/v1/overview', place.signal);
  whole.catch(() => undefined);
  const title = head('Providers', 'One row for each provider and class of work.');
  try {
    const list = await json<Listing>(asked, place.signal);
    const { policy } = await whole;
    const cli = `assay provider list ${query ? quoted(query) + ' ' : ''}`
      + `${sort === '-score' ? '' : `--sort=${quoted(sort)} `}--verifier ${origin()}`;
    return { title: 'Providers', nodes: [title, form(place, query, sort, false),
      h('p', { class: 'note', role: 'status' }, `${counted(list.matched, 'row')} of `
        + `${counted(list.total, 'provider')}, as of log size ${count(list.log_size)}.`),
      ...results(list, query, sort, from, policy.currency),
      h('details', {}, h('summary', {}, 'The same in a terminal'), command(cli))] };
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'network') throw error;
    const isQuery = /^(query|sort)\b/.test(error.message);
    return { title: 'Providers', nodes: [title, form(place, query, sort, isQuery),
      isQuery ? mistake(query, error)
        : problem(error, () => place.go(href(query, at.get('sort') ?? '')))] };
  }
}
