#include "core/crypto/sha256.h"

#include <openssl/evp.h>

#include "core/base/check.h"

namespace assay {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

// Looked up once: a fetch by name costs more than hashing a kilobyte. Never freed, so that it
// outlives every thread.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ASSAY_CHECK(md != nullptr, "OpenSSL offers no SHA-256");
  return md;
}

void start(EVP_MD_CTX* context) {
  ASSAY_CHECK(context != nullptr, "OpenSSL gave no digest context");
  ASSAY_CHECK(EVP_DigestInit_ex2(context, algorithm(), nullptr) == 1, "SHA-256 did not start");
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  ASSAY_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1, "SHA-256 stopped");
}

Digest finished(EVP_MD_CTX* context) {
  Digest digest;
  ASSAY_CHECK(EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr) == 1,
              "SHA-256 did not finish");
  return digest;
}

// One context per thread, used again and again: allocating one per digest doubles its cost.
EVP_MD_CTX* thread_context() {
  thread_local const Context context(EVP_MD_CTX_new());
  return context.get();
}

}  // namespace

Digest sha256(ByteView bytes) {
  return sha256({bytes});
}

Digest sha256(std::initializer_list<ByteView> pieces) {
  EVP_MD_CTX* const context = thread_context();
  start(context);
  for (const ByteView piece : pieces) add(context, piece);
  return finished(context);
}

struct Sha256::State {
  Context context{EVP_MD_CTX_new()};
  bool done = false;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  start(state_->context.get());
}
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) {
  ASSAY_CHECK(!state_->done, "update() after finish()");
  add(state_->context.get(), bytes);
}

Digest Sha256::finish() {
  ASSAY_CHECK(!state_->done, "finish() twice");
  state_->done = true;
  return finished(state_->context.get());
}

}  // namespace assay
