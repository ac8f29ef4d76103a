// `assay provider list` and `assay match` against a server on a loopback socket, over a market of a
// few providers: what people see, what programs get, and that a draw which was bent is refused.
#include "api/server/http_server.h"
#include "api/server/routes.h"
#include "core/base/file.h"
#include "reputation/ledger/memory_store.h"
#include "tests/asked_port.h"
#include "tests/bench/market_samples.h"
#include "tests/catch.h"
#include "tests/cli/program.h"
#include "tests/temporary_folder.h"
#include "verifier/service/market_match.h"
#include "verifier/service/market_search.h"

namespace assay::test {
namespace {

using reputation::Tier;
using verifier::MarketEntry;
using wire::Json;

constexpr const char* kOrigin = "reads.example/assay";

SigningKey key_of(const char* name) {
  return SigningKey::from_seed(sha256(as_bytes(std::string("reads ") + name)).view()).value();
}

struct Seller {
  const char* name;
  const char* region;
  std::uint32_t trust_ppm;
  Tier tier;
  std::uint64_t price_micros;
  bool available;
};
constexpr Seller kSellers[] = {
    {"alder", "eu-west", 912'000, Tier::high, 1'500'000, true},
    {"birch", "us-east", 871'500, Tier::medium, 1'200'000, true},
    {"cedar", "eu-north", 640'000, Tier::entry, 900'000, true},
    {"dogwood", "eu-west", 950'000, Tier::high, 2'750'000, false},
};

MarketEntry entry_of(const Seller& seller, std::uint64_t number) {
  MarketEntry it = able_entry(number);
  it.state.name = seller.name;
  it.state.region = seller.region;
  it.state.slashes_standing = 0;
  it.price_micros = seller.price_micros;
  it.available = seller.available;
  it.score.uptime = reputation::q30_from_ppm(990'001);
  it.score.stake = reputation::q30_from_ppm(800'001);
  it.score.classes[0].trust = reputation::q30_from_ppm(seller.trust_ppm);
  it.score.classes[0].tier = seller.tier;
  it.score.classes[0].record = {};
  return it;
}

class MarketPort final : public AskedPort {
 public:
  MarketPort() {
    std::vector<MarketEntry> entries;
    for (const Seller& seller : kSellers) entries.push_back(entry_of(seller, entries.size()));
    market = market_of(entries);
    const wire::Checkpoint head{kOrigin, 1234, sha256(as_bytes("root")), ""};
    head_ = {wire::note_text(wire::sign_checkpoint(head, log_)), head};
  }

  std::shared_ptr<const verifier::Market> market;
  std::function<void(Json&)> bend;  // an answer to a match, before it is sent

  std::string trust_file() const {
    wire::Trust trust;
    trust.logs = {{{kOrigin, wire::NoteKeyType::ed25519, log_.public_key()}, ""}};
    trust.verifier = key_of("verifier").public_key();
    trust.vrf = vrf_.public_key();
    return wire::trust_text(trust);
  }

  Result<api::Found> search(const api::Search& search) override {
    return verifier::search_market(*market, reading_, sha256(as_bytes("seal")), search);
  }
  Result<Json> match(const std::string& request) override {
    Result<Json> answer = verifier::match_document(*market, request, kSampleTime, head_, vrf_);
    if (answer.ok() && bend) bend(answer.value());
    return answer;
  }
  Result<std::string> trust() override { return trust_file(); }
  Result<api::Accepted> submit(wire::Kind, const std::string&) override { return none(); }
  Result<std::string> poll(const std::string&) override { return none(); }
  Status put_blob(const Digest&, ByteView) override { return none(); }
  Result<Bytes> get_blob(const Digest&) override { return none(); }

 private:
  static Error none() { return fail(Code::not_found, "none"); }

  const SigningKey log_ = key_of("log");
  const SigningKey vrf_ = key_of("vrf");
  verifier::SignedHead head_;
  std::unique_ptr<reputation::Store> store_ =
      reputation::make_memory_store(reputation::tables::names());
  ManualClock clock_{kSampleTime};
  std::unique_ptr<verifier::Blobs> blobs_ = verifier::make_memory_blobs();
  verifier::PolicyBook policies_{wire::Policy{}};
  verifier::Reading reading_{*store_, kOrigin, *blobs_, clock_, policies_, {}, {}};
};

struct Shop {
  MarketPort port;
  std::unique_ptr<api::HttpServer> server =
      api::HttpServer::start(
          {"127.0.0.1", 0, true},
          {[this](const api::Request& request) { return api::handle(request, port, {}); },
           [](const api::Request& head) { return api::body_bytes_max(head, {}); }},
          {})
          .value();

  Ran run(const std::string& words) {
    return assay(words + " --verifier " + server->address().url());
  }
  Json json(const std::string& words) {
    const Ran ran = run(words + " --json");
    INFO(ran.err);
    const Result<Json> parsed = wire::parse_json(ran.out);
    REQUIRE(parsed.ok());
    return parsed.value();
  }
};

std::string lines_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

const std::string kNonce = " --nonce " + std::string(64, '7');

}  // namespace

TEST_CASE("provider list: a query, a sort and a limit, in every format") {
  Shop shop;
  const Ran table = shop.run("provider list 'available=true' 'price<2' --sort -score");
  INFO(table.err);
  CHECK(table.code == 0);
  CHECK(table.err.empty());
  CHECK(table.out == lines_of({
                         "PROVIDER      NAME   REGION    CLASS        TRUST    TIER    UPTIME   "
                         "PRICE  AUDITED  SLASHES  FREE",
                         "9c9a3b7abd4b  alder  eu-west   h200/gemm@1  91.20 %  high    99.00 %  "
                         "1.50   100      0        yes",
                         "a5109f87d485  birch  us-east   h200/gemm@1  87.15 %  medium  99.00 %  "
                         "1.20   100      0        yes",
                         "a4c1c2aba60e  cedar  eu-north  h200/gemm@1  64.00 %  entry   99.00 %  "
                         "0.90   100      0        yes",
                     }));
  const Ran csv = shop.run("provider list 'score>0.9' --sort price -o csv");
  CHECK(csv.out.find("alder") < csv.out.find("dogwood"));
  CHECK(csv.out.find("birch") == std::string::npos);
  const Ran lines = shop.run("provider list --all -o ndjson");
  CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == 4);
  const Ran few = shop.run("provider list --limit 3 --sort price");
  CHECK(few.err == "3 of 4; more with --limit N, or all with --all\n");
  CHECK(shop.json("provider list region=eu-west").find("matched")->as_u64() == 2U);
  const Ran nobody = shop.run("provider list 'score>0.99'");
  CHECK(nobody.code == 0);
  CHECK(nobody.err == "nobody passes, of 4 providers\n");
}

TEST_CASE("match: whom, by which draw, and checked") {
  Shop shop;
  const Ran ran = shop.run("match 'score>0.5' --count 2 --price 2" + kNonce);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        lines_of({
            "PROVIDER      NAME   REGION   CLASS        PRICE  TIER    TRUST    VALUE    "
            "CHANCE",
            "9c9a3b7abd4b  alder  eu-west  h200/gemm@1  1.50   high    91.20 %  76.63 %  "
            "32.90 %",
            "a5109f87d485  birch  us-east  h200/gemm@1  1.20   medium  87.15 %  78.76 %  "
            "50.37 %",
        }));
  CHECK(ran.err ==
        "drawn among 3 of 4, from the log's head at 1234; checked by the verifier's own "
        "policy.txt\n");
  CHECK(shop.run("match 'score>0.5' --count 2 --price 2" + kNonce).out == ran.out);

  const TemporaryFolder folder;
  const std::string policy = folder / "policy.txt";
  REQUIRE(write_file_durably(policy, as_bytes(shop.port.trust_file())).ok());
  CHECK(shop.run("match --policy " + policy).code == 0);
  const Json json = shop.json("match --count 4 --region eu-west --region eu-north" + kNonce);
  CHECK(json.find("chosen")->items().size() == 2);
  CHECK(json.find("request")->find("nonce")->as_string() == std::string(64, '7'));
}

TEST_CASE("match --explain shows every term of every candidate, and what removed whom") {
  Shop shop;
  const Ran ran = shop.run("match 'region!=us-east' --price 2 --explain" + kNonce);
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        lines_of({
            "PROVIDER      NAME     CLASS        REGION    PRICE    UPTIME   REPUTATION  "
            "FREE      SLASH     STAKE    VALUE    CHANCE   DRAWN  REMOVED BY",
            "9c9a3b7abd4b  alder    h200/gemm@1  100.00 %  25.00 %  99.00 %  91.20 %     "
            "100.00 %  100.00 %  80.00 %  76.63 %  66.28 %  1",
            "a4c1c2aba60e  cedar    h200/gemm@1  100.00 %  55.00 %  99.00 %  64.00 %     "
            "100.00 %  100.00 %  80.00 %  73.25 %  33.72 %",
            "a5109f87d485  birch    h200/gemm@1" + std::string(96, ' ') + "region!=us-east",
            "a063fce47a11  dogwood  h200/gemm@1" + std::string(96, ' ') + "unavailable",
        }));
  CHECK(ran.err.find("region!=us-east removed 1, unavailable removed 1\n") != std::string::npos);
}

TEST_CASE("match says which filter left nobody") {
  Shop shop;
  const Ran ran = shop.run("match 'score>0.9' 'tier=high' 'price<1'");
  CHECK(ran.code == 3);
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        "error (not found): nobody is left of 4: score>0.9 removed 2, price<1 removed 2; 'price<1' "
        "removed the last: relax it, or see whom with --explain\n");
  const Json json = shop.json("match 'score>0.9' 'price<1'");
  CHECK(json.find("emptied_by")->as_string() == "price<1");
  CHECK(json.find("chosen")->items().empty());
}

TEST_CASE("a match that does not follow from what it shows is refused, whatever was bent") {
  Shop shop;
  struct Case {
    const char* what;
    std::function<void(Json&)> bend;
    int code;
  };
  const auto in_draw = [](const char* key, const Json& value) {
    return [key, value](Json& json) {
      Json draw = *json.find("draw");
      json.set("draw", draw.set(key, value));
    };
  };
  const Case cases[] = {
      {"another provider",
       [](Json& json) {
         Json first = json.find("chosen")->items()[0];
         const std::string id = first.find("id")->as_string();
         const std::string other = sha256(as_bytes("sample provider 0")).hex();
         first.set("id", id == other ? sha256(as_bytes("sample provider 1")).hex() : other);
         json.set("chosen", Json::array({first}));
       },
       12},
      {"one more provider",
       [](Json& json) {
         Json chosen = *json.find("chosen");
         json.set("chosen", chosen.push(chosen.items()[0]));
       },
       12},
      {"nobody, though there was a draw", [](Json& json) { json.set("chosen", Json::array()); },
       12},
      {"another request", [](Json& json) { json.set("request", Json::object()); }, 13},
      {"a smaller pool", [](Json& json) { json.set("pool", ""); }, 13},
      {"no pool",
       [](Json& json) {
         json.take("pool");
         json.set("pool", Json());
       },
       8},
      {"another head", in_draw("size", "1235"), 10},
      {"an unsigned head", in_draw("checkpoint", "reads.example/assay\n1234\n"), 8},
      {"another root", in_draw("root", std::string(64, '0')), 10},
      {"a proof of nothing", in_draw("proof", std::string(160, '0')), 8},
      {"a term that does not add up",
       [](Json& json) {
         Json first = json.find("chosen")->items()[0];
         Json terms = *first.find("terms");
         first.set("terms", terms.set("reputation_ppm", 1'000'000).set("stake_ppm", 1'000'000));
         json.set("chosen", Json::array({first}));
       },
       12},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    shop.port.bend = each.bend;
    const Ran ran = shop.run("match 'score>0.5'" + kNonce);
    CHECK(ran.code == each.code);
    CHECK(ran.out.empty());
  }
  shop.port.bend = {};
  // Another verifier's keys than the caller trusts.
  const TemporaryFolder folder;
  const std::string policy = folder / "policy.txt";
  std::string text = shop.port.trust_file();
  const std::string vrf = key_of("vrf").public_key().hex();
  text.replace(text.find(vrf), vrf.size(), key_of("other").public_key().hex());
  REQUIRE(write_file_durably(policy, as_bytes(text)).ok());
  CHECK(shop.run("match --policy " + policy).code == 12);
}

TEST_CASE("what is wrong with a query or an option is said before anything is sent") {
  struct Case {
    std::string words;
    int code;
    const char* detail;
  };
  const std::string nowhere = " --verifier http://127.0.0.1:1";
  const Case cases[] = {
      {"match gpu_nam=H200", 8, "query: at character 1: no field is called 'gpu_nam'"},
      {"match 'score>1.5'", 8, "query: at character 7: expected a number from 0 to 1"},
      {"match --count 0", 2, "--count"},
      {"match --tier gold", 2, "--tier"},
      {"match --price much", 2, "--price"},
      {"match --duration 0", 2, "--duration"},
      {"match --weight luck=1", 2, "weights"},
      {"match --weight stake", 2, "reputation=100"},
      {"match --nonce 77", 2, "nonce"},
      {"match --policy /nonexistent/policy.txt", 3, "policy.txt"},
      {"match 'score>0.5'", 5, "127.0.0.1"},
      {"provider list 'verified>true'", 8, "query: at character 9: expected = or !="},
      {"provider list --sort score,score", 8, "sort: at character 7: a field that is there twice"},
      {"provider list --limit 0", 2, "--limit"},
      {"provider list --limit 1 --all", 2, "--all"},
      {"provider list 'score>0.5'", 5, "127.0.0.1"},
  };
  for (const Case& each : cases) {
    INFO(each.words);
    const Ran ran = assay(each.words + nowhere);
    CHECK(ran.code == each.code);
    CHECK(ran.out.empty());
    INFO(ran.err);
    CHECK(ran.err.find(each.detail) != std::string::npos);
  }
}

}  // namespace assay::test
