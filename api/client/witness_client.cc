#include "api/client/witness_client.h"

#include "api/client/http_pool.h"

namespace assay::api {
namespace {

constexpr std::int64_t kConnectMs = 2'000;
constexpr std::int64_t kReadMs = 3'000;
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10;

}  // namespace

WitnessClient::WitnessClient(std::unique_ptr<HttpPool> http) : http_(std::move(http)) {}
WitnessClient::~WitnessClient() = default;

Result<std::unique_ptr<WitnessClient>> WitnessClient::connect(const std::string& url) {
  Result<BaseUrl> base = parse_base_url(url);
  if (!base.ok()) return base.error();
  // Twice, because a kept connection may have been closed since. Asking again is harmless: a
  // witness that took the first request answers the second with the size that it has now.
  auto http =
      std::make_unique<HttpPool>(std::move(base).value(), HttpPoolOptions{kConnectMs, kReadMs, 2});
  return std::unique_ptr<WitnessClient>(new WitnessClient(std::move(http)));
}

Result<WitnessReply> WitnessClient::add_checkpoint(const std::string& body) {
  Result<HttpAnswer> answer = http_->call({.method = "POST",
                                           .path = "/add-checkpoint",
                                           .body = as_bytes(body),
                                           .content_type = "text/plain; charset=utf-8",
                                           .answer_bytes_max = kAnswerBytesMax});
  if (!answer.ok()) return answer.error();
  return WitnessReply{answer.value().status, std::move(answer.value().body)};
}

}  // namespace assay::api
