// A Port for fakes. Every read but get_blob() comes to one of three functions with what was asked
// for in words, such as "provider abc", "providers cursor 50" or "checkpoint"; by themselves they
// answer not_found. A fake overrides these, or the calls that it is about. As thread-safe as what
// overrides it.
#pragma once

#include <string>

#include "api/port/port.h"

namespace assay::test {

class AskedPort : public api::Port {
 public:
  using Json = wire::Json;

  Result<Json> ask_opening(const std::string& job, const std::string& request) override {
    return answer_document("ask_opening " + job + " " + request);
  }
  Status give_opening(const Digest& request, ByteView) override {
    return nothing("opening request " + request.hex());
  }
  Result<Json> providers(const api::Page& page) override {
    return answer_document("providers " + words(page));
  }
  Result<api::Found> search(const api::Search& search) override {
    Result<Json> document =
        answer_document("search " + search.query + "|" + search.sort + "|" + words(search.page));
    if (!document.ok()) return document.error();
    return api::Found{.etag = "", .document = std::move(document).value()};
  }
  Result<Json> match(const std::string& request) override {
    return answer_document("match " + request);
  }
  Result<Json> provider(const std::string& id) override {
    return answer_document("provider " + id);
  }
  Result<Json> explain(const std::string& id) override { return answer_document("explain " + id); }
  Result<Json> job(const std::string& id) override { return answer_document("job " + id); }
  Result<Json> preview(const std::string& job, std::uint64_t after) override {
    return answer_document("preview " + job + " " + std::to_string(after));
  }
  Result<Json> slashes(const api::Page& page) override {
    return answer_document("slashes " + words(page));
  }
  Result<Json> dispute(const std::string& id) override { return answer_document("dispute " + id); }
  Result<Json> challenge(const std::string& id) override {
    return answer_document("challenge " + id);
  }
  Result<std::string> worker_call(const std::string& envelope) override {
    return answer_text("worker_call " + envelope);
  }
  Status worker_result(const std::string& envelope) override {
    return nothing("lease of " + envelope);
  }
  Result<std::string> kept_worker_result(const std::string& digest) override {
    return answer_text("kept_worker_result " + digest);
  }
  Result<Json> workers() override { return answer_document("workers"); }
  Result<Json> slash(const std::string& id) override { return answer_document("slash " + id); }
  Result<Json> overview() override { return answer_document("overview"); }
  Result<Json> uptime(const std::string& id) override { return answer_document("uptime " + id); }
  Result<Json> provider_part(const std::string& id, api::ProviderPart part) override {
    return answer_document(std::string(api::part_path(part)) + " " + id);
  }
  Result<Json> events(std::uint64_t after, std::uint32_t limit) override {
    return answer_document("events " + std::to_string(after) + " " + std::to_string(limit));
  }
  Result<std::string> score(const std::string& id) override { return answer_text("score " + id); }
  Result<std::string> final_score(const std::string& id, const std::string& class_name) override {
    return answer_text("final score " + id + " " + class_name);
  }
  Result<std::string> settlement(const std::string& job) override {
    return answer_text("settlement " + job);
  }
  Result<std::string> receipt(const std::string& job) override {
    return answer_text("receipt " + job);
  }
  Result<std::string> evidence(const std::string& slash) override {
    return answer_text("evidence " + slash);
  }
  Result<Bytes> result(const std::string& job) override { return answer_bytes("result " + job); }
  Result<std::string> checkpoint() override { return answer_text("checkpoint"); }
  Result<Bytes> tile(const std::string& path) override { return answer_bytes("tile " + path); }
  Result<std::string> policy(const std::string& digest) override {
    return answer_text("policy " + digest);
  }
  Result<std::string> trust() override { return answer_text("trust"); }

 protected:
  virtual Result<Json> answer_document(const std::string& call) { return nothing(call); }
  virtual Result<std::string> answer_text(const std::string& call) { return nothing(call); }
  virtual Result<Bytes> answer_bytes(const std::string& call) { return nothing(call); }

 private:
  static Error nothing(const std::string& call) {
    return fail(Code::not_found, "the fake has no " + call);
  }
  static std::string words(const api::Page& page) {
    return page.cursor + " " + std::to_string(page.limit);
  }
};

}  // namespace assay::test
