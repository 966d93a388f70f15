# SPDX-License-Identifier: Apache-2.0
#
# One folder, one library. A test stands beside what it tests: x.h, x.cc, x_test.cc.

add_library(tsp_flags INTERFACE)
target_compile_options(tsp_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
target_include_directories(tsp_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of its own std::string, and does not know any more that it is a system header when it was precompiled.
  target_compile_options(tsp_flags INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
  # It collects garbage at every chance, for machines with little memory; without it compiles a seventh faster.
  target_compile_options(tsp_flags INTERFACE "SHELL:--param ggc-min-heapsize=600000")
endif()
if(TSP_SANITIZE)
  target_compile_options(tsp_flags INTERFACE -fsanitize=${TSP_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tsp_flags INTERFACE -fsanitize=${TSP_SANITIZE})
endif()

# The standard library's headers are read once, not for each file. A file includes what it uses all the same: clang-tidy
# reads each without this.
file(WRITE ${CMAKE_BINARY_DIR}/standard_headers.cc "")
add_library(tsp_standard_headers OBJECT ${CMAKE_BINARY_DIR}/standard_headers.cc)
target_link_libraries(tsp_standard_headers PRIVATE tsp_flags)
target_precompile_headers(tsp_standard_headers PRIVATE
  <algorithm> <array> <chrono> <expected> <functional> <map> <memory> <optional> <set> <span> <string> <string_view>
  <utility> <variant> <vector>)

# Tests are compiled often and run for seconds: what costs time to compile and brings them nothing is left out.
add_library(tsp_test_flags INTERFACE)
target_compile_options(tsp_test_flags INTERFACE -g1 $<$<CONFIG:RelWithDebInfo>:-O1>)
target_link_libraries(tsp_test_flags INTERFACE tsp_flags GTest::gmock)

# The same for the headers of GoogleTest.
file(WRITE ${CMAKE_BINARY_DIR}/test_headers.cc "")
add_library(tsp_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cc)
target_link_libraries(tsp_test_headers PRIVATE tsp_test_flags)
target_precompile_headers(tsp_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)

# Several files of a module, or of its tests, are compiled as one, which takes half of the time and a third. Tests have
# a namespace for each file, and name their helpers as they like. Off for clang-tidy, to which every file has to stand on
# its own.
option(TSP_UNITY "Compile several files of a module as one" ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
if(TSP_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # It takes a file that is included for a header.
  target_compile_options(tsp_flags INTERFACE -Wno-subobject-linkage)
endif()

function(tsp_compile_as_one target not_wanted)
  if(TSP_UNITY AND NOT not_wanted)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  endif()
endfunction()

# tsp_module(NAME [LAYER layer] [LINK libraries…] [NO_UNITY])
# Makes the static library NAME of the .cc files in the current folder, and the program NAME_test of its _test.cc
# files, which ctest runs under the label LAYER ("unit" if not given).
function(tsp_module name)
  cmake_parse_arguments(ARG "NO_UNITY" "LAYER" "LINK;TEST_LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz|main)\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE tsp_flags)
    target_precompile_headers(${name} REUSE_FROM tsp_standard_headers)
    tsp_compile_as_one(${name} ${ARG_NO_UNITY})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_LINK})
  endif()
  if(tests)
    if(NOT ARG_LAYER)
      set(ARG_LAYER unit)
    endif()
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_LINK} tsp_test_flags GTest::gmock_main)
    target_precompile_headers(${name}_test REUSE_FROM tsp_test_headers)
    tsp_compile_as_one(${name}_test ${ARG_NO_UNITY})
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES LABELS ${ARG_LAYER})
  endif()
endfunction()

# tsp_shared_tests(NAME [LINK libraries…]): the tests in the .cc files of the current folder, compiled once for all the
# test programs that instantiate them.
function(tsp_shared_tests name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(${name} OBJECT ${sources})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE tsp_test_flags)
  target_precompile_headers(${name} REUSE_FROM tsp_test_headers)
  tsp_compile_as_one(${name} OFF)
endfunction()

# tsp_program(NAME [LINK libraries…]): the program NAME of the .cc files in the current folder.
function(tsp_program name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} tsp_flags)
  target_precompile_headers(${name} REUSE_FROM tsp_standard_headers)
endfunction()

# tsp_runs_once(FILE…): reads a command line, with a library whose templates are costly to optimise.
function(tsp_runs_once)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0 SKIP_PRECOMPILE_HEADERS ON)
endfunction()
