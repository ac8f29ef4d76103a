// HTTP calls over kept connections: the only place of the client that knows the HTTP library.
// Thread-safe: a call takes an idle connection or opens one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/client/base_url.h"
#include "api/client/call_watch.h"
#include "core/base/bytes.h"

namespace assay::api {

struct HttpCall {
  const char* method = "GET";
  std::string path;
  ByteView body;  // sent with POST and PUT
  const char* content_type = "application/json";
  std::size_t answer_bytes_max = 0;  // a longer answer is an error
  // False: only what surely was not sent is sent again.
  bool may_repeat = true;
  bool only_asks = false;  // though its method is POST
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

struct HttpPoolOptions {
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t read_timeout_ms = 30'000;  // without a byte
  unsigned attempts = 3;                  // with 100, 200, … ms between them
  CallWatch watch = {};
};

class HttpPool {
 public:
  HttpPool(BaseUrl url, HttpPoolOptions options);
  ~HttpPool();
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  //   network      no connection, no answer, or one over answer_bytes_max; whatever the watch said
  Result<HttpAnswer> call(const HttpCall& call);

 private:
  class Connection;

  Result<HttpAnswer> make(const HttpCall& call);

  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  const BaseUrl url_;
  const HttpPoolOptions options_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace assay::api
