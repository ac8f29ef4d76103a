#include "core/compute/render/obj.h"

#include <charconv>
#include <optional>
#include <string>

#include "core/wire/text.h"

namespace assay::compute::render {
namespace {

using wire::quoted;

constexpr std::string_view kIgnored[] = {"vt", "vp", "g", "o", "s", "l", "p", "usemtl", "mtllib"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class ObjParser {
 public:
  explicit ObjParser(std::string_view text) : rest_(text) {}

  Result<Mesh> parse() {
    while (!rest_.empty() && !error_) {
      ++line_number_;
      const std::size_t end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
      parse_line();
    }
    if (error_) return *error_;
    if (mesh_.triangles.empty()) return fail(Code::malformed, "there is no face (\"f\") in it");
    return std::move(mesh_);
  }

 private:
  void parse_line() {
    if (line_.size() > kObjLineMax) {
      return note("has more than " + std::to_string(kObjLineMax) + " bytes");
    }
    const std::string_view keyword = word();
    if (keyword.empty() || keyword.front() == '#') return;
    if (keyword == "v") return add_vector(mesh_.vertices, "vertices");
    if (keyword == "vn") return add_vector(mesh_.normals, "normals");
    if (keyword == "f") return add_face();
    for (const std::string_view ignored : kIgnored) {
      if (keyword == ignored) return;
    }
    note(quoted(keyword) + " is not a keyword read here: v, vn and f are");
  }

  void add_vector(std::vector<Vec3>& to, const char* what) {
    if (to.size() == kMeshVerticesMax) {
      return note("more than " + std::to_string(kMeshVerticesMax) + " " + what);
    }
    const float x = coordinate();
    const float y = coordinate();
    const float z = coordinate();
    to.push_back({x, y, z});
  }

  float coordinate() {
    std::string_view text = word();
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || code != std::errc() || end != text.data() + text.size()) {
      note(text.empty() ? "needs three numbers" : quoted(text) + " is not a number");
      return 0;
    }
    if (!(value >= -kCoordinateMax && value <= kCoordinateMax)) {
      note(quoted(text) + " is outside -1e6..1e6");
      return 0;
    }
    return static_cast<float>(value);
  }

  void add_face() {
    Corner first, previous;
    std::size_t corners = 0;
    for (std::string_view text = word(); !text.empty() && !error_; text = word()) {
      if (++corners > kObjCornersMax) {
        return note("a face of more than " + std::to_string(kObjCornersMax) + " corners");
      }
      const Corner corner = parse_corner(text);
      if (corners == 1) first = corner;
      if (corners > 2) add_triangle(first, previous, corner);
      previous = corner;
    }
    if (corners < 3) note("a face needs at least three corners");
  }

  struct Corner {
    std::uint32_t vertex = 0;
    std::uint32_t normal = kNoNormal;
  };

  void add_triangle(const Corner& a, const Corner& b, const Corner& c) {
    if (mesh_.triangles.size() == kMeshTrianglesMax) {
      return note("more than " + std::to_string(kMeshTrianglesMax) + " triangles");
    }
    mesh_.triangles.push_back({{a.vertex, b.vertex, c.vertex}, {a.normal, b.normal, c.normal}});
  }

  // "v", "v/vt", "v//vn" or "v/vt/vn"
  Corner parse_corner(std::string_view text) {
    Corner corner;
    const std::size_t slash = text.find('/');
    corner.vertex = index(text.substr(0, slash), mesh_.vertices.size(), "vertex");
    if (slash == std::string_view::npos) return corner;
    const std::size_t second = text.find('/', slash + 1);
    if (second == std::string_view::npos) return corner;
    corner.normal = index(text.substr(second + 1), mesh_.normals.size(), "normal");
    return corner;
  }

  // 1..count, or -count..-1 from the newest back; only what was defined above can be named.
  std::uint32_t index(std::string_view text, std::size_t count, const char* what) {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool number = !text.empty() && code == std::errc() && end == text.data() + text.size();
    const auto size = static_cast<std::int64_t>(count);
    if (!number || value == 0 || value > size || value < -size) {
      note(std::string(what) + " " + quoted(text) + " does not exist: " + std::to_string(count) +
           " are defined above this line");
      return 0;
    }
    return static_cast<std::uint32_t>(value > 0 ? value - 1 : size + value);
  }

  std::string_view word() {
    while (!line_.empty() && is_space(line_.front())) line_.remove_prefix(1);
    std::size_t size = 0;
    while (size < line_.size() && !is_space(line_[size])) ++size;
    const std::string_view found = line_.substr(0, size);
    line_.remove_prefix(size);
    return found;
  }

  void note(const std::string& problem) {
    if (error_) return;
    error_ = fail(Code::malformed, "line " + std::to_string(line_number_) + ": " + problem);
  }

  std::string_view rest_;
  std::string_view line_;
  std::size_t line_number_ = 0;
  Mesh mesh_;
  std::optional<Error> error_;
};

}  // namespace

Result<Mesh> parse_obj(std::string_view text) {
  return ObjParser(text).parse();
}

}  // namespace assay::compute::render
