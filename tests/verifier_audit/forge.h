// A forger who holds every key: takes a real receipt and its log apart, changes what a statement
// says, signs it again, and proves the new leaf in a log signed anew. What is caught then is caught
// by the bindings alone.
#pragma once

#include "core/wire/leaf.h"
#include "tests/verifier_audit/lab.h"

namespace assay::test {

class Forge {
 public:
  explicit Forge(const Lab& lab, const std::string& text = "");

  wire::CaseFile file;

  // The statement's payload, changed by `change` and signed by `signer`.
  template <class T>
  void restate(wire::Kind kind, Result<T> (*parse)(std::string_view),
               wire::Statement (*state)(const T&), const SigningKey& signer,
               const std::function<void(T&)>& change) {
    T said = parse(leaf(kind).payload).value();
    change(said);
    say(kind, wire::statement_text(state(said)), signer);
  }
  // Another payload in the same place of the log.
  void say(wire::Kind kind, const std::string& payload, const SigningKey& signer);
  // A statement that the log does not have yet, at its end; the file gets its entry.
  void add(wire::Kind kind, const std::string& payload, const SigningKey& signer);
  void drop(wire::Kind kind);  // from the file; it stays in the log

  const wire::LogLeaf& leaf(wire::Kind kind) const;
  std::uint64_t index(wire::Kind kind) const;
  Digest digest(wire::Kind kind) const { return leaf(kind).pae_digest; }

  // The file over the log as it now is.
  std::string text() const;

 private:
  struct Place {
    std::string name;
    std::uint64_t index = 0;
  };
  const Place& place(wire::Kind kind) const;

  std::string origin_;
  std::vector<wire::LogLeaf> leaves_;
  std::vector<Place> places_;
};

}  // namespace assay::test
