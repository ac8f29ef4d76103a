// One provider: score with its parts, history, uptime, audits, devices, and how to check it all.
import {
  bytes, type Class, type Explanation, json, type Line, type Overview, type Provider, type Score,
  type Slash, type Uptime,
} from '../api';
import { openEnvelope, parseStatement, parseTrust } from '../../verify/index';
import { auditStrip, scoreChart, trustMeter, uptimeStrip } from '../charts';
import { type Child, h } from '../dom';
import { count, counted, day, duration, money, moment, percent, rate, words } from '../format';
import {
  badge, command, empty, facts, flags, head, link, origin, section, share, statusBadge, table,
  tierBadge, time,
} from '../parts';
import type { Place, View } from './view';

const LEDGER = 25;

// T = S · I · U · P · K^0.15
function components(it: Score): HTMLElement {
  const age = it.age_cap_ppm < 1e6;
  const parts: [string, string, number | undefined, string][] = [
    ['S', 'Slashes', it.slash_ppm, 'what past penalties leave'],
    ['I', 'Integrity', it.integrity_ppm, 'correct work, from below'],
    ['U', 'Uptime', it.uptime_ppm, 'probes answered, from below'],
    ['P', 'Performance', it.performance_ppm, it.performance_state === 'measured'
      ? 'measured against claimed' : it.performance_state],
    ['K', 'Stake', it.stake_ppm, it.stake_state === 'bonded' ? 'bonded against required'
      : it.stake_state],
  ];
  return h('div', {}, h('ul', { class: 'components' }, parts.map(([letter, name, ppm, note]) =>
    h('li', {}, h('span', { class: 'letter', 'aria-hidden': 'true' }, letter),
      h('span', { class: 'what' }, h('span', { class: 'strong' }, name),
        h('span', { class: 'small' }, note)),
      ppm === undefined ? h('span', { class: 'num' }, '–') : share(ppm, 'plain')))),
  h('p', { class: 'note' }, 'Trust = S · I · U · P · K', h('sup', {}, '0.15'),
    age ? `, and below ${percent(it.age_cap_ppm + 1)} for a key of ${counted(it.age_days, 'day')}.` : '.'));
}

function score(it: Provider, tiers: Overview['tiers']): HTMLElement {
  const now = it.score;
  const unaudited = now.state === 'unaudited';
  return section('Trust', null, h('div', { class: 'score' },
    h('div', {}, h('p', { class: 'huge' }, percent(now.trust_ppm)),
      h('p', { class: 'note' }, unaudited ? 'No audit yet: trust is earned, never given.'
        : `at least; uncertainty ${percent(now.uncertainty_ppm ?? 0)} after `
          + `${counted(now.audited ?? 0, 'audit')}, lowest audited class ${now.class}`),
      trustMeter(now.trust_ppm, now.uncertainty_ppm ?? 0, now.age_cap_ppm, tiers),
      h('p', { class: 'scale', 'aria-hidden': 'true' }, h('span', {}, '0 %'),
        h('span', {}, '100 %')),
      h('p', { class: 'badges' }, now.tier ? tierBadge(now.tier) : badge('Newcomer'),
        flags({ score: now, slashes_standing: it.slashes_standing, jailed: !!it.jail }))),
    components(now)));
}

const points = (ppm: number): string => `${ppm > 0 ? '+' : ppm < 0 ? '−' : '±'}`
  + `${(Math.abs(ppm) / 1e4).toFixed(2)}`;

function ledger(told: Explanation): HTMLElement {
  const all = [...told.lines].reverse();
  const draw = (rows: Line[]): HTMLElement => table('Events of the score', [
    { title: 'When', label: 'When', class: 'first', cell: (row) => moment(row.at) },
    { title: 'Event', label: 'Event', cell: (row) => h('span', { class: 'event ' + row.event },
      row.event === 'time' ? `${duration((row.hours ?? 0) * 3600)} passed` : words(row.event)) },
    { title: 'Log entry', label: 'Log entry', class: 'number', cell: (row) =>
      row.leaf === undefined ? '–' : link(`/log?after=${row.leaf}`, count(row.leaf)) },
    { title: 'Points', label: 'Points', class: 'number', cell: (row) =>
      h('span', { class: row.points_ppm < 0 ? 'minus' : '' }, points(row.points_ppm)) },
    { title: 'Trust after', label: 'Trust after', class: 'wide',
      cell: (row) => share(row.trust_ppm, 'plain') },
  ], rows);
  const place = h('div', {}, draw(all.slice(0, LEDGER)));
  const more = all.length > LEDGER ? h('button', { type: 'button', onclick: () => {
    place.replaceChildren(draw(all));
    more!.remove();
  } }, `Show all ${count(all.length)} events`) : null;
  const before = told.earlier_events ? `${count(told.earlier_events)} earlier events make `
    + `${points(told.earlier_points_ppm ?? 0)} points. ` : '';
  return section('Event ledger', `${before}The points sum exactly to the score: `
    + `${percent(told.sum_ppm, 2)}.`, place, more ?? h('span', {}));
}

