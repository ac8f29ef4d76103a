// The tensor-core kernel's index arithmetic, walked on the host: every byte once, in bounds, no two
// in one bank; and the whole kernel emulated with its own maps against the definition.
#include "core/compute/cuda/igemm8_wgmma_layout.h"

#include <cstring>
#include <set>
#include <vector>

#include "core/base/random.h"
#include "core/compute/cpu/igemm8.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::compute::cuda;

namespace {

constexpr unsigned kLanes = 32, kBankBytes = 128;

// What one ldmatrix.x4 gives: register `reg` of a lane holds four bytes of row lane/4 of 8x16
// matrix number `reg`, whose rows' addresses the lanes 8*reg .. 8*reg+7 hand over.
using Fragment = std::uint32_t[kLanes][4];

void load_matrices(const std::vector<std::uint8_t>& shared, const unsigned (&address)[kLanes],
                   Fragment& to) {
  bool inside = true;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    for (unsigned reg = 0; reg < 4; ++reg) {
      const unsigned row = address[reg * 8 + lane / 4];
      inside = inside && row + 16 <= shared.size();
      if (inside) std::memcpy(&to[lane][reg], shared.data() + row + lane % 4 * 4, 4);
    }
  }
  REQUIRE(inside);
}

std::int32_t byte_of(std::uint32_t word, unsigned byte) {
  return static_cast<std::int8_t>(word >> (8 * byte) & 0xFF);
}

// mma.m16n8k32 on fragments: the PTX maps turn registers into matrices.
void multiply_add(const Fragment& a, const Fragment& b, unsigned b_first,
                  std::int32_t (&d)[kLanes][4]) {
  std::int32_t matrix_a[16][32], matrix_b[8][32];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    for (unsigned byte = 0; byte < 4; ++byte) {
      for (unsigned reg = 0; reg < 4; ++reg) {
        const Element at = element_of_a(lane, reg, byte);
        matrix_a[at.row][at.column] = byte_of(a[lane][reg], byte);
      }
      for (unsigned reg = 0; reg < 2; ++reg) {
        const Element at = element_of_b(lane, reg, byte);
        matrix_b[at.row][at.column] = byte_of(b[lane][b_first + reg], byte);
      }
    }
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    for (unsigned i = 0; i < 4; ++i) {
      const Element at = element_of_d(lane, i);
      for (unsigned k = 0; k < 32; ++k) d[lane][i] += matrix_a[at.row][k] * matrix_b[at.column][k];
    }
  }
}

struct Shape {
  std::uint64_t m, n, k;
};

// One block of igemm8_tiles.cuh, warp by warp.
template <class T>
void emulate_block(const Shape& s, const std::vector<std::int8_t>& a,
                   const std::vector<std::int8_t>& b, std::uint64_t ld, TilePlace tile,
                   std::vector<std::int32_t>& d, std::vector<int>& written) {
  constexpr unsigned kDown = T::kWarpM / 16, kAcross = T::kWarpN / 8;
  std::vector<std::int32_t> sums(std::size_t{T::kWarps} * kDown * kAcross * kLanes * 4);
  const auto sum = [&](unsigned warp, unsigned i, unsigned j) {
    return reinterpret_cast<std::int32_t(*)[4]>(
        sums.data() + ((std::size_t{warp} * kDown + i) * kAcross + j) * kLanes * 4);
  };
  for (std::uint64_t k0 = 0; k0 < s.k; k0 += kSliceK) {
    std::vector<std::uint8_t> stage(T::kStageBytes, 0xEE);
    for (unsigned thread = 0; thread < T::kThreads; ++thread) {
      for (unsigned i = 0; i < T::kCopies; ++i) {
        const ChunkPlace at = copied_chunk(thread, i, T::kThreads);
        const bool of_a = at.row < T::kM;
        const std::uint64_t row =
            of_a ? tile.down * T::kM + at.row : tile.across * T::kN + at.row - T::kM;
        const std::uint64_t k = k0 + at.chunk * kChunkK;
        std::uint8_t* to = stage.data() + chunk_offset(at.row, at.chunk);
        std::memset(to, 0, kChunkK);
        if (k >= s.k || row >= (of_a ? s.m : s.n)) continue;
        std::memcpy(to, (of_a ? a : b).data() + row * ld + k, kChunkK);
      }
    }
    for (unsigned warp = 0; warp < T::kWarps; ++warp) {
      const Element corner = warp_corner<T>(warp);
      for (unsigned k = 0; k < kSliceK / kProductK; ++k) {
        for (unsigned i = 0; i < kDown; ++i) {
          for (unsigned j = 0; j < kAcross; ++j) {
            unsigned address_a[kLanes], address_b[kLanes];
            for (unsigned lane = 0; lane < kLanes; ++lane) {
              const ChunkPlace of_a = loaded_chunk_a(lane), of_b = loaded_chunk_b(lane);
              address_a[lane] = chunk_offset(corner.row + i * 16 + of_a.row, k * 2 + of_a.chunk);
              address_b[lane] =
                  chunk_offset(T::kM + corner.column + j / 2 * 16 + of_b.row, k * 2 + of_b.chunk);
            }
            Fragment fa, fb;
            load_matrices(stage, address_a, fa);
            load_matrices(stage, address_b, fb);
            auto* part = reinterpret_cast<std::int32_t(*)[kLanes][4]>(sum(warp, i, j));
            multiply_add(fa, fb, j % 2 * 2, *part);
          }
        }
      }
    }
  }
  for (unsigned warp = 0; warp < T::kWarps; ++warp) {
    const Element corner = warp_corner<T>(warp);
    for (unsigned i = 0; i < kDown; ++i) {
      for (unsigned j = 0; j < kAcross; ++j) {
        for (unsigned lane = 0; lane < kLanes; ++lane) {
          for (unsigned e = 0; e < 4; ++e) {
            const Element at = element_of_d(lane, e);
            const std::uint64_t row = tile.down * T::kM + corner.row + i * 16 + at.row;
            const std::uint64_t column = tile.across * T::kN + corner.column + j * 8 + at.column;
            if (row >= s.m || column >= s.n) continue;
            d[row * s.n + column] = sum(warp, i, j)[lane][e];
            ++written[row * s.n + column];
          }
        }
      }
    }
  }
}

