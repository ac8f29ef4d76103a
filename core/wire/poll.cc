#include "core/wire/poll.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "core/wire/predicate.h"
#include "core/wire/trace.h"

namespace assay::wire {

namespace {

constexpr std::size_t kOfferBytesMax = std::size_t{256} << 10;
constexpr std::size_t kDetailMax = 512;

Json offers_to_json(const std::vector<Offer>& offers) {
  Json out = Json::array();
  for (const Offer& offer : offers) {
    Json json;
    json.set("job", offer.job.hex()).set("order", offer.order);
    out.push(std::move(json));
  }
  return out;
}

Json shown_to_json(const std::vector<ShownOutputs>& shown) {
  Json out = Json::array();
  for (const ShownOutputs& entry : shown) {
    Json outputs = Json::array();
    for (const Bytes& output : entry.outputs) outputs.push(to_base64(output));
    Json json;
    json.set("job", entry.job.hex()).set("step", entry.step).set("outputs", std::move(outputs));
    out.push(std::move(json));
  }
  return out;
}

Json notices_to_json(const std::vector<Notice>& notices) {
  Json out = Json::array();
  for (const Notice& notice : notices) {
    Json json;
    json.set("kind", notice.kind)
        .set("detail", people_text(notice.detail, kDetailMax))
        .set("log_index", u64_text(notice.log_index));
    out.push(std::move(json));
  }
  return out;
}

Offer read_offer(Fields& item) {
  Offer offer;
  offer.job = item.fixed<Digest>("job");
  offer.order = opaque_text(item, "order", kOfferBytesMax);
  return offer;
}

Notice read_notice(Fields& item) {
  Notice notice;
  notice.kind = word_text(item, "kind", 32);
  notice.detail = item.text("detail", kDetailMax);
  notice.log_index = item.u64("log_index");
  return notice;
}

// What is left of a heartbeat's limits.
struct ShownLeft {
  std::size_t outputs = kShownOutputsMax;
  std::size_t bytes = kShownBytesMax;
};

ShownOutputs read_shown_job(Fields& item, ShownLeft& left) {
  ShownOutputs shown;
  shown.job = item.fixed<Digest>("job");
  shown.step = item.u32("step", 1, kTraceStepsMax);
  const Json::Array& outputs = item.array("outputs", left.outputs);
  if (outputs.empty()) item.note("outputs", "is empty");
  if (outputs.size() > kTraceStepsMax + 1 - shown.step) item.note("outputs", "go beyond step 4096");
  for (const Json& output : outputs) {
    const Result<Bytes> bytes = output.is_string()
                                    ? from_base64_canonical(output.as_string())
                                    : Result<Bytes>(fail(Code::malformed, "is not a string"));
    if (!bytes.ok()) item.note("outputs", bytes.error().what);
    if (!item.ok()) return {};
    if (bytes.value().empty()) item.note("outputs", "an output of no bytes");
    if (bytes.value().size() > left.bytes) {
      item.note("outputs", "more than " + std::to_string(kShownBytesMax) + " bytes in a heartbeat");
      return {};
    }
    left.bytes -= bytes.value().size();
    shown.outputs.push_back(bytes.value());
  }
  left.outputs -= outputs.size();
  return shown;
}

std::vector<ShownOutputs> read_shown(Fields& in, std::string_view key) {
  ShownLeft left;
  std::vector<ShownOutputs> shown = read_items<ShownOutputs>(
      in, key, kShownJobsMax, [&left](Fields& item) { return read_shown_job(item, left); });
  for (auto entry = shown.begin(); entry != shown.end(); ++entry) {
    const bool again = std::any_of(
        shown.begin(), entry, [&](const ShownOutputs& before) { return before.job == entry->job; });
    if (again) in.note(key, "job " + entry->job.hex() + " twice");
  }
  return shown;
}

std::vector<Challenge> read_challenges(Fields& in, std::string_view key) {
  std::vector<Challenge> challenges;
  for (const Json& json : in.array(key, kChallengesMax)) {
    Result<Challenge> challenge = challenge_from_json(json);
    if (!challenge.ok()) {
      in.note(key, challenge.error().what);
      return {};
    }
    challenges.push_back(std::move(challenge).value());
  }
  return challenges;
}

std::vector<DisputeTask> read_disputes(Fields& in, std::string_view key) {
  std::vector<DisputeTask> tasks;
  if (!in.has(key)) return tasks;
  for (const Json& json : in.array(key, kDisputeTasksMax)) {
    Result<DisputeTask> task = dispute_task_from_json(json);
    if (!task.ok()) {
      in.note(key, task.error().what);
      return {};
    }
    tasks.push_back(std::move(task).value());
  }
  if (tasks.empty()) in.note(key, "is left out when there are none");
  return tasks;
}

// A member that is there only where there is something to say.
template <class T>
std::optional<T> read_optional(Fields& in, std::string_view key, Result<T> (*read)(const Json&)) {
  if (!in.has(key)) return std::nullopt;
  Result<T> value = read(in.value(key));
  if (value.ok()) return std::move(value).value();
  in.note(key, value.error().what);
  return std::nullopt;
}

}  // namespace

Statement heartbeat_statement(const Heartbeat& heartbeat) {
  Json json;
  json.set("nonce", heartbeat.nonce.hex())
      .set("seq", u64_text(heartbeat.seq))
      .set("handed", heartbeat.handed.hex())
      .set("sent", time_text(heartbeat.sent))
      .set("load_ppm", heartbeat.load_ppm)
      .set("free_memory_bytes", u64_text(heartbeat.free_memory_bytes))
      .set("accepts_jobs", heartbeat.accepts_jobs)
      .set("outputs", shown_to_json(heartbeat.outputs));
  if (heartbeat.benchmark) json.set("benchmark", benchmark_answer_to_json(*heartbeat.benchmark));
  return {Kind::heartbeat, "handout", heartbeat.handed, std::move(json)};
}

Result<Heartbeat> parse_heartbeat(std::string_view payload) {
  return parse_predicate<Heartbeat>(
      payload, Kind::heartbeat, [](Fields& in, const Statement& statement) {
        Heartbeat heartbeat;
        heartbeat.nonce = in.fixed<Digest>("nonce");
        heartbeat.seq = in.u64("seq");
        heartbeat.handed = in.fixed<Digest>("handed");
        heartbeat.sent = read_time(in, "sent");
        heartbeat.load_ppm = in.u32("load_ppm", 0, kMillion);
        heartbeat.free_memory_bytes = in.u64("free_memory_bytes");
        heartbeat.accepts_jobs = in.boolean("accepts_jobs");
        heartbeat.outputs = read_shown(in, "outputs");
        heartbeat.benchmark = read_optional(in, "benchmark", benchmark_answer_from_json);
        expect_subject(in, statement, "handout", heartbeat.handed);
        return heartbeat;
      });
}

bool proves_delivery(const std::string& envelope, const PublicKey& provider) {
  const Result<Envelope> parsed = parse_envelope(envelope);
  if (!parsed.ok()) return false;
  const Result<OpenedEnvelope> opened = open_envelope(parsed.value(), provider);
  return opened.ok() && parse_heartbeat(opened.value().payload).ok();
}

std::string poll_reply_text(const PollReply& reply) {
  Json challenges = Json::array();
  for (const Challenge& challenge : reply.challenges) challenges.push(challenge_to_json(challenge));
  Json json;
  json.set("nonce", reply.nonce.hex())
      .set("next_poll_ms", reply.next_poll_ms)
      .set("now", time_text(reply.now))
      .set("next_seq", u64_text(reply.next_seq))
      .set("prev", reply.prev.hex())
      .set("offers", offers_to_json(reply.offers))
      .set("challenges", std::move(challenges))
      .set("notices", notices_to_json(reply.notices));
  if (!reply.disputes.empty()) {
    Json disputes = Json::array();
    for (const DisputeTask& task : reply.disputes) disputes.push(dispute_task_to_json(task));
    json.set("disputes", std::move(disputes));
  }
  if (reply.benchmark) json.set("benchmark", benchmark_to_json(*reply.benchmark));
  return json.dump();
}

Result<PollReply> parse_poll_reply(std::string_view text) {
  JsonLimits limits;
  limits.bytes_max = kPollReplyBytesMax;
  limits.values_max = kPollReplyValuesMax;
  const Result<Json> json = parse_json(text, limits);
  if (!json.ok()) return json.error().in("poll reply");
  Fields in(json.value(), "poll reply");
  PollReply reply;
  reply.nonce = in.fixed<Digest>("nonce");
  reply.next_poll_ms = in.u32("next_poll_ms");
  reply.now = read_time(in, "now");
  reply.next_seq = in.u64("next_seq");
  reply.prev = in.fixed<Digest>("prev");
  reply.offers = read_items<Offer>(in, "offers", kOffersMax, read_offer);
  reply.challenges = read_challenges(in, "challenges");
  reply.notices = read_items<Notice>(in, "notices", kNoticesMax, read_notice);
  reply.disputes = read_disputes(in, "disputes");
  reply.benchmark = read_optional(in, "benchmark", benchmark_from_json);
  return closed(in, std::move(reply));
}

}  // namespace assay::wire
