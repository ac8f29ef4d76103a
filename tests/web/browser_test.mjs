// The pages in a real browser, on a live verifier: every view and state, in both colours and at two
// widths, with axe's rules; receipts dropped without a network; 10,000 providers. Screenshots stay
// in ASSAY_SHOTS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccess, code, shot, shown, text, timeAll, visit } from './pages.mjs';
import * as pages from './pages.mjs';
import * as service from './service.mjs';

const MANY = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'assay-web-'));
const file = (name) => join(folder, name);
let url; // of the verifier with a history
let bare; // of one that is empty, and later has 10,000 providers
let history; // what the first one knows

async function aHistory() {
  url = await service.verifier(file('verifier'));
  const honest = ['alder', 'birch'];
  for (const name of honest) await service.prover(file('keys'), url, name);
  await service.prover(file('keys'), url, 'dodder', '--misbehave', 'skip-steps');
  await service.until('three providers', async () =>
    (await service.get(url + '/v1/overview')).providers === 3);
  const list = (await service.get(url + '/v1/providers')).providers;
  const id = Object.fromEntries(list.map((one) => [one.name, one.id]));
  const order = (provider, ...more) => service.must('assay', 'job', 'submit', '--verifier', url,
    '--workload', 'gemm', '--rows', '64', '--cols', '64', '--steps', '8', '--provider',
    provider, '--key', file('renter.key'), ...more);
  const done = JSON.parse(await order(id.alder, '--wait', '--receipt', file('receipt.assay'),
    '--json', '--quiet'));
  for (let i = 0; i < 6; i++) await order(id[honest[i % 2]]);
  await order(id.dodder);
  await service.until('audits and a slash', async () => {
    const it = await service.get(url + '/v1/overview');
    return it.audits >= 8 && it.slashes === 1;
  });
  const { slashes } = await service.get(url + '/v1/slashes');
  const bytes = async (path) => Buffer.from(await (await fetch(url + path)).arrayBuffer());
  writeFileSync(file('evidence.assay'), await bytes(`/v1/slashes/${slashes[0].id}/evidence`));
  writeFileSync(file('result'), await bytes(`/v1/jobs/${done.id}/result`));
  writeFileSync(file('policy.txt'), await bytes('/v1/policy.txt'));
  writeFileSync(file('foreign.txt'), Buffer.from(await (await fetch(bare + '/v1/policy.txt'))
    .arrayBuffer()));
  history = { id, slash: slashes[0].id, job: done.id };
}

before(async () => {
  bare = await service.verifier(file('bare'));
  await aHistory();
  await pages.launch();
});
after(async () => {
  await pages.quit();
  service.stopAll();
  await service.sleep(300);
  rmSync(folder, { recursive: true, force: true });
});

// On the verifier with a history, unless another is named.
const open = (more) => pages.open({ base: url, ...more });
const lookAt = (name, path, more) => pages.lookAt(name, path, { base: url, ...more });
const drop = (page, ...names) => pages.drop(page,
  ...names.map((name) => (typeof name === 'string' ? file(name) : name)));

test('overview', async () => {
  await lookAt('overview', '/', { act: async (page) => {
    assert.match(await text(page, 'main'), /Cheats caught\s*1\b/);
    assert.equal(await page.locator('main table tbody tr').count(), 3);
  } });
});

test('search: the query of the command line, its state in the URL', async () => {
  await lookAt('providers', '/providers');
  const { page, noise, close } = await open();
  await visit(page, '/providers');
  await page.getByLabel('Query').fill('audits>=1 slashes=0');
  await page.getByRole('button', { name: 'Search' }).click();
  await shown(page, '/providers?query=audits%3E%3D1%20slashes%3D0');
  assert.deepEqual((await page.locator('tbody .name').allInnerTexts()).sort(), ['alder', 'birch']);
  await page.getByRole('link', { name: /^Provider/ }).last().click();
  await page.waitForURL(/sort=name/);
  await page.goBack();
  await shown(page, '/providers?query=audits%3E%3D1%20slashes%3D0');
  assert.equal(await page.getByLabel('Query').inputValue(), 'audits>=1 slashes=0');
  assert.deepEqual(noise, []);
  await close();
});

