#include "core/base/memory.h"

#include <cstddef>  // says whether this is glibc

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ASSAY_GLIBC_MALLOC 1
#include <malloc.h>
#endif

namespace assay {

bool keep_freed_memory() {
#ifdef ASSAY_GLIBC_MALLOC
  // Never a mapping for itself, never trimmed; and one arena, since those of other threads have no
  // room for pieces of 64 MiB and more.
  return mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, -1) == 1 &&
         mallopt(M_ARENA_MAX, 1) == 1;
#else
  return false;
#endif
}

bool keep_freed_memory_up_to(std::size_t bytes) {
#ifdef ASSAY_GLIBC_MALLOC
  const int limit = static_cast<int>(bytes);
  return mallopt(M_MMAP_THRESHOLD, limit) == 1 && mallopt(M_TRIM_THRESHOLD, limit) == 1;
#else
  static_cast<void>(bytes);
  return false;
#endif
}

void give_back_memory() {
#ifdef ASSAY_GLIBC_MALLOC
  malloc_trim(0);
#endif
}

}  // namespace assay
