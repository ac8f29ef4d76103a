// The operations of RX-1 in the fake module: the kernels themselves, block by block on the host,
// from the last block to the first and with the threads of a block out of order.
#include "core/compute/cuda/attention_block.h"
#include "core/compute/cuda/cells.h"
#include "core/compute/cuda/elementwise_device.h"
#include "core/compute/cuda/row_blocks.h"
#include "tests/core_cuda/fake_entry.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kStride = 37;  // of the threads' order: block.h

// Shared memory holds what the last kernel left.
template <class Shared>
std::unique_ptr<Shared> poisoned() {
  auto shared = std::make_unique<Shared>();
  std::fill_n(reinterpret_cast<std::uint8_t*>(shared.get()), sizeof(Shared), std::uint8_t{0xA5});
  return shared;
}

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

template <class Q>
void quantize_all(const QuantizeArgs& a, float limit) {
  const auto shared = poisoned<QuantizeShared>();
  for (std::uint64_t row = a.rows; row-- > 0;) {
    quantize_row(HostBlock<kQuantizeThreads>{kStride}, memory<float>(a.x) + row * a.cols, a.cols,
                 limit, memory<Q>(a.q) + row * a.cols, memory<float>(a.scale) + row, *shared);
  }
}

}  // namespace

std::int32_t fake_elementwise(Context* c, const ElementwiseArgs* e, Failure* f) {
  Entry entry{*c, f, "elementwise"};
  entry.uses(e->x, e->count * 4).uses(e->out, e->count * 4);
  entry.may_use(e->y, e->count * 4).may_use(e->z, e->count * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  for (std::uint64_t i = 0; i < e->count; ++i) {
    memory<float>(e->out)[i] =
        elementwise_value(e->op, memory<float>(e->x)[i], e->y == 0 ? 0 : memory<float>(e->y)[i],
                          e->z == 0 ? 0 : memory<float>(e->z)[i]);
  }
  return entry.end(memory<void>(e->out));
}

std::int32_t fake_quantize(Context* c, const QuantizeArgs* a, Failure* f) {
  Entry entry{*c, f, "quantize"};
  const std::uint64_t values = a->rows * a->cols;
  entry.uses(a->x, values * 4).uses(a->q, values * a->limbs).uses(a->scale, a->rows * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  if (a->limbs == 1) {
    quantize_all<std::int8_t>(*a, rx1::kS8Limit);
  } else {
    quantize_all<std::int16_t>(*a, rx1::kS16Limit);
  }
  return entry.end(memory<void>(a->q));
}

std::int32_t fake_split_rows(Context* c, const SplitArgs* a, Failure* f) {
  Entry entry{*c, f, "split_rows"};
  entry.uses(a->q, a->rows * a->cols * 2);
  entry.uses(a->high, a->rows * a->ld).uses(a->low, a->rows * a->ld);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(SplitCells{*a});
  return entry.end(memory<void>(a->low));
}

std::int32_t fake_dequantize(Context* c, const DequantizeArgs* a, Failure* f) {
  Entry entry{*c, f, "dequantize"};
  const std::uint64_t bytes = a->rows * a->cols * 4;
  entry.uses(a->high, bytes).may_use(a->low, bytes).may_use(a->mixed, bytes).uses(a->y, bytes);
  entry.uses(a->sa, a->rows * 4).uses(a->sb, a->cols * 4).may_use(a->bias, a->cols * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(DequantizeCells{*a});
  return entry.end(memory<void>(a->y));
}

std::int32_t fake_rms_norm(Context* c, const RmsNormArgs* a, Failure* f) {
  Entry entry{*c, f, "rms_norm"};
  const std::uint64_t bytes = a->rows * a->cols * 4;
  entry.uses(a->x, bytes).uses(a->y, bytes).uses(a->gain, a->cols * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  const auto shared = poisoned<RmsNormShared>();
  for (std::uint64_t row = a->rows; row-- > 0;) {
    rms_norm_row(HostBlock<kSegmentLanes>{kStride}, memory<float>(a->x) + row * a->cols,
                 memory<float>(a->gain), a->epsilon, a->cols, memory<float>(a->y) + row * a->cols,
                 *shared);
  }
  return entry.end(memory<void>(a->y));
}

std::int32_t fake_embed(Context* c, const EmbedArgs* a, Failure* f) {
  Entry entry{*c, f, "embed"};
  entry.uses(a->q, a->vocabulary * a->cols).uses(a->scale, a->vocabulary * 4);
  entry.uses(a->tokens, a->rows * 4).uses(a->y, a->rows * a->cols * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(EmbedCells{*a});
  return entry.end(memory<void>(a->y));
}

std::int32_t fake_rotate(Context* c, const RotateArgs* a, Failure* f) {
  Entry entry{*c, f, "rotate"};
  entry.uses(a->x, a->rows * a->heads * a->head_size * 4);
  entry.uses(a->cosine, a->rows * a->half * 4).uses(a->sine, a->rows * a->half * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  run_cells(RotateCells{*a});
  return entry.end(memory<void>(a->x));
}

std::int32_t fake_attention(Context* c, const AttentionArgs* a, Failure* f) {
  Entry entry{*c, f, "attention"};
  const std::uint64_t queries = a->rows * a->heads;
  const std::uint64_t cached = (a->first + a->rows) * a->kv_heads;
  entry.uses(a->q, queries * a->head_size * 2).uses(a->q_scale, queries * 4);
  entry.uses(a->k, cached * a->head_size * 2).uses(a->k_scale, cached * 4);
  entry.uses(a->v, cached * a->head_size).uses(a->v_scale, cached * 4);
  entry.uses(a->out, queries * a->head_size * 4);
  if (const std::int32_t bad = entry.begin()) return bad;
  const auto shared = poisoned<AttentionShared>();
  for (std::uint64_t number = attention_blocks(*a); number-- > 0;) {
    attend(HostBlock<kAttentionThreads>{kStride}, *a, number, *shared);
  }
  return entry.end(memory<void>(a->out));
}

}  // namespace assay::compute::cuda
