// The folder a verifier lives in:
//   keys/{verifier,vrf,log}.key   its three keys, mode 0600; webhook.key where it has subscribers
//   policy.json                   the policy it was made with
//   policy.txt                    its trust file: whom renters trust, and the log's name; witnesses
//                                 and quorum that the operator writes there are asked and met
//   store/                        the ledger (LMDB)
//   leases/                       what is lent to workers, and what they have shown (LMDB)
//   blobs/                        inputs, results, traces, openings, evidence
//   models/                       language models that orders named, one file each
//   webhooks/                     of each subscriber, which leaf to tell it of next
//   head, head.lock               the newest signed checkpoint, kept apart from the store
#pragma once

#include <memory>
#include <string>

#include "core/wire/trust.h"
#include "reputation/ledger/store.h"
#include "verifier/service/context.h"

namespace assay::verifier {

struct DataFolder {
  explicit DataFolder(std::string folder) : path(std::move(folder)) {}

  std::string path;

  std::string keys() const { return path + "/keys"; }
  std::string policy() const { return path + "/policy.json"; }
  std::string trust() const { return path + "/policy.txt"; }
  std::string store() const { return path + "/store"; }
  std::string leases() const { return path + "/leases"; }
  std::string blobs() const { return path + "/blobs"; }
  std::string models() const { return path + "/models"; }
  std::string webhooks() const { return path + "/webhooks"; }
  std::string head() const { return path + "/head"; }
};

// Whom the log believes, out of policy.txt.
struct Identity {
  std::string origin;
  wire::Trust trust;
  reputation::Roles roles;
};

// Makes the folder, its keys and its files; the trust file comes last, so that a folder that has
// one is complete.
//   malformed    the policy, or an origin that cannot name a key
//   conflict     there is a verifier, or a part of one, already
//   storage      something cannot be written
Result<Identity> create_data_folder(const DataFolder& folder, const std::string& origin,
                                    const std::string& policy_text);

//   not_found    no verifier there: says how to make one
//   malformed    policy.txt is not the trust file of one
Result<Identity> load_identity(const DataFolder& folder);

// Names one more policy in policy.txt, whose other lines stay as the operator wrote them; nothing
// where it is named already.
Status trust_policy(const DataFolder& folder, const Digest& policy);

// The keys, which must be those of policy.txt. An encrypted key file is opened with
// ASSAY_KEY_PASSPHRASE.
//   not_found, permission, malformed    as load_key_file
//   conflict                            other keys than policy.txt names
Result<ServiceKeys> load_keys(const DataFolder& folder, const Identity& identity);

// A key of the folder that renters trust nothing by, made when it is first asked for.
//   permission, malformed, storage      as load_key_file and write_key_file
Result<SigningKey> load_or_make_key(const DataFolder& folder, const char* name);

Result<std::string> load_policy_text(const DataFolder& folder);

// Errors as open_lmdb_store.
Result<std::unique_ptr<reputation::Store>> open_store(const DataFolder& folder, bool read_only);

// The lease table's store, which is made where it is missing. Errors likewise.
Result<std::unique_ptr<reputation::Store>> open_leases(const DataFolder& folder);

}  // namespace assay::verifier
