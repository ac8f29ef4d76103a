"""C2SP tlog-proof and tlog-tiles, and the log leaf."""
import dataclasses
import re

import curve
import merkle
import notes
from base import Reader, from_b64, need, parse_u64, sha256, utf8

TILE = 256
PAYLOAD_TYPE = b"application/vnd.in-toto+json"
PAYLOAD_MAX = 65393


@dataclasses.dataclass
class Proof:
    index: int
    path: list
    checkpoint: bytes  # a signed note
    extra: bytes = None


def parse_proof(data):
    text = utf8(data)
    lines = text.split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) > 1, "malformed",
         "proof: another first line")
    at, extra = 1, None
    if lines[at].startswith("extra "):
        extra = from_b64(lines[at][len("extra "):])
        need(1 <= len(extra) <= 0xFFFF, "malformed", "proof: extra: empty or too large")
        at += 1
    need(at + 1 < len(lines) and lines[at].startswith("index "), "malformed", "proof: no index")
    index = parse_u64(lines[at][len("index "):])
    path = []
    for at in range(at + 1, len(lines)):
        if lines[at] == "":
            break
        path.append(from_b64(lines[at]))
        need(len(path[-1]) == 32 and len(path) <= 64, "malformed", "proof: path")
    need(lines[at] == "" and at + 1 < len(lines), "malformed", "proof: no blank line")
    checkpoint = "\n".join(lines[at + 1:]).encode()
    notes.parse_note(checkpoint)
    return Proof(index, path, checkpoint, extra)


@dataclasses.dataclass
class Leaf:
    kind: int  # 1 inline statement, 2 detached, 3 evidence
    time: int
    signer: bytes
    pae_digest: bytes
    signature: bytes
    payload: bytes

    def dedup(self):
        return sha256(self.signer, self.pae_digest)


def pae(payload, payload_type=PAYLOAD_TYPE):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type, len(payload), payload)


def parse_leaf(data):
    read = Reader(data)
    version, kind = read.number(1), read.number(1)
    leaf = Leaf(kind, read.number(8), read.take(32), read.take(32), read.take(64), b"")
    length = read.number(4)
    need(version == 1 and 1 <= kind <= 3, "malformed", "leaf: unknown version or kind")
    need(length == read.left(), "malformed", "leaf: another payload length")
    leaf.payload = read.take(length)
    need(leaf.time <= 2**53, "malformed", "leaf: time beyond 2^53")
    if kind == 1:
        need(length <= PAYLOAD_MAX, "malformed", "leaf: payload too large")
        need(sha256(pae(leaf.payload)) == leaf.pae_digest, "malformed", "leaf: another PAE digest")
    else:
        need(length == 0, "malformed", "leaf: only inline statements have a payload")
    return leaf


def verify_leaf(leaf):
    need(leaf.kind == 1, "no_evidence", "leaf: the statement is not in it")
    need(curve.verify(leaf.signer, pae(leaf.payload), leaf.signature), "signature",
         "leaf: not signed by its signer")


def tile_path(level, index, width=TILE):
    """level: a number or "entries"."""
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < TILE else "")


def parse_tile_path(text):
    found = re.fullmatch(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*)([0-9]{3})"
                         r"(?:\.p/([0-9]{1,3}))?", text)
    need(found and len(text) <= 64, "malformed", "tile path")
    level = found.group(1) if found.group(1) == "entries" else int(found.group(1))
    index = int(found.group(2).replace("x", "").replace("/", "") + found.group(3))
    width = int(found.group(4)) if found.group(4) else TILE
    need(level == "entries" or level <= 63, "malformed", "tile path: level")
    need(1 <= width and index < 2**64 and tile_path(level, index, width) == text, "malformed",
         "tile path: not spelled as tlog-tiles says")
    return level, index, width


def tile_width(level, index, size):
    hashes = size >> (8 * level) if level < 8 else 0
    return min(TILE, max(0, hashes - index * TILE))


def parse_tile(data, width):
    need(len(data) == 32 * width, "malformed", f"tile: not {width} hashes")
    return [data[i:i + 32] for i in range(0, len(data), 32)]


def parse_bundle(data, width):
    read, entries = Reader(data), []
    for _ in range(width):
        entries.append(read.take(read.number(2)))
    read.end()
    return entries


class Tiles:
    """The complete subtrees of a log of `size` leaves. fetch(path) gives a file's bytes."""

    def __init__(self, size, fetch):
        self.size, self.fetch, self.cache = size, fetch, {}

    def hashes(self, level, index):
        if (level, index) not in self.cache:
            width = tile_width(level, index, self.size)
            need(width > 0, "proof", "a tile that the log does not have")
            data = self.fetch(tile_path(level, index, width))
            self.cache[level, index] = parse_tile(data, width)
        return self.cache[level, index]

    def root(self):
        """Of all leaves. Every tile of a higher level is held against those below it."""
        if self.size == 0:
            return merkle.EMPTY
        leaves = []
        for index in range((self.size + TILE - 1) // TILE):
            leaves += self.hashes(0, index)
        level, below = 1, leaves
        while len(below) >= TILE:
            full = [merkle.root(below[i:i + TILE])
                    for i in range(0, len(below) - TILE + 1, TILE)]
            for index in range((len(full) + TILE - 1) // TILE):
                need(self.hashes(level, index) == full[index * TILE:(index + 1) * TILE], "proof",
                     "a tile does not follow from those below it")
            level, below = level + 1, full
        return merkle.root(leaves)


def check_files(size, root, fetch):
    """All tiles and bundles of a log against its root. Gives (index, entry) of every leaf."""
    tiles = Tiles(size, fetch)
    need(tiles.root() == root, "proof", "the tiles do not give the root")
    for index in range((size + TILE - 1) // TILE):
        width = tile_width(0, index, size)
        entries = parse_bundle(fetch(tile_path("entries", index, width)), width)
        need(list(map(merkle.leaf_hash, entries)) == tiles.hashes(0, index), "proof",
             f"bundle {index}: an entry that is not what its tile commits to")
        yield from enumerate(entries, index * TILE)
