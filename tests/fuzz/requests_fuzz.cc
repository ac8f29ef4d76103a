// HTTP requests from their head to the port, as text: "METHOD TARGET", header lines, an empty line,
// the body. And what people write on command lines: URLs, addresses, durations, prices.
#include "api/cli/units.h"
#include "api/client/base_url.h"
#include "api/client/problem.h"
#include "api/port/batch.h"
#include "api/server/listen_address.h"
#include "api/server/query.h"
#include "api/server/request_guard.h"
#include "api/server/routes.h"
#include "core/wire/error_report.h"
#include "tests/asked_port.h"
#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {
namespace {

using namespace api;

constexpr RouteOptions kOptions{.blob_bytes_max = std::size_t{1} << 16};

// Takes what the routes hand on, and looks at it: a name that reached it is safe to look up.
class AnyPort final : public test::AskedPort, public AdminPort {
 public:
  Result<Accepted> submit(wire::Kind, const std::string&) override { return Accepted{}; }
  Result<std::string> poll(const std::string&) override { return std::string("{}"); }
  Status put_blob(const Digest&, ByteView) override { return {}; }
  Result<Bytes> get_blob(const Digest&) override { return Bytes{1}; }
  // Texts, not names: a query may hold what a path may not, and the body of a match anything.
  Result<Found> search(const Search& search) override {
    for (const std::string& text : {search.query, search.sort}) {
      require(text.size() <= kTextBytesMax, "a text is short", text);
      for (const char c : text) require(c >= ' ' && c <= '~', "a text is printable", text);
    }
    look(search.page.cursor);
    return Found{.etag = "tag", .document = Json::object({})};
  }
  Result<Json> match(const std::string&) override { return Json::object({}); }
  Json readiness() override { return Json::object({{"ready", true}}); }
  std::string metrics() override { return "x 1\n"; }

 private:
  static void look(const std::string& call) {
    require(call.size() < 2 * kTargetBytesMax, "a name is short", call);
    for (const char c : call) require(c >= ' ' && c <= '~', "a name is printable", call);
    require(call.find("/..") == std::string::npos, "a name is no way out", call);
  }
  Result<Json> answer_document(const std::string& call) override {
    look(call);
    return Json::object({{"call", call}});
  }
  Result<std::string> answer_text(const std::string& call) override {
    look(call);
    return call;
  }
  Result<Bytes> answer_bytes(const std::string& call) override {
    look(call);
    return to_bytes(as_bytes(call));
  }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view take(std::string_view& rest, std::string_view until) {
  const std::size_t end = std::min(rest.find(until), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + until.size(), rest.size()));
  return taken;
}

Request read_request(std::string_view text) {
  Request request;
  std::string_view line = take(text, "\n");
  request.method = take(line, " ");
  request.path = take(line, "?");
  request.query = line;
  for (line = take(text, "\n"); !line.empty(); line = take(text, "\n")) {
    const std::string_view name = take(line, ": ");
    request.headers.emplace_back(lower(name), line);
  }
  request.body = text;
  return request;
}

void check_response(const Response& response) {
  require(response.status >= 200 && response.status < 600, "a status is one");
  for (const Header& header : response.headers) {
    const bool whole = header.second.find_first_of("\r\n") == std::string::npos;
    require(whole, "an answer's headers are one line each", header.first);
  }
  if (response.status < 400) return;
  require(response.content_type == "application/problem+json", "errors are problem documents");
  const Error error = error_of(response.status, response.body);
  check_refusal(error, {Code::malformed, Code::not_found, Code::signature, Code::permission,
                        Code::conflict, Code::no_evidence, Code::proof, Code::unbound});
}

void ask(const Request& request) {
  AnyPort port;
  const std::size_t body_max = body_bytes_max(request, kOptions);
  (void)accepted(content_length(request));
  if (const std::optional<Response> refused = refuse(request, body_max)) {
    check_response(*refused);
    require(refused->status >= 400, "a refusal is one");
    return;  // as the transport does
  }
  check_response(handle(request, port, kOptions));
  check_response(handle_admin(request, port));
}

// What comes out of a batch is what stands in it, and makes the same batch again.
void read_batch(std::string_view text) {
  const std::string whole = "{\"envelopes\":[" + std::string(text) + "]}";
  const Result<std::vector<std::string_view>> parsed = parse_batch(whole);
  if (stands_alone(text)) {
    require(parsed.ok() && parsed.value().size() == 1, "what stands alone is one of a batch", text);
  }
  if (!accepted(parsed)) return;
  std::vector<std::string> again;
  for (const std::string_view each : parsed.value()) {
    require(stands_alone(each), "an envelope of a batch stands alone", each);
    again.emplace_back(each);
  }
  const std::string written = batch_text(again);
  const Result<std::vector<std::string_view>> read = parse_batch(written);
  require(read.ok() && std::ranges::equal(read.value(), again), "a batch is read as written", text);
}

void read_words(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const Result<Query> query =
      Query::parse(line, {"cursor", "limit", "after", {"query", Parameter::Form::text}});
  if (accepted(query)) {
    (void)accepted(query.value().number("limit", 1, 1, 100));
    require(query.value().text("cursor").size() <= 128, "a parameter is short");
  }
  const Result<BaseUrl> url = parse_base_url(line);
  if (accepted(url, {Code::usage})) require(!url.value().host.empty(), "a URL has a host", line);
  const Result<ListenAddress> address = parse_listen_address(line);
  if (accepted(address, {Code::usage})) {
    require(parse_base_url(address.value().url()).ok() || address.value().port == 0,
            "a listener's URL is one", line);
  }
  const Result<std::int64_t> duration = cli::parse_duration_ms(line);
  if (accepted(duration, {Code::usage})) {
    require(duration.value() > 0 && !cli::duration_text(duration.value()).empty(),
            "a duration is above 0", line);
  }
  const Result<std::uint64_t> price = cli::parse_price_micros(line);
  if (accepted(price, {Code::usage})) {
    const Result<std::uint64_t> again = cli::parse_price_micros(cli::price_text(price.value()));
    require(again.ok() && again.value() == price.value(), "a price is read as written", line);
  }
  for (const int status : {400, 404, 503}) {
    // A server's own words, as they are: whoever prints them makes them printable.
    const Error error = error_of(status, text);
    require(!error.what.empty(), "a refusal says what is wrong");
    const std::string shown = wire::error_line(error, false);
    require(shown == wire::printable(shown), "a line has no control characters", shown);
  }
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const std::string_view text = assay::as_text({data, size});
  const MemoryBound bound(memory_for(size));
  const Request request = read_request(text);
  ask(request);
  read_batch(request.body);
  read_words(text);
  return 0;
}
