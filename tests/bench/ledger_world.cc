#include "tests/bench/ledger_world.h"

#include <thread>

#include "core/wire/dsse.h"
#include "core/wire/provider.h"
#include "reputation/ledger/lmdb_store.h"
#include "reputation/ledger/tables.h"
#include "verifier/witness/witness.h"

namespace assay::bench {
namespace {

constexpr const char* kOrigin = "bench.example/assay";
constexpr unsigned kWitnesses = 3;
constexpr unsigned kQuorum = 2;
constexpr std::uint64_t kBlobBytes = std::uint64_t{1} << 30;
constexpr std::size_t kTextBytesMax = 128;  // of a device's uuid, model and driver

SigningKey key_of(const std::string& name) {
  return SigningKey::from_seed(sha256(as_bytes("assay-bench ledger " + name)).view()).value();
}

// One registration, its devices' texts as long as the entry needs.
std::string entry(std::uint64_t number) {
  const std::string name = "provider " + std::to_string(number % kLedgerSigners);
  const SigningKey key = key_of(name);
  wire::Registration it;
  it.provider = key.public_key();
  it.name = name;
  it.region = "eu-west";
  it.device_class = "cpu";
  it.price_micros = number;
  it.devices.resize(2);
  const std::size_t base = wire::statement_text(wire::registration_statement(it)).size();
  std::size_t missing = kLedgerEntryBytes - wire::kLeafHeadBytes - base;
  for (wire::Device& device : it.devices) {
    for (std::string* text : {&device.uuid, &device.model, &device.driver}) {
      text->assign(std::min(missing, kTextBytesMax), 'x');
      missing -= text->size();
    }
  }
  ASSAY_CHECK(missing == 0, "an entry of the bench has no room for its padding");
  return wire::seal(key, wire::statement_text(wire::registration_statement(it)));
}

}  // namespace

std::vector<std::string> signed_entries(std::uint64_t first, std::size_t count) {
  std::vector<std::string> out(count);
  const std::size_t signers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (std::size_t signer = 0; signer < signers; ++signer) {
    threads.emplace_back([&, signer] {
      for (std::size_t i = signer; i < count; i += signers) out[i] = entry(first + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return out;
}

// One whose heads are on the disk before it signs, asked without a network between.
class LedgerWorld::LocalWitness final : public api::WitnessPort {
 public:
  LocalWitness(const std::string& name, std::unique_ptr<witness::HeadStore> heads,
               const wire::NoteKey& log)
      : heads_(std::move(heads)),
        witness_("bench.example/" + name, key_of(name), {log}, *heads_, system_clock()) {}

  Result<api::WitnessReply> add_checkpoint(const std::string& body) override {
    witness::Answer answer = witness_.add_checkpoint(body);
    return api::WitnessReply{answer.status, std::move(answer.body)};
  }
  wire::NoteKey vkey() const { return witness_.vkey(); }

 private:
  std::unique_ptr<witness::HeadStore> heads_;
  witness::Witness witness_;
};

LedgerWorld::~LedgerWorld() = default;

Result<std::unique_ptr<LedgerWorld>> LedgerWorld::make(const std::string& folder) {
  std::unique_ptr<LedgerWorld> out(new LedgerWorld());
  verifier::ServiceKeys keys{key_of("verifier"), key_of("vrf"), key_of("log")};
  const wire::NoteKey log{kOrigin, wire::NoteKeyType::ed25519, keys.log.public_key()};
  const wire::Policy policy;
  const std::string policy_text = wire::policy_text(policy);
  out->trust_.logs = {{log, ""}};
  out->trust_.verifier = keys.verifier.public_key();
  out->trust_.vrf = keys.vrf.public_key();
  out->trust_.policies = {wire::policy_digest(policy_text)};
  wire::WitnessGroup group{"enough", kQuorum, {}};
  verifier::ServiceOptions options;
  for (unsigned i = 0; i < kWitnesses; ++i) {
    const std::string name = "w" + std::to_string(i + 1);
    auto heads = witness::open_file_head_store(folder + "/" + name);
    if (!heads.ok()) return heads.error();
    const auto made = std::make_shared<LocalWitness>(name, std::move(heads).value(), log);
    out->trust_.witnesses.push_back({name, made->vkey(), ""});
    group.members.push_back(name);
    options.witnesses.ports.push_back(made);
  }
  out->trust_.groups = {group};
  out->trust_.quorum = group.name;
  options.witnesses.trust = out->trust_;

  auto store = reputation::open_lmdb_store(
      {.folder = folder + "/store", .tables = reputation::tables::names()});
  if (!store.ok()) return store.error();
  out->store_ = std::move(store).value();
  auto blobs = verifier::open_file_blobs(folder + "/blobs", kBlobBytes);
  if (!blobs.ok()) return blobs.error();
  out->blobs_ = std::move(blobs).value();
  out->heads_ = verifier::make_file_head_keeper(folder + "/head");
  auto service = verifier::Service::start(
      {*out->store_, *out->blobs_, *out->heads_, system_clock(), system_random()}, std::move(keys),
      kOrigin, policy_text, options);
  if (!service.ok()) return service.error();
  out->service_ = std::move(service).value();
  return out;
}

}  // namespace assay::bench
