// Drop a receipt: this browser verifies it by itself. Once the page is there, no network is needed.
import { bytes, Problem } from '../api';
import { checkCase, parseTrust, type Report, sha256Hex, type Trust } from '../../verify/index';
import { h, say } from '../dom';
import { bytesText, sentence, short } from '../format';
import { command, head } from '../parts';
import { checksList, jobFacts } from './receipt_report';
import type { Place, View } from './view';

interface Held { name: string; data: Uint8Array }

const startsWith = (data: Uint8Array, text: string): boolean =>
  new TextDecoder().decode(data.subarray(0, text.length)) === text;

function kindOf({ name, data }: Held): 'case' | 'policy' | 'result' {
  if (name.endsWith('.assay') || startsWith(data, '{"assay":"')) return 'case';
  const text = data.length < 65_537 ? new TextDecoder().decode(data) : '';
  return /^(log|quorum|witness) /m.test(text) ? 'policy' : 'result';
}

// What fails, and what that means: a genuine file about bad work is not a bad file.
function failure(report: Report): [string, string] {
  const at = report.checks.find((it) => it.state === 'fail')?.name;
  const what = sentence(report.what);
  if (at === 'verdict' && report.facts.outcome === 'mismatch') {
    return ['The work was found wrong', `The file is genuine. It shows that the verifier replayed `
      + `the sample and got another result. ${what}`];
  }
  if (at === 'verdict' && report.facts.outcome === 'unavailable') {
    return ['The work was not shown', `The file is genuine. It shows that the provider did not `
      + `open what the draw asked for. ${what}`];
  }
  if (at === 'witnesses') {
    return ['Too few witnesses', `${what} Your policy.txt asks for more cosignatures than this `
      + 'file has. A file made before its witnesses were named has none: ask the verifier for it '
      + 'anew.'];
  }
  return ['This does not hold', what];
}

function conclusion(report: Report): HTMLElement {
  const [kind, title, text] = ((): [string, string, string] => {
    const audited = report.facts.outcome === 'match';
    if (report.code === 'ok' && audited) {
      return ['good', 'This receipt holds', 'Every signature, proof and binding was checked here, '
        + 'and the sampled work was replayed by the verifier with the same result.'];
    }
    if (report.code === 'ok') {
      return ['warn', 'Genuine, but not audited', 'The file is what it says, yet it shows only '
        + 'what the provider signed. Nobody has replayed any of it.'];
    }
    if (report.code === 'equivocation') return ['bad', 'Fraud shown', report.what];
    if (report.code === 'inconclusive' && report.facts.kind === 'evidence') {
      return ['warn', 'The fraud proof holds together', 'What is left is to compute the step in '
        + 'question once more, which takes `assay slash check` on any CPU.'];
    }
    return ['bad', ...failure(report)];
  })();
  return h('div', { class: `panel result ${kind}`, 'data-code': report.code },
    h('h2', {}, title), h('p', {}, text));
}

function trustLine(trust: Trust | null, source: string): HTMLElement {
  if (!trust) {
    return h('p', { class: 'note' }, 'No policy.txt yet: drop the one that says whom you trust.');
  }
  const witnesses = trust.quorum === 'none' ? 'without witnesses'
    : `with the quorum ${trust.quorum} of ${trust.witnesses.size} witnesses`;
  return h('p', { class: 'note' }, 'Trusting ', h('strong', {}, trust.logs[0]?.name ?? 'no log'),
    ` ${witnesses}, by `, source !== '' ? `${source}, which you gave.`
      : 'this verifier’s own policy.txt. For proof against this verifier itself, drop the '
        + 'policy.txt that you got some other way.');
}

class Bench {
  private trust: Trust | null = null;
  private source = '';
  private held: Held | null = null;
  private result: Held | null = null;
  private readonly told = h('div', {});
  private readonly output = h('div', { class: 'output' });

  constructor(served: Uint8Array | null) {
    if (served) this.takePolicy({ name: '', data: served });
  }

