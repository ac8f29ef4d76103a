#!/usr/bin/env python3
"""Writes tests/models/: tiny random models as Hugging Face folders, one of each family, and what
their packs must be, from pack_reference.py. --check compares.

  llama    grouped queries, llama3 rotary scaling, a head of its own; bf16, one file
  qwen2    biases, the head tied, a vocabulary larger than its tokenizer; f16, two files
  mistral  head_dim of its own, sliding_window null, SentencePiece; f32, one file

The weights have 8 significant bits, so that each of the three types holds them exactly."""
import json
import pathlib
import random
import struct

import pack_reference
import tokenizer_reference as ref
from written_files import write_or_check

FOLDER = pathlib.Path(__file__).resolve().parent / "models"
COMMON = {"hidden_act": "silu", "rms_norm_eps": 1e-05, "torch_dtype": "float32",
          "num_hidden_layers": 2, "attention_dropout": 0.0, "use_cache": True}


def shapes(config):
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    size = config.get("head_dim") or hidden // config["num_attention_heads"]
    queries, keys = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    biased = config["architectures"][0].startswith("Qwen2")
    out = {"model.embed_tokens.weight": [config["vocab_size"], hidden]}
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        for part, rows in (("q", queries), ("k", keys), ("v", keys)):
            out[f"{layer}self_attn.{part}_proj.weight"] = [rows, hidden]
            if biased:
                out[f"{layer}self_attn.{part}_proj.bias"] = [rows]
        out[layer + "self_attn.o_proj.weight"] = [hidden, queries]
        out[layer + "mlp.gate_proj.weight"] = out[layer + "mlp.up_proj.weight"] = [wide, hidden]
        out[layer + "mlp.down_proj.weight"] = [hidden, wide]
        for norm in ("input", "post_attention"):
            out[f"{layer}{norm}_layernorm.weight"] = [hidden]
    out["model.norm.weight"] = [hidden]
    if not config.get("tie_word_embeddings"):
        out["lm_head.weight"] = [config["vocab_size"], hidden]
    return out


def weights(config, seed):
    """About normal with a deviation of 1/7 for matrices, one row of zeros; norms near 1."""
    draw = random.Random(seed)
    out = {}
    for name, shape in shapes(config).items():
        count = shape[0] * (shape[1] if len(shape) == 2 else 1)
        values = []
        for _ in range(count):
            units = sum(draw.randrange(-32, 33) for _ in range(4))
            values.append(1 + units / 256 if name.endswith("norm.weight") else units / 256)
        out[name] = (shape, [to_bits(v) for v in values])
    width = config["hidden_size"]
    out["model.embed_tokens.weight"][1][7 * width:8 * width] = [0.0, -0.0] * (width // 2)
    return out


def to_bits(value):
    """To 8 significant bits, towards zero."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0] & 0xFFFF0000
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def as_bytes(values, dtype):
    if dtype == "BF16":
        return b"".join(struct.pack("<f", v)[2:] for v in values)
    return struct.pack(f"<{len(values)}{'e' if dtype == 'F16' else 'f'}", *values)


def safetensors(tensors, dtype):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (shape, values) in tensors.items():
        part = as_bytes(values, dtype)
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def folder(name, config, generation, tokenizer, dtype, files, seed):
    text = ref.dump(tokenizer).encode()
    tensors = weights(config, seed)
    out = {"config.json": json.dumps(config, indent=2).encode() + b"\n", "tokenizer.json": text}
    if generation:
        out["generation_config.json"] = json.dumps(generation, indent=2).encode() + b"\n"
    if files == 1:
        out["model.safetensors"] = safetensors(tensors, dtype)
    else:
        names = sorted(tensors)  # not the order of the single file, as in real checkpoints
        places = {}
        for number in range(files):
            file = f"model-{number + 1:05}-of-{files:05}.safetensors"
            part = {n: tensors[n] for n in names[number::files]}
            out[file] = safetensors(part, dtype)
            places.update({n: file for n in part})
        index = {"metadata": {"total_size": 0}, "weight_map": places}
        out["model.safetensors.index.json"] = json.dumps(index, indent=1).encode() + b"\n"
    data = pack_reference.pack(config, generation, text, tensors)
    expected = f"{pack_reference.root(data).hex()} {len(data)}\n"
    return {**{FOLDER / name / n: d for n, d in out.items()},
            FOLDER / f"{name}.pack.txt": expected.encode()}



def main():
    specials = ["<|begin|>", "<|end|>", "<|user|>"]
    llama_tokenizer = ref.byte_level(ref.LLAMA3, 60, specials, pairs=True, whole=True,
                                     begin="<|begin|>")
    llama = {"architectures": ["LlamaForCausalLM"], "vocab_size": 319, "hidden_size": 32,
             "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2,
             "max_position_embeddings": 2048, "rope_theta": 500000.0, "attention_bias": False,
             "mlp_bias": False, "tie_word_embeddings": False, "bos_token_id": 316,
             "eos_token_id": [317, 318],
             "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                              "original_max_position_embeddings": 256, "rope_type": "llama3"},
             **COMMON}
    qwen2 = {"architectures": ["Qwen2ForCausalLM"], "vocab_size": 328, "hidden_size": 32,
             "intermediate_size": 40, "num_attention_heads": 4, "num_key_value_heads": 1,
             "max_position_embeddings": 1024, "rope_theta": 1000000.0, "tie_word_embeddings": True,
             "use_sliding_window": False, "sliding_window": 512, "bos_token_id": 316,
             "eos_token_id": 318, **COMMON}
    mistral_tokenizer = ref.sentence_piece(40, "first")
    mistral = {"architectures": ["MistralForCausalLM"], "hidden_size": 16, "intermediate_size": 32,
               "vocab_size": len(mistral_tokenizer["model"]["vocab"]), "num_attention_heads": 2,
               "num_key_value_heads": 1, "head_dim": 12, "max_position_embeddings": 1024,
               "rope_theta": 10000.0, "sliding_window": None, "tie_word_embeddings": False,
               "bos_token_id": 1, "eos_token_id": 2, **COMMON}
    write_or_check(
        {**folder("llama", llama, {"eos_token_id": [318], "temperature": 0.6}, llama_tokenizer,
                  "BF16", 1, 1),
         **folder("qwen2", qwen2, {"eos_token_id": [318, 317]},
                  ref.byte_level(ref.QWEN2, 60, specials), "F16", 2, 2),
         **folder("mistral", mistral, None, mistral_tokenizer, "F32", 1, 3)},
        # Programs that are about models lie beside them.
        [p for p in FOLDER.rglob("*") if p.is_file() and p.suffix != ".py"])


if __name__ == "__main__":
    main()
