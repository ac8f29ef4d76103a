#include "prover/misbehave.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "prover/misbehave_compute.h"
#include "prover/misbehave_rows.h"
#include "prover/misbehave_texts.h"
#include "prover/offer.h"

namespace assay::prover {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kPeerFileMax = std::size_t{256} << 20;

Cheat cheating() {
  Cheat cheat;
  cheat.active = true;
  return cheat;
}

Cheat cheat_poisoned_result(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.executed = [](const CheatJob&, Execution& execution) {
    // A value that stays within its type's range whatever the workload.
    for (std::uint8_t& byte : execution.result) {
      if (byte < 1 || byte > 100) continue;
      ++byte;
      return;
    }
    if (!execution.result.empty()) execution.result[0] ^= 1;
  };
  return cheat;
}

// A peer's finished job of the same work, the same nonce before others.
std::optional<std::string> peer_job_folder(const std::string& peer,
                                           const wire::WorkloadSpec& spec) {
  std::optional<std::string> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(peer + "/jobs", none)) {
    const std::string folder = entry.path().string();
    const Result<Bytes> envelope = read_file(folder + "/order.dsse", kPeerFileMax);
    if (!envelope.ok() || !std::filesystem::exists(folder + "/attestation.dsse")) continue;
    Digest job;
    const Result<wire::Order> order = open_order(as_text(envelope.value()), job);
    if (!order.ok()) continue;
    const wire::WorkloadSpec& other = order.value().spec;
    if (other.workload != spec.workload || other.parameters != spec.parameters) continue;
    found = folder;
    if (other.nonce == spec.nonce) break;
  }
  return found;
}

Cheat cheat_copy_from_peer(const CheatOptions& options) {
  Cheat cheat = cheating();
  auto peers_root = std::make_shared<std::map<Digest, Digest>>();  // by job
  cheat.executed = [peers_root, peer = options.peer_folder](const CheatJob& job, Execution& out) {
    const std::optional<std::string> folder = peer_job_folder(peer, job.spec);
    if (!folder) return;  // nothing to copy
    const Result<Bytes> trace_file = read_file(*folder + "/trace", kPeerFileMax);
    const Result<Bytes> result = read_file(*folder + "/result", kPeerFileMax);
    const Result<Bytes> envelope = read_file(*folder + "/attestation.dsse", kPeerFileMax);
    if (!trace_file.ok() || !result.ok() || !envelope.ok()) return;
    const Result<wire::Trace> trace = wire::parse_trace_file(
        trace_file.value(), static_cast<std::uint32_t>(out.trace.size() - 1));
    const Result<wire::Envelope> parsed = wire::parse_envelope(as_text(envelope.value()));
    if (!trace.ok() || !parsed.ok()) return;
    const Result<wire::Attestation> claim =
        wire::parse_attestation(as_text(parsed.value().payload));
    if (!claim.ok()) return;
    out.trace = trace.value();
    out.result = result.value();
    (*peers_root)[job.job] = claim.value().root;
  };
  cheat.claimed = [peers_root](wire::Attestation& claim) {
    const auto root = peers_root->find(claim.job);
    if (root != peers_root->end()) claim.root = root->second;
  };
  return cheat;
}

Cheat cheat_wrong_device_uuid(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.claimed = [](wire::Attestation& claim) {
    if (claim.devices.empty()) claim.devices.push_back({"", "another card", "", 0});
    claim.devices[0].uuid += "-another";
  };
  return cheat;
}

Cheat cheat_equivocate(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.second = [](const wire::Attestation& first) {
    wire::Attestation second = first;
    second.result = sha256(first.result.view());
    return second;
  };
  return cheat;
}

Cheat cheat_replay_old(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.sent = [old = std::make_shared<std::string>()](std::string envelope) {
    if (old->empty()) *old = std::move(envelope);
    return *old;
  };
  return cheat;
}

Cheat cheat_sequence_gap(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.claimed = [](wire::Attestation& claim) { ++claim.seq; };
  return cheat;
}

Cheat cheat_backdate(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.claimed = [](wire::Attestation& claim) {
    claim.started = claim.started + -kHourMs;
    claim.finished = claim.finished + -kHourMs;
  };
  return cheat;
}

Cheat cheat_empty_openings(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.opened = [](const Digest&, wire::Opening& opening) { opening.parts.clear(); };
  return cheat;
}

Cheat cheat_extra_openings(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.opened = [](const Digest&, wire::Opening& opening) {
    wire::OpenedPart extra;
    extra.state = opening.parts.empty() ? 1 : opening.parts.back().state + 1;
    extra.whole = true;
    extra.data = {0};
    opening.parts.push_back(std::move(extra));
  };
  return cheat;
}

Cheat cheat_wrong_path_length(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.opened = [](const Digest&, wire::Opening& opening) {
    for (wire::OpenedPart& part : opening.parts) {
      if (part.whole) continue;
      if (part.path.empty()) {
        part.path.push_back({});
      } else {
        part.path.pop_back();
      }
      return;
    }
    if (!opening.parts.empty()) opening.parts[0].data.push_back(0);
  };
  return cheat;
}

