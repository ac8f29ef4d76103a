#include "core/compute/generate/model_source.h"

#include "core/base/file.h"
#include "core/base/part_file.h"
#include "core/compute/generate/checkpoint_folder.h"
#include "tests/catch.h"
#include "tests/core_generate_files/checkpoints.h"
#include "tests/temporary_folder.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

Digest converted(const ModelStore& store, const char* name) {
  const Result<CheckpointFolder> folder = CheckpointFolder::open(test::tiny_folder(name));
  REQUIRE((folder.ok() ? "" : folder.error().what) == "");
  const Result<Digest> root = store.convert(folder.value().checkpoint(), Engine());
  REQUIRE((root.ok() ? "" : root.error().what) == "");
  return root.value();
}

// A pack of several chunks: the model with a tokenizer blown up by spaces.
Bytes large_pack() {
  test::TinyModel model = test::load_tiny_model("llama");
  model.tokenizer += std::string(3'500'000, ' ');
  return test::pack_of(model).value();
}

ChunkSource source_of(const Bytes& pack, std::vector<std::uint64_t>& asked) {
  return [&](std::uint64_t chunk) -> Result<Bytes> {
    asked.push_back(chunk);
    const ByteView all(pack);
    const std::size_t from = chunk * kPackChunkBytes;
    return to_bytes(all.subspan(from, std::min(kPackChunkBytes, all.size() - from)));
  };
}

using Chunks = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a checkpoint's folder becomes a pack in a store, under the root of its chunks") {
  const test::TemporaryFolder folder;
  const ModelStore store(folder.path());
  for (const char* name : test::kTinyModels) {
    CAPTURE(name);
    const Bytes expected = test::pack_of(test::load_tiny_model(name)).value();
    const Digest root = converted(store, name);
    CHECK(root == manifest_of(Engine(), expected).root());
    const Result<Pack> pack = store.open(root, Engine(best_cpu_level(), 2));
    REQUIRE((pack.ok() ? "" : pack.error().what) == "");
    CHECK(std::ranges::equal(pack.value().bytes(), expected));
    CHECK(pack.value().tokenizer().ok());
    CHECK(converted(store, name) == root);  // again
  }
  CHECK(folder.entries() == 6);
  const Result<Pack> none = store.open(sha256(as_bytes("nobody")), Engine());
  REQUIRE_FALSE(none.ok());
  CHECK(none.error().code == Code::not_found);
}

