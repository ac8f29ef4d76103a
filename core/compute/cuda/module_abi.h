// The C table between the program and the CUDA module (libassay_cuda.so). The program
// never links CUDA: it loads the module at run time (module.h), asks its one exported function for
// this table, and compares abi and size_bytes with its own. Both sides are built from this header;
// any change of it raises kAbiVersion.
//
// Every function returns a ModuleStatus and, unless ok, a text in `failure`. No call aborts and no
// exception crosses. A context belongs to one device and to one thread at a time. Work is enqueued
// on the context's stream and runs in the order of the calls; only download(), hash_end() and
// synchronize() wait for it, and they report what failed since. Matrices are row-major; `ld…` is
// the distance between rows in elements. Memory is the device's unless it says host.
#pragma once

#include <cstdint>

#include "core/compute/render/world_view.h"
#include "core/compute/simulate/bodies.h"
#include "core/compute/simulate/lattice.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::cuda {

inline constexpr std::uint32_t kAbiVersion = 3;
inline constexpr const char* kEntryName = "assay_cuda_module";

enum ModuleStatus : std::int32_t {
  kModuleOk = 0,
  kModuleDevice = 1,       // the driver or the device failed; the context may be lost
  kModuleMemory = 2,       // not enough device memory
  kModuleUnsupported = 3,  // this device, or this shape, has no such kernel
};

struct Failure {
  char text[256];
};

using DevicePtr = std::uint64_t;
struct Context;

struct DeviceInfo {
  char name[128];
  char uuid[48];  // "GPU-xxxxxxxx-…", as NVML and nvidia-smi spell it
  std::uint64_t memory_bytes;
  std::uint32_t compute_major, compute_minor;
  std::uint32_t driver_version;  // 1000 * major + 10 * minor, of CUDA
  std::uint32_t multiprocessors;
};

// Which kernel multiplies; automatic takes the fastest that this device and shape have.
enum Igemm8Kernel : std::uint32_t {
  kIgemm8Automatic = 0,
  kIgemm8Dp4a = 1,      // any device
  kIgemm8Mma = 2,       // mma.sync s8, sm_80 and later that have it
  kIgemm8Bf16 = 3,      // exact sums on bf16 tensor cores, sm_80 and later, after its self-test
  kIgemm8Wgmma = 4,     // sm_90a
  kIgemm8CublasLt = 5,  // where libcublasLt is installed; m, n, k multiples of 16
};

// d[m, n] = sum over k of a[m, k] * b[n, k]: s8 in [-127, 127], k <= 131072, exact s32.
// lda and ldb are multiples of 16, a and b aligned to 16 bytes, and bytes of a row between k and
// the next multiple of 16 are zero.
struct Igemm8Args {
  Igemm8Kernel kernel;
  DevicePtr a, b, d;
  std::uint64_t m, n, k, lda, ldb, ldd;
};

// q[r, c] = stream value number r * cols + c of one tensor (philox.h); [cols, ld) becomes zero.
struct PhiloxArgs {
  std::uint32_t key[2];
  std::uint32_t tensor, step;
  DevicePtr q;
  std::uint64_t rows, cols, ld;
};

// cpu/requantize.h requantize_row for every row; scales are {bits u32, exponent s32} a row.
struct RequantizeArgs {
  DevicePtr acc, sb, scale_in, scale_out, q;
  std::uint64_t rows, cols, ldacc, ldq;
};

// rx1/quantize.h quantize_rows. limbs 1: q is s8; 2: q is s16 of two limbs.
struct QuantizeArgs {
  DevicePtr x, q, scale;  // f32, s8 or s16, f32 (one a row); dense
  std::uint64_t rows, cols;
  std::uint32_t limbs;
};

// rx1/quantize.h split_rows: q dense; rows of high and low are ld >= cols bytes apart, [cols, ld)
// becomes zero.
struct SplitArgs {
  DevicePtr q, high, low;  // s16, s8, s8
  std::uint64_t rows, cols, ld;
};

