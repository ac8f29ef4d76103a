#include "core/wire/provider.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

struct PartNames {
  std::string_view name;
  std::string_view unit;
};
constexpr std::array<PartNames, kParts> kPartNames{{{"gpu", "ops/s"},
                                                    {"cpu", "ops/s"},
                                                    {"memory", "bytes"},
                                                    {"disk", "bytes/s"},
                                                    {"network", "bytes/s"}}};
constexpr std::size_t kClassMax = 128;

Json claims_to_json(const std::vector<Claim>& claims) {
  Json out = Json::array();
  for (const Claim& claim : claims) {
    Json json;
    json.set("class", claim.class_name)
        .set("part", part_name(claim.part))
        .set("rate", u64_text(claim.rate));
    out.push(std::move(json));
  }
  return out;
}

// Left out when there are none, so that there is one spelling of that.
std::vector<Claim> read_claims(Fields& in, std::string_view key, std::string_view device_class) {
  if (!in.has(key)) return {};
  std::vector<Claim> claims = read_items<Claim>(in, key, kClaimsMax, [](Fields& item) {
    Claim claim;
    claim.class_name = some_text(item, "class", kClassMax);
    claim.part = read_part(item, "part");
    claim.rate = u64_from(item, "rate", 1);
    return claim;
  });
  if (claims.empty()) in.note(key, "is left out when there are none");
  const std::string prefix = std::string(device_class) + "/";
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const Claim& it = claims[i];
    if (!it.class_name.starts_with(prefix)) {
      in.note(key, item_name(i) + ": class: begins with the device_class and a slash");
    }
    if (i > 0 && std::tie(claims[i - 1].class_name, claims[i - 1].part) >=
                     std::tie(it.class_name, it.part)) {
      in.note(key, item_name(i) + ": ascend by class and part, none twice");
    }
  }
  return claims;
}

}  // namespace

std::string_view part_name(Part part) {
  return kPartNames[static_cast<std::size_t>(part)].name;
}

std::string_view part_unit(Part part) {
  return kPartNames[static_cast<std::size_t>(part)].unit;
}

Part read_part(Fields& in, std::string_view key) {
  const std::string name = in.text(key, 16);
  const auto at = std::ranges::find(kPartNames, name, &PartNames::name);
  if (at != kPartNames.end()) return static_cast<Part>(at - kPartNames.begin());
  in.note(key, "is none of gpu, cpu, memory, disk, network");
  return Part::gpu;
}

Json devices_to_json(const std::vector<Device>& devices) {
  Json out = Json::array();
  for (const Device& device : devices) {
    Json json;
    json.set("uuid", device.uuid)
        .set("model", device.model)
        .set("driver", device.driver)
        .set("memory_bytes", u64_text(device.memory_bytes));
    out.push(std::move(json));
  }
  return out;
}

std::vector<Device> read_devices(Fields& in, std::string_view key) {
  return read_items<Device>(in, key, kDevicesMax, [](Fields& item) {
    Device device;
    device.uuid = item.text("uuid", 128);
    device.model = item.text("model", 128);
    device.driver = item.text("driver", 128);
    device.memory_bytes = item.u64("memory_bytes");
    return device;
  });
}

Statement registration_statement(const Registration& registration) {
  Json json;
  json.set("provider", registration.provider.hex())
      .set("name", registration.name)
      .set("region", registration.region)
      .set("device_class", registration.device_class)
      .set("devices", devices_to_json(registration.devices))
      .set("price_micros", u64_text(registration.price_micros));
  if (!registration.claims.empty()) json.set("claims", claims_to_json(registration.claims));
  return {Kind::registration, "provider", provider_digest(registration.provider), std::move(json)};
}

template <class From>
static Result<Registration> registration_from(const From& from) {
  return parse_predicate<Registration>(
      from, Kind::registration, [](Fields& in, const Statement& statement) {
        Registration registration;
        registration.provider = in.fixed<PublicKey>("provider");
        registration.name = some_text(in, "name", 64);
        registration.region = in.text("region", 64);
        registration.device_class = word_text(in, "device_class", 32);
        registration.devices = read_devices(in, "devices");
        registration.price_micros = in.u64("price_micros");
        registration.claims = read_claims(in, "claims", registration.device_class);
        expect_subject(in, statement, "provider", provider_digest(registration.provider));
        return registration;
      });
}

Result<Registration> parse_registration(std::string_view payload) {
  return registration_from(payload);
}
Result<Registration> parse_registration(const Statement& statement) {
  return registration_from(statement);
}

Statement acceptance_statement(const Acceptance& acceptance) {
  Json json;
  json.set("job", acceptance.job.hex())
      .set("devices", devices_to_json(acceptance.devices))
      .set("expected_end", time_text(acceptance.expected_end));
  return {Kind::acceptance, "job", acceptance.job, std::move(json)};
}

template <class From>
static Result<Acceptance> acceptance_from(const From& from) {
  return parse_predicate<Acceptance>(from, Kind::acceptance,
                                     [](Fields& in, const Statement& statement) {
                                       Acceptance acceptance;
                                       acceptance.job = in.fixed<Digest>("job");
                                       acceptance.devices = read_devices(in, "devices");
                                       acceptance.expected_end = read_time(in, "expected_end");
                                       expect_subject(in, statement, "job", acceptance.job);
                                       return acceptance;
                                     });
}

Result<Acceptance> parse_acceptance(std::string_view payload) {
  return acceptance_from(payload);
}
Result<Acceptance> parse_acceptance(const Statement& statement) {
  return acceptance_from(statement);
}

Statement maintenance_statement(const Maintenance& maintenance) {
  Json json;
  json.set("provider", maintenance.provider.hex())
      .set("from", time_text(maintenance.from))
      .set("to", time_text(maintenance.to));
  return {Kind::maintenance, "provider", provider_digest(maintenance.provider), std::move(json)};
}

Result<Maintenance> parse_maintenance(std::string_view payload) {
  return parse_predicate<Maintenance>(
      payload, Kind::maintenance, [](Fields& in, const Statement& statement) {
        Maintenance it;
        it.provider = in.fixed<PublicKey>("provider");
        it.from = read_time(in, "from");
        it.to = read_time(in, "to");
        if (it.to <= it.from) in.note("to", "is not after from");
        expect_subject(in, statement, "provider", provider_digest(it.provider));
        return it;
      });
}

}  // namespace assay::wire
