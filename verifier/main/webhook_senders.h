// The webhooks of a running verifier: a thread for each subscriber, so that one that is slow or
// dead delays no other. Their places are files in the data folder; the key that signs is made when
// it is first needed.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "verifier/main/data_folder.h"
#include "verifier/main/output.h"
#include "verifier/service/webhooks.h"

namespace assay::verifier {

inline constexpr std::size_t kWebhooksMax = 16;

struct WebhookSettings {
  std::vector<std::string> urls;
  bool allow_private = false;
  std::string ca_file;                // empty: the system's
  std::optional<std::uint64_t> from;  // begin at this leaf again
};

class WebhookSenders {
 public:
  WebhookSenders() = default;
  ~WebhookSenders() { stop(); }
  WebhookSenders(const WebhookSenders&) = delete;
  WebhookSenders& operator=(const WebhookSenders&) = delete;

  // `context` and `output` outlive it, or stop() goes before.
  //   usage        not a URL, the same one twice, or more than kWebhooksMax
  //   storage      the key, a place or the store fails
  Status start(const WebhookSettings& settings, const DataFolder& folder, const Reading& context,
               Output& output);
  void stop();

  // What receivers check by; empty where there are none.
  std::string key_text() const { return key_ ? wire::webhook_key_text(key_->public_key()) : ""; }

 private:
  std::optional<SigningKey> key_;
  std::vector<std::unique_ptr<Webhooks>> webhooks_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
};

}  // namespace assay::verifier