// From the s32 sums of the limbs' products to f32 (rx1/limb_gemm.h), all dense. acc is high (low
// and mixed 0), 128 * high + low (mixed 0), or 128 * (128 * high + low + mixed):
//   y = mul(mul(f32(acc), sa[m]), sb[n]), or with a bias fma(mul(f32(acc), sa[m]), sb[n], bias[n])
struct DequantizeArgs {
  DevicePtr high, low, mixed;  // s32 (rows, cols)
  DevicePtr sa, sb, bias;      // f32 (rows), (cols), (cols) or 0
  DevicePtr y;                 // f32 (rows, cols)
  std::uint64_t rows, cols;
};

// rx1/layer_ops.h rms_norm; y may be x. cols <= 2^24.
struct RmsNormArgs {
  DevicePtr x, gain, y;  // f32 (rows, cols), (cols), (rows, cols)
  float epsilon;
  std::uint64_t rows, cols;
};

// rx1/layer_ops.h embed. A row whose token is not below `vocabulary` becomes NaN.
struct EmbedArgs {
  DevicePtr q, scale, tokens, y;  // s8 (vocabulary, cols), f32, u32 (rows), f32 (rows, cols)
  std::uint64_t vocabulary, rows, cols;
};

// rx1/rope.h rotate, in place; the tables are (rows, half).
struct RotateArgs {
  DevicePtr x, cosine, sine;  // f32
  std::uint64_t rows, heads, head_size, half;
};

// rx1/attention.h: its shapes, dense; k and v have at least first + rows positions.
struct AttentionArgs {
  DevicePtr q, q_scale, k, k_scale, v, v_scale, out;  // s16, f32, s16, f32, s8, f32, f32
  std::uint64_t rows, first;
  std::uint32_t heads, kv_heads, head_size;
  float score_scale;
};

// One tensor of a state, dense: its header leaf (host bytes) and its data.
inline constexpr std::uint32_t kHashTensorsMax = 4;
inline constexpr std::uint32_t kHeaderBytesMax = 2 + 8 * 8;
struct HashTensor {
  std::uint8_t header[kHeaderBytesMax];
  std::uint32_t header_bytes;
  DevicePtr data;
  std::uint64_t bytes;
};

enum ElementwiseOp : std::uint32_t {
  kAdd = 0,
  kSubtract = 1,
  kMultiply = 2,
  kDivide = 3,
  kSquareRoot = 4,  // of x
  kFusedMultiplyAdd = 5,
  kExp = 6,  // of x, as all up to kCos; rx1/elementary.h
  kSigmoid = 7,
  kSilu = 8,
  kTanh = 9,
  kLog = 10,
  kSin = 11,
  kCos = 12,
  kSwiglu = 13,  // of x the gate and y; rx1/layer_ops.h
};
// out[i] = op(x[i], y[i], z[i]) in f32, rounded to nearest even, denormals kept, NaN canonical.
// What an operation has no use for may be 0. out may be one of the others. kAdd is add_residual.
struct ElementwiseArgs {
  ElementwiseOp op;
  DevicePtr x, y, z, out;
  std::uint64_t count;
};

// Sums of s64 film values (render.h) of `samples` paths a pixel, of the tile's pixels row by row.
struct RenderArgs {
  render::WorldView world;                            // its pointers point to device memory
  std::uint32_t width, height, samples, max_bounces;  // of the picture
  std::uint32_t key[2];
  std::uint32_t step;
  std::uint32_t tile_x, tile_y, tile_width, tile_height;
  DevicePtr film;  // s64 [tile_height, tile_width, 3]
};

// One time step of every cell of a lattice (core/compute/simulate/lattice.h); grid {z, y, x} in
// bricks, each at least 1; `after` is not `before`.
inline constexpr std::uint32_t kLatticeTerms = simulate::kDirections * 27;
struct LatticeArgs {
  DevicePtr before, after;  // s32 (bricks, 19, 64)
  std::uint64_t grid[3];
  // Of each brick u32: 0, or 1 + the number of its table among `links`, u16 (link_tables, 19, 64):
  // by direction and cell 0 where the population arrives from its neighbour, else 1 + the term, of
  // `terms` s32 (kLatticeTerms), that the cell's own opposite gains; direction 0 is 0xFFFF in a
  // solid cell.
  DevicePtr linked, links, terms;
  std::uint64_t link_tables;
  simulate::LatticeConstants constants;
};

