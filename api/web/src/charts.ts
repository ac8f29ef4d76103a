// The score over time, the uptime strip and the audits, drawn. Each has its numbers in words too.
import uPlot from 'uplot';
import type { Line, Tier, Uptime } from './api';
import { h, s, styled } from './dom';
import { count, duration, moment, percent, words } from './format';

const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// In UTC as everywhere here, no finer than the steps of the axis.
const times = (_u: uPlot, all: number[], _axis: number, _space: number, step: number): string[] =>
  all.map((one) => {
    const at = new Date(one * 1000).toISOString();
    if (step >= 86_400) return at.slice(0, 10);
    return at.slice(11, step >= 60 ? 16 : step >= 1 ? 19 : 23);
  });

const axis = (more: object): uPlot.Axis => ({
  stroke: () => color('--quiet'), grid: { stroke: () => color('--line'), width: 1 },
  ticks: { stroke: () => color('--line'), width: 1 },
  font: '12px system-ui, sans-serif', ...more });

function drawTiers(u: uPlot, tiers: Tier[]): void {
  const { ctx } = u;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  const reach = u.scales.y!.max ?? 0;
  for (const tier of tiers.filter((one) => one.trust_ppm > 0 && one.trust_ppm / 1e4 < reach)) {
    const y = u.valToPos(tier.trust_ppm / 1e4, 'y', true);
    ctx.strokeStyle = color('--quiet');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, y);
    ctx.lineTo(u.bbox.left + u.bbox.width, y);
    ctx.stroke();
    // On a rim of paper, so that the name is read where the line runs behind it.
    const place = [u.bbox.left + u.bbox.width - 4 * devicePixelRatio,
      y - 4 * devicePixelRatio] as const;
    ctx.setLineDash([]);
    ctx.lineJoin = 'round';
    ctx.lineWidth = 4 * devicePixelRatio;
    ctx.strokeStyle = color('--paper');
    ctx.strokeText(words(tier.tier), ...place);
    ctx.fillStyle = color('--quiet');
    ctx.fillText(words(tier.tier), ...place);
  }
  ctx.restore();
}

// The fold, event by event. It is drawn once the node is in the document, and again when the width
// or the theme changes.
export function scoreChart(lines: Line[], tiers: Tier[]): { node: HTMLElement; shown: () => void } {
  const node = h('div', { class: 'chart', role: 'img', 'aria-label': chartWords(lines) });
  // Events of one second stand one after the other, so that each step shows.
  const xs: number[] = [];
  for (const line of lines) {
    const at = Date.parse(line.at) / 1000;
    xs.push(Math.max(at, (xs.at(-1) ?? -Infinity) + 0.001));
  }
  const ys = lines.map((line) => line.trust_ppm / 1e4);
  const falls = lines.map((line, at) => (['soft', 'proven', 'equivocation'].includes(line.event)
    ? ys[at]! : null));
  const shown = (): void => {
    let plot: uPlot | null = null;
    const draw = (): void => {
      plot?.destroy();
      const width = node.clientWidth;
      if (width < 40) return;
      plot = new uPlot({
        width, height: Math.min(280, Math.max(190, width / 3)),
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        scales: { y: { range: (_u, _min, max) => [0, Math.min(100, Math.max(20, max * 1.15))] } },
        tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
        axes: [axis({ space: 110, values: times }),
          axis({ size: 50, values: (_u: uPlot, all: number[]) => all.map((one) => `${one} %`) })],
        series: [{}, { stroke: () => color('--accent'), width: 2,
          paths: uPlot.paths.stepped!({ align: 1 }), fill: () => color('--accent-soft'),
          points: { show: lines.length < 60, size: 5, fill: () => color('--accent') } },
        { stroke: () => color('--bad'), paths: () => null,
          points: { show: true, size: 10, fill: () => color('--bad'),
            stroke: () => color('--paper') } }],
        hooks: { draw: [(u) => drawTiers(u, tiers)], setCursor: [(u) => {
          const at = u.cursor.idx;
          const line = at === null || at === undefined ? undefined : lines[at];
          tip.textContent = line ? `${moment(line.at)}: ${words(line.event)}, trust `
            + percent(line.trust_ppm) : hint;
        }] },
      }, [xs, ys, falls], node);
    };
    draw();
    let last = node.clientWidth;
    new ResizeObserver(() => {
      if (node.clientWidth !== last) {
        last = node.clientWidth;
        draw();
      }
    }).observe(node);
    document.addEventListener('assay-theme', () => { if (node.isConnected) draw(); });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  };
  const hint = 'Point at the line to read a moment. Dashed: what each tier takes.';
  const tip = h('p', { class: 'note tip' }, hint);
  return { node: h('div', {}, node, tip), shown };
}

function chartWords(lines: Line[]): string {
  const first = lines[0]!;
  const last = lines.at(-1)!;
  return `Trust from ${percent(first.trust_ppm)} on ${moment(first.at)} to `
    + `${percent(last.trust_ppm)} on ${moment(last.at)}, in ${lines.length} events. `
    + 'The table of events has each of them.';
}

const HATCH = 'hatch';

