// The pages as `assay demo` fills them: its kept folder served again, every page looked at with
// cheats in it, its receipts dropped; then the same log under three witnesses, of which one and
// then two stay away, and a head that has too few of them. Screenshots stay in ASSAY_SHOTS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { code, drop, text } from './pages.mjs';
import * as pages from './pages.mjs';
import * as service from './service.mjs';

const folder = mkdtempSync(join(tmpdir(), 'assay-demo-'));
const demo = (name) => join(folder, 'demo', name);
const WITNESSES = ['w1', 'w2', 'w3'];
let verifier;
let cast; // by name
let slashes;

// Dark pages and phones are browser_test.mjs's; here too, where there is time (./run test --full).
const looks = process.env.ASSAY_EVERY_LOOK ? pages.EVERY_LOOK : pages.ONE_LOOK;
const lookAt = (name, path, more) => pages.lookAt('demo-' + name, path,
  { base: verifier.url, looks, ...more });
const api = (path) => service.get(verifier.url + path);
const checkpoint = async () => await (await fetch(verifier.url + '/checkpoint')).text();

before(async () => {
  const begun = Date.now();
  const out = await service.must('assay', 'demo', '--out', demo(''), '--no-color');
  console.log(`the demo took ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  assert.match(out, / serve --data \S+\/verifier --listen /);
  const { providers } = JSON.parse(readFileSync(demo('summary.json'), 'utf8'));
  cast = Object.fromEntries(providers.map((one) => [one.name, one]));
  verifier = await service.serve(demo('verifier'));
  ({ slashes } = await api('/v1/slashes'));
  await pages.launch();
});
after(async () => {
  await pages.quit();
  service.stopAll();
  await service.sleep(300);
  rmSync(folder, { recursive: true, force: true });
});

const cheats = () => Object.values(cast).filter((one) => !one.honest);
const slashOf = (name) => slashes.find((one) => one.provider === cast[name].id).id;

test('overview: the cheats that were caught, and who earned trust', async () => {
  await lookAt('overview', '/', { act: async (page) => {
    const main = await text(page, 'main');
    assert.match(main, new RegExp(`Cheats caught\\s*${cheats().length}\\b`));
    const caught = await text(page, '.list');
    for (const one of cheats()) assert.ok(caught.includes(one.name), one.name);
    const ranked = await page.locator('main table tbody tr .name').allInnerTexts();
    const ranks = (wanted) => ranked.flatMap((name, at) =>
      (cast[name].honest === wanted ? [at] : []));
    assert.ok(Math.max(...ranks(true)) < Math.min(...ranks(false)), ranked.join(' '));
  } });
});

test('providers: all of them, and by a query', async () => {
  await lookAt('providers', '/providers', { act: async (page) => {
    const names = new Set(await page.locator('tbody .name').allInnerTexts());
    assert.deepEqual([...names].sort(), Object.keys(cast).sort());
  } });
  const { page, noise, close } = await pages.open({ base: verifier.url });
  await pages.visit(page, '/providers?query=slashes%3D0%20audits%3E%3D1');
  const found = new Set(await page.locator('tbody .name').allInnerTexts());
  assert.deepEqual([...found].sort(),
    Object.values(cast).filter((one) => one.honest).map((one) => one.name).sort());
  assert.deepEqual(noise, []);
  await close();
});

test('provider: one who earned trust, and each kind of cheat', async () => {
  await lookAt('honest', `/providers/${cast.alder.id}`, { act: async (page) => {
    const main = await text(page, 'main');
    assert.match(main, /Signature holds/);
    assert.match(main, /points sum exactly to the score/);
    assert.ok(!/Slashed/.test(main), 'no slash of an honest one');
    assert.ok(await page.locator('.strip .tick').count() >= 18, 'its audits');
  } });
  await lookAt('cheat', `/providers/${cast.dodder.id}`, { act: async (page) => {
    assert.match(await text(page, 'main'), /Wrong result/);
    assert.match(await text(page, '.huge'), /^0\.0/);
  } });
  const { page, noise, close } = await pages.open({ base: verifier.url });
  for (const one of cheats()) {
    await pages.visit(page, `/providers/${one.id}`);
    assert.match(await text(page, '.huge'), /^0\.0/, one.name);
    assert.match(await text(page, '.score p.badges'), /Slashed|Banned/, one.name);
  }
  assert.deepEqual(noise, []);
  await close();
});

test('slashes: five records, evidence checked here, and one that withheld', async () => {
  await lookAt('slashes', '/slashes', { act: async (page) => {
    const rows = await page.locator('tbody tr').allInnerTexts();
    assert.equal(rows.length, cheats().length);
    for (const one of cheats()) {
      assert.ok(rows.some((row) => row.includes(one.name)), one.name);
    }
  } });
  await lookAt('slash', `/slashes/${slashOf('dodder')}`, { act: async (page) => {
    await page.getByRole('button', { name: 'Check it in this browser' }).click();
    await page.locator('.checks').waitFor();
    const main = await text(page, 'main');
    assert.match(main, /Every signature, proof, draw and binding holds/);
    assert.match(main, /recomputed, it is another one/);
    assert.match(main, /assay slash appeal/);
  } });
  await lookAt('withheld', `/slashes/${slashOf('mistletoe')}`, { act: async (page) => {
    assert.match(await text(page, 'main'), /openings were asked for and never came/);
  } });
});

// Everything that the demo leaves for people to check.
test('receipts: picture, story, simulation and fraud proof, dropped; a job’s page', async () => {
  await lookAt('receipt', '/receipt', { act: async (page) => {
    await page.context().setOffline(true);
    await drop(page, demo('receipt.assay'), demo('policy.txt'), demo('picture.raw'));
    await page.getByText('picture.raw is the very result that was attested').waitFor();
    assert.equal(await code(page), 'ok');
  } });
  const { page, noise, close } = await pages.open({ base: verifier.url });
  await pages.visit(page, '/receipt');
  for (const [name, want] of [['story', 'ok'], ['simulation', 'ok'],
    ['evidence', 'inconclusive']]) {
    await page.evaluate(() => document.querySelector('.output').replaceChildren());
    await drop(page, demo(name + '.assay'));
    await page.locator('.result').waitFor();
    assert.equal(await code(page), want, name);
  }
  assert.match(await text(page, '.result'), /fraud proof holds together/);
  for (const [cheat, told] of [['dodder', 'The work was found wrong'],
    ['mistletoe', 'The work was not shown']]) {
    const { job } = await api(`/v1/slashes/${slashOf(cheat)}`);
    await pages.visit(page, `/receipt?job=${job}`);
    assert.equal(await page.locator('.check.fail').count(), 1, cheat);
    assert.match(await text(page, '.result'), new RegExp(told));
    await pages.shot(page, `demo-job-${cheat}-wide-light`);
  }
  await pages.visit(page, `/receipt?job=${await jobOf('receipt.assay')}`);
  assert.equal(await code(page), 'ok');
  assert.deepEqual(noise, []);
  await close();
});

// The job of a receipt, by a page's own reading.
async function jobOf(...names) {
  const { page, close } = await pages.open({ base: verifier.url });
  await pages.visit(page, '/receipt');
  await drop(page, ...names.map(demo));
  await page.locator('.result').waitFor();
  const job = await page.locator('.facts code').first().innerText();
  await close();
  return job;
}

test('log: its entries, its head, and no witnesses', async () => {
  await lookAt('log', '/log', { act: async (page) => {
    assert.match(await text(page, 'main'), /quorum none/);
    assert.equal(await page.locator('tbody tr').count(), 25);
    assert.match(await page.locator('tbody').last().innerText(), /this verifier/);
  } });
  const { page, noise, close } = await pages.open({ base: verifier.url });
  await pages.visit(page, '/log?after=0');
  assert.match(await text(page, 'tbody tr:last-child'), /^0\s+Policy/);
  assert.deepEqual(noise, []);
  await close();
});

test('every page within the second', async (t) => {
  const { page, noise, close } = await pages.open({ base: verifier.url });
  await pages.timeAll(t, page, ['/', '/providers', `/providers/${cast.alder.id}`, '/slashes',
    `/slashes/${slashOf('dodder')}`, '/receipt', `/receipt?job=${await jobOf('receipt.assay')}`,
    '/log']);
  assert.deepEqual(noise, []);
  await close();
});

const states = async (page) => Object.fromEntries(await Promise.all((await page
  .locator('tbody tr').filter({ hasText: 'witness.example/' }).all()).map(async (row) =>
  [await row.locator('td').first().innerText(), await row.locator('.badge').innerText()])));
const cosigners = (note) => WITNESSES.filter((one) => note.includes(`— witness.example/${one} `));
const published = (what, names) => service.until(what, async () => {
  const { size } = (await api('/v1/overview')).log;
  const note = await checkpoint();
  return Number(note.split('\n')[1]) === size && cosigners(note).join() === names.join();
});

test('log under three witnesses of which two are enough: all, two, one', async () => {
  await verifier.stop();
  const witness = await service.appointWitnesses(folder, demo('verifier/policy.txt'), WITNESSES, 2);
  verifier = await service.serve(demo('verifier'));
  await published('three cosignatures', WITNESSES);
  await lookAt('log-witnessed', '/log', { act: async (page) => {
    assert.deepEqual(await states(page), { w1: 'Cosigned', w2: 'Cosigned', w3: 'Cosigned' });
    const main = await text(page, 'main');
    assert.match(main, /asks for 2 of w1, w2, w3/);
    assert.match(main, /Holds checked in this browser/);
  } });

  await witness.w3.stop();
  await service.register(verifier.url, 1);
  await published('two cosignatures', ['w1', 'w2']);
  await lookAt('log-two', '/log', { act: async (page) => {
    assert.deepEqual(await states(page), { w1: 'Cosigned', w2: 'Cosigned', w3: 'Not yet' });
    assert.match(await text(page, 'main'), /Holds checked in this browser/);
  } });

  // Nothing more is published: what was stays, and the pages say what waits.
  await witness.w2.stop();
  await service.register(verifier.url, 3);
  await lookAt('log-waits', '/log', { act: async (page) => {
    assert.match(await text(page, 'main'), /Holds checked in this browser/);
    assert.match(await text(page, '.tiles'), /\d wait for witnesses/);
  } });
  await lookAt('overview-waits', '/', { act: async (page) => {
    assert.match(await text(page, '.tiles'), /\d not published yet/);
  } });
});

test('a head with too few cosignatures, or with a forged one, does not hold', async () => {
  const note = await checkpoint();
  const without = (name) => note.split('\n').filter((line) =>
    !line.startsWith(`— witness.example/${name} `)).join('\n');
  const forged = note.replace(/(— witness\.example\/w2 \S{40})(\S)/, (_, head, one) =>
    head + (one === 'A' ? 'B' : 'A'));
  for (const [name, bad, told] of [['log-too-few', without('w2'), /for the quorum "enough"/],
    ['log-forged', forged, /signature/]]) {
    await lookAt(name, '/log', { act: async (page) => {
      await page.route('**/checkpoint', (route) => route.fulfill({ body: bad }));
      await page.reload();
      await pages.shown(page, '/log');
      const main = await text(page, 'main');
      assert.match(main, /The head does not hold/);
      assert.match(main, told);
      assert.doesNotMatch(main, /Holds checked/);
    } });
  }
});

test('receipts: too few witnesses in an old one, enough in the same job’s new one', async () => {
  const old = await jobOf('receipt.assay', 'policy.txt');
  await lookAt('receipt-unwitnessed', '/receipt', { act: async (page) => {
    await drop(page, demo('receipt.assay'));
    await page.locator('.result').waitFor();
    assert.equal(await page.locator('[data-check=witnesses].fail').count(), 1);
    assert.match(await text(page, '.result'), /Too few witnesses/);
  } });
  await lookAt('receipt-witnessed', `/receipt?job=${old}`, { act: async (page) => {
    assert.equal(await code(page), 'ok');
    assert.match(await text(page, '[data-check=witnesses].pass'), /signed by w1, w2/);
  } });
});

test('no head yet: a new log whose witnesses are away', async () => {
  const data = join(folder, 'new');
  await service.must('assay-verifier', 'init', '--data', data, '--policy', 'demo');
  const witness = await service.appointWitnesses(join(folder, 'away'), join(data, 'policy.txt'),
    ['w1'], 1);
  await witness.w1.stop();
  const { url } = await service.serve(data);
  await service.register(url, 1);
  await lookAt('log-no-head', '/log', { base: url, quiet: false, act: async (page) => {
    assert.match(await text(page, 'main'), /No head has its quorum yet/);
    assert.deepEqual(await states(page), { w1: 'Not yet' });
  } });
  await lookAt('overview-no-head', '/', { base: url });
});
