#include "core/wire/receipt.h"

#include <array>
#include <optional>
#include <set>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::string_view kReceipt = "receipt/v1";
constexpr std::string_view kEvidence = "evidence/v1";
constexpr std::string_view kDigestLine = "sha256 ";
constexpr std::size_t kProofBytesMax = std::size_t{1} << 20;
constexpr std::size_t kJsonLineBytesMax = std::size_t{8} << 20;  // a proof, or the policy, escaped
constexpr std::size_t kEntriesMax = 4096;

constexpr std::array<Kind, 23> kLoggedKinds{
    Kind::registration, Kind::order,        Kind::cancel,        Kind::reveal,   Kind::acceptance,
    Kind::attestation,  Kind::spotcheck,    Kind::draw,          Kind::verdict,  Kind::summary,
    Kind::timeout,      Kind::uptime,       Kind::slash,         Kind::reversal, Kind::policy,
    Kind::dispute,      Kind::dispute_move, Kind::dispute_end,   Kind::stake,    Kind::appeal,
    Kind::ruling,       Kind::worker,       Kind::paid_challenge};

// Sections in the order they stand in the file.
enum class Section { log, policy, trace, openings, inputs };

std::string line_of(const Json& json) {
  return json.dump() + "\n";
}

Json entry(std::string_view name) {
  Json json;
  json.set("entry", name);
  return json;
}

Json head_json(CaseFileKind kind) {
  Json json;
  json.set("assay", kind == CaseFileKind::receipt ? kReceipt : kEvidence);
  return json;
}
Json logged_json(const LoggedEntry& logged) {
  return entry(logged.name).set("proof", logged.proof);
}
Json policy_json(const std::string& text) {
  return entry("policy").set("text", text);
}

std::string named_lines(std::string_view kind, const std::vector<NamedBytes>& blobs) {
  std::string text;
  for (const NamedBytes& blob : blobs) {
    text += line_of(entry(kind).set("name", blob.name).set("data", to_base64(blob.data)));
  }
  return text;
}

std::string body_text(const CaseFile& file) {
  std::string text = line_of(head_json(file.kind));
  for (const LoggedEntry& logged : file.entries) text += line_of(logged_json(logged));
  text += line_of(policy_json(file.policy));
  if (!file.trace.empty()) text += line_of(entry("trace").set("data", to_base64(file.trace)));
  text += named_lines("opening", file.openings);
  text += named_lines("input", file.inputs);
  return text;
}

std::string digest_line(std::string_view body) {
  return std::string(kDigestLine) + sha256(as_bytes(body)).hex() + "\n";
}

struct Split {
  std::string_view body;  // every line but the last
  std::string_view last;  // the last line with its newline
};

Result<Split> split(std::string_view text) {
  if (text.size() > kCaseFileBytesMax) {
    return fail(Code::malformed,
                "case file: larger than " + std::to_string(kCaseFileBytesMax) + " bytes");
  }
  const std::size_t last = digest_line("").size();
  if (text.size() <= last || text[text.size() - last - 1] != '\n' ||
      !text.substr(text.size() - last).starts_with(kDigestLine) || text.back() != '\n') {
    return fail(Code::malformed, "case file: does not end with a sha256 line");
  }
  return Split{text.substr(0, text.size() - last), text.substr(text.size() - last)};
}

// A line of bytes in its one spelling, {"entry":"opening","name":"…","data":"…"}. It may be most of
// the file, so it is read where it stands, without a copy of its text.
struct DataLine {
  std::string_view entry;
  std::string_view name;  // empty: of the trace, which has none
  std::string_view data;
};

bool take(std::string_view& rest, std::string_view what) {
  if (!rest.starts_with(what)) return false;
  rest.remove_prefix(what.size());
  return true;
}

std::optional<DataLine> data_line(std::string_view line) {
  DataLine out;
  if (!line.ends_with("\"}") || !take(line, "{\"entry\":\"")) return std::nullopt;
  for (const std::string_view entry : {"trace", "opening", "input"}) {
    if (line.starts_with(entry)) out.entry = entry;
  }
  line.remove_prefix(out.entry.size());
  if (out.entry.empty() || !take(line, "\",\"")) return std::nullopt;
  if (out.entry != "trace") {
    if (!take(line, "name\":\"")) return std::nullopt;
    out.name = line.substr(0, line.find('"'));
    if (!is_file_word(out.name)) return std::nullopt;
    line.remove_prefix(out.name.size());
    if (!take(line, "\",\"")) return std::nullopt;
  }
  if (!take(line, "data\":\"") || line.size() < 2) return std::nullopt;
  out.data = line.substr(0, line.size() - 2);
  return out;
}

bool is_logged_name(std::string_view name) {
  for (const Kind kind : kLoggedKinds) {
    if (entry_name(kind) == name) return true;
  }
  return false;
}

