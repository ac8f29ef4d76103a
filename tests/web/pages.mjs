// Looking at pages: a browser, axe's rules, screenshots, and how long a page takes to draw.
// Needs playwright-core and axe-core (NODE_PATH) and a Chromium (ASSAY_CHROMIUM).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const modules = createRequire(join(process.env.NODE_PATH, 'any.js'));
const { chromium } = modules('playwright-core');
const axe = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = process.env.ASSAY_SHOTS;
const DRAW_MS_MAX = 1000;
export const WIDE = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };
let browser;

export async function launch() {
  mkdirSync(SHOTS, { recursive: true });
  browser = await chromium.launch({ executablePath: process.env.ASSAY_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

export async function quit() {
  await browser?.close();
}

// A page that notes what a page must not do.
export async function open({ size = WIDE, base }) {
  const context = await browser.newContext({ viewport: size, baseURL: base,
    reducedMotion: 'reduce' });
  const page = await context.newPage();
  const noise = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) noise.push(message.text());
  });
  page.on('pageerror', (error) => noise.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(base)) noise.push('a request to ' + request.url());
  });
  return { page, context, noise, close: () => context.close() };
}

export const shown = (page, path) => page.waitForFunction(
  (due) => document.querySelector('main').dataset.shown === due, path);

export async function visit(page, path) {
  await page.goto(path);
  await shown(page, path);
}

export const text = (page, where) => page.locator(where).innerText();

export const shot = (page, name, options = { fullPage: true }) =>
  page.screenshot({ path: join(SHOTS, name + '.png'), ...options });

export async function checkAccess(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document, {
    resultTypes: ['violations'] })).violations.map((one) =>
    `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html).join(' | ')}`));
  assert.deepEqual(found, [], what);
  const wide = await page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${what}: ${wide} px wider than its window`);
  assert.equal(await page.locator('h1').count(), 1, what + ': one h1');
}

// Widths, and the colours of each, in which a page is looked at.
export const EVERY_LOOK = [[WIDE, 'light', 'dark'], [PHONE, 'light', 'dark']];
export const ONE_LOOK = [[WIDE, 'light']];

// What one path shows, in every look of it, and its pictures.
export async function lookAt(name, path, { base, quiet = true, act, looks = EVERY_LOOK }) {
  for (const [size, ...schemes] of looks) {
    const { page, noise, close } = await open({ size, base });
    await visit(page, path);
    if (act) await act(page);
    for (const colors of schemes) {
      await page.emulateMedia({ colorScheme: colors });
      const what = `${name}-${size === WIDE ? 'wide' : 'phone'}-${colors}`;
      await shot(page, what);
      await checkAccess(page, what);
      if (quiet) assert.deepEqual(noise, [], what);
    }
    await close();
  }
}

// Every path drawn within the second; tells how fast.
export async function timeAll(t, page, paths) {
  await visit(page, '/'); // what every later page has in its cache
  for (const path of paths) {
    const start = performance.now();
    await visit(page, path);
    await page.evaluate(() => new Promise((done) => {
      requestAnimationFrame(() => requestAnimationFrame(done));
    }));
    const took = performance.now() - start;
    t.diagnostic(`${path.slice(0, 40)} drawn in ${Math.round(took)} ms`);
    assert.ok(took < DRAW_MS_MAX, `${path}: ${Math.round(took)} ms`);
  }
}

// What a receipt's page was given, and what it made of that.
export const drop = (page, ...files) => page.locator('#files').setInputFiles(files);
export const code = (page) => page.locator('.result').getAttribute('data-code');
