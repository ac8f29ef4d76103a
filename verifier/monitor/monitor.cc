#include "verifier/monitor/monitor.h"

#include <algorithm>

#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/memory_store.h"

namespace assay::verifier::monitor {

using reputation::View;
using wire::Json;

namespace {

// A monitor's own table: "head" -> signed note, "watch" -> Watch::state_text(), "about" -> whose
// log it is, how far the watch has seen it, and what was found.
const reputation::TableId kMonitor{
    static_cast<std::uint8_t>(reputation::tables::names().size())};  // after the ledger's
constexpr std::string_view kHeadKey = "head";
constexpr std::string_view kWatchKey = "watch";
constexpr std::string_view kAboutKey = "about";
constexpr wire::JsonLimits kAboutLimits{.bytes_max = std::size_t{16} << 20};

std::vector<std::string> table_names() {
  std::vector<std::string> names = reputation::tables::names();
  names.emplace_back("monitor");
  return names;
}

Error damaged(const Error& error) {
  return fail(Code::storage, "the monitor's state is damaged (" + error.what +
                                 "): remove its folder and start anew, from a known head");
}

Json finding_json(const Finding& finding) {
  Json json = Json::object({{"kind", finding_name(finding.kind)},
                            {"statement", finding.statement.hex()},
                            {"text", finding.text}});
  if (finding.leaf) json.set("leaf", *finding.leaf);
  return json;
}

Result<Finding> finding_from(const Json& json) {
  wire::Fields in(json, "finding");
  Finding out;
  const std::string name = in.text("kind");
  bool known = false;
  for (std::size_t i = 0; i < kFindingKinds && !known; ++i) {
    out.kind = static_cast<FindingKind>(i);
    known = finding_name(out.kind) == name;
  }
  if (!known) in.note("kind", "is unknown");
  out.statement = in.fixed<Digest>("statement");
  out.text = in.value("text").is_string() ? in.value("text").as_string() : "";
  if (in.has("leaf")) out.leaf = in.value("leaf").as_u64();
  if (Status closed = in.close(); !closed.ok()) return closed.error();
  return out;
}

Result<std::optional<Bytes>> stored(const reputation::ReadTxn& txn, std::string_view key) {
  return txn.get(kMonitor, as_bytes(key));
}

}  // namespace

std::unique_ptr<reputation::Store> make_memory_state() {
  return reputation::make_memory_store(table_names());
}

Result<std::unique_ptr<reputation::Store>> open_state(const std::string& folder) {
  reputation::LmdbOptions options;
  options.folder = folder;
  options.tables = table_names();
  Result<std::unique_ptr<reputation::Store>> store = reputation::open_lmdb_store(options);
  if (!store.ok()) return store.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = store.value()->read();
  if (!txn.ok()) return txn.error();
  if (auto seals = reputation::verify_all(*txn.value()); !seals.ok()) return damaged(seals.error());
  txn.value().reset();
  return store;
}

// The newest head, in the same store as the leaves.
class Monitor::StoredHead final : public KnownHead {
 public:
  explicit StoredHead(reputation::Store& store) : store_(store) {}
  Result<std::optional<std::string>> load() override {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = store_.read();
    if (!txn.ok()) return txn.error();
    Result<std::optional<Bytes>> note = stored(*txn.value(), kHeadKey);
    if (!note.ok()) return note.error();
    if (!note.value()) return std::optional<std::string>{};
    return std::optional<std::string>(std::string(as_text(*note.value())));
  }
  Status keep(const std::string& note) override {
    Result<std::unique_ptr<reputation::WriteTxn>> txn = store_.write();
    if (!txn.ok()) return txn.error();
    Status put = txn.value()->put(kMonitor, as_bytes(kHeadKey), as_bytes(note));
    return put.ok() ? txn.value()->commit() : put;
  }

