// api/openapi.yaml and the table of routes must name the same operations.
#include <fstream>
#include <set>

#include "api/server/routes.h"
#include "tests/catch.h"

namespace assay {
namespace {

// The (METHOD path) pairs under `paths:`: a path at two spaces, its methods at four.
std::set<std::string> operations_in_openapi() {
  std::ifstream file(std::string(ASSAY_SOURCE) + "/api/openapi.yaml");
  std::set<std::string> found;
  std::string path;
  bool in_paths = false;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /") && line.ends_with(":")) path = line.substr(2, line.size() - 3);
    for (const std::string& method :
         std::vector<std::string>{"get", "put", "post", "delete", "patch"}) {
      if (line != "    " + method + ":") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
      found.insert(upper + " " + path);
    }
  }
  return found;
}

TEST_CASE("openapi.yaml lists exactly the routes that exist") {
  std::set<std::string> table;
  std::vector<api::RouteName> routes = api::route_names();
  const std::vector<api::RouteName> admin = api::admin_route_names();
  routes.insert(routes.end(), admin.begin(), admin.end());
  for (const api::RouteName& route : routes) {
    std::string pattern(route.pattern);
    if (const std::size_t star = pattern.find("*}"); star != std::string::npos) {
      pattern.erase(star, 1);
    }
    table.insert(std::string(route.method) + " " + pattern);
  }
  const std::set<std::string> documented = operations_in_openapi();
  CHECK(documented.size() >= 50);
  for (const std::string& each : table) {
    INFO("not in openapi.yaml: " << each);
    CHECK(documented.count(each) == 1);
  }
  for (const std::string& each : documented) {
    INFO("no such route: " << each);
    CHECK(table.count(each) == 1);
  }
}

}  // namespace
}  // namespace assay
