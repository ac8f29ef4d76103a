#include "verifier/service/blobs.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include "core/base/file.h"

namespace assay::verifier {
namespace {

constexpr std::size_t kBlobBytesMax = std::size_t{1} << 30;

Status check_digest(const Digest& digest, ByteView bytes) {
  if (sha256(bytes) == digest) return {};
  return fail(Code::unbound, "the bytes do not have the SHA-256 " + digest.hex());
}

Error no_such_blob(const Digest& digest) {
  return fail(Code::not_found, "no blob with the SHA-256 " + digest.hex());
}

class MemoryBlobs final : public Blobs {
 public:
  Status put(const Digest& digest, ByteView bytes) override {
    if (Status right = check_digest(digest, bytes); !right.ok()) return right;
    const std::scoped_lock lock(mutex_);
    blobs_.try_emplace(digest, to_bytes(bytes));
    return {};
  }
  Result<Bytes> get(const Digest& digest) override {
    const std::scoped_lock lock(mutex_);
    const auto found = blobs_.find(digest);
    if (found == blobs_.end()) return no_such_blob(digest);
    return found->second;
  }
  bool has(const Digest& digest) override {
    const std::scoped_lock lock(mutex_);
    return blobs_.contains(digest);
  }

 private:
  std::mutex mutex_;
  std::map<Digest, Bytes> blobs_;
};

class FileBlobs final : public Blobs {
 public:
  FileBlobs(std::string folder, std::uint64_t bytes_max, std::uint64_t used)
      : folder_(std::move(folder)), bytes_max_(bytes_max), used_(used) {}

  Status put(const Digest& digest, ByteView bytes) override {
    if (Status right = check_digest(digest, bytes); !right.ok()) return right;
    if (has(digest)) return {};
    if (used_.fetch_add(bytes.size()) + bytes.size() > bytes_max_) {
      used_.fetch_sub(bytes.size());
      return fail(Code::storage,
                  "the blob folder holds its limit of " + std::to_string(bytes_max_) + " bytes");
    }
    const std::string path = path_of(digest);
    Status made = make_folders(std::filesystem::path(path).parent_path().string());
    if (made.ok()) made = write_file_durably(path, bytes);
    if (made.ok()) return {};
    used_.fetch_sub(bytes.size());
    return fail(Code::storage, made.error().what);  // a folder of ours: nobody else's fault
  }
  Result<Bytes> get(const Digest& digest) override {
    Result<Bytes> bytes = read_file(path_of(digest), kBlobBytesMax);
    if (!bytes.ok() && bytes.error().code == Code::not_found) return no_such_blob(digest);
    if (!bytes.ok()) return fail(Code::storage, bytes.error().what);
    if (sha256(bytes.value()) != digest) {
      return fail(Code::storage, "the blob " + digest.hex() + " is damaged on disk");
    }
    return bytes;
  }
  bool has(const Digest& digest) override {
    std::error_code ignored;
    return std::filesystem::exists(path_of(digest), ignored);
  }

 private:
  std::string path_of(const Digest& digest) const {
    const std::string hex = digest.hex();
    return folder_ + "/" + hex.substr(0, 2) + "/" + hex;
  }

  std::string folder_;
  std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_;
};

}  // namespace

std::unique_ptr<Blobs> make_memory_blobs() {
  return std::make_unique<MemoryBlobs>();
}

Result<std::unique_ptr<Blobs>> open_file_blobs(const std::string& folder, std::uint64_t bytes_max) {
  if (Status made = make_folders(folder); !made.ok()) return made.error();
  std::uint64_t used = 0;
  std::error_code problem;
  for (std::filesystem::recursive_directory_iterator it(folder, problem), end;
       !problem && it != end; it.increment(problem)) {
    if (it->is_regular_file(problem)) used += it->file_size(problem);
  }
  if (problem) {
    return fail(Code::storage, "cannot list '" + folder + "': " + problem.message());
  }
  return std::unique_ptr<Blobs>(std::make_unique<FileBlobs>(folder, bytes_max, used));
}

}  // namespace assay::verifier