Cheat cheat_opening_of_another_job(const CheatOptions&) {
  struct First {
    Digest job;
    std::optional<wire::Opening> opening;
  };
  Cheat cheat = cheating();
  cheat.opened = [first = std::make_shared<First>()](const Digest& job, wire::Opening& opening) {
    if (!first->opening) *first = {job, opening};
    if (first->job != job) opening = *first->opening;
  };
  return cheat;
}

Cheat cheat_never_attest(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.attests = false;
  return cheat;
}

Cheat cheat_withhold(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.answers = false;
  return cheat;
}

Cheat cheat_answer_late(const CheatOptions&) {
  Cheat cheat = cheating();
  cheat.answers_late = true;
  return cheat;
}

Cheat cheat_silent_in_dispute(const CheatOptions&) {
  Cheat cheat = cheat_zero_state();
  cheat.disputes = false;
  return cheat;
}

// Its operations end with what it claims, whatever comes before them.
Cheat cheat_lying_in_dispute(const CheatOptions&) {
  Cheat cheat = cheat_zero_state();
  cheat.taped = [](compute::Tape& tape) {
    for (const compute::TensorRef& ref : tape.state) {
      if (ref.of != compute::TensorRef::Of::operation) continue;
      tape.operations[ref.number].compute = [](std::uint64_t, std::uint64_t, compute::Operands&,
                                               std::span<std::uint8_t> out) {
        std::ranges::fill(out, std::uint8_t{0});
      };
    }
  };
  return cheat;
}

template <Cheat (*kMake)()>
Cheat plain(const CheatOptions&) {
  return kMake();
}

