// What an order says about the shape of its job, without computing any of it: FORMAT.md "What a
// draw needs of a workload". And the digests and leaves of states of such a shape.
import { malformed, need } from './base';
import { leafHash, rootOf } from './merkle';
import { PAIRS_MAX } from './statements';
import type { Json, JsonObject } from './strict_json';

const CHUNK = 1024;
const WIDTH: Record<number, number> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 1 }; // bytes of a dtype

export interface Tensor { dtype: number; dims: number[] | null }
type Shaped = Tensor & { dims: number[] };
export interface Depth { units: number; steps: number; rows: number; micro: number }

export interface Plan {
  shape: 'independent' | 'chained' | 'appended';
  steps: number;
  reach: 'none' | 'same_row' | 'neighbours' | 'whole_state' | 'history';
  rows: number;
  tensors: Tensor[] | null; // of a state; null: nobody can tell without the model
  grid: number[];
  halo: number;
  losses: number; // train: of all its optimiser steps
}

const plan = (it: Partial<Plan> & Pick<Plan, 'shape' | 'steps'>): Plan =>
  ({ reach: 'none', rows: 0, tensors: null, grid: [], halo: 0, losses: 0, ...it });

function numberOf(parameters: JsonObject, name: string, high: number, otherwise?: number): number {
  const value = parameters.has(name) ? parameters.get(name) : otherwise;
  if (typeof value !== 'number' || value < 1 || value > high) {
    throw malformed(`parameters: ${name}`);
  }
  return value;
}

function gemm(p: JsonObject): Plan {
  const rows = numberOf(p, 'rows', 2 ** 26);
  const cols = numberOf(p, 'cols', 131072);
  const tensors = [{ dtype: 1, dims: [rows, cols] }, { dtype: 3, dims: [rows, 2] }];
  return plan({ shape: 'chained', steps: numberOf(p, 'steps', 4096), reach: 'same_row', rows,
    tensors });
}

function render(p: JsonObject): Plan {
  const across = Math.floor((numberOf(p, 'width', 2 ** 16) + 63) / 64);
  const down = Math.floor((numberOf(p, 'height', 2 ** 16) + 63) / 64);
  need(across * down <= 4096, 'malformed', 'parameters: more than 4096 tiles');
  return plan({ shape: 'independent', steps: across * down });
}

const isSide = (one: Json): boolean => typeof one === 'number' && one >= 4 && one <= 4096;
const product = (numbers: number[]): number => numbers.reduce((a, b) => a * b, 1);

function simulate(p: JsonObject): Plan {
  const steps = numberOf(p, 'steps', 4096);
  if (p.get('system') === 'bodies') {
    const blocks = Math.floor(numberOf(p, 'bodies', 65536) / 64);
    return plan({ shape: 'chained', steps, reach: 'whole_state', rows: blocks,
      tensors: [{ dtype: 4, dims: [blocks, 6, 64] }] });
  }
  const size = p.get('size');
  need(Array.isArray(size) && size.length === 3 && size.every(isSide), 'malformed',
    'parameters: size');
  const grid = (size as number[]).map((one) => Math.floor(one / 4)).reverse();
  const halo = Math.floor((numberOf(p, 'steps_per_commit', 64, 48) + 3) / 4);
  const bricks = product(grid);
  return plan({ shape: 'chained', steps, reach: 'neighbours', rows: bricks, grid, halo,
    tensors: [{ dtype: 3, dims: [bricks, 19, 64] }] });
}

// The number of parameters of the model follows from the size of a state: see shapeFor().
function train(p: JsonObject): Plan {
  const arrays = { adam: 3, momentum: 2, sgd: 1 }[String(p.get('optimizer'))] ?? 1;
  const each = numberOf(p, 'steps_per_commit', 4096, 1);
  const steps = numberOf(p, 'steps', 4096 * each);
  need(steps % each === 0, 'malformed', 'parameters: steps is no multiple of steps_per_commit');
  return plan({ shape: 'chained', steps: steps / each, losses: steps,
    tensors: Array.from({ length: arrays }, () => ({ dtype: 5, dims: null })) });
}

interface Ordered { workload: string; version: number; parameters: JsonObject; inputs: unknown[] }

// How many steps the prompts make takes the model's tokens: the attested number is taken.
function generate(p: JsonObject, order: Ordered, attested: number): Plan {
  const rows = (order.inputs.length - 1) * numberOf(p, 'chunk', 4096, 32);
  need(rows > 0, 'malformed', 'inputs: no prompt');
  return plan({ shape: 'appended', steps: attested, reach: 'history', rows });
}

const WORKLOADS: Record<string, (p: JsonObject, order: Ordered, attested: number) => Plan> =
  { gemm, render, simulate, train, generate };

export function planOf(order: Ordered, attested: number): Plan {
  need(Object.hasOwn(WORKLOADS, order.workload) && order.version === 1, 'malformed',
    'an unknown workload');
  return WORKLOADS[order.workload]!(order.parameters, order, attested);
}

const tensorBytes = (tensor: Shaped): number => WIDTH[tensor.dtype]! * product(tensor.dims);

function headerOf(tensor: Shaped): Uint8Array {
  const data = new Uint8Array(2 + 8 * tensor.dims.length);
  data.set([tensor.dtype, tensor.dims.length]);
  const view = new DataView(data.buffer);
  tensor.dims.forEach((one, at) => view.setBigUint64(2 + 8 * at, BigInt(one), true));
  return data;
}

export const leafCount = (tensors: Shaped[]): number =>
  tensors.reduce((sum, one) => sum + 1 + Math.ceil(tensorBytes(one) / CHUNK), 0);

