// The heap under a bound: operator new and delete of the whole program, which count while a
// MemoryBound lives.
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

#include "tests/fuzz/fuzz.h"

namespace {

struct Heap {
  bool bounded = false;
  std::size_t held = 0;
  std::size_t held_max = 0;
};
thread_local Heap heap;

void* counted(void* block) {
  if (block == nullptr || !heap.bounded) return block;
  heap.held += malloc_usable_size(block);
  if (heap.held > heap.held_max) {
    heap.bounded = false;  // what is said about it allocates too
    assay::fuzz::finding("memory is bounded", "more than " + std::to_string(heap.held_max) +
                                                  " bytes are held at one time");
  }
  return block;
}

void* allocate(std::size_t size) {
  return counted(std::malloc(size == 0 ? 1 : size));
}
void* allocate_aligned(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (size / align + 1) * align));
}
void* or_throw(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void release(void* block) {
  // What was allocated before the bound may go while it lives: never below zero.
  if (heap.bounded && block != nullptr) heap.held -= std::min(heap.held, malloc_usable_size(block));
  std::free(block);
}

}  // namespace

namespace assay::fuzz {

MemoryBound::MemoryBound(std::size_t bytes) {
  require(!heap.bounded, "memory bounds do not nest", "a bug of the harness");
  heap = {true, 0, bytes};
}
MemoryBound::~MemoryBound() {
  heap.bounded = false;
}

}  // namespace assay::fuzz

// Every form: AddressSanitizer brings its own of those that are missing here, and finds that they
// do not match.
void* operator new(std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new[](std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate_aligned(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate_aligned(size, alignment));
}
void operator delete(void* block) noexcept {
  release(block);
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  release(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  release(block);
}
