// SPDX-License-Identifier: Apache-2.0
//
// An offer that is read can be written, and reads the same then.
#include "core/wire/message.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

namespace {

void check_offer(Offer offer) {
  // A server must name one, of IPv6.
  if (!offer.dns_server) offer.dns_server = carries_ipv4(offer.type) ? offer.server_outer : offer.server_inner;
  const auto again = wire::parse_offer_reply(wire::framed(wire::Status::Success, wire::offer_text(offer)));
  fuzz::require(again.has_value() && *again == wire::OfferReply(offer));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = as_text({data, size});
  if (const auto redirect = wire::parse_redirect(message)) {
    fuzz::require(!redirect->brokers.empty() && redirect->brokers.size() <= 50);
  }
  const auto reply = wire::parse_offer_reply(message);
  if (!reply) return 0;
  if (const auto* offer = std::get_if<Offer>(&*reply)) check_offer(*offer);
  return 0;
}
