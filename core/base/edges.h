// SPDX-License-Identifier: Apache-2.0
//
// The legal transitions of a state machine as a table. The machine asserts that it takes no other, and
// docs/internals/states.md is drawn from it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace tsp {

template <class State>
struct Edge {
  State from;
  State to;
  std::string_view when;  // in the words of the diagram
};

template <class State, std::size_t kSize>
[[nodiscard]] constexpr bool has_edge(const std::array<Edge<State>, kSize>& edges, State from, State to) {
  return std::ranges::any_of(edges, [&](const Edge<State>& edge) { return edge.from == from && edge.to == to; });
}

}  // namespace tsp
