"""JSON as Assay reads it: UTF-8, one value, no duplicate keys, no fractions, integers of 64 bits,
a cap on nesting. The json module of the standard library is more generous in each of these."""
import re

from base import malformed, utf8

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


class _Parser:
    def __init__(self, text, depth_max, values_max):
        self.text, self.at = text, 0
        self.depth_left, self.values_left = depth_max, values_max

    def fail(self, what):
        return malformed(f"not JSON at character {self.at}: {what}")

    def space(self):
        self.at = _SPACE.match(self.text, self.at).end()
        return self.text[self.at:self.at + 1]

    def value(self):
        self.values_left -= 1
        if self.values_left < 0:
            raise self.fail("too many values")
        first = self.space()
        if first == "{" or first == "[":
            return self.container(first)
        if first == '"':
            return self.string()
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        return self.number()

    def number(self):
        found = _NUMBER.match(self.text, self.at)
        if not found:
            raise self.fail("no value")
        if found.group(1) or found.group(2):
            raise self.fail("a fraction or an exponent")
        number = int(found.group()) if len(found.group()) < 24 else 2**70
        if not -2**63 <= number < 2**64:
            raise self.fail("an integer beyond 64 bits")
        self.at = found.end()
        return number

    def string(self):
        self.at += 1
        pieces = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            pieces.append(plain.group())
            self.at = plain.end()
            last = self.text[self.at:self.at + 1]
            self.at += 1
            if last == '"':
                return "".join(pieces)
            if last != "\\":
                raise self.fail("a string that does not end, or a control character")
            letter = self.text[self.at:self.at + 1]
            self.at += 1
            pieces.append(_ESCAPES[letter] if letter in _ESCAPES else self.escaped(letter))

    def unit(self):
        digits = self.text[self.at:self.at + 4]
        if not re.fullmatch("[0-9a-fA-F]{4}", digits):
            raise self.fail("not four hex digits")
        self.at += 4
        return int(digits, 16)

    def escaped(self, letter):
        if letter != "u":
            raise self.fail("an unknown escape")
        unit = self.unit()
        if 0xDC00 <= unit < 0xE000:
            raise self.fail("half a surrogate pair")
        if 0xD800 <= unit < 0xDC00:
            if self.text[self.at:self.at + 2] != "\\u":
                raise self.fail("half a surrogate pair")
            self.at += 2
            low = self.unit()
            if not 0xDC00 <= low < 0xE000:
                raise self.fail("half a surrogate pair")
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        return chr(unit)

    def container(self, opening):
        self.depth_left -= 1
        if self.depth_left < 0:
            raise self.fail("nesting too deep")
        self.at += 1
        closing, items = ("}", {}) if opening == "{" else ("]", [])
        if self.space() != closing:
            while True:
                if opening == "{":
                    self.member(items)
                else:
                    items.append(self.value())
                if self.space() != ",":
                    break
                self.at += 1
        if self.space() != closing:
            raise self.fail("an object or array that does not end")
        self.at += 1
        self.depth_left += 1
        return items

    def member(self, items):
        if self.space() != '"':
            raise self.fail("a member without a name")
        name = self.string()
        if name in items:
            raise self.fail("a second member of one name")
        if self.space() != ":":
            raise self.fail("no colon")
        self.at += 1
        items[name] = self.value()


def parse(data, bytes_max=1 << 20, depth_max=32, values_max=1 << 17):
    """data: bytes. Objects become dicts in the order of their members."""
    if len(data) > bytes_max:
        raise malformed("larger than may be read")
    if data.startswith(b"\xef\xbb\xbf"):
        raise malformed("a byte order mark")
    parser = _Parser(utf8(data), depth_max, values_max)
    result = parser.value()
    if parser.space():
        raise parser.fail("something after the value")
    return result


_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
          "\t": "\\t"}
_ODD = re.compile('["\\\\\x00-\x1f]')


def dump(value):
    """The one spelling: members in order, no spaces, escapes only where they must be."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escape = lambda odd: _SHORT.get(odd.group(), f"\\u{ord(odd.group()):04x}")
        return '"' + _ODD.sub(escape, value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(dump(one) for one in value) + "]"
    return "{" + ",".join(dump(k) + ":" + dump(v) for k, v in value.items()) + "}"
