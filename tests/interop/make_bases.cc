// Writes vectors/bases/: what the real service emits for small jobs of every workload that an audit
// can follow without a model, for two cheats, for one that lost a dispute, and for two that were
// found when they were audited again, with the policy files that trust it. The vectors of
// vectors/audit/ change these files in one place each (tests/make_audit_vectors.py), so they are
// made once and kept: another machine's agents would name another backend in what they sign.
//
//   make_bases DIR
#include <cstdio>

#include "core/base/file.h"
#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "tests/sim/challenger.h"
#include "tests/sim/workload_orders.h"

namespace assay::test {
namespace {

struct Maker {
  std::string folder;

  void keep(const std::string& name, const std::string& text) const {
    const Status written = write_file_durably(folder + "/" + name, as_bytes(text));
    ASSAY_CHECK(written.ok(), written.ok() ? "" : written.error().what);
    std::printf("%s: %zu bytes\n", name.c_str(), text.size());
  }
};

Digest run(World& world, const wire::Order& order) {
  const Result<Digest> job = world.order(order, "alice");
  ASSAY_CHECK(job.ok(), job.ok() ? "" : job.error().what);
  ASSAY_CHECK(world.run_until([&] { return world.is_over(job.value()); }), "it never ended");
  world.run_for(1'000);
  return job.value();
}

void keep_receipt(const Maker& maker, const std::string& name,
                  const std::function<wire::Order(World&)>& order) {
  World world;
  world.add_provider("alice");
  world.run_for(1'000);
  const Digest job = run(world, order(world));
  maker.keep(name + ".assay", world.service->receipt(job.hex()).value());
  maker.keep("policy.txt", world.service->trust().value());
}

// A secret that was committed in the order and revealed before the draw.
void keep_revealed(const Maker& maker) {
  wire::Policy policy = wire::demo_policy();
  policy.reveal_window_ms = 2'000;
  World world(WorldOptions{.seed = 1, .policy = policy, .replay = {}, .start_service = true});
  world.add_provider("alice");
  world.run_for(1'000);
  const Digest secret = sha256(as_bytes("the renter's secret"));
  wire::Order order = world.gemm_order(4, 16, 4);
  order.renter_secret_commitment = sha256(secret.view());
  const Result<Digest> job = world.order(order, "alice");
  ASSAY_CHECK(job.ok(), job.ok() ? "" : job.error().what);
  bool revealed = false;
  ASSAY_CHECK(world.run_until([&] {
    if (!revealed) {
      revealed = world.say(world.renter(), wire::reveal_statement({job.value(), secret})).ok();
    }
    return revealed && world.is_over(job.value());
  }),
              "it was never revealed, or never ended");
  world.run_for(1'000);
  maker.keep("revealed.assay", world.service->receipt(job.value().hex()).value());
  maker.keep("revealed_policy.txt", world.service->trust().value());
}

void keep_evidence(const Maker& maker, const std::string& name, prover::Misbehave cheat) {
  World world;
  world.add_provider("alice", cheat);
  world.run_for(1'000);
  const auto order = [](World& it) { return it.gemm_order(4, 16, 4); };
  ASSAY_CHECK(world.jobs_until_caught("alice", 5, order) <= 5, "the cheat was never caught");
  world.run_for(1'000);
  const wire::Json provider = world.provider("alice");
  const std::string id = provider.find("slashes")->items().front().find("id")->as_string();
  maker.keep(name + ".assay", world.service->evidence(id).value());
}

// Of a cheat that no audit looked at, but somebody who ran the job again.
void keep_dispute(const Maker& maker) {
  Spared kept = spared(
      "alice", [] { return prover::make_cheat(prover::Misbehave::zero_state); },
      [](World& it) { return it.gemm_order(4, 16, 4); });
  World& world = *kept.world;
  Challenger challenger(world, kept.job);
  const std::uint64_t dispute = challenger.open(challenger.departs().value()).value();
  ASSAY_CHECK(world.run_until([&] {
    challenger.move(dispute);
    return !challenger.text(dispute, "lost").empty();
  }),
              "it never ended");
  world.run_for(1'000);
  const wire::Json provider = world.provider("alice");
  const std::string id = provider.find("slashes")->items().front().find("id")->as_string();
  maker.keep("dispute.assay", world.service->evidence(id).value());
  maker.keep("dispute_policy.txt", world.service->trust().value());
}

// Of a cheat that the coin spared, and that was drawn again: because somebody paid for it, or
// because its provider unbonded.
void keep_again(const Maker& maker, const std::string& name, bool paid) {
  Spared kept = spared(
      "alice", [] { return prover::make_cheat(prover::Misbehave::zero_state); },
      [](World& it) { return it.gemm_order(4, 16, 4); });
  World& world = *kept.world;
  if (paid) {
    const SigningKey challenger =
        SigningKey::from_seed(sha256(as_bytes("challenger")).view()).value();
    const auto txn = world.store->read();
    const reputation::View view(*txn.value());
    const std::uint64_t index = *view.job(kept.job).value()->attestation_index;
    const wire::PaidChallenge challenge{.attestation_index = index,
                                        .attestation = view.attestation(index).value()->statement,
                                        .job = kept.job,
                                        .challenger = challenger.public_key(),
                                        .deposit_micros = 1'000'000};
    const auto said = world.say(challenger, wire::paid_challenge_statement(challenge));
    ASSAY_CHECK(said.ok(), said.ok() ? "" : said.error().what);
  } else {
    const SigningKey& verifier = world.service->context().keys.verifier;
    for (const wire::StakeMove move : {wire::StakeMove::bond, wire::StakeMove::unbond}) {
      const wire::Stake stake{world.key_of("alice"), move, 1'000,
                              std::string(wire::stake_move_name(move))};
      const auto said = world.say(verifier, wire::stake_statement(stake));
      ASSAY_CHECK(said.ok(), said.ok() ? "" : said.error().what);
    }
  }
  ASSAY_CHECK(world.run_until([&] { return world.slashes_of("alice") == 1; }), "never caught");
  world.run_for(1'000);
  const wire::Json provider = world.provider("alice");
  const std::string id = provider.find("slashes")->items().front().find("id")->as_string();
  maker.keep(name + ".assay", world.service->evidence(id).value());
  maker.keep(name + "_policy.txt", world.service->trust().value());
}

// The same order, with one parameter of another value.
wire::Order with(wire::Order order, const std::string& name, wire::Json value) {
  order.spec.parameters.set(name, std::move(value));
  return order;
}

void keep_all(const Maker& maker) {
  keep_receipt(maker, "gemm", [](World& world) { return world.gemm_order(4, 16, 4); });
  keep_receipt(maker, "gemm_full", [](World& world) {
    wire::Order order = world.gemm_order(4, 16, 2);
    order.assurance = wire::Assurance::full;
    return order;
  });
  keep_receipt(maker, "gemm_strict", [](World& world) {
    wire::Order order = world.gemm_order(40, 80, 3);
    order.assurance = wire::Assurance::strict;
    return order;
  });
  keep_receipt(maker, "render", [](World& world) { return world.render_order(320, 128, 1); });
  keep_receipt(maker, "train", [](World& world) { return train_order(world, 3); });
  keep_receipt(maker, "train_commits",
               [](World& world) { return with(train_order(world, 6), "steps_per_commit", 2); });
  keep_receipt(maker, "lattice", [](World& world) {
    return with(with(lattice_order(world), "size", wire::Json::array({12, 8, 4})), "steps", 2);
  });
  keep_receipt(maker, "bodies", [](World& world) {
    return with(with(bodies_order(world), "bodies", 128), "steps", 3);
  });
  keep_revealed(maker);
  keep_evidence(maker, "mismatch", prover::Misbehave::zero_state);
  keep_evidence(maker, "equivocation", prover::Misbehave::equivocate);
  keep_dispute(maker);
  keep_again(maker, "challenge", true);
  keep_again(maker, "unbonding", false);
}

}  // namespace
}  // namespace assay::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_bases DIR\n", stderr);
    return 2;
  }
  const assay::Status made = assay::make_folders(argv[1]);
  if (!made.ok()) {
    std::fprintf(stderr, "%s\n", made.error().what.c_str());
    return 1;
  }
  assay::test::keep_all({argv[1]});
  return 0;
}
