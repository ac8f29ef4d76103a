// The renter's signed order: what is to be computed, exactly, and on what terms.
// A value; any thread. Bytes: FORMAT.md "job". Vectors: vectors/order/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/wire/statement.h"

namespace assay::wire {

// How deeply a sampled job is checked; the policy says what each means in units and rows.
enum class Assurance { standard, strict, forensic, full };

const char* assurance_name(Assurance assurance);
std::optional<Assurance> parse_assurance(std::string_view name);

// A file the job reads, by content. Names are unique within an order: 1..64 of A-Z a-z 0-9 . _ -
struct Input {
  std::string name;
  Digest sha256;
  std::uint64_t size_bytes = 0;
  bool operator==(const Input&) const = default;
};

// What to compute: everything a stranger needs to repeat it, together with the input files.
struct WorkloadSpec {
  std::string workload;       // "gemm", "render": 1..32 of a-z 0-9 -
  std::uint32_t version = 1;  // the engine version that defines the result
  Json parameters;            // an object; its schema belongs to the workload
  std::vector<Input> inputs;
  Digest nonce;  // fresh; every random number of the job follows from it
};

inline constexpr std::size_t kInputsMax = 64;

struct Order {
  WorkloadSpec spec;
  std::string device_class;        // "cpu", or a GPU class such as "h100-sxm": 1..32 of a-z 0-9 -
  std::uint64_t price_micros = 0;  // price in millionths of the policy's currency unit
  Assurance assurance = Assurance::standard;
  Digest renter_secret_commitment;  // SHA-256 of the renter secret, or zeros when there is none
  std::int64_t deadline_ms = 0;     // from acceptance to attestation, >= 1
  PublicKey renter;
  std::optional<PublicKey> provider;  // whom the renter wants, or nobody in particular
};

Json order_to_json(const Order& order);  // the predicate
//   malformed    not the schema, or a field outside its range
Result<Order> order_from_json(const Json& predicate);

// Subject: "order", the nonce: an order is about work that does not exist yet.
Statement order_statement(const Order& order);
Result<Order> parse_order(std::string_view payload);
Result<Order> parse_order(const Statement& statement);

}  // namespace assay::wire
