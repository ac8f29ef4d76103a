#include "tests/fuzz/replay.h"

const assay::fuzz::Harness assay::fuzz::kHarness{ASSAY_FUZZ_GROUP, ASSAY_FUZZ_CORPUS,
                                                 ASSAY_FUZZ_MUTATIONS};
