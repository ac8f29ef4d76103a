// A witness: cosigns the checkpoints of the logs that it knows, never two that disagree (C2SP
// tlog-witness, POST add-checkpoint). Transport-free: bytes in, status and bytes out.
// Thread-safe. A cosignature means: this head is on our disk, and it grew out of every head of that
// log which we cosigned before.
#pragma once

#include <map>
#include <mutex>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "verifier/witness/decide.h"
#include "verifier/witness/head_store.h"

namespace assay::witness {

struct Answer {
  int status = 500;
  std::string content_type;
  std::string body;  // 200: one cosignature/v1 line; 409: the size; else: why, for a person
};

class Witness {
 public:
  // `logs`: the keys of the logs that it witnesses, by their origins. `heads` and `clock` outlive
  // it.
  Witness(std::string name, SigningKey key, std::vector<wire::NoteKey> logs, HeadStore& heads,
          Clock& clock);

  // As decide() says; 400 also for what is no request; 500 when a head cannot be read or kept: then
  // nothing was signed.
  Answer add_checkpoint(std::string_view body);

  wire::NoteKey vkey() const;

 private:
  Answer answer_in_turn(const wire::AddCheckpoint& request);

  const std::string name_;
  const SigningKey key_;
  const std::vector<wire::NoteKey> logs_;
  HeadStore& heads_;
  Clock& clock_;
  std::map<std::string, std::mutex> turns_;  // one request at a time for each origin
};

}  // namespace assay::witness
