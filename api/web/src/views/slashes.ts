// The list of slash records, and one record with its evidence and its way of appeal.
import { bytes, json, type Overview, type Provider, type Slash } from '../api';
import { checkCase, parseTrust } from '../../verify/index';
import { type Child, h, say } from '../dom';
import { count, counted, money, moment, percent, sentence, short, words } from '../format';
import {
  badge, command, empty, facts, head, link, origin, providerLink, section, statusBadge, table,
  tiles, time,
} from '../parts';
import { checksList } from './receipt_report';
import type { Place, View } from './view';

const LIMIT = 50;

// Names are worth a question each, as long as they are few.
async function namesOf(rows: Slash[], signal: AbortSignal): Promise<Map<string, string>> {
  const ids = [...new Set(rows.map((row) => row.provider))].slice(0, 25);
  const found = await Promise.all(ids.map((id) =>
    json<Provider>(`/v1/providers/${id}`, signal).then((it) => [id, it.name] as const,
      () => [id, ''] as const)));
  return new Map(found);
}

export async function slashes({ url, signal }: Place): Promise<View> {
  const cursor = url.searchParams.get('cursor') ?? '';
  const [it, whole] = await Promise.all([
    json<{ slashes: Slash[]; total: number; next: string }>(`/v1/slashes?limit=${LIMIT}`
      + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''), signal),
    json<Overview>('/v1/overview', signal)]);
  const names = await namesOf(it.slashes, signal);
  const title = head('Slash records', 'Every penalty has a proof, a deadline and a way of appeal. '
    + 'Nothing is deleted: what was wrong is taken back in the open.');
  if (it.slashes.length === 0) {
    return { title: 'Slash records', nodes: [title, empty(cursor ? 'No more records'
      : 'Nobody has been slashed', h('p', {}, cursor ? link('/slashes', 'From the start')
      : `${counted(whole.audits, 'audit')} so far.`))] };
  }
  return { title: 'Slash records', nodes: [title,
    h('p', { class: 'note' }, `${counted(whole.slashes, 'record')}, `
      + `${count(whole.slashes_reversed)} taken back. Oldest first.`),
    table('Slash records', [
      { title: 'Record', label: 'Record', class: 'first', cell: (row) =>
        h('a', { href: `/slashes/${row.id}` }, words(row.fault),
          h('code', {}, ` #${row.id}`)) },
      { title: 'Provider', label: 'Provider',
        cell: (row) => providerLink(row.provider, names.get(row.provider)) },
      { title: 'Class', label: 'Class', cell: (row) => row.class },
      { title: 'Severity', label: 'Severity', class: 'number',
        cell: (row) => (row.severity_ppm / 1e6).toFixed(2) },
      { title: 'Stake', label: 'Stake', class: 'number',
        cell: (row) => money(row.amount_micros ?? '0', whole.policy.currency) },
      { title: 'Status', label: 'Status', cell: (row) => statusBadge(row.status) },
      { title: 'Logged', label: 'Logged', cell: (row) => time(row.logged, whole.at) },
    ], it.slashes),
    h('nav', { class: 'pager', 'aria-label': 'Pages' },
      cursor ? h('a', { href: '/slashes', class: 'button' }, 'First page') : null,
      it.next && it.slashes.length === LIMIT ? h('a', { href: `/slashes?cursor=${it.next}`,
        class: 'button', rel: 'next' }, 'Next page') : null)] };
}

function life(it: Slash, now: string): HTMLElement {
  const done = (it.steps ?? []).map((step) => h('li', { class: 'done' },
    h('span', { class: 'strong' }, words(step.what)), ' ', time(step.time, now),
    h('span', { class: 'small' }, step.leaf === undefined ? '' : `log entry ${step.leaf}`),
    step.detail ? h('p', {}, words(step.detail)) : null));
  if (it.deadline) {
    done.push(h('li', { class: 'todo' }, h('span', { class: 'strong' },
      it.status === 'APPEALED' ? 'To be decided' : 'Final, unless it is appealed'), ' ',
    time(it.deadline, now), h('p', {}, moment(it.deadline))));
  }
  return h('ol', { class: 'life' }, done);
}

