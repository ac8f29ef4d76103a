"""Byte pair encoding as the plainest of programs, for vectors: real regular expressions, and
every merge found by searching the whole list. Shares no code or table with core/compute/generate.
Also trains the small tokenizers that the vectors and the tiny models have."""
import json
import re
import unicodedata

CORPUS = """The quick brown fox jumps over the lazy dog. It's the dog's, they'll say; we've 1234 of
them and I'm sure you're not. THE ANSWER IS 42! A transformer reads tokens, writes tokens.
def forward(self, x):\n    return self.norm(x) + 0.5  # a comment\n\nnaïve café über façade größer
Привет, мир. こんにちは世界 你好 ñandú €100 the then there these other another mother further."""

WHITE = "\\t-\\r\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
MARK = "\u2581"


def members(major):
    """The inside of a [] with all code points of a category."""
    out, first = [], None
    for point in range(0x110001):
        inside = point < 0x110000 and unicodedata.category(chr(point))[0] == major
        if inside and first is None:
            first = point
        elif not inside and first is not None:
            out.append(f"\\U{first:08x}-\\U{point - 1:08x}")
            first = None
    return "".join(out)


LETTERS, NUMBERS = members("L"), members("N")


def compiled(pattern):
    """The same in Python's dialect: classes spelt out, inside and outside of []."""
    out, inside, i = "", False, 0
    while i < len(pattern):
        for short, long in (("\\p{L}", LETTERS), ("\\p{N}", NUMBERS), ("\\s", WHITE)):
            if pattern.startswith(short, i):
                out += long if inside else f"[{long}]"
                i += len(short)
                break
        else:
            if pattern.startswith("\\S", i):
                out += f"[^{WHITE}]"
                i += 2
                continue
            inside = pattern[i] == "[" or (inside and pattern[i] != "]")
            out += pattern[i]
            i += 1
    return re.compile(out)


def byte_alphabet():
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in shown]
    return {**{b: chr(b) for b in shown}, **{b: chr(256 + n) for n, b in enumerate(rest)}}


ALPHABET = byte_alphabet()


def train(words, count):
    """Merges, the most frequent pair first; of several the first by its text."""
    words, merges = [list(w) for w in words], []
    while len(merges) < count:
        pairs = {}
        for word in words:
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + 1
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        words = [merged(word, best) for word in words]
    return merges


def merged(word, pair):
    out, i = [], 0
    while i < len(word):
        both = tuple(word[i:i + 2]) == pair
        out.append("".join(pair) if both else word[i])
        i += 2 if both else 1
    return out


def apply_merges(symbols, ranks):
    """One merge at a time: the lowest rank, the leftmost."""
    while True:
        found = [(ranks[p], i) for i, p in enumerate(zip(symbols, symbols[1:])) if p in ranks]
        if not found:
            return symbols
        _, i = min(found)
        symbols = symbols[:i] + [symbols[i] + symbols[i + 1]] + symbols[i + 2:]


def added(first, contents):
    return [{"id": first + n, "content": c, "single_word": False, "lstrip": False,
             "rstrip": False, "normalized": False, "special": True}
            for n, c in enumerate(contents)]


def byte_level(pattern, merges, specials, pairs=False, whole=False, begin=None, vocabulary=()):
    """A tokenizer.json; pattern None is ByteLevel's own."""
    words = ["".join(ALPHABET[b] for b in w.encode())
             for w in compiled(pattern or GPT2).findall(CORPUS)]
    ranked = train(words, merges)
    tokens = [ALPHABET[b] for b in range(256)] + ["".join(p) for p in ranked] + list(vocabulary)
    byte = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
            "use_regex": pattern is None}
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated",
             "invert": False}
    post = {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": begin, "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}}]}
    return {"version": "1.0", "added_tokens": added(len(tokens), specials), "normalizer": None,
            "pre_tokenizer": byte if pattern is None else
            {"type": "Sequence", "pretokenizers": [split, byte]},
            "post_processor": {"type": "Sequence", "processors": [byte, post]} if begin else byte,
            "decoder": byte,
            "model": {"type": "BPE", "dropout": None, "unk_token": None,
                      "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": False, "byte_fallback": False, "ignore_merges": whole,
                      "vocab": {t: n for n, t in enumerate(tokens)},
                      "merges": [list(p) if pairs else " ".join(p) for p in ranked]}}


def sentence_piece(merges, metaspace=None):
    """A tokenizer.json of Llama 2's kind, or with a Metaspace of that prepend_scheme."""
    words = [MARK + w for w in CORPUS.split()]
    ranked = train(words, merges)
    chars = sorted(set("".join(words)) - set("世界"))
    tokens = (["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + chars +
              ["".join(p) for p in ranked])
    space = {"String": " "}
    return {"version": "1.0", "added_tokens": added(0, tokens[:3]),
            "normalizer": None if metaspace else {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": MARK},
                {"type": "Replace", "pattern": space, "content": MARK}]},
            "pre_tokenizer": {"type": "Metaspace", "replacement": MARK, "split": False,
                              "prepend_scheme": metaspace} if metaspace else None,
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}}]},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": MARK}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                      "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": True, "byte_fallback": True,
                      "vocab": {t: n for n, t in enumerate(tokens)},
                      "merges": [" ".join(p) for p in ranked]}}


def dump(tokenizer):
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))


class Reference:
    """Encodes bytes with a tokenizer.json made above."""

    def __init__(self, tokenizer):
        model = tokenizer["model"]
        self.vocab = model["vocab"]
        self.whole = model.get("ignore_merges", False)
        self.added = {t["content"].encode(): t["id"] for t in tokenizer["added_tokens"]}
        pairs = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
        self.ranks = {p: n for n, p in enumerate(pairs)}
        cut = tokenizer["pre_tokenizer"]
        self.pattern, self.space = None, None
        if tokenizer["normalizer"]:
            self.space = "each"
        elif cut["type"] == "Metaspace":
            self.space = {"first": "first", "always": "each", "never": "never"}[
                cut["prepend_scheme"]]
        elif cut["type"] == "ByteLevel":
            self.pattern = compiled(GPT2)
        else:
            self.pattern = compiled(cut["pretokenizers"][0]["pattern"]["Regex"])

    def piece(self, symbols):
        whole = "".join(symbols)
        if self.whole and whole in self.vocab:
            return [self.vocab[whole]]
        return [self.vocab[s] for s in apply_merges(symbols, self.ranks)]

    def stretch(self, data, space):
        if not data:
            return []
        text = data.decode("utf-8", "surrogateescape")
        if self.pattern:
            return [i for w in self.pattern.findall(text)
                    for i in self.piece([ALPHABET[b] for b in
                                         w.encode("utf-8", "surrogateescape")])]
        symbols = [MARK] if space else []
        for char in text:
            if char == " ":
                symbols.append(MARK)
            elif char in self.vocab and char != MARK:
                symbols.append(char)
            else:
                symbols += [f"<0x{b:02X}>" for b in char.encode("utf-8", "surrogateescape")]
        return self.piece(symbols)

    def encode(self, data, added_tokens=False, continues=False):
        space = self.space in ("first", "each") and not continues
        parts = [data]
        if added_tokens:
            longest = sorted(self.added, key=len, reverse=True)
            parts = re.split(b"(" + b"|".join(re.escape(t) for t in longest) + b")", data)
        out = []
        for number, part in enumerate(parts):
            if number % 2 == 1:
                out.append(self.added[part])
                space = self.space == "each"
            else:
                out += self.stretch(part, space)
        return out