function whatIf(told: Explanation): HTMLElement | null {
  const it = told.what_if;
  if (!it) return null;
  const rows: [string, number][] = [['one more audit passes', it.pass],
    ['a deadline is missed', it.soft], ['fraud is proven', it.proven],
    ['a day passes without a job', it.day_idle], ['it answers nothing in this window', it.outage]];
  return h('details', {}, h('summary', {}, 'What would the trust be if…'),
    h('ul', { class: 'components' }, rows.map(([text, ppm]) => h('li', {},
      h('span', { class: 'what' }, '… ' + text), share(ppm, 'plain')))));
}

function uptime(it: Uptime): HTMLElement {
  if (it.observed === 0) {
    return section('Uptime', null, empty('Not observed', h('p', {}, 'No probe of the last ',
      duration(it.span_windows * it.window_seconds), ' was asked while the verifier was alive. '
      + 'What is unknown counts as neither up nor down, and gives no trust.')), uptimeStrip(it));
  }
  return section('Uptime', `${percent(it.uptime_ppm)} from below. Answered: `
    + `${percent(it.month_ppm)} of all windows, ${percent(it.week_ppm)} of the last 168, `
    + `${percent(it.day_ppm)} of the last 24; ${counted(it.incidents, 'incident')}. `
    + `A window is ${duration(it.window_seconds)}, and a day is ${it.day_windows} of them; days `
    + `older than ${duration(it.span_windows * it.window_seconds)} are shown and do not count.`,
  uptimeStrip(it));
}

function devices(it: Provider): HTMLElement {
  const claims = it.claims.map((claim) => {
    const of = it.classes.find((one) => one.class === claim.class);
    const measured = claim.part === 'gpu' && of && of.measured_rate !== '0'
      ? Number(of.measured_rate) : null;
    return { ...claim, measured, state: of?.performance_state ?? 'unmeasured' };
  });
  const classes = section('Classes', 'What it was audited in, and how fast it was measured to be.',
    it.classes.length === 0 ? empty('No class yet', h('p', {}, 'It has attested no job.'))
      : table('Classes', [
        { title: 'Class', label: 'Class', class: 'first', cell: (row: Class) => row.class },
        { title: 'Trust', label: 'Trust', class: 'wide', cell: (row) => share(row.trust_ppm) },
        { title: 'Tier', label: 'Tier', cell: (row) => tierBadge(row.tier) },
        { title: 'Audits passed', label: 'Audits passed', class: 'number',
          cell: (row) => `${count(row.passed)} of ${count(row.audited)}` },
        { title: 'Proven wrong', label: 'Proven wrong', class: 'number',
          cell: (row) => h('span', { class: row.proven ? 'minus' : '' }, row.proven) },
        { title: 'Measured', label: 'Measured', class: 'number', cell: (row) =>
          row.measured_rate === '0' ? row.performance_state : rate(row.measured_rate, 'ops/s') },
        { title: 'Card shown', label: 'Card shown', cell: (row) =>
          row.standing?.hardware.card ?? '–' },
      ], it.classes));
  if (claims.length === 0) return classes;
  classes.append(h('h3', {}, 'Claimed and measured'), table('Claimed and measured', [
    { title: 'Class', label: 'Class', class: 'first', cell: (row) => row.class },
    { title: 'Part', label: 'Part', cell: (row) => row.part },
    { title: 'Claimed', label: 'Claimed', class: 'number',
      cell: (row) => rate(row.rate, row.unit) },
    { title: 'Measured', label: 'Measured', class: 'number', cell: (row) =>
      row.measured === null ? row.state : rate(String(row.measured), row.unit) },
    { title: 'Share', label: 'Share', class: 'wide', cell: (row): Child => row.measured === null
      ? '–' : share(Math.min(1e6, Math.round((row.measured / Number(row.rate)) * 1e6)),
        'plain') },
  ], claims));
  return classes;
}

function slashList(rows: Slash[], now: string): HTMLElement | null {
  if (rows.length === 0) return null;
  return section('Slash records', null, h('ul', { class: 'list' }, rows.map((row) => h('li', {},
    h('a', { href: `/slashes/${row.id}`, class: 'strong' }, words(row.fault)), ` in ${row.class}`,
    h('span', { class: 'end' }, statusBadge(row.status), ' ', time(row.logged, now))))));
}