function evidence(it: Slash): HTMLElement {
  const report = h('div', {});
  const path = `/v1/slashes/${it.id}/evidence`;
  const run = async (): Promise<void> => {
    report.replaceChildren(h('p', { class: 'note' }, 'Checking…'));
    try {
      const [data, trust] = await Promise.all([bytes(path), bytes('/v1/policy.txt')]);
      const result = checkCase(data, parseTrust(trust));
      report.replaceChildren(
        h('p', { class: 'panel ' + (result.code === 'inconclusive' || result.code === 'equivocation'
          ? 'warn' : result.code === 'ok' ? '' : 'bad') },
        result.code === 'equivocation' ? 'Shown: two different attestations of one job.'
          : result.code === 'inconclusive' ? 'Every signature, proof, draw and binding holds. The '
            + 'step itself has to be computed once more, which takes the command below.'
            : result.code === 'ok' ? 'No fraud is shown by this file.' : result.what),
        checksList(result.checks));
      say('The evidence was checked');
    } catch (error) {
      report.replaceChildren(h('p', { class: 'panel bad' }, (error as Error).message));
    }
  };
  if (/^0*$/.test(it.evidence_blob ?? '')) {
    return section('Evidence', null, h('p', {}, 'The openings were asked for and never came: the '
      + 'record itself holds the signed heartbeat that proves that the provider had been asked.'));
  }
  return section('Evidence', 'One file: the order, what the provider signed, the draw, what it '
    + 'opened, and the verdict, each with its proof of being in the log.',
  h('p', { class: 'actions' }, h('a', { href: path, download: `slash-${it.id}.assay`,
    class: 'button' }, 'Download the proof'),
  h('button', { type: 'button', onclick: () => void run() }, 'Check it in this browser')),
  report, h('p', {}, 'Run the step again on any CPU (exit code 14: fraud shown):'),
  command(`assay slash check slash-${it.id}.assay --policy policy.txt`));
}

function appeal(it: Slash, currency: string): HTMLElement | null {
  const way = it.appeal;
  if (!way) return null;
  return section('Appeal', null, way.possible
    ? h('div', {}, h('p', {}, 'The provider may appeal until ', h('strong', {}, moment(way.until)),
      `, with a deposit of ${money(way.deposit_micros, currency)}. What was found wrong is then `
      + 'replayed from a fresh seed, by the scalar definition; a slash that does not hold is taken '
      + 'out of the score as if it had never been.'),
    command(`${way.command} --verifier ${origin()}`),
    h('p', { class: 'note' }, 'Over HTTP: ', h('code', {}, `POST ${way.post}`), ' with the signed '
      + 'statement.'))
    : h('p', {}, `It cannot be appealed${way.why_not ? `: ${way.why_not}` : ' any more'}.`));
}

const entry = (index: number): HTMLElement => link(`/log?after=${index}`, count(index));
const entries = (all: number[]): Child => (all.length === 0 ? '–'
  : h('span', {}, all.map((index, at) => [at === 0 ? '' : ', ', entry(index)])));

export async function slash({ id, signal }: Place): Promise<View> {
  const [it, whole] = await Promise.all([json<Slash>(`/v1/slashes/${id}`, signal),
    json<Overview>('/v1/overview', signal)]);
  const name = (await namesOf([it], signal)).get(it.provider);
  const effect = it.effect;
  const nodes = [
    head(words(it.fault), h('span', {}, 'By ', providerLink(it.provider, name), ', in ', it.class,
      '. ', statusBadge(it.status), ' ', badge(`Record ${it.id}`))),
    it.detail ? h('p', { class: 'quote' }, sentence(it.detail)) : null,
    effect ? tiles([
      { name: 'Trust now', value: percent(effect.trust_ppm) },
      { name: 'Trust without this record', value: percent(effect.trust_without_ppm) },
      { name: 'Stake', value: money(it.amount_micros ?? '0', whole.policy.currency),
        note: (it.amount_micros ?? '0') === '0' ? 'none was asked for' : words(effect.stake) },
      { name: 'Severity', value: (it.severity_ppm / 1e6).toFixed(2),
        note: effect.counts ? 'it counts' : 'it does not count' },
    ]) : null,
    section('What happened so far', null, life(it, whole.at)),
    evidence(it),
    appeal(it, whole.policy.currency),
    section('Where it stands', null, facts([
      ['Job', it.job ? link(`/receipt?job=${it.job}`, h('code', {}, short(it.job, 16))) : '–'],
      ['Attestation', entry(it.attestation_index)],
      ['Entries of the proof', entries(it.evidence_indices ?? [])],
      ['Statement', h('code', { class: 'long' }, it.statement ?? '–')],
    ])),
  ];
  return { title: `${words(it.fault)}, record ${it.id}`,
    nodes: nodes.filter((node): node is HTMLElement => node !== null) };
}
