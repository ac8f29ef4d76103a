#include "core/wire/provider.h"

#include "core/wire/predicate.h"

namespace assay::wire {

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

}  // namespace assay::wire
