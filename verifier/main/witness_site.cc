#include "verifier/main/witness_site.h"

#include "core/wire/text.h"

namespace assay::verifier {
namespace {

constexpr const char* kPath = "/add-checkpoint";

api::Response respond(const api::Request& request, witness::Witness& witness) {
  if (request.path != kPath) {
    return api::problem(fail(Code::not_found, "a witness has one route: POST /add-checkpoint"));
  }
  if (request.method != "POST") {
    api::Response other = api::problem(fail(Code::malformed, wire::people_text(request.method, 16) +
                                                                 " is not for this path: POST"),
                                       405);
    other.headers.push_back({"Allow", "POST"});
    return other;
  }
  if (!request.query.empty())
    return api::problem(fail(Code::malformed, "query: none is known here"));
  witness::Answer answer = witness.add_checkpoint(request.body);
  return {answer.status,
          std::move(answer.content_type),
          {{"Cache-Control", "no-store"}},
          std::move(answer.body)};
}

}  // namespace

api::Site witness_site(witness::Witness& witness) {
  return {[&witness](const api::Request& request) { return respond(request, witness); },
          [](const api::Request& head) {
            return head.path == kPath && head.method == "POST" ? wire::kAddCheckpointBytesMax
                                                               : std::size_t{0};
          }};
}

}  // namespace assay::verifier
