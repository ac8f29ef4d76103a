#include "core/compute/render/split.h"

#include <algorithm>

namespace assay::compute::render {
namespace {

constexpr std::size_t kBins = 12;

struct Cut {
  unsigned axis = 0;
  std::size_t bin = 0;  // 0: no cut separates anything
};

float axis_of(Vec3 v, unsigned axis) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}

std::size_t bin_of(const Item& item, const Box& middles, unsigned axis) {
  const float lo = axis_of(middles.lo, axis);
  const float width = axis_of(middles.hi, axis) - lo;
  const float at = (axis_of(item.middle, axis) - lo) / width * static_cast<float>(kBins);
  return std::min(kBins - 1, static_cast<std::size_t>(at));
}

double packets(std::size_t count) {
  const std::size_t whole = (count + kLanes - 1) / kLanes;
  return static_cast<double>(whole);
}

struct Bins {
  Box boxes[kBins];
  std::size_t counts[kBins]{};
};

// Takes the cut of this axis into `best` where it costs less than `least`.
void cheapest_cut(const Bins& bins, std::size_t total, unsigned axis, Cut& best, double& least) {
  double right_cost[kBins]{};
  Box box;
  std::size_t count = 0;
  for (std::size_t bin = kBins; bin-- > 1;) {
    grow(box, bins.boxes[bin]);
    count += bins.counts[bin];
    right_cost[bin] = half_area(box) * packets(count);
  }
  box = Box();
  count = 0;
  for (std::size_t bin = 1; bin < kBins; ++bin) {
    grow(box, bins.boxes[bin - 1]);
    count += bins.counts[bin - 1];
    const double cost = half_area(box) * packets(count) + right_cost[bin];
    if (count > 0 && count < total && cost < least) {
      least = cost;
      best = {axis, bin};
    }
  }
}

Cut best_cut(std::span<const Item> items, const Box& middles) {
  Cut best;
  double least = 1e300;
  for (unsigned axis = 0; axis < 3; ++axis) {
    if (!(axis_of(middles.hi, axis) > axis_of(middles.lo, axis))) continue;
    Bins bins;
    for (const Item& item : items) {
      const std::size_t bin = bin_of(item, middles, axis);
      grow(bins.boxes[bin], item.box);
      ++bins.counts[bin];
    }
    cheapest_cut(bins, items.size(), axis, best, least);
  }
  return best;
}

}  // namespace

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

std::size_t split_items(std::span<Item> items) {
  Box middles;
  for (const Item& item : items) grow(middles, {item.middle, item.middle});
  const Cut cut = best_cut(items, middles);
  if (cut.bin == 0) return items.size() / 2;
  // Stable, so that the order does not depend on a library's way of partitioning.
  const auto middle = std::stable_partition(items.begin(), items.end(), [&](const Item& item) {
    return bin_of(item, middles, cut.axis) < cut.bin;
  });
  return static_cast<std::size_t>(middle - items.begin());
}

}  // namespace assay::compute::render
