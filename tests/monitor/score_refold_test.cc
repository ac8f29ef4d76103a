// Scores as a verifier says them, against the log: right ones at whatever size and moment they were
// asked for, and every number bent.
#include "verifier/monitor/score_refold.h"

#include <algorithm>
#include <map>

#include "core/wire/dsse.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/score_words.h"
#include "tests/catch.h"
#include "tests/monitor/bent_json.h"
#include "tests/monitor/watched.h"

namespace assay::test {
namespace {

using reputation::View;
using verifier::monitor::Refolded;
using verifier::monitor::SaidScore;
using verifier::monitor::ScoreRefold;
using wire::Json;

// What an honest verifier says of a provider now, as the service makes it.
SaidScore say(LedgerScene& scene, const SigningKey& provider) {
  const auto txn = scene.store->read();
  const View view(*txn.value());
  const reputation::Head head = view.head().value();
  const reputation::LoggedPolicy policy = view.policy_at(head, scene.now).value();
  SaidScore said;
  said.provider = reputation::provider_id(provider.public_key());
  const reputation::ProviderState row = view.provider(said.provider).value().value();
  const reputation::ProviderScore score =
      view.score(said.provider, row, scene.now, policy.policy).value();
  said.name = row.name;
  said.statement = reputation::preview_of(score, policy.policy);
  said.statement.origin = kSceneOrigin;
  said.statement.tree_size = head.size;
  said.statement.root = head.root;
  said.statement.policy = policy.digest;
  Json classes = Json::array();
  for (const auto& it : score.classes) classes.push(reputation::class_json(it));
  Json slashes = Json::array();
  REQUIRE(view.each_slash(0,
                          [&](std::uint64_t index, const reputation::SlashState& slash) {
                            if (slash.provider != row.key) return true;
                            Json json = Json::object(
                                {{"id", std::to_string(index)}, {"class", slash.class_name}});
                            if (slash.reversal_index != 0)
                              json.set("reversal_index", slash.reversal_index);
                            slashes.push(std::move(json));
                            return true;
                          })
              .ok());
  said.document = Json::object({{"score", reputation::score_json(score, policy.policy)},
                                {"classes", std::move(classes)},
                                {"slashes", std::move(slashes)},
                                {"slashes_standing", row.slashes_standing}});
  said.document_from = said.document_to = head.size;
  said.asked = said.answered = scene.now;
  return said;
}

// Held against the scene's ledger as it stands.
Refolded held(LedgerScene& scene, const SaidScore& said) {
  ScoreRefold refold({said});
  const auto txn = scene.store->read();
  const View view(*txn.value());
  REQUIRE(refold.at(view, view.head().value()).ok());
  return refold.take().at(0);
}

// One line a thing that is wrong: "class: number", or the code of why nothing could be compared.
std::string wrong(const Refolded& found) {
  if (found.failure) return code_name(found.failure->code);
  std::string text;
  for (const auto& it : found.differences) {
    text += (text.empty() ? "" : ", ") + it.class_name + ": " + it.number +
            (it.is_signed ? " (signed)" : "");
  }
  return text.empty() ? "equal" : text;
}

wire::Policy slow_policy() {
  wire::Policy policy = watched_policy(1);
  policy.epoch_seconds = 3600;
  policy.uptime_window_seconds = 60;
  policy.audit_ppm = 1'000'000;
  return policy;
}

// A provider with a class, a slash, and an uptime that another minute changes.
struct Scored {
  Scored() : scene(slow_policy()) {
    scene.jobs(3, wire::Outcome::match);
    const std::uint64_t caught = scene.jobs(1, wire::Outcome::mismatch).at(0);
    scene.log(scene.verifier,
              wire::slash_statement(scene.slash(caught, wire::Fault::wrong_result)));
    scene.now.ms = (scene.now.ms / 3'600'000 + 1) * 3'600'000;  // all of it in one epoch
    for (std::uint32_t i = 0; i < 30; ++i) {
      scene.now = scene.now + 60'000;
      wire::Uptime uptime = scene.uptime();
      uptime.rows[0].answered = i < 20 ? 0 : uptime.rows[0].asked;
      scene.log(scene.verifier, wire::uptime_statement(uptime));
    }
    scene.now = scene.now + 60'000;
  }
  LedgerScene scene;
};

// Whether every member of the one is in the other.
bool holds(const Json& other, const Json& one) {
  return std::ranges::all_of(one.members(), [&](const auto& member) {
    const Json* found = other.find(member.first);
    return found != nullptr && *found == member.second;
  });
}

}  // namespace

TEST_CASE("Refold: every score of a log that grows meanwhile equals its refold") {
  HonestLog honest(21);
  honest.steps(20);
  std::vector<SaidScore> said;
  for (int round = 0; round < 12; ++round) {
    honest.steps(6);
    for (const SigningKey* provider : {&honest.scene.alice, &honest.scene.bob}) {
      said.push_back(say(honest.scene, *provider));
      said.back().document_from -= 3;  // all that is known is that it lies in between
      said.back().document_to += 3;
    }
  }
  honest.steps(20);
  ScoreRefold refold(said);
  CHECK(refold.leaves() <= honest.log.leaves.size());
  Watched watched(honest, {});
  std::uint64_t told = 0;
  watched.folded = [&](const View& view, const reputation::Head& head) {
    CHECK(head.size == ++told);
    return refold.at(view, head);
  };
  CHECK(watched.finds() == "none");
  CHECK(told == honest.log.leaves.size());
  const std::vector<Refolded> found = refold.take();
  REQUIRE(found.size() == said.size());
  std::size_t classes = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(i);
    CHECK(wrong(found[i]) == "equal");
    CHECK(found[i].equal());
    CHECK(found[i].size == said[i].statement.tree_size);
    CHECK(found[i].numbers >= 17 + 9 + 1 + 15 * found[i].classes.size());
    classes += found[i].classes.size();
  }
  CHECK(classes >= 12);
}