test('going back while the next page is on its way stays where it was', async () => {
  const { page, noise, close } = await open();
  await visit(page, '/providers');
  let answer;
  const asked = new Promise((resolve) => {
    void page.route(/sort=name/, async (route) => {
      answer = () => route.continue().catch(() => {}); // it may have been given up
      resolve();
    });
  });
  await page.getByRole('link', { name: /^Provider/ }).last().click();
  await asked;
  await page.goBack();
  await answer();
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => location.search), '');
  await shown(page, '/providers');
  assert.deepEqual(noise.filter((one) => !/abort|ERR_FAILED/i.test(one)), []);
  await close();
});

test('search: a mistake is shown where it is, and nobody left is said', async () => {
  const wrong = '/providers?query=gpu_nam%3DH200';
  await lookAt('providers-mistake', wrong, { quiet: false, act: async (page) => {
    assert.match(await text(page, '.mistake'), /did you mean gpu_name\?/);
  } });
  await lookAt('providers-nobody', '/providers?query=audits%3E1000', { act: async (page) => {
    assert.match(await text(page, 'main'), /Nobody passes all of these conditions/);
  } });
});

test('provider: ninety days of uptime, the old ones as the verifier sums them up', async () => {
  const { page, noise, close } = await open();
  const today = Math.floor(Date.now() / 86_400_000);
  await page.route('**/uptime', async (route) => {
    const it = await (await route.fetch()).json();
    Object.assign(it, { window_seconds: 3600, current_window: today * 24 + 5, days: [
      [today - 90, 1, 1, 1], [today - 89, 288, 288, 24], [today - 87, 200, 288, 24],
      [today - 86, 10, 288, 24], [today, 12, 12, 1]] });
    await route.fulfill({ json: it });
  });
  await visit(page, `/providers/${history.id.alder}`);
  const cells = await page.locator('.strip rect.cell').evaluateAll((all) => all.map((one) =>
    [one.getAttribute('class').replace('cell cell-', ''), one.textContent]));
  assert.deepEqual(cells.map(([kind]) => kind),
    ['up', 'none', 'part', 'down', ...Array(85).fill('none'), 'up']);
  assert.match(cells[0][1], /288 of 288 probes answered, in 24 of 24 windows/);
  assert.match(cells[1][1], /not observed/);
  assert.match(await page.locator('.strip svg').first().getAttribute('aria-label'),
    /: 4 of 90 days observed\./);
  assert.deepEqual(noise, []);
  await close();
});

test('provider: honest, and caught', async () => {
  await lookAt('provider', `/providers/${history.id.alder}`, { act: async (page) => {
    const main = await text(page, 'main');
    assert.match(main, /Signature holds/);
    assert.match(main, /points sum exactly to the score/);
    assert.equal(await page.locator('.strip rect.cell').count(), 90);
    assert.ok(await page.locator('.strip rect.cell-none').count() > 0, 'unobserved is hatched');
    assert.equal(await page.locator('.chart canvas').count(), 1);
    const told = await service.get(`${url}/v1/providers/${history.id.alder}/explain`);
    assert.equal(await page.locator('.strip .tick').count(), told.lines.filter((line) =>
      line.leaf !== undefined).length, 'one tick an audit');
  } });
  await lookAt('provider-caught', `/providers/${history.id.dodder}`, { act: async (page) => {
    assert.match(await text(page, 'main'), /Wrong result/);
    assert.match(await text(page, '.huge'), /^0\.0/);
  } });
});

