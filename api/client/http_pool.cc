#include "api/client/http_pool.h"

#include <httplib.h>

#include <chrono>
#include <csignal>

#include "core/base/time.h"

namespace assay::api {
namespace {

constexpr std::size_t kIdleMax = 16;
constexpr std::int64_t kFirstPauseMs = 100;

}  // namespace

class HttpPool::Connection {
 public:
  Connection(const BaseUrl& url, const HttpPoolOptions& options) : http_(url.host, url.port) {
    http_.set_keep_alive(true);
    http_.set_tcp_nodelay(true);
    http_.set_decompress(false);  // nobody may make us inflate anything
    http_.set_connection_timeout(std::chrono::milliseconds(options.connect_timeout_ms));
    http_.set_read_timeout(std::chrono::milliseconds(options.read_timeout_ms));
    http_.set_write_timeout(std::chrono::milliseconds(options.read_timeout_ms));
  }

  struct Outcome {
    bool answered = false;
    bool too_long = false;
    httplib::Error error = httplib::Error::Success;
    HttpAnswer answer;
  };

  Outcome send(const HttpCall& call, const std::string& path) {
    Outcome out;
    httplib::Request request;
    request.method = call.method;
    request.path = path;
    request.set_header("User-Agent", "assay/" ASSAY_VERSION);
    request.set_header("Accept-Encoding", "identity");
    request.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t,
                                   std::uint64_t) {
      out.too_long = out.answer.body.size() + count > call.answer_bytes_max;
      if (!out.too_long) out.answer.body.append(bytes, count);
      return !out.too_long;
    };
    if (!call.body.empty()) {
      // From where it lies: the library copies what is given as a body, twice.
      request.set_header("Content-Type", call.content_type);
      request.content_length_ = call.body.size();
      request.content_provider_ = [&](std::size_t from, std::size_t count,
                                      httplib::DataSink& sink) {
        return sink.write(as_text(call.body).data() + from, count);
      };
    }
    httplib::Response response;
    out.answered = http_.send(request, response, out.error);
    out.answer.status = response.status;
    return out;
  }

 private:
  httplib::Client http_;
};

HttpPool::HttpPool(BaseUrl url, HttpPoolOptions options) : url_(std::move(url)), options_(options) {
  // The library writes to sockets that the other side may have closed.
  std::signal(SIGPIPE, SIG_IGN);
}

HttpPool::~HttpPool() = default;

std::unique_ptr<HttpPool::Connection> HttpPool::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return std::make_unique<Connection>(url_, options_);
}

void HttpPool::give_back(std::unique_ptr<Connection> connection) {
  const std::scoped_lock lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(connection));
}

Result<HttpAnswer> HttpPool::call(const HttpCall& call) {
  if (options_.watch.before) {
    const std::string_view method = call.method;
    const bool changes = method != "GET" && method != "HEAD" && !call.only_asks;
    if (Status may = options_.watch.before(
            {method, url_text(url_) + call.path, call.body, call.content_type, changes});
        !may.ok()) {
      return may.error();
    }
  }
  const SteadyMillis began = system_clock().steady_now();
  Result<HttpAnswer> answer = make(call);
  if (options_.watch.after) {
    CallOutcome outcome{0, 0, system_clock().steady_now() - began};
    if (answer.ok()) outcome.status = answer.value().status;
    if (answer.ok()) outcome.bytes = answer.value().body.size();
    options_.watch.after(outcome);
  }
  return answer;
}

Result<HttpAnswer> HttpPool::make(const HttpCall& call) try {
  std::unique_ptr<Connection> connection = take();
  std::int64_t pause_ms = kFirstPauseMs;
  for (unsigned attempt = 1;; ++attempt) {
    Connection::Outcome out = connection->send(call, url_.prefix + call.path);
    if (out.answered) {
      give_back(std::move(connection));
      return std::move(out.answer);
    }
    const std::string where = url_text(url_) + call.path;
    if (out.too_long) {
      return fail(Code::network, where + ": the answer is longer than " +
                                     std::to_string(call.answer_bytes_max) + " bytes");
    }
    const bool unsent =
        out.error == httplib::Error::Connection || out.error == httplib::Error::ConnectionTimeout;
    if (attempt >= options_.attempts || !(call.may_repeat || unsent)) {
      return fail(Code::network,
                  where + ": " +
                      (unsent ? "cannot be reached; is the verifier running there?"
                              : "no answer (" + httplib::to_string(out.error) + ")"));
    }
    connection = std::make_unique<Connection>(url_, options_);
    system_clock().sleep(pause_ms);
    pause_ms *= 2;
  }
} catch (const std::exception& error) {
  return fail(Code::network, std::string("the HTTP library failed: ") + error.what());
}

}  // namespace assay::api
