// FORMAT.md cannot rot: its blocks are what core/wire writes, and what core/wire reads.
#include "core/base/file.h"
#include "core/crypto/key_file.h"
#include "core/wire/poll.h"
#include "core/wire/receipt.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/core/wire/statements/codecs.h"
#include "tests/core/wire/statements/examples.h"
#include "tests/temporary_folder.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::wire;

namespace {

// The blocks of FORMAT.md by the name in the comment above each.
std::map<std::string, std::string> blocks() {
  constexpr std::string_view kMark = "<!-- example: ";
  const Bytes file = read_file(std::string(ASSAY_SOURCE) + "/core/wire/FORMAT.md", 1 << 20).value();
  const std::string text(as_text(file));
  std::map<std::string, std::string> out;
  for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const std::size_t name = at + kMark.size();
    const std::size_t begin = text.find('\n', text.find("\n```", at) + 1) + 1;
    const std::size_t end = text.find("\n```\n", begin);
    REQUIRE(end != std::string::npos);
    const bool fresh = out.emplace(text.substr(name, text.find(" -->", name) - name),
                                   text.substr(begin, end - begin))
                           .second;
    REQUIRE(fresh);
  }
  return out;
}

}  // namespace

TEST_CASE("FORMAT.md: every example is byte for byte what this code writes") {
  const std::map<std::string, std::string> written = blocks();
  const std::map<std::string, std::string> ours = test::examples();
  CHECK(written.size() == ours.size());
  for (const auto& [name, text] : ours) {
    INFO(name);
    REQUIRE(written.contains(name));
    CHECK(written.at(name) == text);
  }
}

TEST_CASE("FORMAT.md: every kind of statement has an example, and it reads back as itself") {
  const std::map<std::string, std::string> written = blocks();
  for (const test::Codec& codec : test::codecs()) {
    const std::string name(kind_name(codec.kind));
    INFO(name);
    REQUIRE(written.contains(name));
    const Result<std::string> again = codec.rewrite(written.at(name));
    REQUIRE(test::answer(again) == "ok");
    CHECK(again.value() == written.at(name));
  }
}

TEST_CASE("FORMAT.md: the poll reply, the receipt and policy.txt read back as themselves") {
  const std::map<std::string, std::string> written = blocks();
  const Result<PollReply> reply = parse_poll_reply(written.at("poll-reply"));
  REQUIRE(reply.ok());
  CHECK(poll_reply_text(reply.value()) == written.at("poll-reply"));

  const std::string receipt = written.at("receipt") + "\n";
  const Result<CaseFile> file = parse_case_file(receipt);
  REQUIRE(file.ok());
  CHECK(case_file_text(file.value()) == receipt);
  CHECK(check_case_file_digest(receipt).ok());

  const Result<Trust> trust = parse_trust(written.at("policy-txt") + "\n");
  REQUIRE(trust.ok());
  CHECK(check_checkpoint(trust.value(),
                         [&] {
                           const std::string& proof = file.value().entries[0].proof;
                           return proof.substr(proof.find("\n\n") + 2);
                         }())
            .ok());
}

TEST_CASE("FORMAT.md: the key file is what write_key_file writes") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/key";
  REQUIRE(write_key_file(path, test::example_key("provider"), "", system_random()).ok());
  std::string hex = to_hex(read_file(path, 4096).value());
  for (std::size_t i = 96; i < hex.size(); i += 97) hex.insert(i, "\n");
  CHECK(hex == blocks().at("key-file"));
}
