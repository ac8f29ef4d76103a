// The link table itself, and that CMake refuses what it does not allow.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "core/base/file.h"
#include "tests/catch.h"
#include "tests/tidy/rules.h"

namespace assay::tidy {
namespace {

std::string read_text(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, 1 << 20);
  INFO(path);
  REQUIRE(bytes.ok());
  return std::string(as_text(bytes.value()));
}

Architecture architecture() {
  Result<Architecture> parsed = parse_architecture(read_text(ASSAY_ARCHITECTURE));
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

struct Ran {
  int exit_code = -1;
  std::string output;
};
Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen((command + " 2>&1 </dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  while (std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    ran.output.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

// Configures a project of one target whose rules are the very lines of the root CMakeLists.txt.
Ran configure(const std::string& target) {
  const std::string root = read_text(std::string(ASSAY_SOURCE) + "/CMakeLists.txt");
  const std::size_t begin = root.find("# architecture: begin");
  const std::size_t end = root.find("# architecture: end");
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::string project = "cmake_minimum_required(VERSION 3.25)\nproject(scratch NONE)\n" +
                              root.substr(begin, end - begin) + "\n" + target + "\n";
  const std::string folder = ASSAY_SCRATCH;
  std::filesystem::remove_all(folder);
  REQUIRE(make_folders(folder).ok());
  REQUIRE(write_file_durably(folder + "/CMakeLists.txt", as_bytes(project)).ok());
  return run("'" ASSAY_CMAKE "' -G '" ASSAY_GENERATOR "' -S '" + folder + "' -B '" + folder +
             "/build'");
}

// CMake wraps its messages: one space for every run of blanks.
std::string unwrapped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank || (!out.empty() && out.back() != ' ')) out.push_back(blank ? ' ' : c);
  }
  return out;
}

struct Case {
  const char* target;
  const char* refusal;  // nullptr: allowed
};

}  // namespace

TEST_CASE("prover and verifier cannot reach each other") {
  const Architecture tables = architecture();
  CHECK_FALSE(tables.reach("prover").contains("verifier"));
  CHECK_FALSE(tables.reach("verifier").contains("prover"));
  CHECK_FALSE(tables.reach("service").contains("prover"));
  CHECK_FALSE(tables.reach("assay-prover").contains("verifier"));
  CHECK_FALSE(tables.reach("assay-verifier").contains("prover"));
  // Nor a witness the log that it watches.
  CHECK_FALSE(tables.reach("witness").contains("ledger"));
  CHECK_FALSE(tables.reach("service").contains("witness"));
}

TEST_CASE("core reaches nothing outside core, and policy nothing that stores") {
  const Architecture tables = architecture();
  for (const char* part : {"base", "crypto", "merkle", "wire", "compute"}) {
    for (const std::string& reached : tables.reach(part)) {
      CHECK(Names{"base", "crypto", "merkle", "wire"}.contains(reached));
    }
  }
  CHECK_FALSE(tables.reach("policy").contains("ledger"));
}

TEST_CASE("the table has no circles") {
  const Architecture tables = architecture();
  CHECK(tables.may_link.size() >= 17);
  for (const auto& [target, links] : tables.may_link) {
    INFO(target);
    CHECK_FALSE(tables.reach(target).contains(target));
    for (const std::string& link : links) CHECK(tables.may_link.contains(link));
  }
}

TEST_CASE("each fenced library has the users it was fenced for") {
  const Architecture tables = architecture();
  std::map<std::string, Names> users;
  for (const auto& [target, libraries] : tables.may_use) {
    for (const std::string& library : libraries) users[library].insert(target);
  }
  CHECK(users["OpenSSL::Crypto"] == Names{"crypto"});
  CHECK(users["assay::sodium"] == Names{"crypto"});
  CHECK(users["assay::lmdb"] == Names{"ledger"});
  CHECK(users["nlohmann_json::nlohmann_json"] == Names{"wire"});
  CHECK(users["PNG::PNG"] == Names{"compute"});
  CHECK(users["assay::httplib"] == Names{"api_client", "api_server"});
}

TEST_CASE("configuring fails on a link or a use that the tables do not allow") {
  const Case cases[] = {
      {"assay_target(prover INTERFACE LINKS base compute)", nullptr},
      {"assay_target(ledger INTERFACE LINKS base policy USES assay::lmdb)", nullptr},
      {"assay_target(prover INTERFACE LINKS base verifier)", "does not let prover link verifier."},
      {"assay_target(verifier INTERFACE LINKS prover)", "does not let verifier link prover."},
      {"assay_target(base INTERFACE LINKS crypto)", "does not let base link crypto."},
      {"assay_target(policy INTERFACE LINKS ledger)", "does not let policy link ledger."},
      {"assay_target(service INTERFACE LINKS base USES assay::lmdb)",
       "do not let service use assay::lmdb."},
      {"assay_target(prover INTERFACE USES OpenSSL::Crypto)",
       "do not let prover use OpenSSL::Crypto."},
      {"assay_target(newcomer INTERFACE LINKS base)", "does not let newcomer link base."},
      {"assay_target(prover INTERFACE LINK verifier)", "unknown words LINK;verifier"},
  };
  for (const Case& c : cases) {
    INFO(c.target);
    const Ran ran = configure(c.target);
    INFO(ran.output);
    if (c.refusal == nullptr) {
      CHECK(ran.exit_code == 0);
    } else {
      CHECK(ran.exit_code == 1);
      CHECK(unwrapped(ran.output).find(c.refusal) != std::string::npos);
    }
  }
}

TEST_CASE("a table that is no table is refused") {
  for (const char* text : {"", "link prover base\n", "use crypto x\n", "links prover base\n",
                           "link\nuse crypto x\n"}) {
    INFO(text);
    CHECK_FALSE(parse_architecture(text).ok());
  }
}

}  // namespace assay::tidy
