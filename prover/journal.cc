#include "prover/journal.h"

#include <algorithm>
#include <filesystem>

#include "core/base/file.h"
#include "prover/journal_json.h"

namespace assay::prover {
namespace {

constexpr std::size_t kSmallFileMax = std::size_t{1} << 20;

// A small file's text, or nothing when it was never written.
Result<std::optional<std::string>> read_text(const std::string& path) {
  const Result<Bytes> bytes = read_file(path, kSmallFileMax);
  if (bytes.ok()) return std::optional<std::string>(as_text(bytes.value()));
  if (bytes.error().code == Code::not_found) return std::optional<std::string>();
  return bytes.error();
}

Error damaged(const std::string& path, const Error& error) {
  return fail(Code::malformed, "'" + path + "' is damaged (" + error.what +
                                   "); restore the state folder, or move it away and start once "
                                   "with --adopt-chain");
}

}  // namespace

// One notice about one leaf: but of warnings there may be several, which say different things.
bool same_notice(const wire::Notice& a, const wire::Notice& b) {
  if (a.kind != b.kind || a.log_index != b.log_index) return false;
  return a.kind != "warning" || a.detail == b.detail;
}

Digest challenge_key(wire::Challenge challenge) {
  challenge.deadline = {};
  return sha256(as_bytes(wire::challenge_to_json(challenge).dump()));
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& folder,
                                               const PublicKey& provider) {
  if (Status made = make_folders(folder + "/jobs"); !made.ok()) return made.error();
  Result<std::unique_ptr<FileLock>> lock = FileLock::take(folder + "/lock", true);
  if (!lock.ok()) return lock.error().in("state folder");
  std::unique_ptr<Journal> journal(new Journal(folder, provider, std::move(lock).value()));
  if (Status loaded = journal->load(); !loaded.ok()) return loaded.error().in("state folder");
  return journal;
}

Status Journal::load() {
  Status status = load_chain();
  if (status.ok()) status = load_handed();
  if (status.ok()) status = load_notices();
  if (status.ok()) status = load_jobs();
  return status;
}

Status Journal::load_chain() {
  const std::string file = folder_ + "/chain.json";
  const Result<std::optional<std::string>> text = read_text(file);
  if (!text.ok()) return text.error();
  if (!text.value()) return write_chain({}, std::nullopt);
  Result<ChainFile> chain = parse_chain(*text.value());
  if (!chain.ok()) return damaged(file, chain.error());
  if (chain.value().provider != provider_) {
    return fail(Code::conflict, "'" + folder_ + "' belongs to another key (" +
                                    chain.value().provider.hex() +
                                    "); give each key its own --state folder");
  }
  next_ = chain.value().next;
  pending_ = std::move(chain.value().pending);
  return {};
}

Status Journal::load_handed() {
  const std::string file = folder_ + "/handed.json";
  const Result<std::optional<std::string>> text = read_text(file);
  if (!text.ok()) return text.error();
  if (!text.value()) return {};
  const Result<Handed> handed = parse_handed(*text.value());
  if (!handed.ok()) return damaged(file, handed.error());
  handed_ = handed.value();
  return {};
}

Status Journal::load_notices() {
  const std::string file = folder_ + "/notices.json";
  const Result<std::optional<std::string>> text = read_text(file);
  if (!text.ok()) return text.error();
  if (!text.value()) return {};
  Result<std::vector<HeardNotice>> notices = parse_notices(*text.value());
  if (!notices.ok()) return damaged(file, notices.error());
  notices_ = std::move(notices).value();
  return {};
}

Status Journal::load_jobs() {
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/jobs", problem)) {
    const Result<Digest> job = Digest::parse_hex(entry.path().filename().string());
    if (!job.ok()) continue;
    const std::string file = entry.path().string() + "/status.json";
    const Result<std::optional<std::string>> text = read_text(file);
    if (!text.ok()) return text.error();
    if (!text.value()) {  // a crash while it was being taken: nothing was sent
      std::filesystem::remove_all(entry.path(), problem);
      continue;
    }
    const Result<JobStatus> status = parse_status(*text.value());
    if (!status.ok()) return damaged(file, status.error());
    jobs_[job.value()] = status.value();
    load_challenges(job.value());
  }
  if (problem) return fail(Code::storage, "cannot read '" + folder_ + "': " + problem.message());
  return {};
}

void Journal::load_challenges(const Digest& job) {
  std::error_code none;  // most jobs have no such folder
  for (const auto& entry : std::filesystem::directory_iterator(path(job, "challenges"), none)) {
    const Result<Bytes> bytes = read_file(entry.path().string(), kSmallFileMax);
    if (!bytes.ok()) continue;
    const Result<wire::Json> json = wire::parse_json(as_text(bytes.value()));
    if (!json.ok()) continue;  // the verifier asks again
    const Result<wire::Challenge> challenge = wire::challenge_from_json(json.value());
    if (challenge.ok()) challenges_[challenge_key(challenge.value())] = challenge.value();
  }
}

