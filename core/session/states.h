// SPDX-License-Identifier: Apache-2.0
//
// The states of the server's side of a TSP conversation (RFC 5572 section 4), and what leads from one to another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/edges.h"

namespace tsp::session {

enum class State : std::uint8_t { Start, Auth, Authenticating, DigestDone, Command, Offered, Up, Closed };

inline constexpr std::array<std::string_view, 8> kStateNames = {
    "Start", "Auth", "Authenticating", "DigestDone", "Command", "Offered", "Up", "Closed",
};

inline constexpr auto kEdges = std::to_array<Edge<State>>({
    {State::Start, State::Auth, "VERSION"},
    {State::Start, State::Closed, "no VERSION, or one that is not spoken"},
    {State::Auth, State::Authenticating, "AUTHENTICATE"},
    {State::Auth, State::Closed, "a mechanism that is not offered"},
    {State::Authenticating, State::Command, "200"},
    {State::Authenticating, State::DigestDone, "rspauth, over UDP"},
    {State::Authenticating, State::Closed, "300; over TCP, no line"},
    {State::DigestDone, State::Command, "a poll for the 200, or a request"},
    {State::Command, State::Offered, "create"},
    {State::Command, State::Command, "delete of an earlier tunnel"},
    {State::Command, State::Closed, "the third request refused, or a redirect; over TCP, no frames"},
    {State::Offered, State::Up, "accept"},
    {State::Offered, State::Offered, "create"},
    {State::Offered, State::Command, "delete, or the offer was taken back"},
    {State::Offered, State::Closed, "reject, the third request refused; over TCP, no frames"},
    {State::Up, State::Offered, "create"},
    {State::Up, State::Command, "delete, or the tunnel ended"},
    {State::Up, State::Closed, "no frames, over TCP"},
});

}  // namespace tsp::session
