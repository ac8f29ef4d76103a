# The README's figures are those of the committed results, and what --report refuses:
# cmake -DBENCH=<program> -DSOURCE=<repository> -P figures_test.cmake
cmake_minimum_required(VERSION 3.25)

file(GLOB results "${SOURCE}/tests/bench/results/*.json")
if(NOT results)
  message(FATAL_ERROR "no committed results in tests/bench/results")
endif()
set(dir "${CMAKE_CURRENT_BINARY_DIR}/figures_test")
file(REMOVE_RECURSE "${dir}")
file(MAKE_DIRECTORY "${dir}")

# report(README EXPECTED_EXIT FILES…)
function(report readme want)
  execute_process(COMMAND "${BENCH}" --report "${readme}" ${ARGN}
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT code STREQUAL want)
    message(SEND_ERROR "--report ${readme}: exit ${code}, expected ${want}\n${out}${err}")
  endif()
endfunction()

function(expect_same file what)
  file(READ "${file}" text HEX)
  file(READ "${SOURCE}/README.md" readme HEX)
  if(NOT text STREQUAL readme)
    message(SEND_ERROR "${what}: write README.md anew with ./run bench --report")
  endif()
endfunction()

file(COPY_FILE "${SOURCE}/README.md" "${dir}/README.md")
report("${dir}/README.md" 0 ${results})
expect_same("${dir}/README.md" "the README's figures are not those of the results")

# Whatever stands between the lines is replaced.
file(READ "${dir}/README.md" text)
string(FIND "${text}" "<!-- figures: end -->" end)
string(SUBSTRING "${text}" 0 ${end} front)
string(SUBSTRING "${text}" ${end} -1 back)
file(WRITE "${dir}/stale.md" "${front}| old |\n${back}")
report("${dir}/stale.md" 0 ${results})
expect_same("${dir}/stale.md" "stale figures stay")

file(WRITE "${dir}/none.md" "# no figures\n")
report("${dir}/none.md" 8 ${results})
file(WRITE "${dir}/README-no-date.json" "[]")
report("${dir}/README.md" 8 "${dir}/README-no-date.json")
file(WRITE "${dir}/machine-2026-01-02.json" "[{\"bench\":\"gemm\"}]")
report("${dir}/README.md" 8 "${dir}/machine-2026-01-02.json")
report("${dir}/README.md" 3 "${dir}/missing-2026-01-02.json")
expect_same("${dir}/README.md" "a refusal changed the README")
