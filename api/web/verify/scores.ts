// Final scores: that the numbers follow from a state, the state from a snapshot, and the snapshot
// from a log.
import { equal, fromHex, need, toHex } from './base';
import { openEnvelope } from './envelope';
import * as logs from './logs';
import { checkInclusion, leafHash } from './merkle';
import { checkCheckpoint, type Trust } from './notes';
import { numbersOf, parseState } from './score_states';
import { type Meant, parseStatement } from './statements';

// Is the snapshot that the score names in the log?
function checkSnapshot(text: Uint8Array, score: Meant, trust: Trust): void {
  const proof = logs.parseProof(text);
  const { checkpoint } = checkCheckpoint(trust, proof.checkpoint);
  const data = proof.extra ?? new Uint8Array();
  checkInclusion(leafHash(data), proof.index, checkpoint.size, proof.path, checkpoint.root);
  const leaf = logs.parseLeaf(data);
  logs.verifyLeaf(leaf, fromHex(leaf.signer));
  need(leaf.signer === toHex(trust.verifier!), 'signature', "the snapshot is somebody else's");
  const said = parseStatement(leaf.payload, 'snapshot');
  const named = score.snapshot;
  const same = ['origin', 'epoch', 'tree_size', 'root', 'policy'].every((n) => said[n] === score[n])
    && ['states', 'states_root'].every((n) => said[n] === named[n])
    && proof.index === named.index && leaf.paeDigest === named.statement;
  need(same && checkpoint.origin === score.origin, 'unbound', 'another snapshot');
}

// A file of `assay score final`: the envelope on one line, perhaps the snapshot's proof. Returns
// the statement.
export function checkScore(data: Uint8Array, trust: Trust): Meant {
  const end = data.indexOf(10);
  const line = end < 0 ? data : data.subarray(0, end);
  const proof = end < 0 ? new Uint8Array() : data.subarray(end + 1);
  need(trust.verifier, 'usage', 'whose word is this?');
  const score = parseStatement(openEnvelope(line, trust.verifier).payload, 'score');
  need(trust.logs.some((log) => log.name === score.origin), 'unbound', 'of another log');
  need(trust.policies.length === 0 || trust.policies.includes(score.policy), 'unbound',
    'another policy');
  need(score.final, 'no_evidence', 'a preview');
  const named = score.snapshot;
  const it = parseState(named.state);
  need(equal(it.provider, fromHex(score.provider)) && it.className === score.class, 'unbound',
    'the state of another provider or class');
  need(named.index === score.tree_size, 'unbound', 'a snapshot at another size');
  checkInclusion(leafHash(named.state), named.state_index, named.states,
    named.path.map((hash: string) => fromHex(hash)), fromHex(named.states_root));
  for (const [name, value] of Object.entries(numbersOf(it))) {
    need(score[name] === value, 'mismatch', `${name}: the state has ${value}`);
  }
  if (proof.length > 0) checkSnapshot(proof, score, trust);
  return score;
}
