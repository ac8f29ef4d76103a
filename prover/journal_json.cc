#include "prover/journal_json.h"

#include <array>

namespace assay::prover {
namespace {

using wire::Fields;
using wire::Json;

constexpr std::array kStages = {Stage::accepting, Stage::accepted, Stage::finished, Stage::attested,
                                Stage::closed};
constexpr std::size_t kEnvelopeBytesMax = std::size_t{256} << 10;
constexpr std::size_t kNoticesBytesMax = std::size_t{1} << 20;
constexpr std::size_t kNoticeBytesMax = 1024;  // of one text in it

Json millis(UnixMillis time) {
  return wire::u64_text(static_cast<std::uint64_t>(time.ms));
}

Json pending_json(const PendingAttestation& pending) {
  Json out;
  out.set("job", pending.job.hex())
      .set("seq", wire::u64_text(pending.place.seq))
      .set("prev", pending.place.prev.hex())
      .set("digest", pending.digest.hex())
      .set("envelope", pending.envelope);
  return out;
}

std::optional<PendingAttestation> read_pending(Fields& in) {
  const Json& json = in.value("pending");
  if (json.is_null()) return std::nullopt;
  Fields fields(json, "pending");
  PendingAttestation out;
  out.job = fields.fixed<Digest>("job");
  out.place.seq = fields.u64("seq");
  out.place.prev = fields.fixed<Digest>("prev");
  out.digest = fields.fixed<Digest>("digest");
  const Json& envelope = fields.value("envelope");
  if (envelope.is_string()) out.envelope = envelope.as_string();
  if (out.envelope.empty()) fields.note("envelope", "is not a text");
  if (Status s = fields.close(); !s.ok()) in.note("pending", s.error().what);
  return out;
}

}  // namespace

std::string chain_text(const ChainFile& chain) {
  Json out;
  out.set("provider", chain.provider.hex())
      .set("next_seq", wire::u64_text(chain.next.seq))
      .set("prev", chain.next.prev.hex())
      .set("pending", chain.pending ? pending_json(*chain.pending) : Json());
  return out.dump();
}

Result<ChainFile> parse_chain(std::string_view text) {
  const Result<Json> json = wire::parse_json(text, {.bytes_max = 2 * kEnvelopeBytesMax});
  if (!json.ok()) return json.error();
  Fields in(json.value(), "chain.json");
  ChainFile out;
  out.provider = in.fixed<PublicKey>("provider");
  out.next.seq = in.u64("next_seq");
  out.next.prev = in.fixed<Digest>("prev");
  out.pending = read_pending(in);
  if (Status s = in.close(); !s.ok()) return s.error();
  return out;
}

std::string handed_text(const Handed& handed) {
  Json out;
  out.set("nonce", handed.nonce.hex())
      .set("reply", handed.reply.hex())
      .set("heartbeat_seq", wire::u64_text(handed.heartbeat_seq));
  return out.dump();
}

Result<Handed> parse_handed(std::string_view text) {
  const Result<Json> json = wire::parse_json(text);
  if (!json.ok()) return json.error();
  Fields in(json.value(), "handed.json");
  Handed out;
  out.nonce = in.fixed<Digest>("nonce");
  out.reply = in.fixed<Digest>("reply");
  out.heartbeat_seq = in.u64("heartbeat_seq");
  if (Status s = in.close(); !s.ok()) return s.error();
  return out;
}

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::accepting: return "accepting";
    case Stage::accepted: return "accepted";
    case Stage::finished: return "finished";
    case Stage::attested: return "attested";
    case Stage::closed: return "closed";
  }
  return "?";
}

std::string status_text(const JobStatus& status) {
  Json out;
  out.set("stage", stage_name(status.stage))
      .set("accepted", millis(status.accepted))
      .set("started", millis(status.started))
      .set("finished", millis(status.finished))
      .set("ended", millis(status.ended))
      .set("attestation", status.attestation.hex())
      .set("log_index", wire::u64_text(status.log_index))
      .set("backend", status.backend)
      .set("devices", wire::devices_to_json(status.devices))
      .set("detail", status.detail);
  return out.dump();
}

Result<JobStatus> parse_status(std::string_view text) {
  const Result<Json> json = wire::parse_json(text);
  if (!json.ok()) return json.error();
  Fields in(json.value(), "status.json");
  JobStatus out;
  const std::string stage = in.text("stage");
  bool known = false;
  for (const Stage candidate : kStages) {
    if (stage != stage_name(candidate)) continue;
    out.stage = candidate;
    known = true;
  }
  if (!known) in.note("stage", "is not a stage");
  out.accepted = {in.millis("accepted")};
  out.started = {in.millis("started")};
  out.finished = {in.millis("finished")};
  out.ended = {in.millis("ended")};
  out.attestation = in.fixed<Digest>("attestation");
  out.log_index = in.u64("log_index");
  if (in.has("backend")) out.backend = in.text("backend", 64);
  if (in.has("devices")) out.devices = wire::read_devices(in, "devices");
  const Json& detail = in.value("detail");
  if (detail.is_string()) out.detail = detail.as_string();
  if (Status s = in.close(); !s.ok()) return s.error();
  return out;
}

std::string notices_text(const std::vector<HeardNotice>& notices) {
  Json list = Json::array();
  for (const HeardNotice& each : notices) {
    list.push(Json::object({{"heard", millis(each.heard)},
                            {"kind", each.notice.kind},
                            {"detail", each.notice.detail},
                            {"log_index", wire::u64_text(each.notice.log_index)}}));
  }
  return Json::object({{"notices", std::move(list)}}).dump();
}

Result<std::vector<HeardNotice>> parse_notices(std::string_view text) {
  const Result<Json> json = wire::parse_json(text, {.bytes_max = kNoticesBytesMax});
  if (!json.ok()) return json.error();
  Fields in(json.value(), "notices.json");
  std::vector<HeardNotice> out;
  for (const Json& each : in.array("notices", kNoticesRemembered)) {
    Fields item(each, "notice");
    HeardNotice heard;
    heard.heard = UnixMillis{item.millis("heard")};
    heard.notice.kind = item.text("kind", kNoticeBytesMax);
    heard.notice.detail = item.text("detail", kNoticeBytesMax);
    heard.notice.log_index = item.u64("log_index");
    if (Status s = item.close(); !s.ok()) return s.error();
    out.push_back(std::move(heard));
  }
  if (Status s = in.close(); !s.ok()) return s.error();
  return out;
}

}  // namespace assay::prover
