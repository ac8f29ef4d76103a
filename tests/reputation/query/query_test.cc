// What a query may say, what it is understood as, and what is said about one that is wrong.
#include "reputation/query/query.h"

#include "core/base/file.h"
#include "reputation/query/provider_fields.h"
#include "tests/catch.h"

namespace assay::reputation::query {
namespace {

struct Reading {
  const char* text;
  const char* canonical;  // nullptr: the text itself
};

constexpr Reading kReadings[] = {
    {"", nullptr},
    {"   ", ""},
    {"gpu_name=H200 num_gpus>=4 score>0.8 region in [eu,us] verified=true", nullptr},
    {"gpu_name = H200  num_gpus >= 4", "gpu_name=H200 num_gpus>=4"},
    {"score>=0.500000", "score>=0.5"},
    {"score>=0.000001", nullptr},
    {"score<=1.0", "score<=1"},
    {"price!=0012.50", "price!=12.5"},
    {"num_gpus=1..4", nullptr},
    {"num_gpus=4..4", "num_gpus=4"},
    {"num_gpus!=1..4", nullptr},
    {"price in [0.5..1,3]", nullptr},
    {"price in[ 0.5..1 , 3 ]", "price in [0.5..1,3]"},
    {"region notin [eu-west-1,\"south pole\"]", nullptr},
    {"region=\"eu\"", "region=eu"},
    {"region=\"any\"", nullptr},
    {"region=any", nullptr},
    {"score=any", nullptr},
    {"verified=any newcomer!=true", nullptr},
    {"name=\"\"", nullptr},
    {"name=\"say \\\"hi\\\" \\\\o/\"", nullptr},
    {"name=a..b", nullptr},  // a word: texts have no ranges
    {"workload=gemm@1", nullptr},
    {"tier>=medium", nullptr},
    {"tier=low..high", nullptr},
    {"tier in [entry,ultra-high]", nullptr},
    {"hardware<ultra-high", nullptr},
    {"bonded<1000000000", nullptr},
    {"score>0.8 score<0.9", nullptr},
};

struct Mistake {
  const char* text;
  const char* message;
};

constexpr Mistake kMistakes[] = {
    {"gpu_nam=H200", "at character 1: no field is called 'gpu_nam'; did you mean gpu_name?"},
    {"score>0.8 regoin=eu", "at character 11: no field is called 'regoin'; did you mean region?"},
    {"colour=red", "at character 1: no field is called 'colour'"},
    {"=4", "at character 1: expected the name of a field, found '=4'"},
    {"4=num_gpus", "at character 1: expected the name of a field"},
    {"score", "at character 6: expected = != < <= > >= in or notin after score, found the end"},
    {"score~1", "at character 6: expected = != < <= > >= in or notin after score, found '~1'"},
    {"region<eu", "at character 7: expected = != in or notin after region, found '<eu'"},
    {"verified>true", "at character 9: expected = or != after verified, found '>true'"},
    {"verified in [true]", "at character 10: expected = or != after verified, found 'in'"},
    {"score>1.5", "at character 7: expected a number from 0 to 1 for score, found '1.5'"},
    {"score>-0.5", "at character 7: expected a number from 0 to 1 for score, found '-0.5'"},
    {"score>0.1234567", "at character 7: expected a number from 0 to 1 for score"},
    {"score>.5", "at character 7: expected a number"},
    {"score>5.", "at character 7: expected a number"},
    {"score>", "at character 7: expected a number from 0 to 1 for score, found the end"},
    {"score>\"0.5\"", "at character 7: expected a number"},
    {"num_gpus>99999999999999999999", "at character 10: expected a number from 0 to 1000 for"},
    {"verified=yes", "at character 10: expected true or false for verified, found 'yes'"},
    {"tier=gold", "at character 6: expected one of entry, low, medium, high, ultra-high for tier"},
    {"num_gpus>1..4", "at character 10: expected one value, not a range, found '1..4'"},
    {"num_gpus=4..1", "at character 10: a range whose end is below its start"},
    {"num_gpus=1..", "at character 10: expected a number from 0 to 1000 for num_gpus at both ends"},
    {"num_gpus=1...4", "at character 10: expected a number"},
    {"tier=high..low", "at character 6: a range whose end is below its start"},
    {"score>any", "at character 7: expected a number"},
    {"region in eu", "at character 11: expected \"[\" after in or notin, found 'eu'"},
    {"region in []", "at character 12: expected a word or a \"string\" for region, found ']'"},
    {"region in [eu", "at character 14: expected \",\" or \"]\", found the end"},
    {"region in [eu us]", "at character 15: expected \",\" or \"]\", found 'us]'"},
    {"region in [eu,]", "at character 15: expected a word or a \"string\" for region"},
    {"region=\"eu", "at character 8: a string without its closing quote"},
    {"region=\"e\\u\"", "at character 11: expected \\\" or \\\\"},
    {"region=\"e\tu\"", "at character 10: expected printable ASCII inside a string"},
    {"region=", "at character 8: expected a word or a \"string\" for region, found the end"},
    {"region=eu,us", "at character 10: expected a space or the end, found ',us'"},
    {"region in [eu]verified=true", "at character 15: expected a space or the end"},
    {"score>0.5 and verified=true", "at character 11: no field is called 'and'"},
};

}  // namespace

TEST_CASE("queries are understood, and have one spelling") {
  for (const Reading& it : kReadings) {
    INFO(it.text);
    const Result<Query> query = parse_query(it.text, provider_fields());
    REQUIRE(query.ok());
    const std::string text = query_text(query.value(), provider_fields());
    CHECK(text == (it.canonical == nullptr ? it.text : it.canonical));
    const Result<Query> again = parse_query(text, provider_fields());
    REQUIRE(again.ok());
    CHECK(again.value() == query.value());
  }
}

TEST_CASE("mistakes are named: where, what was expected, which field may have been meant") {
  for (const Mistake& it : kMistakes) {
    INFO(it.text);
    const Result<Query> query = parse_query(it.text, provider_fields());
    REQUIRE_FALSE(query.ok());
    INFO(query.error().what);
    CHECK(query.error().code == Code::malformed);
    CHECK(query.error().what.starts_with("query: "));
    CHECK(query.error().what.find(it.message) != std::string::npos);
  }
}

TEST_CASE("limits hold: length, conditions, items, strings") {
  const auto repeated = [](const std::string& part, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += part;
    return text;
  };
  const auto ok = [](const std::string& text) { return parse_query(text, provider_fields()).ok(); };
  CHECK(ok(std::string(kQueryBytesMax, ' ')));
  CHECK_FALSE(ok(std::string(kQueryBytesMax + 1, ' ')));
  CHECK(ok(repeated("score>0 ", kConditionsMax)));
  CHECK_FALSE(ok(repeated("score>0 ", kConditionsMax + 1)));
  CHECK(ok("region in [" + repeated("a,", kItemsMax - 1) + "a]"));
  CHECK_FALSE(ok("region in [" + repeated("a,", kItemsMax) + "a]"));
  CHECK(ok("name=\"" + repeated("a", 128) + "\""));
  CHECK_FALSE(ok("name=\"" + repeated("a", 129) + "\""));
}

TEST_CASE("the nearest field is offered when it is near enough") {
  const Fields fields = provider_fields();
  CHECK(nearest_field("scoer", fields) == "score");
  CHECK(nearest_field("scxyz", fields).empty());  // three edits of five letters
  CHECK(nearest_field("scor", fields) == "score");
  CHECK(nearest_field("numgpus", fields) == "num_gpus");
  CHECK(nearest_field("uptimes", fields) == "uptime");
  CHECK(nearest_field("last_audit_hour", fields) == "last_audit_hours");
  CHECK(nearest_field("zzz", fields).empty());
  CHECK(nearest_field(std::string(65, 's'), fields).empty());
}

TEST_CASE("the table of fields is sound, and the published grammar lists each of them") {
  const Result<Bytes> file =
      read_file(std::string(ASSAY_SOURCE) + "/reputation/query/GRAMMAR.md", 1 << 20);
  REQUIRE(file.ok());
  const std::string grammar(as_text(file.value()));
  const Fields fields = provider_fields();
  CHECK(fields.size() == kProviderFields);
  CHECK(fields[kScore].name == "score");
  CHECK(fields[kNewcomer].name == "newcomer");
  constexpr const char* kKinds[] = {"number", "text", "flag", "level"};
  for (const Field& field : fields) {
    INFO(field.name);
    const std::string unit = field.unit.empty() ? "" : std::string(field.unit) + " ";
    const std::string most = field.max == 0 ? "" : std::to_string(field.max / 1'000'000) + " ";
    CHECK(grammar.find("| `" + std::string(field.name) + "` | " +
                       kKinds[static_cast<std::size_t>(field.kind)] + " | " + unit + "| " + most +
                       "| " + std::string(field.doc) + " |\n") != std::string::npos);
    CHECK((field.kind == Kind::number) == (field.max > 0));
    CHECK((field.kind == Kind::level) == !field.levels.empty());
  }
  for (const char* line :
       {"condition  = field ( \"=\" | \"!=\" ) ( value | range | \"any\" )",
        "word       = wordchar { wordchar } ;", "sort       = key { \",\" key } ;"}) {
    CHECK(grammar.find(line) != std::string::npos);
  }
}

}  // namespace assay::reputation::query
