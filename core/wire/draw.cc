#include "core/wire/draw.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::string_view kAlphaMagic = "assay/draw/v1\n";
constexpr std::string_view kSeedMagic = "assay/seed/v1\n";
constexpr std::size_t kBeaconBytes = 8 + 48;  // drand quicknet: the round, and a point of G1
constexpr std::array<std::string_view, 4> kReasons{"first", "retro", "appeal", "paid"};

Bytes u64_be(std::uint64_t value) {
  Bytes bytes;
  put_u64_be(bytes, value);
  return bytes;
}

Bytes read_beacon(Fields& in) {
  Result<Bytes> beacon = from_hex(in.text("beacon", 2 * kBeaconBytes));
  if (!beacon.ok()) {
    in.note("beacon", beacon.error().what);
    return {};
  }
  if (!beacon.value().empty() && beacon.value().size() != kBeaconBytes) {
    in.note("beacon", "must be empty or " + std::to_string(kBeaconBytes) + " bytes in hex");
  }
  return std::move(beacon).value();
}

void check_range(Fields& in, const Draw& draw) {
  if (draw.from >= draw.to) in.note("to", "must be greater than from: a draw covers leaves");
  if (draw.to > draw.size) in.note("to", "lies beyond the checkpoint");
  if ((draw.k == 0) != (draw.from == 0)) in.note("from", "must be 0 in draw 0, and in no other");
}

}  // namespace

Statement draw_statement(const Draw& draw) {
  Json json;
  json.set("k", u64_text(draw.k))
      .set("from", u64_text(draw.from))
      .set("to", u64_text(draw.to))
      .set("size", u64_text(draw.size))
      .set("root", draw.root.hex())
      .set("beacon", to_hex(draw.beacon))
      .set("proof", draw.proof.hex());
  return {Kind::draw, "checkpoint", draw.root, std::move(json)};
}

Result<Draw> parse_draw(std::string_view payload) {
  return parse_predicate<Draw>(payload, Kind::draw, [](Fields& in, const Statement& statement) {
    Draw draw;
    draw.k = in.u64("k");
    draw.from = in.u64("from");
    draw.to = in.u64("to");
    draw.size = in.u64("size");
    draw.root = in.fixed<Digest>("root");
    draw.beacon = read_beacon(in);
    draw.proof = in.fixed<VrfProof>("proof");
    check_range(in, draw);
    expect_subject(in, statement, "checkpoint", draw.root);
    return draw;
  });
}

Digest draw_alpha(std::string_view origin, const Draw& draw) {
  const Bytes size = u64_be(draw.size);
  const Bytes k = u64_be(draw.k);
  return sha256({as_bytes(kAlphaMagic), as_bytes(origin), as_bytes("\n"), size, draw.root.view(), k,
                 draw.beacon});
}

std::string_view reason_name(Reason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

std::optional<Reason> parse_reason(std::string_view name) {
  const auto at = std::find(kReasons.begin(), kReasons.end(), name);
  if (at == kReasons.end()) return std::nullopt;
  return static_cast<Reason>(at - kReasons.begin());
}

Digest draw_seed(const VrfOutput& beta, std::uint64_t leaf_index, const Digest& leaf_hash,
                 Reason reason, const Digest& renter_secret) {
  const Bytes index = u64_be(leaf_index);
  const std::array<std::uint8_t, 1> why{static_cast<std::uint8_t>(reason)};
  return sha256(
      {as_bytes(kSeedMagic), beta.view(), index, leaf_hash.view(), why, renter_secret.view()});
}

std::uint64_t DrawStream::word() {
  if (used_ == 4) {
    const Bytes counter = u64_be(counter_++);
    block_ = sha256({seed_.view(), counter});
    used_ = 0;
  }
  return Reader(block_.view().subspan(std::size_t{8} * used_++, 8)).u64_be();
}

std::uint64_t DrawStream::below(std::uint64_t n) {
  ASSAY_CHECK(n >= 1, "a draw from nothing");
  const std::uint64_t excess = (std::uint64_t{0} - n) % n;  // 2^64 mod n
  std::uint64_t drawn = word();
  while (excess != 0 && drawn >= std::uint64_t{0} - excess) drawn = word();
  return drawn % n;
}

std::vector<std::uint64_t> DrawStream::distinct(std::uint64_t count, std::uint64_t n) {
  ASSAY_CHECK(count <= n, "more different numbers than there are");
  std::vector<std::uint64_t> numbers;
  std::unordered_set<std::uint64_t> seen;
  while (numbers.size() < count) {
    const std::uint64_t number = below(n);
    if (seen.insert(number).second) numbers.push_back(number);
  }
  return numbers;
}

bool coin_says_audit(std::uint64_t word, std::uint32_t p_ppm) {
  if (p_ppm >= kMillion) return true;
  __extension__ using Wide = unsigned __int128;
  return word < static_cast<std::uint64_t>((static_cast<Wide>(p_ppm) << 64) / kMillion);
}

}  // namespace assay::wire