test('slashes: the list, one record, its evidence checked here', async () => {
  await lookAt('slashes', '/slashes');
  await lookAt('slash', `/slashes/${history.slash}`, { act: async (page) => {
    await page.getByRole('button', { name: 'Check it in this browser' }).click();
    await page.locator('.checks').waitFor();
    assert.match(await text(page, 'main'), /assay slash appeal/);
    assert.match(await text(page, 'main'), /Every signature, proof, draw and binding holds/);
  } });
});

test('log: its head is checked here, and remembered', async () => {
  await lookAt('log', '/log', { act: async (page) => {
    assert.match(await text(page, 'main'), /checked in this browser/);
    assert.match(await text(page, 'main'), /quorum none/);
  } });
  const { page, close } = await open();
  await visit(page, '/log');
  await page.evaluate(() => {
    const seen = JSON.parse(localStorage.getItem('assay-seen-head'));
    localStorage.setItem('assay-seen-head', JSON.stringify({ ...seen, size: '99999999' }));
  });
  await page.reload();
  await shown(page, '/log');
  assert.match(await text(page, 'main'), /it was set back/);
  await close();
});

test('what is not there, and a verifier that does not answer', async () => {
  await lookAt('unknown', `/providers/${'ab'.repeat(32)}`, { quiet: false, act: async (page) => {
    assert.match(await text(page, '[role=alert]'), /not_found/);
  } });
  const { page, context, close } = await open();
  await visit(page, '/');
  await context.setOffline(true);
  await page.getByRole('navigation').getByRole('link', { name: 'Slashes' }).click();
  await shown(page, '/slashes');
  assert.match(await text(page, '[role=alert]'), /out of reach/);
  await shot(page, 'offline-wide-light', {});
  await checkAccess(page, 'offline');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('table').waitFor();
  await close();
});

test('an empty verifier', async () => {
  for (const [name, path] of [['overview', '/'], ['providers', '/providers'],
    ['slashes', '/slashes'], ['log', '/log']]) {
    await lookAt('empty-' + name, path, { base: bare });
  }
});

test('receipt: verified with the network cut, and what is checked is shown', async (t) => {
  await lookAt('receipt-none', '/receipt');
  await lookAt('receipt', '/receipt', { act: async (page) => {
    await page.context().setOffline(true);
    await drop(page, 'receipt.assay');
    await page.locator('.result').waitFor();
    assert.equal(await code(page), 'ok');
    for (const check of ['log', 'inclusion', 'envelope', 'policy', 'binding',
      'trace', 'draw', 'opening', 'verdict', 'digest']) {
      assert.equal(await page.locator(`[data-check=${check}].pass`).count(), 1, check);
    }
    const took = Number(await page.locator('[data-took]').getAttribute('data-took'));
    t.diagnostic(`a receipt verified in ${took} ms`);
    assert.ok(took < 1000, `${took} ms`);
  } });
});

// Whatever bit is another one: it does not hold, and exactly one check says so.
test('receipt: any one-bit change is shown as the check that fails', async (t) => {
  const { page, context, noise, close } = await open();
  await visit(page, '/receipt');
  await context.setOffline(true);
  const good = readFileSync(file('receipt.assay'));
  const failing = new Map();
  for (let i = 0; i < 60; i++) {
    const bit = i < 8 ? i : (i * 2_654_435_761) % (good.length * 8); // the first byte, then any
    const bad = Buffer.from(good);
    bad[bit >> 3] ^= 1 << (bit & 7);
    await page.evaluate(() => document.querySelector('.output').replaceChildren());
    await drop(page, { name: `bit-${bit}.assay`, mimeType: 'text/plain', buffer: bad });
    await page.locator('.result').waitFor();
    assert.notEqual(await code(page), 'ok', `bit ${bit}`);
    const failed = page.locator('.check.fail');
    assert.equal(await failed.count(), 1, `bit ${bit}`);
    const name = await failed.getAttribute('data-check');
    failing.set(name, (failing.get(name) ?? 0) + 1);
  }
  t.diagnostic('one-bit changes by the check that failed: '
    + [...failing].map(([name, times]) => `${name} ${times}`).join(', '));
  assert.ok(failing.size >= 3, 'changes fail in their layer, not all alike');
  await shot(page, 'receipt-tampered-wide-light');
  await checkAccess(page, 'tampered');
  assert.deepEqual(noise, []);
  await close();
});

