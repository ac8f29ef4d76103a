#include "api/server/pages.h"

#include "api/server/routes.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay {
namespace {

using api::PageAnswer;
using api::PageFile;
using api::Response;

const PageFile kFiles[] = {{"/", "text/html; charset=utf-8", "<!doctype html>"},
                           {"/assets/app-1.js", "text/javascript; charset=utf-8", "1"}};

std::string header(const Response& response, std::string_view name) {
  const std::string* found = response.header(name);
  return found == nullptr ? "" : *found;
}

TEST_CASE("every view gets the document, and a policy that lets no foreign script in") {
  const std::string id(64, 'a');
  for (const std::string& path :
       {std::string("/"), std::string("/providers"), "/providers/" + id, std::string("/receipt"),
        std::string("/slashes"), std::string("/slashes/46"), std::string("/log")}) {
    INFO(path);
    const std::optional<PageAnswer> page = api::find_page(kFiles, path);
    REQUIRE(page);
    CHECK(page->response.status == 200);
    CHECK(page->response.body == "<!doctype html>");
    CHECK_FALSE(page->is_asset);
    const std::string policy = header(page->response, "Content-Security-Policy");
    CHECK(policy.find("default-src 'none'; script-src 'self'") == 0);
    CHECK(policy.find("unsafe") == std::string::npos);
  }
}

TEST_CASE("an asset is told apart, and nothing else is a page") {
  const std::optional<PageAnswer> asset = api::find_page(kFiles, "/assets/app-1.js");
  REQUIRE(asset);
  CHECK(asset->is_asset);
  CHECK(asset->response.content_type == "text/javascript; charset=utf-8");
  CHECK(header(asset->response, "X-Content-Type-Options") == "nosniff");
  for (const char* path :
       {"", "/assets", "/assets/", "/assets/app-2.js", "/providers/", "/slashes/", "/slashes/4x",
        "/providers/../x", "/index.html", "//", "/log/"}) {
    INFO(path);
    CHECK_FALSE(api::find_page(kFiles, path));
  }
}

TEST_CASE("without pages the root says what is missing, and other paths are not there") {
  const std::optional<PageAnswer> root = api::find_page({}, "/");
  REQUIRE(root);
  CHECK(root->response.content_type == "text/plain; charset=utf-8");
  CHECK(root->response.body.find("apt install nodejs npm") != std::string::npos);
  CHECK_FALSE(api::find_page({}, "/providers"));
}

TEST_CASE("routes answer with pages: kept by their tag, and for ever where the name has a hash") {
  test::FakePort port;
  api::Request request{"GET", "/", "any=thing", {}, ""};
  const Response root = api::handle(request, port);
  CHECK(root.status == 200);
  CHECK(header(root, "Cache-Control") == "no-cache");
  request.headers.push_back({"if-none-match", header(root, "ETag")});
  CHECK(api::handle(request, port).status == 304);
  CHECK(api::handle({"HEAD", "/", "", {}, ""}, port).status == 200);
  CHECK(api::handle({"POST", "/", "", {}, ""}, port).status == 404);
  CHECK(port.calls() == 0);
  for (const PageFile& file : api::page_files()) {
    const Response got = api::handle({"GET", std::string(file.path), "", {}, ""}, port);
    INFO(file.path);
    CHECK(got.status == 200);
    CHECK(got.body == file.bytes);
    const bool keeps = header(got, "Cache-Control").find("immutable") != std::string::npos;
    CHECK(keeps == file.path.starts_with("/assets/"));
  }
}

}  // namespace
}  // namespace assay
