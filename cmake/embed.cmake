# SPDX-License-Identifier: Apache-2.0
#
# cmake -D FOLDER=web -D OUTPUT=x.cc -P cmake/embed.cmake: writes the files of a folder, which are text, into a source
# file for adapters/linux/console/console_files.h.
set(TYPE_.html "text/html; charset=utf-8")
set(TYPE_.css "text/css; charset=utf-8")
set(TYPE_.js "text/javascript; charset=utf-8")
set(TYPE_.svg "image/svg+xml")

file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT names)
set(arrays "")
set(entries "")
set(number 0)
foreach(name ${names})
  get_filename_component(extension ${name} LAST_EXT)
  if(NOT TYPE_${extension})
    message(FATAL_ERROR "${FOLDER}/${name}: no content type is known for ${extension}")
  endif()
  # Whatever is answered over HTTP ends with a line's end of its own.
  file(READ ${FOLDER}/${name} bytes HEX)
  string(REGEX REPLACE "0a$" "" bytes "${bytes}")
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}")
  file(SHA256 ${FOLDER}/${name} hash)
  string(SUBSTRING ${hash} 0 32 tag)
  set(path "/${name}")
  if(name STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  string(APPEND entries "    ConsoleFile{\"${path}\", \"${TYPE_${extension}}\", \"\\\"${tag}\\\"\", {kFile${number}, sizeof kFile${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made of ${FOLDER} by cmake/embed.cmake.
#include <array>

#include \"adapters/linux/console/console_files.h\"

namespace tsp::linux_ {
namespace {

${arrays}
constexpr std::array kFiles = {
${entries}};

}  // namespace

std::span<const ConsoleFile> console_files() {
  return kFiles;
}

}  // namespace tsp::linux_
")
