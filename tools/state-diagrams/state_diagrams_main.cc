// SPDX-License-Identifier: Apache-2.0
//
// Prints docs/internals/states.md from the tables which the state machines hold themselves to.
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "core/client/states.h"
#include "core/session/states.h"
#include "core/tunnel/states.h"

namespace {

constexpr std::string_view kHeading = R"(# States

Each state machine has a table of its legal transitions, and asserts that it takes no other, in release builds too.
This file is drawn from the tables; after a change of one:

    build/bin/state-diagrams > docs/internals/states.md
)";

template <class Names, class Edges>
void draw(std::string_view heading, std::string_view file, const Names& names, const Edges& edges) {
  const auto name_of = [&](auto state) { return names.at(static_cast<std::size_t>(state)); };
  std::cout << "\n## " << heading << "\n\n`" << file << "`\n\n```mermaid\nstateDiagram-v2\n";
  std::cout << "    [*] --> " << names.front() << '\n';
  for (const auto& edge : edges) {
    std::cout << "    " << name_of(edge.from) << " --> " << name_of(edge.to) << " : " << edge.when << '\n';
  }
  std::cout << "    " << names.back() << " --> [*]\n```\n";
}

}  // namespace

int main() try {
  std::cout << kHeading;
  draw("The server's side of a conversation", "core/session/states.h", tsp::session::kStateNames, tsp::session::kEdges);
  draw("A tunnel", "core/tunnel/states.h", tsp::tunnel::kStateNames, tsp::tunnel::kEdges);
  draw("The client's side of a conversation", "core/client/states.h", tsp::client::kStateNames, tsp::client::kEdges);
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception& error) {
  std::cerr << "state-diagrams: " << error.what() << '\n';
  return EXIT_FAILURE;
}
