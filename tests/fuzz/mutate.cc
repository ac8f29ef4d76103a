#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>

namespace assay::fuzz {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 18;
constexpr std::size_t kNestingMax = 20000;

constexpr std::array<std::string_view, 26> kNumbers{"0",
                                                    "-0",
                                                    "1",
                                                    "-1",
                                                    "2",
                                                    "127",
                                                    "-128",
                                                    "1e308",
                                                    "-1e308",
                                                    "1e309",
                                                    "1e-310",
                                                    "1e-45",
                                                    "0.1",
                                                    "NaN",
                                                    "Infinity",
                                                    "9223372036854775807",
                                                    "9223372036854775808",
                                                    "18446744073709551615",
                                                    "18446744073709551616",
                                                    "4294967295",
                                                    "4294967296",
                                                    "65536",
                                                    "1000000",
                                                    "-1e6",
                                                    "1e-6",
                                                    "00000000000000000000000000000000000001"};
constexpr std::array<std::uint64_t, 12> kIntegers{0,
                                                  1,
                                                  0x7F,
                                                  0x80,
                                                  0xFF,
                                                  0xFFFF,
                                                  0x7FFFFFFF,
                                                  0x80000000,
                                                  0xFFFFFFFF,
                                                  INT64_MAX,
                                                  std::uint64_t{1} << 63,
                                                  UINT64_MAX};
constexpr std::array<std::string_view, 12> kTokens{
    "{", "}", "[", "]", ",", "\"", "null", "{\"a\":", "\n", "\xC2\x9B", "\x1b[31m", "\\u0000"};

class Mutation {
 public:
  Mutation(Bytes& bytes, std::mt19937_64& random) : bytes_(bytes), random_(random) {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void flip_bit() {
    if (bytes_.empty()) return;
    bytes_[below(bytes_.size())] ^= static_cast<std::uint8_t>(1U << below(8));
  }
  void set_byte() {
    if (bytes_.empty()) return;
    bytes_[below(bytes_.size())] = static_cast<std::uint8_t>(random_());
  }
  void cut_end() { bytes_.resize(below(bytes_.size() + 1)); }
  void erase() {
    const auto [begin, end] = range(64);
    bytes_.erase(at(begin), at(end));
  }
  void double_range() {
    const auto [begin, end] = range(256);
    insert(below(bytes_.size() + 1), Bytes(at(begin), at(end)));
  }
  void put_token() { insert(below(bytes_.size() + 1), to_bytes(as_bytes(one_of(kTokens)))); }

  void put_binary() {
    Bytes number;
    const std::uint64_t value = one_of(kIntegers);
    put_u64_le(number, value);
    if (below(2) == 0) std::ranges::reverse(number);
    number.resize(std::size_t{1} << below(4));
    if (bytes_.size() < number.size()) return;
    std::ranges::copy(number, at(below(bytes_.size() - number.size() + 1)));
  }

  // A run of the characters that numbers are written with becomes another number.
  void put_number() {
    const auto in_number = [this](std::size_t i) {
      return std::string_view("0123456789+-.eE").find(static_cast<char>(bytes_[i])) !=
             std::string_view::npos;
    };
    const auto digit = [this](std::size_t i) { return bytes_[i] >= '0' && bytes_[i] <= '9'; };
    const std::size_t start = below(bytes_.size());
    for (std::size_t k = 0; k < bytes_.size(); ++k) {
      std::size_t begin = (start + k) % bytes_.size();
      if (!digit(begin)) continue;
      std::size_t end = begin;
      while (begin > 0 && in_number(begin - 1)) --begin;
      while (end < bytes_.size() && in_number(end)) ++end;
      bytes_.erase(at(begin), at(end));
      insert(begin, to_bytes(as_bytes(one_of(kNumbers))));
      return;
    }
  }

  // The text between two commas once more: a member or an item twice.
  void double_item() {
    const auto comma = [this](std::size_t from) {
      const auto found = std::find(at(from), bytes_.end(), std::uint8_t{','});
      return static_cast<std::size_t>(found - bytes_.begin());
    };
    const std::size_t begin = comma(below(bytes_.size() + 1));
    const std::size_t end = comma(std::min(begin + 1, bytes_.size()));
    if (end - begin > kBytesMax / 8) return;
    insert(end, Bytes(at(begin), at(end)));
  }

  void nest() {
    const std::size_t depth = std::size_t{1} << below(15);
    insert(below(bytes_.size() + 1), Bytes(std::min(depth, kNestingMax),
                                           below(2) == 0 ? std::uint8_t{'['} : std::uint8_t{'('}));
  }

  void splice(ByteView other) {
    if (other.empty()) return;
    const std::size_t from = below(other.size());
    const std::size_t count = 1 + below(std::min<std::size_t>(other.size() - from, 1024));
    const auto [begin, end] = range(1024);
    if (below(2) == 0) bytes_.erase(at(begin), at(end));
    insert(std::min(begin, bytes_.size()), to_bytes(other.subspan(from, count)));
  }

 private:
  Bytes::iterator at(std::size_t i) { return bytes_.begin() + static_cast<std::ptrdiff_t>(i); }
  std::pair<std::size_t, std::size_t> range(std::size_t most) {
    const std::size_t begin = below(bytes_.size() + 1);
    return {begin, begin + below(std::min(most, bytes_.size() - begin) + 1)};
  }
  void insert(std::size_t where, const Bytes& what) {
    if (bytes_.size() + what.size() > kBytesMax) return;
    bytes_.insert(at(where), what.begin(), what.end());
  }
  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& array) {
    return array[below(array.size())];
  }

  Bytes& bytes_;
  std::mt19937_64& random_;
};

}  // namespace

Bytes mutate(ByteView input, std::span<const Bytes> others, std::mt19937_64& random) {
  Bytes bytes = to_bytes(input);
  Mutation change(bytes, random);
  for (std::size_t left = 1 + change.below(4); left > 0; --left) {
    switch (change.below(14)) {
      case 0: change.flip_bit(); break;
      case 1: change.set_byte(); break;
      case 2: change.cut_end(); break;
      case 3: change.erase(); break;
      case 4: change.double_range(); break;
      case 5: change.put_token(); break;
      case 6: change.put_binary(); break;
      case 7: change.double_item(); break;
      case 8: change.nest(); break;
      case 9: change.splice(others[change.below(others.size())]); break;
      default: change.put_number(); break;
    }
  }
  return bytes;
}

}  // namespace assay::fuzz
