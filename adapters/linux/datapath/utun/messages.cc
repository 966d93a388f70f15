// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/messages.h"

#include <linux/genetlink.h>
#include <linux/utun.h>
#include <netlink/genl/genl.h>

#include <algorithm>
#include <utility>

#include "adapters/linux/datapath/utun/attributes.h"

namespace tsp::linux_::utun {
namespace {

using dataplane::DropReason;

constexpr std::size_t kSmall = 256;         // bytes that every request but those with tunnels fits into
constexpr std::size_t kTunnelBytes = 256;   // of a tunnel that replaces none
constexpr std::size_t kReplacedBytes = 12;  // for each that is replaced
constexpr std::uint8_t kFamilyVersion = 1;  // of the controller's messages

// ---- writing

MessageWriter request(const Target& target, std::uint8_t command, int flags, std::size_t room) {
  MessageWriter writer(room);
  TSP_ASSERT(genlmsg_put(writer.get(), 0, 0, target.family, 0, NLM_F_REQUEST | flags, command, UTUN_GENL_VERSION));
  writer.put_u32(UTUN_A_IFINDEX, target.device);
  return writer;
}

std::uint8_t number_of(TunnelType type) {
  switch (type) {
    case TunnelType::V6UdpV4:
      return UTUN_TYPE_V6UDPV4;
    case TunnelType::V6V4:
      return UTUN_TYPE_V6V4;
    case TunnelType::V4V6:
      return UTUN_TYPE_V4V6;
  }
  std::unreachable();
}

std::size_t room_for(const InstallTunnel& order) {
  return kTunnelBytes + kReplacedBytes * order.replaces.size();
}

void put_path(MessageWriter& writer, const TunnelSpec& spec) {
  writer.put_address(UTUN_TUNNEL_A_REMOTE, spec.path.remote.ipv4());
  writer.put_address(UTUN_TUNNEL_A_LOCAL, spec.path.local.ipv4());
  if (spec.type != TunnelType::V6UdpV4) return;
  writer.put_port(UTUN_TUNNEL_A_REMOTE_PORT, spec.path.remote.port);
  writer.put_port(UTUN_TUNNEL_A_LOCAL_PORT, spec.path.local.port);
}

void put_tunnel(MessageWriter& writer, const InstallTunnel& order) {
  const TunnelSpec& spec = order.spec;
  nlattr* nest = writer.begin(UTUN_A_TUNNEL);
  writer.put_u64(UTUN_TUNNEL_A_ID, spec.id.value);
  writer.put_u8(UTUN_TUNNEL_A_TYPE, number_of(spec.type));
  put_path(writer, spec);
  writer.put_address(UTUN_TUNNEL_A_INNER, spec.inner);
  if (spec.delegated) {
    writer.put_address(UTUN_TUNNEL_A_DELEGATED, spec.delegated->base);
    writer.put_u8(UTUN_TUNNEL_A_DELEGATED_LENGTH, spec.delegated->length);
  }
  writer.put_address(UTUN_TUNNEL_A_SERVER, spec.server_address);
  writer.put_u32(UTUN_TUNNEL_A_MTU, spec.mtu);
  writer.put_u8(UTUN_TUNNEL_A_CONFIRMED, spec.confirmed ? 1 : 0);
  for (const TunnelId id : order.replaces) writer.put_u64(UTUN_TUNNEL_A_REPLACES, id.value);
  writer.end(nest);
}

// ---- reading

const genlmsghdr* body_of(ByteView message) {
  if (message.size() < NLMSG_HDRLEN + GENL_HDRLEN) return nullptr;
  return reinterpret_cast<const genlmsghdr*>(message.data() + NLMSG_HDRLEN);
}

// The attributes of a whole message; none if it has no body.
template <int max>
std::optional<Attributes<max>> attributes_of(ByteView message) {
  if (body_of(message) == nullptr) return std::nullopt;
  constexpr std::size_t kHeaders = NLMSG_HDRLEN + GENL_HDRLEN;
  return Attributes<max>(message.data() + kHeaders, message.size() - kHeaders);
}

// Calls `each` for every attribute of that type.
template <class Each>
void for_each(ByteView message, int type, const Each& each) {
  constexpr std::size_t kHeaders = NLMSG_HDRLEN + GENL_HDRLEN;
  auto* at = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(message.data() + kHeaders));
  int left = static_cast<int>(message.size() - kHeaders);
  for (; nla_ok(at, left) != 0; at = nla_next(at, &left)) {
    if (nla_type(at) == type) each(at);
  }
}

using TunnelAttributes = Attributes<UTUN_TUNNEL_A_MAX>;
using CounterAttributes = Attributes<UTUN_COUNTER_A_MAX>;
using DropAttributes = Attributes<UTUN_DROP_MAX>;

std::optional<TunnelType> type_of(const TunnelAttributes& given) {
  switch (given.number<std::uint8_t>(UTUN_TUNNEL_A_TYPE).value_or(0)) {
    case UTUN_TYPE_V6UDPV4:
      return TunnelType::V6UdpV4;
    case UTUN_TYPE_V6V4:
      return TunnelType::V6V4;
    default:
      return std::nullopt;
  }
}

std::optional<FourTuple> path_of(const TunnelAttributes& given, TunnelType type) {
  const auto remote = given.address<IPv4Address>(UTUN_TUNNEL_A_REMOTE);
  const auto local = given.address<IPv4Address>(UTUN_TUNNEL_A_LOCAL);
  const bool ports = type == TunnelType::V6UdpV4;
  const auto remote_port = ports ? given.port(UTUN_TUNNEL_A_REMOTE_PORT) : 0;
  const auto local_port = ports ? given.port(UTUN_TUNNEL_A_LOCAL_PORT) : 0;
  if (!remote || !local || !remote_port || !local_port) return std::nullopt;
  return FourTuple{.remote = make_endpoint(*remote, *remote_port), .local = make_endpoint(*local, *local_port)};
}

std::optional<TunnelSpec> spec_of(const TunnelAttributes& given) {
  const auto id = given.number<std::uint64_t>(UTUN_TUNNEL_A_ID);
  const auto type = type_of(given);
  const auto path = type ? path_of(given, *type) : std::nullopt;
  const auto inner = given.address<IPv6Address>(UTUN_TUNNEL_A_INNER);
  const auto server = given.address<IPv6Address>(UTUN_TUNNEL_A_SERVER);
  const auto mtu = given.number<std::uint32_t>(UTUN_TUNNEL_A_MTU);
  const auto confirmed = given.number<std::uint8_t>(UTUN_TUNNEL_A_CONFIRMED);
  if (!id || !path || !inner || !server || !mtu || *mtu > 0xFFFF || !confirmed) return std::nullopt;
  TunnelSpec spec{.id = {*id},
                  .type = *type,
                  .path = *path,
                  .inner = *inner,
                  .server_address = *server,
                  .mtu = static_cast<std::uint16_t>(*mtu),
                  .confirmed = *confirmed != 0};
  const auto delegated = given.address<IPv6Address>(UTUN_TUNNEL_A_DELEGATED);
  const auto length = given.number<std::uint8_t>(UTUN_TUNNEL_A_DELEGATED_LENGTH);
  if (delegated && length && *length <= 128) spec.delegated = make_prefix(*delegated, *length);
  return spec;
}

Instant instant_of(std::uint64_t nanoseconds) {
  return {Duration(static_cast<Duration::rep>(nanoseconds))};
}

TunnelUsage usage_of(const TunnelAttributes& given, TunnelId id) {
  const CounterAttributes counted(given[UTUN_TUNNEL_A_COUNTERS]);
  const auto count = [&](int type) { return counted.number<std::uint64_t>(type).value_or(0); };
  const auto installed = given.number<std::uint64_t>(UTUN_TUNNEL_A_INSTALLED).value_or(0);
  const auto last_seen = given.number<std::uint64_t>(UTUN_TUNNEL_A_LAST_SEEN).value_or(0);
  return {.id = id,
          .last_seen = instant_of(std::max(installed, last_seen)),
          .packets_up = count(UTUN_COUNTER_A_PACKETS_UP),
          .packets_down = count(UTUN_COUNTER_A_PACKETS_DOWN),
          .bytes_up = count(UTUN_COUNTER_A_BYTES_UP),
          .bytes_down = count(UTUN_COUNTER_A_BYTES_DOWN)};
}

constexpr std::array kDrops{
    std::pair{UTUN_DROP_GARBAGE, DropReason::Garbage},
    std::pair{UTUN_DROP_UNKNOWN_ENDPOINT, DropReason::UnknownEndpoint},
    std::pair{UTUN_DROP_WRONG_VERSION, DropReason::WrongVersion},
    std::pair{UTUN_DROP_TRUNCATED, DropReason::Truncated},
    std::pair{UTUN_DROP_LENGTH_MISMATCH, DropReason::LengthMismatch},
    std::pair{UTUN_DROP_FOREIGN_SOURCE, DropReason::ForeignSource},
    std::pair{UTUN_DROP_INVALID_SOURCE, DropReason::InvalidSource},
    std::pair{UTUN_DROP_INVALID_DESTINATION, DropReason::InvalidDestination},
    std::pair{UTUN_DROP_LINK_SCOPE, DropReason::LinkScope},
    std::pair{UTUN_DROP_HOP_LIMIT, DropReason::HopLimit},
    std::pair{UTUN_DROP_BAD_CHECKSUM, DropReason::BadChecksum},
    std::pair{UTUN_DROP_ECN, DropReason::Ecn},
    std::pair{UTUN_DROP_NO_TUNNEL, DropReason::NoTunnel},
    std::pair{UTUN_DROP_UNCONFIRMED, DropReason::Unconfirmed},
    std::pair{UTUN_DROP_TOO_BIG, DropReason::TooBig},
    std::pair{UTUN_DROP_NOT_IP, DropReason::NotIp},
    std::pair{UTUN_DROP_ICMP_RATE_LIMITED, DropReason::IcmpRateLimited},
    std::pair{UTUN_DROP_SEND_FAILED, DropReason::SendFailed},
};

Event::Kind kind_of(std::uint8_t command, const Attributes<UTUN_A_MAX>& given) {
  const bool of_one = given[UTUN_A_ID] != nullptr;
  if (command == UTUN_CMD_TUNNEL_CONFIRMED_NTF && of_one) return Event::Kind::Confirmed;
  if (command != UTUN_CMD_TUNNEL_REMOVED_NTF) return Event::Kind::Other;
  if (of_one) return Event::Kind::Removed;
  const bool gone = given.number<std::uint32_t>(UTUN_A_REASON) == UTUN_REMOVED_DEVICE_GONE;
  return gone ? Event::Kind::DeviceGone : Event::Kind::AllRemoved;
}

}  // namespace

