// Texts and pictures on a terminal. Pure, besides asking the environment what the terminal shows.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace assay::cli {

// Does it show more than ASCII?
bool terminal_is_utf8();

// The words of a text, at most so many; a longer one ends with an ellipsis. Control characters go.
std::vector<std::string> words_of(std::string_view text, std::size_t max = SIZE_MAX);

// The words in lines, in a frame with a title, `columns` wide. Words and title may be painted.
std::string framed(const std::string& title, const std::vector<std::string>& words,
                   std::size_t columns);

// width * height * 3 bytes, from the top, two pixels to a character: for terminals with colours
// and more than ASCII. In 256 colours where the terminal does not promise all of them.
std::string half_blocks(ByteView rgb, std::uint32_t width);

}  // namespace assay::cli
