// HTTP message signatures against RFC 9421, Appendix B: its ed25519 vectors and the key of B.1.4,
// the bases of its other examples, the transformations of B.4; and what must not be read.
#include "api/signature/http_signature.h"

#include <functional>

#include "core/crypto/hmac.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using api::HttpMessage;
using api::SignatureInput;

// B.1.4, test-key-ed25519.
SigningKey rfc_key() {
  return SigningKey::from_seed(
             from_hex("9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5").value())
      .value();
}

constexpr const char* kDigest =
    "sha-512=:WZDPaVn/"
    "7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew"
    "==:";

// B.2, test-request.
HttpMessage rfc_request() {
  return {.method = "POST",
          .scheme = "https",
          .path = "/foo",
          .query = "param=Value&Pet=dog",
          .fields = {{"host", "example.com"},
                     {"date", "Tue, 20 Apr 2021 02:07:55 GMT"},
                     {"content-type", "application/json"},
                     {"content-digest", kDigest},
                     {"content-length", "18"}},
          .status = 0};
}

SignatureInput input_of(const std::string& text) {
  auto inputs = api::parse_signature_input("sig=" + text);
  INFO((inputs.ok() ? "" : inputs.error().what));
  REQUIRE(inputs.ok());
  REQUIRE(inputs.value().size() == 1);
  CHECK(api::input_text(inputs.value().at("sig")) == text);
  return inputs.value().at("sig");
}

TEST_CASE("the key of B.1.4 is the public key that the RFC gives") {
  CHECK(to_hex(rfc_key().public_key().view()) ==
        "26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb");
}

