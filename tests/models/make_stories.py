#!/usr/bin/env python3
"""Writes what the committed model vectors/models/stories is trained on, from one seed:

    make_stories.py FOLDER

    FOLDER/stories.txt     little stories (story_grammar.py), each between <|begin|> and <|end|>
    FOLDER/tokenizer.json  a byte-level BPE tokenizer of 1,024 tokens, as Hugging Face has them
    FOLDER/tokens.npy      the stories' tokens, u16
    FOLDER/config.json     the model's shape, as Hugging Face has it
    FOLDER/order.json      the parameters of the train job

The same bytes on every machine: Python's random.Random is specified, and nothing else is asked.
"""

import collections
import json
import pathlib
import random
import re
import struct
import sys

from story_grammar import write_story

SEED = 20261129
STORIES = 30000
VOCAB = 1024
SPECIAL = ["<|begin|>", "<|end|>"]
# The words of the byte-level pre-tokenizer, for text of ASCII.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")

HIDDEN, LAYERS, HEADS, KV_HEADS, FFN, SEQUENCE = 128, 4, 4, 2, 384, 192
ORDER = {
    "model": "transformer", "vocab": VOCAB, "hidden": HIDDEN, "layers": LAYERS, "heads": HEADS,
    "kv_heads": KV_HEADS, "ffn": FFN, "sequence": SEQUENCE, "steps": 2500, "batch": 8,
    "optimizer": "adam", "learning_rate_ppm": 3000, "warmup_steps": 100, "decay": "cosine",
    "final_rate_ppm": 50000, "weight_decay_ppm": 10000, "clip_norm_ppm": 1000000,
    "beta2_ppm": 990000,
}


def byte_letters():
    """The letter that stands for each byte (GPT-2's table)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in shown}
    for byte in range(256):
        letters.setdefault(byte, chr(256 + len(letters) - len(shown)))
    return letters


def merge(word, pair):
    out = []
    i = 0
    while i < len(word):
        if tuple(word[i:i + 2]) == pair:
            out.append(word[i] + word[i + 1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def train_bpe(counts, merges_wanted):
    """Merges, most frequent pair first; of equals the first in the alphabet."""
    words = {word: list(word) for word in sorted(counts)}
    merges = []
    while len(merges) < merges_wanted:
        pairs = collections.Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {word: merge(parts, best) for word, parts in words.items()}
    return merges, words


def tokenizer_json(vocab, merges):
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": vocab[token], "content": token, "single_word": False,
                          "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                         for token in SPECIAL],
        "normalizer": None, "pre_tokenizer": byte_level, "post_processor": None,
        "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "vocab": vocab,
                  "merges": [" ".join(pair) for pair in merges]},
    }


def config_json():
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCAB,
        "hidden_size": HIDDEN, "intermediate_size": FFN, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "head_dim": HIDDEN // HEADS, "hidden_act": "silu", "max_position_embeddings": 256,
        "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "rope_scaling": None,
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True,
        "bos_token_id": 0, "eos_token_id": 1, "torch_dtype": "float32",
    }


def npy(tokens):
    header = "{'descr': '<u2', 'fortran_order': False, 'shape': (%d,), }" % len(tokens)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
            struct.pack("<%dH" % len(tokens), *tokens))


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    stories = [write_story(rng) for _ in range(STORIES)]
    letters = byte_letters()
    words_of = [["".join(letters[b] for b in word.encode()) for word in WORDS.findall(story)]
                for story in stories]
    counts = collections.Counter(word for words in words_of for word in words)
    merges, split = train_bpe(counts, VOCAB - 256 - len(SPECIAL))
    tokens = SPECIAL + [letters[byte] for byte in range(256)] + ["".join(m) for m in merges]
    vocab = {token: i for i, token in enumerate(tokens)}
    if len(vocab) != VOCAB:
        sys.exit(f"{len(vocab)} different tokens where {VOCAB} are wanted")
    ids = {word: [vocab[part] for part in parts] for word, parts in split.items()}
    stream = []
    for words in words_of:
        stream.append(vocab[SPECIAL[0]])
        for word in words:
            stream += ids[word]
        stream.append(vocab[SPECIAL[1]])

    (folder / "stories.txt").write_bytes(
        "".join(SPECIAL[0] + story + SPECIAL[1] for story in stories).encode())
    (folder / "tokens.npy").write_bytes(npy(stream))
    for name, value in (("tokenizer.json", tokenizer_json(vocab, merges)),
                        ("config.json", config_json()), ("order.json", ORDER)):
        (folder / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n",
                                   encoding="utf-8")
    print(f"{STORIES} stories, {len(counts)} words, {len(merges)} merges, {len(stream)} tokens")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
