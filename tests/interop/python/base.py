"""What every module of this checker needs: how it says no, and the text spellings of bytes and
numbers. Written from core/wire/FORMAT.md and the C2SP specifications; shares no code with Assay."""
import base64
import hashlib
import re
import struct

EXIT = {"ok": 0, "usage": 2, "not_found": 3, "network": 5, "conflict": 7, "malformed": 8,
        "signature": 10, "no_evidence": 11, "proof": 12, "unbound": 13, "mismatch": 14,
        "inconclusive": 15, "stale": 16, "equivocation": 20}
U64_MAX = 2**64 - 1


class Wrong(Exception):
    """Something does not hold: a code of the table above, and what for a person."""

    def __init__(self, code, what):
        super().__init__(what)
        self.code = code


def need(holds, code, what):
    if not holds:
        raise Wrong(code, what)


def malformed(what):
    return Wrong("malformed", what)


def sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def u32(number):
    return struct.pack(">I", number)


def u64(number):
    return struct.pack(">Q", number)


def from_hex(text, size=None):
    if not re.fullmatch("(?:[0-9a-f]{2})*", text) or (size is not None and len(text) != 2 * size):
        raise malformed(f"not {size or ''} bytes in lower-case hex")
    return bytes.fromhex(text)


def b64(data):
    return base64.b64encode(data).decode()


def from_b64(text):
    """The one canonical spelling."""
    data = from_any_b64(text)
    need(b64(data) == text, "malformed", "base64 is not in its canonical spelling")
    return data


def from_any_b64(text):
    """Either alphabet, with or without padding; no loose bits."""
    digits = text
    if len(text) % 4 == 0:
        digits = text[:-2] + text[-2:].rstrip("=")
    if len(digits) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9+/_-]*", digits):
        raise malformed("not base64")
    data = base64.urlsafe_b64decode(digits.replace("+", "-").replace("/", "_") + "=" *
                                    (-len(digits) % 4))
    spelled = base64.urlsafe_b64encode(data).decode().rstrip("=")
    need(spelled == digits.replace("+", "-").replace("/", "_"), "malformed",
         "base64 with loose bits at its end")
    return data


def parse_u64(text):
    if not re.fullmatch("0|[1-9][0-9]{0,19}", text) or int(text) > U64_MAX:
        raise malformed("not a decimal number of 64 bits")
    return int(text)


def utf8(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("not UTF-8") from None


class Reader:
    """Takes fields off the front of bytes and never past their end."""

    def __init__(self, data):
        self.data = memoryview(data)
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if count > self.left():
            raise malformed("cut short")
        self.at += count
        return bytes(self.data[self.at - count:self.at])

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def end(self):
        need(self.left() == 0, "malformed", "bytes after the end")
