#define ASSAY_RENDER_TARGET
#include "core/compute/render/hit.h"
#include "core/compute/render/traverse.h"

namespace assay::compute::render {

Intersector scalar_intersector() {
  return {closest_hit<ScalarKernel>, any_hit<ScalarKernel>};
}

}  // namespace assay::compute::render