using enum Misbehave;
constexpr std::array kTable = {
    MisbehaveInfo{skip_steps, "skip-steps",
                  "computes the first half, then repeats the state (or leaves tiles black): half",
                  plain<cheat_skip_steps>},
    MisbehaveInfo{repeat_first_step, "repeat-first-step",
                  "computes step 1 and claims it for all: nearly everything",
                  plain<cheat_repeat_first_step>},
    MisbehaveInfo{zero_state, "zero-state",
                  "zeroes the state half way, from where every later step is right for free: half",
                  plain<cheat_zero_state>},
    MisbehaveInfo{wild_state, "wild-state",
                  "half way writes numbers that no run has, and repeats that state: half",
                  plain<cheat_wild_state>},
    MisbehaveInfo{splice_cached_trajectory, "splice-cached-trajectory",
                  "first half from an earlier job of this shape, then honest: half, from job 2 on",
                  plain<cheat_splice_cached_trajectory>},
    MisbehaveInfo{bad_rows_only, "bad-rows-only",
                  "zeroes a tenth of the rows (or tiles) at the first step: a tenth",
                  plain<cheat_bad_rows_only>},
    MisbehaveInfo{random_output, "random-output",
                  "well-formed random states and outputs: everything", plain<cheat_random_output>},
    MisbehaveInfo{lower_precision, "lower-precision",
                  "4-bit values where 8 were ordered, a film without its low bits: about half",
                  plain<cheat_lower_precision>},
    MisbehaveInfo{fewer_samples, "fewer-samples",
                  "renders a quarter of the samples and scales them up: three quarters (render)",
                  plain<cheat_fewer_samples>},
    MisbehaveInfo{inflated_scale, "inflated-scale",
                  "small values under a large scale, so that coarse work looks close (gemm)",
                  plain<cheat_inflated_scale>},
    MisbehaveInfo{rank_2_forge, "rank-2-forge",
                  "well-formed rows from a rank-2 picture of the weights: nearly everything (gemm)",
                  plain<cheat_rank_2_forge>},
    MisbehaveInfo{
        forged_columns, "forged-columns",
        "a sixteenth of each row's columns copied from its neighbours: a sixteenth (gemm)",
        plain<cheat_forged_columns>},
    MisbehaveInfo{one_row_in_a_hundred, "one-row-in-a-hundred",
                  "of each step's rows one in a hundred is left as it was: a hundredth (gemm)",
                  plain<cheat_one_row_in_a_hundred>},
    MisbehaveInfo{smaller_model, "smaller-model",
                  "serves a model of half the layers: half of the work of a text",
                  plain<cheat_smaller_model>},
    MisbehaveInfo{four_bit_weights, "four-bit-weights",
                  "serves the model with 4 bits a weight: half of its memory",
                  plain<cheat_four_bit_weights>},
    MisbehaveInfo{truncated_text, "truncated-text",
                  "stops half way through a text: half of its work", plain<cheat_truncated_text>},
    MisbehaveInfo{forged_early_end, "forged-early-end",
                  "says that the model ended the text half way: half of its work",
                  plain<cheat_forged_early_end>},
    MisbehaveInfo{prefill_forge, "prefill-forge",
                  "makes up the keys and values of the prompt: the work of reading it",
                  plain<cheat_prefill_forge>},
    MisbehaveInfo{skip_one_step, "skip-one-step", "leaves one step out: that step's work",
                  plain<cheat_skip_one_step>},
    MisbehaveInfo{repeat_one_step, "repeat-one-step",
                  "takes the step before once more: the data of one step",
                  plain<cheat_repeat_one_step>},
    MisbehaveInfo{fewer_time_steps, "fewer-time-steps",
                  "computes half of the time steps: half of the work",
                  plain<cheat_fewer_time_steps>},
    MisbehaveInfo{garbage_inputs, "garbage-inputs",
                  "runs on other inputs: the download, and any work they make cheaper",
                  plain<cheat_garbage_inputs>},
    MisbehaveInfo{
        wrong_seed, "wrong-seed",
        "draws its random numbers from a seed of its own choice: shared work between jobs",
        plain<cheat_wrong_seed>},
    MisbehaveInfo{stale_result, "stale-result",
                  "delivers an earlier job of this shape again: everything, from job 2 on",
                  plain<cheat_stale_result>},
    MisbehaveInfo{poisoned_result_honest_trace, "poisoned-result-honest-trace",
                  "commits to honest steps and delivers other bytes: nothing; it harms the renter",
                  cheat_poisoned_result},
    MisbehaveInfo{copy_from_peer, "copy-from-peer",
                  "attests a peer's trace, root and result with its own key: everything",
                  cheat_copy_from_peer},
    MisbehaveInfo{wrong_device_uuid, "wrong-device-uuid",
                  "claims another card than it registered: the price of a better class",
                  cheat_wrong_device_uuid},
    MisbehaveInfo{never_attest, "never-attest",
                  "takes jobs and never delivers: everything; it blocks others",
                  cheat_never_attest},
    MisbehaveInfo{withhold_when_sampled, "withhold-when-sampled",
                  "attests but answers no challenge: hides whatever it did instead",
                  cheat_withhold},
    MisbehaveInfo{answer_late, "answer-late",
                  "opens after the deadline only: time to compute what was drawn",
                  cheat_answer_late},
    MisbehaveInfo{empty_openings, "empty-openings",
                  "answers with no parts at all: keeping and computing states",
                  cheat_empty_openings},
    MisbehaveInfo{extra_openings, "extra-openings",
                  "answers with a part nobody asked for: probes a lax parser",
                  cheat_extra_openings},
    MisbehaveInfo{wrong_path_length, "wrong-path-length",
                  "paths one hash short (or a state one byte long): probes a lax verifier",
                  cheat_wrong_path_length},
    MisbehaveInfo{opening_of_another_job, "opening-of-another-job",
                  "answers every challenge with its first opening: keeping states, from job 2 on",
                  cheat_opening_of_another_job},
    MisbehaveInfo{equivocate, "equivocate",
                  "signs a second, different attestation of the same job: a choice of results",
                  cheat_equivocate},
    MisbehaveInfo{replay_old, "replay-old",
                  "sends its first attestation again for every later job: everything",
                  cheat_replay_old},
    MisbehaveInfo{sequence_gap, "sequence-gap",
                  "leaves a sequence number out: room to insert a statement later",
                  cheat_sequence_gap},
    MisbehaveInfo{backdate, "backdate", "claims to have run an hour earlier: an expired deadline",
                  cheat_backdate},
    MisbehaveInfo{silent_in_dispute, "silent-in-dispute",
                  "zeroes a state, and answers nobody who disputes it: half",
                  cheat_silent_in_dispute},
    MisbehaveInfo{lying_in_dispute, "lying-in-dispute",
                  "zeroes a state, and commits to operations that end with it: half",
                  cheat_lying_in_dispute},
};

}  // namespace

std::span<const MisbehaveInfo> misbehaviours() {
  return kTable;
}

const MisbehaveInfo& misbehave_info(Misbehave kind) {
  const MisbehaveInfo& info = kTable[static_cast<std::size_t>(kind)];
  ASSAY_CHECK(info.kind == kind, "the table of cheats is not in the order of the enum");
  return info;
}

Result<Misbehave> parse_misbehave(std::string_view name) {
  std::string names;
  for (const MisbehaveInfo& info : kTable) {
    if (info.name == name) return info.kind;
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  }
  return fail(Code::usage, "\"" + std::string(name) + "\" is not one of " + names);
}

Cheat make_cheat(Misbehave kind, const CheatOptions& options) {
  return misbehave_info(kind).make(options);
}

bool is_loopback_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  }
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) return false;
  if (authority == "[::1]" || authority.starts_with("[::1]:")) return true;
  const std::string_view host = authority.substr(0, authority.find(':'));
  if (host == "localhost") return true;
  // 127.0.0.0/8, and only as an address: 127.example.org is somebody else's.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace assay::prover