 private:
  reputation::Store& store_;
};

Monitor::Monitor(MonitorPorts ports, wire::Trust trust, reputation::Roles roles,
                 MonitorOptions options)
    : ports_(std::move(ports)),
      origin_(roles.origin),
      max_age_ms_(options.max_age_ms),
      watch_(roles, trust.policies, ports_.plans, ports_.disputes),
      known_(std::make_unique<StoredHead>(ports_.store)),
      follower_({ports_.store, *known_, ports_.checkpoint, ports_.tiles}, std::move(trust),
                std::move(roles), std::move(options.follow), this) {}

Result<std::unique_ptr<Monitor>> Monitor::open(MonitorPorts ports, wire::Trust trust,
                                               MonitorOptions options,
                                               const std::string& known_head) {
  Result<reputation::Roles> roles = roles_of(trust);
  if (!roles.ok()) return roles.error();
  if (!known_head.empty()) {
    Result<wire::CheckedCheckpoint> checked = wire::check_checkpoint(trust, known_head);
    if (!checked.ok()) return checked.error().in("the known head");
  }
  std::unique_ptr<Monitor> monitor(new Monitor(std::move(ports), std::move(trust),
                                               std::move(roles).value(), std::move(options)));
  if (Status loaded = monitor->load(known_head); !loaded.ok()) return loaded.error();
  return monitor;
}

Status Monitor::load(const std::string& known_head) {
  std::uint64_t known_size = 0;
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = ports_.store.read();
    if (!txn.ok()) return txn.error();
    const View view(*txn.value());
    Result<reputation::Head> head = view.head();
    if (!head.ok()) return head.error();
    Result<std::optional<Bytes>> about = stored(*txn.value(), kAboutKey);
    Result<std::optional<Bytes>> watch = stored(*txn.value(), kWatchKey);
    Result<std::optional<Bytes>> note = stored(*txn.value(), kHeadKey);
    for (const auto* part : {&about, &watch, &note}) {
      if (!part->ok()) return damaged(part->error());
    }
    if (about.value().has_value() != watch.value().has_value() ||
        (head.value().size > 0 && !about.value())) {
      return damaged(fail(Code::storage, "a part of it is missing"));
    }
    if (about.value()) {
      Result<Json> json = wire::parse_json(as_text(*about.value()), kAboutLimits);
      if (!json.ok()) return damaged(json.error());
      wire::Fields in(json.value(), "about");
      const std::string origin = in.text("origin");
      if (in.value("size").as_u64() != head.value().size) in.note("size", "is not the log's");
      for (const Json& each : in.array("findings", kFindingsMax)) {
        Result<Finding> finding = finding_from(each);
        if (!finding.ok()) return damaged(finding.error());
        findings_.push_back(std::move(finding).value());
      }
      if (Status closed = in.close(); !closed.ok()) return damaged(closed.error());
      if (origin != origin_) {
        return fail(Code::unbound, "this state is of the log " + origin + ", not of " + origin_);
      }
      if (Status back = watch_.restore(as_text(*watch.value())); !back.ok()) {
        return damaged(back.error());
      }
    }
    if (note.value()) {
      Result<wire::Note> parsed = wire::parse_note(as_text(*note.value()));
      if (!parsed.ok()) return damaged(parsed.error());
      Result<wire::Checkpoint> checkpoint = wire::parse_checkpoint(parsed.value().text);
      if (!checkpoint.ok()) return damaged(checkpoint.error());
      known_size = checkpoint.value().size;
    }
    if (known_head.empty()) return {};
    Result<wire::Note> given = wire::parse_note(known_head);
    if (!given.ok()) return given.error();
    Result<wire::Checkpoint> seen = wire::parse_checkpoint(given.value().text);
    if (!seen.ok()) return seen.error();
    if (seen.value().size > 0 && seen.value().size <= head.value().size) {
      Result<Digest> root = root_of(seen.value().size, view.log(head.value().size).subtrees());
      if (!root.ok()) return root.error();
      if (root.value() != seen.value().root) {
        return fail(Code::equivocation, "the known head of " + std::to_string(seen.value().size) +
                                            " leaves is not of the log that was followed");
      }
    }
    if (seen.value().size <= known_size) return {};
  }
  return known_->keep(known_head);
}

Status Monitor::applied(const View& view, const reputation::Head& head, std::uint64_t index,
                        const reputation::LoggedLeaf& leaf) {
  if (Status seen = watch_.see(view, head, index, leaf); !seen.ok()) return seen;
  return ports_.folded ? ports_.folded(view, head) : Status();
}

std::string Monitor::state_text(std::uint64_t size) const {
  Json findings = Json::array();
  for (const Finding& finding : findings_) findings.push(finding_json(finding));
  return Json::object({{"origin", origin_}, {"size", size}, {"findings", findings}}).dump();
}

Status Monitor::closing(reputation::WriteTxn& txn, const reputation::Head& head) {
  take(watch_.take_findings(), fresh_);
  const std::string watch = watch_.state_text();
  if (Status put = txn.put(kMonitor, as_bytes(kWatchKey), as_bytes(watch)); !put.ok()) return put;
  return txn.put(kMonitor, as_bytes(kAboutKey), as_bytes(state_text(head.size)));
}

void Monitor::take(std::vector<Finding> findings, std::vector<Finding>& fresh) {
  for (Finding& finding : findings) {
    if (std::find(findings_.begin(), findings_.end(), finding) != findings_.end()) continue;
    fresh.push_back(finding);
    if (findings_.size() < kFindingsMax) findings_.push_back(std::move(finding));
  }
}

// Faults are for ever; a silence is one until what was due has come.
int Monitor::exit_code(const Update& update) const {
  std::vector<Finding> standing = update.findings;
  for (const Finding& finding : findings_) {
    if (severity_of(finding.kind) == Severity::fault) standing.push_back(finding);
  }
  const int code = exit_code_of(standing);
  return code == 0 && watch_.is_overdue() ? static_cast<int>(Code::no_evidence) : code;
}

Result<Look> Monitor::look() {
  const UnixMillis now = ports_.clock.unix_now();
  fresh_.clear();
  Result<Update> updated = follower_.update();
  if (!updated.ok()) return updated.error();
  Look look;
  look.update = std::move(updated).value();
  Update& update = look.update;
  std::int64_t newest_ms = watch_.last_time().ms;
  for (const wire::Witnessed& witness : update.head.witnesses) {
    newest_ms = std::max(newest_ms, static_cast<std::int64_t>(witness.unix_seconds) * 1000);
  }
  look.age_ms = now.ms - newest_ms;
  if (update.good()) {
    watch_.check_deadlines({std::max(watch_.last_time().ms, now.ms - kClockGraceMs)});
    take(watch_.take_findings(), fresh_);
  }
  if (max_age_ms_ > 0 && look.age_ms > max_age_ms_) {
    update.findings.push_back({FindingKind::stale_log,
                               std::nullopt,
                               {},
                               "nothing new for longer than " + std::to_string(max_age_ms_ / 1000) +
                                   " s: the newest thing in the log is of " +
                                   to_rfc3339({newest_ms})});
  }
  take(update.findings, fresh_);
  look.fresh = fresh_;
  look.audits_due = watch_.audits_due();
  look.exit_code = exit_code(update);
  if (look.fresh.empty()) return look;
  Result<std::unique_ptr<reputation::WriteTxn>> txn = ports_.store.write();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = View(*txn.value()).head();
  if (!head.ok()) return head.error();
  if (Status put = closing(*txn.value(), head.value()); !put.ok()) return put.error();
  if (Status kept = txn.value()->commit(); !kept.ok()) return kept.error();
  return look;
}

}  // namespace assay::verifier::monitor
