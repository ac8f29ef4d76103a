// Layout, version 1. Integers big-endian; a file has exactly one of the two lengths.
//
//   0    8   magic "ASSAYKEY"
//   8    1   version 0x01
//   9    1   form: 0x00 plain | 0x01 encrypted
//   10   32  Ed25519 public key; must follow from the seed
//   plain, 74 bytes:
//   42   32  seed
//   encrypted, 146 bytes:
//   42   8   Argon2id (version 1.3) passes, 1..16; written: 3
//   50   8   Argon2id memory in bytes, 8 KiB..1 GiB; written: 256 MiB
//   58   16  salt
//   74   24  nonce
//   98   48  XChaCha20-Poly1305-IETF of the seed under the derived 32-byte key, then the tag;
//            associated data: bytes 0..97
#include "core/crypto/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/base/file.h"
#include "core/crypto/point.h"

namespace assay {
namespace {

constexpr std::string_view kMagic = "ASSAYKEY";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kEncrypted = 1;
constexpr std::size_t kPlainBytes = 74;
constexpr std::size_t kHeaderBytes = 98;
constexpr std::size_t kEncryptedBytes = 146;
constexpr std::uint64_t kPassesMax = 16;
constexpr std::uint64_t kMemoryMinBytes = 8 << 10;
constexpr std::uint64_t kMemoryMaxBytes = 1 << 30;

using Secret32 = std::array<std::uint8_t, 32>;

// Wipes what it was given when the scope ends, whichever way.
class Wipe {
 public:
  explicit Wipe(std::span<std::uint8_t> secret) : secret_(secret) {}
  Wipe(const Wipe&) = delete;
  Wipe& operator=(const Wipe&) = delete;
  ~Wipe() { sodium_memzero(secret_.data(), secret_.size()); }