// Reads line after line into a CaseFile and keeps the sections in order.
class LineReader {
 public:
  explicit LineReader(CaseFile& file) : file_(file) {}

  Status head(const Json& json) {
    Fields in(json, "case file: line 1");
    const std::string kind = in.text("assay", 32);
    if (kind != kReceipt && kind != kEvidence) {
      in.note("assay", "is neither receipt/v1 nor evidence/v1");
    }
    file_.kind = kind == kEvidence ? CaseFileKind::evidence : CaseFileKind::receipt;
    spelled_ = head_json(file_.kind).dump();
    return in.close();
  }

  Status line(const Json& json, std::size_t number) {
    Fields in(json, "case file: line " + std::to_string(number));
    const std::string name = in.text("entry", 32);
    if (in.has("proof")) {
      enter(in, Section::log, true);
      if (!is_logged_name(name)) in.note("entry", "is no kind of statement that is logged");
      file_.entries.push_back({name, opaque_text(in, "proof", kProofBytesMax)});
      if (file_.entries.size() > kEntriesMax) in.note("entry", "is one too many");
      spelled_ = logged_json(file_.entries.back()).dump();
    } else if (name == "policy") {
      enter(in, Section::policy, false);
      file_.policy = opaque_text(in, "text", kJsonLineBytesMax);
      has_policy_ = true;
      spelled_ = policy_json(file_.policy).dump();
    } else {
      in.note("entry", "is none that this version knows, or not in its one spelling");
    }
    return in.close();
  }

  Status line(const DataLine& line, std::size_t number) {
    const Json none = Json::object();
    Fields in(none, "case file: line " + std::to_string(number));
    Result<Bytes> data = from_base64_canonical(line.data);
    if (!data.ok()) {
      in.note("data", data.error().what);
      return in.close();
    }
    if (line.entry == "trace") {
      enter(in, Section::trace, false);
      file_.trace = std::move(data).value();
      if (file_.trace.empty()) in.note("data", "is empty");
      return in.close();
    }
    const bool opening = line.entry == "opening";
    enter(in, opening ? Section::openings : Section::inputs, true);
    const std::string name(line.name);
    if (opening && !Digest::parse_hex(name).ok()) in.note("name", "is not a digest");
    if (!names_.insert(name).second) in.note("name", "is used twice");
    (opening ? file_.openings : file_.inputs).push_back({name, std::move(data).value()});
    return in.close();
  }

  bool has_policy() const { return has_policy_; }
  // The one spelling of what head() or line() of JSON read last.
  const std::string& spelled() const { return spelled_; }

 private:
  void enter(Fields& in, Section section, bool many) {
    if (section < section_ || (section == section_ && !many)) {
      in.note("entry", "is out of order or there twice");
    }
    if (section != section_) names_.clear();
    section_ = section;
  }

  CaseFile& file_;
  Section section_ = Section::log;
  bool has_policy_ = false;
  std::string spelled_;
  std::set<std::string> names_;
};

}  // namespace

std::string_view entry_name(Kind kind) {
  if (kind == Kind::order) return "order";
  for (const Kind logged : kLoggedKinds) {
    if (kind == logged) return kind_name(kind);
  }
  return {};
}

std::string case_file_text(const CaseFile& file) {
  std::string text = body_text(file);
  text += digest_line(text);
  return text;
}

Result<CaseFile> parse_case_file(std::string_view text) {
  const Result<Split> parts = split(text);
  if (!parts.ok()) return parts.error();
  CaseFile file;
  LineReader reader(file);
  std::string_view rest = parts.value().body;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view text_line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(text_line.size() + 1);
    if (const std::optional<DataLine> data = data_line(text_line); data && number > 1) {
      if (Status status = reader.line(*data, number); !status.ok()) return status.error();
      continue;
    }
    const std::string where = "case file: line " + std::to_string(number);
    JsonLimits limits;
    limits.bytes_max = kJsonLineBytesMax;
    limits.depth_max = 2;
    limits.values_max = 8;
    const Result<Json> json = parse_json(text_line, limits);
    if (!json.ok()) return json.error().in(where);
    Status status = number == 1 ? reader.head(json.value()) : reader.line(json.value(), number);
    if (!status.ok()) return status.error();
    if (reader.spelled() != text_line) {
      return fail(Code::malformed, where + ": not in its one spelling (member order, no spaces)");
    }
  }
  if (!reader.has_policy()) return fail(Code::malformed, "case file: has no policy entry");
  return file;
}

Status check_case_file_digest(std::string_view text) {
  const Result<Split> parts = split(text);
  if (!parts.ok()) return parts.error();
  if (digest_line(parts.value().body) == parts.value().last) return {};
  return fail(Code::malformed, "case file: its bytes do not hash to what its last line says");
}

}  // namespace assay::wire
