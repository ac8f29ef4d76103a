// What the text formats of this folder have in common: valid UTF-8, whole lines, key names.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace assay::wire {

// Takes the first code point off `rest`. Nothing when it is not well-formed UTF-8 (RFC 3629: no
// overlong forms, no surrogates, at most U+10FFFF); `rest` is then as it was.
std::optional<char32_t> take_code_point(std::string_view& rest);

bool is_utf8(std::string_view text);

// Takes the first line off `rest` and returns it without its newline. Nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& rest);

// C2SP signed-note: a key name is not empty and has no Unicode space, control character or plus.
bool is_key_name(std::string_view name);

}  // namespace assay::wire
