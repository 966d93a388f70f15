# SPDX-License-Identifier: Apache-2.0
#
# cmake --install BUILD: the programs that serve and use tunnels, and what systemd needs for the daemon. Tools stay in the build.
include(GNUInstallDirs)
install(TARGETS tspd tspctl tsp-connect DESTINATION ${CMAKE_INSTALL_BINDIR})

# The unit names the place of the program, which is known only when it is installed (--prefix).
install(CODE "set(TSP_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
configure_file(\"${CMAKE_SOURCE_DIR}/apps/tspd/tspd.service.in\"
               \"${CMAKE_BINARY_DIR}/tspd.service\" @ONLY)")
install(FILES ${CMAKE_BINARY_DIR}/tspd.service DESTINATION lib/systemd/system)
# One file that knows all of them, under the names by which bash looks for it.
foreach(program tspd tspctl tsp-connect)
  install(FILES ${CMAKE_SOURCE_DIR}/packaging/completion/tspbroker
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program})
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/apps/tspd/tspd.sysusers DESTINATION lib/sysusers.d RENAME tspd.conf)
install(FILES ${CMAKE_SOURCE_DIR}/apps/tspd/tspd.tmpfiles DESTINATION lib/tmpfiles.d RENAME tspd.conf)
