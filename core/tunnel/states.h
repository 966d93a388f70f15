// SPDX-License-Identifier: Apache-2.0
//
// The states of an accepted tunnel, and what leads from one to another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/edges.h"

namespace tsp::tunnel {

// An offer is no tunnel yet: a session has it.
enum class TunnelState : std::uint8_t { Installing, Active, Removing, Gone };

inline constexpr std::array<std::string_view, 4> kStateNames = {"Installing", "Active", "Removing", "Gone"};

inline constexpr auto kEdges = std::to_array<Edge<TunnelState>>({
    {TunnelState::Installing, TunnelState::Active, "datapath and store have it, or had it at the start"},
    {TunnelState::Installing, TunnelState::Gone, "datapath or store refused it"},
    {TunnelState::Active, TunnelState::Removing, "idle, deleted or kicked"},
    {TunnelState::Active, TunnelState::Gone, "another one replaced it, or the datapath lost it"},
    {TunnelState::Removing, TunnelState::Active, "a packet came before it was removed as idle"},
    {TunnelState::Removing, TunnelState::Gone, "the datapath has it no more"},
});

}  // namespace tsp::tunnel
