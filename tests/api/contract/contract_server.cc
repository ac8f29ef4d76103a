// contract_server EXCHANGES: lives a life over HTTP, writes its exchanges to that file, prints one
// line of JSON, {"url", "admin", "facts"}, and serves what it has become until its input ends. Ends
// with 1 if its log, its seals or a refold show that something went wrong.
//
// A request with `x-test-fault: CODE` is answered as if the service had failed with that code, one
// with `x-test-fault: throw` as if there were a bug. No other server knows that header.
#include <cstdio>
#include <iostream>

#include "api/client/client.h"
#include "api/server/operator_calls.h"
#include "api/server/routes.h"
#include "tests/api/contract/faulty_port.h"
#include "tests/api/contract/life.h"
#include "tests/api/contract/recorder.h"

namespace assay::test {
namespace {

constexpr std::size_t kBlobBytesMax = std::size_t{4} << 20;
constexpr Code kCodes[] = {Code::internal,  Code::usage,        Code::not_found, Code::permission,
                           Code::network,   Code::rate_limited, Code::conflict,  Code::malformed,
                           Code::signature, Code::no_evidence,  Code::proof,     Code::unbound,
                           Code::mismatch,  Code::inconclusive, Code::stale,     Code::equivocation,
                           Code::storage,   Code::interrupted};

// Sets this thread's fault for as long as it lives.
class Fault {
 public:
  explicit Fault(const api::Request& request) {
    const std::string* asked = request.header("x-test-fault");
    if (asked == nullptr) return;
    if (*asked == "throw") throw std::runtime_error("a bug, as the test asked for");
    for (const Code code : kCodes) {
      if (*asked == code_name(code)) fault_of_this_thread() = fail(code, "as the test asked for");
    }
  }
  ~Fault() { fault_of_this_thread().reset(); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
};

// The operator's port of a service that has failed, where the request asks for that.
class FaultyAdmin final : public api::AdminPort {
 public:
  FaultyAdmin(api::AdminPort& real, const api::Gate& gate) : real_(real), gate_(gate) {}
  wire::Json readiness() override {
    wire::Json json = real_.readiness();
    if (fault_of_this_thread()) json.set("ready", false);
    return json;
  }
  std::string metrics() override { return real_.metrics() + gate_.metrics(); }

 private:
  api::AdminPort& real_;
  const api::Gate& gate_;
};

int serve(const char* exchanges) {
  World world(contract_world());
  Recorder recorder;
  FaultyPort port([&]() -> api::Port& { return *world.service; });
  ManualClock standing_still{UnixMillis{0}};  // a bucket that is empty stays so
  api::Gate gate({.per_prefix = {1, 40}, .per_key = {1, 1000}}, standing_still);
  FaultyAdmin operator_port(*world.service, gate);
  api::OperatorCalls operators(
      {operator_port, gate, [&] { return world.service->policy().operators; }, system_clock()});
  const api::RouteOptions routes{.blob_bytes_max = kBlobBytesMax, .operators = &operators};
  api::Site site{[&](const api::Request& request) {
                   const Fault fault(request);
                   api::Response response = api::handle(request, port, routes);
                   recorder.note(request, response);
                   return response;
                 },
                 [&](const api::Request& head) { return api::body_bytes_max(head, routes); }};
  const auto server =
      api::HttpServer::start({"127.0.0.1", 0, true}, gate.guard(std::move(site))).value();
  api::Site admin_site{[&](const api::Request& request) {
                         const Fault fault(request);
                         return api::handle_admin(request, operator_port);
                       },
                       {}};
  const auto admin = api::HttpServer::start({"127.0.0.1", 0, true}, admin_site).value();
  const auto client = api::Client::connect(server->address().url()).value();

  world.via = client.get();
  wire::Json facts = wire::Json::object();
  for (const auto& [name, id] : live(world)) facts.set(name, id);
  if (const Status written = recorder.write(exchanges); !written.ok()) {
    std::fprintf(stderr, "%s\n", written.error().what.c_str());
    return 1;
  }
  wire::Json line =
      wire::Json::object({{"url", server->address().url()}, {"admin", admin->address().url()}});
  line.set("facts", std::move(facts));
  std::cout << line.dump() << std::endl;
  for (std::string ignored; std::getline(std::cin, ignored);) {
  }
  const Status sound = world.check_everything();
  if (!sound.ok()) std::fprintf(stderr, "%s\n", sound.error().what.c_str());
  return sound.ok() ? 0 : 1;
}

}  // namespace
}  // namespace assay::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: contract_server EXCHANGES\n");
    return 2;
  }
  return assay::test::serve(argv[1]);
}
