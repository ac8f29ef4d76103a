#include "core/compute/render/accel.h"

#include <algorithm>
#include <numeric>

namespace assay::compute::render {
namespace {

constexpr std::size_t kBins = 12;
// From this depth on nodes are halved, so that no scene makes the tree deeper than
// 20 + log2(primitives): traverse.h sizes its stack by that.
constexpr unsigned kHalvingDepth = 20;

struct Item {
  Box box;
  Vec3 middle;
  std::uint32_t id = 0;
};
struct Range {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};

float axis_of(Vec3 v, unsigned axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}

void grow(Box& box, const Box& by) {
  box.lo = {lesser(box.lo.x, by.lo.x), lesser(box.lo.y, by.lo.y), lesser(box.lo.z, by.lo.z)};
  box.hi = {greater(box.hi.x, by.hi.x), greater(box.hi.y, by.hi.y), greater(box.hi.z, by.hi.z)};
}

double half_area(const Box& box) {
  if (!(box.lo.x <= box.hi.x)) return 0;
  const double x = double{box.hi.x} - double{box.lo.x};
  const double y = double{box.hi.y} - double{box.lo.y};
  const double z = double{box.hi.z} - double{box.lo.z};
  return x * y + y * z + z * x;
}

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

  // Orders the items of a range so that those before the returned position are one half.
  std::size_t split(Range range, unsigned depth) {
    Box middles;
    for (std::size_t i = range.begin; i < range.end; ++i) {
      grow(middles, {items_[i].middle, items_[i].middle});
    }
    const std::size_t half = range.begin + range.size() / 2;
    if (depth >= kHalvingDepth) return half;
    const Cut cut = best_cut(range, middles);
    if (cut.bin == 0) return half;
    const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(range.begin);
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(range.end);
    const auto middle = std::stable_partition(
        begin, end, [&](const Item& item) { return bin_of(item, middles, cut.axis) < cut.bin; });
    return static_cast<std::size_t>(middle - items_.begin());
  }

  struct Cut {
    unsigned axis = 0;
    std::size_t bin = 0;  // 0: no cut separates anything
  };

  static std::size_t bin_of(const Item& item, const Box& middles, unsigned axis) {
    const float lo = axis_of(middles.lo, axis);
    const float width = axis_of(middles.hi, axis) - lo;
    const float at = (axis_of(item.middle, axis) - lo) / width * static_cast<float>(kBins);
    return std::min(kBins - 1, static_cast<std::size_t>(at));
  }

  // The cut with the least surface area times packets on its two sides.
  Cut best_cut(Range range, const Box& middles) const {
    Cut best;
    double least = 1e300;
    for (unsigned axis = 0; axis < 3; ++axis) {
      if (!(axis_of(middles.hi, axis) > axis_of(middles.lo, axis))) continue;
      Box boxes[kBins];
      std::size_t counts[kBins]{};
      for (std::size_t i = range.begin; i < range.end; ++i) {
        const std::size_t bin = bin_of(items_[i], middles, axis);
        grow(boxes[bin], items_[i].box);
        ++counts[bin];
      }
      double right_cost[kBins]{};
      Box box;
      std::size_t count = 0;
      for (std::size_t bin = kBins; bin-- > 1;) {
        grow(box, boxes[bin]);
        count += counts[bin];
        right_cost[bin] = half_area(box) * packets(count);
      }
      box = Box();
      count = 0;
      for (std::size_t bin = 1; bin < kBins; ++bin) {
        grow(box, boxes[bin - 1]);
        count += counts[bin - 1];
        const double cost = half_area(box) * packets(count) + right_cost[bin];
        if (count > 0 && count < range.size() && cost < least) {
          least = cost;
          best = {axis, bin};
        }
      }
    }
    return best;
  }
  static double packets(std::size_t count) {
    return static_cast<double>((count + kLanes - 1) / kLanes);
  }

