#include "prover/open.h"

#include <algorithm>

namespace assay::prover {
namespace {

using compute::PartRef;
using compute::State;

template <class T>
Status check_list(const char* name, const std::vector<T>& list, std::uint64_t first,
                  std::uint64_t end) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] < first || list[i] >= end) {
      return fail(Code::malformed, std::string("challenge: ") + name + ": " +
                                       std::to_string(list[i]) + " is outside " +
                                       std::to_string(first) + ".." + std::to_string(end - 1));
    }
    if (i > 0 && list[i] <= list[i - 1]) {
      return fail(Code::malformed,
                  std::string("challenge: ") + name + ": not ascending, or one asked twice");
    }
  }
  return {};
}

Error differs(std::uint32_t index) {
  return fail(Code::internal, "opening: state " + std::to_string(index) +
                                  " computed again differs from the one committed; this machine "
                                  "computes wrongly: test its memory");
}

// Walks a chain upwards, from kept states where they help.
class ChainWalk {
 public:
  ChainWalk(const compute::Program& program, const compute::Engine& engine,
            const wire::Trace& trace, const StateKeeper& keeper, const std::atomic<bool>* cancelled)
      : program_(program), engine_(engine), trace_(trace), keeper_(keeper), cancelled_(cancelled) {}

  // State number `index`; later calls ask for later states.
  Result<const State*> at(std::uint32_t index) {
    if (started_ && index_ == index) return &state_;
    if (Status begun = begin(index); !begun.ok()) return begun.error();
    while (index_ < index) {
      if (cancelled_ != nullptr && cancelled_->load()) {
        return fail(Code::interrupted, "the opening was stopped before it was done");
      }
      const Status moved = program_.advance(index_ + 1, state_, engine_);
      if (!moved.ok()) return moved.error().in("opening: step " + std::to_string(index_ + 1));
      ++index_;
    }
    if (compute::state_digest(state_) != trace_[index].state) return differs(index);
    return &state_;
  }

 private:
  // Puts the walk at the best known state not above `index`.
  Status begin(std::uint32_t index) {
    std::uint32_t below = index;
    while (auto kept = keeper_.nearest(below)) {
      if (started_ && kept->index <= index_) break;
      if (compute::state_digest(kept->state) == trace_[kept->index].state) {
        state_ = std::move(kept->state);
        index_ = kept->index;
        started_ = true;
        return {};
      }
      below = kept->index - 1;  // damaged on disk: the one before
    }
    if (started_) return {};
    Result<State> start = program_.start(engine_);
    if (!start.ok()) return start.error().in("opening: start state");
    state_ = std::move(start).value();
    started_ = true;
    return {};
  }

  const compute::Program& program_;
  const compute::Engine& engine_;
  const wire::Trace& trace_;
  const StateKeeper& keeper_;
  const std::atomic<bool>* cancelled_;
  State state_;
  std::uint32_t index_ = 0;
  bool started_ = false;
};

// The states of an appended job, each made from all before it.
class AppendedWalk {
 public:
  AppendedWalk(const compute::Program& program, const compute::Engine& engine,
               const wire::Trace& trace, const StateKeeper& keeper,
               const std::atomic<bool>* cancelled)
      : program_(program), engine_(engine), trace_(trace), keeper_(keeper), cancelled_(cancelled) {}

  Result<const State*> at(std::uint32_t index) {
    while (states_.size() < index) {
      if (cancelled_ != nullptr && cancelled_->load()) {
        return fail(Code::interrupted, "the opening was stopped before it was done");
      }
      if (Status added = add(static_cast<std::uint32_t>(states_.size()) + 1); !added.ok()) {
        return added.error();
      }
    }
    return &states_[index - 1];
  }

 private:
  Status add(std::uint32_t step) {
    auto kept = keeper_.nearest(step);
    if (kept && kept->index == step && is_committed(step, kept->state)) {
      states_.push_back(std::move(kept->state));
      return {};
    }
    Result<compute::Added> added = program_.append_step(step, states_, engine_);
    if (!added.ok()) return added.error().in("opening: step " + std::to_string(step));
    if (!is_committed(step, added.value().state)) return differs(step);
    states_.push_back(std::move(added.value().state));
    return {};
  }
  bool is_committed(std::uint32_t step, const State& state) const {
    return compute::state_digest(state) == trace_[step].state;
  }

  const compute::Program& program_;
  const compute::Engine& engine_;
  const wire::Trace& trace_;
  const StateKeeper& keeper_;
  const std::atomic<bool>* cancelled_;
  std::vector<State> states_;
};

