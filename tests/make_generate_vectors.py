#!/usr/bin/env python3
"""Writes vectors/generate/: jobs of the models in tests/models/, from generate_reference.py, which
shares no code with core/. --check compares."""
import hashlib
import json
import pathlib

import generate_reference as reference
import pack_reference
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "generate"
TEXT = "def forward(self, x): café".encode()
JOBS = {
    "greedy": ("llama", "prefill and decode meet inside a chunk",
               {"max_tokens": 12, "chunk": 5, "stop": False}, [TEXT[:14]]),
    "greedy_a16w8": ("llama", "16-bit activations",
                     {"max_tokens": 9, "chunk": 32, "precision": "a16w8", "stop": False},
                     [b"x = "]),
    "sampled": ("llama", "every token may be drawn",
                {"max_tokens": 12, "chunk": 4, "temperature_ppm": 800_000, "stop": False}, [b"a"]),
    "top_k_top_p": ("mistral", "SentencePiece; the nucleus of the 40 best",
                    {"max_tokens": 16, "chunk": 8, "temperature_ppm": 1_500_000, "top_k": 40,
                     "top_p_ppm": 900_000, "stop": False}, [b"naive over"]),
    "batch": ("qwen2", "three texts of different lengths, one not UTF-8; biases, tied head",
              {"max_tokens": 7, "chunk": 6, "temperature_ppm": 1_000_000}, [TEXT, b"\xff", b"is "]),
    # Of the nonces SHA-256("stop 0"), SHA-256("stop 1"), … the first with which a text ends early.
    "stop 54": ("llama", "a stop token is drawn, and the rest is blank",
                {"max_tokens": 18, "chunk": 7, "temperature_ppm": 3_000_000, "top_k": 200},
                [b"end"]),
}


def vector(name, model_name, note, parameters, prompts, nonce):
    model = reference.Model(model_name)
    parameters = {"model": pack_reference.root(model.pack).hex(), **parameters}
    digests, result, texts = reference.run(model, parameters, prompts, nonce)
    lines = [f"# vectors/generate/{name}.txt", "expect: ok", f"note: {note}",
             f"model: {model_name}",
             "parameters: " + json.dumps(parameters, separators=(",", ":")),
             f"nonce: {nonce.hex()}"]
    lines += [f"prompt: {prompt.hex()}" for prompt in prompts]
    lines += [f"state: {digest.hex()}" for digest in digests]
    lines += ["text: " + ",".join(map(str, text)) for text in texts]
    lines.append(f"result: {result.hex()}")
    return FOLDER / f"{name}.txt", ("\n".join(lines) + "\n").encode()


def main():
    files = []
    for name, (model, note, parameters, prompts) in JOBS.items():
        nonce = hashlib.sha256(name.encode()).digest()
        files.append(vector(name.split()[0], model, note, parameters, prompts, nonce))
    write_or_check(dict(files), FOLDER.glob("*"))


if __name__ == "__main__":
    main()
