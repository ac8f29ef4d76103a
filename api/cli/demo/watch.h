// The demo while it runs: gives out jobs, asks the verifier what became of them, and shows it.
// One thread.
#pragma once

#include <vector>

#include "api/cli/demo/orders.h"
#include "api/cli/demo/stage.h"
#include "api/cli/session.h"

namespace assay::cli {

struct Piece {
  PieceKind kind = PieceKind::picture;
  std::string provider;  // name
  std::string job;
  bool settled = false;
};

class Watch {
 public:
  Watch(Session& session, Stage& stage, DemoOrders& orders, std::vector<Actor>& cast,
        SteadyMillis began);

  // Runs until every cheat is caught, the honest have shown enough, and all pieces are settled.
  //   interrupted  by the user
  //   mismatch     an honest provider was accused, or a cheat got away: which
  //   network      it took too long
  Status run();

  const std::vector<Piece>& pieces() const { return pieces_; }
  // How things stand, for people.
  std::vector<std::string> lines() const;
  std::int64_t elapsed_ms() const { return system_clock().steady_now() - began_; }

 private:
  bool enough() const;
  Status turn();
  Status order_for(Actor& actor);
  Status order_piece(Actor& actor);
  Status ask_about(Piece& piece);
  Status ask_about(Actor& actor);
  Status ask_providers();
  Status ask_slashes();
  void caught(Actor& actor, const wire::Json& slash);
  std::string line_of(const Actor& actor) const;
  std::string status_of(const Actor& actor) const;
  void tell(const std::string& name, const std::string& text);
  Error too_long() const;
  const Piece* open_piece(const Actor& actor) const;  // null: none

  Session& session_;
  Stage& stage_;
  DemoOrders& orders_;
  std::vector<Actor>& cast_;
  SteadyMillis began_;
  std::vector<Piece> pieces_;
  std::vector<std::string> news_;  // the last few, under the live table
};

}  // namespace assay::cli
