// The folder a witness lives in:
//   witness.key     its key, mode 0600
//   vkey            its name and public key, as logs and renters write them in their trust files
//   logs.txt        the logs that it witnesses: `log <vkey>` lines of C2SP tlog-policy
//   heads/          the newest head of each log that it cosigned
#pragma once

#include <string>
#include <vector>

#include "core/wire/note.h"

namespace assay::verifier {

struct WitnessFolder {
  explicit WitnessFolder(std::string folder) : path(std::move(folder)) {}

  std::string path;

  std::string key() const { return path + "/witness.key"; }
  std::string vkey() const { return path + "/vkey"; }
  std::string logs() const { return path + "/logs.txt"; }
  std::string heads() const { return path + "/heads"; }
};

// Makes the folder; the vkey comes last, so that a folder that has one is complete.
//   malformed    a name that cannot name a key
//   conflict     there is a witness, or a part of one, already
//   storage      something cannot be written
Result<wire::NoteKey> create_witness_folder(const WitnessFolder& folder, const std::string& name);

struct WitnessIdentity {
  wire::NoteKey vkey;
  SigningKey key;
};
// An encrypted key file is opened with ASSAY_KEY_PASSPHRASE.
//   not_found    no witness there: says how to make one
//   conflict     the key is another than vkey names
//   malformed, permission    as parse_vkey and load_key_file
Result<WitnessIdentity> load_witness(const WitnessFolder& folder);

// The keys of all `log` lines of these trust files; a verifier's policy.txt is one.
//   malformed    not a trust file, or all of them name no log
Result<std::vector<wire::NoteKey>> load_witnessed_logs(const std::vector<std::string>& files);

}  // namespace assay::verifier