Bytes find_family() {
  MessageWriter writer(kSmall);
  TSP_ASSERT(genlmsg_put(writer.get(), 0, 0, GENL_ID_CTRL, 0, NLM_F_REQUEST, CTRL_CMD_GETFAMILY, kFamilyVersion));
  writer.put_text(CTRL_ATTR_FAMILY_NAME, UTUN_GENL_NAME);
  return writer.bytes();
}

Bytes add_tunnel(const Target& target, const InstallTunnel& order) {
  MessageWriter writer = request(target, UTUN_CMD_TUNNEL_ADD, NLM_F_ACK, kSmall + room_for(order));
  put_tunnel(writer, order);
  return writer.bytes();
}

Bytes add_tunnels(const Target& target, std::span<const InstallTunnel> orders) {
  std::size_t room = kSmall;
  for (const InstallTunnel& order : orders) room += room_for(order);
  MessageWriter writer = request(target, UTUN_CMD_TUNNEL_ADD_BATCH, 0, room);
  for (const InstallTunnel& order : orders) put_tunnel(writer, order);
  return writer.bytes();
}

Bytes delete_tunnel(const Target& target, const RemoveTunnel& order) {
  MessageWriter writer = request(target, UTUN_CMD_TUNNEL_DEL, NLM_F_ACK, kSmall);
  writer.put_u64(UTUN_A_ID, order.id.value);
  if (order.unless_seen_since) {
    // An instant before the host was started is as good as its start.
    const auto since = std::max<Duration::rep>(0, order.unless_seen_since->since_boot.count());
    writer.put_u64(UTUN_A_UNLESS_SEEN_SINCE, static_cast<std::uint64_t>(since));
  }
  return writer.bytes();
}

