// The demo's folder and its processes: a verifier and the providers, on loopback.
// One thread; whatever happens, the processes go with the Stage.
#pragma once

#include <atomic>
#include <memory>

#include "api/cli/demo/cast.h"
#include "api/cli/demo/children.h"
#include "api/client/client.h"

namespace assay::cli {

// Makes the folder ready: a new or an empty one, or that of an earlier demo, which is replaced.
//   conflict     something else is in it
//   storage      it cannot be made or emptied
Status prepare_folder(const std::string& folder);

class Stage {
 public:
  // Starts the verifier, then every provider of the cast, and fills in the actors' keys and ids.
  // Returns once the verifier answers.
  static Result<Stage> set(const std::string& folder, std::vector<Actor>& cast,
                           const std::atomic<bool>& stop);

  api::Client& port() { return *client_; }

  // All processes still run.
  //   internal     one does not: which, and where its log is
  Status check();

  void stop();  // providers first

 private:
  struct Named {
    std::string name;
    Child child;
  };

  std::vector<Named> children_;  // the verifier first
  std::unique_ptr<api::Client> client_;
};

}  // namespace assay::cli
