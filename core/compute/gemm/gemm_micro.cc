#include "core/compute/gemm/gemm_micro.h"

#include <algorithm>
#include <cstdlib>

#include "core/compute/cpu/igemm8.h"

namespace assay::compute {
namespace {

// Weights made and multiplied at a time when a row is recomputed whole.
constexpr std::uint64_t kColumnsAtOnce = 64;

struct Row {
  std::span<const std::int8_t> q;
  cpu::RowScale scale;
};

Row row_of(ByteView bytes, std::uint64_t cols) {
  return {as_s8(bytes.first(cols)), read_scale(bytes.subspan(cols))};
}

bool well_formed(const Row& row, bool start) {
  return check_gemm_row(row.q, row.scale, start).ok();
}

struct Claim {
  std::size_t number = 0;  // among the pairs
  Row before, after;
};

class Checker {
 public:
  Checker(const GemmParameters& parameters, const GemmTensors& tensors, std::uint32_t step,
          const Engine& engine)
      : cols_(parameters.cols),
        gemms_(parameters.gemms_per_step),
        first_((step - 1) * parameters.gemms_per_step),
        tensors_(tensors),
        engine_(engine) {}

  // answers[c.number] of every claim: does the row hold?
  void by_columns(std::span<const Claim> claims, std::span<const std::uint64_t> columns,
                  std::vector<char>& answers) const;
  void whole(std::span<const Claim> claims, std::vector<char>& answers) const;

 private:
  bool holds(const Claim& claim, std::span<const std::uint64_t> columns,
             std::span<const std::int32_t> sums, std::span<const std::uint64_t> more) const;
  void multiply(std::uint32_t j, std::vector<std::int8_t>& q,
                std::vector<cpu::RowScale>& scales) const;

  std::uint64_t cols_;
  std::uint32_t gemms_;
  std::uint32_t first_;  // GEMM of the step
  const GemmTensors& tensors_;
  const Engine& engine_;
};

std::vector<std::int8_t> rows_before(std::span<const Claim> claims) {
  std::vector<std::int8_t> out;
  for (const Claim& claim : claims) {
    out.insert(out.end(), claim.before.q.begin(), claim.before.q.end());
  }
  return out;
}

// The columns that may decide the scale, without those in `columns`.
std::vector<std::uint64_t> scale_columns(const Row& row, std::span<const std::uint64_t> columns) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t n = 0; n < row.q.size(); ++n) {
    if (std::abs(int{row.q[n]}) != 127 || std::ranges::binary_search(columns, n)) continue;
    out.push_back(n);
  }
  return out;
}

void Checker::by_columns(std::span<const Claim> claims, std::span<const std::uint64_t> columns,
                         std::vector<char>& answers) const {
  // What all rows share is made and multiplied once.
  std::vector<std::int8_t> weights;
  std::vector<std::int8_t> scratch;
  for (const std::uint64_t n : columns) {
    const std::int8_t* w = tensors_.w_rows(first_, n, 1, engine_.level(), scratch);
    weights.insert(weights.end(), w, w + cols_);
  }
  const std::vector<std::int8_t> before = rows_before(claims);
  const cpu::PackedRows packed(engine_, before, claims.size(), cols_);
  std::vector<std::int32_t> sums(claims.size() * columns.size());
  packed.multiply(weights.data(), columns.size(), sums.data(), columns.size());

  std::vector<char> too_many(claims.size());
  engine_.parallel_for(claims.size(), [&](std::uint64_t i) {
    const std::vector<std::uint64_t> more = scale_columns(claims[i].after, columns);
    too_many[i] = more.size() > kScaleColumnsMax;
    if (too_many[i]) return;
    const auto of_row = std::span(sums).subspan(i * columns.size(), columns.size());
    answers[claims[i].number] = holds(claims[i], columns, of_row, more);
  });
  std::vector<Claim> rest;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (too_many[i]) rest.push_back(claims[i]);
  }
  whole(rest, answers);
}

