// Grease for published checkpoints: a signature line by a key that nobody knows, and the lines in
// another order for each checkpoint, so that clients who choke on strangers' signatures or who rely
// on an order are noticed while it costs nothing. C2SP signed-note: unknown keys are ignored.
// Pure; any thread.
#pragma once

#include "core/wire/note.h"

namespace assay::verifier {

// Both follow from the note alone: the same note gives the same bytes. Needs room for one line.
wire::Note with_grease(wire::Note note);

}  // namespace assay::verifier
