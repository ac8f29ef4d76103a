// The whole demo as its users run it, then everything it leaves behind: the summary, the receipt
// with the verifier stopped, the fraud proof, and the service that goes on from its data.
#include <algorithm>
#include <cctype>
#include <functional>

#include "api/cli/demo/children.h"
#include "core/base/file.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/wire/receipt.h"
#include "core/wire/statement.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"

namespace assay::test {
namespace {

constexpr int kFlips = 200;
constexpr std::size_t kFileMax = std::size_t{64} << 20;

const wire::Json& at(const wire::Json& json, const char* key) {
  const wire::Json* found = json.find(key);
  REQUIRE(found != nullptr);
  return *found;
}

void check_summary(const wire::Json& summary) {
  CHECK(at(summary, "false_accusations").as_u64() == 0U);
  CHECK(at(summary, "seconds").as_double() > 0);
  CHECK(at(summary, "jobs").as_u64().value_or(0) > 40);
  const wire::Json::Array& providers = at(summary, "providers").items();
  REQUIRE(providers.size() == 10);
  int honest = 0;
  for (const wire::Json& provider : providers) {
    INFO(provider.dump());
    CHECK(at(provider, "id").as_string().size() == 64);
    const bool is_honest = at(provider, "kind").as_string() == "honest";
    CHECK(at(provider, "honest").as_bool() == is_honest);
    honest += is_honest ? 1 : 0;
    if (is_honest) {
      CHECK(at(provider, "caught_after_jobs").is_null());
      CHECK(at(provider, "score_ppm").as_u64().value_or(0) > 300'000);
    } else {
      CHECK(at(provider, "caught_after_jobs").as_u64().value_or(0) >= 1);
      CHECK(at(provider, "score_ppm").as_u64() == 0U);
    }
  }
  CHECK(honest == 5);
}

// Any one bit of a receipt, wherever it is.
void check_flips(const std::string& demo, const std::string& name, int flips,
                 const std::string& scratch) {
  const Result<Bytes> receipt = read_file(demo + "/" + name, kFileMax);
  REQUIRE(receipt.ok());
  SeededRandom random(20261122);
  for (int i = 0; i < flips; ++i) {
    Bytes bytes = receipt.value();
    const std::uint64_t bit = random.below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    REQUIRE(write_file_durably(scratch, bytes).ok());
    const Ran ran = assay("audit -q " + scratch + " --policy " + demo + "/policy.txt --model " +
                          demo + "/model.pack");
    INFO(name << ", bit " << bit << ": " << ran.err);
    CHECK((ran.code == 8 || ran.code == 10 || ran.code == 11 || ran.code == 12 || ran.code == 13));
  }
}

std::string text_of(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, kFileMax);
  REQUIRE(bytes.ok());
  return std::string(as_text(bytes.value()));
}

// Each piece is there to be looked at, and its receipt holds with the result and a replay.
void check_pieces(const std::string& demo) {
  for (const char* picture : {"/picture.png", "/simulation.png"}) {
    CHECK(text_of(demo + picture).starts_with("\x89PNG"));
  }
  const struct {
    const char* receipt;
    const char* result;
    const char* model;
  } cases[] = {{"receipt.assay", "picture.raw", ""},
               {"story.assay", "story.raw", "model.pack"},
               {"simulation.assay", "simulation.raw", ""}};
  const std::string words = " --policy " + demo + "/policy.txt --replay 8";
  for (const auto& c : cases) {
    const std::string model = *c.model == '\0' ? "" : " --model " + demo + "/" + c.model;
    const std::string asked = "audit " + demo + "/" + c.receipt + words + model + " --result ";
    const Ran audit = assay(asked + demo + "/" + c.result);
    INFO(c.receipt << ": " << audit.out << audit.err);
    CHECK(audit.code == 0);
    CHECK(assay(asked + demo + "/policy.txt").code == 13);
  }
}

// A story that somebody can read: words of letters, in sentences, that go on from the beginning.
void check_story(const std::string& demo) {
  const std::string story = text_of(demo + "/story.txt");
  INFO(story);
  CHECK(story.starts_with("Once upon a time"));
  CHECK(std::count(story.begin(), story.end(), ' ') >= 20);
  CHECK(std::count(story.begin(), story.end(), '.') >= 2);
  CHECK(std::all_of(story.begin(), story.end(), [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(" .,!?'\"-\n").find(c) != std::string_view::npos;
  }));
  int known = 0;
  for (const char* word : {" a ", " the ", " and ", " was ", " said", " to "}) {
    known += story.find(word) != std::string::npos ? 1 : 0;
  }
  CHECK(known >= 3);
}

// A receipt as somebody shows it who left out what the verifier concluded.
std::string without_verdict(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, kFileMax);
  REQUIRE(bytes.ok());
  Result<wire::CaseFile> file = wire::parse_case_file(as_text(bytes.value()));
  REQUIRE(file.ok());
  for (const wire::Kind kind :
       {wire::Kind::draw, wire::Kind::spotcheck, wire::Kind::verdict, wire::Kind::summary}) {
    std::erase_if(file.value().entries, [kind](const wire::LoggedEntry& entry) {
      return entry.name == wire::entry_name(kind);
    });
  }
  file.value().openings.clear();
  return wire::case_file_text(file.value());
}

// Signed and logged, but never audited: no failure, unless the caller says so.
void check_require_audit(const std::string& demo, const std::string& scratch) {
  const std::string words = " --policy " + demo + "/policy.txt";
  const std::string asked = words + " --require-audit";
  CHECK(assay("audit " + demo + "/receipt.assay" + asked).code == 0);
  const std::string text = without_verdict(demo + "/receipt.assay");
  REQUIRE(write_file_durably(scratch, as_bytes(text)).ok());
  const Ran silent = assay("audit " + scratch + words);
  INFO(silent.out << silent.err);
  CHECK(silent.code == 0);
  CHECK(silent.out.find("NOT_AUDITED") != std::string::npos);
  const Ran refused = assay("audit " + scratch + asked + " --json");
  CHECK(refused.code == 11);
  CHECK(error_of(refused).find("code")->as_string() == "no_evidence");
  const Result<wire::Json> report = wire::parse_json(refused.out);
  REQUIRE(report.ok());
  CHECK(at(report.value(), "level").as_string() == "NOT_AUDITED");
  CHECK_FALSE(at(report.value(), "ok").as_bool());

  const Ran unread = assay("audit " + demo + "/story.assay" + words);
  INFO(unread.err);
  CHECK(unread.code == 11);
  CHECK(unread.err.find("give --model DIR") != std::string::npos);
  CHECK(unread.out.find("NOT_LOOKED_AT") != std::string::npos);

  // One that failed earlier may have been audited all the same.
  REQUIRE(write_file_durably(scratch, as_bytes(text.substr(0, text.size() / 2))).ok());
  const Ran broken = assay("audit " + scratch + words);
  INFO(broken.out << broken.err);
  CHECK(broken.code == 8);
  CHECK(broken.out.find("NOT_LOOKED_AT") != std::string::npos);
}

std::string wait_for_url(const std::string& log) {
  for (int i = 0; i < 600; ++i) {
    const Result<Bytes> bytes = read_file(log, kFileMax);
    const std::string text(bytes.ok() ? as_text(bytes.value()) : "");
    const std::size_t from = text.find("http://");
    const std::size_t end = text.find('\n', from);
    if (from != std::string::npos && end != std::string::npos) return text.substr(from, end - from);
    system_clock().sleep(50);
  }
  return "";
}

// A renter looks at places of a flow that no draw named: its provider opens them, or is gone.
void check_own_positions(const std::string& url, const std::string& policy,
                         const TemporaryFolder& folder,
                         const std::function<void()>& stop_provider) {
  const std::string flow =
      R"({"system":"lattice","size":[32,32,4],"steps":8,"steps_per_commit":4,)"
      R"("viscosity_millionths":20000,"start":"vortices","speed_millionths":50000})";
  REQUIRE(write_file_durably(folder / "flow.json", as_bytes(flow)).ok());
  const Ran submit =
      assay("job submit --workload simulate --parameters " + (folder / "flow.json") +
                " --wait --provider alder --deadline 60s --key " + (folder / "key") + " --out " +
                (folder / "flow.png") + " --receipt " + (folder / "flow.assay"),
            "ASSAY_VERIFIER=" + url);
  INFO(submit.err);
  REQUIRE(submit.code == 0);
  const auto audit = [&](const std::string& more, int code = 0) {
    const Ran ran = assay("audit " + (folder / "flow.assay") + " --policy " + policy +
                          " --json --replay " + more);
    INFO(ran.out << ran.err);
    CHECK(ran.code == code);
    return wire::parse_json(ran.out).value();
  };
  CHECK(at(at(audit("2"), "own_bound"), "unit").as_string() == "first steps");
  const wire::Json opened = audit("5 --verifier " + url);
  CHECK(at(at(opened, "own_bound"), "unit").as_string() == "pairs");
  CHECK(at(at(opened, "own_bound"), "picks").as_u64() == 5);
  CHECK(opened.find("own_unavailable") == nullptr);
  stop_provider();
  const wire::Json nobody = audit("3 --verifier http://127.0.0.1:1", 5);
  CHECK(at(nobody, "own_error").as_string() == "network");
  const wire::Json gone = audit("3 --wait 1s --verifier " + url, 15);
  CHECK(gone.find("own_bound") == nullptr);
  CHECK(at(gone, "own_unavailable").items().size() == 3);
}

// The service goes on where the demo stopped: a renter orders, waits, audits.
void check_continuation(const std::string& demo, const TemporaryFolder& folder) {
  const std::string log = folder / "serve.log";
  const Result<cli::Child> verifier =
      cli::Child::start(program("assay-verifier"),
                        {"serve", "--data", demo + "/verifier", "--listen", "127.0.0.1:0"}, log);
  REQUIRE(verifier.ok());
  const std::string url = wait_for_url(log);
  REQUIRE_FALSE(url.empty());
  Result<cli::Child> prover = cli::Child::start(
      program("assay-prover"),
      {"run", "--verifier", url, "--key", demo + "/providers/alder.key", "--name", "alder"},
      folder / "prover.log");
  REQUIRE(prover.ok());
  const std::string at_url = "ASSAY_VERIFIER=" + url;
  CHECK(assay("provider list -o csv", at_url).out.find("alder") != std::string::npos);
  CHECK(assay("provider show alder", at_url).code == 0);
  CHECK(assay("provider show nobody", at_url).code == 3);
  // Exit code 0, or the lines did not sum to the score.
  const Ran honest = assay("score explain birch", at_url);
  CHECK(honest.code == 0);
  CHECK(honest.out.find("pass") != std::string::npos);
  const Ran cheat = assay("score explain dodder", at_url);
  CHECK(cheat.code == 0);
  CHECK(cheat.out.find("proven") != std::string::npos);
  const Ran what_if = assay("score what-if alder", at_url);
  CHECK(what_if.code == 0);
  CHECK(what_if.out.find("a wrong result proven") != std::string::npos);
  CHECK(assay("slash list -o ndjson", at_url).out.find("wrong-result") != std::string::npos);

  const std::string policy = demo + "/policy.txt";
  const std::string words = " --policy " + policy + " --known-head " + (folder / "head");
  CHECK(assay("log verify" + words, at_url).code == 0);
  const Ran submit = assay(
      "job submit --workload gemm --rows 16 --cols 64 --steps 4 --wait "
      "--provider alder --json --deadline 60s --key " +
          (folder / "key") + " --out " + (folder / "y.npy") + " --receipt " + (folder / "y.assay"),
      at_url);
  INFO(submit.err);
  REQUIRE(submit.code == 0);
  const Result<wire::Json> job = wire::parse_json(submit.out);
  REQUIRE(job.ok());
  CHECK(at(job.value(), "status").as_string() == "settled");
  const Result<Bytes> npy = read_file(folder / "y.npy", kFileMax);
  REQUIRE(npy.ok());
  CHECK(as_text(npy.value()).starts_with("\x93NUMPY"));
  const std::string id = at(job.value(), "id").as_string();
  CHECK(assay("job result " + id + " --raw --out " + (folder / "y.raw"), at_url).code == 0);
  const Ran audit = assay("audit " + (folder / "y.assay") + " --policy " + policy +
                          " --replay 4 --result " + (folder / "y.raw"));
  INFO(audit.out << audit.err);
  CHECK(audit.code == 0);
  CHECK(assay("log verify" + words, at_url).code == 0);
  // The same by a monitor that keeps its state, every position derived again from the inputs.
  const std::string watching =
      "log verify --json --policy " + policy + " --state " + (folder / "monitor");
  const Ran watched = assay(watching + " --inputs", at_url);
  INFO(watched.out << watched.err);
  REQUIRE(watched.code == 0);
  const Result<wire::Json> found = wire::parse_json(watched.out);
  REQUIRE(found.ok());
  CHECK(at(found.value(), "findings").items().empty());
  CHECK(at(at(found.value(), "audits"), "not_derivable").as_u64() == 0);
  CHECK(at(at(found.value(), "audits"), "checked").as_u64() ==
        at(at(found.value(), "statements"), "verdict").as_u64());
  CHECK(assay(watching + " --max-age 1ms", at_url).code == 16);
  CHECK(assay("job cancel " + id + " --key " + (folder / "key"), at_url).code == 7);

  // With OpenSSL alone.
  REQUIRE(assay("job receipt " + id + " --export-attestation " + (folder / "proof"), at_url).code ==
          0);
  const std::string openssl = "cd '" + (folder / "proof") +
                              "' && openssl pkeyutl -verify -pubin -inkey pub.pem -rawin "
                              "-in pae.bin -sigfile sig.bin >/dev/null 2>&1";
  CHECK(std::system(openssl.c_str()) == 0);
  check_own_positions(url, policy, folder, [&] { prover.value().stop(5'000); });
  CHECK(std::system(("printf x >> '" + (folder / "proof/pae.bin") + "'").c_str()) == 0);
  CHECK(std::system(openssl.c_str()) != 0);
}

TEST_CASE("the demo catches every cheat, accuses nobody else, and leaves proofs that hold") {
  const TemporaryFolder folder;
  const std::string demo = folder / "demo";
  const Ran ran = assay("demo --json --out " + demo);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const Result<Bytes> text = read_file(demo + "/summary.json", kFileMax);
  REQUIRE(text.ok());
  CHECK(as_text(text.value()) == ran.out);
  const Result<wire::Json> summary = wire::parse_json(ran.out, {.fractions = true});
  REQUIRE(summary.ok());
  check_summary(summary.value());
  check_pieces(demo);
  check_story(demo);

  const std::string policy = " --policy " + demo + "/policy.txt";
  CHECK(assay("audit " + demo + "/receipt.assay --max-age 1ms" + policy).code == 16);
  CHECK(assay("audit " + demo + "/evidence.assay" + policy).code != 0);
  CHECK(assay("slash check " + demo + "/evidence.assay" + policy).code == 14);
  check_require_audit(demo, folder / "unaudited.assay");
  check_flips(demo, "receipt.assay", kFlips, folder / "flipped.assay");
  check_flips(demo, "story.assay", kFlips, folder / "flipped.assay");
  check_continuation(demo, folder);
}

}  // namespace
}  // namespace assay::test
