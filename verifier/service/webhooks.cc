#include "verifier/service/webhooks.h"

#include <array>

#include "core/wire/appeal.h"
#include "core/wire/events.h"
#include "verifier/service/documents.h"

namespace assay::verifier {
namespace {

constexpr std::uint64_t kLeavesAtOnce = 4'096;
constexpr std::array<std::int64_t, 6> kPausesMs = {1'000,   5'000,   30'000,
                                                   120'000, 600'000, 3'600'000};
constexpr int kGone = 410;

// Most leaves are of no interest, and parsing each would cost more than all the rest.
bool may_be_of_interest(std::string_view payload) {
  for (const wire::Kind kind :
       {wire::Kind::slash, wire::Kind::appeal, wire::Kind::ruling, wire::Kind::reversal}) {
    if (payload.find(wire::predicate_type(kind)) != std::string_view::npos) return true;
  }
  return false;
}

// The slash that a leaf is about, and what happened to it.
struct Told {
  const char* type = nullptr;
  std::uint64_t slash = 0;
};

Result<std::optional<Told>> told_by(const std::string& payload, std::uint64_t index) {
  const Result<wire::Statement> said = wire::parse_statement(payload);
  if (!said.ok()) return said.error();
  switch (said.value().kind) {
    case wire::Kind::slash: return std::optional(Told{"slash.pending", index});
    case wire::Kind::appeal: {
      const Result<wire::Appeal> appeal = wire::parse_appeal(payload);
      if (!appeal.ok()) return appeal.error();
      return std::optional(Told{"slash.appealed", appeal.value().slash_index});
    }
    case wire::Kind::ruling: {
      const Result<wire::Ruling> ruling = wire::parse_ruling(payload);
      if (!ruling.ok()) return ruling.error();
      // Any other ruling comes with its reversal.
      if (ruling.value().outcome != wire::RulingOutcome::refuted) return std::optional<Told>();
      return std::optional(Told{"slash.upheld", ruling.value().slash_index});
    }
    case wire::Kind::reversal: {
      const Result<wire::Reversal> reversal = wire::parse_reversal(payload);
      if (!reversal.ok()) return reversal.error();
      return std::optional(Told{"slash.reversed", reversal.value().slash_index});
    }
    default: return std::optional<Told>();
  }
}

}  // namespace

std::int64_t webhook_pause_ms(std::uint32_t failures) {
  if (failures == 0) return 0;
  return kPausesMs[std::min<std::size_t>(failures, kPausesMs.size()) - 1];
}

Result<std::unique_ptr<Webhooks>> Webhooks::open(const Reading& context, const SigningKey& key,
                                                 WebhookPost post,
                                                 std::unique_ptr<WebhookPlace> place,
                                                 std::optional<std::uint64_t> from,
                                                 std::function<void(const std::string&)> tell) {
  std::unique_ptr<Webhooks> out(
      new Webhooks(context, key, std::move(post), std::move(place), std::move(tell)));
  const Result<std::optional<std::uint64_t>> kept = out->place_->load();
  if (!kept.ok()) return kept.error();
  if (!from) from = kept.value();
  if (!from) {
    const auto txn = context.read();
    if (!txn.ok()) return txn.error();
    const Result<reputation::Head> head = reputation::View(*txn.value()).head();
    if (!head.ok()) return head.error();
    from = head.value().size;
  }
  if (Status saved = out->done_below(*from); !saved.ok()) return saved.error();
  return out;
}

Status Webhooks::done_below(std::uint64_t next) {
  if (Status saved = place_->save(next); !saved.ok()) return saved;
  next_ = next;
  return {};
}

Result<std::optional<Webhooks::Message>> Webhooks::message_of(const reputation::LogView& log,
                                                              std::uint64_t index) {
  const Result<wire::LogLeaf> leaf = log.leaf(index);
  if (!leaf.ok()) return leaf.error();
  if (!may_be_of_interest(leaf.value().payload)) return std::optional<Message>();
  const Result<std::optional<Told>> told = told_by(leaf.value().payload, index);
  if (!told.ok()) return told.error();
  if (!told.value()) return std::optional<Message>();
  Result<wire::Json> slash = slash_document(context_, std::to_string(told.value()->slash));
  if (!slash.ok()) return slash.error();
  slash.value().set("origin", context_.origin());
  const wire::Json body = wire::Json::object({{"type", told.value()->type},
                                              {"timestamp", to_rfc3339(leaf.value().time)},
                                              {"data", std::move(slash).value()}});
  return std::optional(
      Message{index, wire::webhook_id(context_.origin(), told.value()->type, index), body.dump()});
}

Status Webhooks::look() {
  more_ = false;
  const auto txn = context_.read();
  if (!txn.ok()) return txn.error();
  const Result<reputation::Head> head = reputation::View(*txn.value()).head();
  if (!head.ok()) return head.error();
  const std::uint64_t size = head.value().size;
  const reputation::LogView log(*txn.value(), size);
  const std::uint64_t end = std::min(size, next_ + kLeavesAtOnce);
  for (std::uint64_t index = next_; index < end; ++index) {
    Result<std::optional<Message>> message = message_of(log, index);
    if (!message.ok()) return message.error();
    if (!message.value()) continue;
    waiting_ = std::move(*message.value());
    found_ = context_.clock.steady_now();
    more_ = true;
    return {};
  }
  more_ = end < size;
  // Between two messages the place need not be exact: what is of no interest is looked at again.
  if (end > next_) next_ = end;
  return {};
}

bool Webhooks::step() {
  if (gone_ || context_.clock.steady_now() < not_before_) return false;
  if (!waiting_) {
    if (Status looked = look(); !looked.ok()) {
      failed("the log: " + looked.error().what);
      return false;
    }
  }
  if (waiting_) send();
  return more_ && failures_ == 0 && !gone_;
}

void Webhooks::send() {
  const wire::WebhookHeaders headers =
      wire::sign_webhook(key_, waiting_->id, context_.clock.unix_now(), waiting_->body);
  const Result<int> answer = post_(headers, waiting_->body);
  const bool taken = answer.ok() && answer.value() >= 200 && answer.value() < 300;
  if (answer.ok() && answer.value() == kGone) {
    gone_ = true;
    tell_("answered 410 Gone: nothing is sent to it any more until the next start");
    return;
  }
  if (!taken) {
    const std::string why =
        answer.ok() ? "answered " + std::to_string(answer.value()) : answer.error().what;
    if (context_.clock.steady_now() - found_ < kWebhookGiveUpMs) return failed(why);
    tell_("message " + waiting_->id + " of leaf " + std::to_string(waiting_->index) +
          " was not taken for three days and is left out (" + why + ")");
  }
  if (Status saved = done_below(waiting_->index + 1); !saved.ok()) {
    return failed("it was sent, but not noted: " + saved.error().what);  // and is sent again
  }
  waiting_.reset();
  failures_ = 0;
}

void Webhooks::failed(const std::string& why) {
  ++failures_;
  const std::int64_t pause_ms = webhook_pause_ms(failures_);
  not_before_ = context_.clock.steady_now() + pause_ms;
  if (failures_ == 1 || pause_ms > 60'000) {
    tell_(why + "; trying again in " + std::to_string(pause_ms / 1'000) + " s");
  }
}

}  // namespace assay::verifier
