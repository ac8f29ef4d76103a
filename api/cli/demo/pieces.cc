#include "api/cli/demo/pieces.h"

#include <algorithm>
#include <cstring>

#include "api/cli/checks.h"
#include "api/cli/demo/frame.h"
#include "api/cli/receipt_reader.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/compute/simulate/lattice_run.h"
#include "core/compute/simulate/simulate.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kReceiptWaitMs = 20'000;
constexpr std::uint32_t kReplay = 8;
constexpr std::size_t kCheatsWords = 60;

constexpr PieceFiles kFiles[] = {
    {PieceKind::picture, "receipt.assay", "picture.raw", "picture.png"},
    {PieceKind::story, "story.assay", "story.raw", "story.txt"},
    {PieceKind::simulation, "simulation.assay", "simulation.raw", "simulation.png"}};

struct Fetched {
  std::string receipt;
  wire::WorkloadSpec spec;
  JobResult result;
};

Result<Fetched> fetch(api::Port& port, const std::string& job, std::int64_t wait_ms) {
  Result<std::string> text = fetch_receipt(port, job, wait_ms);
  if (!text.ok()) return text.error().in("receipt");
  const Result<wire::CaseFile> receipt = wire::parse_case_file(text.value());
  if (!receipt.ok()) return receipt.error().in("receipt");
  const Result<wire::LogLeaf> leaf = signed_entry(receipt.value(), "order");
  if (!leaf.ok()) return leaf.error();
  Result<wire::Order> order = wire::parse_order(leaf.value().payload);
  if (!order.ok()) return order.error();
  const Result<Digest> id = Digest::parse_hex(job);
  if (!id.ok()) return id.error();
  Result<JobResult> result = fetch_result(port, id.value(), receipt.value());
  if (!result.ok()) return result.error();
  return Fetched{std::move(text).value(), std::move(order).value().spec, std::move(result).value()};
}

std::string text_in(const Fetched& fetched) {
  return std::string(as_text(fetched.result.artefact.bytes));
}

Result<compute::simulate::Pixels> draw(const Fetched& fetched) {
  const Result<compute::simulate::Lattice> lattice =
      compute::simulate::load_lattice(fetched.spec, {}, {});
  if (!lattice.ok()) return lattice.error();
  std::vector<std::int32_t> state(fetched.result.raw.size() / sizeof(std::int32_t));
  std::memcpy(state.data(), fetched.result.raw.data(), state.size() * sizeof(std::int32_t));
  return compute::simulate::lattice_pixels(lattice.value(), state, kFrameColumns);
}

Status keep(const Fetched& fetched, const PieceFiles& files, const std::string& folder) {
  Bytes artefact = fetched.result.artefact.bytes;
  if (files.kind == PieceKind::story) {
    artefact = to_bytes(as_bytes(kStoryPrompt + text_in(fetched) + "\n"));
  }
  const std::pair<const char*, ByteView> all[] = {{files.receipt, as_bytes(fetched.receipt)},
                                                  {files.raw, fetched.result.raw},
                                                  {files.artefact, artefact}};
  for (const auto& [name, bytes] : all) {
    if (Status wrote = write_file_durably(folder + "/" + name, bytes); !wrote.ok()) return wrote;
  }
  return {};
}

// Of the first job, which was the story; a provider that is slashed need not have delivered it.
void fetch_cheats_story(api::Port& port, const std::vector<Actor>& cast, Exhibits& exhibits) {
  for (const Actor& actor : cast) {
    if (actor.honest() || actor.work != Work::texts || actor.jobs.empty()) continue;
    const Result<Fetched> fetched = fetch(port, actor.jobs[0], 0);
    if (!fetched.ok()) continue;
    exhibits.cheats_story = text_in(fetched.value());
    exhibits.cheats_name = actor.name;
  }
}

std::vector<std::string> painted(const Console& console, Color color,
                                 std::vector<std::string> words) {
  for (std::string& word : words) word = console.paint(color, word);
  return words;
}

Result<verifier::AuditReport> audit(const PieceFiles& files, const std::string& folder,
                                    const compute::Engine& engine) {
  const CaseCommand command{folder + "/" + files.receipt, folder + "/policy.txt", "",
                            files.kind == PieceKind::story ? folder + "/model.pack" : ""};
  const Result<OpenedCase> receipt = open_case(command);
  if (!receipt.ok()) return receipt.error();
  Result<verifier::AuditOptions> options = audit_options(receipt.value().trust, engine, command);
  if (!options.ok()) return options.error();
  Result<Bytes> raw = read_file(folder + "/" + files.raw, compute::Caps{}.result_bytes_max);
  if (!raw.ok()) return raw.error();
  options.value().replay = kReplay;
  options.value().result = std::move(raw).value();
  return verifier::audit_receipt(receipt.value().text(), options.value());
}

struct Audited {
  std::string name;
  verifier::AuditReport report;
};

