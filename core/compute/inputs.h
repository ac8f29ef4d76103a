// Where a job's inputs come from: files by their content, and models, which are too large to be
// read anew for each job. Values; any thread that what they hold allows.
#pragma once

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/wire/order.h"

namespace assay::compute {

class InputSource;

namespace generate {
class Pack;
struct Manifest;
}  // namespace generate

// Finds the pack of a manifest, whose root has been checked; `chunks` gives its chunks where it is
// not at hand. Errors are its own.
using ModelSource = std::function<Result<std::shared_ptr<const generate::Pack>>(
    const Digest& root, const generate::Manifest& manifest, const InputSource& chunks)>;

class InputSource {
 public:
  using Files = std::function<Result<Bytes>(const wire::Input&)>;

  InputSource() = default;
  // A function is a source: NOLINTBEGIN(google-explicit-constructor)
  // Fetches an input by its content; the loader checks size and digest itself. Without `models`
  // they are put together in memory, each time.
  InputSource(Files files, ModelSource models = {})
      : files_(std::move(files)), models_(std::move(models)) {}
  template <class F>
  requires std::is_invocable_r_v<Result<Bytes>, F&, const wire::Input&> &&
      (!std::is_same_v<std::remove_cvref_t<F>, InputSource>)InputSource(F files)
      : files_(std::move(files)) {}
  // NOLINTEND(google-explicit-constructor)

  explicit operator bool() const { return static_cast<bool>(files_); }
  Result<Bytes> operator()(const wire::Input& input) const { return files_(input); }
  const ModelSource& models() const { return models_; }

 private:
  Files files_;
  ModelSource models_;
};

}  // namespace assay::compute