// A header, then chunks of which the last may be short.
export function leafSize(tensors: Shaped[], leaf: bigint): number {
  let left = leaf;
  for (const tensor of tensors) {
    const count = BigInt(leafCount([tensor]));
    if (left < count) {
      if (left === 0n) return headerOf(tensor).length;
      return Math.min(CHUNK, tensorBytes(tensor) - (Number(left) - 1) * CHUNK);
    }
    left -= count;
  }
  throw malformed('a leaf beyond the state');
}

// The tensors of a whole state of so many bytes.
export function shapeFor(it: Plan, bytes: number): Shaped[] {
  if (it.tensors![0]!.dims !== null) return it.tensors as Shaped[];
  const arrays = it.tensors!.length; // train: the parameters, what the optimiser keeps, the losses
  const count = Math.floor((Math.floor(bytes / 4) - it.losses) / arrays);
  need(count > 0, 'malformed', 'a state too small for its losses');
  return [...it.tensors!.map(() => ({ dtype: 5, dims: [count] })),
    { dtype: 5, dims: [it.losses] }];
}

export function stateDigest(tensors: Shaped[], data: Uint8Array): Uint8Array {
  need(data.length === tensors.reduce((sum, one) => sum + tensorBytes(one), 0), 'malformed',
    'a state of another size');
  const leaves: Uint8Array[] = [];
  let at = 0;
  for (const tensor of tensors) {
    leaves.push(leafHash(headerOf(tensor)));
    const end = at + tensorBytes(tensor);
    for (; at < end; at += CHUNK) {
      leaves.push(leafHash(data.subarray(at, Math.min(at + CHUNK, end))));
    }
    at = end;
  }
  return rootOf(leaves);
}

// The leaves of a state that hold this row.
function rowLeaves(it: Plan, row: number): number[] {
  const found: number[] = [];
  let before = 0;
  for (const tensor of it.tensors as Shaped[]) {
    if (tensor.dims[0] === it.rows && it.rows > 0) {
      const width = Math.floor(tensorBytes(tensor) / it.rows);
      const last = Math.floor(((row + 1) * width - 1) / CHUNK);
      for (let one = Math.floor(row * width / CHUNK); one <= last; one++) {
        found.push(before + 1 + one);
      }
    }
    before += leafCount([tensor]);
  }
  return found;
}

// The bricks that a check of one brick reads in the state before.
function neighbours(it: Plan, row: number): number[] {
  const [depth, height, width] = it.grid as [number, number, number];
  const around = (at: number, size: number): number[] => {
    if (2 * it.halo + 1 >= size) return Array.from({ length: size }, (_, one) => one);
    return Array.from({ length: 2 * it.halo + 1 },
      (_, one) => (at + size - it.halo + one) % size);
  };
  const zs = around(Math.floor(row / (height * width)), depth);
  const ys = around(Math.floor(row / width) % height, height);
  const xs = around(row % width, width);
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x) => (z * height + y) * width + x)));
}

const stateBytes = (it: Plan): number =>
  9 + (it.tensors as Shaped[]).reduce((sum, one) => sum + tensorBytes(one), 0);

// How many single rows of single steps an audit of this depth looks at.
export function pairsAt(it: Plan, depth: Depth): number {
  const all = it.steps * it.rows;
  if (it.reach === 'none') return 0;
  if (it.reach === 'same_row') return Math.min(depth.micro, all);
  let count = Math.min(it.steps * Math.min(Math.max(depth.rows, 1), it.rows), PAIRS_MAX);
  if (it.reach === 'neighbours') {
    const reached = product(it.grid.map((size) => Math.min(2 * it.halo + 1, size)));
    const row = Math.floor(stateBytes(it) / it.rows);
    count = Math.min(count, Math.max(Math.floor(all / (4 * reached)),
      Math.floor((8 << 20) / Math.max(1, reached * row)), 1));
  }
  return Math.min(count, all);
}

// Would so many leaves, with their paths, take more bytes than the state?
function isSmallerWhole(it: Plan, leaves: number): boolean {
  const path = leafCount(it.tensors as Shaped[]).toString(2).length;
  return leaves * (18 + path * 32 + CHUNK - 32) > stateBytes(it) + CHUNK;
}

export interface PartName { state: number; leaf: number | null }

// All that must be opened, in order; a leaf of null is a whole state.
export function openingParts(it: Plan, positions: number[], rows: number[],
                             pairs: number[]): PartName[] {
  if (it.shape === 'independent') return [];
  const whole = new Set(positions.flatMap((step) => [step - 1, step]));
  const followed = rows.flatMap((row) => rowLeaves(it, row));
  const single = new Map<number, Set<number>>();
  const open = (state: number, leaves: number[]): void => {
    if (!single.has(state)) single.set(state, new Set());
    for (const leaf of leaves) single.get(state)!.add(leaf);
  };
  for (const pair of it.shape === 'chained' ? pairs : []) {
    const before = Math.floor(pair / it.rows);
    const row = pair % it.rows;
    open(before + 1, rowLeaves(it, row));
    if (it.reach === 'same_row') open(before, rowLeaves(it, row));
    else if (it.reach === 'whole_state') whole.add(before);
    else if (it.reach === 'neighbours') {
      for (const one of neighbours(it, row)) open(before, rowLeaves(it, one));
    }
  }
  const parts: PartName[] = [];
  for (let state = 1; state <= it.steps; state++) {
    const leaves = new Set([...followed, ...(single.get(state) ?? [])]);
    if (it.shape === 'appended' || whole.has(state)
      || (it.reach === 'neighbours' && isSmallerWhole(it, leaves.size))) {
      parts.push({ state, leaf: null });
    } else {
      for (const leaf of [...leaves].sort((a, b) => a - b)) parts.push({ state, leaf });
    }
  }
  return parts;
}

