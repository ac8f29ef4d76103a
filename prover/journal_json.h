// The texts of the journal's small files. For journal.cc only. Pure.
#pragma once

#include "prover/journal.h"

namespace assay::prover {

struct ChainFile {
  PublicKey provider;
  ChainPlace next;
  std::optional<PendingAttestation> pending;
};

std::string chain_text(const ChainFile& chain);
std::string handed_text(const Handed& handed);
std::string status_text(const JobStatus& status);
std::string notices_text(const std::vector<HeardNotice>& notices);

//   malformed    not what the matching function writes
Result<ChainFile> parse_chain(std::string_view text);
Result<Handed> parse_handed(std::string_view text);
Result<JobStatus> parse_status(std::string_view text);
Result<std::vector<HeardNotice>> parse_notices(std::string_view text);

}  // namespace assay::prover
