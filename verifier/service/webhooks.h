// Tells one subscriber of every penalty and what becomes of it, by Standard Webhooks
// (core/wire/webhook.h): in log order, at least once, each under an id that a second delivery
// repeats. What was delivered is kept, so that a restart goes on where it was.
//
//   slash.pending    a slash record is in the log: it counts, and may be appealed or undone
//   slash.appealed   an appeal is in the log, its deposit locked; it will be ruled upon
//   slash.upheld     a ruling found the fault there again: the slash stands, the deposit is lost
//   slash.reversed   a reversal is in the log: the score is what it would have been without it
//
// {"type":…,"timestamp":…,"data":{…}}: the time of the leaf, and the slash's document as
// GET /v1/slashes/{id} gives it with the log's origin. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/wire/webhook.h"
#include "verifier/service/context.h"

namespace assay::verifier {

// Sends one message and gives the answer's status.
//   network      no answer
//   permission   the address is not one that may be sent to
using WebhookPost = std::function<Result<int>(const wire::WebhookHeaders&, const std::string&)>;

// Where the next leaf to look at is kept.
class WebhookPlace {
 public:
  virtual ~WebhookPlace() = default;
  virtual Result<std::optional<std::uint64_t>> load() = 0;  // nothing: never subscribed before
  virtual Status save(std::uint64_t next) = 0;
};

// How long to wait after so many failures in a row: 1 s, 5 s, 30 s, 2 min, 10 min, then each hour.
std::int64_t webhook_pause_ms(std::uint32_t failures);
// One message is tried for so long, and then left out: said so, and the next one goes.
inline constexpr std::int64_t kWebhookGiveUpMs = 259'200'000;  // 3 d

class Webhooks {
 public:
  // `from`: begin at this leaf whatever was delivered before. A subscriber that is new begins at
  // the end of the log.
  //   storage      the place or the store fails
  static Result<std::unique_ptr<Webhooks>> open(const Reading& context, const SigningKey& key,
                                                WebhookPost post,
                                                std::unique_ptr<WebhookPlace> place,
                                                std::optional<std::uint64_t> from,
                                                std::function<void(const std::string&)> tell);

  // Sends the next message if one is due. Returns whether to call again at once: there may be more.
  // Call each 200 ms or so otherwise. A failing store is tried again like a failing subscriber.
  bool step();

  std::uint64_t next() const { return next_; }  // leaves below this are dealt with
  std::uint32_t failures() const { return failures_; }
  bool gone() const { return gone_; }  // it answered 410: nothing is sent any more

 private:
  struct Message {
    std::uint64_t index = 0;
    std::string id, body;
  };

  Webhooks(const Reading& context, const SigningKey& key, WebhookPost post,
           std::unique_ptr<WebhookPlace> place, std::function<void(const std::string&)> tell)
      : context_(context),
        key_(key),
        post_(std::move(post)),
        place_(std::move(place)),
        tell_(std::move(tell)) {}

  Status look();  // for the next message, some thousand leaves at a time
  Result<std::optional<Message>> message_of(const reputation::LogView& log, std::uint64_t index);
  Status done_below(std::uint64_t next);
  void send();
  void failed(const std::string& why);

  const Reading& context_;
  const SigningKey& key_;
  const WebhookPost post_;
  const std::unique_ptr<WebhookPlace> place_;
  const std::function<void(const std::string&)> tell_;
  std::uint64_t next_ = 0;
  std::optional<Message> waiting_;  // found, not delivered yet
  SteadyMillis found_;
  SteadyMillis not_before_;
  std::uint32_t failures_ = 0;
  bool more_ = false;
  bool gone_ = false;
};

}  // namespace assay::verifier