Bytes get_tunnel(const Target& target, TunnelId id) {
  MessageWriter writer = request(target, UTUN_CMD_TUNNEL_GET, 0, kSmall);
  writer.put_u64(UTUN_A_ID, id.value);
  return writer.bytes();
}

Bytes dump_tunnels(const Target& target) {
  return request(target, UTUN_CMD_TUNNEL_GET, NLM_F_DUMP, kSmall).bytes();
}

Bytes get_device(const Target& target) {
  return request(target, UTUN_CMD_DEVICE_GET, 0, kSmall).bytes();
}

std::optional<Family> read_family(ByteView message) {
  const auto given = attributes_of<CTRL_ATTR_MAX>(message);
  if (!given) return std::nullopt;
  const auto number = given->number<std::uint16_t>(CTRL_ATTR_FAMILY_ID);
  const auto version = given->number<std::uint32_t>(CTRL_ATTR_VERSION);
  if (!number || !version) return std::nullopt;
  Family family{.number = *number, .version = *version};
  const nlattr* groups = (*given)[CTRL_ATTR_MCAST_GROUPS];
  nlattr* group = nullptr;
  int left = 0;
  if (groups == nullptr) return family;
  nla_for_each_nested(group, const_cast<nlattr*>(groups), left) {
    const Attributes<CTRL_ATTR_MCAST_GRP_MAX> one(group);
    if (one.text(CTRL_ATTR_MCAST_GRP_NAME) != UTUN_MCGRP_EVENTS) continue;
    family.events = one.number<std::uint32_t>(CTRL_ATTR_MCAST_GRP_ID).value_or(0);
  }
  return family;
}

