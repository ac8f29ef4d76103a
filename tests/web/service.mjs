// A verifier, its providers and its witnesses as real processes, for the browser to look at.
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import http from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BIN = process.env.ASSAY_BIN;
const children = [];

// Runs a program to its end: {code, out}.
export function run(name, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(BIN, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { out += data; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });
}

export async function must(name, ...args) {
  const { code, out } = await run(name, ...args);
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: exit code ${code}\n${out}`);
  return out;
}

// Starts a program that stays; resolves with what `pattern` finds in its output.
function start(pattern, name, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(BIN, name), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let out = '';
    const read = (data) => {
      out += data;
      const found = pattern.exec(out);
      if (found) resolve({ found: found[1], child });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('close', (code) => reject(new Error(`${name} ended with ${code}:\n${out}`)));
  });
}

// What listens: its address, and the way to end it.
async function listen(name, ...args) {
  const { found, child } = await start(/listening on (http:\S+)/, name, ...args, '--listen',
    '127.0.0.1:0');
  const stop = () => new Promise((resolve) => {
    child.once('close', resolve);
    child.kill('SIGTERM');
  });
  return { url: found, stop };
}

// Serves a folder as it is.
export const serve = (folder) => listen('assay-verifier', 'serve', '--data', folder,
  '--replay-threads', '2');

export async function verifier(folder) {
  await must('assay-verifier', 'init', '--data', folder, '--policy', 'demo');
  return (await serve(folder)).url;
}

// Starts witnesses of a verifier's log and names them in its policy file, `enough` of them as the
// quorum. The verifier is started anew after that.
export async function appointWitnesses(folder, policy, names, enough) {
  const all = {};
  let lines = '';
  for (const name of names) {
    const data = join(folder, name);
    await must('assay-verifier', 'witness', 'init', '--data', data, '--name', 'witness.example/'
      + name);
    all[name] = await listen('assay-verifier', 'witness', 'run', '--data', data, '--logs', policy);
    lines += `witness ${name} ${readFileSync(join(data, 'vkey'), 'utf8').trim()} `
      + `${all[name].url}\n`;
  }
  const before = readFileSync(policy, 'utf8');
  writeFileSync(policy, before.replace('quorum none\n',
    `${lines}group enough ${enough} ${names.join(' ')}\nquorum enough\n`));
  return all;
}

export async function prover(folder, url, name, ...args) {
  mkdirSync(folder, { recursive: true });
  const key = join(folder, name + '.key');
  await must('assay-prover', 'init', '--key', key);
  start(/$^/, 'assay-prover', 'run', '--verifier', url, '--key', key, '--name', name, '--backend',
    'cpu', ...args).catch(() => undefined);
}

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks until it is so.
export async function until(what, ask, seconds = 40) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(150)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

export const get = async (url) => (await fetch(url)).json();

export function stopAll() {
  for (const child of children) child.kill('SIGTERM');
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });

function post(url, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers: {
      'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } },
    (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

// A registration as a stranger's provider would sign it (core/wire/FORMAT.md).
function registration(number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const payload = Buffer.from(JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'provider',
      digest: { sha256: createHash('sha256').update(key).digest('hex') } }],
    predicateType: 'https://assay.example/registration/v1',
    predicate: { provider: key.toString('hex'), name: `rack-${String(number).padStart(5, '0')}`,
      region: ['eu-north', 'us-east', 'ap-south', ''][number % 4],
      device_class: ['h200', 'rtx-4090', 'rtx-3090', 'cpu'][number % 4], devices: [],
      price_micros: String(100_000 + (number * 7919) % 3_000_000) } }));
  const type = 'application/vnd.in-toto+json';
  const pae = Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  return JSON.stringify({ payload: payload.toString('base64'), payloadType: type,
    signatures: [{ sig: sign(null, pae, privateKey).toString('base64') }] });
}

export async function register(url, count) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const body = registration(next++);
      for (;;) {
        const { status, text } = await post(url + '/v1/providers', body);
        if (status === 201) break;
        if (status !== 429 && status !== 503) throw new Error(`${status}: ${text}`);
        await sleep(50);
      }
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