std::vector<std::int8_t> random_rows(SeededRandom& random, std::uint64_t rows, std::uint64_t k,
                                     std::uint64_t ld) {
  std::vector<std::int8_t> out(rows * ld);
  for (std::uint64_t row = 0; row < rows; ++row) {
    for (std::uint64_t i = 0; i < k; ++i) {
      out[row * ld + i] = static_cast<std::int8_t>(static_cast<int>(random.below(255)) - 127);
    }
  }
  return out;
}

template <class T>
void check_kernel(const Shape& s, std::uint64_t seed) {
  INFO(T::kM << "x" << T::kN << " tiles, shape " << s.m << " " << s.n << " " << s.k);
  SeededRandom random(seed);
  const std::uint64_t ld = (s.k + 15) / 16 * 16;
  const std::vector<std::int8_t> a = random_rows(random, s.m, s.k, ld);
  const std::vector<std::int8_t> b = random_rows(random, s.n, s.k, ld);
  std::vector<std::int32_t> d(s.m * s.n, 0x5A5A5A5A), want(s.m * s.n);
  std::vector<int> written(s.m * s.n);
  const std::uint64_t down = (s.m + T::kM - 1) / T::kM, across = (s.n + T::kN - 1) / T::kN;
  for (std::uint64_t block = 0; block < down * across; ++block) {
    emulate_block<T>(s, a, b, ld, tile_of_block(block, down, across), d, written);
  }
  compute::cpu::igemm8_scalar(a.data(), b.data(), s.m, s.n, ld, want.data(), s.n);
  CHECK(d == want);
  CHECK(std::vector<int>(s.m * s.n, 1) == written);
}

template <class T>
void check_banks() {
  // Eight lanes at a time: the rows of one matrix of an ldmatrix, or the chunks of a copy.
  const auto distinct = [](const std::vector<unsigned>& addresses) {
    std::set<unsigned> banks;
    for (const unsigned address : addresses) {
      CHECK(address % 16 == 0);
      banks.insert(address % kBankBytes);
    }
    return banks.size() == addresses.size();
  };
  for (unsigned first = 0; first < T::kM + T::kN; first += 16) {
    for (unsigned k = 0; k < kSliceK / kProductK; ++k) {
      for (unsigned matrix = 0; matrix < 4; ++matrix) {
        std::vector<unsigned> a, b;
        for (unsigned lane = matrix * 8; lane < matrix * 8 + 8; ++lane) {
          const ChunkPlace of_a = loaded_chunk_a(lane), of_b = loaded_chunk_b(lane);
          a.push_back(chunk_offset(first + of_a.row, k * 2 + of_a.chunk));
          b.push_back(chunk_offset(first + of_b.row, k * 2 + of_b.chunk));
        }
        REQUIRE(distinct(a));
        REQUIRE(distinct(b));
      }
    }
  }
  std::vector<int> filled(T::kStageBytes / kChunkK);
  for (unsigned i = 0; i < T::kCopies; ++i) {
    for (unsigned thread = 0; thread < T::kThreads; thread += 8) {
      std::vector<unsigned> copies;
      for (unsigned lane = 0; lane < 8; ++lane) {
        const ChunkPlace at = copied_chunk(thread + lane, i, T::kThreads);
        copies.push_back(chunk_offset(at.row, at.chunk));
        REQUIRE(copies.back() < T::kStageBytes);
        ++filled[copies.back() / kChunkK];
      }
      REQUIRE(distinct(copies));
    }
  }
  CHECK(filled == std::vector<int>(filled.size(), 1));
}

}  // namespace