  nodes(): Node[] {
    const input = h('input', { type: 'file', id: 'files', multiple: true, class: 'hidden-input' });
    input.addEventListener('change', () => {
      void this.files([...(input.files ?? [])]);
      input.value = '';
    });
    const zone = h('label', { class: 'drop', for: 'files' }, input,
      h('span', { class: 'strong' }, 'Drop a receipt here'),
      h('span', { class: 'note' }, 'or choose files: a receipt or fraud proof (.assay), your '
        + 'policy.txt, the result you were given'));
    const over = (on: boolean) => (event: Event): void => {
      event.preventDefault();
      zone.classList.toggle('over', on);
    };
    zone.addEventListener('dragover', over(true));
    zone.addEventListener('dragleave', over(false));
    zone.addEventListener('drop', (event) => {
      over(false)(event);
      void this.files([...(event.dataTransfer?.files ?? [])]);
    });
    return [zone, this.told, this.output];
  }

  private takePolicy(file: Held): void {
    try {
      this.trust = parseTrust(file.data);
      this.source = file.name;
    } catch (error) {
      this.trust = null;
      this.output.replaceChildren(h('div', { class: 'panel bad' },
        h('h2', {}, 'That policy file cannot be read'), h('p', {}, (error as Error).message)));
    }
    this.told.replaceChildren(trustLine(this.trust, this.source));
  }

  private async files(files: File[]): Promise<void> {
    const held = await Promise.all(files.map(async (file): Promise<Held> =>
      ({ name: file.name, data: new Uint8Array(await file.arrayBuffer()) })));
    if (held.some((one) => kindOf(one) === 'case')) this.result = null; // it was another job's
    held.forEach((one) => this.take(one));
    this.run();
  }

  take(file: Held): void {
    const kind = kindOf(file);
    if (kind === 'policy') this.takePolicy(file);
    else if (kind === 'case') this.held = file;
    else this.result = file;
  }

  run(): void {
    if (!this.trust) return;
    if (!this.held) {
      this.output.replaceChildren(this.result ? h('p', { class: 'panel warn' },
        `${this.result.name} is neither a receipt nor a policy file. If it is the result of a job, `
        + 'drop its receipt too.') : h('span', {}));
      return;
    }
    const begun = performance.now();
    const report = checkCase(this.held.data, this.trust);
    const took = performance.now() - begun;
    this.output.replaceChildren(conclusion(report), ...this.resultLine(report),
      h('p', { class: 'note', 'data-took': took.toFixed(1) },
        `${this.held.name}, ${bytesText(this.held.data.length)}: checked in this browser in `
        + `${Math.max(1, Math.round(took))} ms, asking nobody.`),
      checksList(report.checks),
      ...(report.facts.job ? [jobFacts(report)] : []));
    say(report.code === 'ok' ? 'The receipt holds' : `It does not hold: ${report.what}`);
  }

  private resultLine(report: Report): HTMLElement[] {
    if (!this.result || !report.facts.resultBlob) return [];
    const same = sha256Hex(this.result.data) === report.facts.resultBlob;
    return [h('p', { class: 'panel ' + (same ? 'good' : 'bad') }, same
      ? `${this.result.name} is the very result that was attested.`
      : `${this.result.name} is NOT the result that was attested.`)];
  }
}

const JOB = /^[0-9a-f]{64}$/;

export async function receipt({ url, signal }: Place): Promise<View> {
  const job = url.searchParams.get('job');
  const served = await bytes('/v1/policy.txt', signal).catch((error) => {
    if ((error as Error).name === 'AbortError') throw error;
    return null;
  });
  const bench = new Bench(served);
  const nodes = [head('Check a receipt', 'A receipt shows what was ordered, who did it, which part '
    + 'was replayed, and that nobody could have known which. Your browser checks all of it by '
    + 'itself: the file goes nowhere.'),
  ...bench.nodes(),
  h('details', {}, h('summary', {}, 'The same in a terminal, and more'),
    h('p', {}, 'The command line computes positions of your own choosing again, which a browser '
      + 'does not:'),
    command('assay audit job.assay --policy policy.txt --replay 8'))];
  if (job !== null) {
    if (!JOB.test(job)) throw new Problem(400, 'malformed', 'A job is named by 64 hex digits.');
    const data = await bytes(`/v1/jobs/${job}/receipt`, signal);
    bench.take({ name: `Receipt of job ${short(job)}`, data });
  }
  return { title: 'Check a receipt', nodes, shown: () => bench.run() };
}
