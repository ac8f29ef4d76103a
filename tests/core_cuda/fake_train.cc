// The operations of core/compute/train in the fake module: the kernels' own functions, the last
// cell or row first, and with the threads of a block out of order.
#include <algorithm>

#include "core/compute/cuda/train_cell.h"
#include "core/compute/cuda/train_row.h"
#include "tests/core_cuda/fake_entry.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kStride = 37;  // of the threads' order: block.h

template <class Cells>
void run_cells(const Cells& cells) {
  const CellGrid grid = cell_grid(cells.rows(), cells.cols());
  for (unsigned y = grid.y; y-- > 0;) {
    for (unsigned x = grid.x; x-- > 0;) {
      for (unsigned thread = kCellThreads; thread-- > 0;) {
        make_cells(cells, cell_thread(x, y, thread, grid.x, grid.y));
      }
    }
  }
}

template <class Shared>
std::unique_ptr<Shared> poisoned() {
  auto shared = std::make_unique<Shared>();
  std::fill_n(reinterpret_cast<std::uint8_t*>(shared.get()), sizeof(Shared), std::uint8_t{0xA5});
  return shared;
}

// Bytes from the first element to the last of strided indices.
std::uint64_t strided(const std::uint64_t (&size)[4], const std::uint64_t (&stride)[4]) {
  std::uint64_t last = 0;
  for (int i = 0; i < 4; ++i) last += (size[i] - 1) * stride[i];
  return (last + 1) * sizeof(float);
}

}  // namespace

std::int32_t fake_move(Context* c, const MoveArgs* a, Failure* f) {
  Entry entry{*c, f, "move"};
  entry.uses(a->x, strided(a->size, a->x_stride)).uses(a->y, strided(a->size, a->y_stride));
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(MoveCells{*a});
  return entry.end(memory<void>(a->y));
}

std::int32_t fake_small_gemm(Context* c, const SmallGemmArgs* a, Failure* f) {
  Entry entry{*c, f, "small_gemm"};
  const std::uint64_t b_rows = a->batch / a->share * a->n;
  entry.uses(a->a, a->batch * a->m * a->k * 2).uses(a->sa, a->batch * a->m * 4);
  entry.uses(a->b, b_rows * a->k * 2).uses(a->sb, b_rows * 4);
  entry.uses(a->y, a->batch * a->m * a->n * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(SmallGemmCells{*a});
  return entry.end(memory<void>(a->y));
}

std::int32_t fake_train_rows(Context* c, const TrainRowsArgs* a, Failure* f) {
  Entry entry{*c, f, "train_rows"};
  const std::uint64_t bytes = a->rows * a->width * 4;
  entry.uses(a->x, bytes);
  if (a->op == kTrainSoftmaxGradient || a->op == kTrainRmsGradient) entry.uses(a->y, bytes);
  if (a->op == kTrainCrossEntropy) entry.uses(a->y, a->rows * 4).uses(a->z, a->rows * 4);
  if (a->op == kTrainRmsGradient) {
    entry.uses(a->z, a->width * 4).uses(a->dx, bytes).uses(a->d_gain, bytes);
  }
  if (const std::int32_t bad = entry.begin()) return bad;
  const auto shared = poisoned<TrainRowShared>();
  for (std::uint64_t row = a->rows; row-- > 0;) {
    train_row(HostBlock<kSegmentLanes>{kStride}, *a, row, *shared);
  }
  return entry.end(memory<void>(a->op == kTrainSoftmaxGradient ? a->y
                                : a->op == kTrainRmsGradient   ? a->dx
                                                               : a->x));
}

std::int32_t fake_train_cells(Context* c, const TrainCellsArgs* a, Failure* f) {
  Entry entry{*c, f, "train_cells"};
  const std::uint64_t bytes = a->rows * a->cols * 4;
  const bool wide = a->op == kTrainSwiglu || a->op == kTrainSwigluGradient;
  const bool in_place = a->op == kTrainTurn || a->op == kTrainRelu || a->op == kTrainReluGradient;
  if (a->op == kTrainTurn) {
    entry.uses(a->x, a->rows * a->stride * 4).uses(a->y, a->period * a->half * 4);
    entry.uses(a->z, a->period * a->half * 4);
  } else if (a->op == kTrainTakeRows) {
    entry.uses(a->x, a->cols * 4).uses(a->y, a->rows * 4);
  } else if (a->op == kTrainSumShares) {
    entry.uses(a->x, bytes * a->period);
  } else {
    entry.uses(a->x, wide ? 2 * bytes : bytes).may_use(a->y, bytes).may_use(a->z, bytes);
  }
  if (!in_place) entry.uses(a->out, a->op == kTrainSwigluGradient ? 2 * bytes : bytes);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(TrainCells{*a});
  return entry.end(memory<void>(in_place ? a->x : a->out));
}

std::int32_t fake_segment_sums(Context* c, const SegmentSumsArgs* a, Failure* f) {
  Entry entry{*c, f, "segment_sums"};
  entry.uses(a->first, (a->segments + 1) * 4).may_use(a->target, a->segments * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  const std::uint64_t rows = memory<std::uint32_t>(a->first)[a->segments];
  entry.may_use(a->index, rows * 4).uses(a->x, (a->index == 0 ? rows : 1) * a->cols * 4);
  if (const std::int32_t bad = entry.uses(a->out, a->cols * 4).begin()) return bad;
  const auto shared = poisoned<RmsNormShared>();
  for (std::uint64_t i = a->segments * a->cols; i-- > 0;) {
    segment_sum(HostBlock<kSegmentLanes>{kStride}, *a, i / a->cols, i % a->cols, *shared);
  }
  return entry.end(memory<void>(a->out));
}

}  // namespace assay::compute::cuda
