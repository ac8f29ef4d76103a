// The log: its head, checked here, its witnesses, and its entries.
import { bytes, type Events, json, type Overview } from '../api';
import { checkCheckpoint, parseTrust, sha256Hex, toHex, type Trust } from '../../verify/index';
import { type Child, h } from '../dom';
import { count, moment, short, words } from '../format';
import {
  badge, command, empty, facts, head, link, origin, section, table, type Tile, tiles, time,
} from '../parts';
import type { Place, View } from './view';

const LIMIT = 25;
const SEEN = 'assay-seen-head';
const BY_PROVIDERS = new Set(['registration', 'acceptance', 'attestation', 'spotcheck',
  'appeal', 'maintenance']);

interface Seen { origin: string; size: string; root: string }

// What this browser saw before: a log never shrinks, and has one root at one size.
function compare(now: Seen): [string, string] {
  let before: Seen | null = null;
  try {
    before = JSON.parse(localStorage.getItem(SEEN) ?? 'null') as Seen | null;
    localStorage.setItem(SEEN, JSON.stringify(now));
  } catch {
    return ['', 'This browser keeps nothing, so there is no earlier head to compare with.'];
  }
  if (!before || before.origin !== now.origin) {
    return ['', 'This browser sees this log for the first time, and remembers its head.'];
  }
  if (BigInt(before.size) > BigInt(now.size)) {
    return ['bad', `This browser has seen the log at size ${before.size}: it was set back. Keep `
      + 'that head, and run assay log verify.'];
  }
  if (before.size === now.size && before.root !== now.root) {
    return ['bad', `Two different heads of size ${now.size}: the log was forked.`];
  }
  return ['good', before.size === now.size ? 'The same head as on your last visit.'
    : `Grown from ${count(Number(before.size))} since your last visit.`];
}

function checked(note: Uint8Array, trust: Trust): Node[] {
  try {
    const it = checkCheckpoint(trust, note);
    const root = toHex(it.checkpoint.root);
    const [kind, text] = compare({ origin: it.checkpoint.origin,
      size: String(it.checkpoint.size), root });
    return [facts([
      ['Signature', h('span', {}, badge('Holds', 'good'), ' checked in this browser')],
      ['Size', count(Number(it.checkpoint.size))],
      ['Root', h('code', { class: 'long' }, root)],
      ['Seen before', kind ? h('span', {}, badge(kind === 'good' ? 'Consistent' : 'Alarm', kind),
        ' ', text) : text]])];
  } catch (error) {
    return [h('p', { class: 'panel bad' }, 'The head does not hold: ', (error as Error).message)];
  }
}

// Who has cosigned this head, be they enough or not. Null: it does not hold, as is said above.
function cosigners(note: Uint8Array | null, trust: Trust): string[] | null {
  if (!note) return [];
  try {
    return checkCheckpoint({ ...trust, quorum: 'none' }, note).witnesses;
  } catch {
    return null;
  }
}

// What a head needs, from the quorum inwards.
function quorum(trust: Trust): string {
  const asked = trust.groups.map((it) => ({ name: it.name,
    text: `${it.threshold} of ${it.members.join(', ')}` })).reverse();
  const whole = asked.find((it) => it.name === trust.quorum);
  return `The policy asks for ${whole ? whole.text : trust.quorum}`
    + asked.filter((it) => it !== whole).map((it) => `; ${it.name} is ${it.text}`).join('') + '.';
}

function witnesses(note: Uint8Array | null, trust: Trust): Child[] {
  if (trust.witnesses.size === 0) {
    return [empty('No witnesses', h('p', {}, 'The policy of this verifier says ',
      h('code', {}, `quorum ${trust.quorum}`), ': nobody else has seen this log grow. ',
      'Watch it yourself with the command below.'))];
  }
  const signed = cosigners(note, trust);
  return [table('Witnesses', [
    { title: 'Witness', label: 'Witness', class: 'first', cell: ([name]) => name },
    { title: 'Key', label: 'Key', cell: ([, key]) => h('code', {}, `${key.name}+${key.id}`) },
    { title: 'This head', label: 'This head', cell: ([name]) =>
      signed === null ? badge('Not known')
        : signed.includes(name) ? badge('Cosigned', 'good') : badge('Not yet') },
  ], [...trust.witnesses]), h('p', { class: 'note' }, quorum(trust))];
}

