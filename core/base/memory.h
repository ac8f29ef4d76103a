// Memory that a program frees only to ask for it again. Glibc's allocator; with others, and under
// sanitizers, nothing is done.
#pragma once

#include <cstddef>

namespace assay {

// From now on what is freed stays with the process, large pieces too: a computation that frees and
// takes megabytes at every step would else have them cleared by the system each time, which cost a
// training step 5 % (assay-bench attest). For programs that compute, before their first thread.
// Whether the allocator does it.
bool keep_freed_memory();

// The same of pieces up to so many bytes, and of so many at most for each of the allocator's
// arenas: for services, whose large answers would else wait for the system each time (a match among
// 100,000 providers 2 ms of 18).
//   bytes    1..32 MiB
bool keep_freed_memory_up_to(std::size_t bytes);

// Gives the system what was kept, between one computation and the next. Any thread.
void give_back_memory();

}  // namespace assay
