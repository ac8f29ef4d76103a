#include "verifier/main/servers.h"

#include <sys/resource.h>

#include "api/server/routes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "verifier/main/watchdog.h"

namespace assay::verifier {
namespace {

constexpr unsigned kAdminThreads = 4;

}  // namespace

Result<Addresses> parse_addresses(const std::string& listen, const std::string& admin,
                                  bool beyond_loopback) {
  Result<api::ListenAddress> to_listen = api::parse_listen_address(listen);
  if (!to_listen.ok()) return to_listen.error().in("--listen");
  Addresses out{std::move(to_listen).value(), std::nullopt, beyond_loopback};
  if (admin.empty()) return out;
  Result<api::ListenAddress> for_admin = api::parse_listen_address(admin);
  if (!for_admin.ok()) return for_admin.error().in("--admin");
  out.admin = std::move(for_admin).value();
  return out;
}

class Servers::WithGate final : public api::AdminPort {
 public:
  WithGate(api::AdminPort& inner, const api::Gate& gate) : inner_(inner), gate_(gate) {}
  wire::Json readiness() override { return inner_.readiness(); }
  std::string metrics() override { return inner_.metrics() + gate_.metrics(); }

 private:
  api::AdminPort& inner_;
  const api::Gate& gate_;
};

Status Servers::start(const Addresses& addresses, api::Port& port, api::AdminPort& admin,
                      std::size_t blob_bytes_max, const api::RatesPerSecond& rates,
                      std::function<std::vector<PublicKey>()> operators) {
  api::RouteOptions routes{.blob_bytes_max = blob_bytes_max};
  system_random().fill(routes.cursor_key.bytes);
  gate_ = std::make_unique<api::Gate>(api::limits_of(rates), system_clock());
  for_operators_ = std::make_unique<WithGate>(admin, *gate_);
  operator_calls_ = std::make_unique<api::OperatorCalls>(
      api::OperatorCalls::Ports{*for_operators_, *gate_, std::move(operators), system_clock()});
  routes.operators = operator_calls_.get();
  if (addresses.admin) {
    api::HttpServerOptions admin_http;
    admin_http.threads = kAdminThreads;
    Result<std::unique_ptr<api::HttpServer>> started =
        api::HttpServer::start(*addresses.admin,
                               {[this](const api::Request& request) {
                                  return api::handle_admin(request, *for_operators_);
                                },
                                {}},
                               admin_http);
    if (!started.ok()) return started.error().in("--admin");
    admin_ = std::move(started).value();
  }
  api::HttpServerOptions http;
  http.beyond_loopback = addresses.beyond_loopback;
  Result<std::unique_ptr<api::HttpServer>> started = api::HttpServer::start(
      addresses.listen,
      gate_->guard(
          {[&port, routes](const api::Request& request) {
             return api::handle(request, port, routes);
           },
           [routes](const api::Request& head) { return api::body_bytes_max(head, routes); }}),
      http);
  if (!started.ok()) return started.error().in("--listen");
  server_ = std::move(started).value();
  return {};
}

void Servers::announce(Output& output) const {
  wire::Json json = wire::Json::object({{"listening", server_->address().url()}});
  std::string text = "listening on " + server_->address().url();
  if (admin_) {
    json.set("admin", admin_->address().url());
    text += "\nadmin on " + admin_->address().url();
  }
  output.line(text, json);
}

void Servers::stop() {
  server_.reset();
  admin_.reset();
  operator_calls_.reset();
  for_operators_.reset();
  gate_.reset();
}

std::optional<Error> wait_for_stop(const sigset_t& signals, reputation::Store& store,
                                   const std::function<std::optional<Error>()>& failed,
                                   Output& output) {
  constexpr std::int64_t kMaintainMs = 60'000;
  Watchdog watchdog;
  watchdog.ready();
  SteadyMillis maintained = system_clock().steady_now();
  while (!stop_was_asked(signals)) {
    if (std::optional<Error> error = failed()) return error;
    watchdog.alive();
    if (system_clock().steady_now() - maintained < kMaintainMs) continue;
    maintained = system_clock().steady_now();
    if (const Status kept = store.maintain(); !kept.ok()) output.say(kept.error().what);
  }
  watchdog.stopping();
  return std::nullopt;
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace assay::verifier
