// The leaf that the watch is looking at. For the sources of the watch only.
#pragma once

#include "core/wire/attestation.h"
#include "core/wire/events.h"
#include "verifier/monitor/watch.h"

namespace assay::verifier::monitor {

inline std::string seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + " s";
}

struct Watch::Seen {
  const reputation::View& view;  // after it was applied
  const reputation::Head& head;
  const std::uint64_t index;
  const reputation::LoggedLeaf& leaf;

  std::int64_t time_ms() const { return leaf.time.ms; }
  const std::string& payload() const { return leaf.submission.opened.payload; }
  const Digest& statement() const { return leaf.submission.opened.pae_digest; }

  // Rows that the rules have made sure of.
  Result<reputation::AttestationState> attestation(std::uint64_t at) const {
    return there(view.attestation(at));
  }
  Result<reputation::JobState> job(const Digest& id) const { return there(view.job(id)); }
  Result<reputation::SlashState> slash(std::uint64_t at) const { return there(view.slash(at)); }
  Result<reputation::DisputeState> dispute(std::uint64_t at) const {
    return there(view.dispute(at));
  }

 private:
  template <class Row>
  static Result<Row> there(Result<std::optional<Row>> row) {
    if (!row.ok()) return row.error();
    if (!row.value()) return fail(Code::storage, "a row that the log's rules made is missing");
    return std::move(*row.value());
  }
};

}  // namespace assay::verifier::monitor
