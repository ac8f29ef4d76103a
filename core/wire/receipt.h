// The files that leave the service and must stand on their own: the job receipt and the fraud
// proof. One container, JSON Lines; a file has exactly one spelling.
// Values and pure functions; any thread. Bytes: FORMAT.md "Receipt". Vectors: vectors/receipt/.
//
//   {"assay":"receipt/v1"}                       or "evidence/v1"
//   {"entry":"order","proof":"c2sp.org/tlog-proof@v1\n…"}      one line per log entry
//   {"entry":"policy","text":"…"}
//   {"entry":"trace","data":"<base64>"}
//   {"entry":"opening","name":"<SHA-256 of the data>","data":"<base64>"}   audited chains
//   {"entry":"input","name":"scene","data":"<base64>"}
//   sha256 <hex of all bytes before this line>
#pragma once

#include <string>
#include <vector>

#include "core/wire/statement.h"

namespace assay::wire {

// A log entry with its proof: a C2SP tlog-proof whose `extra` is the leaf.
struct LoggedEntry {
  std::string name;   // entry_name() of its kind
  std::string proof;  // tlog_proof.h
};
// "order", "acceptance", "attestation", "draw", … of the kinds that are logged; others are empty.
std::string_view entry_name(Kind kind);

struct NamedBytes {
  std::string name;
  Bytes data;
};

enum class CaseFileKind { receipt, evidence };

struct CaseFile {
  CaseFileKind kind = CaseFileKind::receipt;
  std::vector<LoggedEntry> entries;  // in the order they were logged
  std::string policy;                // policy_text()
  Bytes trace;                       // trace_file(); empty: no such line
  std::vector<NamedBytes> openings;  // named by the hex SHA-256 of their bytes
  std::vector<NamedBytes> inputs;    // small inputs of the order, so that replay needs no network
};

inline constexpr std::size_t kCaseFileBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kReceiptInputBytesMax = std::size_t{1} << 20;
// The largest opening file: in base64 it fits a case file and leaves 16 MiB to the rest, that is to
// the small inputs (1.4 MB), the trace (0.4 MB) and some ten log entries (at most 0.4 MB each).
inline constexpr std::size_t kOpeningFileBytesMax =
    (kCaseFileBytesMax - (std::size_t{16} << 20)) / 4 * 3;

std::string case_file_text(const CaseFile& file);

// Splits a case file into its parts without judging them: the layers come first (signatures,
// proofs, bindings), so that a flipped bit is named by the layer it broke where it can be.
//   malformed    not a case file, an unknown entry, entries out of order, a second spelling
Result<CaseFile> parse_case_file(std::string_view text);

// The last line: does the file hash to what it says? Checked after the layers.
//   malformed    no such line, or another digest
Status check_case_file_digest(std::string_view text);

}  // namespace assay::wire
