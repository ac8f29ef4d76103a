// Assay's verifier in TypeScript: what a browser needs to hold a receipt to its word by itself.
//
//   const trust = parseTrust(bytesOfPolicyTxt);
//   const report = checkCase(bytesOfReceipt, trust);   // {code: 'ok', checks: […], facts}
//
// Pure: no network, no storage, no clock; @noble's curve and hashes are all it takes. It answers
// the vectors in vectors/ as the C++ does, but computes no workload.
export { bytesOf, type Code, fromHex, sha256Hex, toHex, utf8, Wrong } from './base';
export { parseCaseFile } from './casefile';
export { checkKey, verify, vrfVerify } from './curve';
export { openEnvelope } from './envelope';
export { checkCase, checkEvidence } from './evidence';
export { pae, parseLeaf, parseProof } from './logs';
export { checkConsistency, checkInclusion, leafHash, rootOf } from './merkle';
export { checkCheckpoint, parseTrust, quorumMet, type Trust } from './notes';
export { type Check, type CheckName, CHECKS, checkReceipt, type Report } from './receipt';
export { checkScore } from './scores';
export { parseStatement } from './statements';
