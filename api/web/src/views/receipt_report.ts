// The checks of a receipt as a list, and what they say about the job.
import type { Check, CheckName, Report } from '../../verify/index';
import { CHECKS } from '../../verify/index';
import { h } from '../dom';
import { count, counted, words } from '../format';
import { facts, providerLink, section } from '../parts';

// What each check is about, for people.
const TITLES: Record<CheckName, string> = {
  file: 'The file is well formed',
  log: 'The log signed its head',
  witnesses: 'Witnesses saw that head',
  inclusion: 'Every entry is in the log',
  envelope: 'Every statement is signed',
  policy: 'It was judged by a policy you trust',
  binding: 'All parts are about the same job',
  trace: 'The steps lead to the result',
  draw: 'Nobody could choose the sample',
  opening: 'What was opened had been committed to',
  verdict: 'The verifier’s verdict',
  slash: 'No slash for this job',
  digest: 'Not a byte was changed',
};
const PER_ENTRY = new Set<CheckName>(['inclusion', 'envelope']);
const STATES = { pass: 'holds', fail: 'fails', absent: 'nothing to check' };
const MARKS = { pass: '✓', fail: '✗', absent: '–' };

function item(it: Check): HTMLElement {
  return h('li', { class: 'check ' + it.state, 'data-check': it.name },
    h('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[it.state]),
    h('div', {}, h('p', { class: 'strong' }, TITLES[it.name],
      h('span', { class: 'hidden' }, `: ${STATES[it.state]}`),
      it.count > 1 && PER_ENTRY.has(it.name)
        ? ['\u2002', h('span', { class: 'small' }, `${it.count} entries`)] : null),
    it.detail ? h('p', { class: 'note' }, it.detail) : null));
}

export function checksList(checks: Check[]): HTMLElement {
  const reached = new Set(checks.map((it) => it.name));
  const failed = checks.some((it) => it.state === 'fail');
  const rest = failed ? CHECKS.filter((name) => !reached.has(name)) : [];
  return h('ol', { class: 'checks', 'aria-label': 'Checks made in this browser' }, checks.map(item),
    rest.length > 0 ? h('li', { class: 'check skipped' },
      h('span', { class: 'mark', 'aria-hidden': 'true' }, '·'),
      h('p', { class: 'note' }, `Not reached: ${rest.map((name) => TITLES[name].toLowerCase())
        .join('; ')}.`)) : null);
}

const bound = (random: number, share: number): string =>
  ((1 - (1 - share) ** random) * 100).toFixed(2) + '\u202f%';

// How likely a share of wrong work would have shown.
function odds(random: number, of: string): HTMLElement {
  const units = random === 1 ? of.replace('s', '') : of;
  return h('li', {}, `${count(random)} random ${units}: if 1 / 5 / 10 % of them were wrong, this would `
    + `show it with ${[0.01, 0.05, 0.1].map((share) => bound(random, share)).join(' / ')}.`);
}

export function jobFacts(report: Report): HTMLElement {
  const it = report.facts;
  const scope = it.scope;
  const sampled = scope && it.outcome === 'match' ? h('ul', { class: 'plain' },
    scope.random > 0 ? odds(scope.random, `steps of ${count(it.steps ?? 0)}`) : null,
    scope.rows > 0 ? odds(scope.rows, `rows of ${count(it.rowsPerStep ?? 0)}, followed to the end`)
      : null,
    scope.pairs > 0 ? odds(scope.pairs,
      `rows of single steps of ${count((it.steps ?? 0) * (it.rowsPerStep ?? 0))}`) : null)
    : it.outcome === 'mismatch' ? 'What the draw asked for was replayed, with another result.'
      : it.outcome === 'unavailable' ? 'Nothing was opened, so that nothing could be replayed.'
        : report.code === 'ok' ? 'Nothing was replayed.' : 'Not known: the file does not hold.';
  const rows: [string, Node | string][] = [
    ['Job', h('code', { class: 'long' }, it.job ?? '–')],
    ['Workload', `${it.workload ?? '–'}, ${counted(it.steps ?? 0, 'step')}`],
    ['Provider', it.provider ? providerLink(it.provider) : '–'],
    ['Assurance', words(it.assurance ?? '–')],
    ['What was sampled', sampled],
    ['By whom', it.verdictDevice ? `the verifier of ${it.origin}`
      + (it.outcome === 'unavailable' ? '' : `, on ${it.verdictDevice}`) : '–'],
    ['Levels', it.levels ? h('span', {}, it.levels.map((level) =>
      h('code', { class: 'long' }, level + ' '))) : '–'],
    ['Result', h('code', { class: 'long' }, it.resultBlob ?? '–')],
    ['Log', `${it.origin ?? '–'}, at size ${String(it.size ?? '–')}`],
  ];
  return section('What this file is about', null, facts(rows),
    h('details', {}, h('summary', {}, `Its ${counted(it.entries?.length ?? 0, 'log entry', 'log entries')}`),
      h('ol', { class: 'entries' }, (it.entries ?? []).map((one) => h('li', {},
        h('span', { class: 'strong' }, words(one.kind)), ` entry ${one.index}, `,
        new Date(Number(one.time)).toISOString().slice(0, 19).replace('T', ' ') + ' UTC')))));
}

