#include "verifier/main/data_folder.h"

#include <cstdlib>
#include <filesystem>

#include "core/base/file.h"
#include "core/crypto/key_file.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/tables.h"
#include "verifier/service/lease_table.h"

namespace assay::verifier {
namespace {

constexpr const char* kKeyNames[] = {"verifier", "vrf", "log"};

std::string key_path(const DataFolder& folder, const char* name) {
  return folder.keys() + "/" + name + ".key";
}

Status nothing_there(const DataFolder& folder) {
  for (const std::string& path : {folder.keys(), folder.policy(), folder.trust(), folder.store()}) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      return fail(Code::conflict, "'" + path + "' is there already: nothing was changed; " +
                                      "choose another folder with --data");
    }
  }
  return {};
}

Identity identity_of(wire::Trust trust) {
  Identity out;
  out.origin = trust.logs[0].key.name;
  out.roles = {out.origin, *trust.verifier, *trust.vrf};
  out.trust = std::move(trust);
  return out;
}

Result<SigningKey> load_key(const std::string& path) {
  const char* passphrase = std::getenv("ASSAY_KEY_PASSPHRASE");
  return load_key_file(path, passphrase == nullptr ? "" : passphrase);
}

}  // namespace

Result<Identity> create_data_folder(const DataFolder& folder, const std::string& origin,
                                    const std::string& policy_text) {
  const Result<wire::Policy> policy = wire::parse_policy(policy_text);
  if (!policy.ok()) return policy.error();
  if (const Status free = nothing_there(folder); !free.ok()) return free.error();

  std::vector<SigningKey> keys;
  for (std::size_t i = 0; i < std::size(kKeyNames); ++i) {
    keys.push_back(SigningKey::generate(system_random()));
  }
  wire::Trust trust;
  trust.logs.push_back({{origin, wire::NoteKeyType::ed25519, keys[2].public_key()}, ""});
  trust.verifier = keys[0].public_key();
  trust.vrf = keys[1].public_key();
  trust.policies = {wire::policy_digest(policy_text)};
  const std::string trust_text = wire::trust_text(trust);
  if (const Result<wire::Trust> read_back = wire::parse_trust(trust_text); !read_back.ok()) {
    return fail(Code::malformed, "'" + origin + "' cannot name a log: use a name like " +
                                     "verifier.example/assay, without spaces or '+'");
  }

  Status done = make_folders(folder.keys());
  std::error_code ignored;
  std::filesystem::permissions(folder.keys(), std::filesystem::perms::owner_all, ignored);
  for (std::size_t i = 0; done.ok() && i < keys.size(); ++i) {
    done = write_key_file(key_path(folder, kKeyNames[i]), keys[i], "", system_random());
  }
  if (done.ok()) done = make_folders(folder.blobs());
  if (done.ok()) done = write_file_durably(folder.policy(), as_bytes(policy_text));
  if (!done.ok()) return done.error();
  if (const auto store = open_store(folder, false); !store.ok()) return store.error();
  done = write_file_durably(folder.trust(), as_bytes(trust_text));
  if (!done.ok()) return done.error();
  return identity_of(std::move(trust));
}

Result<Identity> load_identity(const DataFolder& folder) {
  const Result<Bytes> bytes = read_file(folder.trust(), wire::kTrustBytesMax);
  std::error_code ignored;
  if (!bytes.ok() && bytes.error().code == Code::not_found &&
      std::filesystem::exists(folder.policy(), ignored)) {
    return fail(Code::not_found, folder.trust() + " is missing beside the keys: put a copy of it " +
                                     "back, such as one that renters have. Where init was cut " +
                                     "short there is none: remove the folder and make it again");
  }
  if (!bytes.ok() && bytes.error().code == Code::not_found) {
    return fail(Code::not_found, "'" + folder.path + "' is not a verifier's folder; make one " +
                                     "with: assay-verifier init --data '" + folder.path + "'");
  }
  if (!bytes.ok()) return bytes.error();
  Result<wire::Trust> trust = wire::parse_trust(as_text(bytes.value()));
  if (!trust.ok()) return trust.error().in(folder.trust());
  if (trust.value().logs.size() != 1 || !trust.value().verifier || !trust.value().vrf) {
    return fail(Code::malformed,
                folder.trust() + ": one log, #assay-verifier and #assay-vrf " + "must be there");
  }
  return identity_of(std::move(trust).value());
}

Status trust_policy(const DataFolder& folder, const Digest& policy) {
  const Result<Bytes> bytes = read_file(folder.trust(), wire::kTrustBytesMax);
  if (!bytes.ok()) return bytes.error();
  std::string text(as_text(bytes.value()));
  const Result<wire::Trust> trust = wire::parse_trust(text);
  if (!trust.ok()) return trust.error().in(folder.trust());
  if (trust.value().trusts_policy(policy)) return {};
  text += "#assay-policy " + policy.hex() + "\n";
  return write_file_durably(folder.trust(), as_bytes(text));
}

Result<ServiceKeys> load_keys(const DataFolder& folder, const Identity& identity) {
  const PublicKey expected[] = {identity.roles.verifier, identity.roles.vrf,
                                identity.trust.logs[0].key.key};
  std::vector<SigningKey> keys;
  for (std::size_t i = 0; i < std::size(kKeyNames); ++i) {
    const std::string path = key_path(folder, kKeyNames[i]);
    Result<SigningKey> key = load_key(path);
    if (!key.ok()) return key.error();
    if (key.value().public_key() != expected[i]) {
      return fail(Code::conflict, path + " is another key than " + folder.trust() + " names");
    }
    keys.push_back(std::move(key).value());
  }
  return ServiceKeys{std::move(keys[0]), std::move(keys[1]), std::move(keys[2])};
}

Result<SigningKey> load_or_make_key(const DataFolder& folder, const char* name) {
  const std::string path = key_path(folder, name);
  Result<SigningKey> key = load_key(path);
  if (key.ok() || key.error().code != Code::not_found) return key;
  SigningKey made = SigningKey::generate(system_random());
  const Status kept = write_key_file(path, made, "", system_random());
  if (!kept.ok()) return kept.error();
  return made;
}

Result<std::string> load_policy_text(const DataFolder& folder) {
  const Result<Bytes> bytes = read_file(folder.policy(), wire::kPolicyBytesMax);
  if (!bytes.ok()) return bytes.error();
  return std::string(as_text(bytes.value()));
}

Result<std::unique_ptr<reputation::Store>> open_store(const DataFolder& folder, bool read_only) {
  reputation::LmdbOptions options;
  options.folder = folder.store();
  options.tables = reputation::tables::names();
  options.read_only = read_only;
  options.check_in_background = true;
  return reputation::open_lmdb_store(options);
}

Result<std::unique_ptr<reputation::Store>> open_leases(const DataFolder& folder) {
  reputation::LmdbOptions options;
  options.folder = folder.leases();
  options.tables = LeaseTable::names();
  return reputation::open_lmdb_store(options);
}

}  // namespace assay::verifier