TEST_CASE("Refold: each number of a statement that is bent is named") {
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  REQUIRE(wrong(held(it.scene, right)) == "equal");
  const auto bent = [&](void (*bend)(wire::Score&)) {
    SaidScore said = right;
    bend(said.statement);
    return wrong(held(it.scene, said));
  };
  const std::string of = right.statement.class_name + ": ";
  CHECK(bent([](wire::Score& s) { ++s.trust_ppm; }) == of + "trust_ppm (signed)");
  CHECK(bent([](wire::Score& s) { --s.slash_ppm; }) == of + "slash_ppm (signed)");
  CHECK(bent([](wire::Score& s) { ++s.integrity_ppm; }) == of + "integrity_ppm (signed)");
  CHECK(bent([](wire::Score& s) { ++s.uptime_ppm; }) == of + "uptime_ppm (signed)");
  CHECK(bent([](wire::Score& s) { --s.performance_ppm; }) == of + "performance_ppm (signed)");
  CHECK(bent([](wire::Score& s) { --s.stake_ppm; }) == of + "stake_ppm (signed)");
  CHECK(bent([](wire::Score& s) { ++s.audits; }) == of + "audits (signed)");
  CHECK(bent([](wire::Score& s) { --s.uncertainty_ppm; }) == of + "uncertainty_ppm (signed)");
  CHECK(bent([](wire::Score& s) { s.tombstoned = !s.tombstoned; }) == of + "tombstoned (signed)");
  CHECK(bent([](wire::Score& s) { s.class_name = "cpu/other@1"; }) == of + "class (signed)");
  CHECK(bent([](wire::Score& s) { s.root = sha256(as_bytes("x")); }) == "proof");
  CHECK(bent([](wire::Score& s) { s.policy = sha256(as_bytes("x")); }) == "unbound");
  CHECK(bent([](wire::Score& s) { s.epoch -= 2; }) == "stale");
  CHECK(bent([](wire::Score& s) { s.epoch += 2; }) == "mismatch");
  CHECK(bent([](wire::Score& s) { s.epoch = ~std::uint64_t{0}; }) == "mismatch");
  CHECK(bent([](wire::Score& s) { --s.tree_size; }) == "stale");  // the fold is past it
  CHECK(bent([](wire::Score& s) { ++s.tree_size; }) == "stale");  // and never comes to it
}