Status Journal::write_chain(const ChainPlace& next,
                            const std::optional<PendingAttestation>& pending) {
  const Status written = write_file_durably(folder_ + "/chain.json",
                                            as_bytes(chain_text({provider_, next, pending})), 0600);
  if (!written.ok()) return written;
  next_ = next;
  pending_ = pending;
  return {};
}

Status Journal::record_pending(PendingAttestation attestation) {
  ASSAY_CHECK(!pending_, "a second attestation signed while one is pending");
  return write_chain(next_, std::move(attestation));
}

Status Journal::settle_pending(std::uint64_t log_index, UnixMillis now) {
  ASSAY_CHECK(pending_.has_value(), "nothing is pending");
  JobStatus status = jobs_[pending_->job];
  status.stage = Stage::attested;
  status.attestation = pending_->digest;
  status.log_index = log_index;
  status.ended = now;
  // The job first: after a crash between the two, the pending bytes are sent again and settle
  // again.
  if (Status s = write(pending_->job, "attestation.dsse", as_bytes(pending_->envelope)); !s.ok()) {
    return s;
  }
  if (Status s = set_status(pending_->job, status); !s.ok()) return s;
  return write_chain({pending_->place.seq + 1, pending_->digest}, std::nullopt);
}

Status Journal::release_pending(const std::string& why, UnixMillis now) {
  ASSAY_CHECK(pending_.has_value(), "nothing is pending");
  JobStatus status = jobs_[pending_->job];
  status.stage = Stage::closed;
  status.ended = now;
  status.detail = why;
  if (Status s = set_status(pending_->job, status); !s.ok()) return s;
  return write_chain(next_, std::nullopt);
}

Status Journal::adopt(const ChainPlace& place) {
  return write_chain(place, pending_);
}

Status Journal::record_handed(const Handed& handed, bool durable) {
  handed_ = handed;
  if (!durable) return {};
  return write_file_durably(folder_ + "/handed.json", as_bytes(handed_text(handed)), 0600);
}

Result<bool> Journal::remember_notice(const wire::Notice& notice, UnixMillis now) {
  const bool known = std::any_of(notices_.begin(), notices_.end(), [&](const HeardNotice& each) {
    return same_notice(each.notice, notice);
  });
  if (known) return false;
  std::vector<HeardNotice> next = notices_;
  next.push_back({notice, now});
  if (next.size() > kNoticesRemembered) next.erase(next.begin());
  const Status written =
      write_file_durably(folder_ + "/notices.json", as_bytes(notices_text(next)), 0600);
  if (!written.ok()) return written.error();
  notices_ = std::move(next);
  return true;
}

Status Journal::begin_job(const Digest& job, const std::string& order,
                          const std::string& acceptance) {
  Status status = write(job, "order.dsse", as_bytes(order));
  if (status.ok()) status = write(job, "acceptance.dsse", as_bytes(acceptance));
  if (status.ok()) status = set_status(job, {});
  return status;
}

Status Journal::set_status(const Digest& job, const JobStatus& status) {
  const Status written = write(job, "status.json", as_bytes(status_text(status)));
  if (written.ok()) jobs_[job] = status;
  return written;
}

Status Journal::add_challenge(const wire::Challenge& challenge) {
  const Digest key = challenge_key(challenge);
  const std::string text = wire::challenge_to_json(challenge).dump();
  const Status written = write(challenge.job, "challenges/" + key.hex(), as_bytes(text));
  if (written.ok()) challenges_[key] = challenge;
  return written;
}

void Journal::drop_challenge(const Digest& key) {
  const auto found = challenges_.find(key);
  if (found == challenges_.end()) return;
  std::error_code ignored;  // a file that stays is answered once more after a restart
  std::filesystem::remove(path(found->second.job, "challenges/" + key.hex()), ignored);
  challenges_.erase(found);
}

void Journal::forget_old(UnixMillis now, std::int64_t retention_ms) {
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    const JobStatus& status = it->second;
    const bool ended = status.stage == Stage::attested || status.stage == Stage::closed;
    if (!ended || now - status.ended <= retention_ms) {
      ++it;
      continue;
    }
    std::erase_if(challenges_, [&](const auto& c) { return c.second.job == it->first; });
    std::error_code ignored;  // what stays is found again at the next start
    std::filesystem::remove_all(path(it->first, ""), ignored);
    it = jobs_.erase(it);
  }
}

std::string Journal::path(const Digest& job, const std::string& name) const {
  return folder_ + "/jobs/" + job.hex() + "/" + name;
}

Result<Bytes> Journal::read(const Digest& job, const std::string& name,
                            std::size_t bytes_max) const {
  return read_file(path(job, name), bytes_max);
}

Status Journal::write(const Digest& job, const std::string& name, ByteView bytes) {
  const std::string file = path(job, name);
  const Status made = make_folders(std::filesystem::path(file).parent_path().string());
  if (!made.ok()) return made;
  return write_file_durably(file, bytes, 0600);
}

}  // namespace assay::prover
