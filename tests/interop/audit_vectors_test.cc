// Whole receipts and fraud proofs, changed in one place each: the audit answers as vectors/audit/
// says, and as the checkers in tests/interop/go and tests/interop/python do.
#include <algorithm>
#include <set>

#include "core/base/file.h"
#include "core/crypto/sha256.h"
#include "tests/catch.h"
#include "tests/vectors.h"
#include "verifier/evidence.h"

namespace assay::test {
namespace {

std::string base_file(const std::string& name) {
  const Result<Bytes> bytes = read_file(std::string(ASSAY_VECTORS) + "/bases/" + name, 1 << 24);
  if (!bytes.ok()) FAIL(bytes.error().what);
  return std::string(as_text(bytes.value()));
}

// A base with its patches: "<offset> <bytes taken out> <base64 put in>", ascending.
std::string patched(const Vector& vector) {
  const std::string base = base_file(vector.text("base"));
  std::string out;
  std::size_t at = 0;
  for (const std::string& patch : vector.all("patch")) {
    const std::size_t first = patch.find(' ');
    const std::size_t second = patch.find(' ', first + 1);
    const std::size_t offset = std::stoul(patch.substr(0, first));
    const std::size_t length = std::stoul(patch.substr(first + 1, second - first - 1));
    REQUIRE(at <= offset);
    REQUIRE(offset + length <= base.size());
    const Result<Bytes> data = from_base64_canonical(patch.substr(second + 1));
    REQUIRE(data.ok());
    out.append(base, at, offset - at).append(as_text(data.value()));
    at = offset + length;
  }
  return out.append(base, at);
}

std::optional<Code> answer_to(const Vector& vector, const std::string& text) {
  static const compute::Engine engine(compute::best_cpu_level(), 1);
  static SeededRandom random(1);
  const Result<wire::Trust> trust = wire::parse_trust(base_file(vector.text("trust")));
  REQUIRE(trust.ok());
  const verifier::AuditOptions options{.trust = trust.value(),
                                       .engine = engine,
                                       .random = random,
                                       .inputs = {},
                                       .result = {},
                                       .known_head = {},
                                       .max_age_ms = {},
                                       .now = {},
                                       .caps = {}};
  if (vector.text("kind") == "receipt") return verifier::audit_receipt(text, options).code;
  return verifier::check_evidence(text, options).code;
}

TEST_CASE("Audit: every receipt and every fraud proof is answered as its vector says") {
  std::set<std::string> answers;
  for (const Vector& vector :
       load_vectors("audit", {"base", "patch", "trust", "kind", "sha256", "unreplayed"}, 200)) {
    INFO(vector.name());
    const std::string text = patched(vector);
    REQUIRE(sha256(as_bytes(text)).hex() == vector.text("sha256"));
    const std::optional<Code> code = answer_to(vector, text);
    CHECK((code ? code_name(*code) : std::string("ok")) == vector.expect());
    answers.insert(vector.expect());
  }
  for (const char* layer : {"ok", "malformed", "signature", "no_evidence", "proof", "unbound",
                            "mismatch", "equivocation"}) {
    INFO(layer);
    CHECK(answers.contains(layer));
  }
}

}  // namespace
}  // namespace assay::test