TEST_CASE("Refold: each number of a document that is bent is named") {
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  const Refolded found = held(it.scene, right);
  REQUIRE(found.classes.size() == 1);
  const Json row = found.classes[0].refolded;
  const std::string name = row.find("class")->as_string();
  CHECK(row.find("slashes")->items().size() == 1);
  const auto with_row = [&](const Json& changed) {
    SaidScore said = right;
    said.document.set("classes", Json::array({changed}));
    return wrong(held(it.scene, said));
  };
  std::size_t bent = 0;
  for (const auto& [key, value] : row.members()) {
    if (key == "class" || key == "slashes") continue;
    CHECK(with_row(Json(row).set(key, "bent")) == name + ": " + key);
    ++bent;
  }
  CHECK(bent == 13);
  CHECK(with_row(Json(row).set("class", "other")) == name + ": class, other: class");
  SaidScore said = right;
  said.document.set("classes", Json());
  CHECK(wrong(held(it.scene, said)) == name + ": class");
  for (const auto& [key, value] : found.score.members()) {
    if (key == "epoch") continue;
    said = right;
    said.document.set("score", Json(found.score).set(key, "bent"));
    CHECK(wrong(held(it.scene, said)) == ": " + key);
  }
  said = right;
  said.document.set("slashes", Json::array());
  CHECK(wrong(held(it.scene, said)) == name + ": slashes");
  said.document.set("slashes_standing", 0);
  CHECK(wrong(held(it.scene, said)) == ": slashes_standing, " + name + ": slashes");
  said = right;
  said.document = Json("nonsense");
  CHECK(wrong(held(it.scene, said)) != "equal");
}

TEST_CASE("Refold: any document at all is compared, and is equal when its numbers are") {
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  SeededRandom random(4);
  std::map<bool, int> equal;
  for (int run = 0; run < 2'000; ++run) {
    SaidScore said = right;
    said.document = bent(right.document, random, static_cast<std::uint32_t>(2 + random.below(60)));
    INFO(said.document.dump());
    const Refolded found = held(it.scene, said);
    for (const auto& difference : found.differences) CHECK_FALSE(difference.is_signed);
    const auto same = [&](const char* name) {
      const Json* one = said.document.find(name);
      return one != nullptr && *one == *right.document.find(name);
    };
    const bool is_same =
        same("score") && same("classes") && same("slashes") && same("slashes_standing");
    if (is_same) CHECK(found.equal());
    if (found.equal()) {
      CHECK(holds(*said.document.find("score"), *right.document.find("score")));
      CHECK(same("slashes_standing"));
      REQUIRE(found.classes.size() == 1);
      CHECK(holds(found.classes[0].said, found.classes[0].refolded));
    }
    ++equal[found.equal()];
  }
  CHECK(equal[true] > 20);
  CHECK(equal[false] > 500);
}

TEST_CASE("Refold: nobody makes us compare a document at every leaf there is") {
  using verifier::monitor::kDocumentLagMax;
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  const auto txn = it.scene.store->read();
  const View view(*txn.value());
  // Whether a document that a verifier calls so much older or newer than its statement is compared.
  const auto compared = [&](std::uint64_t size, std::uint64_t from, std::uint64_t to) {
    SaidScore said = right;
    said.statement.tree_size = size;
    said.document_from = from;
    said.document_to = to;
    ScoreRefold refold({said});
    reputation::Head head = view.head().value();
    for (const std::uint64_t at : {from, to}) {
      head.size = at;
      if (at != size) REQUIRE(refold.at(view, head).ok());
    }
    return !refold.take().at(0).classes.empty();
  };
  constexpr std::uint64_t kSize = 5'000'000;
  CHECK(compared(kSize, kSize - kDocumentLagMax, kSize));
  CHECK_FALSE(compared(kSize, kSize - kDocumentLagMax - 1, kSize));
  CHECK_FALSE(compared(kSize, 0, kSize));
}

TEST_CASE("Refold: how far the log has to be folded is bounded by the statement") {
  Scored it;
  SaidScore said = say(it.scene, it.scene.alice);
  const std::uint64_t size = said.statement.tree_size;
  said.document_to = size + 3;
  CHECK(ScoreRefold({said}).leaves() == size + 3);
  said.document_to = size + 1'000'000;
  CHECK(ScoreRefold({said}).leaves() == size + verifier::monitor::kDocumentLagMax);
  said.document_to = said.statement.tree_size = UINT64_MAX;
  CHECK(ScoreRefold({said}).leaves() == UINT64_MAX);
}

