"""What an order says about the shape of its job, without computing any of it: FORMAT.md "What a
draw needs of a workload". And the digests and leaves of states of such a shape."""
import dataclasses
import math

import merkle
import statements
from base import malformed, need

CHUNK = 1024
WIDTH = {1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 1}  # bytes of an s8, s16, s32, s64, f32, u8
PAIRS_MAX = statements.PAIRS_MAX


@dataclasses.dataclass
class Plan:
    shape: str  # independent, chained, appended
    steps: int
    reach: str = "none"  # same_row, neighbours, whole_state, history
    rows: int = 0
    columns: int = 0
    tensors: list = None  # (dtype, dims) of a state; None: this checker cannot tell
    grid: tuple = ()
    halo: int = 0
    losses: int = 0  # train: of all its optimiser steps


def _number(parameters, name, high, default=None):
    value = parameters.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= high:
        raise malformed(f"parameters: {name}")
    return value


def _gemm(p, order, attestation):
    rows, cols = _number(p, "rows", 2**26), _number(p, "cols", 131072)
    return Plan("chained", _number(p, "steps", 4096), "same_row", rows, cols,
                [(1, (rows, cols)), (3, (rows, 2))])


def _render(p, order, attestation):
    across, down = ((_number(p, name, 2**16) + 63) // 64 for name in ("width", "height"))
    need(across * down <= 4096, "malformed", "parameters: more than 4096 tiles")
    return Plan("independent", across * down)


def _simulate(p, order, attestation):
    steps = _number(p, "steps", 4096)
    if p.get("system") == "bodies":
        blocks = _number(p, "bodies", 65536) // 64
        return Plan("chained", steps, "whole_state", blocks, 0, [(4, (blocks, 6, 64))])
    size = p.get("size")
    need(isinstance(size, list) and len(size) == 3 and
         all(isinstance(one, int) and 4 <= one <= 4096 for one in size), "malformed", "size")
    grid = tuple(one // 4 for one in reversed(size))
    halo = (_number(p, "steps_per_commit", 64, 48) + 3) // 4
    bricks = math.prod(grid)
    return Plan("chained", steps, "neighbours", bricks, 0, [(3, (bricks, 19, 64))], grid, halo)


def _train(p, order, attestation):
    """The number of parameters of the model follows from the size of a state: see whole()."""
    arrays = {"adam": 3, "momentum": 2, "sgd": 1}.get(p.get("optimizer"), 1)
    each = _number(p, "steps_per_commit", 4096, 1)
    steps = _number(p, "steps", 4096 * each)
    need(steps % each == 0, "malformed", "parameters: steps is no multiple of steps_per_commit")
    return Plan("chained", steps // each, tensors=[(5, None)] * arrays, losses=steps)


def _generate(p, order, attestation):
    """How many steps the prompts make takes the model's tokens: the attested number is taken."""
    rows = (len(order["inputs"]) - 1) * _number(p, "chunk", 4096, 32)
    need(rows > 0, "malformed", "inputs: no prompt")
    return Plan("appended", attestation["trace"]["steps"], "history", rows)


def plan_of(order, attestation):
    known = {"gemm": _gemm, "render": _render, "simulate": _simulate, "train": _train,
             "generate": _generate}
    need(order["workload"] in known and order["version"] == 1, "malformed", "an unknown workload")
    return known[order["workload"]](order["parameters"], order, attestation)


def tensor_bytes(tensor):
    return WIDTH[tensor[0]] * math.prod(tensor[1])


def header(tensor):
    dtype, dims = tensor
    return bytes([dtype, len(dims)]) + b"".join(one.to_bytes(8, "little") for one in dims)


def leaf_sizes(tensor):
    """A header, then chunks of which the last may be short."""
    size = tensor_bytes(tensor)
    return [len(header(tensor))] + [min(CHUNK, size - at) for at in range(0, size, CHUNK)]


def leaf_count(tensors):
    return sum(1 + (tensor_bytes(one) + CHUNK - 1) // CHUNK for one in tensors)


def leaf_size(tensors, leaf):
    for tensor in tensors:
        count = leaf_count([tensor])
        if leaf < count:
            size = tensor_bytes(tensor)
            return len(header(tensor)) if leaf == 0 else min(CHUNK, size - (leaf - 1) * CHUNK)
        leaf -= count
    raise malformed("a leaf beyond the state")


def shape_for(plan, data_size):
    """The tensors of a whole state of so many bytes."""
    if plan.tensors is None or plan.tensors[0][1] is not None:
        return plan.tensors
    arrays = len(plan.tensors)  # train: the parameters, what the optimiser keeps, the losses
    count = (data_size // 4 - plan.losses) // arrays
    need(count > 0, "malformed", "a state too small for its losses")
    return [(5, (count,))] * arrays + [(5, (plan.losses,))]


def state_digest(tensors, data):
    need(len(data) == sum(map(tensor_bytes, tensors)), "malformed", "a state of another size")
    leaves, at = [], 0
    for tensor in tensors:
        leaves.append(merkle.leaf_hash(header(tensor)))
        for size in leaf_sizes(tensor)[1:]:
            leaves.append(merkle.leaf_hash(data[at:at + size]))
            at += size
    return merkle.root(leaves)


def row_leaves(plan, row):
    """The leaves of a state that hold this row."""
    before, found = 0, set()
    for tensor in plan.tensors:
        if tensor[1] and tensor[1][0] == plan.rows:
            width = tensor_bytes(tensor) // plan.rows
            first, last = row * width // CHUNK, ((row + 1) * width - 1) // CHUNK
            found |= set(range(before + 1 + first, before + 2 + last))
        before += leaf_count([tensor])
    return found


def neighbours(plan, row):
    """The bricks that a check of one brick reads in the state before."""
    z_size, y_size, x_size = plan.grid

    def around(at, size):
        if 2 * plan.halo + 1 >= size:
            return range(size)
        return [(at + size - plan.halo + i) % size for i in range(2 * plan.halo + 1)]

    return [(z * y_size + y) * x_size + x
            for z in around(row // (y_size * x_size), z_size)
            for y in around(row // x_size % y_size, y_size)
            for x in around(row % x_size, x_size)]


def rows_reached(plan):
    return math.prod(min(2 * plan.halo + 1, size) for size in plan.grid)


def pair_count(plan):
    return plan.steps * plan.rows


def pairs_at(plan, depth):
    """How many single rows of single steps an audit of this depth looks at."""
    if plan.reach == "none":
        return 0
    if plan.reach == "same_row":
        return min(depth["micro"], pair_count(plan))
    count = min(plan.steps * min(max(depth["rows"], 1), plan.rows), PAIRS_MAX)
    if plan.reach == "neighbours":
        reached, state = rows_reached(plan), 9 + sum(map(tensor_bytes, plan.tensors))
        count = min(count, max(pair_count(plan) // (4 * reached),
                               (8 << 20) // max(1, reached * (state // plan.rows)), 1))
    return min(count, pair_count(plan))


def _is_smaller_whole(plan, leaves):
    """Would so many leaves, with their paths, take more bytes than the state?"""
    path = leaf_count(plan.tensors).bit_length()
    leaf = 18 + path * 32 + CHUNK - 32
    return leaves * leaf > 9 + sum(map(tensor_bytes, plan.tensors)) + CHUNK


def opening_parts(plan, positions, rows, pairs):
    """(state, leaf) of all that must be opened, in order; leaf is None for a whole state."""
    if plan.shape == "independent":
        return []
    whole = {state for step in positions for state in (step - 1, step)}
    followed = set().union(*(row_leaves(plan, row) for row in rows))
    single = {}
    for pair in pairs if plan.shape == "chained" else []:
        before, row = divmod(pair, plan.rows)
        single.setdefault(before + 1, set()).update(row_leaves(plan, row))
        if plan.reach == "same_row":
            single.setdefault(before, set()).update(row_leaves(plan, row))
        elif plan.reach == "whole_state":
            whole.add(before)
        elif plan.reach == "neighbours":
            for one in neighbours(plan, row):
                single.setdefault(before, set()).update(row_leaves(plan, one))
    parts = []
    for state in range(1, plan.steps + 1):
        leaves = followed | single.get(state, set())
        if (plan.shape == "appended" or state in whole or
                (plan.reach == "neighbours" and _is_smaller_whole(plan, len(leaves)))):
            parts.append((state, None))
        else:
            parts += [(state, leaf) for leaf in sorted(leaves)]
    return parts
