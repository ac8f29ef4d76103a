#include "verifier/service/grease.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/crypto/sha256.h"

namespace assay::verifier {
namespace {

constexpr std::uint64_t kBytesMin = 8;
constexpr std::uint64_t kBytesMax = 120;  // shorter and longer than any signature there is

// SHA-256(seed || counter u64 BE), block after block. Nothing here is a secret.
class Stream final : public Random {
 public:
  explicit Stream(const Digest& seed) : seed_(seed) {}

  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) {
      if (used_ == Digest::kSize) {
        Bytes counter;
        put_u64_be(counter, counter_++);
        block_ = sha256({seed_.view(), counter});
        used_ = 0;
      }
      byte = block_.bytes[used_++];
    }
  }

 private:
  const Digest seed_;
  Digest block_;
  std::size_t used_ = Digest::kSize;
  std::uint64_t counter_ = 0;
};

Bytes take(Random& random, std::size_t count) {
  Bytes out(count);
  random.fill(out);
  return out;
}

}  // namespace

wire::Note with_grease(wire::Note note) {
  const std::string text = wire::note_text(note);
  Stream stream(sha256({as_bytes("assay/grease/v1\n"), as_bytes(text)}));
  wire::NoteSignature line;
  // A name under .invalid (RFC 2606) is nobody's.
  line.name = "grease.invalid/" + to_hex(take(stream, 1 + stream.below(8)));
  line.key_id = Reader(take(stream, 4)).u32_be();
  line.bytes = take(stream, kBytesMin + stream.below(kBytesMax - kBytesMin + 1));
  note.signatures.push_back(std::move(line));
  for (std::size_t i = note.signatures.size(); i > 1; --i) {
    std::swap(note.signatures[i - 1], note.signatures[stream.below(i)]);
  }
  return note;
}

}  // namespace assay::verifier
