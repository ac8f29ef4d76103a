// node lint_openapi.mjs FILE: the rules that @redocly/openapi-core recommends, warnings as errors.
import { createConfig, lint } from "@redocly/openapi-core";

const config = await createConfig({ extends: ["recommended-strict"] });
const problems = await lint({ ref: process.argv[2], config });
for (const { severity, ruleId, message, location } of problems) {
  console.log(`${severity}: ${ruleId}: ${message} (${location[0]?.pointer})`);
}
console.log(`${process.argv[2]}: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