// How many checks of each layer passed, a column each.
std::string layers_table(const Console& console, const std::vector<Audited>& audits) {
  std::vector<std::string> layers;
  for (const verifier::Check& check : audits.at(0).report.checks) {
    if (std::find(layers.begin(), layers.end(), check.layer) == layers.end()) {
      layers.push_back(check.layer);
    }
  }
  const auto right = [](const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  };
  std::string text = padded("", 18);
  for (const Audited& audit : audits) text += right(audit.name, 12);
  text += "\n";
  for (const std::string& layer : layers) {
    std::string line;
    unsigned all = 0;
    for (const Audited& audit : audits) {
      const auto& checks = audit.report.checks;
      const auto passed = std::count_if(checks.begin(), checks.end(), [&](const auto& check) {
        return check.layer == layer && check.status == verifier::CheckStatus::passed;
      });
      all += static_cast<unsigned>(passed);
      line += right(std::to_string(passed), 12);
    }
    if (all == 0) continue;
    text += "  " + console.paint(Color::green, "pass") + "  " + padded(layer, 10) + line + "\n";
  }
  return text;
}

// What is no pass: notes, which hold for every receipt and are said once.
std::vector<verifier::Check> notes_of(const std::vector<Audited>& audits) {
  std::vector<verifier::Check> notes;
  for (const Audited& audit : audits) {
    for (const verifier::Check& check : audit.report.checks) {
      const bool said = std::any_of(notes.begin(), notes.end(), [&](const auto& note) {
        return note.layer == check.layer && note.name == check.name;
      });
      if (check.status != verifier::CheckStatus::passed && !said) notes.push_back(check);
    }
  }
  return notes;
}

}  // namespace

const PieceFiles& files_of(PieceKind kind) {
  return kFiles[static_cast<std::size_t>(kind)];
}

Result<Exhibits> collect_pieces(api::Port& port, const std::vector<Actor>& cast,
                                const std::vector<Piece>& pieces, const std::string& folder) {
  Exhibits exhibits;
  for (const Piece& piece : pieces) {
    const Result<Fetched> fetched = fetch(port, piece.job, kReceiptWaitMs);
    if (!fetched.ok()) return fetched.error().in(piece_name(piece.kind));
    const Status kept = keep(fetched.value(), files_of(piece.kind), folder);
    if (!kept.ok()) return kept.error();
    if (piece.kind == PieceKind::story) {
      exhibits.story = text_in(fetched.value());
      exhibits.story_by = piece.provider;
      fetch_cheats_story(port, cast, exhibits);
    }
    if (piece.kind == PieceKind::simulation) {
      Result<compute::simulate::Pixels> flow = draw(fetched.value());
      if (!flow.ok()) return flow.error();
      exhibits.flow = std::move(flow).value();
    }
  }
  return exhibits;
}

std::string exhibits_text(const Console& console, const Exhibits& exhibits) {
  std::string text;
  if (!exhibits.story.empty()) {
    std::vector<std::string> words = painted(console, Color::bold, words_of(kStoryPrompt));
    for (std::string& word : words_of(exhibits.story)) words.push_back(std::move(word));
    text += framed("the story, by " + exhibits.story_by, words, kFrameColumns);
  }
  if (!exhibits.cheats_story.empty()) {
    const std::string all = kStoryPrompt + exhibits.cheats_story;
    text += framed("the same order, by " + exhibits.cheats_name +
                       " with a smaller model: " + console.paint(Color::red, "CAUGHT"),
                   painted(console, Color::dim, words_of(all, kCheatsWords)), kFrameColumns);
  }
  const bool colors = console.paint(Color::bold, "x") != "x";
  if (colors && terminal_is_utf8()) {
    text += (text.empty() ? "" : "\n") + half_blocks(exhibits.flow.rgb, exhibits.flow.width) +
            console.paint(Color::dim, "the simulation: eddies behind a cylinder in a stream\n");
  }
  return text.empty() ? text : text + "\n";
}

Status audit_pieces(const Console& console, const std::vector<Piece>& pieces,
                    const std::string& folder, std::string& text) {
  const compute::Engine engine = machine_engine();
  std::vector<Audited> audits;
  for (const Piece& piece : pieces) {
    Result<verifier::AuditReport> report = audit(files_of(piece.kind), folder, engine);
    if (!report.ok()) return report.error();
    audits.push_back({piece_name(piece.kind), std::move(report).value()});
    const verifier::AuditReport& made = audits.back().report;
    if (made.failure) {
      text = checks_text(console, made.checks);
      return made.failure->in("receipt of the " + audits.back().name);
    }
  }
  text = "The receipts, checked from files alone, " + std::to_string(kReplay) +
         " places of each of our own choosing computed again:\n" + layers_table(console, audits) +
         checks_text(console, notes_of(audits));
  for (const Audited& audit : audits) {
    text += "\n" + audit.name + ": " + facts_text(audit.report.facts);
  }
  return {};
}

}  // namespace assay::cli
