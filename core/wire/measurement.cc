#include "core/wire/measurement.h"

#include "core/wire/challenge.h"
#include "core/wire/predicate.h"
#include "core/wire/runs.h"

namespace assay::wire {

namespace {

constexpr std::size_t kClassMax = 128;
constexpr std::size_t kHowMax = 256;

Json parts_to_json(const std::vector<MeasuredPart>& parts) {
  Json out = Json::array();
  for (const MeasuredPart& part : parts) {
    Json json;
    json.set("part", part_name(part.part))
        .set("unit", part_unit(part.part))
        .set("claimed", u64_text(part.claimed))
        .set("measured", u64_text(part.measured));
    out.push(std::move(json));
  }
  return out;
}

std::vector<MeasuredPart> read_parts(Fields& in, std::string_view key) {
  std::vector<MeasuredPart> parts = read_items<MeasuredPart>(in, key, kParts, [](Fields& item) {
    MeasuredPart part;
    part.part = read_part(item, "part");
    if (item.text("unit", 16) != part_unit(part.part)) {
      item.note("unit", "must be " + std::string(part_unit(part.part)) + " for this part");
    }
    part.claimed = u64_from(item, "claimed", 1);
    part.measured = item.u64("measured");
    return part;
  });
  if (parts.empty()) in.note(key, "is empty: nothing was measured");
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i - 1].part >= parts[i].part) in.note(key, item_name(i) + ": ascend, none twice");
  }
  return parts;
}

Json open_to_json(const std::vector<LinkRows>& open) {
  Json out = Json::array();
  for (const LinkRows& it : open) {
    out.push(Json::object({{"link", it.link}, {"rows", numbers_to_json(it.rows)}}));
  }
  return out;
}

std::vector<LinkRows> read_open(Fields& in, std::string_view key, std::uint32_t links) {
  std::vector<LinkRows> open = read_items<LinkRows>(in, key, links, [&](Fields& item) {
    LinkRows it;
    it.link = item.u32("link", 1, links);
    it.rows = read_numbers(item, "rows", 0, kRowLast, kLinkRowsMax);
    if (it.rows.empty()) item.note("rows", "is empty");
    return it;
  });
  for (std::size_t i = 1; i < open.size(); ++i) {
    if (open[i - 1].link >= open[i].link) in.note(key, item_name(i) + ": ascend, none twice");
  }
  return open;
}

}  // namespace

Statement measurement_statement(const Measurement& measurement) {
  Json json;
  json.set("provider", measurement.provider.hex())
      .set("class", measurement.class_name)
      .set("round", measurement.round.hex())
      .set("parts", parts_to_json(measurement.parts))
      .set("took_ms", u64_text(measurement.took_ms))
      .set("how", people_text(measurement.how, kHowMax));
  return {Kind::measurement, "provider", provider_digest(measurement.provider), std::move(json)};
}

Result<Measurement> parse_measurement(std::string_view payload) {
  return parse_predicate<Measurement>(
      payload, Kind::measurement, [](Fields& in, const Statement& statement) {
        Measurement it;
        it.provider = in.fixed<PublicKey>("provider");
        it.class_name = some_text(in, "class", kClassMax);
        it.round = in.fixed<Digest>("round");
        it.parts = read_parts(in, "parts");
        it.took_ms = in.u64("took_ms");
        it.how = in.text("how", kHowMax);
        expect_subject(in, statement, "provider", provider_digest(it.provider));
        return it;
      });
}

Json benchmark_to_json(const Benchmark& benchmark) {
  Json json;
  json.set("nonce", benchmark.nonce.hex())
      .set("number", u64_text(benchmark.number))
      .set("workload", benchmark.workload)
      .set("version", benchmark.version)
      .set("parameters", benchmark.parameters)
      .set("links", benchmark.links)
      .set("deadline", time_text(benchmark.deadline))
      .set("open", open_to_json(benchmark.open));
  return json;
}

Result<Benchmark> benchmark_from_json(const Json& json) {
  Fields in(json, "benchmark");
  Benchmark it;
  it.nonce = in.fixed<Digest>("nonce");
  it.number = in.u64("number");
  it.workload = word_text(in, "workload", 32);
  it.version = in.u32("version", 1);
  it.parameters = in.value("parameters");
  if (!it.parameters.is_object()) in.note("parameters", "is not an object");
  it.links = in.u32("links", 1, kLinksMax);
  it.deadline = read_time(in, "deadline");
  it.open = read_open(in, "open", it.links);
  return closed(in, std::move(it));
}

Digest benchmark_round(const Benchmark& benchmark, const PublicKey& provider) {
  Bytes number;
  put_u64_be(number, benchmark.number);
  return sha256(
      {as_bytes("assay/benchmark/v1\n"), benchmark.nonce.view(), provider.view(), number});
}

Digest benchmark_link_nonce(const Digest& round, const Digest& last) {
  return sha256({as_bytes("assay/benchmark-link/v1\n"), round.view(), last.view()});
}

Json benchmark_answer_to_json(const BenchmarkAnswer& answer) {
  Json results = Json::array();
  for (const Digest& result : answer.results) results.push(result.hex());
  Json json;
  json.set("round", answer.round.hex())
      .set("results", std::move(results))
      .set("opening_blob", answer.opening_blob.hex());
  return json;
}

Result<BenchmarkAnswer> benchmark_answer_from_json(const Json& json) {
  Fields in(json, "benchmark");
  BenchmarkAnswer it;
  it.round = in.fixed<Digest>("round");
  for (const Json& result : in.array("results", kLinksMax)) {
    const Result<Digest> digest = Digest::parse_hex(result.is_string() ? result.as_string() : "");
    if (!digest.ok()) in.note("results", item_name(it.results.size()) + ": " + digest.error().what);
    it.results.push_back(digest.ok() ? digest.value() : Digest{});
  }
  if (it.results.empty()) in.note("results", "is empty");
  it.opening_blob = in.fixed<Digest>("opening_blob");
  return closed(in, std::move(it));
}

}  // namespace assay::wire
