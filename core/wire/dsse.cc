#include "core/wire/dsse.h"

#include <optional>

#include "core/wire/json.h"

namespace assay::wire {

namespace {

constexpr std::size_t kPayloadBase64Max = (kPayloadBytesMax + 2) / 3 * 4;
// Room for the payload, all signatures and some members that we do not know.
constexpr JsonLimits kEnvelopeLimits{std::size_t{128} << 10, 16, 1024, false};

Result<Bytes> read_base64(Fields& in, std::string_view key, std::size_t text_max) {
  const std::string text = in.text(key, text_max);
  Result<Bytes> bytes = from_base64(text);
  if (!bytes.ok()) in.note(key, bytes.error().what);
  return bytes;
}

bool take(std::string_view& rest, std::string_view what) {
  if (!rest.starts_with(what)) return false;
  rest.remove_prefix(what.size());
  return true;
}

// What stands before the next quotation mark.
std::string_view take_text(std::string_view& rest) {
  const std::string_view text = rest.substr(0, rest.find('"'));
  rest.remove_prefix(text.size());
  return text;
}

// An envelope with one signature as envelope_text() spells it, read where it stands. Nothing when
// it is spelled in any other way: then JSON says what it is, or what is wrong with it.
std::optional<Envelope> plain_envelope(std::string_view text) {
  if (text.size() > kEnvelopeLimits.bytes_max) return std::nullopt;
  Envelope out;
  if (!take(text, R"({"payload":")")) return std::nullopt;
  Result<Bytes> payload = from_base64(take_text(text));
  if (!payload.ok() || payload.value().size() > kPayloadBytesMax) return std::nullopt;
  out.payload = std::move(payload).value();
  out.payload_type = kPayloadType;
  if (!take(text, R"(","payloadType":")") || !take(text, kPayloadType) ||
      !take(text, R"(","signatures":[{"keyid":")")) {
    return std::nullopt;
  }
  const std::string_view keyid = take_text(text);
  if (!Digest::parse_hex(keyid).ok() || !take(text, R"(","sig":")")) return std::nullopt;
  const Result<Bytes> sig = from_base64(take_text(text));
  if (!sig.ok() || text != R"("}]})") return std::nullopt;
  const Result<Signature> signature = Signature::from_view(sig.value());
  if (!signature.ok()) return std::nullopt;
  out.signatures.push_back({std::string(keyid), signature.value()});
  return out;
}

}  // namespace

Bytes pae(std::string_view type, ByteView payload) {
  std::string head = "DSSEv1 " + std::to_string(type.size()) + ' ';
  head += type;
  head += ' ' + std::to_string(payload.size()) + ' ';
  Bytes out;
  out.reserve(head.size() + payload.size());
  append(out, as_bytes(head));
  append(out, payload);
  return out;
}

Digest pae_digest(std::string_view type, ByteView payload) {
  return sha256(pae(type, payload));
}

Digest statement_digest(std::string_view payload) {
  return pae_digest(kPayloadType, as_bytes(payload));
}

std::string seal(const SigningKey& key, std::string_view payload) {
  ASSAY_CHECK(payload.size() <= kPayloadBytesMax, "a statement larger than a log leaf holds");
  return envelope_text(payload, key.public_key(), key.sign(pae(kPayloadType, as_bytes(payload))));
}

std::string envelope_text(std::string_view payload, const PublicKey& signer,
                          const Signature& signature) {
  const Json line =
      Json::object({{"keyid", Json(key_id(signer))}, {"sig", Json(to_base64(signature.view()))}});
  return Json::object({{"payload", Json(to_base64(as_bytes(payload)))},
                       {"payloadType", Json(kPayloadType)},
                       {"signatures", Json::array({line})}})
      .dump();
}

Result<Envelope> parse_envelope(std::string_view text) {
  if (std::optional<Envelope> plain = plain_envelope(text)) return std::move(*plain);
  const Result<Json> json = parse_json(text, kEnvelopeLimits);
  if (!json.ok()) return json.error().in("envelope");
  Fields in(json.value(), "envelope");
  Envelope out;
  out.payload_type = in.text("payloadType");
  Result<Bytes> payload = read_base64(in, "payload", kPayloadBase64Max);
  const Json::Array& signatures = in.array("signatures", kEnvelopeSignaturesMax);
  if (in.ok() && signatures.empty()) in.note("signatures", "there is none");
  for (const Json& item : signatures) {
    Fields one(item, "envelope: signatures");
    const std::string keyid = one.has("keyid") ? one.text("keyid") : "";
    const Result<Bytes> sig = read_base64(one, "sig", 8192);
    if (Status s = one.finish_open(); !s.ok()) return s.error();
    const Result<Signature> signature = Signature::from_view(sig.value());
    if (signature.ok()) out.signatures.push_back({keyid, signature.value()});
  }
  if (in.ok() && payload.value().size() > kPayloadBytesMax) {
    in.note("payload", "more than " + std::to_string(kPayloadBytesMax) + " bytes");
  }
  if (Status s = in.finish_open(); !s.ok()) return s.error();
  out.payload = std::move(payload).value();
  return out;
}

Result<OpenedEnvelope> open_envelope(const Envelope& envelope, const PublicKey& expected) {
  if (envelope.payload_type != kPayloadType) {
    return fail(Code::malformed,
                "envelope: payloadType: expected \"" + std::string(kPayloadType) + "\"");
  }
  const Bytes message = pae(kPayloadType, envelope.payload);
  for (const EnvelopeSignature& one : envelope.signatures) {
    if (verify(expected, message, one.signature)) {
      return OpenedEnvelope{std::string(as_text(envelope.payload)), sha256(message), expected,
                            one.signature};
    }
  }
  return fail(Code::signature,
              "envelope: no signature by key " + key_id(expected) + " over this payload");
}

}  // namespace assay::wire
