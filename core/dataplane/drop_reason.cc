// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/drop_reason.h"

#include "core/base/assert.h"

namespace tsp::dataplane {

std::string_view name(DropReason reason) {
  TSP_ASSERT(reason < DropReason::kCount);
  switch (reason) {
    case DropReason::Garbage:
      return "garbage";
    case DropReason::UnknownEndpoint:
      return "unknown_endpoint";
    case DropReason::WrongVersion:
      return "wrong_version";
    case DropReason::Truncated:
      return "truncated";
    case DropReason::LengthMismatch:
      return "length_mismatch";
    case DropReason::ForeignSource:
      return "foreign_source";
    case DropReason::InvalidSource:
      return "invalid_source";
    case DropReason::InvalidDestination:
      return "invalid_destination";
    case DropReason::LinkScope:
      return "link_scope";
    case DropReason::HopLimit:
      return "hop_limit";
    case DropReason::BadChecksum:
      return "bad_checksum";
    case DropReason::Ecn:
      return "ecn";
    case DropReason::NoTunnel:
      return "no_tunnel";
    case DropReason::Unconfirmed:
      return "unconfirmed";
    case DropReason::TooBig:
      return "too_big";
    case DropReason::NotIp:
      return "not_ip";
    case DropReason::IcmpRateLimited:
      return "icmp_rate_limited";
    case DropReason::SendFailed:
      return "send_failed";
    case DropReason::QueueFull:
      return "queue_full";
    case DropReason::kCount:
      break;
  }
  return {};
}

}  // namespace tsp::dataplane