  std::uint32_t add_leaf(Range range) {
    const bool flat = items_[range.begin].id >= scene_.spheres.size();
    const std::size_t packet = flat ? accel_.flats.size() : accel_.spheres.size();
    PacketInfo info;
    std::fill(std::begin(info.id), std::end(info.id), kNoPrimitive);
    if (flat) accel_.flats.emplace_back();
    if (!flat) accel_.spheres.emplace_back();
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (!flat) accel_.spheres[packet].r2[lane] = -1;
      if (lane >= range.size()) continue;
      const Item& item = items_[range.begin + lane];
      info.id[lane] = item.id;
      info.box[lane] = item.box;
      accel_.slots[item.id] = {static_cast<std::uint32_t>(packet), lane};
      if (flat) put_flat(accel_.flats[packet], lane, item.id);
      if (!flat) put_sphere(accel_.spheres[packet], lane, item.id);
    }
    (flat ? accel_.flat_info : accel_.sphere_info).push_back(info);
    return kLeafBit | (flat ? kFlatBit : 0) | static_cast<std::uint32_t>(packet);
  }

  void put_sphere(SpherePacket& packet, unsigned lane, std::uint32_t id) const {
    const Sphere& sphere = scene_.spheres[id];
    packet.x[lane] = sphere.center.x;
    packet.y[lane] = sphere.center.y;
    packet.z[lane] = sphere.center.z;
    packet.r2[lane] = sphere.radius * sphere.radius;
  }

  void put_flat(FlatPacket& packet, unsigned lane, std::uint32_t id) const;

  const Scene& scene_;
  std::vector<Item> items_;
  Accel accel_;
};

struct Double3 {
  double x, y, z;
  explicit Double3(Vec3 v) : x(double{v.x}), y(double{v.y}), z(double{v.z}) {}
  Double3(double a, double b, double c) : x(a), y(b), z(c) {}
};
double dot(const Double3& a, const Double3& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
Double3 cross(const Double3& a, const Double3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

void put_row(float row[4][kLanes], unsigned lane, const Double3& v, double scale,
             const Double3& corner) {
  row[0][lane] = static_cast<float>(v.x * scale);
  row[1][lane] = static_cast<float>(v.y * scale);
  row[2][lane] = static_cast<float>(v.z * scale);
  row[3][lane] = static_cast<float>(-(dot(v, corner) * scale));
}

// The rows invert p = corner + u edge_u + v edge_v + height normal.
void Builder::put_flat(FlatPacket& packet, unsigned lane, std::uint32_t id) const {
  const Flat& flat = scene_.flats[id - scene_.spheres.size()];
  const Double3 corner(flat.corner), edge_u(flat.edge_u), edge_v(flat.edge_v);
  const Double3 normal = cross(edge_u, edge_v);
  const double square = dot(normal, normal);
  put_row(packet.normal, lane, normal, 1 / std::sqrt(square), corner);
  put_row(packet.u, lane, cross(edge_v, normal), 1 / square, corner);
  put_row(packet.v, lane, cross(normal, edge_u), 1 / square, corner);
  packet.sum_max[lane] = flat.quad ? 4.0F : 1.0F + kEdgeSlack;
}

float bounded_inverse(float x) {
  return std::fabs(x) < 1e-20F ? std::copysign(1e20F, x) : 1.0F / x;
}

}  // namespace

Ray make_ray(Vec3 origin, Vec3 direction) {
  return {
      origin,
      direction,
      {bounded_inverse(direction.x), bounded_inverse(direction.y), bounded_inverse(direction.z)}};
}

Accel build_accel(const Scene& scene) {
  return Builder(scene).build();
}

Intersector intersector(CpuLevel level) {
  const bool wide = level == CpuLevel::avx2 || level == CpuLevel::avx512;
  return wide ? avx2_intersector() : scalar_intersector();
}

}  // namespace assay::compute::render
