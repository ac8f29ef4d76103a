// Gives catch_main a source that reads catch.h, and so the tests one that is read already.
#include "tests/catch.h"
