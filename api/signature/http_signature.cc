#include "api/signature/http_signature.h"

#include <algorithm>

#include "core/crypto/sha256.h"
#include "core/wire/json.h"

namespace assay::api {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string component_text(const Component& component) {
  return quoted(component.name) +
         (component.query_name ? ";name=" + quoted(*component.query_name) : "");
}

bool is_number(std::string_view parameter) {
  return parameter == "created" || parameter == "expires";
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

// All lines of a field, as one.
std::optional<std::string> field(const HttpMessage& message, std::string_view name) {
  std::optional<std::string> value;
  for (const auto& [each, line] : message.fields) {
    if (each != name) continue;
    value = (value ? *value + ", " : "") + trimmed(line);
  }
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '*' || c == '-' || c == '.' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    out += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

// RFC 9421, 2.2.8: one that comes twice can stand for either, and so for none.
std::optional<std::string> query_parameter(const HttpMessage& message, const std::string& name) {
  std::optional<std::string> value;
  std::string_view rest = message.query ? std::string_view(*message.query) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (percent_encoded(form_decoded(pair.substr(0, equals))) != name) continue;
    if (value) return std::nullopt;
    value = percent_encoded(form_decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return value;
}

std::optional<std::string> authority(const HttpMessage& message) {
  std::optional<std::string> host = field(message, "host");
  if (!host) return host;
  std::string text = lower_case(*host);
  for (const auto& [scheme, port] : {std::pair{"http", ":80"}, std::pair{"https", ":443"}}) {
    if (message.scheme == scheme && text.ends_with(port)) text.erase(text.rfind(':'));
  }
  return text;
}

std::optional<std::string> value_of(const HttpMessage& message, const Component& component) {
  const std::string& name = component.name;
  const std::string path = message.path.empty() ? "/" : message.path;
  const std::string query = message.query ? "?" + *message.query : "";
  if (name == "@status") {
    return message.status == 0 ? std::nullopt : std::optional(std::to_string(message.status));
  }
  if (name.starts_with("@") && message.method.empty()) return std::nullopt;
  if (name == "@method") return message.method;
  if (name == "@authority") return authority(message);
  if (name == "@scheme") return message.scheme;
  if (name == "@path") return path;
  if (name == "@query") return query.empty() ? "?" : query;
  if (name == "@request-target") return path + query;
  if (name == "@query-param") return query_parameter(message, component.query_name.value_or(""));
  if (name == "@target-uri") {
    const std::optional<std::string> host = authority(message);
    return host ? std::optional(message.scheme + "://" + *host + path + query) : std::nullopt;
  }
  return field(message, name);
}

}  // namespace

const std::string* SignatureInput::find(std::string_view name) const {
  const auto at = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  return at == parameters.end() ? nullptr : &at->second;
}

bool SignatureInput::covers(std::string_view component) const {
  return std::ranges::find(components, component, &Component::name) != components.end();
}

std::string input_text(const SignatureInput& input) {
  std::string text = "(";
  for (const Component& component : input.components) {
    text += (text.size() == 1 ? "" : " ") + component_text(component);
  }
  text += ")";
  for (const auto& [name, value] : input.parameters) {
    text += ";" + name + "=" + (is_number(name) ? value : quoted(value));
  }
  return text;
}

Result<std::string> signature_base(const HttpMessage& message, const SignatureInput& input) {
  std::string base;
  for (const Component& component : input.components) {
    const std::optional<std::string> value = value_of(message, component);
    if (!value) {
      return fail(Code::malformed, "the signature covers " + component_text(component) +
                                       ", which this message does not have");
    }
    if (value->find_first_of("\r\n") != std::string::npos) {
      return fail(Code::malformed, component_text(component) + " has more than one line");
    }
    base += component_text(component) + ": " + *value + "\n";
  }
  return base + "\"@signature-params\": " + input_text(input);
}

Status check_signature(const HttpMessage& message, const SignatureInput& input, ByteView signature,
                       const PublicKey& key) {
  const Result<std::string> base = signature_base(message, input);
  if (!base.ok()) return base.error();
  Signature fixed;
  if (signature.size() != fixed.bytes.size()) {
    return fail(Code::signature, "an ed25519 signature has 64 bytes");
  }
  std::ranges::copy(signature, fixed.bytes.begin());
  if (verify(key, as_bytes(base.value()), fixed)) return {};
  return fail(Code::signature, "the signature is not this key's over this request");
}

Result<SignatureFields> sign_message(const HttpMessage& message, const SignatureInput& input,
                                     const std::string& label, const SigningKey& key) {
  const Result<std::string> base = signature_base(message, input);
  if (!base.ok()) return base.error();
  return SignatureFields{label + "=" + input_text(input),
                         label + "=:" + to_base64(key.sign(as_bytes(base.value())).bytes) + ":"};
}

std::string content_digest(ByteView body) {
  return "sha-256=:" + to_base64(sha256(body).view()) + ":";
}

}  // namespace assay::api
