#include <algorithm>
#include <set>

#include "core/wire/json.h"
#include "core/wire/text.h"
#include "core/wire/trust.h"

namespace assay::wire {

namespace {

using Words = std::vector<std::string_view>;

Words split_words(std::string_view line) {
  Words words;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    words.push_back(word);
    line.remove_prefix(word.size());
  }
}

bool is_allowed(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || c == '\n' || (byte >= 0x20 && byte != 0x7F);
}

class Parser {
 public:
  Status line(std::string_view text) {
    const Words words = split_words(text);
    if (words.empty()) return {};
    if (words[0].starts_with("#assay-")) return own(words);
    if (words[0].starts_with('#')) return {};
    if (words[0] == "log") return log(words);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return bad("not log, witness, group, quorum or a comment");
  }

  Result<Trust> finish() && {
    if (!has_quorum_) return bad("no quorum line; write \"quorum none\" to require no witness");
    return std::move(trust_);
  }

 private:
  static Error bad(std::string what) { return fail(Code::malformed, std::move(what)); }

  // A vkey of this type whose public key was not given before in the same role.
  Result<NoteKey> vkey(std::string_view text, NoteKeyType type, std::set<PublicKey>& seen) {
    Result<NoteKey> key = parse_vkey(text);
    if (!key.ok()) return key;
    if (key.value().type != type) return bad("a vkey of the other type (log 1, witness 4)");
    if (!seen.insert(key.value().key).second) return bad("the same public key a second time");
    return key;
  }

  Status define(std::string_view name) {
    if (name == "none" || name == "any" || name == "all") return bad("a reserved word as a name");
    if (!defined_.insert(std::string(name)).second) return bad("a name that is defined already");
    return {};
  }

  Status log(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return bad("not: log <vkey> [<url>]");
    Result<NoteKey> key = vkey(words[1], NoteKeyType::ed25519, log_keys_);
    if (!key.ok()) return key.error();
    trust_.logs.push_back({key.value(), std::string(words.size() == 3 ? words[2] : "")});
    return {};
  }

  Status witness(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return bad("not: witness <name> <vkey> [<url>]");
    if (Status s = define(words[1]); !s.ok()) return s;
    Result<NoteKey> key = vkey(words[2], NoteKeyType::cosignature, witness_keys_);
    if (!key.ok()) return key.error();
    trust_.witnesses.push_back(
        {std::string(words[1]), key.value(), std::string(words.size() == 4 ? words[3] : "")});
    return {};
  }

  Status group(const Words& words) {
    if (words.size() < 4) return bad("not: group <name> all|any|<k> <name>…");
    WitnessGroup out;
    out.name = std::string(words[1]);
    for (std::size_t i = 3; i < words.size(); ++i) {
      const std::string member(words[i]);
      if (!defined_.contains(member)) return bad("a member that is not defined above");
      if (!grouped_.insert(member).second) return bad("a member that is in a group already");
      out.members.push_back(member);
    }
    if (Status s = define(words[1]); !s.ok()) return s;
    const std::size_t count = out.members.size();
    const Result<std::uint64_t> k = parse_u64(words[2]);
    if (words[2] == "all") {
      out.threshold = static_cast<std::uint32_t>(count);
    } else if (words[2] == "any") {
      out.threshold = 1;
    } else if (k.ok() && k.value() >= 1 && k.value() <= count) {
      out.threshold = static_cast<std::uint32_t>(k.value());
    } else {
      return bad("a threshold that is not all, any or 1.." + std::to_string(count));
    }
    trust_.groups.push_back(std::move(out));
    return {};
  }

  Status quorum(const Words& words) {
    if (words.size() != 2) return bad("not: quorum <name>");
    if (has_quorum_) return bad("a second quorum line");
    if (words[1] != "none" && !defined_.contains(std::string(words[1]))) {
      return bad("a quorum that is not defined above");
    }
    has_quorum_ = true;
    trust_.quorum = std::string(words[1]);
    return {};
  }

  template <class T>
  Status set_once(std::optional<T>& field, std::string_view hex) {
    if (field) return bad("a second line of this kind");
    const Result<T> value = T::parse_hex(hex);
    if (!value.ok()) return value.error();
    field = value.value();
    return {};
  }

  Status own_policy(std::string_view hex) {
    const Result<Digest> digest = Digest::parse_hex(hex);
    if (!digest.ok()) return digest.error();
    if (trust_.trusts_policy(digest.value())) return bad("a policy named before");
    trust_.policies.push_back(digest.value());
    return {};
  }

  Status own(const Words& words) {
    if (words.size() != 2) return bad("not: #assay-… <hex>");
    if (words[0] == "#assay-policy") return own_policy(words[1]);
    const bool verifier = words[0] == "#assay-verifier";
    if (!verifier && words[0] != "#assay-vrf") return bad("an unknown #assay- line");
    std::optional<PublicKey>& field = verifier ? trust_.verifier : trust_.vrf;
    if (Status s = set_once(field, words[1]); !s.ok()) return s;
    return check_public_key(*field);
  }

  Trust trust_;
  bool has_quorum_ = false;
  std::set<PublicKey> log_keys_;
  std::set<PublicKey> witness_keys_;
  std::set<std::string> defined_;
  std::set<std::string> grouped_;
};

}  // namespace

Result<Trust> parse_trust(std::string_view text) {
  if (text.size() > kTrustBytesMax) return fail(Code::malformed, "policy file: over 64 KiB");
  if (!std::all_of(text.begin(), text.end(), is_allowed)) {
    return fail(Code::malformed, "policy file: a control character other than tab and newline");
  }
  Parser parser;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string where = "policy file: line " + std::to_string(number);
    const std::optional<std::string_view> line = take_line(text);
    if (!line) return fail(Code::malformed, where + ": has no newline at its end");
    if (Status s = parser.line(*line); !s.ok()) return s.error().in(where);
  }
  Result<Trust> out = std::move(parser).finish();
  if (!out.ok()) return out.error().in("policy file");
  return out;
}

}  // namespace assay::wire
