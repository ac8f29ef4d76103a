#!/usr/bin/env python3
"""Writes core/compute/generate/unicode_classes.cc: which code points are letters and numbers, as
Python 3.11's unicodedata (Unicode 14.0) has them. --check compares; with another Unicode version
there is nothing to compare with, and both refuse."""
import pathlib
import sys
import unicodedata

from written_files import write_or_check

VERSION = "14.0.0"
FILE = (pathlib.Path(__file__).resolve().parent.parent /
        "core" / "compute" / "generate" / "unicode_classes.cc")


def ranges(major):
    """The maximal runs of code points whose general category begins with this letter."""
    out = []
    for point in range(0x110000):
        if unicodedata.category(chr(point))[0] == major:
            if out and out[-1][1] == point - 1:
                out[-1][1] = point
            else:
                out.append([point, point])
    return out


def table(name, major):
    lines = [f"constexpr Range {name}[] = {{"]
    line = "   "
    for first, last in ranges(major):
        item = f" {{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(item) > 100:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(lines + [line, "};"])


def source():
    return f"""// Written by tests/make_unicode_classes.py from Unicode {VERSION}: do not edit.
#include "core/compute/generate/unicode_classes.h"

#include <algorithm>

namespace assay::compute::generate {{
namespace {{

struct Range {{
  char32_t first, last;
}};

// clang-format off
{table("kLetters", "L")}
{table("kNumbers", "N")}
// clang-format on

template <std::size_t kSize>
bool in(const Range (&ranges)[kSize], char32_t point) {{
  const Range* after = std::ranges::upper_bound(ranges, point, {{}}, &Range::first);
  return after != ranges && point <= (after - 1)->last;
}}

}}  // namespace

bool is_letter(char32_t point) {{
  return in(kLetters, point);
}}

bool is_number(char32_t point) {{
  return in(kNumbers, point);
}}

bool is_space(char32_t point) {{
  return (point >= 0x9 && point <= 0xD) || point == 0x20 || point == 0x85 || point == 0xA0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
         point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}}

}}  // namespace assay::compute::generate
"""


if unicodedata.unidata_version != VERSION:
    sys.exit(f"this Python has Unicode {unicodedata.unidata_version}; {VERSION} is needed")
write_or_check({FILE: source().encode()}, [FILE])
