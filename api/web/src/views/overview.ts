// Trust ranking, audits, caught cheats, age of the log's head.
import { json, type Listing, type Overview } from '../api';
import { h } from '../dom';
import { ago, count, counted, duration, seconds, words } from '../format';
import {
  empty, flags, head, link, providerLink, section, share, statusBadge, table, tierBadge,
  type Tile, tiles, time,
} from '../parts';
import type { Place, View } from './view';

const RANKED = 10;

function headTile(it: Overview): Tile {
  const { size, published_size: published, last_leaf: last } = it.log;
  const behind = published === undefined ? 'no head has its quorum yet'
    : published === size ? 'all of it published' : `${count(size - published)} not published yet`;
  const value = !last ? 'empty' : published === undefined ? 'none yet' : ago(last, it.at);
  return { name: 'Log head', href: '/log', value,
    note: `${counted(size, 'entry', 'entries')}, ${behind}` };
}

function ranking(it: Listing): HTMLElement {
  if (it.providers.length === 0) {
    return empty('No provider has registered yet', h('p', {},
      'A provider joins with ', h('code', {}, 'assay-prover run'), '. It has no trust until its '
      + 'first audits have passed.'));
  }
  const rank = new Map(it.providers.map((row, at) => [row, at + 1]));
  return table('Providers by trust', [
    { title: '#', label: 'Rank', class: 'rank', cell: (row) => rank.get(row) },
    { title: 'Provider', label: 'Provider', class: 'first',
      cell: (row) => providerLink(row.id, row.name) },
    { title: 'Class', label: 'Class', cell: (row) => row.class ?? '–' },
    { title: 'Trust', label: 'Trust', class: 'wide', cell: (row) => share(row.score.trust_ppm) },
    { title: 'Tier', label: 'Tier', cell: (row) => tierBadge(row.tier) },
    { title: 'Audits', label: 'Audits', class: 'number',
      cell: (row) => count(row.score.audited ?? 0) },
    { title: 'Notes', label: 'Notes', class: 'flags', cell: (row) => flags(row) },
  ], it.providers);
}

function caught(it: Overview): HTMLElement {
  if (it.slashes === 0) {
    return empty('Nobody has been caught cheating', h('p', {}, it.audits === 0
      ? 'Nothing has been audited yet.'
      : `${counted(it.audits, 'audit')} found what had been promised.`));
  }
  return h('ul', { class: 'list' }, it.recent_slashes.map((one) => h('li', {},
    h('a', { href: `/slashes/${one.id}` }, h('span', { class: 'strong' }, words(one.fault))),
    ' by ', providerLink(one.provider, one.name), h('span', { class: 'end' },
      statusBadge(one.status), ' ', time(one.logged, it.at)))),
  h('li', {}, link('/slashes', it.slashes === 1 ? 'The slash record'
    : `All ${count(it.slashes)} slash records`)));
}

export async function overview({ signal }: Place): Promise<View> {
  const [it, list] = await Promise.all([
    json<Overview>('/v1/overview', signal),
    json<Listing>(`/v1/providers?sort=-score&limit=${RANKED}`, signal)]);
  const standing = it.slashes - it.slashes_reversed;
  const old = it.log.last_leaf ? seconds(it.log.last_leaf, it.at) : 0;
  return { title: 'Overview', nodes: [
    head('Was the work really done?', h('span', {}, h('strong', {}, it.log.origin),
      ' replays a random sample of every provider’s work, and writes what it finds to a log that '
      + 'anybody can recompute.')),
    tiles([
      { name: 'Providers', href: '/providers', value: count(it.providers),
        note: `${counted(it.jobs, 'job')} ordered` },
      { name: 'Audits', value: count(it.audits),
        note: `of ${counted(it.attestations, 'attested job')}` },
      { name: 'Cheats caught', href: '/slashes', value: count(standing),
        note: it.slashes_reversed > 0 ? `${count(it.slashes_reversed)} more taken back`
          : 'none taken back' },
      headTile(it),
    ]),
    old > 86_400 ? h('p', { class: 'panel warn' },
      `Nothing was logged for ${duration(old)}. A quiet log may hide what happened since.`) : null,
    section('Trust ranking', h('span', {}, 'A lower bound of the share of correct, available work '
      + 'to expect. It starts at nothing and is earned by audits.'), ranking(list),
    list.providers.length > 0 ? h('p', { class: 'more' },
      link('/providers', `Search ${counted(list.matched, 'offer')}`)) : null),
    section('Caught', 'The latest slash records. Each has a proof that anybody can check.',
      caught(it)),
  ].filter((node): node is HTMLElement => node !== null) };
}
