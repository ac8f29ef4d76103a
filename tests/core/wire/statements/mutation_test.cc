// Strictness, tried on every member of every kind instead of claimed.
#include <functional>

#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "tests/catch.h"
#include "tests/core/wire/statements/codecs.h"
#include "tests/core/wire/statements/examples.h"
#include "tests/core/wire/wire_vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

// Calls visit(path, changed) for the value itself and each value inside it, with `change` of it put
// in its place; change may give several.
using Change = std::function<std::vector<Json>(const std::string& path, const Json& value)>;
using Visit = std::function<void(const std::string& path, const Json& whole)>;

void mutate(const Json& value, const std::string& path, const Change& change, const Visit& visit) {
  for (const Json& other : change(path, value)) visit(path, other);
  if (value.is_object()) {
    for (std::size_t i = 0; i < value.members().size(); ++i) {
      const auto& [name, member] = value.members()[i];
      mutate(member, path + "/" + name, change, [&](const std::string& where, const Json& inner) {
        Json::Object members = value.members();
        members[i].second = inner;
        visit(where, Json::object(std::move(members)));
      });
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      mutate(value.items()[i], path + "/" + std::to_string(i), change,
             [&](const std::string& where, const Json& inner) {
               Json::Array items = value.items();
               items[i] = inner;
               visit(where, Json::array(std::move(items)));
             });
    }
  }
}

// The renter's parameters are free: their schema is the workload's.
bool is_free(const std::string& path) {
  return path.find("/parameters") != std::string::npos;
}
// null says "nobody" or "none" here.
bool may_be_null(const std::string& path) {
  return path == "/predicate/provider" || path == "/predicate/pairs" ||
         path.find("/fault") != std::string::npos;
}

std::vector<Json> member_dropped_doubled_or_added(const std::string& path, const Json& value) {
  std::vector<Json> out;
  if (!value.is_object() || is_free(path)) return out;
  const Json::Object& members = value.members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    Json::Object less = members;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    out.push_back(Json::object(std::move(less)));
    Json::Object twice = members;
    twice.push_back(members[i]);
    out.push_back(Json::object(std::move(twice)));
  }
  Json::Object more = members;
  more.emplace_back("comment", Json("1"));
  out.push_back(Json::object(std::move(more)));
  return out;
}

std::vector<Json> other_type(const std::string& path, const Json& value) {
  std::vector<Json> out;
  if (is_free(path) && path != "/predicate/parameters") return out;
  if (!value.is_null() && !may_be_null(path)) out.emplace_back();
  if (!value.is_bool()) out.emplace_back(true);
  if (!value.is_integer()) out.emplace_back(1);
  if (!value.is_string()) out.emplace_back("x");
  if (!value.is_array()) out.push_back(Json::array());
  if (!value.is_object()) out.push_back(Json::object());
  return out;
}

// Numbers out of every range, and second spellings of decimal strings.
std::vector<Json> number_spoiled(const std::string& path, const Json& value) {
  std::vector<Json> out;
  if (is_free(path)) return out;
  if (value.is_integer()) {
    out = {Json(-1), Json(std::uint64_t{1} << 32), Json(UINT64_MAX)};
  } else if (value.is_string() && parse_u64(value.as_string()).ok() &&
             value.as_string().size() <= 20) {
    const std::string& digits = value.as_string();
    for (const std::string& spelled :
         {std::string(), "-" + digits, "+" + digits, "0" + digits, digits + " ", digits + ".0",
          digits + "e0", std::string("18446744073709551616")}) {
      out.emplace_back(spelled);
    }
  }
  return out;
}

// A place whose text is for people may hold any of these.
bool is_for_people(const std::string& path) {
  return path.ends_with("/detail") || path.ends_with("/how") || path.ends_with("/name") ||
         path.ends_with("/region");
}

void check_refused(const Json& whole, const Change& change, const test::Rewrite& rewrite,
                   std::size_t at_least) {
  std::size_t tried = 0;
  mutate(whole, "", change, [&](const std::string& path, const Json& changed) {
    ++tried;
    if (rewrite(changed.dump()).ok()) FAIL_CHECK(path << ": " << changed.dump());
  });
  CHECK(tried >= at_least);
}

Json example(std::string_view name) {
  return parse_json(test::examples().at(std::string(name))).value();
}

Result<std::string> rewrite_reply(std::string_view text) {
  const Result<PollReply> reply = parse_poll_reply(text);
  if (!reply.ok()) return reply.error();
  return poll_reply_text(reply.value());
}

Result<std::string> rewrite_benchmark(std::string_view text) {
  const Result<Json> json = parse_json(text);
  if (!json.ok()) return json.error();
  const Result<Benchmark> benchmark = benchmark_from_json(json.value());
  if (!benchmark.ok()) return benchmark.error();
  return benchmark_to_json(benchmark.value()).dump();
}

Result<std::string> rewrite_policy(std::string_view text) {
  const Result<Policy> policy = parse_policy(text);
  if (!policy.ok()) return policy.error();
  return policy_text(policy.value());
}

// Every kind of statement, the poll reply, the benchmark in it and the policy document.
std::vector<std::pair<std::string, test::Rewrite>> subjects() {
  std::vector<std::pair<std::string, test::Rewrite>> out;
  for (const test::Codec& codec : test::codecs()) {
    out.emplace_back(kind_name(codec.kind), codec.rewrite);
  }
  out.emplace_back("poll-reply", rewrite_reply);
  out.emplace_back("benchmark", rewrite_benchmark);
  out.emplace_back("policy-document", rewrite_policy);
  return out;
}

}  // namespace

TEST_CASE("Strict: a member dropped, given twice or added is refused, at every level") {
  for (const auto& [name, rewrite] : subjects()) {
    INFO(name);
    check_refused(example(name), member_dropped_doubled_or_added, rewrite, 15);
  }
}

TEST_CASE("Strict: a member of another type is refused, at every level") {
  for (const auto& [name, rewrite] : subjects()) {
    INFO(name);
    check_refused(example(name), other_type, rewrite, 30);
  }
}

TEST_CASE("Strict: numbers out of range and second spellings of numbers are refused") {
  const auto change = [](const std::string& path, const Json& value) {
    return is_for_people(path) ? std::vector<Json>{} : number_spoiled(path, value);
  };
  for (const auto& [name, rewrite] : subjects()) {
    INFO(name);
    const bool has_numbers = name != "cancel" && name != "reveal" && name != "summary";
    check_refused(example(name), change, rewrite, has_numbers ? 3 : 0);
  }
}

TEST_CASE("Strict: no flipped bit gives the same value") {
  for (const auto& [name, rewrite] : subjects()) {
    const std::string text = test::examples().at(name);
    REQUIRE(rewrite(text).value() == text);
    test::flip_each_bit(text, [&](const std::string& flipped, std::size_t at) {
      const Result<std::string> again = rewrite(flipped);
      if (again.ok() && again.value() == text) FAIL(name << " at byte " << at);
    });
  }
}

TEST_CASE("Strict: no prefix of a statement is one, and nothing may follow it") {
  for (const auto& [name, rewrite] : subjects()) {
    const std::string text = test::examples().at(name);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (rewrite(std::string_view(text).substr(0, i)).ok()) FAIL(name << ": " << i << " bytes");
    }
    CHECK_FALSE(rewrite(text + "{}").ok());
    CHECK_FALSE(rewrite(std::string(200'000, '[')).ok());
  }
}
