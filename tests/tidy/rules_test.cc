// Every rule against small samples: one that breaks it, and near misses that do not.
#include <algorithm>

#include "tests/catch.h"
#include "tests/tidy/rules.h"

namespace assay::tidy {
namespace {

Architecture sample_architecture() {
  Result<Architecture> parsed = parse_architecture(
      "link base\n"
      "link crypto base\n"
      "link wire base crypto\n"
      "link compute base\n"
      "link prover base compute\n"
      "link verifier base compute\n"
      "link assay-bench base prover\n"
      "use crypto OpenSSL::Crypto assay::sodium\n"
      "use wire nlohmann_json::nlohmann_json\n"
      "use ledger assay::lmdb\n"
      "use api_client assay::httplib\n"
      "use assay assay::cli11\n");
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

const Names kFiles = {
    "core/base/bytes.h", "core/compute/engine.h", "prover/agent.h",
    "verifier/judge.h",  "tests/catch.h",         "tools/odd.h",
};

struct Sample {
  const char* rule;  // the one rule it breaks; "" for none
  const char* path;
  std::string text;
};

std::string repeated(const std::string& part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

const std::string kHeader = "// What it is.\n#pragma once\n";

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"", "core/base/a.cc", "#include <string>\n"},
      {"layout", "core/extra/a.cc", "int a;\n"},
      {"layout", "tools/a.cc", "int a;\n"},
      {"", "tests/prover/a_test.cc", "int a;\n"},

      {"include", "prover/a.cc", "#include \"verifier/judge.h\"\n"},
      {"include", "verifier/a.cc", "#include \"prover/agent.h\"\n"},
      {"include", "verifier/a.cc", "  #  include  \"prover/agent.h\"  // why\n"},
      {"include", "core/base/a.cc", "#include \"core/compute/engine.h\"\n"},
      {"include", "prover/a.cc", "#include \"agent.h\"\n"},
      {"include", "prover/a.cc", "#include \"../verifier/judge.h\"\n"},
      {"include", "prover/a.cc", "#include \"tests/catch.h\"\n"},
      {"include", "prover/a.cc", "#include \"tools/odd.h\"\n"},
      {"include", "tests/bench/a.cc", "#include \"verifier/judge.h\"\n"},
      {"include", "tests/prover/a_test.cc", "#include \"agent.h\"\n"},
      {"", "prover/a.cc", "#include \"core/base/bytes.h\"\n#include \"prover/agent.h\"\n"},
      {"", "prover/a.cc", "// #include \"verifier/judge.h\"\n"},
      {"", "prover/a.cc", "/*\n#include \"verifier/judge.h\"\n*/\n"},
      {"", "tests/bench/a.cc", "#include \"prover/agent.h\"\n"},
      {"", "tests/sim/a_test.cc", "#include \"prover/agent.h\"\n#include \"verifier/judge.h\"\n"},

      {"fence", "prover/a.cc", "#include <openssl/evp.h>\n"},
      {"fence", "core/wire/a.cc", "#include <sodium.h>\n"},
      {"fence", "core/wire/a.cc", "#include <sodium/crypto_sign.h>\n"},
      {"fence", "verifier/service/a.cc", "#include <lmdb.h>\n"},
      {"fence", "core/base/a.cc", "#include <httplib.h>\n"},
      {"fence", "core/wire/order.cc", "#include <nlohmann/json.hpp>\n"},
      {"fence", "prover/a.cc", "#include <png.h>\n"},
      {"fence", "prover/a.cc", "#include <CLI/CLI.hpp>\n"},
      {"fence", "core/compute/cpu/a.cc", "#include <cuda_runtime.h>\n"},
      {"fence", "prover/a.cc", "#include <cublasLt.h>\n"},
      {"", "core/crypto/a.cc", "#include <openssl/evp.h>\n#include <sodium.h>\n"},
      {"", "core/wire/json.cc", "#include <nlohmann/json.hpp>\n"},
      {"", "core/compute/cuda/a.cu", "#include <cuda_runtime.h>\n"},
      {"", "reputation/ledger/a.cc", "#include <lmdb.h>\n"},
      {"", "api/client/a.cc", "#include <httplib.h>\n"},
      {"", "api/cli/a.cc", "#include <CLI/CLI.hpp>\n"},
      {"", "api/tls.cc", "#include <openssl/ssl.h>\n"},
      {"", "tests/api/a_test.cc", "#include <httplib.h>\n"},

      {"header", "prover/a.h", "#pragma once\n"},
      {"header", "prover/a.h", "// What it is.\n"},
      {"header", "prover/a.h", "// What it is.\n// #pragma once\n"},
      {"header", "core/compute/cuda/a.cuh", "#pragma once\n"},
      {"", "prover/a.h", kHeader},

      {"text", "prover/a.cc", "// " + repeated("x", 98) + "\n"},
      {"text", "prover/a.cc", "int a; \n"},
      {"text", "prover/a.cc", "\tint a;\n"},
      {"text", "prover/a.cc", "int a;\r\n"},
      {"text", "prover/a.cc", "int a;"},
      {"text", "run", "echo \n"},
      {"", "prover/a.cc", "// " + repeated("x", 97) + "\n"},
      {"", "prover/a.cc", "// " + repeated("\u00e9", 97) + "\n"},

      {"unfinished", "prover/a.cc",
       "// TO"
       "DO: later\n"},
      {"unfinished", "CMakeLists.txt",
       "# FIX"
       "ME\n"},
      {"unfinished", "run",
       "# X"
       "XX\n"},
      {"", "run", "mktemp -d /tmp/assay.XXXXXX\n"},

      {"namespace", "prover/a.cc", "using namespace std;\n"},
      {"namespace", "tests/prover/a_test.cc", "using  namespace  std ;\n"},
      {"", "prover/a.cc", "using namespace std::chrono_literals;\n"},
      {"", "prover/a.cc", "// using namespace std;\n"},

      {"iostream", "prover/a.cc", "#include <iostream>\n"},
      {"", "prover/main.cc", "#include <iostream>\n"},
      {"", "prover/a.cc", "#include <ostream>\n"},

      {"libm", "core/compute/a.cc", "float y = std::exp(x);\n"},
      {"libm", "core/compute/cpu/a.cc", "float y = sinf (x);\n"},
      {"libm", "core/compute/a.cc", "// tidy: not committed\nfloat y = pow(x, 2);\n"},
      {"libm", "core/compute/a.cc", "// tidy: not committed: sure\ny = pow(x, 2);\n"},
      {"", "core/compute/a.cc",
       "// The picture is for eyes (tidy: not committed).\ny = pow(x, 2);\n"},
      {"", "core/compute/a.cc", "// tidy: not committed: a preview, for eyes\ny = pow(x, 2);\n"},
      {"", "core/compute/a.cc", "float y = std::sqrt(x) + expand(x) + my_log(x);\n"},
      {"", "core/compute/a.cc", "// not exp(x)\nfail(\"log(x)\");\n"},
      {"", "verifier/a.cc", "double y = std::log(x);\n"},

      {"injected", "prover/a.cc", "auto t = std::chrono::system_clock::now();\n"},
      {"injected", "verifier/service/a.cc", "auto t = std::chrono::steady_clock::now();\n"},
      {"injected", "reputation/ledger/a.cc", "std::random_device device;\n"},
      {"", "core/base/time.cc", "auto t = std::chrono::system_clock::now();\n"},
      {"", "prover/main.cc", "auto t = std::chrono::steady_clock::now();\n"},
      {"", "tests/sim/a_test.cc", "auto t = std::chrono::steady_clock::now();\n"},

      {"storage", "reputation/ledger/a.cc", "open(env, MDB_NOSYNC);\n"},
      {"storage", "reputation/ledger/a.cc", "open(env, MDB_NOMETASYNC | MDB_CREATE);\n"},
      {"storage", "reputation/ledger/a.cc", "open(env, MDB_WRITEMAP);\n"},
      {"storage", "reputation/ledger/a.cc", "open(env, MDB_DUPSORT);\n"},
      {"", "reputation/ledger/a.cc", "open(env, MDB_NOTLS);  // never MDB_NOSYNC\n"},

      {"flags", "CMakeLists.txt", "add_compile_options(-ffast-math)\n"},
      {"flags", "CMakeLists.txt", "add_compile_options(-march=native)\n"},
      {"flags", "CMakePresets.json", "\"CMAKE_CXX_FLAGS\": \"-Ofast\"\n"},
      {"flags", "core/compute/cuda/CMakeLists.txt", "set(flags --use_fast_math)\n"},
      {"flags", "core/compute/a.cc", "#pragma GCC optimize(\"fast-math\")\n"},
      {"", "CMakeLists.txt", "add_compile_options(-ffp-contract=off -fno-math-errno)\n"},

      {"target", "prover/CMakeLists.txt", "add_library(prover a.cc)\n"},
      {"target", "core/CMakeLists.txt", "  target_link_libraries (prover verifier)\n"},
      {"", "prover/CMakeLists.txt", "# not add_library(prover)\nassay_target(prover a.cc)\n"},
      {"", "tests/CMakeLists.txt", "add_executable(a a.cc)\n"},

      {"length", "prover/a.cc", repeated("int a;\n", 401)},
      {"", "prover/a.cc", repeated("int a;\n", 400)},
      {"", "tests/make_vectors.py", repeated("pass\n", 401)},
  };
  return all;
}

}  // namespace

