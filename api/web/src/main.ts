// The pages: which view stands at which path, and moving between them without a new document.
import { json, Problem } from './api';
import { append, h, say } from './dom';
import { problem } from './parts';
import { log } from './views/log';
import { overview } from './views/overview';
import { provider } from './views/provider';
import { providers } from './views/providers';
import { receipt } from './views/receipt';
import { slash, slashes } from './views/slashes';
import type { Place, View } from './views/view';

// api/server/pages.cc has the same paths.
const VIEWS: [RegExp, (place: Place) => Promise<View>][] = [
  [/^\/$/, overview],
  [/^\/providers$/, providers],
  [/^\/providers\/([0-9a-f]+)$/, provider],
  [/^\/receipt$/, receipt],
  [/^\/slashes$/, slashes],
  [/^\/slashes\/([0-9]+)$/, slash],
  [/^\/log$/, log],
];
const NAV: [string, string][] = [['/', 'Overview'], ['/providers', 'Providers'],
  ['/receipt', 'Receipt'], ['/slashes', 'Slashes'], ['/log', 'Log']];

const main = document.querySelector('main')!;
let leaving = new AbortController();
let wanted = ''; // the page that was asked for last, drawn or still to come

const viewOf = (path: string): [RegExpExecArray, (place: Place) => Promise<View>] | null => {
  for (const [pattern, view] of VIEWS) {
    const found = pattern.exec(path);
    if (found) return [found, view];
  }
  return null;
};

function markNav(path: string): void {
  for (const one of document.querySelectorAll('.top nav a')) {
    const href = one.getAttribute('href')!;
    const here = href === '/' ? path === '/' : path === href || path.startsWith(href + '/');
    if (here) one.setAttribute('aria-current', 'page');
    else one.removeAttribute('aria-current');
  }
}

async function show(url: URL, focus: boolean): Promise<void> {
  leaving.abort();
  leaving = new AbortController();
  wanted = url.pathname + url.search;
  const { signal } = leaving;
  const found = viewOf(url.pathname);
  markNav(url.pathname);
  const slow = setTimeout(() => {
    document.body.classList.add('loading');
    say('Loading');
  }, 150);
  try {
    if (!found) throw new Problem(404, 'not_found', 'There is no page at this address.');
    const view = await found[1]({ url, id: found[0][1] ?? '', signal, go });
    if (signal.aborted) return;
    document.title = `${view.title} – Assay`;
    main.replaceChildren(...view.nodes);
    view.shown?.();
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Problem)) console.error(error);
    document.title = 'Not shown – Assay';
    main.replaceChildren(h('h1', { class: 'hidden', tabindex: -1 }, 'Not shown'),
      problem(error as Error, () => void show(url, true)));
  } finally {
    clearTimeout(slow);
    if (!signal.aborted) document.body.classList.remove('loading');
  }
  main.dataset.shown = wanted;
  if (!focus) return;
  say(document.title);
  (main.querySelector('h1') as HTMLElement | null)?.focus({ preventScroll: true });
  scrollTo(0, 0);
}

function go(href: string, options: { replace?: boolean } = {}): void {
  const url = new URL(href, location.href);
  if (options.replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  void show(url, true);
}

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey
    || event.shiftKey || event.altKey) return;
  const anchor = (event.target as Element).closest('a');
  if (!anchor || anchor.hasAttribute('download') || anchor.target) return;
  const url = new URL(anchor.href, location.href);
  if (url.origin !== location.origin || !viewOf(url.pathname)) return;
  if (url.pathname === location.pathname && url.hash) return;
  event.preventDefault();
  go(url.href);
});
addEventListener('popstate', () => {
  // Within a page, as by the link that skips to the content, there is nothing to draw.
  if (wanted === location.pathname + location.search) return;
  void show(new URL(location.href), true);
});

const THEMES = ['auto', 'light', 'dark'];

function themeButton(): HTMLElement {
  const chosen = (): string => document.documentElement.dataset.theme ?? 'auto';
  const button = h('button', { type: 'button', class: 'quiet theme' });
  const tell = (): void => {
    button.textContent = { auto: '◐', light: '☀', dark: '☾' }[chosen()]!;
    button.setAttribute('aria-label', `Colours: ${chosen()}. Change`);
    button.title = `Colours: ${chosen()}`;
  };
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length]!;
    if (next === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('assay-theme', next);
    } catch {
      // It holds until the page is closed.
    }
    document.dispatchEvent(new Event('assay-theme'));
    tell();
  });
  tell();
  return button;
}

append(document.querySelector('.top')!, [
  h('a', { href: '/', class: 'mark' }, 'Assay'),
  h('nav', { 'aria-label': 'Pages of this verifier' },
    NAV.map(([href, text]) => h('a', { href }, text))), themeButton()]);
const footer = document.querySelector('.bottom')!;
append(footer, [h('p', {}, 'Every page can be checked against the log. Nothing is loaded from '
  + 'anywhere but this verifier. ', h('a', { href: '/v1/policy.txt' }, 'policy.txt'))]);
json<{ version: string }>('/v1/version').then((it) =>
  append(footer, [h('p', {}, `Assay ${it.version}`)]), () => undefined);
void show(new URL(location.href), false);