function hatch(): SVGElement {
  return s('defs', {}, s('pattern', { id: HATCH, width: 6, height: 6,
    patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  s('rect', { width: 6, height: 6, class: 'cell-none' }),
  s('line', { x1: 0, y1: 0, x2: 0, y2: 6, class: 'cell-hatch' })));
}

// A day: sums over its observed windows.
interface Cell { answered: number; asked: number; observed: number; from: number }

export function cellsOf(it: Uptime): Cell[] {
  const first = Math.floor(it.current_window / it.day_windows) - it.span_days + 1;
  const cells = Array.from({ length: it.span_days }, (_, at): Cell => ({ answered: 0, asked: 0,
    observed: 0, from: (first + at) * it.day_windows }));
  for (const [number, answered, asked, observed] of it.days) {
    const cell = cells[number - first];
    if (cell) Object.assign(cell, { answered, asked, observed });
  }
  return cells;
}

const level = (cell: Cell): string => {
  if (cell.observed === 0) return 'none';
  const share = cell.answered / cell.asked;
  return share >= 0.99 ? 'up' : share >= 0.5 ? 'part' : 'down';
};
const LEVELS: Record<string, string> = { up: 'answered', part: 'some probes missed',
  down: 'most probes missed', none: 'not observed: neither up nor down' };

export function uptimeStrip(it: Uptime): HTMLElement {
  const cells = cellsOf(it);
  const width = 10;
  const span = duration(it.span_days * it.day_windows * it.window_seconds);
  const days = cells.filter((one) => one.observed > 0).length;
  const label = `Uptime of the last ${span}: ${days} of ${it.span_days} days observed. `
    + `Of the last ${it.span_windows} windows, which alone count, ${it.observed} were; `
    + `${it.incidents} incidents in the last 168.`;
  const bars = cells.map((cell, at) => {
    const kind = level(cell);
    const when = moment(new Date(cell.from * it.window_seconds * 1000).toISOString());
    return s('rect', { x: at * width + 1, y: 2, width: width - 2, height: 40, rx: 2,
      class: 'cell cell-' + kind, fill: kind === 'none' ? `url(#${HATCH})` : null },
    s('title', {}, `${when}: ${cell.observed === 0 ? LEVELS.none
      : `${count(cell.answered)} of ${count(cell.asked)} probes answered, in ${cell.observed} of `
        + `${it.day_windows} windows`}`));
  });
  return h('figure', { class: 'strip' },
    s('svg', { viewBox: `0 0 ${cells.length * width} 44`, role: 'img', 'aria-label': label,
      preserveAspectRatio: 'none' }, hatch(), bars),
    h('figcaption', {}, h('span', {}, `${span} ago`), h('span', { class: 'key' },
      Object.entries(LEVELS).map(([kind, text]) => h('span', { class: 'key-' + kind }, text))),
    h('span', {}, 'now')));
}

// One tick for each audit; failures stand lower, so that the shape tells too.
export function auditStrip(lines: Line[]): HTMLElement {
  const audits = lines.filter((line) => line.leaf !== undefined);
  const from = Date.parse(audits[0]!.at);
  const wide = Math.max(1, Date.parse(audits.at(-1)!.at) - from);
  const ticks = audits.map((line) => {
    const x = 6 + ((Date.parse(line.at) - from) / wide) * 888;
    const failed = line.event !== 'pass';
    return s('line', { x1: x, x2: x, y1: failed ? 24 : 6, y2: failed ? 42 : 24,
      class: 'tick tick-' + line.event }, s('title', {},
      `${moment(line.at)}: ${words(line.event)}, log entry ${line.leaf}`));
  });
  const failed = audits.filter((line) => line.event !== 'pass').length;
  return h('figure', { class: 'strip' },
    s('svg', { viewBox: '0 0 900 48', role: 'img', preserveAspectRatio: 'none',
      'aria-label': `${audits.length} audits, ${failed} of them failed` },
    s('line', { x1: 0, x2: 900, y1: 24, y2: 24, class: 'base' }), ticks),
    h('figcaption', {}, h('span', {}, moment(audits[0]!.at)), h('span', { class: 'key' },
      h('span', { class: 'key-up' }, 'passed'), h('span', { class: 'key-down' }, 'failed')),
    h('span', {}, moment(audits.at(-1)!.at))));
}

// From 0 to 100 %: the lower bound, how uncertain it still is, what the key's age allows.
export function trustMeter(trust: number, uncertainty: number, cap: number,
                           tiers: Tier[]): HTMLElement {
  const high = Math.min(1e6, Math.max(trust, Math.min(cap, trust + uncertainty)));
  const at = (ppm: number): string => `${ppm / 1e4}%`;
  return h('div', { class: 'meter', role: 'img', 'aria-label': `Trust at least ${percent(trust)}, `
    + `uncertainty ${percent(uncertainty)}, at most ${percent(cap)} at this age` },
  styled(h('span', { class: 'unsure' }), { left: at(trust), width: at(high - trust) }),
  styled(h('span', { class: 'sure' }), { width: at(trust) }),
  tiers.filter((one) => one.trust_ppm > 0).map((one) =>
    styled(h('span', { class: 'mark', title: `${words(one.tier)}: ${percent(one.trust_ppm)}` }),
      { left: at(one.trust_ppm) })),
  styled(h('span', { class: 'cap' }), { left: at(Math.min(cap, 999_000)) }));
}
