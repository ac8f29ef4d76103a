// A fraud proof: the same layers as a receipt, and what it shows.
import { type Code, fromHex, need, sha256Hex } from './base';
import { checkDigest } from './casefile';
import { openEnvelope } from './envelope';
import type { Trust } from './notes';
import { Checker, checkReceipt, type Entry, type Report, report } from './receipt';
import { type Meant, parseStatement } from './statements';

// Two different attestations of one job under one key are the whole proof.
function isSecond(it: Checker, name: string, data: Uint8Array): boolean {
  need(sha256Hex(data) === name, 'unbound', 'second attestation: another digest than its name');
  const { payload, paeDigest } = openEnvelope(data, fromHex(it.provider));
  need(parseStatement(payload, 'attestation').job === it.job, 'unbound',
    'second attestation: of another job');
  return paeDigest !== it.at('attestation').leaf.paeDigest;
}

// Nothing else in a proof of equivocation may be about something else.
function checkCarried(it: Checker, second: string): void {
  const at = it.at('attestation');
  const [, due] = it.cause();
  const about: Record<string, (said: Meant) => boolean> = {
    spotcheck: (said) => said.attestation === at.leaf.paeDigest,
    verdict: (said) => said.attestation === at.leaf.paeDigest,
    summary: (said) => said.inputAttestations[0] === at.leaf.paeDigest,
    reveal: (said) => said.job === it.job,
    draw: (said) => said.from <= due && due < said.to,
  };
  for (const name of it.entries.keys()) {
    need(!about[name] || about[name](it.read(name)), 'unbound', name + ' is about something else');
  }
  need(it.file.trace.length === 0 || sha256Hex(it.file.trace) === it.attestation.trace_blob,
    'unbound', 'the trace is not the attested file');
  for (const [name, data] of it.file.openings) {
    need(name === second || (name === it.namedOpening() && sha256Hex(data) === name), 'unbound',
      'an opening that nobody named');
  }
  const inputs = new Map<string, string>(it.order.inputs.map((o: Meant) => [o.name, o.sha256]));
  for (const [name, data] of it.file.inputs) {
    need(inputs.get(name) === sha256Hex(data), 'unbound', 'the order has no such input ' + name);
  }
}

function showsMismatch(it: Checker): boolean {
  it.bindTrace();
  it.checkDraw();
  it.checkOpened();
  const verdict = it.checkVerdict();
  if (!verdict || !it.opened || verdict.outcome !== 'mismatch' || verdict.fault === null
    || verdict.fault.step === null) return false;
  const { step, row } = verdict.fault;
  need(step <= it.plan.steps && (row === null || row < it.plan.rows), 'unbound',
    'verdict: the job has no such step or row');
  return true;
}

// Is this the next move, by whose turn it is, with its bytes in the file?
function checkMove(it: Checker, entry: Entry, number: number, dispute: Meant): string {
  const opening = it.at('dispute');
  const said = parseStatement(entry.leaf.payload, 'dispute-move');
  need(said.subject === opening.leaf.paeDigest && said.dispute_index === opening.index
    && said.number === number, 'unbound', `move ${number}: not the next one of this dispute`);
  const answers = said.move.kind === 'answer';
  need(entry.leaf.signer === (answers ? it.provider : dispute.challenger), 'unbound',
    `move ${number}: not by the side whose move it is`);
  need(answers === (number % 2 === 0), 'conflict', `move ${number}: out of turn`);
  if (/[^0]/.test(said.move.blob)) {
    const data = it.file.openings.get(said.move.blob);
    need(data, 'no_evidence', `move ${number}: its bytes are not in the file`);
    need(sha256Hex(data) === said.move.blob, 'unbound',
      `move ${number}: other bytes than it names`);
  }
  return said.move.kind;
}

// The chain of moves. Whether the conviction holds takes the step's operations.
function showsConviction(it: Checker): boolean {
  it.bindTrace();
  return it.check('binding', () => {
    const dispute = it.read('dispute');
    need(it.isAbout(dispute) && dispute.job === it.job
      && dispute.challenger === it.at('dispute').leaf.signer, 'unbound',
    'dispute: about another attestation, or signed by another key');
    need(dispute.step <= it.plan.steps, 'malformed', 'dispute: the job has no such step');
    const moves = it.logged.filter((one) => one.kind === 'dispute-move');
    const kinds = moves.map((entry, number) => checkMove(it, entry, number, dispute));
    need(!kinds.slice(0, -1).includes('conviction'), 'conflict', 'a move after the conviction');
    return kinds.at(-1) === 'conviction';
  });
}

// ok: no fraud is shown. equivocation: that is shown. inconclusive: everything holds together but
// for a step that is not recomputed here; `assay slash check` does.
export function checkEvidence(data: Uint8Array, trust: Trust): Report {
  const it = new Checker(trust);
  return report(it, () => {
    it.open(data, 'evidence');
    it.bindJob();
    const opening = it.check('opening', () => it.namedOpening());
    it.checks.delete('opening');
    const second = [...it.file.openings].find(([name]) => name !== opening);
    let shown = null as Code | null;
    if (it.entries.has('dispute')) {
      shown = showsConviction(it) ? 'inconclusive' : null;
    } else if (second) {
      it.check('binding', () => {
        shown = isSecond(it, ...second) ? 'equivocation' : null;
        checkCarried(it, second[0]);
      });
    } else if (showsMismatch(it)) {
      shown = 'inconclusive';
    }
    it.check('binding', () => it.checkSlash());
    it.check('digest', () => checkDigest(data), 'the file is whole, byte for byte');
    need(shown === null, shown!, shown === 'equivocation'
      ? 'shown: two different attestations of one job'
      : 'everything holds together; the step in question is not recomputed in a browser');
  });
}

// A receipt or a fraud proof, whichever the file says that it is.
export function checkCase(data: Uint8Array, trust: Trust): Report {
  const isEvidence = new TextDecoder().decode(data.subarray(0, 32)).includes('evidence/v1');
  return isEvidence ? checkEvidence(data, trust) : checkReceipt(data, trust);
}
