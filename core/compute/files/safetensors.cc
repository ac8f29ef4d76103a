#include "core/compute/files/safetensors.h"

#include <algorithm>
#include <optional>

#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::compute {
namespace {

constexpr std::size_t kHeaderMax = std::size_t{1} << 20;
constexpr std::size_t kTensorsMax = 65536;

Error bad(std::string what) {
  return fail(Code::malformed, "safetensors: " + std::move(what));
}

struct Place {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::optional<NumberType> type_of(std::string_view name) {
  if (name == "I8") return NumberType::s8;
  if (name == "F16") return NumberType::f16;
  if (name == "BF16") return NumberType::bf16;
  if (name == "F32") return NumberType::f32;
  return std::nullopt;
}

std::vector<std::uint64_t> integers(wire::Fields& in, std::string_view key, std::size_t max) {
  std::vector<std::uint64_t> out;
  for (const wire::Json& item : in.array(key, max)) {
    const std::optional<std::uint64_t> value = item.as_u64();
    if (!value) in.note(key, "not an unsigned integer");
    out.push_back(value.value_or(0));
  }
  return out;
}

// The array without its data, and where that lies.
Result<NumberArray> parse_tensor(const wire::Json& json, std::string_view name, Place& place) {
  wire::Fields in(json, wire::quoted(name));
  const std::string dtype = in.text("dtype");
  const std::vector<std::uint64_t> shape = integers(in, "shape", kRankMax);
  const std::vector<std::uint64_t> offsets = integers(in, "data_offsets", 2);
  const std::optional<NumberType> type = type_of(dtype);
  if (!type) in.note("dtype", wire::quoted(dtype) + " is not one of I8, F16, BF16, F32");
  if (offsets.size() != 2 || offsets[0] > offsets[1]) {
    in.note("data_offsets", "not a begin and an end, [0, 24]");
  }
  const Status status = in.close();
  if (!status.ok()) return status.error();
  place = {offsets[0], offsets[1]};
  const std::uint64_t want = array_bytes(*type, shape);
  if (place.end - place.begin != want) {
    return fail(Code::malformed,
                wire::quoted(name) + ": its shape does not fit its data_offsets: " +
                    (want == UINT64_MAX ? "more than 2^64" : std::to_string(want)) +
                    " bytes needed, " + std::to_string(place.end - place.begin) + " given");
  }
  return NumberArray{*type, shape, {}};
}

// Whether the places, sorted, follow one another from 0 to `size`.
Status check_cover(std::vector<Place> places, std::uint64_t size) {
  std::ranges::sort(places, [](const Place& a, const Place& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const Place& place : places) {
    if (place.begin < at) {
      return bad("two tensors overlap at byte " + std::to_string(place.begin) + " of the data");
    }
    if (place.begin > at) {
      return bad("there is a gap before byte " + std::to_string(place.begin) + " of the data");
    }
    at = place.end;
  }
  if (at > size) {
    return bad("a tensor ends beyond the file: at byte " + std::to_string(at) + " of " +
               std::to_string(size) + " bytes of data");
  }
  if (at < size) return bad(std::to_string(size - at) + " bytes after the last tensor");
  return {};
}

}  // namespace

Result<std::vector<NamedArray>> parse_safetensors(ByteView file) {
  Reader in(file);
  const std::uint64_t size = in.u64_le();
  if (!in.ok()) return bad("the file ends within its length");
  if (size > kHeaderMax) {
    return bad("a header of " + std::to_string(size) + " bytes where at most " +
               std::to_string(kHeaderMax) + " are allowed");
  }
  std::string_view text = as_text(in.take(size));
  if (!in.ok()) return bad("the file ends within its header");
  if (!text.starts_with('{')) return bad("the header does not begin with '{'");
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  if (!text.ends_with('}')) return bad("the header does not end with '}' and spaces");
  const Result<wire::Json> header =
      wire::parse_json(text, {.bytes_max = kHeaderMax, .depth_max = 8});
  if (!header.ok()) return header.error().in("safetensors: header");
  if (header.value().members().size() > kTensorsMax) {
    return bad(std::to_string(header.value().members().size()) + " tensors where at most " +
               std::to_string(kTensorsMax) + " are allowed");
  }

  const ByteView data = in.take(in.left());
  std::vector<NamedArray> out;
  std::vector<Place> places;
  for (const auto& [name, json] : header.value().members()) {
    if (name == "__metadata__") continue;
    Result<NumberArray> array = parse_tensor(json, name, places.emplace_back());
    if (!array.ok()) return array.error().in("safetensors");
    out.push_back({name, std::move(array.value())});
  }
  const Status covered = check_cover(places, data.size());
  if (!covered.ok()) return covered.error();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].array.data = data.subspan(places[i].begin, places[i].end - places[i].begin);
  }
  return out;
}

}  // namespace assay::compute