test('receipt: a foreign policy, the result, a fraud proof, a job by its address', async () => {
  await lookAt('receipt-foreign', '/receipt', { act: async (page) => {
    await drop(page, 'receipt.assay', 'foreign.txt');
    await page.locator('.result').waitFor();
    assert.equal(await code(page), 'signature');
    assert.equal(await page.locator('[data-check=log].fail').count(), 1);
    assert.match(await text(page, 'main'), /foreign\.txt, which you gave/);
  } });
  const { page, noise, close } = await open();
  await visit(page, '/receipt');
  await drop(page, 'receipt.assay', 'policy.txt', 'result');

  await page.getByText('result is the very result that was attested').waitFor();
  await drop(page, { name: 'other', mimeType: 'text/plain', buffer: Buffer.from('other') });
  await page.getByText('is NOT the result').waitFor();
  await drop(page, 'evidence.assay');
  await page.locator('.result[data-code=inconclusive]').waitFor();
  assert.match(await text(page, '.result'), /fraud proof holds together/);
  await shot(page, 'receipt-evidence-wide-light');
  await visit(page, `/receipt?job=${history.job}`);
  assert.equal(await code(page), 'ok');
  assert.deepEqual(noise, []);
  await close();
});

test('keyboard, colours by choice, and no script from elsewhere', async () => {
  const { page, noise, close } = await open();
  await visit(page, '/');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.getByRole('link', { name: 'Log', exact: true }).focus();
  await page.keyboard.press('Enter');
  await shown(page, '/log');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  const paper = () => page.evaluate(() => getComputedStyle(document.body.parentElement)
    .backgroundColor);
  const light = await paper();
  await page.getByRole('button', { name: /Colours: auto/ }).click();
  await page.getByRole('button', { name: /Colours: light/ }).click();
  assert.notEqual(await paper(), light);
  await page.reload();
  await shown(page, '/log');
  assert.notEqual(await paper(), light, 'it is remembered');
  assert.deepEqual(noise, []);
  const answer = await page.request.get('/');
  assert.match(answer.headers()['content-security-policy'], /script-src 'self'/);
  assert.doesNotMatch(answer.headers()['content-security-policy'], /unsafe/);
  const app = await page.locator('script[type=module]').getAttribute('src');
  assert.match((await page.request.get(app)).headers()['cache-control'], /immutable/);
  await close();
});

test(`${MANY} providers`, async (t) => {
  const begun = Date.now();
  await service.register(bare, MANY);
  t.diagnostic(`registered in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  await service.until('the index to have them', async () =>
    (await service.get(bare + '/v1/providers?query=&limit=1')).total === MANY);
  const some = (await service.get(bare + '/v1/providers?limit=1')).providers[0].id;
  const { page, noise, close } = await open({ base: bare });
  await timeAll(t, page, ['/', '/providers',
    '/providers?query=price%3C1%20region%3Deu-north&sort=price', `/providers/${some}`, '/receipt',
    '/slashes', '/log']);
  await visit(page, '/providers?sort=name');
  assert.match(await text(page, '.pager'), /1–100 of 10,000/);
  assert.equal(await page.locator('tbody tr').first().locator('.name').innerText(), 'rack-00000');
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.getByText('101–200 of 10,000').waitFor();
  assert.equal(await page.locator('tbody tr').first().locator('.name').innerText(), 'rack-00100');
  await shot(page, 'many-wide-light', {});
  await page.goBack();
  await page.getByText('1–100 of 10,000').waitFor();
  assert.deepEqual(noise, []);
  await close();
});