bool Checker::holds(const Claim& claim, std::span<const std::uint64_t> columns,
                    std::span<const std::int32_t> sums, std::span<const std::uint64_t> more) const {
  std::vector<std::uint64_t> at(columns.begin(), columns.end());
  at.insert(at.end(), more.begin(), more.end());
  std::vector<std::int32_t> acc(sums.begin(), sums.end());
  acc.resize(at.size());
  std::vector<std::int8_t> scratch;
  for (std::size_t i = columns.size(); i < at.size(); ++i) {
    const std::int8_t* w = tensors_.w_rows(first_, at[i], 1, engine_.level(), scratch);
    cpu::igemm8_scalar(claim.before.q.data(), w, 1, 1, cols_, &acc[i], 1);
  }
  const std::span<const float> scales = tensors_.w_scales(first_);
  std::vector<float> sb;
  for (const std::uint64_t n : at) sb.push_back(scales[n]);
  std::vector<std::int8_t> q(at.size());
  const cpu::RowScale scale =
      cpu::requantize_row(acc, sb, claim.before.scale, q.data(), engine_.level());
  if (scale != claim.after.scale) return false;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (q[i] != claim.after.q[at[i]]) return false;
  }
  return true;
}

void Checker::multiply(std::uint32_t j, std::vector<std::int8_t>& q,
                       std::vector<cpu::RowScale>& scales) const {
  std::vector<std::int32_t> acc(q.size());
  const cpu::PackedRows packed(engine_, q, scales.size(), cols_);
  engine_.parallel_for((cols_ + kColumnsAtOnce - 1) / kColumnsAtOnce, [&](std::uint64_t block) {
    const std::uint64_t first = block * kColumnsAtOnce;
    const std::uint64_t count = std::min(kColumnsAtOnce, cols_ - first);
    std::vector<std::int8_t> scratch;
    packed.multiply(tensors_.w_rows(j, first, count, engine_.level(), scratch), count,
                    acc.data() + first, cols_);
  });
  const std::span<const float> sb = tensors_.w_scales(j);
  engine_.parallel_for(scales.size(), [&](std::uint64_t row) {
    const auto sums = std::span<const std::int32_t>(acc).subspan(row * cols_, cols_);
    scales[row] =
        cpu::requantize_row(sums, sb, scales[row], q.data() + row * cols_, engine_.level());
  });
}

void Checker::whole(std::span<const Claim> claims, std::vector<char>& answers) const {
  if (claims.empty()) return;
  std::vector<std::int8_t> q = rows_before(claims);
  std::vector<cpu::RowScale> scales;
  for (const Claim& claim : claims) scales.push_back(claim.before.scale);
  for (std::uint32_t r = 0; r < gemms_; ++r) multiply(first_ + r, q, scales);
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const auto row = std::span<const std::int8_t>(q).subspan(i * cols_, cols_);
    answers[claims[i].number] =
        scales[i] == claims[i].after.scale && std::ranges::equal(row, claims[i].after.q);
  }
}

Status check_question(const GemmParameters& parameters, std::uint32_t step,
                      std::span<const RowPair> pairs, std::span<const std::uint64_t> columns) {
  const std::size_t size = parameters.cols + kScaleBytes;
  const bool rows = std::ranges::all_of(pairs, [&](const RowPair& pair) {
    return pair.before.size() == size && pair.after.size() == size;
  });
  const bool within = columns.empty() || columns.back() < parameters.cols;
  const bool ascending =
      std::ranges::adjacent_find(columns, std::greater_equal<>()) == columns.end();
  if (step >= 1 && step <= parameters.steps && rows && within && ascending) return {};
  return fail(Code::malformed, "gemm: no such step or columns, or rows of another size");
}

}  // namespace

Result<std::vector<bool>> check_gemm_rows(const GemmParameters& parameters,
                                          const GemmTensors& tensors, std::uint32_t step,
                                          std::span<const RowPair> pairs,
                                          std::span<const std::uint64_t> columns,
                                          const Engine& engine) try {
  check_float_mode();
  const Status valid = check_question(parameters, step, pairs, columns);
  if (!valid.ok()) return valid.error();
  // No honest run has a row outside the contract, before or after: what is not a claim is wrong.
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Claim claim{i, row_of(pairs[i].before, parameters.cols),
                      row_of(pairs[i].after, parameters.cols)};
    if (well_formed(claim.before, step == 1) && well_formed(claim.after, false)) {
      claims.push_back(claim);
    }
  }
  std::vector<char> answers(pairs.size(), 0);
  const Checker checker(parameters, tensors, step, engine);
  if (parameters.gemms_per_step > 1) {
    checker.whole(claims, answers);
  } else if (!claims.empty()) {
    checker.by_columns(claims, columns, answers);
  }
  return std::vector<bool>(answers.begin(), answers.end());
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "gemm: out of memory");
}

}  // namespace assay::compute
