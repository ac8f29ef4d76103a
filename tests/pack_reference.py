"""The converter of core/compute/generate, once more and plainly: from a checkpoint's values to the
bytes of its pack and their root. f32 operations are f64 ones rounded once more, which for these is
the same."""
import hashlib
import json
import math
import struct

CHUNK = 1 << 20


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def quantize(row):
    amax = max(abs(x) for x in row)
    if amax < 2.0 ** -100:
        return [0] * len(row), 0.0
    inv = f32(127 / amax)
    return [round(max(-127.0, min(127.0, f32(x * inv)))) for x in row], f32(amax / 127)


def rope_frequencies(base, count):
    def fits(root):
        power = 1.0
        for _ in range(count):
            power *= root
        return power * base <= 1

    low, high = 0, struct.unpack("<Q", struct.pack("<d", 1.0))[0] + 1
    as_double = lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(as_double(middle)) else (low, middle)
    out, power = [], 1.0
    for _ in range(count):
        out.append(power)
        power *= as_double(low)
    return out


def scaled(frequencies, scaling):
    if not scaling:
        return frequencies
    factor, out = float(scaling["factor"]), []
    if scaling["rope_type"] == "linear":
        return [f / factor for f in frequencies]
    low, high = float(scaling["low_freq_factor"]), float(scaling["high_freq_factor"])
    context = float(scaling["original_max_position_embeddings"])
    for f in frequencies:
        wave = 2 * math.pi / f
        if wave > context / low:
            out.append(f / factor)
        elif wave < context / high:
            out.append(f)
        else:
            s = (context / wave - low) / (high - low)
            out.append((1 - s) * f / factor + s * f)
    return out


def pack(config, generation, tokenizer, tensors):
    """config, generation: as in their files; tokenizer: bytes; tensors: name -> (shape, values)."""
    kind = config["architectures"][0]
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = config.get("head_dim") or hidden // heads
    keys = config.get("num_key_value_heads", heads)
    attention = bool(config.get("attention_bias"))
    qkv, mlp = attention or kind.startswith("Qwen2"), bool(config.get("mlp_bias"))
    tied = bool(config.get("tie_word_embeddings"))
    windowed = kind.startswith("Mistral") or (kind.startswith("Qwen2") and
                                              config.get("use_sliding_window"))
    context = config["max_position_embeddings"]
    if windowed and config.get("sliding_window"):
        context = min(context, config["sliding_window"])
    stops = set()
    for source in (config, generation or {}):
        ids = source.get("eos_token_id")
        stops |= set(ids if isinstance(ids, list) else [] if ids is None else [ids])
    parsed = json.loads(tokenizer)
    post, begin = parsed["post_processor"], None
    for stage in post["processors"] if post["type"] == "Sequence" else [post]:
        if stage["type"] == "TemplateProcessing":
            content = stage["single"][0]["SpecialToken"]["id"]
            begin = next(t["id"] for t in parsed["added_tokens"] if t["content"] == content)
    text = json.dumps({
        "vocabulary": config["vocab_size"], "hidden": hidden, "layers": config["num_hidden_layers"],
        "heads": heads, "kv_heads": keys, "head_size": size,
        "intermediate": config["intermediate_size"], "context": context,
        "norm_epsilon_bits": struct.unpack("<I", struct.pack("<f", config["rms_norm_eps"]))[0],
        "tied": tied, "qkv_bias": qkv, "output_bias": attention, "mlp_bias": mlp,
        "stop_tokens": sorted(stops), "begin_token": begin}, separators=(",", ":")).encode()
    rope = scaled(rope_frequencies(config["rope_theta"], size // 2), config.get("rope_scaling"))
    sections = [text, tokenizer, struct.pack(f"<{len(rope)}d", *rope)]

    def vector(name):
        values = tensors[name][1]
        return struct.pack(f"<{len(values)}f", *values)

    def matrix(name, bias=False):
        (rows, width), values = tensors[name + ".weight"]
        done = [quantize(values[r * width:(r + 1) * width]) for r in range(rows)]
        sections.append(b"".join(struct.pack(f"<{width}b", *q) for q, _ in done))
        sections.append(struct.pack(f"<{rows}f", *(s for _, s in done)))
        sections.append(vector(name + ".bias") if bias else b"")

    matrix("model.embed_tokens")
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        sections.append(vector(layer + "input_layernorm.weight"))
        for part in "qkv":
            matrix(f"{layer}self_attn.{part}_proj", qkv)
        matrix(layer + "self_attn.o_proj", attention)
        sections.append(vector(layer + "post_attention_layernorm.weight"))
        for part in ("gate", "up", "down"):
            matrix(f"{layer}mlp.{part}_proj", mlp)
    sections.append(vector("model.norm.weight"))
    if tied:
        sections += [b"", b"", b""]
    else:
        matrix("lm_head")

    at, table, body = 32 + 16 * len(sections), b"", b""
    start = at
    for section in sections:
        body += bytes(-(start + len(body)) % 64) if section else b""
        offset = start + len(body)
        table += struct.pack("<QQ", offset + -offset % 64, len(section))
        body += section
    return (b"assay/int8-pack\n" +
            struct.pack("<IIQ", 1, len(sections), start + len(body)) + table + body)


def root(data):
    level = [hashlib.sha256(b"\0" + hashlib.sha256(data[i:i + CHUNK]).digest()).digest()
             for i in range(0, len(data), CHUNK)]

    def tree(nodes):
        if len(nodes) == 1:
            return nodes[0]
        half = 1 << ((len(nodes) - 1).bit_length() - 1)
        return hashlib.sha256(b"\1" + tree(nodes[:half]) + tree(nodes[half:])).digest()

    return tree(level)