TEST_CASE("B.2.6: the base, the signature, and its check") {
  const SignatureInput input = input_of(
      "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")"
      ";created=1618884473;keyid=\"test-key-ed25519\"");
  CHECK(api::signature_base(rfc_request(), input).value() ==
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
        "\"@method\": POST\n"
        "\"@path\": /foo\n"
        "\"@authority\": example.com\n"
        "\"content-type\": application/json\n"
        "\"content-length\": 18\n"
        "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
        "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
  const auto fields = api::sign_message(rfc_request(), input, "sig-b26", rfc_key()).value();
  CHECK(
      fields.signature ==
      "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpB"
      "KRCw==:");
  const Bytes signature = api::parse_signatures(fields.signature).value().at("sig-b26");
  CHECK(check_signature(rfc_request(), input, signature, rfc_key().public_key()).ok());
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    Bytes bent = signature;
    bent[bit / 8] = static_cast<std::uint8_t>(bent[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(check_signature(rfc_request(), input, bent, rfc_key().public_key()).ok());
  }
  for (std::size_t i = 0; i < rfc_request().fields.size(); ++i) {
    HttpMessage bent = rfc_request();
    bent.fields[i].second += "x";
    const bool covered = bent.fields[i].first != "content-digest";
    INFO(bent.fields[i].first);
    CHECK(check_signature(bent, input, signature, rfc_key().public_key()).ok() == !covered);
  }
}

TEST_CASE("the bases of B.2.1 to B.2.5") {
  struct Case {
    const char* name;
    HttpMessage message;
    std::string covered;
    std::string input;
  };
  const HttpMessage response{.method = "",
                             .scheme = "",
                             .path = "",
                             .query = {},
                             .fields = {{"date", "Tue, 20 Apr 2021 02:07:56 GMT"},
                                        {"content-type", "application/json"},
                                        {"content-digest",
                                         "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxo"
                                         "YhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0r"
                                         "jJuahq4l5aGgfLQ==:"},
                                        {"content-length", "23"}},
                             .status = 200};
  const Case cases[] = {
      {"B.2.1", rfc_request(), "",
       "();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\""},
      {"B.2.2", rfc_request(),
       std::string("\"@authority\": example.com\n\"content-digest\": ") + kDigest +
           "\n\"@query-param\";name=\"Pet\": dog\n",
       "(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\");created=1618884473"
       ";keyid=\"test-key-rsa-pss\";tag=\"header-example\""},
      {"B.2.3", rfc_request(),
       std::string("\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n"
                   "\"@query\": ?param=Value&Pet=dog\n\"@authority\": example.com\n"
                   "\"content-type\": application/json\n\"content-digest\": ") +
           kDigest + "\n\"content-length\": 18\n",
       "(\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" \"content-type\" "
       "\"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-rsa-pss\""},
      {"B.2.4", response,
       "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": "
       "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aG"
       "gfLQ==:\n\"content-length\": 23\n",
       "(\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473"
       ";keyid=\"test-key-ecc-p256\""},
      {"B.2.5", rfc_request(),
       "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@authority\": example.com\n"
       "\"content-type\": application/json\n",
       "(\"date\" \"@authority\" "
       "\"content-type\");created=1618884473;keyid=\"test-shared-secret\""},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    const Result<std::string> base = api::signature_base(each.message, input_of(each.input));
    REQUIRE(base.ok());
    CHECK(base.value() == each.covered + "\"@signature-params\": " + each.input);
  }
  // B.2.5 is an HMAC of its base, by test-shared-secret: its bytes bind the base as the RFC has it.
  const Bytes secret = from_base64(
                           "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmH"
                           "hIDi6pcl8jsasjlTMtDQ==")
                           .value();
  const std::string base = api::signature_base(cases[4].message, input_of(cases[4].input)).value();
  CHECK(to_base64(hmac_sha256(secret, {as_bytes(base)}).view()) ==
        "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
}

TEST_CASE("B.4: what a proxy may do to a message that is signed, and what not") {
  const SignatureInput input = input_of(
      "(\"@method\" \"@path\" \"@authority\" \"accept\");created=1618884473"
      ";keyid=\"test-key-ed25519\"");
  const Bytes signature =
      api::parse_signatures(
          "transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LX"
          "lh5QMFFQ6cpLt2m0pmj3NDA==:")
          .value()
          .at("transform");
  const HttpMessage original{.method = "GET",
                             .scheme = "https",
                             .path = "/demo",
                             .query = "name1=Value1&Name2=value2",
                             .fields = {{"host", "example.org"},
                                        {"date", "Fri, 15 Jul 2022 14:24:55 GMT"},
                                        {"accept", "application/json"},
                                        {"accept", "*/*"}},
                             .status = 0};
  CHECK(to_base64(rfc_key().sign(as_bytes(api::signature_base(original, input).value())).bytes) ==
        to_base64(signature));
  struct Case {
    const char* what;
    std::function<void(HttpMessage&)> change;
    bool stands;
  };
  const Case cases[] = {
      {"nothing", [](HttpMessage&) {}, true},
      {"a field and a query parameter more",
       [](HttpMessage& m) {
         m.fields.insert(m.fields.begin(), {"accept-language", "en-US,en;q=0.5"});
         m.query = "name1=Value1&Name2=value2&param=added";
       },
       true},
      {"no date, a referer, and a field's lines as one",
       [](HttpMessage& m) {
         m.fields = {{"host", "example.org"},
                     {"referer", "https://developer.example.org/demo"},
                     {"accept", "application/json, */*"}};
       },
       true},
      {"other fields in another order",
       [](HttpMessage& m) {
         m.fields = {{"accept", "application/json"},
                     {"date", "Fri, 15 Jul 2022 14:24:55 GMT"},
                     {"accept", "*/*"},
                     {"host", "example.org"}};
       },
       true},
      {"another method and authority",
       [](HttpMessage& m) {
         m.method = "POST";
         m.fields[0].second = "example.com";
       },
       false},
      {"a field's lines in another order",
       [](HttpMessage& m) { std::swap(m.fields[2], m.fields[3]); }, false},
      {"another path", [](HttpMessage& m) { m.path = "/demo/"; }, false},
      {"a field's line less", [](HttpMessage& m) { m.fields.pop_back(); }, false},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    HttpMessage message = original;
    each.change(message);
    CHECK(check_signature(message, input, signature, rfc_key().public_key()).ok() == each.stands);
  }
}

TEST_CASE("components that follow from the request, as RFC 9421 section 2.2 has them") {
  HttpMessage message{
      .method = "POST",
      .scheme = "https",
      .path = "/path",
      .query =
          "var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus"
          "+whitespace&fa%C3%A7ade%22%3A%20=something&qux=&b=1&b=2",
      .fields = {{"host", "WWW.Example.com:443"}, {"x-empty", ""}, {"x-ows", "  a  "}},
      .status = 0};
  const std::pair<std::string, std::string> cases[] = {
      {"\"@authority\"", "www.example.com"},
      {"\"@scheme\"", "https"},
      {"\"@target-uri\"", "https://www.example.com/path?" + *message.query},
      {"\"@request-target\"", "/path?" + *message.query},
      {"\"@query-param\";name=\"var\"", "this%20is%20a%20big%0Amultiline%20value"},
      {"\"@query-param\";name=\"bar\"", "with%20plus%20whitespace"},
      {"\"@query-param\";name=\"fa%C3%A7ade%22%3A%20\"", "something"},
      {"\"@query-param\";name=\"qux\"", ""},
      {"\"x-empty\"", ""},
      {"\"x-ows\"", "a"},
  };
  for (const auto& [component, value] : cases) {
    INFO(component);
    const Result<std::string> base = api::signature_base(message, input_of("(" + component + ")"));
    REQUIRE(base.ok());
    CHECK(base.value() ==
          component + ": " + value + "\n\"@signature-params\": (" + component + ")");
  }
  for (const char* missing : {"(\"@status\")", "(\"x-other\")", "(\"@query-param\";name=\"b\")",
                              "(\"@unknown\")", "(\"@query-param\";name=\"none\")"}) {
    INFO(missing);
    CHECK_FALSE(api::signature_base(message, input_of(missing)).ok());
  }
  message.query.reset();
  CHECK(api::signature_base(message, input_of("(\"@query\")"))
            .value()
            .starts_with("\"@query\": ?\n"));
}

TEST_CASE("headers that are none are refused, with where") {
  for (const char* bad : {"",
                          "a",
                          "a=",
                          "a=()x",
                          "a=(),",
                          "a=(), a=()",
                          "A=()",
                          "a=(\"x\"",
                          "a=(\"X\")",
                          "a=(\"x\" \"x\")",
                          "a=(\"x\";sf)",
                          "a=(\"x\";name=\"y\")",
                          "a=(\"@query-param\")",
                          "a=();created=-1",
                          "a=();created=01",
                          "a=();created=\"1\"",
                          "a=();created=1;created=1",
                          "a=();keyid=x",
                          "a=();other=1",
                          "a=(\"\")",
                          "a=();keyid=\"\x7f\"",
                          "a=();keyid=\"\\x\"",
                          "a=();created=1234567890123456",
                          "a=x"}) {
    INFO(bad);
    const auto read = api::parse_signature_input(bad);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Code::malformed);
  }
  for (const char* bad :
       {"", "a=::x", "a=:AA=:", "a=:A:", "a=AA==", "a=:AA==:, a=:AA==:", "a=:AB==:"}) {
    INFO(bad);
    CHECK_FALSE(api::parse_signatures(bad).ok());
  }
  CHECK(api::parse_signature_input("a=( \"x\"  \"y\" );created=1 ,  b=()").value().size() == 2);
  CHECK_FALSE(api::parse_signature_input("a=(\"" + std::string(9000, 'x') + "\")").ok());
}

}  // namespace
}  // namespace assay::test