function stake(it: Provider, currency: string): HTMLElement | null {
  const { own_micros: own, delegated_micros: delegated, required_micros: required } = it.stake;
  if (own === '0' && delegated === '0' && required === '0') return null;
  return section('Stake', null, facts([
    ['Its own', money(own, currency)], ['Delegated', money(delegated, currency)],
    ['Locked to jobs', money(it.stake.locked_micros, currency)],
    ['Taken so far', money(it.stake.slashed_micros, currency)],
    ['Asked for', money(required, currency)],
    ['Unbonding', it.stake.unbonding.map((one) =>
      `${money(one.amount_micros, currency)} until ${day(one.released)}`).join(', ') || '–']]));
}

// The signed score, held against the verifier's key in this browser.
async function signature(id: string, key: string, signal: AbortSignal): Promise<HTMLElement> {
  const [envelope, policy] = await Promise.all([bytes(`/v1/providers/${id}/score`, signal),
    bytes('/v1/policy.txt', signal)]);
  try {
    const trust = parseTrust(policy);
    const it = parseStatement(openEnvelope(envelope, trust.verifier!).payload, 'score');
    if (it.provider !== key) throw new Error('it is about another provider');
    return h('p', {}, badge('Signature holds', 'good'), ` The score statement at log size `
      + `${it.tree_size} says ${percent(it.trust_ppm)}: checked in this browser.`);
  } catch (error) {
    return h('p', { class: 'panel bad' }, 'The signed score does not hold: ',
      (error as Error).message);
  }
}

export async function provider({ id, signal }: Place): Promise<View> {
  const [it, told, up, whole] = await Promise.all([
    json<Provider>(`/v1/providers/${id}`, signal),
    json<Explanation>(`/v1/providers/${id}/explain`, signal),
    json<Uptime>(`/v1/providers/${id}/uptime`, signal),
    json<Overview>('/v1/overview', signal)]);
  const signed = await signature(id, it.key, signal).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    return h('p', { class: 'note' }, `The signed score is not to be had: ${error.message}`);
  });
  const events = told.lines.filter((line) => line.leaf !== undefined);
  const chart = told.lines.length > 1 ? scoreChart(told.lines, whole.tiers) : null;
  const nodes: (HTMLElement | null)[] = [
    head(it.name, h('span', {}, h('code', { class: 'long' }, it.id)),
      facts([['Device class', it.device_class], ['Region', it.region || 'not said'],
        ['Known since', h('span', { title: moment(it.since) }, day(it.since))],
        ['Jobs', `${count(it.jobs.attested)} attested of ${count(it.jobs.accepted)} accepted, `
          + `${count(it.jobs.timeouts)} timed out`]])),
    it.jail ? h('div', { class: 'panel warn' }, h('p', { class: 'strong' },
      'In jail: no new jobs, and no penalty'), h('p', {}, `${it.jail.reason} ${it.jail.way_out}`))
      : null,
    score(it, whole.tiers),
    section('Score over time', null, chart ? chart.node
      : empty('Too little to draw', h('p', {}, 'A line needs two events.'))),
    uptime(up),
    section('Audits', null, events.length > 0 ? auditStrip(events)
      : empty('No audit counts yet')),
    devices(it),
    slashList(it.slashes, whole.at),
    stake(it, whole.policy.currency),
    it.maintenance.length > 0 ? section('Announced maintenance', null, h('ul', { class: 'list' },
      it.maintenance.map((one) => h('li', {}, `${moment(one.from)} to ${moment(one.to)}`)))) : null,
    told.lines.length > 0 ? ledger(told) : null,
    whatIf(told),
    section('Verify this page', 'Nothing here needs to be believed.', signed,
      command(`assay score explain ${it.id} --verifier ${origin()}`),
      command(`assay log verify --policy policy.txt --state ./monitor --verifier ${origin()}`),
      command(`assay score refold ${it.id} --policy policy.txt --state ./monitor `
        + `--verifier ${origin()}`),
      h('p', {}, link(`/v1/providers/${it.id}/score`, 'Signed score'), ' · ',
        link(`/v1/providers/${it.id}/explain`, 'Explanation as JSON'), ' · ',
        link(`/v1/providers/${it.id}/uptime`, 'Uptime as JSON'))),
  ];
  return { title: it.name, nodes: nodes.filter((node): node is HTMLElement => node !== null),
    shown: () => chart?.shown() };
}
