// SPDX-License-Identifier: Apache-2.0
#include "core/broker/event_names.h"

#include <utility>

namespace tsp {

std::string_view name(EventCode code) {
  switch (code) {
    case EventCode::BrokerReady:
      return "broker_ready";
    case EventCode::StoreLost:
      return "store_lost";
    case EventCode::StoreBack:
      return "store_back";
    case EventCode::SessionRefused:
      return "session_refused";
    case EventCode::AuthenticationFailed:
      return "authentication_failed";
    case EventCode::OfferRefused:
      return "offer_refused";
    case EventCode::TunnelUp:
      return "tunnel_up";
    case EventCode::TunnelConfirmed:
      return "tunnel_confirmed";
    case EventCode::TunnelDown:
      return "tunnel_down";
    case EventCode::EvictionsDamped:
      return "evictions_damped";
    case EventCode::DatapathFailed:
      return "datapath_failed";
    case EventCode::Reconciled:
      return "reconciled";
    case EventCode::AccountChanged:
      return "account_changed";
    case EventCode::Draining:
      return "draining";
    case EventCode::Drained:
      return "drained";
    case EventCode::OtherBroker:
      return "other_broker";
    case EventCode::PoolsOverlap:
      return "pools_overlap";
    case EventCode::HomeUnavailable:
      return "home_unavailable";
    case EventCode::LeaseUnrouted:
      return "lease_unrouted";
    case EventCode::RequestRefused:
      return "request_refused";
  }
  std::unreachable();
}

std::string_view name(EndReason reason) {
  switch (reason) {
    case EndReason::Deleted:
      return "deleted";
    case EndReason::Replaced:
      return "replaced";
    case EndReason::Idle:
      return "idle";
    case EndReason::Kicked:
      return "kicked";
    case EndReason::Disabled:
      return "disabled";
    case EndReason::Failed:
      return "failed";
  }
  std::unreachable();
}

}  // namespace tsp
