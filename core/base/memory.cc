#include "core/base/memory.h"

#include <limits>

#include <malloc.h>

namespace assay {

bool keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kNever = std::numeric_limits<int>::max();
  // One arena: those of other threads have no room for pieces of 64 MiB and more.
  return mallopt(M_ARENA_MAX, 1) == 1 && mallopt(M_MMAP_THRESHOLD, kNever) == 1 &&
         mallopt(M_TRIM_THRESHOLD, kNever) == 1;
#else
  return false;
#endif
}

void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace assay
