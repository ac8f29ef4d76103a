#include "tests/sim/challenger.h"

#include "verifier/service/intake.h"

namespace assay::test {

Challenger::Challenger(World& world, const Digest& job, std::uint32_t last)
    : key(SigningKey::from_seed(sha256(as_bytes("challenger")).view()).value()),
      world_(world),
      job_(job) {
  const wire::Json document = world_.port().job(job.hex()).value();
  const wire::Json& attestation = *document.find("attestation");
  attestation_index_ = *attestation.find("index")->as_u64();
  const verifier::OpenAudit audit =
      verifier::load_audit(world_.service->context(), attestation_index_).value();
  attestation_ = audit.state.statement;
  trace_ = audit.trace;
  program_ = compute::load_program(audit.order.spec, world_.service->context().inputs()).value();
  if (last == 0) last = program_->plan().steps;
  rerun_ = verifier::Rerun::run(*program_, trace_, last, engine_).value();
}

Result<std::uint64_t> Challenger::open(std::uint32_t step, std::uint64_t deposit_micros) {
  const Result<api::Accepted> accepted =
      world_.say(key, wire::dispute_statement({attestation_index_, attestation_, job_, step,
                                               key.public_key(), deposit_micros}));
  if (!accepted.ok()) return accepted.error();
  return accepted.value().log_index;
}

Bytes Challenger::opened(const compute::DisputeCase& state, std::uint8_t leaf,
                         std::uint32_t element) {
  compute::TapeRun run(state.tape(), rerun_->states(), engine_);
  return compute::conviction_file(
      compute::open_operands(state.dispute(), leaf, element, run).value());
}

wire::Json Challenger::document(std::uint64_t dispute) {
  return world_.port().dispute(std::to_string(dispute)).value();
}

std::string Challenger::text(std::uint64_t dispute, const char* member) {
  const wire::Json json = document(dispute);
  const wire::Json* value = json.find(member);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::uint32_t Challenger::answers(std::uint64_t dispute) {
  return replayed(dispute)->dispute().answers();
}

std::unique_ptr<compute::DisputeCase> Challenger::replayed(std::uint64_t dispute) {
  const wire::Json json = document(dispute);
  const auto step = static_cast<std::uint32_t>(*json.find("step")->as_u64());
  auto out = compute::DisputeCase::open(program_, trace_, step, engine_).value();
  for (const wire::Json& item : json.find("moves")->items()) {
    wire::Fields in(item, "move");
    const wire::Move move = wire::read_move(in);
    const Bytes blob = move.blob == Digest{} ? Bytes{} : world_.port().get_blob(move.blob).value();
    ASSAY_CHECK(out->move(move, blob).ok(), "a move that the log took");
  }
  return out;
}

Result<api::Accepted> Challenger::say(std::uint64_t dispute, const wire::Move& move,
                                      ByteView blob) {
  if (move.blob != Digest{}) {
    if (Status put = world_.port().put_blob(move.blob, blob); !put.ok()) return put.error();
  }
  const wire::Json json = document(dispute);
  const auto number = static_cast<std::uint32_t>(json.find("moves")->items().size());
  return world_.say(key, wire::dispute_move_statement(
                             {dispute, number, move},
                             Digest::parse_hex(json.find("statement")->as_string()).value()));
}

void Challenger::move(std::uint64_t dispute) {
  if (text(dispute, "turn") != "challenger") return;
  const std::unique_ptr<compute::DisputeCase> state = replayed(dispute);
  compute::TapeRun run(state->tape(), rerun_->states(), engine_);
  const Result<compute::ChallengerMove> next = compute::next_challenge(state->dispute(), run);
  if (!next.ok()) return;  // nothing to say: it falls silent
  const Bytes* file = std::get_if<Bytes>(&next.value());
  const Result<api::Accepted> said =
      say(dispute, compute::move_of(next.value()), file != nullptr ? *file : Bytes{});
  ASSAY_CHECK(said.ok(), said.ok() ? "" : said.error().what);
}

namespace {

bool is_passed_over(World& world, const Digest& job) {
  const wire::Json document = world.port().job(job.hex()).value();
  const wire::Json* attestation = document.find("attestation");
  if (attestation == nullptr) return false;
  const std::uint64_t index = *attestation->find("index")->as_u64();
  return reputation::View(*world.store->read().value()).attestation(index).value()->audit ==
         reputation::AuditStatus::passed_over;
}

}  // namespace

Spared spared(const std::string& provider, const std::function<prover::Cheat()>& cheat,
              const std::function<wire::Order(World&)>& order) {
  constexpr std::uint64_t kSeeds = 40;
  WorldOptions options;
  options.policy.first_jobs = 0;
  options.policy.audit_ppm = 1;
  for (options.seed = 1; options.seed <= kSeeds; ++options.seed) {
    Spared out{std::make_unique<World>(options), {}};
    World& world = *out.world;
    cheat ? world.add_cheat(provider, cheat) : world.add_provider(provider);
    world.run_until([&] { return world.provider(provider).find("id") != nullptr; });
    const Result<Digest> job = world.order(order(world), provider);
    ASSAY_CHECK(job.ok(), job.ok() ? "" : job.error().what);
    out.job = job.value();
    world.run_until([&] { return world.is_over(out.job); });
    if (is_passed_over(world, out.job)) return out;
  }
  ASSAY_CHECK(false, "no seed spares it");
}

}  // namespace assay::test
