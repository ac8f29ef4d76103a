#include "api/server/pages.h"

#include <algorithm>

namespace assay::api {

namespace {

// What the document may load: its own files and this service's answers, nothing else from anywhere.
constexpr const char* kContentSecurity =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

constexpr const char* kNoPages =
    "This is an Assay verifier. It was built without its web pages, which takes Node 18 or newer\n"
    "and npm (Debian: apt install nodejs npm), and then ./run build once more.\n"
    "\n"
    "Everything else is here: api/openapi.yaml lists the routes, `assay --help` the commands.\n";

bool all(std::string_view text, bool (*is_one)(char)) {
  return !text.empty() && std::ranges::all_of(text, is_one);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

// The views; api/web/src/main.ts has the same ones.
bool is_view(std::string_view path) {
  constexpr std::string_view kProvider = "/providers/";
  constexpr std::string_view kSlash = "/slashes/";
  if (path.starts_with(kProvider)) return all(path.substr(kProvider.size()), is_hex);
  if (path.starts_with(kSlash)) return all(path.substr(kSlash.size()), is_digit);
  return path == "/" || path == "/providers" || path == "/receipt" || path == "/slashes" ||
         path == "/log";
}

}  // namespace

std::optional<PageAnswer> find_page(std::span<const PageFile> files, std::string_view path) {
  if (files.empty()) {
    if (path != "/") return std::nullopt;
    return PageAnswer{{200, "text/plain; charset=utf-8", {}, kNoPages}};
  }
  const bool is_asset = !is_view(path);
  const auto found = std::ranges::find(files, is_asset ? path : "/", &PageFile::path);
  if (found == files.end()) return std::nullopt;
  Response response{200, std::string(found->content_type), {}, std::string(found->bytes)};
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  if (!is_asset) {
    response.headers.push_back({"Content-Security-Policy", kContentSecurity});
    response.headers.push_back({"Referrer-Policy", "no-referrer"});
    response.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  }
  return PageAnswer{std::move(response), is_asset};
}

}  // namespace assay::api
