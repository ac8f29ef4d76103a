// The sockets of a service: where its routes are heard, and the operator's port. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/port/port.h"
#include "api/server/operator_calls.h"
#include "reputation/ledger/store.h"
#include "verifier/main/output.h"
#include "verifier/main/signals.h"

namespace assay::verifier {

struct Addresses {
  api::ListenAddress listen;
  std::optional<api::ListenAddress> admin;
  bool beyond_loopback = false;
};
// admin may be empty: none.
Result<Addresses> parse_addresses(const std::string& listen, const std::string& admin,
                                  bool beyond_loopback);

class Servers {
 public:
  // Both ports outlive the servers, or stop() goes before. `operators`: whose calls are taken.
  Status start(const Addresses& addresses, api::Port& port, api::AdminPort& admin,
               std::size_t blob_bytes_max, const api::RatesPerSecond& rates,
               std::function<std::vector<PublicKey>()> operators);
  void announce(Output& output) const;  // "listening on …", "admin on …"
  void stop();

 private:
  // The operator's port, with the metrics of the public one.
  class WithGate;

  std::unique_ptr<api::Gate> gate_;
  std::unique_ptr<api::AdminPort> for_operators_;
  std::unique_ptr<api::OperatorCalls> operator_calls_;
  std::unique_ptr<api::HttpServer> admin_;
  std::unique_ptr<api::HttpServer> server_;
};

// Waits for one of the signals (signals.h), and tends to the store each minute meanwhile. Returns
// early with what `failed` says, which is asked all the time.
std::optional<Error> wait_for_stop(const sigset_t& signals, reputation::Store& store,
                                   const std::function<std::optional<Error>()>& failed,
                                   Output& output);

// Each connection is a file.
void raise_file_limit();

}  // namespace assay::verifier
