#include "api/server/http_server.h"

#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "api/server/guarded_stream.h"
#include "api/server/request_guard.h"

namespace assay::api {
namespace {

constexpr int kBacklog = 4096;  // the library's 5 costs seconds under load
constexpr unsigned kRequestsPerConnectionMax = 1000;
constexpr std::uint64_t kSmallBodyBytes = std::uint64_t{1} << 20;

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Request head_of(const httplib::Request& from) {
  Request head;
  head.method = from.method;
  const std::size_t mark = from.target.find('?');
  head.path = from.target.substr(0, mark);
  if (mark != std::string::npos) head.query = from.target.substr(mark + 1);
  for (const auto& [name, value] : from.headers) {
    head.headers.emplace_back(lower_case(name), value);
  }
  return head;
}

// The request that this thread is serving.
struct Exchange {
  Request request;
  std::optional<Response> refusal;
  std::uint64_t counted_bytes = 0;
};
thread_local Exchange* g_exchange = nullptr;

void write_out(const Response& response, httplib::Response& to) {
  to.status = response.status;
  for (const Header& header : response.headers) to.set_header(header.first, header.second);
  to.set_header("X-Content-Type-Options", "nosniff");
  to.set_header("Accept-Ranges", "none");
  if (!response.content_type.empty()) to.set_content(response.body, response.content_type);
}

}  // namespace

class HttpServer::Transport final : public httplib::Server {
 public:
  Transport(Site site, const HttpServerOptions& options)
      : site_(std::move(site)), options_(options), pressure_(options.threads) {
    using Handled = httplib::Server::HandlerResponse;
    set_tcp_nodelay(true);
    set_keep_alive_max_count(kRequestsPerConnectionMax);
    // Without the library's SO_REUSEPORT: a second server on our port must fail, not share it.
    set_socket_options([](socket_t fd) {
      const int yes = 1;
      (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    new_task_queue = [count = options.threads] { return new httplib::ThreadPool(count); };
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      const bool body_follows = request.method == "POST" || request.method == "PUT";
      if (body_follows && !g_exchange->refusal) return Handled::Unhandled;
      write_out(g_exchange->refusal ? *g_exchange->refusal : site_.handle(g_exchange->request),
                response);
      return Handled::Handled;
    });
    const auto with_body = [this](const httplib::Request&, httplib::Response& response,
                                  const httplib::ContentReader& read) {
      respond_to_body(read, response);
    };
    Post(".*", with_body);
    Put(".*", with_body);
    set_exception_handler(
        [](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          write_out(problem(fail(Code::internal, "the server failed; this is a bug of ours")),
                    response);
        });
  }

  ~Transport() override {
    pressure_.stopping = true;
    stop();
    if (accepting_.joinable()) accepting_.join();
  }

  Status open(ListenAddress& address) {
    const int port = address.port == 0
                         ? bind_to_any_port(address.host)
                         : (bind_to_port(address.host, address.port) ? address.port : -1);
    if (port <= 0 || ::listen(svr_sock_, kBacklog) != 0) {
      return fail(Code::network, "cannot listen on " + address.url() + ": " + std::strerror(errno) +
                                     "; is another program there?");
    }
    address.port = static_cast<std::uint16_t>(port);
    accepting_ = std::thread([this] { listen_after_bind(); });
    while (!is_running()) std::this_thread::yield();  // stop() before that would do nothing
    return {};
  }

 private:
  bool process_and_close_socket(socket_t fd) override {
    ++pressure_.busy;
    GuardedStream stream(fd, pressure_);
    for (unsigned left = kRequestsPerConnectionMax; left > 0 && stream.next_request(); --left) {
      Exchange exchange;
      g_exchange = &exchange;
      const bool goes_on = serve(stream, exchange, left == 1);
      g_exchange = nullptr;
      pressure_.body_bytes -= exchange.counted_bytes;
      if (!goes_on || !stream.is_in_step()) break;
    }
    stream.close();
    --pressure_.busy;
    return true;
  }

  bool serve(GuardedStream& stream, Exchange& exchange, bool last) {
    bool closed = false;
    const std::function<void(httplib::Request&)> on_head = [&](httplib::Request& request) {
      exchange.request = head_of(request);
      exchange.request.peer = stream.peer();
      if (stream.saw_range()) exchange.request.headers.emplace_back("range", "");
      examine(request, exchange);
      stream.begin_body(content_length_or_zero(exchange.request));
    };
    // Debian 13's library wants the addresses too.
    const bool answered = [&](auto process) {
      if constexpr (std::is_invocable_v<decltype(process), Transport&, httplib::Stream&, bool,
                                        bool&, decltype(on_head)>) {
        return (this->*process)(stream, last, closed, on_head);
      } else {
        return (this->*process)(stream, "", 0, "", 0, last, closed, on_head);
      }
    }(&Transport::process_request);
    return answered && !closed && !exchange.refusal;
  }

  static std::uint64_t content_length_or_zero(const Request& head) {
    const Result<std::uint64_t> length = content_length(head);
    return length.ok() ? length.value() : 0;
  }

  // Decides by the head. The library must not compress: the answers' ETags are of their bytes.
  void examine(httplib::Request& request, Exchange& exchange) {
    request.headers.erase("Accept-Encoding");
    const std::size_t body_max = site_.body_bytes_max ? site_.body_bytes_max(exchange.request) : 0;
    exchange.refusal = refuse(exchange.request, body_max);
    if (!exchange.refusal && site_.admit) exchange.refusal = site_.admit(exchange.request);
    const std::uint64_t length = content_length_or_zero(exchange.request);
    if (!exchange.refusal && length >= kSmallBodyBytes) {
      exchange.counted_bytes = length;
      if ((pressure_.body_bytes += length) > options_.body_bytes_in_flight_max) {
        exchange.refusal = problem(
            fail(Code::rate_limited, "too many large bodies are on their way in; try again later"));
      }
    }
    if (!exchange.refusal) return;
    // Said in the answer; serve() sees to it. And nobody is asked to go on and send the body.
    request.set_header("Connection", "close");
    request.headers.erase("Expect");
    // A wrong path or method matters more to the caller than the body that came with it.
    if (exchange.refusal->status == 413 && body_max == 0) {
      Response other = site_.handle(exchange.request);
      if (other.status == 404 || other.status == 405) exchange.refusal = std::move(other);
    }
  }

  void respond_to_body(const httplib::ContentReader& read, httplib::Response& response) {
    std::string& body = g_exchange->request.body;
    const bool complete = read([&](const char* bytes, std::size_t count) {
      body.append(bytes, count);
      return true;
    });
    if (!complete) {
      write_out(problem(fail(Code::malformed, "the body did not arrive whole, or too slowly"), 408),
                response);
      return;
    }
    write_out(site_.handle(g_exchange->request), response);
  }

  const Site site_;
  const HttpServerOptions options_;
  Pressure pressure_;
  std::thread accepting_;
};

HttpServer::HttpServer(ListenAddress address, std::unique_ptr<Transport> transport)
    : address_(std::move(address)), transport_(std::move(transport)) {}

HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::start(ListenAddress address, Site site,
                                                      const HttpServerOptions& options) {
  if (!address.is_loopback && !options.beyond_loopback) {
    return fail(Code::permission, address.url() + " can be reached by others, and this is plain " +
                                      "HTTP: listen on 127.0.0.1 behind an edge that ends TLS, " +
                                      "or say --public");
  }
  auto transport = std::make_unique<Transport>(std::move(site), options);
  if (const Status opened = transport->open(address); !opened.ok()) return opened.error();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(address), std::move(transport)));
}

}  // namespace assay::api
