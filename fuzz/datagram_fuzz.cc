// SPDX-License-Identifier: Apache-2.0
//
// Everything that is done to a datagram before a session is known: header, lines, framing.
#include "core/wire/framing.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

namespace {

void read_lines(std::string_view payload) {
  if (const auto version = wire::parse_version(payload)) {
    fuzz::require(!(wire::version_supported(*version) && version->empty()));
    (void)wire::version_has_bug_1455(*version);
  }
  if (const auto mechanism = wire::parse_authenticate(payload)) {
    fuzz::require(!mechanism->empty() && mechanism->size() < payload.size());
    (void)wire::parse_mechanism(*mechanism);
  }
  if (const auto capabilities = wire::parse_capability(payload)) {
    fuzz::require(wire::parse_capability(wire::capability_line(*capabilities)) == capabilities);
  }
  (void)wire::is_echo_request(payload);
  (void)wire::parse_status_code(payload);
}

void read_frame(std::string_view payload) {
  const auto xml = wire::unframe_datagram(payload);
  if (!xml) return;
  fuzz::require(!xml->empty() && xml->size() <= wire::kMessageSizeMax);
  (void)wire::parse_request(*xml);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView datagram(data, size);
  const auto header = wire::parse_udp_header(datagram);
  const auto header_in_session = wire::parse_udp_header(datagram, true);
  fuzz::require(!header || (header_in_session && header_in_session->sequence == header->sequence));
  if (!header_in_session) return 0;
  fuzz::require(size >= wire::kUdpHeaderSize && data[0] >> 4 != 6);
  const std::string_view payload = as_text(datagram.subspan(wire::kUdpHeaderSize));
  const Bytes same = wire::with_header(*header_in_session, payload);
  fuzz::require(std::ranges::equal(same, datagram));
  read_lines(payload);
  read_frame(payload);
  return 0;
}
