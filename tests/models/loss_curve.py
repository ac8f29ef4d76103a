#!/usr/bin/env python3
"""Draws the losses that a trained model.safetensors tells in its metadata, as SVG on the output:

    loss_curve.py model.safetensors > loss.svg
    loss_curve.py --csv model.safetensors > loss.csv
"""
import json
import struct
import sys

WIDTH, HEIGHT, MARGIN = 720, 360, 40


def losses_of(path):
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        metadata = json.loads(file.read(size))["__metadata__"]
    every = int(metadata.get("loss_every", 1))
    return every, [float(value) for value in metadata["loss"].split()]


def svg(losses, every):
    most = max(losses)
    across, down = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    points = " ".join(f"{MARGIN + across * i / max(1, len(losses) - 1):.1f},"
                      f"{HEIGHT - MARGIN - down * loss / most:.1f}"
                      for i, loss in enumerate(losses))
    marks = [(MARGIN, HEIGHT - MARGIN + 20, "start", f"step {every}"),
             (WIDTH - MARGIN, HEIGHT - MARGIN + 20, "end", f"step {len(losses) * every}"),
             (MARGIN, MARGIN - 10, "start", f"loss {most:.2f}"),
             (WIDTH - MARGIN, MARGIN - 10, "end", f"last {losses[-1]:.4f}")]
    text = "".join(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{label}</text>\n'
                   for x, y, anchor, label in marks)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="13">\n'
            f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}" fill="none" '
            f'stroke="gray"/>\n<polyline fill="none" stroke="steelblue" points="{points}"/>\n'
            f'{text}</svg>\n')


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--csv"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    every, values = losses_of(arguments[0])
    if "--csv" in sys.argv:
        sys.stdout.write("step,loss\n" + "".join(f"{i * every},{v:.4f}\n"
                                                 for i, v in enumerate(values, 1)))
    else:
        sys.stdout.write(svg(values, every))
