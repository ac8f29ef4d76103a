#include "core/compute/cuda/lattice_cells.h"

#include "core/compute/cuda/lattice_cell.h"

namespace assay::compute::cuda {

using simulate::BrickLinks;
using simulate::kDirections;

static_assert(kCellsOfBrick == simulate::kBrickCells);
static_assert(kNumbersOfBrick == simulate::kBrickNumbers);

Result<std::unique_ptr<LatticeCells>> LatticeCells::open(const Device& device,
                                                         const simulate::Lattice& lattice) {
  const auto grid = lattice.parameters().grid();
  Result<TwoStates> states = TwoStates::make(
      device, DType::s32, {lattice.parameters().bricks(), kDirections, kCellsOfBrick});
  if (!states.ok()) return states.error().in("lattice");
  std::unique_ptr<LatticeCells> out(new LatticeCells(device, std::move(states).value()));
  out->steps_per_commit_ = lattice.parameters().steps_per_commit;
  std::copy(grid.begin(), grid.end(), out->args_.grid);
  out->args_.constants = lattice.constants();
  const Status status = out->upload_walls(lattice);
  if (!status.ok()) return status.error().in("lattice: the walls");
  return out;
}

// A table of links for each brick that has any, or solid cells.
Status LatticeCells::upload_walls(const simulate::Lattice& lattice) {
  std::vector<std::uint32_t> linked(lattice.parameters().bricks());
  std::vector<std::uint16_t> links;
  for (std::uint64_t brick = 0; brick < linked.size(); ++brick) {
    const BrickLinks of = lattice.geometry().links(brick);
    if (of.solid == 0 && of.count == 0) continue;
    const std::size_t first = links.size();
    links.resize(first + kNumbersOfBrick, kStreams);
    linked[brick] = static_cast<std::uint32_t>(first / kNumbersOfBrick) + 1;
    for (std::size_t i = 0; i < of.count; ++i) {
      const simulate::Bounce& bounce = of.bounces[i];
      links[first + bounce.direction * kCellsOfBrick + bounce.cell] =
          static_cast<std::uint16_t>(1 + bounce.term);
    }
    for (unsigned cell = 0; cell < kCellsOfBrick; ++cell) {
      if ((of.solid >> cell & 1) != 0) links[first + cell] = kSolid;
    }
  }
  args_.link_tables = links.size() / kNumbersOfBrick;
  const auto upload = [this](const void* from, std::uint64_t bytes, Buffer& to,
                             DevicePtr& at) -> Status {
    Result<Buffer> copy = device_.allocate_copy(from, bytes);
    if (!copy.ok()) return copy.error();
    to = std::move(copy).value();
    at = to.at();
    return {};
  };
  Status status = upload(linked.data(), linked.size() * sizeof linked[0], linked_, args_.linked);
  if (status.ok()) status = upload(links.data(), links.size() * 2, links_, args_.links);
  if (status.ok()) {
    status = upload(lattice.geometry().terms(), kLatticeTerms * sizeof(std::int32_t), terms_,
                    args_.terms);
  }
  return status.ok() ? device_.call(&ModuleTable::synchronize) : status;
}

Status LatticeCells::advance() {
  for (std::uint32_t i = 0; i < steps_per_commit_; ++i) {
    const Result<DevicePtr> after = state_.after();
    if (!after.ok()) return after.error().in("lattice");
    args_.before = state_.before();
    args_.after = after.value();
    const Status status = device_.call(&ModuleTable::lattice, &args_);
    if (!status.ok()) return status.error().in("lattice: time step " + std::to_string(i + 1));
    state_.turn();
  }
  return {};
}

}  // namespace assay::compute::cuda
