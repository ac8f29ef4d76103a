// Final score statements: each of one state of the last snapshot, with its proof against that
// snapshot's root. Thread-safe. The tree over the states is built once for each snapshot that
// anybody asks about.
#pragma once

#include <memory>
#include <mutex>

#include "core/merkle/tree.h"
#include "verifier/service/context.h"

namespace assay::verifier {

class FinalScores {
 public:
  // The statement as a DSSE envelope. An empty class is the headline: the lowest audited one.
  //   malformed    not an id
  //   not_found    no such provider or class in the last snapshot, or no headline, or no snapshot
  Result<std::string> envelope(const Context& context, const std::string& id,
                               const std::string& class_name);

 private:
  struct States;  // of one snapshot
  Result<std::shared_ptr<const States>> states_of(const reputation::ReadTxn& txn,
                                                  const reputation::Head& head);

  std::mutex mutex_;
  std::shared_ptr<const States> last_;
};

}  // namespace assay::verifier
