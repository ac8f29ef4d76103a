#include "verifier/main/witness_folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/base/file.h"
#include "core/crypto/key_file.h"
#include "core/wire/trust.h"

namespace assay::verifier {
namespace {

constexpr std::size_t kVkeyBytesMax = 4096;
constexpr const char* kEmptyLogs =
    "# The logs that this witness cosigns, a line each:\n"
    "#   log <vkey>\n"
    "# Start it anew after a change. The quorum line belongs to the format and is not used here.\n"
    "quorum none\n";

}  // namespace

Result<wire::NoteKey> create_witness_folder(const WitnessFolder& folder, const std::string& name) {
  for (const std::string& path : {folder.key(), folder.vkey(), folder.logs(), folder.heads()}) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      return fail(Code::conflict, "'" + path + "' is there already: nothing was changed; " +
                                      "choose another folder with --data");
    }
  }
  const SigningKey key = SigningKey::generate(system_random());
  const wire::NoteKey vkey{name, wire::NoteKeyType::cosignature, key.public_key()};
  const std::string text = wire::vkey_text(vkey);
  if (!wire::parse_vkey(text).ok() || text.size() >= kVkeyBytesMax) {
    return fail(Code::malformed, "'" + name + "' cannot name a witness: use a name like " +
                                     "witness.example/w1, without spaces or '+'");
  }
  if (Status made = make_folders(folder.path); !made.ok()) return made.error();
  Status done = write_key_file(folder.key(), key, "", system_random());
  if (done.ok()) done = write_file_durably(folder.logs(), as_bytes(kEmptyLogs));
  if (done.ok()) done = write_file_durably(folder.vkey(), as_bytes(text + "\n"));
  if (!done.ok()) return done.error();
  return vkey;
}

Result<WitnessIdentity> load_witness(const WitnessFolder& folder) {
  const Result<std::optional<std::string>> text = read_text_if_there(folder.vkey(), kVkeyBytesMax);
  if (!text.ok()) return text.error();
  if (!text.value()) {
    return fail(Code::not_found,
                "'" + folder.path + "' is not a witness's folder; make one with: " +
                    "assay-verifier witness init --data '" + folder.path + "' --name NAME");
  }
  std::string_view line = *text.value();
  while (line.ends_with('\n')) line.remove_suffix(1);
  Result<wire::NoteKey> vkey = wire::parse_vkey(line);
  if (!vkey.ok()) return vkey.error().in(folder.vkey());
  const char* passphrase = std::getenv("ASSAY_KEY_PASSPHRASE");
  Result<SigningKey> key = load_key_file(folder.key(), passphrase == nullptr ? "" : passphrase);
  if (!key.ok()) return key.error();
  if (key.value().public_key() != vkey.value().key ||
      vkey.value().type != wire::NoteKeyType::cosignature) {
    return fail(Code::conflict, folder.key() + " is another key than " + folder.vkey() + " names");
  }
  return WitnessIdentity{std::move(vkey).value(), std::move(key).value()};
}

Result<std::vector<wire::NoteKey>> load_witnessed_logs(const std::vector<std::string>& files) {
  std::vector<wire::NoteKey> logs;
  for (const std::string& path : files) {
    const Result<Bytes> bytes = read_file(path, wire::kTrustBytesMax);
    if (!bytes.ok()) return bytes.error();
    const Result<wire::Trust> trust = wire::parse_trust(as_text(bytes.value()));
    if (!trust.ok()) return trust.error().in(path);
    for (const wire::TrustedLog& log : trust.value().logs) {
      if (std::find(logs.begin(), logs.end(), log.key) == logs.end()) logs.push_back(log.key);
    }
  }
  if (logs.empty()) {
    return fail(Code::malformed, "no log to witness: write a line \"log <vkey>\" into " +
                                     files.front() +
                                     ", or name a verifier's policy.txt with --logs");
  }
  return logs;
}

}  // namespace assay::verifier
