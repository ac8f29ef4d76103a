// HTTP message signatures (RFC 9421), ed25519, of requests and of the answers in its examples: what
// is covered, the signature base, the two headers. Values and pure functions; any thread.
// Vectors: Appendix B, in tests/api/http_signature_test.cc.
//
// Taken of the RFC: @method, @authority, @scheme, @target-uri, @request-target, @path, @query,
// @query-param, @status, and fields without parameters. Component parameters other than `name` are
// an error, never ignored. The parameters created, expires, nonce, alg, keyid and tag.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/crypto/ed25519.h"

namespace assay::api {

struct HttpMessage {
  std::string method;
  std::string scheme;                                       // "https"
  std::string path;                                         // as sent
  std::optional<std::string> query;                         // as sent, after the '?'
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case, in their order
  int status = 0;                                           // of an answer
};

struct Component {
  std::string name;                       // lower case: "@method", "content-digest"
  std::optional<std::string> query_name;  // of "@query-param"
  bool operator==(const Component&) const = default;
};

struct SignatureInput {
  std::vector<Component> components;
  // In the order in which they stand: integers as their digits, strings as they are.
  std::vector<std::pair<std::string, std::string>> parameters;

  const std::string* find(std::string_view name) const;
  bool covers(std::string_view component) const;
};

// The value of @signature-params, and of a member of Signature-Input.
std::string input_text(const SignatureInput& input);

// The value of Signature-Input: inputs by label.
//   malformed    not a dictionary of inner lists, a parameter or component that is not taken, a
//                component twice
Result<std::map<std::string, SignatureInput>> parse_signature_input(std::string_view text);
// The value of Signature: bytes by label.
Result<std::map<std::string, Bytes>> parse_signatures(std::string_view text);

// The bytes that are signed.
//   malformed    the message lacks what is covered
Result<std::string> signature_base(const HttpMessage& message, const SignatureInput& input);

//   malformed    as signature_base()
//   signature    it is not this key's over this message
Status check_signature(const HttpMessage& message, const SignatureInput& input, ByteView signature,
                       const PublicKey& key);

// The values of Signature-Input and Signature under this label.
struct SignatureFields {
  std::string input;
  std::string signature;
};
Result<SignatureFields> sign_message(const HttpMessage& message, const SignatureInput& input,
                                     const std::string& label, const SigningKey& key);

// "sha-256=:…:" (RFC 9530), the value of Content-Digest.
std::string content_digest(ByteView body);

}  // namespace assay::api
