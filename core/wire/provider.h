// What a provider says about itself and about taking a job: registration, acceptance, maintenance.
// Values; any thread. Bytes: FORMAT.md. Vectors: vectors/registration/, vectors/acceptance/,
// vectors/events/.
//
// Every kind has the same three functions:
//   <kind>_statement(x)  the statement to sign, subject included
//   parse_<kind>(text)   the payload of an opened envelope; `malformed` names the field
// The signer is not in the payload unless stated: it is whoever's key opened the envelope.
#pragma once

#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/ed25519.h"
#include "core/wire/statement.h"

namespace assay::wire {

// A device as its provider describes it: a claim, never evidence.
struct Device {
  std::string uuid;  // each text 0..128 bytes
  std::string model;
  std::string driver;
  std::uint64_t memory_bytes = 0;
  bool operator==(const Device&) const = default;
};
inline constexpr std::size_t kDevicesMax = 64;

Json devices_to_json(const std::vector<Device>& devices);
std::vector<Device> read_devices(Fields& in, std::string_view key);

// A part of a machine that is claimed and measured. `gpu` is what the jobs of the class run on,
// whatever that is: in a class of "cpu" it is the processor.
enum class Part : std::uint8_t { gpu, cpu, memory, disk, network };
inline constexpr std::size_t kParts = 5;
std::string_view part_name(Part part);  // "gpu", …
std::string_view part_unit(Part part);  // "ops/s" (multiply-adds), "bytes", "bytes/s"
Part read_part(Fields& in, std::string_view key);

// What a provider says that its machines do in a class: a claim, to be measured.
struct Claim {
  std::string class_name;  // "<device class>/<workload>@<version>", of the device class registered
  Part part = Part::gpu;
  std::uint64_t rate = 0;  // >= 1, in the part's unit
  bool operator==(const Claim&) const = default;
};
inline constexpr std::size_t kClaimsMax = 16;

struct Registration {
  PublicKey provider;        // must be the signer
  std::string name;          // for people, 1..64 bytes
  std::string region;        // free text such as "eu-west", 0..64 bytes
  std::string device_class;  // "cpu", "h100-sxm"
  std::vector<Device> devices;
  std::uint64_t price_micros = 0;  // asked per hour, in millionths of the currency unit
  std::vector<Claim> claims{};     // ascending by class and part; none: nothing is measured
};
// Subject: "provider", SHA-256 of the raw key.
Statement registration_statement(const Registration& registration);
Result<Registration> parse_registration(std::string_view payload);
Result<Registration> parse_registration(const Statement& statement);

struct Acceptance {
  Digest job;
  std::vector<Device> devices;  // that it will use
  UnixMillis expected_end;
};
// Subject: "job", the job's digest.
Statement acceptance_statement(const Acceptance& acceptance);
Result<Acceptance> parse_acceptance(std::string_view payload);
Result<Acceptance> parse_acceptance(const Statement& statement);

// Announced ahead: uptime windows inside are not held against the provider.
struct Maintenance {
  PublicKey provider;  // the signer
  UnixMillis from;     // before `to`
  UnixMillis to;
};
// Subject: "provider".
Statement maintenance_statement(const Maintenance& maintenance);
Result<Maintenance> parse_maintenance(std::string_view payload);

}  // namespace assay::wire
