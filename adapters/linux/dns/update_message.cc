// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/update_message.h"

#include <limits>

#include "adapters/linux/dns/wire_format.h"
#include "core/base/overloaded.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::uint16_t kOpcodeUpdate = 5 << 11;  // RFC 2136 section 2.2
constexpr std::size_t kUpdateCountAt = 8;

void append_record(Bytes& out, const RrsetKey& key, std::uint16_t record_class, std::uint32_t ttl, ByteView data) {
  append_name(out, key.name);
  append_u16(out, static_cast<std::uint16_t>(key.type));
  append_u16(out, record_class);
  append_u32(out, ttl);
  append_u16(out, static_cast<std::uint16_t>(data.size()));
  append(out, data);
}

Bytes encode(const RecordData& data) {
  Bytes out;
  std::visit(Overloaded{[&](const std::string& target) { append_name(out, target); },
                        [&](const IPv6Address& address) { append(out, address.octets); }},
             data);
  return out;
}

// The whole message without a change.
Bytes encode_header_and_zone(std::string_view zone) {
  Bytes out;
  append_u16(out, 0);
  append_u16(out, kOpcodeUpdate);
  append_u16(out, 1);  // zones
  append_u16(out, 0);  // prerequisites
  append_u16(out, 0);  // updates
  append_u16(out, 0);  // additional records
  append_name(out, zone);
  append_u16(out, static_cast<std::uint16_t>(RecordType::SOA));
  append_u16(out, kClassIn);
  return out;
}

Bytes encode(const RrsetChange& change, std::uint32_t ttl_seconds) {
  Bytes out;
  append_record(out, change.key, kClassAny, 0, {});  // section 2.5.2: delete an RRset
  for (const RecordData& data : change.data) append_record(out, change.key, kClassIn, ttl_seconds, encode(data));
  return out;
}

}  // namespace

std::vector<Bytes> encode_updates(std::string_view zone, std::span<const RrsetChange> changes,
                                  std::uint32_t ttl_seconds, std::size_t size_max) {
  std::vector<Bytes> messages;
  for (const RrsetChange& change : changes) {
    const Bytes records = encode(change, ttl_seconds);
    if (messages.empty() || messages.back().size() + records.size() > size_max) {
      messages.push_back(encode_header_and_zone(zone));
    }
    Bytes& message = messages.back();
    append(message, records);
    const auto count = get_u16(message, kUpdateCountAt) + 1U + change.data.size();
    put_u16(message, kUpdateCountAt, static_cast<std::uint16_t>(count));
  }
  return messages;
}

void set_id(Bytes& message, std::uint16_t id) {
  put_u16(message, 0, id);
}

}  // namespace tsp::linux_::dns
