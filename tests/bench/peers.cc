#include "tests/bench/peers.h"

#include <memory>

#ifdef ASSAY_HAS_ONEDNN
#include <omp.h>
#include <dnnl.hpp>
#endif
#ifdef ASSAY_HAS_OPENBLAS
#include <cblas.h>
#endif

namespace assay::bench {

#ifdef ASSAY_HAS_ONEDNN
namespace {

using Layout = dnnl::memory::format_tag;
using Number = dnnl::memory::data_type;

dnnl::memory::desc matrix(std::size_t rows, std::size_t cols, Number number, Layout layout) {
  return {
      {static_cast<dnnl::memory::dim>(rows), static_cast<dnnl::memory::dim>(cols)}, number, layout};
}

struct OneDnn {
  OneDnn(const Product& p, bool packed) : d(p.m * p.n) {
    const auto a_shape = matrix(p.m, p.k, Number::s8, Layout::ab);
    const auto b_shape = matrix(p.k, p.n, Number::s8, Layout::ba);  // row-major [n][k]
    const auto b_any = matrix(p.k, p.n, Number::s8, packed ? Layout::any : Layout::ba);
    const auto d_shape = matrix(p.m, p.n, Number::s32, Layout::ab);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc made(engine, a_shape, b_any, d_shape);
#else
    const dnnl::matmul::primitive_desc made({a_shape, b_any, d_shape}, engine);
#endif
    matmul = dnnl::matmul(made);
    a = dnnl::memory(a_shape, engine, const_cast<std::int8_t*>(p.a.data()));
    b = dnnl::memory(b_shape, engine, const_cast<std::int8_t*>(p.b.data()));
    out = dnnl::memory(d_shape, engine, d.data());
    if (!packed) return;
    dnnl::memory laid_out(made.weights_desc(), engine);
    dnnl::reorder(b, laid_out).execute(stream, b, laid_out);
    stream.wait();
    b = laid_out;
  }
  void run() {
    matmul.execute(stream, {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, out}});
    stream.wait();
  }

  std::vector<std::int32_t> d;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::matmul matmul;
  dnnl::memory a, b, out;
};

Result<Peer> make_onednn(const Product& product, bool packed) try {
  omp_set_num_threads(1);
  const auto made = std::make_shared<OneDnn>(product, packed);
  const dnnl_version_t& version = *dnnl_version();
  return Peer{"oneDNN " + std::to_string(version.major) + "." + std::to_string(version.minor) +
                  "." + std::to_string(version.patch) + (packed ? ", one operand packed" : ""),
              [made] { made->run(); }, [made] { return made->d; }, packed};
} catch (const dnnl::error& error) {
  return fail(Code::internal, std::string("oneDNN: ") + error.what());
}

}  // namespace

Result<Peer> onednn(const Product& product) {
  return make_onednn(product, false);
}
Result<Peer> onednn_packed(const Product& product) {
  return make_onednn(product, true);
}
#else
Result<Peer> onednn(const Product&) {
  return Peer{"oneDNN"};
}
Result<Peer> onednn_packed(const Product&) {
  return Peer{"oneDNN, one operand packed"};
}
#endif

#ifdef ASSAY_HAS_OPENBLAS
namespace {

struct Sgemm {
  explicit Sgemm(const Product& p)
      : m(static_cast<blasint>(p.m)),
        n(static_cast<blasint>(p.n)),
        k(static_cast<blasint>(p.k)),
        a(p.a.begin(), p.a.end()),
        b(p.b.begin(), p.b.end()),
        d(p.m * p.n) {}
  void run() {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, a.data(), k, b.data(), k,
                0.0F, d.data(), n);
  }

  blasint m, n, k;
  std::vector<float> a, b, d;
};

}  // namespace

Result<Peer> openblas(const Product& product) {
  openblas_set_num_threads(1);
  const auto made = std::make_shared<Sgemm>(product);
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE …"
  return Peer{config.substr(0, config.find(' ', config.find(' ') + 1)) + " sgemm",
              [made] { made->run(); },
              [made] { return std::vector<std::int32_t>(made->d.begin(), made->d.end()); }};
}
#else
Result<Peer> openblas(const Product&) {
  return Peer{"OpenBLAS sgemm"};
}
#endif

}  // namespace assay::bench
