#include "tests/core_cuda/ptx_lint.h"

#include "tests/catch.h"

using assay::test::lint_ptx;

namespace {

struct Case {
  const char* ptx;
  const char* rule;  // null: allowed
};
const Case kCases[] = {
    {"\tmul.rn.f32 \t%f1, %f2, %f3;", nullptr},
    {"add.rn.f32 %f1, %f2, %f3;", nullptr},
    {"@%p1 fma.rn.f32 %f1, %f2, %f3, %f4;", nullptr},
    {"div.rn.f32 %f1, %f2, %f3;", nullptr},
    {"sqrt.rn.f32 %f1, %f2;", nullptr},
    {"cvt.rn.f32.s32 %f1, %r1;", nullptr},
    {"cvt.rzi.s32.f32 %r1, %f1;", nullptr},
    {"cvt.rn.bf16x2.f32 %r1, %f1, %f2;", nullptr},
    {"add.s32 %r1, %r2, %r3;", nullptr},
    {"mul.wide.u32 %rd1, %r2, %r3;", nullptr},
    {"mad.lo.s32 %r1, %r2, %r3, %r4;", nullptr},
    {"atom.global.add.u64 %rd1, [%rd2], %rd3;", nullptr},
    {"red.global.add.u64 [%rd2], %rd3;", nullptr},
    {"setp.lt.f32 %p1, %f1, %f2;", nullptr},
    {"neg.f32 %f1, %f2;", nullptr},
    {"ld.global.f32 %f1, [%rd1];", nullptr},
    {"// mul.f32 in a comment", nullptr},
    {".visible .entry add.f32(", nullptr},
    {"mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%r1}, {%r2}, {%r3}, {%r4};", nullptr},
    {"mul.f32 %f1, %f2, %f3;", "contractible"},
    {"add.f32 %f1, %f2, %f3;", "contractible"},
    {"sub.f32 %f1, %f2, %f3;", "contractible"},
    {"@%p2 mul.f64 %fd1, %fd2, %fd3;", "contractible"},
    {"{ add.f32 %f1, %f2, %f3;", "contractible"},
    {"mul.rn.ftz.f32 %f1, %f2, %f3;", "flushed"},
    {"setp.lt.ftz.f32 %p1, %f1, %f2;", "flushed"},
    {"div.approx.f32 %f1, %f2, %f3;", "approximate"},
    {"div.full.f32 %f1, %f2, %f3;", "approximate"},
    {"ex2.approx.ftz.f32 %f1, %f2;", "approximate"},
    {"sqrt.approx.f32 %f1, %f2;", "approximate"},
    {"div.f32 %f1, %f2, %f3;", "rounding"},
    {"sqrt.rz.f32 %f1, %f2;", "rounding"},
    {"add.rm.f32 %f1, %f2, %f3;", "rounding"},
    {"fma.rz.f32 %f1, %f2, %f3, %f4;", "fused"},
    {"fma.rp.f32 %f1, %f2, %f3, %f4;", "fused"},
    {"mad.f32 %f1, %f2, %f3, %f4;", "fused"},
    {"cvt.rz.f32.f64 %f1, %fd1;", "rounding"},
    {"red.global.add.f32 [%rd1], %f1;", "atomic"},
    {"atom.global.add.f32 %f1, [%rd1], %f2;", "atomic"},
    {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f1}, {%r2}, {%r3}, {%f4};", "tensor"},
    {"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f1}, %rd1, %rd2;", "tensor"},
};

}  // namespace

TEST_CASE("the PTX lint knows good instructions from bad ones") {
  for (const Case& c : kCases) {
    INFO(c.ptx);
    const auto findings = lint_ptx(c.ptx, false);
    if (c.rule == nullptr) {
      CHECK(findings.empty());
    } else {
      REQUIRE(findings.size() == 1);
      CHECK(findings[0].rule == c.rule);
    }
  }
}

TEST_CASE("only a file that may use float tensor cores passes with them, and with f32 sums alone") {
  CHECK(lint_ptx("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f1};", true).empty());
  CHECK(lint_ptx("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%r1};", true).size() == 1);
}

TEST_CASE("findings name their line") {
  const auto findings = lint_ptx("ret;\n\nmul.f32 %f1, %f2, %f3;\n", false);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].line == 3);
  CHECK(findings[0].instruction == "mul.f32");
}
