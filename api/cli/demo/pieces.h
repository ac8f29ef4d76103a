// The picture, the story and the simulation once they are settled: fetched, shown, and their
// receipts checked from files alone. One thread.
#pragma once

#include "api/cli/demo/watch.h"
#include "core/compute/simulate/picture.h"
#include "verifier/audit.h"

namespace assay::cli {

// The files of one in the demo's folder.
struct PieceFiles {
  PieceKind kind;
  const char* receipt;
  const char* raw;       // what was attested
  const char* artefact;  // the same for people; the story's has its beginning in front
};
const PieceFiles& files_of(PieceKind kind);

// What there is to look at.
struct Exhibits {
  std::string story;         // what followed kStoryPrompt; empty: none was ordered
  std::string story_by;      // name
  std::string cheats_story;  // the same order's by a smaller model; empty: it was not delivered
  std::string cheats_name;
  compute::simulate::Pixels flow;  // kFrameColumns wide
};
inline constexpr std::uint32_t kFrameColumns = 78;

// Fetches result and receipt of every piece into the folder.
//   unbound      a result is not the attested one
Result<Exhibits> collect_pieces(api::Port& port, const std::vector<Actor>& cast,
                                const std::vector<Piece>& pieces, const std::string& folder);

// The story in a frame, the cheat's below it, and the simulation where the terminal has colours.
std::string exhibits_text(const Console& console, const Exhibits& exhibits);

// Audits the receipts in the folder, each with a replay of some places; no verifier is asked. The
// text, one column a piece, says what was checked.
//   the code of the check that did not come out as it must
Status audit_pieces(const Console& console, const std::vector<Piece>& pieces,
                    const std::string& folder, std::string& text);

}  // namespace assay::cli
