"""RFC 6962 and RFC 9162: roots, inclusion and consistency, with exact path lengths."""
from base import need, sha256

EMPTY = sha256(b"")


def leaf_hash(data):
    return sha256(b"\x00", data)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def root(hashes):
    """Of leaf hashes. A subtree is closed as soon as it is full, so that nothing recurses."""
    full = []  # (leaves, hash), each larger than the next
    for one in hashes:
        full.append((1, one))
        while len(full) > 1 and full[-1][0] == full[-2][0]:
            (_, right), (count, left) = full.pop(), full.pop()
            full.append((2 * count, node_hash(left, right)))
    if not full:
        return EMPTY
    result = full.pop()[1]
    while full:
        result = node_hash(full.pop()[1], result)
    return result


def check_inclusion(leaf, index, size, path, expected):
    """RFC 9162, 2.1.3.2."""
    need(index < size, "proof", "the index is not below the size")
    fn, sn, result = index, size - 1, leaf
    for hash_ in path:
        need(sn != 0, "proof", "the path is too long")
        if fn & 1 or fn == sn:
            result = node_hash(hash_, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, hash_)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "proof", "the path is too short")
    need(result == expected, "proof", "the path does not lead to the root")


def check_consistency(old_size, old_root, size, new_root, path):
    """RFC 9162, 2.1.4.2."""
    need(old_size <= size, "proof", "the log shrank")
    if old_size == size or old_size == 0:
        need(not path, "proof", "a path where none is due")
        due = new_root if old_size == size else EMPTY
        need(old_root == due, "proof", "two roots of one size")
        if size == 0:
            need(new_root == EMPTY, "proof", "the empty tree has another root")
        return
    path = list(path)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    need(path, "proof", "the path is too short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for hash_ in path[1:]:
        need(sn != 0, "proof", "the path is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(hash_, fr), node_hash(hash_, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, hash_)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "proof", "the path is too short")
    need(fr == old_root and sr == new_root, "proof", "the path does not lead to both roots")
