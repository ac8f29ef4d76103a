#include "core/compute/generate/model_source.h"

#include <map>
#include <mutex>

namespace assay::compute::generate {
namespace {

constexpr std::string_view kChunkName = "model/";

class StoredModels {
 public:
  explicit StoredModels(const ModelStore& store) : store_(store) {}

  Result<std::shared_ptr<const Pack>> find(const Digest& root, const Manifest& manifest,
                                           const InputSource& chunks) {
    const std::scoped_lock lock(mutex_);  // two programs must not fetch one model twice
    std::erase_if(in_use_, [](const auto& model) { return model.second.expired(); });
    if (const auto known = in_use_.find(root); known != in_use_.end()) {
      if (auto in_use = known->second.lock()) return in_use;
    }
    Result<Pack> pack = store_.open(root, engine_);
    if (!pack.ok() && pack.error().code == Code::not_found) {
      if (Status got = fetch(root, manifest, chunks); !got.ok()) return got.error();
      pack = store_.open(root, engine_);
      // Just written as its manifest has it, and no model: it never will be one.
      if (!pack.ok() && pack.error().code == Code::malformed) store_.remove(root);
    }
    if (!pack.ok()) return ours(pack.error());
    auto shared = std::make_shared<const Pack>(std::move(pack).value());
    in_use_[root] = shared;
    return std::shared_ptr<const Pack>(shared);
  }

 private:
  // A folder that fails is nobody's fault but ours. What cannot be had, or is no model, is the
  // order's; a file that was damaged on our disk looks the same, and is only ever found here.
  static Error ours(const Error& error) {
    const bool of_order = error.code == Code::no_evidence || error.code == Code::malformed;
    return of_order ? error.in("model") : fail(Code::inconclusive, "model: " + error.what);
  }

  Status fetch(const Digest& root, const Manifest& manifest, const InputSource& chunks) {
    Error not_ours;
    const Status got = store_.fetch(root, manifest, [&](std::uint64_t i) -> Result<Bytes> {
      Result<Bytes> chunk =
          chunks({"model/" + std::to_string(i), manifest.chunks[i], manifest.chunk_bytes(i)});
      if (!chunk.ok()) not_ours = chunk.error();
      return chunk;
    });
    if (got.ok()) return {};
    return not_ours.what.empty() ? ours(got.error()) : not_ours;
  }

  const ModelStore store_;
  const Engine engine_;
  std::mutex mutex_;
  std::map<Digest, std::weak_ptr<const Pack>> in_use_;
};

}  // namespace

wire::Input model_chunk(const Manifest& manifest, std::uint64_t number) {
  return {std::string(kChunkName) + std::to_string(number), manifest.chunks[number],
          manifest.chunk_bytes(number)};
}

bool is_model_chunk(const wire::Input& input) {
  return input.name.starts_with(kChunkName);
}

ModelSource stored_models(const ModelStore& store) {
  const auto models = std::make_shared<StoredModels>(store);
  return [models](const Digest& root, const Manifest& manifest, const InputSource& chunks) {
    return models->find(root, manifest, chunks);
  };
}

}  // namespace assay::compute::generate
