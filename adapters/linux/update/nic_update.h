// SPDX-License-Identifier: Apache-2.0
//
// The update of dynamic DNS services, as routers know it, as a function from request to answer: GET /nic/update with
// HTTP basic authentication. docs/operating/nic-update.md describes it.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/broker.h>

#include "adapters/linux/update/http_head.h"

namespace tsp::linux_ {

struct NicAnswer {
  int status = 200;
  std::string text;  // begins with the word that routers look for
};

// What is to be asked of the core, or the answer at once. `peer`: whose address is meant if none is named.
[[nodiscard]] std::expected<UpdateEndpointRequest, NicAnswer> read_nic_update(const HttpHead& head,
                                                                              const FourTuple& peer);
[[nodiscard]] NicAnswer answer_of(UpdateOutcome outcome, const UpdateEndpointRequest& request);
// The address that the nearest proxy saw, or none.
[[nodiscard]] std::optional<IPv4Address> forwarded_address(const HttpHead& head);
// Of a source that asks too often.
[[nodiscard]] NicAnswer too_many_requests();
[[nodiscard]] NicAnswer not_http();
// All bytes of the response; the connection is closed after it.
[[nodiscard]] std::string http_response(const NicAnswer& answer);

}  // namespace tsp::linux_