TEST_CASE("each sample breaks the rule it was made to break, and no other") {
  const Architecture architecture = sample_architecture();
  for (const Sample& sample : samples()) {
    INFO(sample.path << ":\n" << sample.text.substr(0, 200));
    const std::vector<Finding> findings = check(sample.path, sample.text, architecture, kFiles);
    CHECK(findings.empty() == (*sample.rule == '\0'));
    for (const Finding& finding : findings) {
      INFO(finding.line << ": " << finding.what);
      CHECK(finding.rule == sample.rule);
    }
  }
}

TEST_CASE("every rule has a sample that breaks it") {
  for (const char* rule :
       {"layout", "include", "fence", "header", "text", "unfinished", "namespace", "iostream",
        "libm", "injected", "storage", "flags", "target", "length"}) {
    INFO(rule);
    CHECK(std::any_of(samples().begin(), samples().end(),
                      [&](const Sample& sample) { return sample.rule == std::string(rule); }));
  }
}

TEST_CASE("a finding names its line") {
  const std::vector<Finding> findings =
      check("prover/a.cc", "int a;\nint b; \n", sample_architecture(), kFiles);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].line == 2);
}

TEST_CASE("comments and literals are blanked, code and line ends stay") {
  struct {
    const char* text;
    const char* code;
  } const cases[] = {
      {"a; // b\nc;", "a;     \nc;"},
      {"a /* b\nc */ d", "a     \n     d"},
      {"f(\"a // b\", 'c')", "f(\"      \", ' ')"},
      {"f(\"a\\\"b\") c", "f(\"    \") c"},
      {"n = 1'000; m = 2'0;", "n = 1'000; m = 2'0;"},
      {"f(R\"x(a)\"b)x\") c", "f(           ) c"},
      {"f(\"open\nnext", "f(\"    \nnext"},
      {"a /* never closed", "a                "},
      {"end \"\\", "end \" "},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(code_only(c.text) == c.code);
  }
}

TEST_CASE("folders belong to targets") {
  CHECK(owner_of("core/wire/json.cc") == "wire");
  CHECK(owner_of("prover/main.cc") == "assay-prover");
  CHECK(owner_of("prover/main_options.h") == "assay-prover");
  CHECK(owner_of("prover/mainland.cc") == "prover");
  CHECK(owner_of("verifier/service/intake.cc") == "service");
  CHECK(owner_of("verifier/witness/decide.cc") == "witness");
  CHECK(owner_of("verifier/judge.cc") == "verifier");
  CHECK(owner_of("api/client/http.cc") == "api_client");
  CHECK(owner_of("tests/bench/main.cc") == "assay-bench");
  CHECK_FALSE(owner_of("tests/core/base/bytes_test.cc"));
  CHECK_FALSE(owner_of("core/basement/a.cc"));
}

}  // namespace assay::tidy
