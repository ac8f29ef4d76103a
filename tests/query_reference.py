"""The query language of reputation/query/GRAMMAR.md in Python: regular expressions for its words,
and the fields as the document lists them. Needs Python 3 and nothing else."""
import decimal
import pathlib
import re

GRAMMAR = pathlib.Path(__file__).resolve().parent.parent / "reputation" / "query" / "GRAMMAR.md"
LEVELS = ["entry", "low", "medium", "high", "ultra-high"]
WORD = re.compile(r"[A-Za-z0-9_\-./:@+]*")
STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){0,128})"')
ORDERED = ("=", "!=", "<", "<=", ">", ">=", "in", "notin")
OPERATORS = {"number": ORDERED, "level": ORDERED, "text": ("=", "!=", "in", "notin"),
             "flag": ("=", "!=")}
FIELDS = {}
for _name, _kind, _most in re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]*\| ?(\d*) ?\|",
                                      GRAMMAR.read_text(), re.M):
    FIELDS[_name] = (_kind, int(_most or 0))


class Wrong(Exception):
    """args[0]: the character, from 1, at which something else was expected"""


def value_of(field, word):
    """The value in millionths, as a place, a flag or a text; None: it is not one."""
    kind, most = FIELDS[field]
    if kind == "text":
        return word
    if kind == "flag":
        return {"true": True, "false": False}.get(word)
    if kind == "level":
        return LEVELS.index(word) if word in LEVELS else None
    if not re.fullmatch(r"[0-9]+(\.[0-9]{1,6})?", word):
        return None
    with decimal.localcontext() as context:
        context.prec = 200
        value = decimal.Decimal(word) * 1000000
    return int(value) if value <= most * 1000000 else None


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    def spaces(self):
        while self.text[self.at:self.at + 1] == " ":
            self.at += 1

    def take(self, pattern):
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def item(self, field, ranges):
        start = self.at
        if FIELDS[field][0] == "text" and self.text[start:start + 1] == '"':
            found = self.take(STRING)
            if not found:
                raise Wrong(None)
            text = re.sub(r"\\(.)", r"\1", found[1])
            return text, text
        word = self.take(WORD)[0]
        if FIELDS[field][0] in ("number", "level") and ".." in word:
            low, high = (value_of(field, w) for w in word.split("..", 1))
            if not ranges or low is None or high is None or low > high:
                raise Wrong(start + 1)
            return low, high
        value = value_of(field, word)
        if not word or value is None:
            raise Wrong(start + 1)
        return value, value

    def condition(self):
        start = self.at
        name = self.take(r"[A-Za-z][A-Za-z0-9_]*")
        if not name or name[0] not in FIELDS:
            raise Wrong(start + 1)
        field = name[0]
        self.spaces()
        start = self.at
        op = self.take(r"!=|<=|>=|=|<|>") or self.take(r"[A-Za-z][A-Za-z0-9_]*")
        if not op or op[0] not in OPERATORS[FIELDS[field][0]]:
            raise Wrong(start + 1)
        op = op[0]
        self.spaces()
        if op in ("in", "notin"):
            items = self.items(field)
        elif op == "=" and WORD.match(self.text, self.at)[0] == "any":
            self.take("any")
            items = None
        else:
            items = [self.item(field, op in ("=", "!="))]
        if self.text[self.at:self.at + 1] not in ("", " "):
            raise Wrong(self.at + 1)
        return field, op, items

    def items(self, field):
        if not self.take(r"\["):
            raise Wrong(self.at + 1)
        items = []
        while True:
            self.spaces()
            items.append(self.item(field, True))
            self.spaces()
            if not self.take(","):
                break
        if not self.take(r"\]"):
            raise Wrong(self.at + 1)
        return items

    def query(self):
        conditions = []
        self.spaces()
        while self.at < len(self.text):
            conditions.append(self.condition())
            self.spaces()
        return conditions


def text_of(field, value):
    kind = FIELDS[field][0]
    if kind == "number":
        whole, rest = divmod(value, 1000000)
        return f"{whole}.{rest:06}".rstrip("0").rstrip(".")
    if kind == "level":
        return LEVELS[value]
    if kind == "flag":
        return str(value).lower()
    if value != "any" and value and WORD.fullmatch(value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def canonical(conditions):
    parts = []
    for field, op, items in conditions:
        if items is None:
            parts.append(f"{field}=any")
            continue
        texts = [text_of(field, a) if a == b else f"{text_of(field, a)}..{text_of(field, b)}"
                 for a, b in items]
        listed = op in ("in", "notin")
        parts.append(f"{field} {op} [{','.join(texts)}]" if listed else f"{field}{op}{texts[0]}")
    return " ".join(parts)


def passes(conditions, row):
    """row: values by field; what is not known is not in it"""
    def fold(value):
        return value.lower() if isinstance(value, str) else value

    for field, op, items in conditions:
        if items is None:
            continue
        if field not in row:
            return False
        value = fold(row[field])
        inside = any(fold(a) <= value <= fold(b) for a, b in items)
        low = fold(items[0][0])
        if not {"=": inside, "in": inside, "!=": not inside, "notin": not inside,
                "<": value < low, "<=": value <= low, ">": value > low,
                ">=": value >= low}[op]:
            return False
    return True
