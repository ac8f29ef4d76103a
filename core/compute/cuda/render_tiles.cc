#include "core/compute/cuda/render_tiles.h"

#include <bit>

#include "core/compute/render/render.h"

namespace assay::compute::cuda {

static_assert(std::endian::native == std::endian::little, "films are copied as they lie");

Result<std::unique_ptr<RenderTiles>> RenderTiles::open(const Device& device,
                                                       const render::World& world,
                                                       const render::Picture& picture,
                                                       PhiloxKey key) {
  std::unique_ptr<RenderTiles> tiles(new RenderTiles(device, picture, key));
  Status status = tiles->upload_world(world);
  if (!status.ok()) return status.error().in("render: the scene");
  Result<Buffer> film =
      device.allocate(std::uint64_t{kTileSide} * kTileSide * 3 * sizeof(std::int64_t));
  if (!film.ok()) return film.error().in("render");
  tiles->film_ = std::move(film).value();
  return tiles;
}

template <class T>
Status RenderTiles::upload(const std::vector<T>& from, const T*& to) {
  Result<Buffer> copy = device_.allocate_copy(from.data(), from.size() * sizeof(T));
  if (!copy.ok()) return copy.error();
  to = reinterpret_cast<const T*>(copy.value().at());
  arrays_.push_back(std::move(copy).value());
  return {};
}

Status RenderTiles::upload_world(const render::World& world) {
  world_ = world;  // the counts and the camera; every pointer is replaced
  Status status = upload(world.scene.materials, world_.materials);
  if (status.ok()) status = upload(world.scene.spheres, world_.spheres);
  if (status.ok()) status = upload(world.scene.flats, world_.flats);
  if (status.ok()) status = upload(world.scene.normals, world_.normals);
  if (status.ok()) status = upload(world.lights, world_.lights);
  if (status.ok()) status = upload(world.accel.nodes, world_.accel.nodes);
  if (status.ok()) status = upload(world.accel.spheres, world_.accel.spheres);
  if (status.ok()) status = upload(world.accel.sphere_info, world_.accel.sphere_info);
  if (status.ok()) status = upload(world.accel.flats, world_.accel.flats);
  if (status.ok()) status = upload(world.accel.flat_info, world_.accel.flat_info);
  if (status.ok()) status = upload(world.accel.slots, world_.accel.slots);
  return status.ok() ? device_.call(&ModuleTable::synchronize) : status;
}

Result<Bytes> RenderTiles::tile(std::uint32_t step, const render::Tile& tile) const {
  ASSAY_CHECK(tile.width <= kTileSide && tile.height <= kTileSide, "a tile larger than the film");
  const RenderArgs args{world_,
                        picture_.width,
                        picture_.height,
                        picture_.samples,
                        picture_.max_bounces,
                        {key_[0], key_[1]},
                        step,
                        tile.x,
                        tile.y,
                        tile.width,
                        tile.height,
                        film_.at()};
  Status status = device_.call(&ModuleTable::render, &args);
  if (!status.ok()) return status.error();
  Bytes film(tile.pixels() * 3 * sizeof(std::int64_t));
  status =
      device_.call(&ModuleTable::download, film.data(), film_.at(), std::uint64_t{film.size()});
  if (!status.ok()) return status.error();
  return film;
}

}  // namespace assay::compute::cuda