TEST_CASE("the kernel's maps compute the product, each element once, at odd shapes too") {
  const Shape shapes[] = {{1, 1, 1},     {16, 8, 32},   {128, 128, 64}, {129, 257, 65},
                          {17, 300, 15}, {130, 3, 129}, {64, 260, 193}};
  std::uint64_t seed = 0;
  for (const Shape& s : shapes) {
    check_kernel<WideTiling>(s, ++seed);
    check_kernel<NarrowTiling>(s, ++seed);
  }
}

TEST_CASE("shared memory is filled once and read without bank conflicts") {
  check_banks<WideTiling>();
  check_banks<NarrowTiling>();
}

TEST_CASE("fragments hold every element once") {
  std::set<std::pair<unsigned, unsigned>> a, b, d;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    for (unsigned reg = 0; reg < 4; ++reg) {
      const Element at = element_of_d(lane, reg);
      d.emplace(at.row, at.column);
      for (unsigned byte = 0; byte < 4; ++byte) {
        const Element of_a = element_of_a(lane, reg, byte);
        a.emplace(of_a.row, of_a.column);
        if (reg >= 2) continue;
        const Element of_b = element_of_b(lane, reg, byte);
        b.emplace(of_b.row, of_b.column);
      }
    }
  }
  CHECK(a.size() == 16 * 32);
  CHECK(b.size() == 8 * 32);
  CHECK(d.size() == 16 * 8);
  CHECK(*a.rbegin() == std::pair(15U, 31U));
  CHECK(*b.rbegin() == std::pair(7U, 31U));
  CHECK(*d.rbegin() == std::pair(15U, 7U));
}

TEST_CASE("blocks cover every tile once, whatever the grid") {
  for (std::uint64_t down = 1; down <= 19; ++down) {
    for (std::uint64_t across = 1; across <= 9; ++across) {
      std::set<std::pair<std::uint64_t, std::uint64_t>> tiles;
      for (std::uint64_t block = 0; block < down * across; ++block) {
        const TilePlace tile = tile_of_block(block, down, across);
        REQUIRE(tile.down < down);
        REQUIRE(tile.across < across);
        tiles.emplace(tile.down, tile.across);
      }
      CHECK(tiles.size() == down * across);
    }
  }
}

TEST_CASE("the sm_90a stage holds every chunk once, where the 128-byte swizzle looks for it") {
  std::vector<int> filled(WgmmaTiling::kStageBytes / kChunkK);
  bool swizzled = true, in_range = true;
  for (unsigned thread = 0; thread < WgmmaTiling::kThreads; ++thread) {
    for (unsigned i = 0; i < WgmmaTiling::kCopies; ++i) {
      const ChunkPlace at = wgmma_copied_chunk(thread, i);
      const unsigned offset = wgmma_chunk_offset(at.row, at.chunk);
      in_range = in_range && offset < WgmmaTiling::kStageBytes;
      if (in_range) ++filled[offset / kChunkK];
      // The hardware finds (row, k) at the plain address, bits 4-6 exclusive-or bits 7-9.
      const unsigned plain = at.row / 8 * 1024 + at.row % 8 * 128 + at.chunk * kChunkK;
      swizzled = swizzled && offset == (plain ^ (plain >> 3 & 0x70));
    }
  }
  CHECK(in_range);
  CHECK(swizzled);
  CHECK(filled == std::vector<int>(filled.size(), 1));
}

TEST_CASE("a matrix descriptor names its address, the distance of eight rows and the swizzle") {
  const std::uint64_t descriptor = wgmma_descriptor(0x2C400);
  CHECK((descriptor & 0x3FFF) == 0x2C40);
  CHECK((descriptor >> 32 & 0x3FFF) == 64);
  CHECK(descriptor >> 62 == 1);
}
