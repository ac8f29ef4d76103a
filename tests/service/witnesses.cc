#include "tests/service/witnesses.h"

namespace assay::test {
namespace {

SigningKey seeded(const std::string& text) {
  return SigningKey::from_seed(sha256(as_bytes(text)).view()).value();
}

std::vector<wire::NoteKey> logs_of(const std::string& origin, const PublicKey& log) {
  return {{origin, wire::NoteKeyType::ed25519, log}};
}

std::string bent(std::string line) {
  const std::size_t at = line.size() - 8;  // within the base64, before any padding
  line[at] = line[at] == 'A' ? 'B' : 'A';
  return line;
}

}  // namespace

TestWitness::TestWitness(std::string name, Clock& clock, const std::string& origin,
                         const PublicKey& log)
    : origin_(origin),
      behind_(UnixMillis{clock.unix_now().ms - 3'600'000}),
      witness_(name, seeded("witness " + name), logs_of(origin, log), *heads_, clock),
      stranger_(name, seeded("stranger"), logs_of(origin, log), *heads_, clock),
      late_(name, seeded("witness " + name), logs_of(origin, log), *heads_, behind_) {}

Result<api::WitnessReply> TestWitness::add_checkpoint(const std::string& body) {
  const std::uint64_t count = ++asked;
  if (takes_ms > 0) system_clock().sleep(takes_ms);
  const Mood now = mood;
  if (now == Mood::dead) return fail(Code::network, "the witness is dead");
  if (now == Mood::busy) return api::WitnessReply{503, "busy\nand more\n"};
  if (now == Mood::nonsense) return api::WitnessReply{200, "yes\n"};
  if (now == Mood::sizeless) return api::WitnessReply{409, "no\n"};
  if (now == Mood::boastful) return api::WitnessReply{409, "1000\n"};
  if (now == Mood::any_size) {
    const std::uint64_t leaves = wire::parse_add_checkpoint(body).value().checkpoint.size;
    return api::WitnessReply{409, wire::witness_size_text(count % (leaves + 1))};
  }
  witness::Witness& speaker = now == Mood::another_key   ? stranger_
                              : now == Mood::wrong_clock ? late_
                                                         : witness_;
  const witness::Answer answer = speaker.add_checkpoint(body);
  if (now == Mood::bad_signature && answer.status == 200) {
    return api::WitnessReply{200, bent(answer.body)};
  }
  return api::WitnessReply{answer.status, answer.body};
}

std::uint64_t TestWitness::size() {
  const auto note = heads_->load(origin_).value();
  if (!note) return 0;
  return wire::parse_checkpoint(wire::parse_note(*note).value().text).value().size;
}

Witnesses::Witnesses(Clock& clock, std::size_t count, std::size_t quorum,
                     const std::string& origin) {
  const PublicKey log = seeded("tests/sim log").public_key();
  trust.logs = {{{origin, wire::NoteKeyType::ed25519, log}, ""}};
  wire::WitnessGroup group{"enough", static_cast<std::uint32_t>(quorum), {}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "w" + std::to_string(i);
    all.push_back(std::make_shared<TestWitness>("witness.example/" + name, clock, origin, log));
    trust.witnesses.push_back({name, all.back()->vkey(), ""});
    group.members.push_back(name);
    setup.ports.push_back(all.back());
  }
  if (quorum > 0) {
    trust.groups = {group};
    trust.quorum = group.name;
  }
  setup.trust = trust;
}

void Witnesses::set_all(Mood mood) {
  for (const auto& witness : all) witness->mood = mood;
}

}  // namespace assay::test
