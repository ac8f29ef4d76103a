// A site (routes as pure functions) on a socket. Thin: one accepting thread, a pool of workers, and
// guards in front of a library that has few (guarded_stream.h, request_guard.h).
// Plain HTTP: public exposure belongs behind an edge that ends TLS and limits connections.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/server/http.h"
#include "api/server/listen_address.h"

namespace assay::api {

struct Site {
  // Called from many threads at once. What it throws is answered 500, without its text.
  std::function<Response(const Request&)> handle;
  // How large a body this request may have; by its method and path. Empty: none at all.
  std::function<std::size_t(const Request& head)> body_bytes_max;
  // Turns a request away by its head, before its body is read. Empty: nobody.
  std::function<std::optional<Response>(const Request& head)> admit{};
};

struct HttpServerOptions {
  unsigned threads = 64;
  bool beyond_loopback = false;  // may listen on other addresses
  // All bodies of 1 MiB and more that are read and worked on at a time; beyond: 429.
  std::uint64_t body_bytes_in_flight_max = std::uint64_t{1} << 30;
};

class HttpServer {
 public:
  // Listens when it returns.
  //   permission   not a loopback address, and beyond_loopback is not set
  //   network      the address cannot be had: names it
  static Result<std::unique_ptr<HttpServer>> start(ListenAddress address, Site site,
                                                   const HttpServerOptions& options = {});
  // Stops listening, lets requests that are under way end (2 s), and joins all threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  const ListenAddress& address() const { return address_; }  // with the port that was bound

 private:
  class Transport;

  HttpServer(ListenAddress address, std::unique_ptr<Transport> transport);

  ListenAddress address_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace assay::api
