// cublas_igemm8: d[m,n] = sum over k of a[m,k] * b[n,k] by cuBLASLt, s8 to s32
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc; cuBLASLt's s32 sums are exact, so equal. The
// library is loaded at run time: where it is missing our own kernels do the work.
#include <cublasLt.h>
#include <dlfcn.h>

#include <memory>
#include <tuple>

#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {

namespace {
constexpr std::size_t kWorkspaceBytes = std::size_t{64} << 20;
}

struct CublasLt {
  void* library = nullptr;
  cublasLtHandle_t handle = nullptr;
  void* workspace = nullptr;
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtMatmulDescCreate) desc_create = nullptr;
  decltype(&cublasLtMatmulDescDestroy) desc_destroy = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) layout_create = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;

  // The choice for one shape is kept: asking costs more than launching.
  Igemm8Args chosen_for{};
  bool chosen = false;
  cublasLtMatmulAlgo_t algorithm{};
};

namespace {

template <class Function>
bool find(void* library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(dlsym(library, name));
  return to != nullptr;
}

bool find_all(CublasLt& c) {
  return find(c.library, "cublasLtCreate", c.create) &&
         find(c.library, "cublasLtDestroy", c.destroy) &&
         find(c.library, "cublasLtMatmulDescCreate", c.desc_create) &&
         find(c.library, "cublasLtMatmulDescDestroy", c.desc_destroy) &&
         find(c.library, "cublasLtMatmulDescSetAttribute", c.desc_set) &&
         find(c.library, "cublasLtMatrixLayoutCreate", c.layout_create) &&
         find(c.library, "cublasLtMatrixLayoutDestroy", c.layout_destroy) &&
         find(c.library, "cublasLtMatmulPreferenceCreate", c.preference_create) &&
         find(c.library, "cublasLtMatmulPreferenceDestroy", c.preference_destroy) &&
         find(c.library, "cublasLtMatmulPreferenceSetAttribute", c.preference_set) &&
         find(c.library, "cublasLtMatmulAlgoGetHeuristic", c.heuristic) &&
         find(c.library, "cublasLtMatmul", c.matmul);
}

// The problem as column-major cuBLASLt sees it: D^T (N x M) = (B^T)^T (N x K) · A^T (K x M).
struct Problem {
  CublasLt& c;
  cublasLtMatmulDesc_t desc = nullptr;
  cublasLtMatrixLayout_t b = nullptr, a = nullptr, d = nullptr;
  cublasLtMatmulPreference_t preference = nullptr;

  explicit Problem(CublasLt& library) : c(library) {}
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;
  ~Problem() {
    if (preference != nullptr) c.preference_destroy(preference);
    for (cublasLtMatrixLayout_t layout : {a, b, d}) {
      if (layout != nullptr) c.layout_destroy(layout);
    }
    if (desc != nullptr) c.desc_destroy(desc);
  }

  bool describe(const Igemm8Args& s) {
    const cublasOperation_t transposed = CUBLAS_OP_T;
    const std::size_t room = kWorkspaceBytes;
    const auto ok = [](cublasStatus_t status) { return status == CUBLAS_STATUS_SUCCESS; };
    return ok(c.desc_create(&desc, CUBLAS_COMPUTE_32I, CUDA_R_32I)) &&
           ok(c.desc_set(desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed)) &&
           ok(c.layout_create(&b, CUDA_R_8I, s.k, s.n, static_cast<std::int64_t>(s.ldb))) &&
           ok(c.layout_create(&a, CUDA_R_8I, s.k, s.m, static_cast<std::int64_t>(s.lda))) &&
           ok(c.layout_create(&d, CUDA_R_32I, s.n, s.m, static_cast<std::int64_t>(s.ldd))) &&
           ok(c.preference_create(&preference)) &&
           ok(c.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &room,
                               sizeof room));
  }

  bool choose(const Igemm8Args& s) {
    const auto shape = [](const Igemm8Args& x) {
      return std::make_tuple(x.m, x.n, x.k, x.lda, x.ldb, x.ldd);
    };
    if (c.chosen && shape(c.chosen_for) == shape(s)) return true;
    cublasLtMatmulHeuristicResult_t result{};
    int found = 0;
    c.chosen = c.heuristic(c.handle, desc, b, a, d, d, preference, 1, &result, &found) ==
                   CUBLAS_STATUS_SUCCESS &&
               found == 1;
    c.chosen_for = s;
    c.algorithm = result.algo;
    return c.chosen;
  }
};

}  // namespace

CublasLt* open_cublas() {
  auto c = std::make_unique<CublasLt>();
  for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12"}) {
    if (c->library == nullptr) c->library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  if (c->library == nullptr) return nullptr;
  const bool ready = find_all(*c) && c->create(&c->handle) == CUBLAS_STATUS_SUCCESS &&
                     cudaMalloc(&c->workspace, kWorkspaceBytes) == cudaSuccess;
  if (ready) return c.release();
  close_cublas(c.release());
  return nullptr;
}

void close_cublas(CublasLt* c) {
  if (c == nullptr) return;
  cudaFree(c->workspace);
  if (c->handle != nullptr) c->destroy(c->handle);
  dlclose(c->library);
  delete c;
}

// Enqueues on `stream`; the caller synchronises.
bool cublas_igemm8(CublasLt& c, const Igemm8Args& s, cudaStream_t stream) {
  constexpr std::uint64_t kAlignment = 256;  // what its heuristics take for granted
  if (s.m % 16 != 0 || s.n % 16 != 0 || s.k % 16 != 0) return false;
  if ((s.a | s.b | s.d) % kAlignment != 0) return false;
  Problem problem(c);
  if (!problem.describe(s) || !problem.choose(s)) return false;
  const std::int32_t one = 1, zero = 0;
  auto* d = reinterpret_cast<void*>(s.d);
  return c.matmul(c.handle, problem.desc, &one, reinterpret_cast<const void*>(s.b), problem.b,
                  reinterpret_cast<const void*>(s.a), problem.a, &zero, d, problem.d, d, problem.d,
                  &c.algorithm, c.workspace, kWorkspaceBytes, stream) == CUBLAS_STATUS_SUCCESS;
}

}  // namespace assay::compute::cuda
