// What the text formats of this folder have in common: valid UTF-8, whole lines, key names.
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::wire {

// Takes the first code point off `rest`. Nothing when it is not well-formed UTF-8 (RFC 3629: no
// overlong forms, no surrogates, at most U+10FFFF); `rest` is then as it was.
std::optional<char32_t> take_code_point(std::string_view& rest);

bool is_utf8(std::string_view text);

// Takes the first line off `rest` and returns it without its newline. Nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& rest);

// What we say to people, made fit to be read back: at most `max` bytes of printable ASCII, anything
// else as '?'. It may quote an error, and an error a peer's bytes.
std::string people_text(std::string_view text, std::size_t max);

// A stranger's word as a message quotes it: people_text() of its first 40 bytes between quotation
// marks, with "…" where it was cut.
std::string quoted(std::string_view word);

// 1..64 of A-Z a-z 0-9 . _ - : a name that is safe as a file name.
bool is_file_word(std::string_view name);

// C2SP signed-note: a key name is not empty and has no Unicode space, control character or plus.
bool is_key_name(std::string_view name);

}  // namespace assay::wire
