// What a verifier says of its providers' scores, held against the log: each number made again out
// of the leaves that it was made of. Fed with a fold of the log, leaf by leaf. One thread.
//
// The signed statement names its leaves, by size and root, and its epoch: it is compared when the
// fold is at that size, however far the log has grown since. The document beside it, with every
// class, is unsigned and names its epoch alone; what it was made of lies between two sizes that its
// reader knows, and one of them must give all of it.
// The time of the question counts as well: within an epoch, by the uptime window and the day that
// it falls into. Any moment of the epoch named may be the one, as long as it is no further than
// kClockGraceMs from when the question was asked by our clock.
#pragma once

#include "core/wire/events.h"
#include "core/wire/trust.h"
#include "reputation/ledger/view.h"

namespace assay::verifier::monitor {

struct SaidScore {
  Digest provider;  // its id
  std::string name;
  wire::Score statement;            // signed: open_preview()
  wire::Json document;              // GET /v1/providers/{id}
  std::uint64_t document_from = 0;  // leaves that it was made of, at least,
  std::uint64_t document_to = 0;    // and at most: see kDocumentLagMax
  UnixMillis asked;                 // our clock, before the first answer
  UnixMillis answered;              // and after the last
};

// A score statement that is not final, about this provider.
//   malformed    no statement of a score
//   signature    not by the verifier of `trust`
//   unbound      about another provider, of a log or by a policy that is not trusted, or final
//   usage        `trust` names no verifier
Result<wire::Score> open_preview(std::string_view envelope, const wire::Trust& trust,
                                 const Digest& provider);

// A document is of no more than so many leaves before or behind its statement, whatever its
// verifier says: it is compared at each of them.
inline constexpr std::uint64_t kDocumentLagMax = 10'000;

struct Difference {
  std::string class_name;  // "": of the provider as a whole
  std::string number;      // a member of the statement or the document
  std::string refolded;
  std::string said;
  bool is_signed = false;  // it is the statement's
};

// The numbers of one class, by the log and as the verifier has them: {class, trust_ppm, tier, …,
// slashes: the leaves of those that stand}. Null where one side has no such class.
struct RefoldedClass {
  wire::Json refolded;
  wire::Json said;
};

struct Refolded {
  std::uint64_t size = 0;     // leaves that the statement is of
  std::uint64_t epoch = 0;    // likewise
  std::uint64_t numbers = 0;  // compared
  wire::Json score;           // of the document, by the log: {trust_ppm, uptime_ppm, …}
  wire::Json said_score;      // and as the verifier has it
  std::vector<RefoldedClass> classes;
  std::vector<Difference> differences;  // none: every number is equal
  // proof: another root than the log has; unbound: a policy that was not in force; stale: of an
  // earlier epoch, or of fewer leaves than were folded already; mismatch: of an epoch to come, or
  // of somebody who is not registered. Then not all of the above is there.
  std::optional<Error> failure;

  bool equal() const { return !failure && differences.empty(); }
};

class ScoreRefold {
 public:
  explicit ScoreRefold(std::vector<SaidScore> said);

  // The fold has come to `head.size` leaves: called for each size from the first one on, which need
  // not be 1. Errors: storage.
  Status at(const reputation::View& view, const reputation::Head& head);

  // To how many leaves it must come.
  std::uint64_t leaves() const { return leaves_; }

  // What was found of each, in the order given. Whole once at() was called with leaves().
  std::vector<Refolded> take();

 private:
  struct Entry {
    SaidScore said;
    Refolded found;
    std::vector<Difference> of_document;  // of the attempt that came nearest
    bool statement_done = false;
    bool document_tried = false;
    bool document_done = false;
  };

  Status compare(const reputation::View& view, const reputation::Head& head, Entry& entry);
  Status compare_document(const reputation::View& view, const reputation::Head& head,
                          const reputation::ProviderState& row, Entry& entry);

  std::vector<Entry> entries_;
  std::vector<std::size_t> waiting_;  // the one that begins first is the last
  std::vector<std::size_t> active_;
  std::uint64_t leaves_ = 0;
};

}  // namespace assay::verifier::monitor