template <class Walk>
Result<wire::Opening> open_parts(Walk walk, const std::vector<PartRef>& parts) {
  wire::Opening opening;
  std::optional<compute::StateTree> tree;
  std::uint32_t tree_of = 0;
  for (const PartRef& part : parts) {
    const Result<const State*> state = walk.at(part.state);
    if (!state.ok()) return state.error();
    wire::OpenedPart opened;
    opened.state = part.state;
    opened.whole = part.whole;
    opened.leaf = part.leaf;
    if (part.whole) {
      opened.data = compute::state_bytes(*state.value());
    } else {
      if (!tree || tree_of != part.state) tree.emplace(*state.value());
      tree_of = part.state;
      opened.data = compute::leaf_data(*state.value(), part.leaf);
      opened.path = tree->path(part.leaf);
    }
    opening.parts.push_back(std::move(opened));
  }
  return opening;
}

}  // namespace

Status check_challenge(const wire::Challenge& challenge, const OwnClaim& claim,
                       const compute::Plan& plan) {
  if (challenge.job != claim.job || challenge.attestation != claim.attestation ||
      challenge.attestation_index != claim.log_index) {
    return fail(Code::unbound, "challenge: it names attestation " + challenge.attestation.hex() +
                                   " at leaf " + std::to_string(challenge.attestation_index) +
                                   ", which is not ours for job " + claim.job.hex());
  }
  if (challenge.positions.empty() && challenge.rows.empty() && challenge.pairs.empty()) {
    return fail(Code::malformed, "challenge: it asks for nothing");
  }
  Status ranges = check_list("positions", challenge.positions, 1, std::uint64_t{plan.steps} + 1);
  if (ranges.ok() && !challenge.rows.empty() && plan.reach != compute::Reach::same_row) {
    return fail(Code::malformed, "challenge: rows: this job has none to follow");
  }
  if (ranges.ok()) ranges = check_list("rows", challenge.rows, 0, plan.rows);
  if (ranges.ok() && !challenge.pairs.empty() && compute::pair_count(plan) == 0) {
    return fail(Code::malformed, "challenge: pairs: this job has no rows to check");
  }
  if (ranges.ok()) ranges = check_list("pairs", challenge.pairs, 0, compute::pair_count(plan));
  if (!ranges.ok()) return ranges;
  const std::uint64_t bytes = compute::opening_bytes_bound(
      plan, challenge.positions.size(), challenge.rows.size(), challenge.pairs.size());
  if (bytes > kOpeningBytesMax) {
    return fail(Code::malformed, "challenge: an opening of up to " + std::to_string(bytes) +
                                     " bytes where at most " + std::to_string(kOpeningBytesMax) +
                                     " are given");
  }
  return {};
}

Result<wire::Opening> open_states(const compute::Program& program, const compute::Engine& engine,
                                  const wire::Trace& trace, const StateKeeper& keeper,
                                  const wire::Challenge& challenge,
                                  const std::atomic<bool>* cancelled) {
  const std::vector<PartRef> parts =
      compute::opening_parts(program.plan(), challenge.positions, challenge.rows, challenge.pairs);
  if (program.plan().shape == compute::Shape::appended) {
    return open_parts(AppendedWalk(program, engine, trace, keeper, cancelled), parts);
  }
  return open_parts(ChainWalk(program, engine, trace, keeper, cancelled), parts);
}

compute::StateSource committed_states(const compute::Program& program,
                                      const compute::Engine& engine, const wire::Trace& trace,
                                      const StateKeeper& keeper,
                                      const std::atomic<bool>* cancelled) {
  const auto copied = [](const Result<const State*>& state) -> Result<State> {
    if (!state.ok()) return state.error();
    return *state.value();
  };
  if (program.plan().shape == compute::Shape::appended) {
    const auto walk = std::make_shared<AppendedWalk>(program, engine, trace, keeper, cancelled);
    return [walk, copied, &program, &engine](std::uint32_t number) -> Result<State> {
      return number == 0 ? program.start(engine) : copied(walk->at(number));
    };
  }
  return [copied, &program, &engine, &trace, &keeper, cancelled](std::uint32_t number) {
    if (number == 0 || program.plan().shape == compute::Shape::independent) {
      return program.start(engine);
    }
    ChainWalk walk(program, engine, trace, keeper, cancelled);
    return copied(walk.at(number));
  };
}

wire::Spotcheck spotcheck_for(const wire::Challenge& challenge, ByteView opening_file) {
  return {.draw = challenge.draw,
          .attestation_index = challenge.attestation_index,
          .attestation = challenge.attestation,
          .reason = challenge.reason,
          .ordinal = challenge.ordinal,
          .positions = challenge.positions,
          .rows = challenge.rows,
          .pairs = wire::digest_of_pairs(challenge.pairs),
          .opening_blob = sha256(opening_file),
          .opening_bytes = opening_file.size()};
}

}  // namespace assay::prover
