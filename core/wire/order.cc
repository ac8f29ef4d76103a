#include "core/wire/order.h"

#include <array>
#include <set>

#include "core/wire/predicate.h"

namespace assay::wire {

namespace {

constexpr std::array<const char*, 4> kAssurances{"standard", "strict", "forensic", "full"};

Json inputs_to_json(const std::vector<Input>& inputs) {
  Json out = Json::array();
  for (const Input& input : inputs) {
    Json json;
    json.set("name", input.name)
        .set("sha256", input.sha256.hex())
        .set("size_bytes", u64_text(input.size_bytes));
    out.push(std::move(json));
  }
  return out;
}

std::vector<Input> read_inputs(Fields& in) {
  std::set<std::string> names;
  return read_items<Input>(in, "inputs", kInputsMax, [&names](Fields& item) {
    Input input;
    input.name = item.text("name", 64);
    if (!is_file_word(input.name)) item.note("name", "must be 1..64 of A-Z a-z 0-9 . _ -");
    if (!names.insert(input.name).second) item.note("name", "is used twice");
    input.sha256 = item.fixed<Digest>("sha256");
    input.size_bytes = item.u64("size_bytes");
    return input;
  });
}

Order read_order(Fields& in) {
  Order order;
  order.spec = read_spec(in);
  order.device_class = word_text(in, "device_class", 32);
  order.price_micros = in.u64("price_micros");
  const std::optional<Assurance> assurance = parse_assurance(in.text("assurance", 16));
  if (!assurance) in.note("assurance", "is none of standard, strict, forensic, full");
  order.assurance = assurance.value_or(Assurance::standard);
  order.renter_secret_commitment = in.fixed<Digest>("renter_secret_commitment");
  order.deadline_ms = in.millis("deadline_ms");
  if (order.deadline_ms < 1) in.note("deadline_ms", "must be at least 1");
  order.renter = in.fixed<PublicKey>("renter");
  if (!in.value("provider").is_null()) order.provider = in.fixed<PublicKey>("provider");
  return order;
}

}  // namespace

void set_spec(Json& json, const WorkloadSpec& spec) {
  json.set("workload", spec.workload)
      .set("version", spec.version)
      .set("parameters", spec.parameters.is_null() ? Json::object() : spec.parameters)
      .set("inputs", inputs_to_json(spec.inputs))
      .set("nonce", spec.nonce.hex());
}

WorkloadSpec read_spec(Fields& in) {
  WorkloadSpec spec;
  spec.workload = word_text(in, "workload", 32);
  spec.version = in.u32("version", 1);
  spec.parameters = in.value("parameters");
  if (!spec.parameters.is_object()) in.note("parameters", "is not an object");
  spec.inputs = read_inputs(in);
  spec.nonce = in.fixed<Digest>("nonce");
  return spec;
}

const char* assurance_name(Assurance assurance) {
  return kAssurances[static_cast<std::size_t>(assurance)];
}

std::optional<Assurance> parse_assurance(std::string_view name) {
  for (std::size_t i = 0; i < kAssurances.size(); ++i) {
    if (name == kAssurances[i]) return static_cast<Assurance>(i);
  }
  return std::nullopt;
}

Json order_to_json(const Order& order) {
  ASSAY_CHECK(order.deadline_ms >= 0, "an order with a negative deadline");
  Json json;
  set_spec(json, order.spec);
  json.set("device_class", order.device_class)
      .set("price_micros", u64_text(order.price_micros))
      .set("assurance", assurance_name(order.assurance))
      .set("renter_secret_commitment", order.renter_secret_commitment.hex())
      .set("deadline_ms", u64_text(static_cast<std::uint64_t>(order.deadline_ms)))
      .set("renter", order.renter.hex())
      .set("provider", order.provider ? Json(order.provider->hex()) : Json());
  return json;
}

Result<Order> order_from_json(const Json& predicate) {
  Fields in(predicate, kind_name(Kind::order));
  return closed(in, read_order(in));
}

Statement order_statement(const Order& order) {
  return {Kind::order, "order", order.spec.nonce, order_to_json(order)};
}

template <class From>
static Result<Order> order_from(const From& from) {
  return parse_predicate<Order>(from, Kind::order, [](Fields& in, const Statement& statement) {
    Order order = read_order(in);
    expect_subject(in, statement, "order", order.spec.nonce);
    return order;
  });
}

Result<Order> parse_order(std::string_view payload) {
  return order_from(payload);
}
Result<Order> parse_order(const Statement& statement) {
  return order_from(statement);
}

}  // namespace assay::wire
