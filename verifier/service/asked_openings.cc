#include "verifier/service/asked_openings.h"

#include "verifier/service/documents.h"

namespace assay::verifier {

using wire::Json;

namespace {

// All of them 0 or more, ascending, below `end`, and none twice: the parser saw to the rest.
template <class Number>
Status check_numbers(const char* name, const std::vector<Number>& numbers, std::uint64_t end) {
  if (numbers.empty() || numbers.back() < end) return {};
  return fail(Code::malformed, "opening request: " + std::string(name) + ": the job has no " +
                                   std::to_string(numbers.back()));
}

std::uint64_t bytes_bound(const compute::Plan& plan, const wire::OpeningRequest& it) {
  return compute::opening_bytes_bound(plan, it.positions.size(), it.rows.size(), it.pairs.size());
}

Status check_request(const compute::Plan& plan, const wire::OpeningRequest& it) {
  if (plan.shape == compute::Shape::independent) {
    return fail(Code::malformed,
                "opening request: units are computed again from the order alone: there is nothing "
                "to open");
  }
  const Status positions = check_numbers("positions", it.positions, std::uint64_t{plan.steps} + 1);
  const Status rows = check_numbers("rows", it.rows, plan.rows);
  const Status pairs = check_numbers("pairs", it.pairs, compute::pair_count(plan));
  for (const Status& status : {positions, rows, pairs}) {
    if (!status.ok()) return status;
  }
  const std::uint64_t bytes = bytes_bound(plan, it);
  if (bytes <= kAskedBytesMax) return {};
  return fail(Code::malformed, "opening request: it could have " + std::to_string(bytes) +
                                   " bytes, where at most " + std::to_string(kAskedBytesMax) +
                                   " are asked for at once: ask for less");
}

Error full() {
  return fail(Code::rate_limited,
              "as many openings are asked for as may be; try again in some minutes");
}

Scope scope_of(const wire::Challenge& challenge) {
  Scope scope;
  scope.positions = challenge.positions;
  scope.rows = challenge.rows;
  scope.pairs = challenge.pairs;
  return scope;
}

}  // namespace

Json AskedOpenings::document(const Digest& id, const Asked& asked) const {
  Json json = Json::object({{"id", Json(id.hex())},
                            {"job", Json(asked.challenge.job.hex())},
                            {"provider", Json(key_id(asked.key))},
                            {"status", Json(asked.blob ? "opened" : "asked")}});
  if (asked.blob) json.set("blob", asked.blob->hex()).set("size_bytes", asked.bytes);
  return json;
}

Result<AskedOpenings::Asked> AskedOpenings::make(const Digest& job, const Digest& id,
                                                 const wire::OpeningRequest& request) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  const Result<std::optional<reputation::JobState>> row = reputation::View(*txn.value()).job(job);
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "no job " + job.hex());
  if (!row.value()->attestation_index) {
    return fail(Code::not_found, std::string("the job is ") +
                                     reputation::job_status_name(row.value()->status) +
                                     ": there is something to open once it is attested");
  }
  txn.value().reset();
  Result<OpenAudit> audit = load_audit(context_, *row.value()->attestation_index);
  if (!audit.ok()) return audit.error();
  const Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.value().order.spec, context_.inputs(), context_.options.caps);
  if (!program.ok()) return fail(Code::inconclusive, program.error().what);
  if (Status sane = check_request(program.value()->plan(), request); !sane.ok()) {
    return sane.error();
  }
  Asked asked;
  asked.key = audit.value().state.provider;
  asked.provider = reputation::provider_id(asked.key);
  asked.bytes_bound = bytes_bound(program.value()->plan(), request);
  asked.challenge.draw = id;
  asked.challenge.attestation_index = audit.value().attestation_index;
  asked.challenge.attestation = audit.value().state.statement;
  asked.challenge.job = job;
  asked.challenge.reason = wire::Reason::paid;
  asked.challenge.positions = request.positions;
  asked.challenge.rows = request.rows;
  asked.challenge.pairs = request.pairs;
  return asked;
}

bool AskedOpenings::has_room(const Digest& job, std::uint64_t bytes) const {
  std::size_t of_job = 0;
  for (const auto& [id, asked] : asked_) {
    bytes += asked.bytes_bound;
    if (asked.challenge.job == job) ++of_job;
  }
  return asked_.size() < kAskedMax && of_job < kAskedOfOneJobMax && bytes <= kAskedAllBytesMax;
}

Result<Json> AskedOpenings::ask(const std::string& job, const std::string& request) {
  const Result<Digest> about = parse_id(job, "job");
  if (!about.ok()) return about.error();
  const Result<wire::OpeningRequest> parsed = wire::parse_opening_request(request);
  if (!parsed.ok()) return parsed.error();
  const Digest id = wire::opening_request_id(about.value(), parsed.value());
  {
    const std::scoped_lock lock(mutex_);
    if (const auto known = asked_.find(id); known != asked_.end()) {
      known->second.last_asked = context_.clock.steady_now();
      return document(id, known->second);
    }
    if (!has_room(about.value(), 0)) return full();
  }
  Result<Asked> asked = make(about.value(), id, parsed.value());
  if (!asked.ok()) return asked.error();
  asked.value().last_asked = context_.clock.steady_now();
  const std::scoped_lock lock(mutex_);
  if (!has_room(about.value(), asked.value().bytes_bound)) return full();
  return document(id, asked_.try_emplace(id, std::move(asked).value()).first->second);
}

Status AskedOpenings::give(const Digest& id, ByteView file) {
  wire::Challenge challenge;
  {
    const std::scoped_lock lock(mutex_);
    const auto asked = asked_.find(id);
    if (asked == asked_.end()) {
      return fail(Code::not_found, "nobody asks for the opening " + id.hex() + " any more");
    }
    if (asked->second.blob) return {};
    challenge = asked->second.challenge;
  }
  const Result<wire::Opening> opening = wire::parse_opening_file(file, kAskedBytesMax);
  if (!opening.ok()) return opening.error();
  Result<OpenAudit> audit = load_audit(context_, challenge.attestation_index);
  if (!audit.ok()) return audit.error();
  const Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(audit.value().order.spec, context_.inputs(), context_.options.caps);
  if (!program.ok()) return fail(Code::inconclusive, program.error().what);
  if (Status holds = check_opening(program.value()->plan(), audit.value().trace,
                                   scope_of(challenge), opening.value());
      !holds.ok()) {
    return holds;
  }
  const Digest blob = sha256(file);
  if (Status put = context_.blobs.put(blob, file); !put.ok()) return put;
  const std::scoped_lock lock(mutex_);
  if (const auto asked = asked_.find(id); asked != asked_.end()) {
    asked->second.blob = blob;
    asked->second.bytes = file.size();
  }
  return {};
}

std::vector<wire::Challenge> AskedOpenings::challenges_for(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  std::vector<wire::Challenge> out;
  for (const auto& [id, asked] : asked_) {
    if (asked.provider != provider || asked.blob) continue;
    out.push_back(asked.challenge);
    out.back().deadline = context_.clock.unix_now() + kAskedKeptMs;
    if (out.size() == kAskedAtOnceMax) break;
  }
  return out;
}

void AskedOpenings::expire() {
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = context_.clock.steady_now();
  std::erase_if(asked_,
                [&](const auto& entry) { return now - entry.second.last_asked > kAskedKeptMs; });
}

}  // namespace assay::verifier
