#include "api/cli/demo/watch.h"

#include <algorithm>
#include <cstdio>

#include "api/cli/demo/frame.h"
#include "api/cli/units.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

using wire::Json;

constexpr std::int64_t kTurnMs = 120;
constexpr std::int64_t kTooLongMs = 400'000;
constexpr unsigned kCheatJobsMax = 20;  // of which the first 20 are all audited
constexpr unsigned kBarCells = 14;
constexpr std::size_t kNewsLines = 4;

std::string bar(std::int64_t ppm) {
  static const bool utf8 = terminal_is_utf8();
  const auto full = static_cast<std::size_t>((ppm * kBarCells + 500'000) / 1'000'000);
  std::string text;
  for (std::size_t i = 0; i < kBarCells; ++i) {
    text += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  }
  return text;
}

std::string clock_text(std::int64_t ms) {
  char text[24];
  std::snprintf(text, sizeof text, "%5.1f s", static_cast<double>(ms) / 1000);
  return text;
}

std::string jobs_text(unsigned count) {
  return std::to_string(count) + (count == 1 ? " job" : " jobs");
}

const char* making(PieceKind kind) {
  switch (kind) {
    case PieceKind::picture: return "rendering the picture";
    case PieceKind::story: return "writing the story";
    case PieceKind::simulation: return "running the simulation";
  }
  return "";
}

}  // namespace

Watch::Watch(Session& session, Stage& stage, DemoOrders& orders, std::vector<Actor>& cast,
             SteadyMillis began)
    : session_(session), stage_(stage), orders_(orders), cast_(cast), began_(began) {
  for (const Actor& actor : cast_) {
    if (actor.piece) pieces_.push_back({*actor.piece, actor.name, "", false});
  }
}

Status Watch::run() {
  while (!enough()) {
    if (session_.stopped()) return fail(Code::interrupted, "stopped; everything is shut down");
    if (elapsed_ms() > kTooLongMs) return too_long();
    if (Status alive = stage_.check(); !alive.ok()) return alive;
    if (Status turned = turn(); !turned.ok()) return turned;
    session_.console.draw(lines());
    system_clock().sleep(kTurnMs);
  }
  return {};
}

bool Watch::enough() const {
  const bool pieces =
      std::all_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.settled; });
  return pieces && std::all_of(cast_.begin(), cast_.end(), [](const Actor& actor) {
           return actor.honest() ? actor.passed >= actor.jobs_wanted
                                 : actor.caught_after_jobs.has_value();
         });
}

Error Watch::too_long() const {
  std::string waiting;
  for (const Actor& actor : cast_) {
    if (!actor.honest() && !actor.caught_after_jobs)
      waiting += " " + actor.name + " is not caught;";
    if (actor.honest() && actor.passed < actor.jobs_wanted) {
      waiting += " " + actor.name + " has " + jobs_text(actor.passed) + " of " +
                 std::to_string(actor.jobs_wanted) + ";";
    }
  }
  for (const Piece& piece : pieces_) {
    if (!piece.settled)
      waiting += std::string(" the ") + piece_name(piece.kind) + " is not settled;";
  }
  return fail(Code::network, "after " + duration_text(elapsed_ms()) + ":" + waiting +
                                 " is the machine busy with something else? See the logs folder");
}

Status Watch::turn() {
  if (Status asked = ask_providers(); !asked.ok()) return asked;
  for (Actor& actor : cast_) {
    if (Status asked = ask_about(actor); !asked.ok()) return asked;
  }
  if (Status asked = ask_slashes(); !asked.ok()) return asked;
  for (Actor& actor : cast_) {
    if (Status ordered = order_for(actor); !ordered.ok()) return ordered;
  }
  for (Piece& piece : pieces_) {
    if (Status asked = ask_about(piece); !asked.ok()) return asked;
  }
  return {};
}

Status Watch::ask_about(Piece& piece) {
  if (piece.job.empty() || piece.settled) return {};
  const Result<Json> job = stage_.port().job(piece.job);
  if (!job.ok()) return job.error();
  const std::string status = text_of(job.value(), "status");
  const std::string name = piece_name(piece.kind);
  if (status == "failed") return fail(Code::mismatch, "the " + name + "'s audit failed");
  piece.settled = status == "settled";
  if (piece.settled) tell(piece.provider, "delivered the " + name + ", and it passed its audit");
  return {};
}

const Piece* Watch::open_piece(const Actor& actor) const {
  for (const Piece& piece : pieces_) {
    if (piece.provider == actor.name && !piece.settled) return &piece;
  }
  return nullptr;
}

Status Watch::order_piece(Actor& actor) {
  for (Piece& piece : pieces_) {
    if (piece.provider != actor.name || !piece.job.empty()) continue;
    const Result<std::string> job = orders_.order_piece(stage_.port(), actor, piece.kind);
    if (!job.ok()) return job.error();
    piece.job = job.value();
    actor.jobs.push_back(job.value());
  }
  return {};
}

Status Watch::order_for(Actor& actor) {
  if (!actor.registered || actor.awaits_slash || !actor.slash.empty()) return {};
  if (Status ordered = order_piece(actor); !ordered.ok()) return ordered;
  if (!actor.open_job.empty()) return {};
  if (actor.honest() && actor.passed >= actor.jobs_wanted) return {};
  if (!actor.honest() && actor.over >= kCheatJobsMax) {
    return fail(Code::mismatch,
                actor.name + " (" + actor.kind + ") was not caught in " + jobs_text(actor.over));
  }
  const Result<std::string> job = orders_.order_small(stage_.port(), actor);
  if (!job.ok()) return job.error();
  actor.open_job = job.value();
  actor.jobs.push_back(job.value());
  return {};
}

