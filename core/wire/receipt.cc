#include "core/wire/receipt.h"

#include <array>
#include <set>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::string_view kReceipt = "receipt/v1";
constexpr std::string_view kEvidence = "evidence/v1";
constexpr std::string_view kDigestLine = "sha256 ";
constexpr std::size_t kProofBytesMax = std::size_t{1} << 20;
constexpr std::size_t kEntriesMax = 4096;

constexpr std::array<Kind, 18> kLoggedKinds{
    Kind::registration, Kind::order,        Kind::cancel,     Kind::reveal,   Kind::acceptance,
    Kind::attestation,  Kind::spotcheck,    Kind::draw,       Kind::verdict,  Kind::summary,
    Kind::timeout,      Kind::uptime,       Kind::slash,      Kind::reversal, Kind::policy,
    Kind::dispute,      Kind::dispute_move, Kind::dispute_end};

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

std::string named_lines(std::string_view kind, const std::vector<NamedBytes>& blobs) {
  std::string text;
  for (const NamedBytes& blob : blobs) {
    text += line_of(entry(kind).set("name", blob.name).set("data", to_base64(blob.data)));
  }
  return text;
}

std::string body_text(const CaseFile& file) {
  Json head;
  head.set("assay", file.kind == CaseFileKind::receipt ? kReceipt : kEvidence);
  std::string text = line_of(head);
  for (const LoggedEntry& logged : file.entries) {
    text += line_of(entry(logged.name).set("proof", logged.proof));
  }
  text += line_of(entry("policy").set("text", file.policy));
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
    return in.close();
  }

  Status line(const Json& json, std::size_t number) {
    Fields in(json, "case file: line " + std::to_string(number));
    const std::string name = in.text("entry", 32);
    if (in.has("proof")) {
      read_logged(in, name);
    } else if (name == "policy") {
      enter(in, Section::policy, false);
      file_.policy = opaque_text(in, "text", kCaseFileBytesMax);
    } else if (name == "trace") {
      enter(in, Section::trace, false);
      file_.trace = in.base64("data", kCaseFileBytesMax);
      if (file_.trace.empty()) in.note("data", "is empty");
    } else if (name == "opening") {
      enter(in, Section::openings, true);
      file_.openings.push_back(read_blob(in));
      if (!Digest::parse_hex(file_.openings.back().name).ok()) in.note("name", "is not a digest");
    } else if (name == "input") {
      enter(in, Section::inputs, true);
      file_.inputs.push_back(read_blob(in));
      if (!is_file_word(file_.inputs.back().name)) in.note("name", "is not a name of an input");
    } else {
      in.note("entry", "is none that this version knows");
    }
    return in.close();
  }

  bool has_policy() const { return section_ >= Section::policy; }

 private:
  void enter(Fields& in, Section section, bool many) {
    if (section < section_ || (section == section_ && !many)) {
      in.note("entry", "is out of order or there twice");
    }
    if (section != section_) names_.clear();
    section_ = section;
  }

  void read_logged(Fields& in, const std::string& name) {
    enter(in, Section::log, true);
    if (!is_logged_name(name)) in.note("entry", "is no kind of statement that is logged");
    file_.entries.push_back({name, opaque_text(in, "proof", kProofBytesMax)});
    if (file_.entries.size() > kEntriesMax) in.note("entry", "is one too many");
  }

  NamedBytes read_blob(Fields& in) {
    NamedBytes blob{in.text("name", 64), in.base64("data", kCaseFileBytesMax)};
    if (!names_.insert(blob.name).second) in.note("name", "is used twice");
    return blob;
  }

  CaseFile& file_;
  Section section_ = Section::log;
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
    const std::size_t end = rest.find('\n');
    JsonLimits limits;
    limits.bytes_max = kCaseFileBytesMax;
    limits.depth_max = 2;
    limits.values_max = 8;
    const Result<Json> json = parse_json(rest.substr(0, end), limits);
    if (!json.ok()) return json.error().in("case file: line " + std::to_string(number));
    Status status = number == 1 ? reader.head(json.value()) : reader.line(json.value(), number);
    if (!status.ok()) return status.error();
    rest.remove_prefix(end + 1);
  }
  if (!reader.has_policy()) return fail(Code::malformed, "case file: has no policy entry");
  if (body_text(file) != parts.value().body) {
    return fail(Code::malformed, "case file: not in its one spelling (member order, no spaces)");
  }
  return file;
}

Status check_case_file_digest(std::string_view text) {
  const Result<Split> parts = split(text);
  if (!parts.ok()) return parts.error();
  if (digest_line(parts.value().body) == parts.value().last) return {};
  return fail(Code::malformed, "case file: its bytes do not hash to what its last line says");
}

}  // namespace assay::wire
