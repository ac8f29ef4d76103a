// RFC 6962 and RFC 9162: roots, inclusion and consistency, with exact path lengths. Hashes of
// leaves and nodes are 32 bytes.
import { equal, need, sha256 } from './base';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
export const EMPTY = sha256();

export const leafHash = (data: Uint8Array): Uint8Array => sha256(LEAF, data);
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(NODE, left, right);

// Of leaf hashes. A subtree is closed as soon as it is full, so that nothing recurses.
export function rootOf(hashes: Iterable<Uint8Array>): Uint8Array {
  const full: [number, Uint8Array][] = []; // (leaves, hash), each larger than the next
  for (const one of hashes) {
    full.push([1, one]);
    while (full.length > 1 && full.at(-1)![0] === full.at(-2)![0]) {
      const [, right] = full.pop()!;
      const [count, left] = full.pop()!;
      full.push([2 * count, nodeHash(left, right)]);
    }
  }
  if (full.length === 0) return EMPTY;
  let result = full.pop()![1];
  while (full.length > 0) result = nodeHash(full.pop()![1], result);
  return result;
}

// RFC 9162, 2.1.3.2.
export function checkInclusion(leaf: Uint8Array, index: bigint, size: bigint, path: Uint8Array[],
                               root: Uint8Array): void {
  need(index < size, 'proof', 'the index is not below the size');
  let fn = index;
  let sn = size - 1n;
  let result = leaf;
  for (const hash of path) {
    need(sn !== 0n, 'proof', 'the path is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      result = nodeHash(hash, result);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      result = nodeHash(result, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  need(sn === 0n, 'proof', 'the path is too short');
  need(equal(result, root), 'proof', 'the path does not lead to the root');
}

// RFC 9162, 2.1.4.2.
export function checkConsistency(oldSize: bigint, oldRoot: Uint8Array, size: bigint,
                                 newRoot: Uint8Array, given: Uint8Array[]): void {
  need(oldSize <= size, 'proof', 'the log shrank');
  if (oldSize === size || oldSize === 0n) {
    need(given.length === 0, 'proof', 'a path where none is due');
    need(equal(oldRoot, oldSize === size ? newRoot : EMPTY), 'proof', 'two roots of one size');
    need(size !== 0n || equal(newRoot, EMPTY), 'proof', 'the empty tree has another root');
    return;
  }
  const path = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...given] : given;
  need(path.length > 0, 'proof', 'the path is too short');
  let fn = oldSize - 1n;
  let sn = size - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let fr = path[0]!;
  let sr = path[0]!;
  for (const hash of path.slice(1)) {
    need(sn !== 0n, 'proof', 'the path is too long');
    if ((fn & 1n) === 1n || fn === sn) {
      fr = nodeHash(hash, fr);
      sr = nodeHash(hash, sr);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      sr = nodeHash(sr, hash);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  need(sn === 0n, 'proof', 'the path is too short');
  need(equal(fr, oldRoot) && equal(sr, newRoot), 'proof', 'the path does not lead to both roots');
}
