#include "verifier/main/webhook_senders.h"

#include <set>

#include "api/client/webhook_client.h"
#include "core/base/file.h"

namespace assay::verifier {
namespace {

constexpr std::int64_t kLookMs = 200;
constexpr std::size_t kPlaceBytesMax = 32;
constexpr std::size_t kNameDigits = 16;

// One subscriber's place: a file named after its URL.
class FilePlace final : public WebhookPlace {
 public:
  explicit FilePlace(std::string path) : path_(std::move(path)) {}
  Result<std::optional<std::uint64_t>> load() override {
    const Result<std::optional<std::string>> text = read_text_if_there(path_, kPlaceBytesMax);
    if (!text.ok()) return text.error();
    if (!text.value()) return std::optional<std::uint64_t>();
    const Result<std::uint64_t> next = wire::parse_u64(*text.value());
    if (!next.ok()) {
      return fail(Code::storage, path_ + " is damaged: give --webhook-from, or remove it");
    }
    return std::optional(next.value());
  }
  Status save(std::uint64_t next) override {
    return write_file_durably(path_, as_bytes(wire::u64_text(next)));
  }

 private:
  const std::string path_;
};

Result<std::unique_ptr<Webhooks>> subscribe(const WebhookSettings& settings, const std::string& url,
                                            const DataFolder& folder, const Reading& context,
                                            const SigningKey& key, Output& output) {
  Result<std::unique_ptr<api::WebhookClient>> client = api::WebhookClient::make(
      url, {.allow_private = settings.allow_private, .ca_file = settings.ca_file, .resolve = {}});
  if (!client.ok()) return client.error().in("--webhook");
  const std::shared_ptr<api::WebhookClient> shared = std::move(client).value();
  const std::string name = sha256(as_bytes(url)).hex().substr(0, kNameDigits);
  return Webhooks::open(
      context, key,
      [shared](const wire::WebhookHeaders& headers, const std::string& body) {
        return shared->post(headers, body);
      },
      std::make_unique<FilePlace>(folder.webhooks() + "/" + name), settings.from,
      [&output, url](const std::string& what) { output.say("webhook " + url + ": " + what); });
}

}  // namespace

Status WebhookSenders::start(const WebhookSettings& settings, const DataFolder& folder,
                             const Reading& context, Output& output) {
  if (settings.urls.empty()) return {};
  if (settings.urls.size() > kWebhooksMax) {
    return fail(Code::usage, "--webhook: at most " + std::to_string(kWebhooksMax) + " subscribers");
  }
  if (std::set(settings.urls.begin(), settings.urls.end()).size() < settings.urls.size()) {
    return fail(Code::usage, "--webhook: the same address twice");
  }
  if (Status made = make_folders(folder.webhooks()); !made.ok()) return made;
  Result<SigningKey> key = load_or_make_key(folder, "webhook");
  if (!key.ok()) return key.error();
  key_ = std::move(key).value();
  for (const std::string& url : settings.urls) {
    auto webhooks = subscribe(settings, url, folder, context, *key_, output);
    if (!webhooks.ok()) return webhooks.error();
    webhooks_.push_back(std::move(webhooks).value());
  }
  for (const auto& webhooks : webhooks_) {
    threads_.emplace_back([this, it = webhooks.get()] {
      while (!stop_) {
        if (!it->step()) system_clock().sleep(kLookMs);
      }
    });
  }
  return {};
}

void WebhookSenders::stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace assay::verifier