TEST_CASE("a manifest is its bytes, and its root does not depend on how it was made") {
  const Bytes pack = large_pack();
  const Manifest manifest = manifest_of(Engine(best_cpu_level(), 2), pack);
  CHECK(manifest.chunks.size() == 4);
  ManifestBuilder builder;
  for (std::size_t at = 0; at < pack.size(); at += 300'007) {
    builder.update(ByteView(pack).subspan(at, std::min<std::size_t>(300'007, pack.size() - at)));
  }
  CHECK(builder.finish() == manifest);
  const Bytes file = write_manifest(manifest);
  CHECK(parse_manifest(file).value() == manifest);
  for (const std::size_t at : {std::size_t{0}, std::size_t{18}, std::size_t{23}}) {
    Bytes changed = file;
    changed[at] ^= 0xFF;
    CHECK_FALSE(parse_manifest(changed).ok());
  }
  Bytes cut = file;
  cut.pop_back();
  CHECK_FALSE(parse_manifest(cut).ok());
  CHECK_FALSE(parse_manifest(ByteView(file).first(24)).ok());
  CHECK_FALSE(parse_manifest({}).ok());
}

TEST_CASE("a damaged pack is refused, and the chunk is named") {
  const test::TemporaryFolder folder;
  const ModelStore store(folder.path());
  const Bytes pack = large_pack();
  const Manifest manifest = manifest_of(Engine(), pack);
  const Digest root = manifest.root();
  const std::string list = folder / (root.hex() + ".list"), file = folder / (root.hex() + ".pack");
  REQUIRE(write_file_durably(list, write_manifest(manifest)).ok());
  REQUIRE(write_file_durably(file, pack).ok());
  CHECK(store.open(root, Engine()).ok());

  Bytes changed = pack;
  changed[2 * kPackChunkBytes + 17] ^= 1;
  REQUIRE(write_file_durably(file, changed).ok());
  const Result<Pack> damaged = store.open(root, Engine());
  REQUIRE_FALSE(damaged.ok());
  CHECK(damaged.error().what.find("chunk 2 (from byte 2097152 on) is damaged") !=
        std::string::npos);
  changed = pack;
  changed.pop_back();
  REQUIRE(write_file_durably(file, changed).ok());
  CHECK(store.open(root, Engine()).error().what.find("where its manifest says") !=
        std::string::npos);
  Manifest other = manifest;
  other.chunks[0].bytes[0] ^= 1;
  REQUIRE(write_file_durably(list, write_manifest(other)).ok());
  CHECK(store.open(root, Engine()).error().what.find("the manifest is of model") !=
        std::string::npos);
  // Right digests of what is no pack.
  const Bytes nonsense(1000, 7);
  const Manifest of_nonsense = manifest_of(Engine(), nonsense);
  std::vector<std::uint64_t> asked;
  REQUIRE(store.fetch(of_nonsense.root(), of_nonsense, source_of(nonsense, asked)).ok());
  CHECK_FALSE(store.open(of_nonsense.root(), Engine()).ok());
}

TEST_CASE("a pack is fetched chunk by chunk, each checked, and goes on where it was") {
  const test::TemporaryFolder folder;
  const ModelStore store(folder.path());
  const Bytes pack = large_pack();
  const Manifest manifest = manifest_of(Engine(), pack);
  const Digest root = manifest.root();
  Chunks asked;
  const ChunkSource good = source_of(pack, asked);
  const auto attempt = [&](const ChunkSource& source) {
    asked.clear();
    return store.fetch(root, manifest, source);
  };
  const Status lost = attempt([&](std::uint64_t chunk) -> Result<Bytes> {
    if (chunk == 2) return fail(Code::network, "the line is dead");
    return good(chunk);
  });
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().code == Code::network);
  CHECK(lost.error().what == "chunk 2 (from byte 2097152 on): the line is dead");
  CHECK_FALSE(store.open(root, Engine()).ok());

  for (const bool shorter : {false, true}) {
    const Status wrong = attempt([&](std::uint64_t chunk) -> Result<Bytes> {
      Result<Bytes> bytes = good(chunk);
      if (chunk == 3 && shorter) bytes.value().pop_back();
      if (chunk == 3 && !shorter) bytes.value()[0] ^= 1;
      return bytes;
    });
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().code == Code::no_evidence);
    CHECK(wrong.error().what.find("chunk 3") == 0);
    CHECK(asked == (shorter ? Chunks{3} : Chunks{2, 3}));
  }
  {
    // Somebody else is at it.
    const Result<PartFile> part = PartFile::open(folder / (root.hex() + ".part"));
    REQUIRE(part.ok());
    CHECK(attempt(good).error().code == Code::conflict);
    // A disk that lost what was written: chunk 1 is asked for again.
    PartFile writer = PartFile::open(folder / "x").value();
    REQUIRE(writer.write_at(0, Bytes(1)).ok());
    writer.discard();
  }
  {
    PartFile part = PartFile::open(folder / (root.hex() + ".part")).value();
    REQUIRE(part.write_at(kPackChunkBytes + 5, Bytes(10)).ok());
  }
  REQUIRE(attempt(good).ok());
  CHECK(asked == Chunks{1, 3});
  CHECK(std::ranges::equal(store.open(root, Engine()).value().bytes(), pack));
  CHECK(folder.entries() == 2);
  REQUIRE(attempt(good).ok());
  CHECK(asked.empty());
}

TEST_CASE("what does not fit, or is of another model, is refused before anything is written") {
  const test::TemporaryFolder folder;
  const ModelStore small(folder.path(), 10'000);
  const Bytes pack = large_pack();
  Manifest manifest = manifest_of(Engine(), pack);
  const Digest root = manifest.root();
  Chunks asked;
  const ChunkSource good = source_of(pack, asked);
  CHECK(small.fetch(root, manifest, good).error().what ==
        "the model needs " + std::to_string(pack.size()) +
            " bytes where at most 10000 are allowed");
  const Result<CheckpointFolder> checkpoint = CheckpointFolder::open(test::tiny_folder("llama"));
  CHECK_FALSE(small.convert(checkpoint.value().checkpoint(), Engine()).ok());
  const ModelStore store(folder.path());
  CHECK_FALSE(store.fetch(sha256({}), manifest, good).ok());
  manifest.size += kPackChunkBytes;
  CHECK_FALSE(store.fetch(root, manifest, good).ok());
  CHECK(asked.empty());
  CHECK(folder.entries() == 0);
}

TEST_CASE("models that were used longest ago make room, and one in use stays with its user") {
  const test::TemporaryFolder folder;
  Bytes packs[3];
  std::vector<Manifest> manifests;
  for (std::size_t i = 0; i < 3; ++i) {
    test::TinyModel model = test::load_tiny_model("llama");
    model.tokenizer += std::string(100'000 + i, ' ');
    packs[i] = test::pack_of(model).value();
    manifests.push_back(manifest_of(Engine(), packs[i]));
  }
  const std::uint64_t one = packs[2].size();
  const ModelStore store(folder.path(), one, 2 * one);
  Chunks asked;
  const auto fetch = [&](std::size_t i) {
    const Digest root = manifests[i].root();
    REQUIRE(store.fetch(root, manifests[i], source_of(packs[i], asked)).ok());
    return root;
  };
  const auto here = [&](std::size_t i) {
    return std::filesystem::exists(folder / (manifests[i].root().hex() + ".pack"));
  };
  const auto used = [&](std::size_t i, int minutes_ago) {
    std::filesystem::last_write_time(
        folder / (manifests[i].root().hex() + ".pack"),
        std::filesystem::file_time_type::clock::now() - std::chrono::minutes(minutes_ago));
  };
  const Digest first = fetch(0);
  const Digest second = fetch(1);
  CHECK((here(0) && here(1)));
  used(0, 9);
  used(1, 5);
  const Result<Pack> kept = store.open(first, Engine());  // now it was used last
  REQUIRE(kept.ok());
  fetch(2);
  CHECK((here(0) && !here(1) && here(2)));
  CHECK(store.manifest(second).error().code == Code::not_found);
  used(0, 9);
  fetch(1);
  CHECK((!here(0) && here(1) && here(2)));
  CHECK(std::ranges::equal(kept.value().bytes(), packs[0]));
  CHECK(folder.entries() == 4);
  const ModelStore unlimited(folder.path(), one);
  REQUIRE(unlimited.fetch(first, manifests[0], source_of(packs[0], asked)).ok());
  CHECK((here(0) && here(1) && here(2)));
}

TEST_CASE("chunks that are no model are not kept") {
  const test::TemporaryFolder folder;
  const Bytes zeros(3 * kPackChunkBytes);
  const Manifest manifest = manifest_of(Engine(), zeros);
  const ModelSource source = stored_models(ModelStore(folder.path()));
  const auto found = source(manifest.root(), manifest, [&](const wire::Input& input) {
    return Result<Bytes>(Bytes(input.size_bytes));
  });
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == Code::malformed);
  CHECK(folder.entries() == 0);
}

TEST_CASE("a folder without one of its files is refused by the file's name") {
  for (const char* missing : {"config.json", "tokenizer.json", "model-00002-of-00002.safetensors",
                              "model.safetensors.index.json"}) {
    const test::TemporaryFolder folder;
    std::filesystem::copy(test::tiny_folder("qwen2"), folder.path());
    REQUIRE(CheckpointFolder::open(folder.path()).ok());
    std::filesystem::remove(folder / missing);
    const Result<CheckpointFolder> opened = CheckpointFolder::open(folder.path());
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == Code::not_found);
    // Without an index the one file is looked for.
    const bool index = std::string(missing).ends_with("index.json");
    CHECK(opened.error().what.find(index ? "model.safetensors'" : missing) != std::string::npos);
  }
}
