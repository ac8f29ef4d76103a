#include "core/compute/generate/model_store.h"

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "core/base/part_file.h"

namespace assay::compute::generate {
namespace {

constexpr std::size_t kManifestBytesMax = 24 + kPackBytesMax / kPackChunkBytes * Digest::kSize;

std::string chunk_name(std::uint64_t chunk) {
  return "chunk " + std::to_string(chunk) + " (from byte " +
         std::to_string(chunk * kPackChunkBytes) + " on)";
}

Status check_root(const Manifest& manifest, const Digest& root) {
  const Digest found = manifest.root();
  if (found == root) return {};
  return fail(Code::malformed,
              "the manifest is of model " + found.hex() + ", not of " + root.hex());
}

// The chunk from the part file, if it is there already.
bool has_chunk(const PartFile& part, const Manifest& manifest, std::uint64_t chunk) {
  const Result<Bytes> bytes = part.read_at(chunk * kPackChunkBytes, manifest.chunk_bytes(chunk));
  return bytes.ok() && sha256(bytes.value()) == manifest.chunks[chunk];
}

Status get_chunk(PartFile& part, const Manifest& manifest, std::uint64_t chunk,
                 const ChunkSource& source) {
  const Result<Bytes> bytes = source(chunk);
  if (!bytes.ok()) return bytes.error().in(chunk_name(chunk));
  if (bytes.value().size() != manifest.chunk_bytes(chunk)) {
    return fail(Code::no_evidence, chunk_name(chunk) + " came with " +
                                       std::to_string(bytes.value().size()) + " bytes where " +
                                       std::to_string(manifest.chunk_bytes(chunk)) + " are needed");
  }
  if (sha256(bytes.value()) != manifest.chunks[chunk]) {
    return fail(Code::no_evidence, chunk_name(chunk) + " came with another digest");
  }
  return part.write_at(chunk * kPackChunkBytes, bytes.value());
}

}  // namespace

std::string ModelStore::path(const Digest& root, const char* ending) const {
  return folder_ + "/" + root.hex() + ending;
}

Status ModelStore::check_size(std::uint64_t bytes) const {
  if (bytes <= bytes_max_) return {};
  return fail(Code::malformed, "the model needs " + std::to_string(bytes) +
                                   " bytes where at most " + std::to_string(bytes_max_) +
                                   " are allowed");
}

void ModelStore::remove(const Digest& root) const {
  std::error_code ignored;  // what cannot be removed is refused by its name once more
  for (const char* ending : {".pack", ".list", ".part"}) {
    std::filesystem::remove(path(root, ending), ignored);
  }
}

// By the time of a file's last use, which open() sets. Files that cannot be looked at are not
// there.
void ModelStore::make_room(const Digest& root, std::uint64_t bytes) const {
  struct File {
    std::filesystem::file_time_type used;
    Digest root;
    std::uint64_t bytes = 0;
  };
  if (all_bytes_max_ == 0) return;
  std::vector<File> files;
  std::uint64_t all = bytes;
  std::error_code failed;
  std::filesystem::directory_iterator entry(folder_, failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string ending = entry->path().extension().string();
    const Result<Digest> of = Digest::parse_hex(entry->path().stem().string());
    if (!of.ok() || of.value() == root || (ending != ".pack" && ending != ".part")) continue;
    std::error_code gone;
    const File file{entry->last_write_time(gone), of.value(), entry->file_size(gone)};
    if (gone) continue;
    all += file.bytes;
    files.push_back(file);
  }
  std::ranges::sort(files, {}, &File::used);
  for (const File& file : files) {
    if (all <= all_bytes_max_) return;
    remove(file.root);
    all -= file.bytes;
  }
}

Result<Manifest> ModelStore::manifest(const Digest& root) const {
  const Result<Bytes> file = read_file(path(root, ".list"), kManifestBytesMax);
  if (!file.ok()) return file.error();
  Result<Manifest> manifest = parse_manifest(file.value());
  if (!manifest.ok()) return manifest.error().in("model " + root.hex());
  const Status status = check_root(manifest.value(), root);
  if (!status.ok()) return status.error();
  return manifest;
}

Result<Pack> ModelStore::open(const Digest& root, const Engine& engine) const {
  const Result<Manifest> wanted = manifest(root);
  if (!wanted.ok()) return wanted.error();
  Result<MappedFile> file = MappedFile::open(path(root, ".pack"));
  if (!file.ok()) return file.error();
  if (file.value().view().size() != wanted.value().size) {
    return fail(Code::malformed, "model " + root.hex() + ": its pack has " +
                                     std::to_string(file.value().view().size()) +
                                     " bytes where its manifest says " +
                                     std::to_string(wanted.value().size));
  }
  const Manifest found = manifest_of(engine, file.value().view());
  const auto differs = std::ranges::mismatch(found.chunks, wanted.value().chunks).in1;
  if (differs != found.chunks.end()) {
    const auto chunk = static_cast<std::uint64_t>(differs - found.chunks.begin());
    return fail(Code::malformed, "model " + root.hex() + ": " + chunk_name(chunk) +
                                     " is damaged: remove the pack and get it again");
  }
  Result<Pack> pack = Pack::from_file(engine, std::move(file.value()));
  if (!pack.ok()) return pack.error().in("model " + root.hex());
  std::error_code ignored;
  std::filesystem::last_write_time(path(root, ".pack"),
                                   std::filesystem::file_time_type::clock::now(), ignored);
  return pack;
}

Result<Digest> ModelStore::convert(const Checkpoint& checkpoint, const Engine& engine) const {
  Result<PartFile> part = PartFile::open(folder_ + "/new.part");
  if (!part.ok()) return part.error();
  Status status = part.value().resize(0);
  if (!status.ok()) return status.error();
  ManifestBuilder builder;
  std::uint64_t written = 0;
  const Result<PackConfig> config = write_pack(engine, checkpoint, [&](ByteView bytes) {
    const Status fits = check_size(written + bytes.size());
    if (!fits.ok()) return fits;
    builder.update(bytes);
    written += bytes.size();
    return part.value().write_at(written - bytes.size(), bytes);
  });
  if (!config.ok()) {
    part.value().discard();
    return config.error();
  }
  const Manifest manifest = builder.finish();
  const Digest root = manifest.root();
  status = write_file_durably(path(root, ".list"), write_manifest(manifest));
  if (status.ok()) status = part.value().publish(path(root, ".pack"));
  if (!status.ok()) return status.error();
  return root;
}

Status ModelStore::fetch(const Digest& root, const Manifest& manifest,
                         const ChunkSource& source) const {
  Status status = parse_manifest(write_manifest(manifest)).ok()
                      ? check_root(manifest, root)
                      : fail(Code::malformed, "the manifest has not the digests of its size");
  if (status.ok()) status = check_size(manifest.size);
  if (!status.ok()) return status;
  if (MappedFile::open(path(root, ".pack")).ok() && this->manifest(root).ok()) return {};
  make_room(root, manifest.size);
  Result<PartFile> part = PartFile::open(path(root, ".part"));
  if (!part.ok()) return part.error();
  const std::uint64_t before = part.value().size();
  status = part.value().resize(manifest.size);
  for (std::uint64_t chunk = 0; chunk < manifest.chunks.size() && status.ok(); ++chunk) {
    if (chunk * kPackChunkBytes < before && has_chunk(part.value(), manifest, chunk)) continue;
    status = get_chunk(part.value(), manifest, chunk, source);
  }
  if (status.ok()) status = write_file_durably(path(root, ".list"), write_manifest(manifest));
  if (status.ok()) status = part.value().publish(path(root, ".pack"));
  return status;
}

}  // namespace assay::compute::generate
