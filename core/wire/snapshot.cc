#include "core/wire/snapshot.h"

#include "core/wire/predicate.h"

namespace assay::wire {
namespace {

constexpr std::string_view kStateMagic = "assay/state/v1\n";
constexpr std::uint64_t kOne = std::uint64_t{1} << 30;
constexpr std::uint64_t kMassMax = std::uint64_t{1} << 56;  // as the fold has it
constexpr std::uint64_t kNever = UINT64_MAX;
constexpr std::uint8_t kTierMax = 4;
constexpr std::size_t kClassNameMax = 128;
constexpr std::size_t kOriginMax = 256;

}  // namespace

Statement snapshot_statement(const Snapshot& snapshot) {
  Json json;
  json.set("origin", snapshot.origin)
      .set("epoch", u64_text(snapshot.epoch))
      .set("tree_size", u64_text(snapshot.tree_size))
      .set("root", snapshot.root.hex())
      .set("policy", snapshot.policy.hex())
      .set("states", u64_text(snapshot.states))
      .set("states_root", snapshot.states_root.hex());
  return {Kind::snapshot, "states", snapshot.states_root, std::move(json)};
}

Result<Snapshot> parse_snapshot(std::string_view payload) {
  return parse_predicate<Snapshot>(payload, Kind::snapshot,
                                   [](Fields& in, const Statement& statement) {
                                     Snapshot it;
                                     it.origin = some_text(in, "origin", kOriginMax);
                                     it.epoch = in.u64("epoch");
                                     it.tree_size = u64_from(in, "tree_size", 1);
                                     it.root = in.fixed<Digest>("root");
                                     it.policy = in.fixed<Digest>("policy");
                                     it.states = u64_from(in, "states", 1);
                                     it.states_root = in.fixed<Digest>("states_root");
                                     expect_subject(in, statement, "states", it.states_root);
                                     return it;
                                   });
}

Bytes score_state_bytes(const ScoreState& state) {
  Bytes out = to_bytes(as_bytes(kStateMagic));
  append(out, state.provider.view());
  out.push_back(static_cast<std::uint8_t>(state.class_name.size()));
  append(out, as_bytes(state.class_name));
  out.push_back(state.headline ? 1 : 0);
  for (const std::uint64_t mass : {state.r, state.s, state.fr, state.fs, state.slash}) {
    put_u64_be(out, mass);
  }
  put_u32_be(out, state.proven);
  put_u64_be(out, state.hours);
  put_u64_be(out, state.last_proven.value_or(kNever));
  out.push_back(state.tombstoned ? 1 : 0);
  for (const std::uint64_t factor : {state.uptime, state.performance, state.stake}) {
    put_u64_be(out, factor);
  }
  put_u32_be(out, state.age_days);
  out.push_back(state.tier);
  for (const std::uint64_t count : {state.attested, state.audited, state.passed}) {
    put_u64_be(out, count);
  }
  return out;
}

Result<ScoreState> parse_score_state(ByteView bytes) {
  Reader in(bytes);
  ScoreState state;
  bool sound = as_text(in.take(kStateMagic.size())) == kStateMagic;
  if (const Result<PublicKey> key = PublicKey::from_view(in.take(PublicKey::kSize)); key.ok()) {
    state.provider = key.value();
  }
  state.class_name = std::string(as_text(in.take(in.u8())));
  const auto flag = [&] {
    const std::uint8_t value = in.u8();
    sound = sound && value <= 1;
    return value == 1;
  };
  const auto at_most = [&](std::uint64_t max) {
    const std::uint64_t value = in.u64_be();
    sound = sound && value <= max;
    return value;
  };
  state.headline = flag();
  for (std::uint64_t* mass : {&state.r, &state.s, &state.fr, &state.fs, &state.slash}) {
    *mass = at_most(kMassMax);
  }
  state.proven = in.u32_be();
  state.hours = in.u64_be();
  const std::uint64_t last_proven = in.u64_be();
  if (last_proven != kNever) state.last_proven = last_proven;
  sound = sound && (last_proven == kNever || last_proven <= state.hours);
  state.tombstoned = flag();
  for (std::uint64_t* factor : {&state.uptime, &state.performance, &state.stake}) {
    *factor = at_most(kOne);
  }
  state.age_days = in.u32_be();
  state.tier = in.u8();
  state.attested = in.u64_be();
  state.audited = in.u64_be();
  state.passed = in.u64_be();
  sound = sound && state.tier <= kTierMax;
  sound = sound && !state.class_name.empty() && state.class_name.size() <= kClassNameMax;
  for (const char c : state.class_name) sound = sound && c > ' ' && c < '\x7f';
  if (in.ok() && in.at_end() && sound) return state;
  return fail(Code::malformed, "not a state of one provider in one class, as FORMAT.md has it");
}

Json score_proof_json(const ScoreProof& proof) {
  Json path = Json::array();
  for (const Digest& hash : proof.path) path.push(hash.hex());
  return Json::object({{"index", u64_text(proof.index)},
                       {"statement", proof.statement.hex()},
                       {"states", u64_text(proof.states)},
                       {"states_root", proof.states_root.hex()},
                       {"state_index", u64_text(proof.state_index)},
                       {"state", to_base64(proof.state)},
                       {"path", std::move(path)}});
}

ScoreProof read_score_proof(Fields& outer, std::string_view key) {
  Fields in(outer.value(key), key);
  ScoreProof proof;
  proof.index = u64_from(in, "index", 1);
  proof.statement = in.fixed<Digest>("statement");
  proof.states = u64_from(in, "states", 1);
  proof.states_root = in.fixed<Digest>("states_root");
  proof.state_index = in.u64("state_index");
  proof.state = in.base64("state", kScoreStateBytesMax);
  if (in.ok()) {
    if (const auto state = parse_score_state(proof.state); !state.ok()) {
      in.note("state", state.error().what);
    }
  }
  for (const Json& item : in.array("path", kScoreProofPathMax)) {
    const Result<Digest> hash =
        item.is_string() ? Digest::parse_hex(item.as_string()) : Digest::parse_hex("");
    if (!hash.ok()) in.note("path", hash.error().what);
    proof.path.push_back(hash.ok() ? hash.value() : Digest{});
  }
  if (Status status = in.close(); !status.ok()) outer.note(key, status.error().what);
  return proof;
}

}  // namespace assay::wire
