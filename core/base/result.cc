#include "core/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace assay {

const char* code_name(Code code) {
  switch (code) {
    case Code::internal: return "internal";
    case Code::usage: return "usage";
    case Code::not_found: return "not_found";
    case Code::permission: return "permission";
    case Code::network: return "network";
    case Code::rate_limited: return "rate_limited";
    case Code::conflict: return "conflict";
    case Code::malformed: return "malformed";
    case Code::signature: return "signature";
    case Code::no_evidence: return "no_evidence";
    case Code::proof: return "proof";
    case Code::unbound: return "unbound";
    case Code::mismatch: return "mismatch";
    case Code::inconclusive: return "inconclusive";
    case Code::stale: return "stale";
    case Code::equivocation: return "equivocation";
    case Code::storage: return "storage";
    case Code::interrupted: return "interrupted";
  }
  return "internal";
}

const char* code_title(Code code) {
  switch (code) {
    case Code::internal: return "internal error";
    case Code::usage: return "wrong usage";
    case Code::not_found: return "not found";
    case Code::permission: return "not permitted";
    case Code::network: return "network failure or time-out";
    case Code::rate_limited: return "too many requests";
    case Code::conflict: return "conflict or replay";
    case Code::malformed: return "malformed input";
    case Code::signature: return "invalid signature";
    case Code::no_evidence: return "no matching evidence";
    case Code::proof: return "invalid proof";
    case Code::unbound: return "evidence does not bind to this artefact";
    case Code::mismatch: return "replay mismatch: fraud shown";
    case Code::inconclusive: return "inconclusive";
    case Code::stale: return "stale";
    case Code::equivocation: return "equivocation found";
    case Code::storage: return "storage failed";
    case Code::interrupted: return "interrupted";
  }
  return "internal error";
}

Error Error::in(std::string_view where) const {
  return Error{code, std::string(where) + ": " + what};
}

void check_failed(std::string_view condition, std::string_view why, std::string_view file,
                  int line) {
  std::fprintf(stderr, "assay: internal error: %.*s (%.*s) at %.*s:%d\n",
               static_cast<int>(why.size()), why.data(), static_cast<int>(condition.size()),
               condition.data(), static_cast<int>(file.size()), file.data(), line);
  std::abort();
}

}  // namespace assay
