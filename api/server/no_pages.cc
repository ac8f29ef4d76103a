// Stands for the pages where they could not be built.
#include "api/server/pages.h"

namespace assay::api {

std::span<const PageFile> page_files() {
  return {};
}

}  // namespace assay::api