// One step of `bodies` bodies, a multiple of 64 (core/compute/simulate/bodies.h); `after` is not
// `before`, ticks and sums are to work with.
struct BodiesArgs {
  DevicePtr before, after;  // s64 (bodies / 64, 6, 64)
  DevicePtr mass;           // f32 (bodies)
  DevicePtr ticks, sums;    // s32 (3, bodies), s64 (3, bodies)
  std::uint64_t bodies;
  simulate::Gravity gravity;
};

// `rows` parts of `bytes` each, `device_pitch` and `host_pitch` >= bytes apart.
struct CopyRowsArgs {
  DevicePtr device;
  std::uint64_t device_pitch, host_pitch, bytes, rows;
};

// y[i, j, k, l] = x[i, j, k, l], f32, each index with a stride in x and in y, in elements: gathers,
// scatters and transposes. y does not overlap x.
struct MoveArgs {
  DevicePtr x, y;
  std::uint64_t size[4], x_stride[4], y_stride[4];
};

// Many small products, A16W16 (rx1/limb_gemm.h), without bias; all dense. Number i of A meets
// number i / share of B. k <= 131072.
struct SmallGemmArgs {
  DevicePtr a, sa;  // s16 (batch, m, k), f32 (batch, m)
  DevicePtr b, sb;  // s16 (batch / share, n, k), f32 (batch / share, n)
  DevicePtr y;      // f32 (batch, m, n)
  std::uint64_t batch, share, m, n, k;
};

// Operations on whole rows of f32, in place unless said: train/train_kernels.h. width <= 65536.
enum TrainRowsOp : std::uint32_t {
  kTrainSoftmax = 0,          // x scores; of a row the first row % period + 1 are seen
  kTrainSoftmaxGradient = 1,  // x probabilities, y their gradient (in place), seen likewise
  kTrainCrossEntropy = 2,     // x logits, z targets u32 (rows), y losses (rows, out); scale: factor
  kTrainRmsGradient = 3,      // x, y its gradient, z gain (width), dx (added to), d_gain (rows,
                              // width, out); scale: the norm's epsilon
};
struct TrainRowsArgs {
  TrainRowsOp op;
  DevicePtr x, y, z, dx, d_gain;
  std::uint64_t rows, width, period;
  float scale;
};

// Operations on each element of (rows, cols), f32: train/train_kernels.h.
enum TrainCellsOp : std::uint32_t {
  kTrainTurn = 0,            // x (rows, stride): cols = heads * half of each row turn by row %
                             // period of the tables y cosine, z sine (period, half)
  kTrainSwiglu = 1,          // x (rows, 2 cols) gate and up, out (rows, cols)
  kTrainSwigluGradient = 2,  // x likewise, y (rows, cols), out (rows, 2 cols)
  kTrainRelu = 3,            // x in place
  kTrainReluGradient = 4,    // x in place, +0 where y is 0
  kTrainTakeRows = 5,        // out[r] = row y[r] (u32) of x
  kTrainRegress = 6,         // e = sub(x, y): out = mul(e, e), x = mul(e, scale)
  kTrainSumShares = 7,  // out[r] = x[r * period] + x[r * period + 1] + …, in order, rows of x
  kTrainAdam = 8,       // x gradient, out parameters, y and z moments, all in place; rows 1
  kTrainMomentum = 9,   // the same without z; scale: the momentum
  kTrainSgd = 10,       // the same without y and z
};
struct TrainCellsArgs {
  TrainCellsOp op;
  DevicePtr x, y, z, out;
  std::uint64_t rows, cols, stride, half, period;
  float scale;
  train::AdamStep step;
};

// R128 sums of rows, each column by itself: out row target[s] (0: row s) becomes, or is added to
// (kAdd), the sum over i in [first[s], first[s + 1]) of row index[i] of x. At most 65536 rows each.
struct SegmentSumsArgs {
  DevicePtr x, index, first, target;  // f32 (…, cols), u32; index 0: i itself
  DevicePtr out;                      // f32 (…, cols)
  std::uint64_t segments, cols;
  std::uint32_t add;
};

struct ModuleTable {
  std::uint32_t abi;
  std::uint32_t size_bytes;