std::optional<ListedTunnel> read_tunnel(ByteView message) {
  const auto given = attributes_of<UTUN_A_MAX>(message);
  if (!given || (*given)[UTUN_A_TUNNEL] == nullptr) return std::nullopt;
  const TunnelAttributes tunnel((*given)[UTUN_A_TUNNEL]);
  const auto spec = spec_of(tunnel);
  if (!spec) return std::nullopt;
  return ListedTunnel{.spec = *spec, .usage = usage_of(tunnel, spec->id)};
}

std::optional<BatchAnswer> read_batch(ByteView message) {
  const auto given = attributes_of<UTUN_A_MAX>(message);
  const auto added = given ? given->number<std::uint32_t>(UTUN_A_ADDED) : std::nullopt;
  if (!added) return std::nullopt;
  BatchAnswer answer{.added = *added};
  for_each(message, UTUN_A_REFUSAL, [&](const nlattr* nest) {
    const Attributes<UTUN_REFUSAL_A_MAX> refusal(nest);
    const auto index = refusal.number<std::uint32_t>(UTUN_REFUSAL_A_INDEX);
    const auto error = refusal.number<std::uint32_t>(UTUN_REFUSAL_A_ERROR);
    if (!index || !error) return;
    answer.refusals.push_back(
        {.index = *index, .error = static_cast<int>(*error), .text = refusal.text(UTUN_REFUSAL_A_MESSAGE)});
  });
  return answer;
}

std::optional<DatapathCounters> read_counters(ByteView message) {
  const auto given = attributes_of<UTUN_A_MAX>(message);
  if (!given || (*given)[UTUN_A_COUNTERS] == nullptr) return std::nullopt;
  const CounterAttributes counted((*given)[UTUN_A_COUNTERS]);
  const DropAttributes dropped(counted[UTUN_COUNTER_A_DROPS]);
  const auto count = [&](int type) { return counted.number<std::uint64_t>(type).value_or(0); };
  DatapathCounters counters;
  counters.packets_up = count(UTUN_COUNTER_A_PACKETS_UP);
  counters.packets_down = count(UTUN_COUNTER_A_PACKETS_DOWN);
  counters.bytes_up = count(UTUN_COUNTER_A_BYTES_UP);
  counters.bytes_down = count(UTUN_COUNTER_A_BYTES_DOWN);
  counters.echo_replies = count(UTUN_COUNTER_A_ECHO_REPLIES);
  counters.icmp_errors = count(UTUN_COUNTER_A_ICMP_ERRORS);
  counters.outer_errors = count(UTUN_COUNTER_A_OUTER_ERRORS);
  counters.mss_clamped = count(UTUN_COUNTER_A_MSS_CLAMPED);
  for (const auto& [type, reason] : kDrops) {
    counters.drops[static_cast<std::size_t>(reason)] = dropped.number<std::uint64_t>(type).value_or(0);
  }
  return counters;
}

std::optional<Event> read_event(ByteView message) {
  const auto given = attributes_of<UTUN_A_MAX>(message);
  const auto device = given ? given->number<std::uint32_t>(UTUN_A_IFINDEX) : std::nullopt;
  if (!device) return std::nullopt;
  nlmsghdr header{};
  std::memcpy(&header, message.data(), sizeof header);
  return Event{.kind = kind_of(body_of(message)->cmd, *given),
               .device = *device,
               .tunnel = {given->number<std::uint64_t>(UTUN_A_ID).value_or(0)},
               .port = header.nlmsg_pid};
}

}  // namespace tsp::linux_::utun
