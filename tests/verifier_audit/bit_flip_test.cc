// Flipping any one bit of a receipt makes the audit fail, in the layer that the bit belongs to
// where the flip leaves that layer something to read.
#include <algorithm>
#include <map>

#include "core/wire/tlog_proof.h"
#include "tests/catch.h"
#include "tests/verifier_audit/lab.h"

namespace assay::test {
namespace {

// What a byte of the file belongs to, and the codes that a flip in it may give besides malformed.
struct Region {
  std::size_t from = 0;
  std::string name;
  std::vector<Code> codes;
};

class Map {
 public:
  explicit Map(const std::string& text) : text_(text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at) + 1;
      line(at, end);
      at = end;
    }
  }
  const Region& of(std::size_t byte) const { return std::prev(regions_.upper_bound(byte))->second; }

 private:
  void put(std::size_t from, std::string name, std::vector<Code> codes) {
    regions_[from] = {from, std::move(name), std::move(codes)};
  }
  // From the first `what` after `at`; regions_ entries go to the next one put.
  std::size_t after(std::size_t at, std::string_view what) const {
    return text_.find(what, at) + what.size();
  }

  void line(std::size_t at, std::size_t end) {
    const std::string_view line = std::string_view(text_).substr(at, end - at);
    // A kind or a name that is another valid one is an entry that does not bind.
    put(at, "form", {Code::unbound, Code::no_evidence});
    if (line.find("\"proof\":") != std::string_view::npos) return proof(at, end);
    if (line.starts_with("{\"entry\":\"policy\"")) {
      put(after(at, "\"text\":\""), "policy", {Code::unbound});
    } else if (line.starts_with("{\"entry\":\"trace\"")) {
      put(after(at, "\"data\":\""), "trace", {Code::unbound});
    } else if (line.starts_with("{\"entry\":\"opening\"")) {
      put(after(at, "\"name\":\""), "opening name", {Code::no_evidence, Code::unbound});
      put(after(at, "\"data\":\""), "opening", {Code::unbound});
    } else if (line.starts_with("{\"entry\":\"input\"")) {
      put(after(at, "\"name\":\""), "input name", {Code::no_evidence, Code::unbound});
      put(after(at, "\"data\":\""), "input", {Code::no_evidence});
    }
    if (line.find('"', 12) != std::string_view::npos) put(end - 3, "form", {});
  }

  void proof(std::size_t at, std::size_t end) {
    put(after(at, "\"proof\":\""), "form", {Code::no_evidence});
    put(after(at, "\\nextra "), "leaf", {Code::proof});
    put(after(at, "\\nindex "), "index", {Code::proof});
    const std::size_t checkpoint = after(at, "\\n\\n");
    const std::size_t path = after(after(at, "\\nindex "), "\\n");
    if (path < checkpoint) put(path, "path", {Code::proof});
    put(checkpoint, "checkpoint", {Code::signature});
    put(end - 3, "form", {});
  }

  std::string text_;
  std::map<std::size_t, Region> regions_;
};

void flip_everywhere(const Lab& lab, std::size_t stride, std::uint64_t seed) {
  const verifier::AuditOptions options = options_for(lab);
  REQUIRE(verifier::audit_receipt(lab.receipt, options).ok());
  const Map map(lab.receipt);
  SeededRandom random(seed);
  std::map<std::string, int> named;  // flips that gave their layer's own code
  for (std::size_t at = 0; at < lab.receipt.size(); at += 1 + random.below(2 * stride - 1)) {
    std::string flipped = lab.receipt;
    const unsigned bit = static_cast<unsigned>(random.below(8));
    flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
    const verifier::AuditReport report = verifier::audit_receipt(flipped, options);
    const Region& region = map.of(at);
    INFO("byte " << at << " bit " << bit << " of " << region.name);
    REQUIRE(report.code);
    if (*report.code == Code::malformed) continue;
    INFO(report.failure->what);
    CHECK(std::find(region.codes.begin(), region.codes.end(), *report.code) != region.codes.end());
    ++named[region.name];
  }
  // The layers are really reached: not everything may be called malformed.
  for (const char* name : {"leaf", "path", "checkpoint", "trace"}) {
    INFO(name);
    CHECK(named[name] > 3);
  }
}

TEST_CASE("a flipped bit in the receipt of a chain is named by its layer") {
  flip_everywhere(gemm_lab(), 23, 1);
}

TEST_CASE("a flipped bit in the receipt of independent units is named by its layer") {
  flip_everywhere(render_lab(), 23, 2);
}

TEST_CASE("every single bit of the last lines is checked") {
  // The digest line, and the newline before it: what no layer above them looks at.
  const Lab& lab = gemm_lab();
  for (std::size_t at = lab.receipt.size() - 73; at < lab.receipt.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string flipped = lab.receipt;
      flipped[at] = static_cast<char>(static_cast<unsigned char>(flipped[at]) ^ (1U << bit));
      CHECK(verifier::audit_receipt(flipped, options_for(lab)).code == Code::malformed);
    }
  }
}

TEST_CASE("a receipt cut short anywhere, or with anything after it, is malformed") {
  const Lab& lab = gemm_lab();
  SeededRandom random(3);
  for (int i = 0; i < 50; ++i) {
    const std::size_t size = random.below(lab.receipt.size());
    CHECK(verifier::audit_receipt(lab.receipt.substr(0, size), options_for(lab)).code ==
          Code::malformed);
  }
  CHECK(verifier::audit_receipt(lab.receipt + "\n", options_for(lab)).code == Code::malformed);
  CHECK(verifier::audit_receipt(lab.receipt + lab.receipt, options_for(lab)).code ==
        Code::malformed);
}

}  // namespace
}  // namespace assay::test
