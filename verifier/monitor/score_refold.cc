#include "verifier/monitor/score_refold.h"

#include <algorithm>
#include <functional>

#include "core/merkle/tree.h"
#include "core/wire/dsse.h"
#include "reputation/ledger/score_words.h"
#include "verifier/monitor/watch.h"

namespace assay::verifier::monitor {

using reputation::Head;
using reputation::LoggedPolicy;
using reputation::ProviderScore;
using reputation::ProviderState;
using reputation::View;
using wire::Json;

namespace {

constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::int64_t kSecondsPerDay = 86'400;

const Json& member(const Json& object, std::string_view key) {
  static const Json none;
  const Json* found = object.find(key);
  return found == nullptr ? none : *found;
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "nothing";
  return value.is_string() ? value.as_string() : value.dump();
}

// Every member that the log gives, against what is said. Returns how many there are.
std::uint64_t compare_members(const Json& refolded, const Json& said, const std::string& class_name,
                              bool is_signed, std::vector<Difference>& into) {
  for (const auto& [name, value] : refolded.members()) {
    const Json& other = member(said, name);
    if (other == value) continue;
    into.push_back({class_name, name, text_of(value), text_of(other), is_signed});
  }
  return refolded.members().size();
}

// The moments of an epoch that can tell a score apart, as far as our clock allows them.
std::vector<UnixMillis> moments_of(std::uint64_t epoch, const wire::Policy& policy,
                                   const SaidScore& said) {
  const std::int64_t first_s = (said.asked.ms - kClockGraceMs) / kMillisPerSecond;
  const std::int64_t last_s = (said.answered.ms + kClockGraceMs) / kMillisPerSecond;
  const auto latest = static_cast<std::uint64_t>(last_s) / policy.epoch_seconds;
  if (epoch > latest) return {};
  const auto begin_s = static_cast<std::int64_t>(epoch * policy.epoch_seconds);
  const std::int64_t from_s = std::max(begin_s, first_s);
  const std::int64_t to_s = std::min(begin_s + policy.epoch_seconds - 1, last_s);
  std::vector<std::int64_t> seconds;
  if (from_s <= to_s) seconds.push_back(from_s);
  for (const std::int64_t step : {std::int64_t{policy.uptime_window_seconds}, kSecondsPerDay}) {
    for (std::int64_t at = (from_s / step + 1) * step; at <= to_s; at += step) {
      seconds.push_back(at);
    }
  }
  std::vector<UnixMillis> moments;
  moments.reserve(seconds.size());
  for (const std::int64_t at : seconds) moments.push_back({at * kMillisPerSecond});
  return moments;
}

Error not_of_now(std::uint64_t epoch, const wire::Policy& policy, const SaidScore& said) {
  const std::uint64_t now = reputation::epoch_of(said.answered, policy);
  const std::string text = "it is of epoch " + std::to_string(epoch) +
                           ", and it was asked for in epoch " + std::to_string(now) +
                           " by the clock of this machine";
  return fail(epoch > now ? Code::mismatch : Code::stale, text);
}

// The policy in force in an epoch, and where another has just taken its place, that one too: the
// verifier may notice a moment late.
Result<std::vector<LoggedPolicy>> policies_of(const View& view, const Head& head,
                                              std::uint64_t epoch, const SaidScore& said) {
  Result<LoggedPolicy> now = view.policy_at(head, said.answered);
  if (!now.ok()) return now.error();
  const std::uint64_t seconds = now.value().policy.epoch_seconds;
  const std::uint64_t latest = reputation::epoch_of(said.answered, now.value().policy);
  std::vector<LoggedPolicy> found;
  for (const std::uint64_t back : {std::uint64_t{0}, std::uint64_t{1}}) {
    const std::uint64_t in = std::min(epoch, latest + 1) - std::min(epoch, back);
    Result<LoggedPolicy> one =
        view.policy_at(head, {static_cast<std::int64_t>(in * seconds) * kMillisPerSecond});
    if (!one.ok()) return one.error();
    if (found.empty() || found[0].digest != one.value().digest) {
      found.push_back(std::move(one).value());
    }
  }
  return found;
}

// The leaves of the slashes that stand against it in a class, or in all of them.
Result<Json> slashes_of(const View& view, const ProviderState& row, const std::string& name) {
  Json leaves = Json::array();
  if (row.slashes_standing == 0) return leaves;
  const Status scanned =
      view.each_slash(0, [&](std::uint64_t index, const reputation::SlashState& slash) {
        const bool of_class = slash.class_name == name || slash.class_name.empty();
        if (slash.provider == row.key && slash.reversal_index == 0 && of_class) {
          leaves.push(std::to_string(index));
        }
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  return leaves;
}

Json slashes_said(const Json& document, const std::string& name) {
  Json leaves = Json::array();
  const Json& slashes = member(document, "slashes");
  if (!slashes.is_array()) return leaves;
  for (const Json& slash : slashes.items()) {
    const Json& of = member(slash, "class");
    if ((of == Json(name) || of == Json("")) && slash.find("reversal_index") == nullptr) {
      leaves.push(member(slash, "id"));
    }
  }
  return leaves;
}

// A document's numbers against a score out of the log.
struct DocumentAttempt {
  Refolded found;  // score, classes and numbers
  std::vector<Difference> differences;
};

void compare_classes(const Json& document, std::vector<Json> refolded, DocumentAttempt& out) {
  const Json& rows = member(document, "classes");
  const Json::Array said = rows.is_array() ? rows.items() : Json::Array{};
  for (Json& row : refolded) {
    const std::string name = member(row, "class").as_string();
    const auto same = std::ranges::find_if(
        said, [&](const Json& it) { return member(it, "class") == member(row, "class"); });
    Json other;
    if (same == said.end()) {
      out.differences.push_back({name, "class", name, "nothing", false});
    } else {
      other = *same;
      other.set("slashes", slashes_said(document, name));
      out.found.numbers += compare_members(row, other, name, false, out.differences);
    }
    out.found.classes.push_back({std::move(row), std::move(other)});
  }
  for (const Json& row : said) {
    const bool known = std::ranges::any_of(out.found.classes, [&](const RefoldedClass& it) {
      return member(it.refolded, "class") == member(row, "class");
    });
    if (known) continue;
    const std::string name = text_of(member(row, "class"));
    out.differences.push_back({name, "class", "nothing", name, false});
    out.found.classes.push_back({Json(), row});
  }
}

Result<DocumentAttempt> attempt(const View& view, const SaidScore& said, const ProviderState& row,
                                UnixMillis moment, const wire::Policy& policy) {
  const Result<ProviderScore> score = view.score(said.provider, row, moment, policy);
  if (!score.ok()) return score.error();
  DocumentAttempt out;
  out.found.score = reputation::score_json(score.value(), policy);
  out.found.said_score = member(said.document, "score");
  out.found.numbers =
      compare_members(out.found.score, out.found.said_score, "", false, out.differences);
  const Json standing = Json::object({{"slashes_standing", row.slashes_standing}});
  out.found.numbers += compare_members(standing, said.document, "", false, out.differences);
  std::vector<Json> classes;
  for (const reputation::ClassScore& it : score.value().classes) {
    Result<Json> slashes = slashes_of(view, row, it.name);
    if (!slashes.ok()) return slashes.error();
    classes.push_back(reputation::class_json(it).set("slashes", std::move(slashes).value()));
  }
  compare_classes(said.document, std::move(classes), out);
  return out;
}

// What the statement would have to say, were it made at that moment.
Result<wire::Score> statement_at(const View& view, const SaidScore& said, const ProviderState& row,
                                 UnixMillis moment, const LoggedPolicy& policy) {
  const Result<ProviderScore> score = view.score(said.provider, row, moment, policy.policy);
  if (!score.ok()) return score.error();
  wire::Score right = reputation::preview_of(score.value(), policy.policy);
  right.origin = said.statement.origin;
  right.tree_size = said.statement.tree_size;
  right.root = said.statement.root;
  right.policy = policy.digest;
  return right;
}

Status compare_statement(const View& view, const Head& head, const SaidScore& said,
                         const ProviderState& row, Refolded& found) {
  const wire::Score& statement = said.statement;
  const Result<Digest> root =
      root_of(statement.tree_size, view.log(statement.tree_size).subtrees());
  if (!root.ok()) return fail(Code::storage, root.error().what);
  if (root.value() != statement.root) {
    found.failure = fail(Code::proof, "it names the root " + statement.root.hex() + " of " +
                                          std::to_string(statement.tree_size) +
                                          " leaves, and the log's is " + root.value().hex());
    return {};
  }
  const Result<std::vector<LoggedPolicy>> policies = policies_of(view, head, statement.epoch, said);
  if (!policies.ok()) return policies.error();
  const auto policy = std::ranges::find(policies.value(), statement.policy, &LoggedPolicy::digest);
  if (policy == policies.value().end()) {
    found.failure =
        fail(Code::unbound, "the policy " + statement.policy.hex() + " was not in force in epoch " +
                                std::to_string(statement.epoch));
    return {};
  }
  const std::vector<UnixMillis> moments = moments_of(statement.epoch, policy->policy, said);
  if (moments.empty()) found.failure = not_of_now(statement.epoch, policy->policy, said);
  const Json its = wire::score_statement(statement).predicate;
  std::optional<std::vector<Difference>> nearest;
  for (const UnixMillis moment : moments) {
    const Result<wire::Score> right = statement_at(view, said, row, moment, *policy);
    if (!right.ok()) return right.error();
    std::vector<Difference> differences;
    const std::uint64_t numbers = compare_members(wire::score_statement(right.value()).predicate,
                                                  its, right.value().class_name, true, differences);
    if (!nearest) found.numbers += numbers;
    if (!nearest || differences.size() < nearest->size()) nearest = std::move(differences);
    if (nearest->empty()) break;
  }
  if (nearest) found.differences = std::move(*nearest);
  return {};
}

std::uint64_t begins_at(const SaidScore& said) {
  return std::min(said.document_from, said.statement.tree_size);
}

std::uint64_t ends_at(const SaidScore& said) {
  return std::max(said.document_to, said.statement.tree_size);
}

}  // namespace

Result<wire::Score> open_preview(std::string_view envelope, const wire::Trust& trust,
                                 const Digest& provider) {
  if (!trust.verifier) {
    return fail(Code::usage, "the policy file has no #assay-verifier line: whose word is this?");
  }
  const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  const Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), *trust.verifier);
  if (!opened.ok()) return opened.error();
  Result<wire::Score> score = wire::parse_score(opened.value().payload);
  if (!score.ok()) return score.error();
  const wire::Score& it = score.value();
  if (reputation::provider_id(it.provider) != provider || it.final) {
    return fail(Code::unbound, "the statement is about another provider, or final");
  }
  const bool known = std::ranges::any_of(
      trust.logs, [&](const wire::TrustedLog& log) { return log.key.name == it.origin; });
  if (!known) return fail(Code::unbound, "the log " + it.origin + " is not in the policy file");
  if (!trust.policies.empty() && !trust.trusts_policy(it.policy)) {
    return fail(Code::unbound, "policy " + it.policy.hex() + " is none that you trust");
  }
  return score;
}

ScoreRefold::ScoreRefold(std::vector<SaidScore> said) {
  for (SaidScore& it : said) {
    const std::uint64_t size = it.statement.tree_size;
    it.document_from = std::max(it.document_from, size - std::min(size, kDocumentLagMax));
    it.document_to = std::min(it.document_to, size + std::min(UINT64_MAX - size, kDocumentLagMax));
    leaves_ = std::max(leaves_, ends_at(it));
    waiting_.push_back(entries_.size());
    Entry& entry = entries_.emplace_back();
    entry.found.size = it.statement.tree_size;
    entry.found.epoch = it.statement.epoch;
    entry.said = std::move(it);
  }
  std::ranges::sort(waiting_, std::ranges::greater{},
                    [&](std::size_t i) { return begins_at(entries_[i].said); });
}

Status ScoreRefold::at(const View& view, const Head& head) {
  while (!waiting_.empty() && begins_at(entries_[waiting_.back()].said) <= head.size) {
    active_.push_back(waiting_.back());
    waiting_.pop_back();
  }
  for (const std::size_t i : active_) {
    if (Status compared = compare(view, head, entries_[i]); !compared.ok()) return compared;
  }
  std::erase_if(active_, [&](std::size_t i) {
    const Entry& it = entries_[i];
    if (it.found.failure) return true;
    const bool over = head.size >= it.said.document_to;
    return it.statement_done && (it.document_done || over);
  });
  return {};
}

Status ScoreRefold::compare(const View& view, const Head& head, Entry& entry) {
  const SaidScore& said = entry.said;
  const Result<std::optional<ProviderState>> row = view.provider(said.provider);
  if (!row.ok()) return row.error();
  const std::uint64_t size = said.statement.tree_size;
  if (!entry.statement_done && head.size > size) {
    entry.found.failure =
        fail(Code::stale, "it is of the first " + std::to_string(size) + " leaves, and a log of " +
                              std::to_string(head.size) + " was seen before");
    return {};
  }
  if (head.size == size) {
    entry.statement_done = true;
    if (!row.value()) {
      entry.found.failure =
          fail(Code::mismatch, "nobody of that id is registered in the log's first " +
                                   std::to_string(size) + " leaves");
      return {};
    }
    const Status compared = compare_statement(view, head, said, *row.value(), entry.found);
    if (!compared.ok()) return compared;
  }
  const bool in_range = head.size >= said.document_from && head.size <= said.document_to;
  if (entry.document_done || !in_range || !row.value()) return {};
  return compare_document(view, head, *row.value(), entry);
}

Status ScoreRefold::compare_document(const View& view, const Head& head, const ProviderState& row,
                                     Entry& entry) {
  const SaidScore& said = entry.said;
  const Json& epoch = member(member(said.document, "score"), "epoch");
  const std::uint64_t in = epoch.as_u64().value_or(said.statement.epoch);
  const Result<std::vector<LoggedPolicy>> policies = policies_of(view, head, in, said);
  if (!policies.ok()) return policies.error();
  for (const LoggedPolicy& policy : policies.value()) {
    for (const UnixMillis moment : moments_of(in, policy.policy, said)) {
      Result<DocumentAttempt> tried = attempt(view, said, row, moment, policy.policy);
      if (!tried.ok()) return tried.error();
      DocumentAttempt& it = tried.value();
      if (entry.document_tried && it.differences.size() >= entry.of_document.size()) continue;
      entry.document_tried = true;
      entry.of_document = std::move(it.differences);
      entry.found.score = std::move(it.found.score);
      entry.found.said_score = std::move(it.found.said_score);
      entry.found.classes = std::move(it.found.classes);
      entry.document_done = entry.of_document.empty();
      if (!entry.document_done) continue;
      entry.found.numbers += it.found.numbers;
      return {};
    }
  }
  return {};
}

std::vector<Refolded> ScoreRefold::take() {
  std::vector<Refolded> all;
  for (Entry& entry : entries_) {
    Refolded& found = entry.found;
    if (!found.failure && !entry.statement_done) {
      found.failure = fail(Code::stale, "the log was not folded to the " +
                                            std::to_string(found.size) + " leaves that it is of");
    }
    if (!found.failure && !entry.document_tried) {
      found.failure = fail(Code::stale, "the provider's document is of another epoch than now");
    }
    std::ranges::move(entry.of_document, std::back_inserter(found.differences));
    all.push_back(std::move(found));
  }
  return all;
}

}  // namespace assay::verifier::monitor
