// Who plays in the demo: the honest providers and the cheats, and what became of each.
// Values; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/crypto/ed25519.h"
#include "core/wire/json.h"

namespace assay::cli {

enum class Work { gemm, render, texts, simulations, both };

// What is ordered besides the small jobs, to be looked at: one of each, of an honest provider.
enum class PieceKind { picture, story, simulation };
const char* piece_name(PieceKind kind);  // "picture"

struct Actor {
  std::string name;
  std::string kind;  // "honest", or what assay-prover run --misbehave is told
  Work work = Work::both;
  unsigned jobs_wanted = 0;  // audited and right, of the honest
  std::optional<PieceKind> piece;
  bool honest() const { return kind == "honest"; }

  // As it goes.
  std::string id;
  PublicKey key;
  bool registered = false;
  std::vector<std::string> jobs;  // in the order they were given to it
  std::string open_job;           // the last of them, while it is not over
  unsigned over = 0;              // jobs that came to an end
  unsigned passed = 0;            // of those, audited and right
  std::int64_t score_ppm = 0;
  std::vector<std::int64_t> scores_ppm;  // at each end
  bool awaits_slash = false;             // a job failed: the record of why follows
  std::string slash;                     // id of the first one, empty: never accused
  std::string reason;
  std::optional<unsigned> caught_after_jobs;
};

// Without a model nobody writes texts, neither honestly nor otherwise.
std::vector<Actor> demo_cast(bool with_texts);

// How many of the honest were accused, and whether every cheat was caught.
unsigned false_accusations(const std::vector<Actor>& cast);
bool all_caught(const std::vector<Actor>& cast);

// {jobs, providers, false_accusations, seconds}: summary.json.
wire::Json summary_json(const std::vector<Actor>& cast, std::int64_t elapsed_ms);

}  // namespace assay::cli