TEST_CASE("Refold: whatever moment of the epoch it was asked at, and no other") {
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  const auto asked = [&](std::int64_t before_ms, std::int64_t after_ms) {
    SaidScore said = right;
    said.asked = said.asked + before_ms;
    said.answered = said.answered + after_ms;
    return wrong(held(it.scene, said));
  };
  CHECK(asked(0, 0) == "equal");
  CHECK(asked(-50'000, -50'000) == "equal");   // another minute by our clock
  CHECK(asked(50'000, 50'000) == "equal");     // and on its other side
  CHECK(asked(-600'000, 600'000) == "equal");  // it took long to answer
  const std::string ten_minutes_off = asked(-600'000, -600'000);
  CHECK(ten_minutes_off.find("uptime_ppm (signed)") != std::string::npos);
  CHECK(ten_minutes_off.find(", : uptime_ppm") != std::string::npos);
  CHECK(asked(7'200'000, 7'200'000) == "stale");
}

TEST_CASE("Refold: a document is of one size of the log") {
  Scored it;
  SaidScore said = say(it.scene, it.scene.alice);
  it.scene.jobs(1, wire::Outcome::match);
  const SaidScore later = say(it.scene, it.scene.alice);
  said.document = later.document;
  const auto folded = [&](std::uint64_t to) {
    said.document_to = to;
    ScoreRefold refold({said});
    const auto into = reputation::make_memory_store(reputation::tables::names());
    const auto txn = it.scene.store->read();
    std::vector<reputation::LoggedLeaf> leaves;
    const reputation::LogView log(*txn.value(), later.statement.tree_size);
    for (std::uint64_t i = 0; i < later.statement.tree_size; ++i) {
      leaves.push_back(reputation::logged_leaf(log.leaf(i).value()).value());
    }
    for (const reputation::LoggedLeaf& leaf : leaves) {
      REQUIRE(reputation::replay(*into, it.scene.ledger.roles(), {&leaf, 1}).ok());
      const auto now = into->read();
      const View view(*now.value());
      REQUIRE(refold.at(view, view.head().value()).ok());
    }
    return wrong(refold.take().at(0));
  };
  CHECK(folded(later.statement.tree_size) == "equal");
  CHECK(folded(said.statement.tree_size) != "equal");
}

TEST_CASE("Refold: whose statement it is") {
  Scored it;
  const SaidScore right = say(it.scene, it.scene.alice);
  PublicLog log;
  const wire::Trust trust = log.trust(it.scene, false);
  const auto opened = [&](
                          const SigningKey& key, void (*bend)(wire::Score&) = [](wire::Score&) {},
                          const wire::Trust* by = nullptr) -> std::string {
    wire::Score score = right.statement;
    bend(score);
    const Result<wire::Score> read = verifier::monitor::open_preview(
        wire::seal(key, wire::statement_text(wire::score_statement(score))), by ? *by : trust,
        right.provider);
    return read.ok() ? "ok" : code_name(read.error().code);
  };
  CHECK(opened(it.scene.verifier) == "ok");
  CHECK(opened(it.scene.stranger) == "signature");
  CHECK(opened(it.scene.verifier, [](wire::Score& s) { s.origin = "other.example/log"; }) ==
        "unbound");
  CHECK(opened(it.scene.verifier, [](wire::Score& s) {
          s.provider = SigningKey::from_seed(Digest{}.view()).value().public_key();
        }) == "unbound");
  wire::Trust other = trust;
  other.policies = {sha256(as_bytes("another policy"))};
  CHECK(opened(
            it.scene.verifier, [](wire::Score&) {}, &other) == "unbound");
  other = trust;
  other.verifier.reset();
  CHECK(opened(
            it.scene.verifier, [](wire::Score&) {}, &other) == "usage");
  const auto nonsense = verifier::monitor::open_preview("{}", trust, right.provider);
  CHECK(nonsense.error().code == Code::malformed);
}

}  // namespace assay::test
