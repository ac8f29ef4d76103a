// The tokens that a transformer learns from: read_tokens() of train_data.h.
#include "core/compute/files/npy.h"
#include "core/compute/generate/tokenizer.h"
#include "core/compute/train/input_files.h"
#include "core/compute/train/train_data.h"

namespace assay::compute::train {
namespace {

using Tokens = std::vector<std::uint16_t>;

Result<Tokens> of_npy(ByteView file) {
  const Result<NumberArray> array = parse_npy(file);
  if (!array.ok()) return array.error();
  if (array.value().type != NumberType::u16 || array.value().dims.size() != 1) {
    return fail(Code::malformed, "not u16 (<u2) of one dimension");
  }
  Tokens out(array.value().dims[0]);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = u16_at(array.value().data, i);
  return out;
}

Result<Tokens> of_text(ByteView text, ByteView tokenizer, std::uint32_t vocab) {
  const Result<generate::Tokenizer> parsed = generate::Tokenizer::parse(as_text(tokenizer));
  if (!parsed.ok()) return bad_input("tokenizer", parsed.error().what);
  if (parsed.value().vocabulary() > vocab) {
    return bad_input("tokenizer", "it has " + std::to_string(parsed.value().vocabulary()) +
                                      " tokens where vocab is " + std::to_string(vocab));
  }
  const std::vector<std::uint32_t> ids =
      parsed.value().encode(as_text(text), {.added_tokens = true});
  return Tokens(ids.begin(), ids.end());  // below vocab, which is at most 65,536
}

Result<Tokens> read_text(const TransformerShape& shape, const wire::WorkloadSpec& spec,
                         const InputSource& source) {
  const Result<Bytes> text = source(*find_input(spec, "text"));
  if (!text.ok()) return text.error();
  const wire::Input* tokenizer = find_input(spec, "tokenizer");
  if (tokenizer == nullptr) return Tokens(text.value().begin(), text.value().end());
  const Result<Bytes> json = source(*tokenizer);
  if (!json.ok()) return json.error();
  return of_text(text.value(), json.value(), shape.vocab);
}

Result<Tokens> read_npy_tokens(const wire::WorkloadSpec& spec, const InputSource& source) {
  if (find_input(spec, "tokenizer") != nullptr) {
    return bad_input("tokenizer", "it is not used where the tokens are given");
  }
  const Result<Bytes> file = source(*find_input(spec, "tokens"));
  if (!file.ok()) return file.error();
  Result<Tokens> out = of_npy(file.value());
  if (!out.ok()) return bad_input("tokens", out.error().what);
  return out;
}

}  // namespace

Result<std::vector<std::uint16_t>> read_tokens(const TransformerShape& shape,
                                               const wire::WorkloadSpec& spec,
                                               const InputSource& source) {
  constexpr std::string_view kNames[] = {"text", "tokenizer", "tokens", "checkpoint"};
  if (const Status names = check_input_names(spec, kNames); !names.ok()) return names.error();
  const bool text = find_input(spec, "text") != nullptr;
  if (text == (find_input(spec, "tokens") != nullptr)) {
    return fail(Code::malformed, "inputs: one of \"text\" and \"tokens\" is needed");
  }
  Result<Tokens> out = text ? read_text(shape, spec, source) : read_npy_tokens(spec, source);
  if (!out.ok()) return out;
  const std::string_view name = text ? "text" : "tokens";
  if (out.value().size() <= shape.sequence) {
    return bad_input(name, std::to_string(out.value().size()) +
                               " tokens are no more than a sequence of " +
                               std::to_string(shape.sequence));
  }
  for (const std::uint16_t& token : out.value()) {
    if (token >= shape.vocab) {
      return bad_input(name, "token " + std::to_string(&token - out.value().data()) + " is " +
                                 std::to_string(token) + " where vocab is " +
                                 std::to_string(shape.vocab));
    }
  }
  return out;
}

}  // namespace assay::compute::train
