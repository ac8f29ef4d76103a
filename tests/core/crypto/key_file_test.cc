#include "core/crypto/key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"
#include "tests/vectors.h"

using namespace assay;
using test::answer;
using test::TemporaryFolder;

namespace {

SigningKey sample_key() {
  SeededRandom random(42);
  return SigningKey::generate(random);
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

// What loading gives for these bytes in a file of mode 0600.
std::string loaded_answer(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  return answer(load_key_file(path, "correct horse"));
}

Bytes with(Bytes bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return bytes;
}
Bytes with_u64(Bytes bytes, std::size_t at, std::uint64_t value) {
  Bytes field;
  put_u64_be(field, value);
  std::copy(field.begin(), field.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  return bytes;
}

}  // namespace

TEST_CASE("A plain key file has the documented layout and loads") {
  const TemporaryFolder folder;
  const std::string path = folder / "service.key";
  const SigningKey key = sample_key();
  REQUIRE(write_key_file(path, key, "", system_random()).ok());
  CHECK(mode_of(path) == 0600);
  CHECK(folder.entries() == 1);

  Bytes expected = to_bytes(as_bytes("ASSAYKEY\x01"));
  expected.push_back(0);
  append(expected, key.public_key().view());
  append(expected, key.seed());
  CHECK(read_file(path, 1000).value() == expected);

  const Result<SigningKey> loaded = load_key_file(path, "");
  REQUIRE(loaded.ok());
  CHECK(to_bytes(loaded.value().seed()) == to_bytes(key.seed()));
  CHECK_FALSE(key_file_is_encrypted(path).value());
}

TEST_CASE("An encrypted key file opens with its passphrase only, and shows no seed") {
  const TemporaryFolder folder;
  const std::string path = folder / "provider.key";
  const SigningKey key = sample_key();
  REQUIRE(write_key_file(path, key, "correct horse", system_random()).ok());
  CHECK(mode_of(path) == 0600);
  CHECK(folder.entries() == 1);
  CHECK(key_file_is_encrypted(path).value());

  const Result<SigningKey> loaded = load_key_file(path, "correct horse");
  REQUIRE(loaded.ok());
  CHECK(to_bytes(loaded.value().seed()) == to_bytes(key.seed()));
  CHECK(answer(load_key_file(path, "correct horsf")) == "permission");
  CHECK(answer(load_key_file(path, "")) == "permission");

  const Bytes good = read_file(path, 1000).value();
  REQUIRE(good.size() == 146);
  CHECK(to_hex(good).find(to_hex(key.seed())) == std::string::npos);
  const std::string changed = folder / "changed.key";
  for (const std::size_t at : {10U, 74U, 145U}) {  // public key, nonce, tag
    INFO(at);
    CHECK(loaded_answer(changed, with(good, at, good[at] ^ 1)) == "permission");
  }
  const Bytes cheap = with_u64(with_u64(good, 42, 1), 50, 8192);
  CHECK(loaded_answer(changed, cheap) == "permission");

  REQUIRE(write_key_file(folder / "again.key", key, "correct horse", system_random()).ok());
  const Bytes again = read_file(folder / "again.key", 1000).value();
  CHECK(to_hex(again).substr(0, 2 * 58) == to_hex(good).substr(0, 2 * 58));
  for (const std::size_t at : {58U, 74U, 98U}) {  // salt, nonce, box: another each time
    CHECK(to_hex(again).substr(2 * at, 32) != to_hex(good).substr(2 * at, 32));
  }
}

TEST_CASE("Parameters of the key derivation out of range are refused before they cost anything") {
  const TemporaryFolder folder;
  Bytes header = to_bytes(as_bytes("ASSAYKEY\x01\x01"));
  header.resize(146);
  const std::string path = folder / "k";
  const std::pair<std::uint64_t, std::uint64_t> refused[] = {
      {0, 8192}, {17, 8192},          {UINT64_MAX, 8192}, {1, 0},
      {1, 8191}, {1, (1U << 30) + 1}, {1, UINT64_MAX},
  };
  for (const auto& [passes, memory_bytes] : refused) {
    INFO(passes << " passes, " << memory_bytes << " bytes");
    CHECK(loaded_answer(path, with_u64(with_u64(header, 42, passes), 50, memory_bytes)) ==
          "malformed");
  }
  CHECK(loaded_answer(path, with_u64(with_u64(header, 42, 16), 50, 8192)) == "permission");
}

TEST_CASE("A key file is never overwritten, and a failed write leaves nothing") {
  const TemporaryFolder folder;
  const std::string path = folder / "k";
  REQUIRE(write_key_file(path, sample_key(), "", system_random()).ok());
  const Bytes before = read_file(path, 1000).value();
  const SigningKey other = SigningKey::generate(system_random());
  CHECK(answer(write_key_file(path, other, "", system_random())) == "conflict");
  CHECK(read_file(path, 1000).value() == before);
  REQUIRE(::symlink("nowhere", (folder / "link").c_str()) == 0);
  CHECK(answer(write_key_file(folder / "link", other, "", system_random())) == "conflict");
  CHECK(folder.entries() == 2);
  CHECK(answer(write_key_file(folder / "no/such/folder", other, "", system_random())) == "storage");
}

TEST_CASE("A key file that others can read is refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "k";
  REQUIRE(write_key_file(path, sample_key(), "", system_random()).ok());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0644U, 0777U}) {
    INFO(mode);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(answer(load_key_file(path, "")) == "permission");
    CHECK(answer(key_file_is_encrypted(path)) == "permission");
  }
  for (const mode_t mode : {0600U, 0400U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(load_key_file(path, "").ok());
  }
}

TEST_CASE("What is not a whole, undamaged key file is malformed") {
  const TemporaryFolder folder;
  const std::string path = folder / "good";
  REQUIRE(write_key_file(path, sample_key(), "", system_random()).ok());
  const Bytes good = read_file(path, 1000).value();
  const std::string changed = folder / "changed";
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(loaded_answer(changed, Bytes(good.begin(), good.begin() + static_cast<long>(size))) ==
          "malformed");
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK(loaded_answer(changed, longer) == "malformed");
  CHECK(loaded_answer(changed, Bytes(1 << 20, 'A')) == "malformed");
  std::size_t loaded = 0;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    const std::uint8_t byte = good[bit / 8];
    loaded += loaded_answer(changed, with(good, bit / 8,
                                          static_cast<std::uint8_t>(byte ^ (1U << (bit % 8))))) !=
              "malformed";
  }
  CHECK(loaded == 0);

  CHECK(answer(load_key_file(folder / "absent", "")) == "not_found");
  REQUIRE(make_folders(folder / "folder").ok());
  REQUIRE(::chmod((folder / "folder").c_str(), 0700) == 0);
  CHECK(answer(load_key_file(folder / "folder", "")) == "malformed");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK(answer(load_key_file(folder / "pipe", "")) == "malformed");
}
