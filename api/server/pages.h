// The web pages of api/web, as they were built into this program, and the answers that carry them.
// Pure; any thread. Every view has a path of its own and gets the same document, whose script draws
// it; scripts, styles and pictures lie under /assets with their hash in their name.
#pragma once

#include <optional>
#include <span>

#include "api/server/http.h"

namespace assay::api {

struct PageFile {
  std::string_view path;  // "/assets/app-QTWZ3R2B.js"; the document's is "/"
  std::string_view content_type;
  std::string_view bytes;
};

// Everything that was built; empty where Node was missing then.
std::span<const PageFile> page_files();

struct PageAnswer {
  Response response;
  bool is_asset = false;  // never another one under this path
};

// The page that stands at this path, whatever follows the '?'. Nothing: there is no such page.
// Without pages "/" says what is missing.
std::optional<PageAnswer> find_page(std::span<const PageFile> files, std::string_view path);

}  // namespace assay::api