  std::int32_t (*device_count)(std::uint32_t* count, Failure* failure);
  std::int32_t (*device_info)(std::uint32_t index, DeviceInfo* info, Failure* failure);
  // Opens the device and runs the self-tests of its kernels; one that fails is not used.
  std::int32_t (*open)(std::uint32_t index, Context** context, Failure* failure);
  void (*close)(Context* context);

  std::int32_t (*allocate)(Context*, std::uint64_t bytes, DevicePtr* out, Failure* failure);
  void (*release)(Context*, DevicePtr memory);
  std::int32_t (*upload)(Context*, DevicePtr to, const void* host, std::uint64_t bytes, Failure*);
  std::int32_t (*download)(Context*, void* host, DevicePtr from, std::uint64_t bytes, Failure*);
  std::int32_t (*fill)(Context*, DevicePtr to, std::uint8_t value, std::uint64_t bytes, Failure*);
  std::int32_t (*synchronize)(Context*, Failure* failure);
  // Milliseconds between two marks on the stream (0 or 1), for timings.
  std::int32_t (*mark)(Context*, std::uint32_t which, Failure* failure);
  std::int32_t (*elapsed_ms)(Context*, float* out, Failure* failure);

  std::int32_t (*igemm8)(Context*, const Igemm8Args*, Failure* failure);
  // Copies rows of cols bytes to rows of ld >= cols, the rest zero.
  std::int32_t (*pack_rows)(Context*, DevicePtr from, DevicePtr to, std::uint64_t rows,
                            std::uint64_t cols, std::uint64_t ld, Failure* failure);
  std::int32_t (*philox_s8)(Context*, const PhiloxArgs*, Failure* failure);
  std::int32_t (*requantize)(Context*, const RequantizeArgs*, Failure* failure);
  std::int32_t (*quantize)(Context*, const QuantizeArgs*, Failure* failure);
  std::int32_t (*elementwise)(Context*, const ElementwiseArgs*, Failure* failure);
  // The RX-1 sum of count f32 (of their squares), R128, to one f32 at `out`.
  std::int32_t (*r128)(Context*, DevicePtr x, std::uint64_t count, std::uint32_t squares,
                       DevicePtr out, Failure* failure);
  std::int32_t (*render)(Context*, const RenderArgs*, Failure* failure);

  std::int32_t (*split_rows)(Context*, const SplitArgs*, Failure* failure);
  std::int32_t (*dequantize)(Context*, const DequantizeArgs*, Failure* failure);
  std::int32_t (*rms_norm)(Context*, const RmsNormArgs*, Failure* failure);
  std::int32_t (*embed)(Context*, const EmbedArgs*, Failure* failure);
  std::int32_t (*rotate)(Context*, const RotateArgs*, Failure* failure);
  std::int32_t (*attention)(Context*, const AttentionArgs*, Failure* failure);

  std::int32_t (*lattice)(Context*, const LatticeArgs*, Failure* failure);
  std::int32_t (*bodies)(Context*, const BodiesArgs*, Failure* failure);

  std::int32_t (*move)(Context*, const MoveArgs*, Failure* failure);
  std::int32_t (*small_gemm)(Context*, const SmallGemmArgs*, Failure* failure);
  std::int32_t (*train_rows)(Context*, const TrainRowsArgs*, Failure* failure);
  std::int32_t (*train_cells)(Context*, const TrainCellsArgs*, Failure* failure);
  std::int32_t (*segment_sums)(Context*, const SegmentSumsArgs*, Failure* failure);

  // upload() and download() of parts of a matrix.
  std::int32_t (*upload_rows)(Context*, const CopyRowsArgs*, const void* host, Failure* failure);
  std::int32_t (*download_rows)(Context*, const CopyRowsArgs*, void* host, Failure* failure);

  // The state digest on a second stream, overlapping what is enqueued after hash_begin(); one at a
  // time. The data may be written again only after hash_join(), which makes later work on the
  // context's stream wait for the hash without blocking the caller. hash_end() waits for the root.
  std::int32_t (*hash_begin)(Context*, const HashTensor* tensors, std::uint32_t count, Failure*);
  std::int32_t (*hash_join)(Context*, Failure* failure);
  std::int32_t (*hash_end)(Context*, std::uint8_t root[32], Failure* failure);
};

using ModuleEntry = const ModuleTable* (*)();

}  // namespace assay::compute::cuda
