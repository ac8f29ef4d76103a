# Builds the web pages into one source file, ASSAY_PAGES_SOURCE, that api_server compiles.
#
# Node and npm are build tools only. Where they are missing, or npm cannot fetch what
# package-lock.json names, the service is built without pages, "/" says so, and so does this.
#   ASSAY_WEB_STATE    "built", or why not
option(ASSAY_WEB "Build the web pages, where Node and npm are there" ON)
set(ASSAY_WEB_DIR ${CMAKE_CURRENT_LIST_DIR})
set(ASSAY_PAGES_SOURCE ${ASSAY_WEB_DIR}/../server/no_pages.cc)
find_program(ASSAY_NODE NAMES node nodejs)
find_program(ASSAY_NPM npm)

# assay_npm_ci(FOLDER INTO RESULT): node_modules of FOLDER/package-lock.json in INTO, once for each
# content of that file. RESULT: empty, or what went wrong.
function(assay_npm_ci folder into result)
  file(SHA256 ${folder}/package-lock.json lock)
  set(${result} "" PARENT_SCOPE)
  if(EXISTS ${into}/lock)
    file(READ ${into}/lock had)
    if(had STREQUAL lock)
      return()
    endif()
  endif()
  file(COPY ${folder}/package.json ${folder}/package-lock.json DESTINATION ${into})
  execute_process(
    COMMAND ${ASSAY_NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
    WORKING_DIRECTORY ${into} RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said
    TIMEOUT 300)
  if(NOT code EQUAL 0)
    string(SUBSTRING "${said}" 0 400 said)
    set(${result} "npm ci failed in ${into} (${code}): ${said}" PARENT_SCOPE)
    return()
  endif()
  file(WRITE ${into}/lock ${lock})
endfunction()

# What is missing to run JavaScript at all; empty: nothing.
set(ASSAY_NODE_MISSING "")
if(NOT ASSAY_NODE OR NOT ASSAY_NPM)
  set(ASSAY_NODE_MISSING "node or npm is missing (Debian: apt install nodejs npm)")
else()
  execute_process(COMMAND ${ASSAY_NODE} --version OUTPUT_VARIABLE node_version
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REGEX REPLACE "^v" "" node_version "${node_version}")
  if(NOT node_version VERSION_GREATER_EQUAL 18)
    set(ASSAY_NODE_MISSING "Node ${node_version} is too old: 18 or newer is needed")
  endif()
endif()

set(ASSAY_WEB_STATE "")
if(NOT ASSAY_WEB)
  set(ASSAY_WEB_STATE "ASSAY_WEB is OFF")
elseif(ASSAY_NODE_MISSING)
  set(ASSAY_WEB_STATE "${ASSAY_NODE_MISSING}")
else()
  assay_npm_ci(${ASSAY_WEB_DIR} ${CMAKE_BINARY_DIR}/web ASSAY_WEB_STATE)
endif()

if(ASSAY_WEB_STATE)
  set(ASSAY_WEB_STATE "${ASSAY_WEB_STATE}" CACHE INTERNAL "built, or why not")
  message(STATUS "Web pages: NOT built, \"/\" will say so: ${ASSAY_WEB_STATE}")
else()
  set(ASSAY_WEB_STATE built CACHE INTERNAL "built, or why not")
  message(STATUS "Web pages: built by Node ${node_version}")
  set(ASSAY_PAGES_SOURCE ${CMAKE_BINARY_DIR}/web/pages.cc)
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS
       ${ASSAY_WEB_DIR}/src/* ${ASSAY_WEB_DIR}/verify/*.ts)
  add_custom_command(
    OUTPUT ${ASSAY_PAGES_SOURCE}
    COMMAND ${CMAKE_COMMAND} -E env NODE_PATH=${CMAKE_BINARY_DIR}/web/node_modules
            ${ASSAY_NODE} ${ASSAY_WEB_DIR}/build.mjs ${CMAKE_BINARY_DIR}/web
    DEPENDS ${web_sources} ${ASSAY_WEB_DIR}/build.mjs ${CMAKE_BINARY_DIR}/web/lock
    COMMENT "Bundling the web pages"
    VERBATIM)
  # One literal holds a whole file.
  set_source_files_properties(${ASSAY_PAGES_SOURCE} PROPERTIES
    COMPILE_OPTIONS "-Wno-overlength-strings;-O0")
endif()
