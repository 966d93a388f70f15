// SPDX-License-Identifier: Apache-2.0
//
// The states of the client's side of a TSP conversation, and what leads from one to another.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/edges.h"

namespace tsp::client {

enum class SessionState : std::uint8_t {
  Version,
  Authenticate,
  Create,
  Local,
  Accept,
  Reject,
  Established,
  Leave,
  Ended,
};

inline constexpr std::array<std::string_view, 9> kStateNames = {
    "Version", "Authenticate", "Create", "Local", "Accept", "Reject", "Established", "Leave", "Ended",
};

inline constexpr auto kEdges = std::to_array<Edge<SessionState>>({
    {SessionState::Version, SessionState::Authenticate, "CAPABILITY with what we need"},
    {SessionState::Version, SessionState::Ended, "no usable answer, or a redirect"},
    {SessionState::Authenticate, SessionState::Create, "200"},
    {SessionState::Authenticate, SessionState::Ended, "refused, or the server did not prove itself"},
    {SessionState::Create, SessionState::Local, "an offer"},
    {SessionState::Create, SessionState::Reject, "an offer of something else"},
    {SessionState::Create, SessionState::Ended, "refused, redirected, no answer"},
    {SessionState::Local, SessionState::Accept, "this host has set it up"},
    {SessionState::Local, SessionState::Reject, "this host could not"},
    {SessionState::Local, SessionState::Ended, "the connection was closed meanwhile"},
    {SessionState::Accept, SessionState::Established, "the answer; over TCP at once"},
    {SessionState::Accept, SessionState::Ended, "refused, no answer"},
    {SessionState::Reject, SessionState::Ended, "the answer, or none in time"},
    {SessionState::Established, SessionState::Leave, "this host wants to end it: delete"},
    {SessionState::Leave, SessionState::Ended, "the answer, or none in time"},
});

}  // namespace tsp::client