 private:
  std::span<std::uint8_t> secret_;
};

// The fields of a file whose lengths and ranges have been checked. Borrows the file's bytes.
struct Parts {
  bool encrypted = false;
  ByteView header;
  ByteView public_key;
  ByteView seed;  // plain only; the rest encrypted only
  std::uint64_t passes = 0;
  std::uint64_t memory_bytes = 0;
  ByteView salt;
  ByteView nonce;
  ByteView box;
};

Error not_a_key_file(const std::string& path, const std::string& why) {
  return fail(Code::malformed, "key file '" + path + "': " + why);
}

Error system_error(const std::string& path, const char* doing) {
  const int reason = errno;
  Code code = Code::storage;
  if (reason == ENOENT) code = Code::not_found;
  if (reason == EACCES || reason == EPERM) code = Code::permission;
  return fail(
      code, std::string("cannot ") + doing + " key file '" + path + "': " + std::strerror(reason));
}

// Reads through one descriptor, so that the mode is that of the bytes. Never blocks on a pipe.
Result<Bytes> read_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return system_error(path, "open");
  struct stat info {};
  Bytes bytes(kEncryptedBytes + 1);
  ssize_t got = -1;
  const bool inspected = ::fstat(fd, &info) == 0;
  const bool regular = inspected && S_ISREG(info.st_mode);
  const bool is_private = inspected && (info.st_mode & 077) == 0;
  if (regular && is_private) got = ::read(fd, bytes.data(), bytes.size());
  const int reason = errno;
  ::close(fd);
  errno = reason;
  if (!inspected) return system_error(path, "inspect");
  if (!regular) return not_a_key_file(path, "not a regular file");
  if (!is_private) {
    return fail(Code::permission,
                "key file '" + path + "' can be read by others; run: chmod 600 '" + path + "'");
  }
  if (got < 0) return system_error(path, "read");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<Parts> parse(const std::string& path, ByteView file) {
  Reader reader(file);
  Parts parts;
  if (as_text(reader.take(kMagic.size())) != kMagic) return not_a_key_file(path, "not a key file");
  const std::uint8_t version = reader.u8();
  if (version != kVersion) {
    return not_a_key_file(
        path, "version " + std::to_string(version) + "; this program reads version 1 only");
  }
  const std::uint8_t form = reader.u8();
  parts.encrypted = form == kEncrypted;
  const std::size_t needed = parts.encrypted ? kEncryptedBytes : kPlainBytes;
  if (form > kEncrypted || file.size() != needed) {
    return not_a_key_file(path, "unknown form, cut short or too long");
  }
  parts.public_key = reader.take(PublicKey::kSize);
  if (!parts.encrypted) {
    parts.seed = reader.take(32);
    return parts;
  }
  parts.header = file.first(kHeaderBytes);
  parts.passes = reader.u64_be();
  parts.memory_bytes = reader.u64_be();
  parts.salt = reader.take(crypto_pwhash_SALTBYTES);
  parts.nonce = reader.take(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  parts.box = reader.take(32 + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  if (parts.passes < 1 || parts.passes > kPassesMax || parts.memory_bytes < kMemoryMinBytes ||
      parts.memory_bytes > kMemoryMaxBytes) {
    return not_a_key_file(path, "Argon2id parameters outside 1..16 passes and 8 KiB..1 GiB");
  }
  return parts;
}

// The AEAD key of a passphrase.
//   storage      not enough memory
Status derive(Secret32& key, std::string_view passphrase, ByteView salt, std::uint64_t passes,
              std::uint64_t memory_bytes) {
  if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt.data(),
                    passes, static_cast<std::size_t>(memory_bytes),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(Code::storage, "the passphrase needs " + std::to_string(memory_bytes >> 20) +
                                   " MiB of free memory to be checked");
  }
  return {};
}

Result<SigningKey> decrypt(const std::string& path, const Parts& parts,
                           std::string_view passphrase) {
  if (passphrase.empty()) {
    return fail(Code::permission, "key file '" + path + "' needs its passphrase");
  }
  Secret32 key;
  Secret32 seed;
  const Wipe wipe_key(key);
  const Wipe wipe_seed(seed);
  const Status derived = derive(key, passphrase, parts.salt, parts.passes, parts.memory_bytes);
  if (!derived.ok()) return derived.error().in("key file '" + path + "'");
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          seed.data(), nullptr, nullptr, parts.box.data(), parts.box.size(), parts.header.data(),
          parts.header.size(), parts.nonce.data(), key.data()) != 0) {
    return fail(Code::permission,
                "key file '" + path + "': wrong passphrase, or the file was changed");
  }
  return SigningKey::from_seed(seed);
}

Result<Bytes> encrypt(Bytes file, const SigningKey& key, std::string_view passphrase,
                      Random& random) {
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt;
  std::array<std::uint8_t, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> nonce;
  random.fill(salt);
  random.fill(nonce);
  put_u64_be(file, crypto_pwhash_OPSLIMIT_MODERATE);
  put_u64_be(file, crypto_pwhash_MEMLIMIT_MODERATE);
  append(file, salt);
  append(file, nonce);
  Secret32 derived_key;
  const Wipe wipe_key(derived_key);
  const Status derived = derive(derived_key, passphrase, salt, crypto_pwhash_OPSLIMIT_MODERATE,
                                crypto_pwhash_MEMLIMIT_MODERATE);
  if (!derived.ok()) return derived.error();
  const Bytes header = file;
  file.resize(kEncryptedBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(file.data() + kHeaderBytes, nullptr, key.seed().data(),
                                             key.seed().size(), header.data(), header.size(),
                                             nullptr, nonce.data(), derived_key.data());
  return file;
}

// Gives the finished temporary its name unless something has that name already; a rename would
// replace it.
Status publish(const std::string& temporary, const std::string& path) {
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int reason = errno;
  ::unlink(temporary.c_str());
  if (linked != 0 && reason == EEXIST) {
    return fail(Code::conflict, "'" + path + "' is already there; a key is never overwritten");
  }
  if (linked != 0) {
    return fail(Code::storage, "cannot write key file '" + path + "': " + std::strerror(reason));
  }
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return fail(Code::storage, "cannot sync folder '" + folder + "'");
  return {};
}

}  // namespace

Status write_key_file(const std::string& path, const SigningKey& key, std::string_view passphrase,
                      Random& random) {
  start_sodium();
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    return fail(Code::conflict, "'" + path + "' is already there; a key is never overwritten");
  }
  Bytes file;
  file.reserve(kEncryptedBytes);  // a reallocation would leave the seed behind
  append(file, as_bytes(kMagic));
  file.push_back(kVersion);
  file.push_back(passphrase.empty() ? kPlain : kEncrypted);
  append(file, key.public_key().view());
  if (passphrase.empty()) {
    append(file, key.seed());
  } else {
    Result<Bytes> encrypted = encrypt(std::move(file), key, passphrase, random);
    if (!encrypted.ok()) return encrypted.error().in("key file '" + path + "'");
    file = std::move(encrypted).value();
  }
  const Wipe wipe_file(file);
  std::array<std::uint8_t, 8> suffix;
  random.fill(suffix);
  const std::string temporary = path + ".new." + to_hex(suffix);
  const Status written = write_file_durably(temporary, file, 0600);
  if (!written.ok()) return fail(Code::storage, written.error().what);
  return publish(temporary, path);
}

Result<bool> key_file_is_encrypted(const std::string& path) {
  Result<Bytes> file = read_private(path);
  if (!file.ok()) return file.error();
  const Wipe wipe_file(file.value());
  const Result<Parts> parts = parse(path, file.value());
  if (!parts.ok()) return parts.error();
  return parts.value().encrypted;
}

Result<SigningKey> load_key_file(const std::string& path, std::string_view passphrase) {
  start_sodium();
  Result<Bytes> file = read_private(path);
  if (!file.ok()) return file.error();
  const Wipe wipe_file(file.value());
  const Result<Parts> read = parse(path, file.value());
  if (!read.ok()) return read.error();
  const Parts& parts = read.value();
  Result<SigningKey> key =
      parts.encrypted ? decrypt(path, parts, passphrase) : SigningKey::from_seed(parts.seed);
  if (!key.ok()) return key;
  if (to_bytes(key.value().public_key().view()) != to_bytes(parts.public_key)) {
    return not_a_key_file(path, "its public key does not follow from its seed: it is damaged");
  }
  return key;
}

}  // namespace assay
