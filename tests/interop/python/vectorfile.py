"""Reads the scenarios of vectors/<folder>/, in the format of vectors/README.md."""
import base64
import pathlib
import re

from base import malformed


class Vector:
    def __init__(self, path, keys):
        self.path, self.fields = path, {}
        lines = path.read_bytes().decode().split("\n")
        where = f"# vectors/{path.parent.name}/{path.name}"
        if lines[0] != where or lines[-1] != "":
            raise ValueError(f"{path}: does not begin with its path, or does not end")
        for line in lines[1:-1]:
            if line.startswith("#"):
                continue
            found = re.fullmatch("([a-z0-9_]+):(?: (.*))?", line, re.DOTALL)
            if not found or found.group(1) not in (*keys, "expect", "note", "source"):
                raise ValueError(f"{path}: a line that is not understood: {line[:60]}")
            self.fields.setdefault(found.group(1), []).append(found.group(2) or "")
        self.expect = self.text("expect")

    def has(self, key):
        return key in self.fields

    def text(self, key):
        values = self.fields.get(key, [])
        if len(values) != 1:
            raise ValueError(f"{self.path}: not one {key}")
        return values[0]

    def all(self, key):
        return self.fields.get(key, [])

    def bytes(self, key):
        return bytes.fromhex(self.text(key))

    def number(self, key):
        return int(self.text(key))

    def body(self):
        """The bytes that `hex` or the `line`s stand for."""
        if self.has("hex"):
            return self.bytes("hex")
        return "".join(line + "\n" for line in self.all("line")).encode()

    def patched(self, folder):
        """A file of vectors/bases/ with its `patch`es: offset, bytes taken out, base64 put in."""
        base = (folder / self.text("base")).read_bytes()
        out, at = [], 0
        for patch in self.all("patch"):
            offset, length, data = patch.split(" ")
            if int(offset) < at:
                raise malformed("patches that overlap")
            out += [base[at:int(offset)], base64.b64decode(data)]
            at = int(offset) + int(length)
        return b"".join(out) + base[at:]


def load(root, folder, keys, at_least):
    paths = sorted((pathlib.Path(root) / folder).glob("*.txt"))
    if len(paths) < at_least:
        raise ValueError(f"{folder}: {len(paths)} scenarios where {at_least} are expected")
    return [Vector(path, keys) for path in paths]