function published(it: Overview, trust: Trust): Tile {
  const { size, published_size: seen = 0 } = it.log;
  return { name: 'Published', value: seen === 0 && size > 0 ? 'none yet' : count(seen),
    note: seen === size ? 'all of them'
      : `${count(size - seen)} ${trust.witnesses.size === 0 ? 'not yet'
        : size - seen === 1 ? 'waits for witnesses' : 'wait for witnesses'}` };
}

// The verifier by name, a provider by its page, and others by what they are known by.
function signer(row: Events['events'][number], verifier: string): Child {
  if (row.signer === verifier) return 'this verifier';
  const id = h('code', { title: row.signer }, short(row.signer, 10));
  return BY_PROVIDERS.has(row.kind) ? link(`/providers/${row.signer}`, id) : id;
}

function entries(it: Events, after: number, now: string, verifier: string): Child[] {
  if (it.events.length === 0) return [empty('No entries here')];
  return [table('Log entries', [
    { title: 'Entry', label: 'Entry', class: 'number first', cell: (row) => count(row.index) },
    { title: 'Kind', label: 'Kind',
      cell: (row) => h('span', { class: 'strong' }, words(row.kind)) },
    { title: 'Logged', label: 'Logged', cell: (row) => time(row.time, now) },
    { title: 'Signer', label: 'Signer', cell: (row) => signer(row, verifier) },
    { title: 'Statement', label: 'Statement', cell: (row) =>
      h('code', { title: row.statement }, short(row.statement, 10)) },
  ], [...it.events].reverse()),
  h('nav', { class: 'pager', 'aria-label': 'Pages' },
    h('span', {}, `${count(after)}–${count(after + it.events.length - 1)} of ${count(it.size)}`),
    after + it.events.length < it.size ? h('a', { class: 'button', href: '/log' }, 'Newest') : null,
    after > 0 ? h('a', { class: 'button', rel: 'next',
      href: `/log?after=${Math.max(0, after - LIMIT)}` }, 'Earlier') : null)];
}

export async function log({ url, signal }: Place): Promise<View> {
  const whole = await json<Overview>('/v1/overview', signal);
  const size = whole.log.size;
  const asked = url.searchParams.get('after');
  const after = asked !== null && /^\d{1,15}$/.test(asked) ? Number(asked)
    : Math.max(0, size - LIMIT);
  const limit = Math.max(1, Math.min(LIMIT, size - after));
  const [events, policy, note] = await Promise.all([
    json<Events>(`/v1/events?after=${after}&limit=${limit}`, signal),
    bytes('/v1/policy.txt', signal),
    bytes('/checkpoint', signal).catch(() => null)]);
  const trust = parseTrust(policy);
  return { title: 'Log', nodes: [
    head('The log', h('span', {}, 'Everything that moves a score is an entry of ',
      h('strong', {}, whole.log.origin), '. It only ever grows, and anybody can hold the verifier '
      + 'to it.')),
    tiles([
      { name: 'Entries', value: count(size) },
      published(whole, trust),
      { name: 'Last entry',
        value: whole.log.last_leaf ? time(whole.log.last_leaf, whole.at) : '–',
        note: whole.log.last_leaf ? moment(whole.log.last_leaf) : undefined },
      { name: 'Draws', value: count(whole.draws) },
    ]),
    section('Signed head', null, ...(note ? [...checked(note, trust),
      h('details', {}, h('summary', {}, 'The signed note'),
        h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Signed note' },
          new TextDecoder().decode(note)))]
      : [empty('No head has its quorum yet', h('p', {}, 'Statements are taken in and acknowledged '
        + 'meanwhile. They are published when enough witnesses have cosigned.'))])),
    section('Witnesses', null, ...witnesses(note, trust) as Node[]),
    section('Entries', 'The newest first.', ...entries(events, after, whole.at,
      trust.verifier ? sha256Hex(trust.verifier) : '') as Node[]),
    section('Watch it yourself', 'Fetches every tile, checks every signature, and derives again '
      + 'who had to be audited and what had to follow.',
    command(`assay log verify --policy policy.txt --state ./monitor --verifier ${origin()}`),
    h('p', {}, link('/v1/policy.txt', 'policy.txt'), ' · ', link('/checkpoint', 'checkpoint'),
      ' · ', link(`/v1/policy/${whole.policy.digest}`, `policy ${whole.policy.name}`))),
  ] };
}
