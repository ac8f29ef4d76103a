#include <sys/resource.h>
#include <sys/statvfs.h>

#include <filesystem>

#include "core/crypto/key_file.h"
#include "prover/journal.h"
#include "prover/main/doctor.h"
#include "prover/main/this_machine.h"

namespace assay::prover {
namespace {

constexpr std::uint64_t kMemoryMin = std::uint64_t{512} << 20;
constexpr std::uint64_t kDiskMin = std::uint64_t{2} << 30;
constexpr rlim_t kFilesMin = 256;

std::string mib_text(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

const char* health_name(Health health) {
  switch (health) {
    case Health::pass: return "pass";
    case Health::warn: return "warn";
    case Health::fail: return "fail";
    case Health::skip: return "skip";
  }
  return "";
}

Finding passes(const char* check, std::string text) {
  return {check, Health::pass, Code::internal, std::move(text), ""};
}

Finding warns(const char* check, std::string text, std::string fix) {
  return {check, Health::warn, Code::internal, std::move(text), std::move(fix)};
}

Finding fails(const char* check, const Error& error, std::string fix) {
  return {check, Health::fail, error.code, error.what, std::move(fix)};
}

Finding skips(const char* check, std::string text) {
  return {check, Health::skip, Code::internal, std::move(text), ""};
}

std::optional<SigningKey> check_key(const std::string& path, Findings& out) {
  if (path.empty()) {
    out.push_back(skips("KEY_FILE", "no --key was given"));
    return std::nullopt;
  }
  Result<SigningKey> key = load_key(path);
  if (!key.ok()) {
    out.push_back(fails("KEY_FILE", key.error(), ""));
    return std::nullopt;
  }
  out.push_back(passes(
      "KEY_FILE", "readable by its owner alone; provider " + key_id(key.value().public_key())));
  return std::move(key).value();
}

std::optional<std::uint64_t> check_state(const std::string& folder, const PublicKey& provider,
                                         Findings& out) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    out.push_back(skips("STATE_FOLDER", "there is no " + folder + " yet: the first run makes it"));
    return 0;
  }
  const Result<std::unique_ptr<Journal>> journal = Journal::open(folder, provider);
  if (!journal.ok() && journal.error().code == Code::conflict) {
    out.push_back(passes("STATE_FOLDER", journal.error().what));
    return std::nullopt;
  }
  if (!journal.ok()) {
    out.push_back(fails("STATE_FOLDER", journal.error(),
                        "put the folder back from a backup, or move it away and start once with "
                        "--adopt-chain"));
    return std::nullopt;
  }
  std::size_t open = 0;
  for (const auto& [job, status] : journal.value()->jobs()) {
    if (status.stage != Stage::attested && status.stage != Stage::closed) ++open;
  }
  const std::size_t asked = journal.value()->challenges().size();
  const std::string text =
      "next attestation is number " + std::to_string(journal.value()->next().seq) + ", " +
      std::to_string(open) + " jobs unfinished, " + std::to_string(asked) + " openings asked for";
  if (open + asked > 0) {
    out.push_back(warns("STATE_FOLDER", text,
                        "start the agent before their deadlines pass: assay-prover run …"));
  } else {
    out.push_back(passes("STATE_FOLDER", text));
  }
  return journal.value()->next().seq - 1;
}

void check_machine(const std::string& folder, Findings& out) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::string open = std::to_string(files.rlim_cur) + " files at a time";
  out.push_back(files.rlim_cur < kFilesMin
                    ? warns("FILES_OPEN", open, "ulimit -n 1024 before starting the agent")
                    : passes("FILES_OPEN", open));
  const std::uint64_t memory = free_memory_bytes();
  out.push_back(memory < kMemoryMin
                    ? warns("MEMORY", mib_text(memory) + " free",
                            "larger jobs will be refused: free some, or take a larger machine")
                    : passes("MEMORY", mib_text(memory) + " free"));
  std::string where = folder;
  std::error_code ignored;
  while (!where.empty() && !std::filesystem::exists(where, ignored)) {
    where = std::filesystem::path(where).parent_path().string();
  }
  struct statvfs disk {};
  if (::statvfs(where.empty() ? "." : where.c_str(), &disk) != 0) {
    out.push_back(warns("DISK", "cannot be asked for its room", ""));
    return;
  }
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  out.push_back(room < kDiskMin
                    ? warns("DISK", mib_text(room) + " free",
                            "inputs and checkpoints of jobs may not fit: free some, or --state "
                            "elsewhere")
                    : passes("DISK", mib_text(room) + " free"));
}

}  // namespace assay::prover
