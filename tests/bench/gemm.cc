#include <algorithm>
#include <optional>

#include "core/compute/cpu/igemm8.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/peers.h"
#include "tests/bench/products.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
using compute::Engine;
using compute::cpu::PackedRows;

struct Size {
  std::size_t m, n, k;
};
// Against the definition, which is slow; and, on the best level, against libraries.
constexpr Size kSizes[] = {{256, 256, 1024}, {61, 131, 509}, {1024, 1024, 1024}};
constexpr Size kQuickSizes[] = {{64, 64, 256}, {61, 67, 129}};
constexpr Size kPeerSizes[] = {{384, 384, 384}, {1024, 1024, 1024}, {2048, 2048, 2048}};
constexpr Size kQuickPeerSizes[] = {{64, 64, 256}};

using Sums = std::vector<std::int32_t>;

// Our side, packing included; but for the rows that `packed` holds, where the peer has that start.
struct Ours {
  Ours(const Engine& on, const Product& of) : engine(on), product(of), d(of.m * of.n) {}
  void pack_before() { packed.emplace(engine, product.a, product.m, product.k); }
  void run() {
    if (packed) return multiply(*packed);
    multiply(PackedRows(engine, product.a, product.m, product.k));
  }
  void multiply(const PackedRows& rows) {
    rows.multiply(product.b.data(), product.n, d.data(), product.n);
  }

  const Engine& engine;
  const Product& product;
  std::optional<PackedRows> packed;
  Sums d;
};

Row row_of(const Options& options, const Engine& engine, const Product& product,
           const std::string& peer) {
  Row row{.bench = "gemm",
          .name = std::string(cpu_level_name(engine.level())) + " " + size_name(product),
          .peer = peer,
          .unit = "GOPS"};
  options.say("gemm: " + row.name + " against " + peer);
  return row;
}

// Times both once the sums agree with the definition's.
void finish(const Options& options, Row& row, Ours& ours, const Work& theirs, const Sums& want) {
  ours.run();
  row.correct = row.correct && ours.d == want && multiply(ours.engine, ours.product) == want;
  if (!row.correct) {
    row.note = "other sums than the definition's";
    return;
  }
  const Product& p = ours.product;
  set_rate(row,
           time_both(
               options, [&] { ours.run(); }, theirs),
           2.0 * static_cast<double>(p.m * p.n * p.k));
}

Row against_definition(const Options& options, const Engine& engine, const Product& product) {
  Row row = row_of(options, engine, product, "scalar definition");
  Sums want(product.m * product.n);
  const auto theirs = [&] {
    compute::cpu::igemm8_scalar(product.a.data(), product.b.data(), product.m, product.n, product.k,
                                want.data(), product.n);
  };
  theirs();
  row.correct = true;
  Ours ours(engine, product);
  finish(options, row, ours, theirs, want);
  return row;
}

Row against_peer(const Options& options, const Engine& engine, const Product& product,
                 const Result<Peer>& made, const Sums& want) {
  Row row = row_of(options, engine, product, made.ok() ? made.value().name : "a library");
  Ours ours(engine, product);
  if (!made.ok() || !made.value().work) {
    ours.run();
    row.correct = ours.d == want;
    row.note = made.ok() ? "peer not installed: ./run bench installs it" : made.error().what;
    return row;
  }
  const Peer& peer = made.value();
  if (peer.packed_before) ours.pack_before();
  peer.work();
  const bool exact = peer.name.starts_with("oneDNN") || product.k <= kExactFloatDot;
  row.correct = !exact || peer.sums() == want;
  finish(options, row, ours, peer.work, want);
  return row;
}

// Of half the range. Without VNNI instructions oneDNN adds pairs of products in 16 bits, which
// saturate where all of it is used: other sums than the product's, and so nothing to be held to.
Product halved(Product product) {
  for (std::int8_t& value : product.a) value = static_cast<std::int8_t>(value / 2);
  for (std::int8_t& value : product.b) value = static_cast<std::int8_t>(value / 2);
  return product;
}

}  // namespace

Result<Rows> gemm(const Options& options) {
  Rows rows;
  SeededRandom random(options.seed);
  const std::span<const Size> sizes = options.quick ? std::span<const Size>(kQuickSizes) : kSizes;
  for (const Size& size : sizes) {
    const Product product = random_product(random, size.m, size.n, size.k);
    for (CpuLevel level : cpu_levels()) {
      if (level == CpuLevel::scalar) continue;
      rows.push_back(against_definition(options, Engine(level), product));
    }
  }
  const Engine best(cpu_levels().back());
  const std::span<const Size> peer_sizes =
      options.quick ? std::span<const Size>(kQuickPeerSizes) : kPeerSizes;
  for (const Size& size : peer_sizes) {
    const Product product = halved(random_product(random, size.m, size.n, size.k));
    const Sums want = multiply_scalar(product);
    for (const auto& peer : {onednn, onednn_packed, openblas}) {
      rows.push_back(against_peer(options, best, product, peer(product), want));
    }
  }
  return rows;
}

}  // namespace assay::bench
