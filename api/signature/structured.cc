// The two headers, read as structured fields (RFC 8941), as far as signatures use them.
#include <algorithm>

#include "api/signature/http_signature.h"

namespace assay::api {
namespace {

constexpr std::size_t kTextBytesMax = 8192;
constexpr std::size_t kComponentsMax = 64;

// Reads from the front of a text. What does not stand there is an error that says where.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (take(' ') || take('\t')) {
    }
  }
  Error wrong(const char* wanted) const {
    return fail(Code::malformed, std::string("signature headers: ") + wanted +
                                     " is wanted at byte " + std::to_string(at_));
  }

  // A key: of a dictionary, or of a parameter.
  Result<std::string> key() {
    const std::size_t begin = at_;
    const auto is_key = [&](char c) {
      const bool first = (c >= 'a' && c <= 'z') || c == '*';
      return first || (at_ > begin && ((c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'));
    };
    while (!at_end() && is_key(text_[at_])) ++at_;
    if (at_ == begin) return wrong("a key");
    return std::string(text_.substr(begin, at_ - begin));
  }
  Result<std::string> string() {
    if (!take('"')) return wrong("a string");
    std::string out;
    while (!take('"')) {
      if (at_end()) return wrong("the end of a string");
      if (take('\\')) {
        if (at_end() || (text_[at_] != '"' && text_[at_] != '\\')) return wrong("\\\" or \\\\");
      } else if (text_[at_] < ' ' || text_[at_] > '~') {
        return wrong("printable ASCII");
      }
      out += text_[at_++];
    }
    return out;
  }
  // As its digits; no sign and no leading zero, so that it has one spelling.
  Result<std::string> number() {
    const std::size_t begin = at_;
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    const std::string digits(text_.substr(begin, at_ - begin));
    if (digits.empty() || digits.size() > 15 || (digits.size() > 1 && digits[0] == '0')) {
      return wrong("a number");
    }
    return digits;
  }
  Result<Bytes> bytes() {
    if (!take(':')) return wrong("a byte sequence");
    const std::size_t end = text_.find(':', at_);
    if (end == std::string_view::npos) return wrong("the end of a byte sequence");
    Result<Bytes> bytes = from_base64_canonical(text_.substr(at_, end - at_));
    if (!bytes.ok()) return wrong("base64");
    at_ = end + 1;
    return bytes;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Component> read_component(Cursor& in) {
  Result<std::string> name = in.string();
  if (!name.ok()) return name.error();
  Component component{std::move(name).value(), {}};
  const bool lower =
      std::ranges::none_of(component.name, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (component.name.empty() || !lower) return in.wrong("a component's name in lower case");
  while (in.take(';')) {
    const Result<std::string> key = in.key();
    if (!key.ok()) return key.error();
    if (key.value() != "name" || component.name != "@query-param" || component.query_name ||
        !in.take('=')) {
      return fail(Code::malformed, "signature headers: the component parameter " + key.value() +
                                       " is not taken here");
    }
    Result<std::string> value = in.string();
    if (!value.ok()) return value.error();
    component.query_name = std::move(value).value();
  }
  if (component.name == "@query-param" && !component.query_name) return in.wrong(";name=");
  return component;
}

Result<SignatureInput> read_input(Cursor& in) {
  SignatureInput input;
  if (!in.take('(')) return in.wrong("an inner list");
  in.skip_spaces();
  while (!in.take(')')) {
    Result<Component> component = read_component(in);
    if (!component.ok()) return component.error();
    if (std::ranges::find(input.components, component.value()) != input.components.end() ||
        input.components.size() == kComponentsMax) {
      return in.wrong("each component once, and not too many,");
    }
    input.components.push_back(std::move(component).value());
    in.skip_spaces();
  }
  constexpr std::string_view kTexts[] = {"nonce", "alg", "keyid", "tag"};
  while (in.take(';')) {
    in.skip_spaces();
    const Result<std::string> key = in.key();
    if (!key.ok()) return key.error();
    const bool is_number = key.value() == "created" || key.value() == "expires";
    const bool is_text = std::ranges::find(kTexts, key.value()) != std::end(kTexts);
    if (!(is_number || is_text) || input.find(key.value()) != nullptr || !in.take('=')) {
      return fail(Code::malformed,
                  "signature headers: the parameter " + key.value() + " is not taken here");
    }
    Result<std::string> value = is_number ? in.number() : in.string();
    if (!value.ok()) return value.error();
    input.parameters.emplace_back(key.value(), std::move(value).value());
  }
  return input;
}

template <class Value, class Read>
Result<std::map<std::string, Value>> read_dictionary(std::string_view text, Read read) {
  if (text.size() > kTextBytesMax) return fail(Code::malformed, "signature headers: too long");
  Cursor in(text);
  std::map<std::string, Value> out;
  in.skip_spaces();
  while (true) {
    const Result<std::string> label = in.key();
    if (!label.ok()) return label.error();
    if (!in.take('=')) return in.wrong("'='");
    auto value = read(in);
    if (!value.ok()) return value.error();
    if (!out.emplace(label.value(), std::move(value).value()).second) {
      return in.wrong("each label once");
    }
    in.skip_spaces();
    if (in.at_end()) return out;
    if (!in.take(',')) return in.wrong("',' or the end");
    in.skip_spaces();
  }
}

}  // namespace

Result<std::map<std::string, SignatureInput>> parse_signature_input(std::string_view text) {
  return read_dictionary<SignatureInput>(text, read_input);
}

Result<std::map<std::string, Bytes>> parse_signatures(std::string_view text) {
  return read_dictionary<Bytes>(text, [](Cursor& in) { return in.bytes(); });
}

}  // namespace assay::api
