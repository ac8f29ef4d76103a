// The systems of core/compute/simulate in the fake module: the kernels' own functions, cell by cell
// and body by body, the last first.
#include "core/compute/cuda/body_pairs.h"
#include "core/compute/cuda/lattice_cell.h"
#include "tests/core_cuda/fake_entry.h"

namespace assay::compute::cuda {

std::int32_t fake_lattice(Context* c, const LatticeArgs* a, Failure* f) {
  Entry entry{*c, f, "lattice"};
  const std::uint64_t bricks = a->grid[0] * a->grid[1] * a->grid[2];
  entry.uses(a->before, bricks * kNumbersOfBrick * 4).uses(a->after, bricks * kNumbersOfBrick * 4);
  entry.uses(a->linked, bricks * 4).uses(a->terms, kLatticeTerms * 4);
  entry.uses(a->links, a->link_tables * kNumbersOfBrick * 2);
  if (const std::int32_t bad = entry.begin()) return bad;
  for (std::uint64_t cell = bricks * kCellsOfBrick; cell-- > 0;) {
    advance_cell(*a, cell / kCellsOfBrick, static_cast<unsigned>(cell % kCellsOfBrick));
  }
  return entry.end(memory<void>(a->after));
}

std::int32_t fake_bodies(Context* c, const BodiesArgs* a, Failure* f) {
  Entry entry{*c, f, "bodies"};
  entry.uses(a->before, a->bodies * 48).uses(a->after, a->bodies * 48).uses(a->mass, a->bodies * 4);
  entry.uses(a->ticks, a->bodies * 12).uses(a->sums, a->bodies * 24);
  if (const std::int32_t bad = entry.begin()) return bad;
  for (std::uint64_t body = a->bodies; body-- > 0;) drift_body(*a, body);
  const std::uint64_t parts = pull_parts(a->bodies, 128, 3);
  for (std::uint64_t part = parts; part-- > 0;) {
    for (std::uint64_t body = a->bodies; body-- > 0;) {
      const simulate::Impulse by = pull(*a, body, part_begin(a->bodies, parts, part),
                                        part_begin(a->bodies, parts, part + 1));
      auto* sums = memory<std::int64_t>(a->sums) + body;
      sums[0] += by.x;
      sums[a->bodies] += by.y;
      sums[2 * a->bodies] += by.z;
    }
  }
  for (std::uint64_t body = a->bodies; body-- > 0;) kick_body(*a, body);
  return entry.end(memory<void>(a->after));
}

}  // namespace assay::compute::cuda
