#!/usr/bin/env python3
"""Writes vectors/tokenizer/ from the reference in tokenizer_reference.py: small tokenizers of every
known kind and the ids of texts. --check compares."""
import pathlib
import random

import tokenizer_reference as ref
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "tokenizer"

TEXTS = [
    "", " ", "  ", "\n", "a", " a", "  a", "a  b", "a   \n\n  b", "\r\n\r\n x",
    "x \t", "\u3000\u00a0y",
    "the", " the other mother", "THE QUICK fox",
    "It's they'LL WE'VE 'tis I'M you'RE 'Dx 'Sx x'ſt 'ſ",
    "'", "''s", "'l", "'lx", "'r", "re", "1234567 12 ①½Ⅷ 3.14159", "٣٤٥", " 42", "  42", "!!!\n\n?",
    " !!\r\nx", "...\u2028\n", "\u2581", "\u2581the \u2581 \u2581\u2581", "世界", "こんにちは世界",
    "naïve café", "e\u0301\u0301 \u1112\u1161\u11ab", "👩\u200d👧 ok", "\u0000\u0001\u007f",
    "<s>", "</s> the <s>",
    "<|begin|>the<|begin|>", "<|begin|", "<|begin|>x<|beginning|>", "aaaaaaaaaaaaaaaa",
    "def f(x):\n\treturn x  # ok\n", "the\tthe\u000bthe\u000cthe\u0085the\u001cthe", "<0x41>",
    "\U0001D7D8\U0001D400 \U00010400", "\u0378 unassigned", "a\u00adb", "_x __y -z",
    "answer answering unmerged", " unmerged",
]
BROKEN = [b"\xff", b"a\xffb", b"\xe2\x96", b" \xe2\x96 \x81", b"\xed\xa0\x80", b"\xc0\x80the",
          b"\xf4\x90\x80\x80", b"the \x80\x81 other\xfe\n\xfe", bytes(range(256))]


def random_texts(seed):
    random_ = random.Random(seed)
    alphabet = "the aeot  \n\n\r\t'sldvrmTSLL0123,.!\u2581é世界①\u2028\u0301\U0001F600\u3000"
    for _ in range(40):
        yield "".join(random_.choice(alphabet) for _ in range(random_.randrange(1, 60))).encode()
    for _ in range(15):
        yield bytes(random_.randrange(256) for _ in range(random_.randrange(1, 40)))


def vector(name, note, tokenizer, seed):
    reference = ref.Reference(tokenizer)
    lines = [f"# vectors/tokenizer/{name}.txt", "expect: ok", f"note: {note}",
             f"tokenizer: {ref.dump(tokenizer)}"]
    texts = [t.encode() for t in TEXTS] + BROKEN + list(random_texts(seed))
    for text in texts:
        for flags in ("-", "a", "c"):
            if flags == "a" and b"<" not in text:
                continue
            if flags == "c" and (reference.pattern or len(text) > 24):
                continue
            ids = reference.encode(text, flags == "a", flags == "c")
            lines.append(f"case: {flags} {text.hex() or '-'} {','.join(map(str, ids)) or '-'}")
    return {FOLDER / f"{name}.txt": ("\n".join(lines) + "\n").encode()}


specials = ["<|begin|>", "<|end|>", "<|beginning|>"]
files = {
    **vector("gpt2", "ByteLevel with its own pattern", ref.byte_level(None, 90, specials), 1),
    **vector("llama3", "merges as pairs, whole words without merges, a token before the text",
             ref.byte_level(ref.LLAMA3, 100, specials, pairs=True, whole=True, begin="<|begin|>",
                            vocabulary=["answer", "\u0120unmerged"]), 2),
    **vector("qwen2", "single digits", ref.byte_level(ref.QWEN2, 80, specials), 3),
    **vector("llama2", "Prepend and Replace", ref.sentence_piece(90), 4),
    **vector("mistral_first", "Metaspace before the first text",
             ref.sentence_piece(60, "first"), 5),
    **vector("metaspace_never", "Metaspace without a space before",
             ref.sentence_piece(40, "never"), 6),
}
write_or_check(files, FOLDER.glob("*"))
