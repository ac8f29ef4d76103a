#include "tests/api/contract/recorder.h"

#include "core/base/file.h"
#include "core/wire/json.h"

namespace assay::test {

using wire::Json;

namespace {

// "/v1/jobs/9f…" and "/v1/jobs/1c…" are alike.
std::string shape(const std::string& path) {
  std::string out;
  std::size_t begin = 0;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin + 1), path.size());
    const std::string part = path.substr(begin, end - begin);
    const bool is_id = part.find_first_of("0123456789") != std::string::npos && part != "/v1";
    out += is_id ? "/#" : part;
    begin = end;
  }
  return out;
}

Json headers_json(const std::vector<api::Header>& headers) {
  Json json = Json::array();
  for (const api::Header& header : headers) {
    Json pair = Json::array();
    pair.push(header.first);
    pair.push(header.second);
    json.push(std::move(pair));
  }
  return json;
}

}  // namespace

void Recorder::note(const api::Request& request, const api::Response& response) {
  if (request.body.size() > kBodyBytesMax || response.body.size() > kBodyBytesMax) return;
  const std::scoped_lock lock(mutex_);
  const std::string kind =
      request.method + " " + shape(request.path) + " " + std::to_string(response.status);
  if (++alike_[kind] > kAlikeMax) return;
  Json json = Json::object({{"method", request.method},
                            {"path", request.path},
                            {"query", request.query},
                            {"request_body", to_base64(as_bytes(request.body))},
                            {"status", response.status},
                            {"content_type", response.content_type},
                            {"response_body", to_base64(as_bytes(response.body))}});
  json.set("request_headers", headers_json(request.headers));
  json.set("response_headers", headers_json(response.headers));
  lines_.push_back(json.dump());
}

Status Recorder::write(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return write_file_durably(path, as_bytes(text));
}

}  // namespace assay::test
