#include "core/compute/render/accel.h"

#include <algorithm>

#include "core/compute/render/split.h"

namespace assay::compute::render {
namespace {

// From this depth on nodes are halved, so that no scene makes the tree deeper than
// 20 + log2(primitives): traverse.h sizes its stack by that.
constexpr unsigned kHalvingDepth = 20;

struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

Box box_of(const Sphere& s) {
  const Vec3 r{s.radius, s.radius, s.radius};
  return {s.center - r, s.center + r};
}
Box box_of(const Flat& f) {
  Box box;
  grow(box, {f.corner, f.corner});
  const Vec3 a = f.corner + f.edge_u, b = f.corner + f.edge_v, c = a + f.edge_v;
  grow(box, {a, a});
  grow(box, {b, b});
  if (f.quad) grow(box, {c, c});
  return box;
}

class Builder {
 public:
  explicit Builder(const Scene& scene) : scene_(scene) {
    for (const Sphere& sphere : scene.spheres) add(box_of(sphere));
    for (const Flat& flat : scene.flats) add(box_of(flat));
    pad();
  }

  Accel build() {
    accel_.slots.resize(items_.size());
    std::vector<Range> ranges;
    const std::size_t spheres = scene_.spheres.size();
    if (spheres > 0) ranges.push_back({0, spheres});
    if (!scene_.flats.empty()) ranges.push_back({spheres, items_.size()});
    build_node(std::move(ranges), 0);
    return std::move(accel_);
  }

 private:
  void add(const Box& box) {
    items_.push_back({box, (box.lo + box.hi) * 0.5F, static_cast<std::uint32_t>(items_.size())});
  }

  // A box must hold its primitive's hits as they come out in f32, whose errors grow with the
  // largest coordinate about.
  void pad() {
    float reach = largest_part(scene_.camera.position);
    for (const Item& item : items_) {
      reach = greater(reach, greater(largest_part(item.box.lo), largest_part(item.box.hi)));
    }
    const float by = reach * 0x1p-18F + 1e-9F;
    for (Item& item : items_) {
      item.box.lo = item.box.lo - Vec3{by, by, by};
      item.box.hi = item.box.hi + Vec3{by, by, by};
    }
  }
  static float largest_part(Vec3 v) {
    return greater(greater(std::fabs(v.x), std::fabs(v.y)), std::fabs(v.z));
  }

  Box bounds(Range range) const {
    Box box;
    for (std::size_t i = range.begin; i < range.end; ++i) grow(box, items_[i].box);
    return box;
  }

  std::uint32_t build_node(std::vector<Range> ranges, unsigned depth) {
    const auto index = static_cast<std::uint32_t>(accel_.nodes.size());
    accel_.nodes.emplace_back();
    while (ranges.size() < kLanes) {
      const std::size_t widest = widest_splittable(ranges);
      if (widest == ranges.size()) break;
      const Range whole = ranges[widest];
      const std::size_t middle = split(whole, depth);
      ranges[widest] = {whole.begin, middle};
      ranges.push_back({middle, whole.end});
    }
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const bool used = lane < ranges.size();
      const Box box = used ? bounds(ranges[lane]) : Box();
      std::uint32_t child = kLeafBit;
      if (used) {
        child = ranges[lane].size() <= kLanes ? add_leaf(ranges[lane])
                                              : build_node({ranges[lane]}, depth + 1);
      }
      Node& node = accel_.nodes[index];
      const float parts[6] = {box.lo.x, box.lo.y, box.lo.z, box.hi.x, box.hi.y, box.hi.z};
      for (unsigned part = 0; part < 6; ++part) node.bounds[part][lane] = parts[part];
      node.child[lane] = child;
    }
    return index;
  }

  std::size_t widest_splittable(const std::vector<Range>& ranges) const {
    std::size_t widest = ranges.size();
    double most = -1;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (ranges[i].size() <= kLanes) continue;
      const double area = half_area(bounds(ranges[i]));
      if (area > most) {
        most = area;
        widest = i;
      }
    }
    return widest;
  }

  // Orders the items of a range so that those before the returned position are one part.
  std::size_t split(Range range, unsigned depth) {
    const std::span<Item> items = std::span(items_).subspan(range.begin, range.size());
    return range.begin + (depth < kHalvingDepth ? split_items(items) : items.size() / 2);
  }

  std::uint32_t add_leaf(Range range) {
    const bool flat = items_[range.begin].id >= scene_.spheres.size();
    const std::size_t packet = flat ? accel_.flats.size() : accel_.spheres.size();
    PacketInfo info;
    std::fill(std::begin(info.id), std::end(info.id), kNoPrimitive);
    if (flat) accel_.flats.emplace_back();
    if (!flat) accel_.spheres.emplace_back();
    for (unsigned lane = 0; lane < range.size(); ++lane) {
      const Item& item = items_[range.begin + lane];
      info.id[lane] = item.id;
      info.box[lane] = item.box;
      accel_.slots[item.id] = {static_cast<std::uint32_t>(packet), lane};
      if (flat) put(accel_.flats[packet], lane, scene_.flats[item.id - scene_.spheres.size()]);
      if (!flat) put(accel_.spheres[packet], lane, scene_.spheres[item.id]);
    }
    (flat ? accel_.flat_info : accel_.sphere_info).push_back(info);
    return kLeafBit | (flat ? kFlatBit : 0) | static_cast<std::uint32_t>(packet);
  }

  const Scene& scene_;
  std::vector<Item> items_;
  Accel accel_;
};

}  // namespace

Accel build_accel(const Scene& scene) {
  return Builder(scene).build();
}

Intersector intersector(CpuLevel level) {
  const bool wide = level == CpuLevel::avx2 || level == CpuLevel::avx512;
  return wide ? avx2_intersector() : scalar_intersector();
}

}  // namespace assay::compute::render
