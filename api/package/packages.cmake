# Three Debian packages: assay (renters, marketplaces, auditors), assay-prover, assay-verifier.
# `./run package` makes them; `cmake --install` installs the same files.
include(GNUInstallDirs)
set(texts ${CMAKE_BINARY_DIR}/texts)
foreach(program assay assay-prover assay-verifier)
  if(NOT TARGET ${program})
    return()
  endif()
  install(TARGETS ${program} DESTINATION bin COMPONENT ${program})
  # What the programs tell of themselves: manual pages and completions.
  install(CODE "
    set(program \"$<TARGET_FILE:${program}>\")
    set(texts \"${texts}/${program}\")
    file(REMOVE_RECURSE \"\${texts}\")
    file(MAKE_DIRECTORY \"\${texts}\")
    execute_process(COMMAND \"\${program}\" man --out \"\${texts}/man1\"
      OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    foreach(shell bash zsh fish)
      execute_process(COMMAND \"\${program}\" completion \${shell}
        OUTPUT_FILE \"\${texts}/\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    file(GLOB pages \"\${texts}/man1/*.1\")
    foreach(page IN LISTS pages)
      execute_process(COMMAND gzip -9nf \"\${page}\" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    " COMPONENT ${program})
  install(DIRECTORY ${texts}/${program}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR}
    COMPONENT ${program})
  install(FILES ${texts}/${program}/bash DESTINATION share/bash-completion/completions
    RENAME ${program} COMPONENT ${program})
  install(FILES ${texts}/${program}/zsh DESTINATION share/zsh/vendor-completions
    RENAME _${program} COMPONENT ${program})
  install(FILES ${texts}/${program}/fish DESTINATION share/fish/vendor_completions.d
    RENAME ${program}.fish COMPONENT ${program})
  install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION share/doc/${program}
    RENAME copyright COMPONENT ${program})
  # Settings of all three: an operator or a provider may have no other of the packages.
  install(FILES ${CMAKE_SOURCE_DIR}/api/package/assay.toml
    DESTINATION share/doc/${program}/examples COMPONENT ${program})
endforeach()
foreach(part prover verifier)
  install(FILES ${CMAKE_SOURCE_DIR}/${part}/package/assay-${part}.service
    DESTINATION lib/systemd/system COMPONENT assay-${part})
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/api/edge/haproxy.cfg
    ${CMAKE_SOURCE_DIR}/api/edge/grafana_dashboard.json
    ${CMAKE_SOURCE_DIR}/api/package/Containerfile
  DESTINATION share/doc/assay-verifier/examples COMPONENT assay-verifier)
install(PROGRAMS ${CMAKE_SOURCE_DIR}/api/edge/rotate_certificate.sh
  DESTINATION share/doc/assay-verifier/examples COMPONENT assay-verifier)
# The model of the demo's story.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/vectors/models/stories DESTINATION share/assay/models
  COMPONENT assay)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assay)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The authors of Assay <assay@assay.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Tells whether rented compute was really done")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL assay assay-prover assay-verifier)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ASSAY_PACKAGE_NAME assay)
string(CONCAT CPACK_DEBIAN_ASSAY_DESCRIPTION
  "Orders work, audits receipts, watches a verifier's log\n"
  " `assay demo` shows all of it, with assay-prover and assay-verifier.")
set(CPACK_DEBIAN_ASSAY_PACKAGE_RECOMMENDS "assay-prover, assay-verifier")
set(CPACK_DEBIAN_ASSAY-PROVER_PACKAGE_NAME assay-prover)
string(CONCAT CPACK_DEBIAN_ASSAY-PROVER_DESCRIPTION
  "Runs jobs for a verifier and proves that they were run as ordered\n"
  " For providers: an agent that only dials out, and a doctor.")
set(CPACK_DEBIAN_ASSAY-PROVER_PACKAGE_RECOMMENDS assay)
set(CPACK_DEBIAN_ASSAY-VERIFIER_PACKAGE_NAME assay-verifier)
string(CONCAT CPACK_DEBIAN_ASSAY-VERIFIER_DESCRIPTION
  "Replays what providers claim to have computed, and keeps the log of it\n"
  " The service, its witnesses, workers and read replicas.")
set(CPACK_DEBIAN_ASSAY-VERIFIER_PACKAGE_RECOMMENDS assay)
set(CPACK_DEBIAN_ASSAY-VERIFIER_PACKAGE_SUGGESTS haproxy)
include(CPack)