Status Watch::ask_about(Actor& actor) {
  if (actor.open_job.empty()) return {};
  const Result<Json> job = stage_.port().job(actor.open_job);
  if (!job.ok()) return job.error();
  const std::string status = text_of(job.value(), "status");
  if (status != "settled" && status != "failed") return {};
  actor.open_job.clear();
  ++actor.over;
  actor.awaits_slash = status == "failed";
  if (text_of(member_of(job.value(), "attestation"), "outcome") == "match") ++actor.passed;
  actor.scores_ppm.push_back(actor.score_ppm);
  const bool tells = actor.honest() && (actor.over % 6 == 0);
  if (tells && !session_.console.live()) {
    tell(actor.name, std::to_string(actor.passed) + " of " + jobs_text(actor.over) +
                         " audited and right, trust " + percent_text(actor.score_ppm));
  }
  return {};
}

Status Watch::ask_providers() {
  const Result<Json> page = stage_.port().providers({"", 100});
  if (!page.ok()) return page.error();
  for (const Json& row : items_of(page.value(), "providers")) {
    for (Actor& actor : cast_) {
      if (text_of(row, "id") != actor.id) continue;
      actor.registered = true;
      actor.score_ppm = number_of(member_of(row, "score"), "trust_ppm");
    }
  }
  return {};
}

Status Watch::ask_slashes() {
  const Result<Json> page = stage_.port().slashes({"", 100});
  if (!page.ok()) return page.error();
  for (const Json& row : items_of(page.value(), "slashes")) {
    for (Actor& actor : cast_) {
      if (text_of(row, "provider") != actor.id || !actor.slash.empty()) continue;
      const Result<Json> slash = stage_.port().slash(text_of(row, "id"));
      if (!slash.ok()) return slash.error();
      caught(actor, slash.value());
    }
  }
  for (const Actor& actor : cast_) {
    if (actor.honest() && !actor.slash.empty()) {
      return fail(Code::mismatch, "the honest " + actor.name + " was accused: " + actor.reason);
    }
  }
  return {};
}

void Watch::caught(Actor& actor, const Json& slash) {
  actor.slash = text_of(slash, "id");
  actor.reason = text_of(slash, "detail");
  const std::size_t sentence = actor.reason.find(". ");
  if (sentence != std::string::npos) actor.reason.resize(sentence);
  if (actor.honest()) return;
  const auto at = std::find(actor.jobs.begin(), actor.jobs.end(), text_of(slash, "job"));
  const auto after = at == actor.jobs.end() ? actor.jobs.size()
                                            : static_cast<std::size_t>(at - actor.jobs.begin()) + 1;
  actor.caught_after_jobs = static_cast<unsigned>(after);
  tell(actor.name, session_.console.paint_err(Color::red, "CAUGHT") + " after " +
                       jobs_text(*actor.caught_after_jobs) + " (" + actor.kind +
                       "): " + wire::printable(actor.reason));
}

void Watch::tell(const std::string& name, const std::string& text) {
  const std::string line = clock_text(elapsed_ms()) + "  " + padded(name, 10) + " " + text;
  if (!session_.console.live()) return session_.console.say(line);
  news_.push_back(line);
  if (news_.size() > kNewsLines) news_.erase(news_.begin());
}

std::string Watch::status_of(const Actor& actor) const {
  const Console& console = session_.console;
  if (actor.caught_after_jobs) {
    return console.paint_err(Color::red, "CAUGHT") + " after " +
           jobs_text(*actor.caught_after_jobs);
  }
  if (!actor.slash.empty()) return console.paint_err(Color::red, "FALSELY ACCUSED");
  if (!actor.registered) return console.paint_err(Color::dim, "starting");
  if (const Piece* piece = open_piece(actor); piece != nullptr) return making(piece->kind);
  if (actor.honest()) return console.paint_err(Color::green, "honest so far");
  return actor.over == 0 ? "first job under way" : "not caught yet";
}

std::string Watch::line_of(const Actor& actor) const {
  const Console& console = session_.console;
  const Color color = !actor.slash.empty()  ? Color::red
                      : actor.score_ppm > 0 ? Color::green
                                            : Color::dim;
  char trust[24];
  std::snprintf(trust, sizeof trust, "%5.1f %%", static_cast<double>(actor.score_ppm) / 10'000);
  return "  " + console.paint_err(Color::bold, padded(actor.name, 10)) + "  " +
         padded(actor.kind, 21) + "  " + padded(std::to_string(actor.jobs.size()), 4) + "  " +
         padded(std::to_string(actor.passed), 6) + "  " +
         console.paint_err(color, bar(actor.score_ppm)) + " " + trust + "  " + status_of(actor);
}

std::vector<std::string> Watch::lines() const {
  const Console& console = session_.console;
  std::vector<std::string> out;
  std::size_t jobs = 0;
  for (const Actor& actor : cast_) jobs += actor.jobs.size();
  out.push_back("assay demo  " + clock_text(elapsed_ms()) + "  " + std::to_string(jobs) + " jobs");
  out.emplace_back();
  out.push_back(console.paint_err(Color::dim, "  " + padded("PROVIDER", 10) + "  " +
                                                  padded("KIND", 21) + "  JOBS  PASSED  " +
                                                  padded("TRUST", kBarCells + 9) + "STATUS"));
  for (const Actor& actor : cast_) out.push_back(line_of(actor));
  out.emplace_back();
  for (const std::string& line : news_) out.push_back("  " + line);
  return out;
}

}  // namespace assay::cli
