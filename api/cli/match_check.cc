#include "api/cli/match_check.h"

#include <algorithm>
#include <array>

namespace assay::cli {
namespace {

using reputation::MatchAsk;
using reputation::MatchDraw;
using reputation::MatchPool;
using wire::Json;

constexpr std::size_t kPoolBytesMax = std::size_t{12} << 20;
constexpr std::size_t kNoteBytesMax = std::size_t{64} << 10;
constexpr std::array<const char*, reputation::kTerms> kTerms{
    "region_ppm",       "price_delta_ppm", "uptime_ppm", "reputation_ppm",
    "availability_ppm", "slash_rate_ppm",  "stake_ppm",  "randomness_ppm"};

struct Said {
  MatchDraw draw;
  std::string checkpoint;
};

Result<Said> read_draw(const Json& json) {
  Said said;
  wire::Fields in(json, "the answer's draw");
  said.draw.origin = in.text("origin");
  said.draw.size = in.u64("size");
  said.draw.root = in.fixed<Digest>("root");
  said.draw.request = in.fixed<Digest>("request_sha256");
  said.draw.pool = in.fixed<Digest>("pool_sha256");
  said.draw.proof = in.fixed<VrfProof>("proof");
  const Json& note = in.value("checkpoint");  // of several lines
  if (note.is_string() && note.as_string().size() <= kNoteBytesMax) {
    said.checkpoint = note.as_string();
  } else {
    in.note("checkpoint", "is not a signed note");
  }
  if (Status read = in.finish_open(); !read.ok()) return read.error();
  return said;
}

// Is the head that was drawn from one that the log has signed, with its quorum?
Status check_head(const Said& said, const wire::Trust& trust) {
  const Result<wire::CheckedCheckpoint> head = wire::check_checkpoint(trust, said.checkpoint);
  if (!head.ok()) return head.error().in("the head that was drawn from");
  const wire::Checkpoint& it = head.value().checkpoint;
  if (it.origin == said.draw.origin && it.size == said.draw.size && it.root == said.draw.root) {
    return {};
  }
  return fail(Code::signature, "the head that was drawn from is not the one that is signed");
}

// A candidate that is shown must be in the pool with the value that its terms come to.
Status check_candidate(const Json& json, const MatchAsk& asked, const MatchPool& pool) {
  wire::Fields in(json, "a candidate");
  const auto id = in.fixed<Digest>("id");
  const bool newcomer = in.boolean("newcomer");
  const std::uint32_t value = in.u32("value_ppm");
  wire::Fields of_terms(in.value("terms"), "a candidate's terms");
  reputation::Terms terms{};
  for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = of_terms.u32(kTerms[i], 0, 1'000'000);
  if (Status read = in.finish_open(); !read.ok()) return read;
  if (Status read = of_terms.finish_open(); !read.ok()) return read;
  const auto at = std::ranges::lower_bound(pool.providers, id);
  const auto place = static_cast<std::size_t>(at - pool.providers.begin());
  if (at == pool.providers.end() || *at != id ||
      pool.entrants[place] != reputation::Entrant{value, newcomer} ||
      reputation::MatchScales(asked.request, asked.weights).value(terms) != value) {
    return fail(Code::proof, "the value of " + id.hex().substr(0, 12) +
                                 " is not what its terms come to, or not what it was drawn with");
  }
  return {};
}

Result<std::vector<Digest>> ids_of(const Json& chosen) {
  std::vector<Digest> ids;
  if (!chosen.is_array()) return fail(Code::malformed, "the answer does not say who was chosen");
  for (const Json& it : chosen.items()) {
    wire::Fields in(it, "a provider that was chosen");
    ids.push_back(in.fixed<Digest>("id"));
    if (Status read = in.finish_open(); !read.ok()) return read.error();
  }
  return ids;
}

const Json& member(const Json& json, std::string_view key) {
  static const Json none;
  const Json* found = json.find(key);
  return found == nullptr ? none : *found;
}

Result<MatchPool> read_pool(const Json& answer) {
  wire::Fields in(answer, "the answer");
  const Bytes bytes = in.base64("pool", kPoolBytesMax);
  if (Status read = in.finish_open(); !read.ok()) return read.error();
  return reputation::parse_pool(bytes);
}

}  // namespace

Result<CheckedMatch> check_match_answer(const Json& answer, const MatchAsk& asked,
                                        const wire::Trust& trust) {
  if (member(answer, "request").dump() != reputation::match_request_text(asked)) {
    return fail(Code::unbound, "the verifier answers another request than was sent");
  }
  const Result<std::vector<Digest>> chosen = ids_of(member(answer, "chosen"));
  if (!chosen.ok()) return chosen.error();
  if (chosen.value().empty() && answer.find("draw") == nullptr) return CheckedMatch{};  // nobody
  const Result<Said> said = read_draw(member(answer, "draw"));
  if (!said.ok()) return said.error();
  if (Status head = check_head(said.value(), trust); !head.ok()) return head.error();
  if (!trust.vrf) return fail(Code::malformed, "the trust file names no VRF key");
  const Result<MatchPool> pool = read_pool(answer);
  if (!pool.ok()) return pool.error();
  const Result<std::vector<Digest>> drawn =
      reputation::check_match(said.value().draw, pool.value(), asked, *trust.vrf);
  if (!drawn.ok()) return drawn.error();
  if (drawn.value() != chosen.value()) {
    return fail(Code::proof, "other providers were named than the draw gives");
  }
  for (const char* shown : {"chosen", "candidates"}) {
    const Json& rows = member(answer, shown);
    if (!rows.is_array()) continue;
    for (const Json& it : rows.items()) {
      if (Status good = check_candidate(it, asked, pool.value()); !good.ok()) return good.error();
    }
  }
  return CheckedMatch{said.value().draw.size, pool.value().providers.size()};
}

}  // namespace assay::cli
