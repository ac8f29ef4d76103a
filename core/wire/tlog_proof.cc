#include "core/wire/tlog_proof.h"

#include "core/wire/json.h"
#include "core/wire/note.h"
#include "core/wire/text.h"

namespace assay::wire {

namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Result<Bytes> parse_extra(std::string_view text) {
  if (text.size() > (kProofExtraMax + 2) / 3 * 4) {
    return fail(Code::malformed, "proof: extra: larger than a log leaf");
  }
  Result<Bytes> extra = from_base64_canonical(text);
  if (!extra.ok()) return extra.error().in("proof: extra");
  if (extra.value().empty() || extra.value().size() > kProofExtraMax) {
    return fail(Code::malformed, "proof: extra: empty, or larger than a log leaf");
  }
  return extra;
}

Result<Digest> parse_hash(std::string_view line) {
  const Result<Bytes> raw = from_base64_canonical(line);
  if (!raw.ok()) return raw.error().in("proof: path");
  const Result<Digest> hash = Digest::from_view(raw.value());
  if (!hash.ok()) return hash.error().in("proof: path");
  return hash;
}

}  // namespace

std::string tlog_proof_text(const TlogProof& proof) {
  std::string out = std::string(kFirstLine) + "\n";
  if (proof.extra) out += std::string(kExtra) + to_base64(*proof.extra) + "\n";
  out += std::string(kIndex) + u64_text(proof.index) + "\n";
  for (const Digest& hash : proof.path) out += to_base64(hash.view()) + "\n";
  return out + "\n" + proof.checkpoint;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  TlogProof out;
  std::optional<std::string_view> line = take_line(text);
  if (line != kFirstLine) {
    return fail(Code::malformed, "proof: the first line is not " + std::string(kFirstLine));
  }
  line = take_line(text);
  if (line && line->starts_with(kExtra)) {
    Result<Bytes> extra = parse_extra(line->substr(kExtra.size()));
    if (!extra.ok()) return extra.error();
    out.extra = std::move(extra).value();
    line = take_line(text);
  }
  if (!line || !line->starts_with(kIndex)) {
    return fail(Code::malformed, "proof: no index line where one must be");
  }
  const Result<std::uint64_t> index = parse_u64(line->substr(kIndex.size()));
  if (!index.ok()) return index.error().in("proof: index");
  out.index = index.value();
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    if (out.path.size() == kProofPathMax) {
      return fail(Code::malformed, "proof: path: more than 64 hashes");
    }
    const Result<Digest> hash = parse_hash(*line);
    if (!hash.ok()) return hash.error();
    out.path.push_back(hash.value());
  }
  if (!line) return fail(Code::malformed, "proof: no blank line after the path");
  const Result<Note> note = parse_note(text);
  if (!note.ok()) return note.error().in("proof: checkpoint");
  out.checkpoint = std::string(text);
  return out;
}

}  // namespace assay::wire
