// The jobs of an Agent, from the offer to a finished run.
#include <algorithm>

#include "core/base/memory.h"
#include "core/compute/generate/model_source.h"
#include "core/wire/dsse.h"
#include "prover/agent_parts.h"
#include "prover/offer.h"

namespace assay::prover {
namespace {

constexpr std::size_t kEnvelopeBytesMax = std::size_t{256} << 10;
constexpr std::size_t kDeclinedMax = 10'000;

}  // namespace

std::vector<Digest> Agent::unfinished_jobs() const {
  std::vector<std::pair<std::int64_t, Digest>> found;
  for (const auto& [job, status] : journal_.jobs()) {
    if (status.stage < Stage::attested) found.emplace_back(status.accepted.ms, job);
  }
  std::ranges::sort(found);  // first accepted, first done
  std::vector<Digest> out;
  for (const auto& item : found) out.push_back(item.second);
  return out;
}

std::uint64_t Agent::open_jobs() const {
  return unfinished_jobs().size();
}

bool Agent::accepts_jobs() const {
  return open_jobs() < options_.open_jobs_max &&
         (options_.jobs_max == 0 || jobs_taken_ < options_.jobs_max);
}

Status Agent::take_offers() {
  Status first;
  for (const wire::Offer& offer : std::exchange(offers_, {})) {
    if (!accepts_jobs()) break;
    if (journal_.jobs().contains(offer.job) || declined_.contains(offer.job)) continue;
    Status taken = take_offer(offer);
    if (final_) return *final_;
    if (taken.ok()) continue;
    if (tried_again(taken.error().code)) {
      if (first.ok()) first = taken;  // offered again in the next poll
      continue;
    }
    if (declined_.size() >= kDeclinedMax) declined_.clear();
    declined_.insert(offer.job);
    tell(AgentEvent::Kind::declined, offer.job, taken.error().what);
  }
  return first;
}

Status Agent::take_offer(const wire::Offer& offer) {
  Result<wire::Order> order = check_offer(offer, key_.public_key(), options_.profile.device_class);
  if (!order.ok()) return order.error();
  const auto program = load(offer.job, order.value().spec);
  if (!program.ok()) return program.error();
  const Status openable = compute::check_openable(program.value()->plan(), order.value().assurance,
                                                  options_.policy, kOpeningBytesMax);
  if (!openable.ok()) return openable.error().in("offer");
  wire::Acceptance acceptance;
  acceptance.job = offer.job;
  acceptance.devices = devices();
  acceptance.expected_end = log_now() + order.value().deadline_ms;
  const std::string text = wire::statement_text(wire::acceptance_statement(acceptance));
  if (Status s = keep(journal_.begin_job(offer.job, offer.order, wire::seal(key_, text)));
      !s.ok()) {
    return s;
  }
  orders_[offer.job] = std::move(order).value();
  ++jobs_taken_;
  return {};
}

compute::InputSource Agent::inputs_of(const Digest& job) {
  const auto files = [this, job](const wire::Input& input) -> Result<Bytes> {
    if (options_.models && compute::generate::is_model_chunk(input)) {
      return ports_.port.get_blob(input.sha256);  // the store of models keeps it
    }
    const std::string name = "inputs/" + input.sha256.hex();
    Result<Bytes> kept = journal_.read(job, name, options_.caps.input_bytes_max);
    if (kept.ok() && sha256(kept.value()) == input.sha256) return kept;
    Result<Bytes> bytes = ports_.port.get_blob(input.sha256);
    if (!bytes.ok()) return bytes;
    if (bytes.value().size() == input.size_bytes && sha256(bytes.value()) == input.sha256) {
      if (Status s = keep(journal_.write(job, name, bytes.value())); !s.ok()) return s.error();
    }
    return bytes;  // load_program() judges it
  };
  return {files, options_.models};
}

Result<std::unique_ptr<compute::Program>> Agent::load(const Digest& job,
                                                      const wire::WorkloadSpec& spec) {
  const compute::InputSource inputs = inputs_of(job);
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(spec, inputs, options_.caps);
  if (!program.ok() || !options_.cheat.program) return program;
  return options_.cheat.program({job, spec, inputs, options_.caps}, std::move(program).value());
}

Result<wire::Order> Agent::order_of(const Digest& job) {
  if (const auto found = orders_.find(job); found != orders_.end()) return found->second;
  const Result<Bytes> envelope = journal_.read(job, "order.dsse", kEnvelopeBytesMax);
  if (!envelope.ok()) return envelope.error();
  Digest named;
  Result<wire::Order> order = open_order(as_text(envelope.value()), named);
  if (!order.ok()) return order;
  if (named != job)
    return fail(Code::malformed, "the order kept for job " + job.hex() + " is another one");
  if (journal_.jobs().at(job).stage < Stage::attested) orders_[job] = order.value();
  return order;
}

Status Agent::advance_jobs() {
  Status first;
  if (benchmark_task_.active()) return {};  // it has the engine to itself, for seconds
  if (job_task_.done()) first = collect_job();
  if (job_task_.active() && running_ && !still_wanted(running_->job)) {
    close_job(running_->job, "it is not ours any more: cancelled, or timed out by the verifier");
  }
  for (const Digest& job : unfinished_jobs()) {
    if (final_) return *final_;
    Status done = advance_job(job);
    if (first.ok()) first = done;
  }
  return first;
}

// Takes one job as far as it goes now.
Status Agent::advance_job(const Digest& job) {
  while (true) {
    const Stage stage = journal_.jobs().at(job).stage;
    if (stage >= Stage::attested) return {};
    if (past_deadline(job)) close_job(job, "its deadline passed before it was attested");
    Status done;
    switch (journal_.jobs().at(job).stage) {
      case Stage::accepting: done = send_acceptance(job); break;
      case Stage::accepted:
        if (job_task_.active()) return {};
        done = start_job(job);
        if (done.ok() && job_task_.done()) done = collect_job();
        break;
      case Stage::finished: done = attest(job); break;
      default: return {};
    }
    if (!done.ok() || final_ || journal_.jobs().at(job).stage == stage) return done;
  }
}

bool Agent::past_deadline(const Digest& job) {
  const JobStatus& status = journal_.jobs().at(job);
  if (status.stage == Stage::accepting) return false;
  if (journal_.pending() && journal_.pending()->job == job) return false;  // the log decides
  const Result<wire::Order> order = order_of(job);
  return order.ok() && log_now() - status.accepted > order.value().deadline_ms;
}

Status Agent::send_acceptance(const Digest& job) {
  const Result<Bytes> envelope = journal_.read(job, "acceptance.dsse", kEnvelopeBytesMax);
  if (!envelope.ok()) return keep(envelope.error());
  const Result<api::Accepted> accepted =
      ports_.port.submit(wire::Kind::acceptance, std::string(as_text(envelope.value())));
  if (!accepted.ok()) {
    if (refused_for_good(job, accepted.error())) {
      close_job(job, "acceptance refused: " + accepted.error().what);
      return {};
    }
    return accepted.error().in("acceptance");
  }
  refusals_.erase(job);
  JobStatus status = journal_.jobs().at(job);
  status.stage = Stage::accepted;
  status.accepted = {accepted.value().log_time_ms};
  if (Status s = keep(journal_.set_status(job, status)); !s.ok()) return s;
  tell(AgentEvent::Kind::accepted, job, "leaf " + std::to_string(accepted.value().log_index));
  return {};
}

// Is the job still ours to do? A renter may cancel, a verifier may have given it to somebody else.
// Asked before and while it runs; no answer means yes.
bool Agent::still_wanted(const Digest& job) {
  const Result<wire::Json> document = ports_.port.job(job.hex());
  if (!document.ok()) return true;
  const wire::Json* status = document.value().find("status");
  const wire::Json* provider = document.value().find("provider");
  if (status == nullptr || *status != wire::Json("accepted")) return status == nullptr;
  return provider == nullptr || *provider == wire::Json(key_id(key_.public_key()));
}

std::string Agent::cpu_name() const {
  return std::string("cpu/") + compute::cpu_level_name(engine_.level());
}

// What a job that starts now may run on.
std::vector<wire::Device> Agent::devices() const {
  std::vector<wire::Device> out = options_.profile.devices;
  if (options_.device != nullptr && !options_.cheat.active) out.push_back(options_.device_named);
  return out;
}

// Null: it runs on the CPU. Cheats do: what they save is not measured on a device.
std::unique_ptr<compute::Program> Agent::place_on_device(
    const Digest& job, const std::shared_ptr<const compute::Program>& program) {
  if (options_.device == nullptr || options_.cheat.active) return nullptr;
  Result<std::unique_ptr<compute::Program>> placed =
      compute::cuda::on_device(program, options_.device);
  if (placed.ok()) return std::move(placed).value();
  give_up_device(job, placed.error());
  return nullptr;
}

void Agent::give_up_device(const Digest& job, const Error& error) {
  tell(AgentEvent::Kind::trouble, job,
       error.what + "; this job and those after it run on the CPU, from their beginning");
  options_.device.reset();
}

Status Agent::start_job(const Digest& job) {
  if (!still_wanted(job)) {
    close_job(job, "it is not ours any more: cancelled, or timed out by the verifier");
    return {};
  }
  const Result<wire::Order> order = order_of(job);
  if (!order.ok()) return keep(order.error());
  Result<std::unique_ptr<compute::Program>> program = load(job, order.value().spec);
  if (!program.ok()) {
    if (!refused_for_good(job, program.error())) return program.error();
    close_job(job, program.error().what);
    return {};
  }
  const std::shared_ptr<const compute::Program> definition = std::move(program).value();
  const compute::Plan& plan = definition->plan();
  running_ = std::make_unique<Running>(
      Running{job,
              ports_.clock.unix_now(),
              definition,
              Checkpoints(journal_.path(job, "states"), plan, options_.checkpoint_bytes),
              definition,
              SelfCheck{},
              cpu_name(),
              {},
              std::nullopt});
  if (auto placed = place_on_device(job, definition)) {
    running_->program = std::move(placed);
    running_->self_check = draw_self_check(*definition, ports_.random);
    running_->backend = compute::cuda::backend_name(*options_.device);
  }
  running_->devices = devices();  // without one that could not be used
  tell(AgentEvent::Kind::started, job,
       order.value().spec.workload + ", " + std::to_string(plan.steps) + " steps");
  const bool shown = options_.previews && plan.shape == compute::Shape::appended;
  if (shown) previews_.begin(job);
  job_task_.start(
      [this, shown, work = running_.get()](const std::atomic<bool>& cancelled) {
        RunOptions options;
        options.keeper = &work->checkpoints;
        options.cancelled = &cancelled;
        options.self_check = work->self_check;
        if (options_.on_progress) {
          options.progress = [this, work](std::uint32_t step) {
            options_.on_progress(work->job, step, work->program->plan().steps);
          };
        }
        if (shown) {
          options.output = [this, work](std::uint32_t step, ByteView output) {
            previews_.add(work->job, step, output);
          };
        }
        work->outcome = run_job(*work->program, engine_, options);
      },
      options_.background_jobs);
  return {};
}

Status Agent::collect_job() {
  job_task_.collect();
  const Status kept = keep_outcome(std::move(running_));
  give_back_memory();
  return kept;
}

Status Agent::keep_outcome(const std::unique_ptr<Running> work) {
  previews_.end(work->job);  // its result follows, or it is run again
  const auto found = journal_.jobs().find(work->job);
  if (found == journal_.jobs().end() || found->second.stage != Stage::accepted) {
    return {};  // closed meanwhile
  }
  JobStatus status = found->second;
  if (!work->outcome->ok()) {
    const Error& error = work->outcome->error();
    if (work->program != work->definition && error.code != Code::interrupted) {
      give_up_device(work->job, error);
      return {};  // still accepted: it is started again
    }
    ++refusals_[work->job];
    if (refusals_[work->job] >= 3) close_job(work->job, "could not be computed: " + error.what);
    return error.in("job " + work->job.hex());
  }
  Execution execution = std::move(*work->outcome).value();
  if (options_.cheat.executed) {
    const Result<wire::Order> order = order_of(work->job);
    if (!order.ok()) return keep(order.error());
    options_.cheat.executed({work->job, order.value().spec, inputs_of(work->job), options_.caps},
                            execution);
  }
  status.stage = Stage::finished;
  status.started = work->started;
  status.finished = ports_.clock.unix_now();
  status.backend = work->backend;
  status.devices = work->devices;
  const Bytes trace_file = wire::trace_file(execution.trace);
  Status kept = journal_.write(work->job, "trace", trace_file);
  if (kept.ok()) kept = journal_.write(work->job, "result", execution.result);
  if (kept.ok()) kept = journal_.set_status(work->job, status);
  if (kept.ok()) {
    tell(AgentEvent::Kind::finished, work->job,
         std::to_string(status.finished - status.started) + " ms");
  }
  return keep(kept);
}

void Agent::close_job(const Digest& job, const std::string& why) {
  if (journal_.pending() && journal_.pending()->job == job) return;  // the log decides
  if (running_ && running_->job == job) job_task_.cancel();
  previews_.end(job);
  JobStatus status = journal_.jobs().at(job);
  status.stage = Stage::closed;
  status.ended = ports_.clock.unix_now();
  status.detail = why;
  if (!keep(journal_.set_status(job, status)).ok()) return;
  orders_.erase(job);
  refusals_.erase(job);
  tell(AgentEvent::Kind::closed, job, why);
}

}  // namespace assay::prover
