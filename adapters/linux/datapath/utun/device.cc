// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/device.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/utun.h>
#include <net/if.h>

#include <cerrno>
#include <utility>

#include "adapters/linux/datapath/utun/attributes.h"

namespace tsp::linux_::utun {
namespace {

constexpr std::size_t kRoom = 512;      // of a request without lists
constexpr std::size_t kEntryBytes = 8;  // of one socket or address

MessageWriter request(int type, int flags, std::uint32_t index, std::size_t room) {
  MessageWriter writer(room);
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = static_cast<int>(index);
  TSP_ASSERT(nlmsg_put(writer.get(), 0, 0, type, 0, NLM_F_REQUEST | NLM_F_ACK | flags) != nullptr);
  TSP_ASSERT(nlmsg_append(writer.get(), &header, sizeof header, NLMSG_ALIGNTO) == 0);
  return writer;
}

// Puts IFLA_LINKINFO, with what `put` writes as the data of the kind.
template <class Put>
void put_link_info(MessageWriter& writer, const Put& put) {
  nlattr* info = writer.begin(IFLA_LINKINFO);
  writer.put_text(IFLA_INFO_KIND, "utun");
  nlattr* data = writer.begin(IFLA_INFO_DATA);
  put();
  writer.end(data);
  writer.end(info);
}

void put_settings(MessageWriter& writer, const DeviceSettings& settings) {
  nlattr* sockets = writer.begin(IFLA_UTUN_SOCKETS);
  for (const int fd : settings.sockets) writer.put_u32(IFLA_UTUN_SOCKET, static_cast<std::uint32_t>(fd));
  writer.end(sockets);
  nlattr* addresses = writer.begin(IFLA_UTUN_PROTO41);
  for (const IPv6Address& address : settings.protocol_41) writer.put_address(IFLA_UTUN_ADDRESS, unmap(address));
  writer.end(addresses);
  writer.put_address(IFLA_UTUN_SERVER_ADDRESS, settings.server_address);
  writer.put_u8(IFLA_UTUN_CLAMP_MSS, settings.clamp_mss ? 1 : 0);
}

std::size_t room_for(const DeviceSettings& settings) {
  return kRoom + kEntryBytes * (settings.sockets.size() + settings.protocol_41.size());
}

}  // namespace

Bytes make_device(const DeviceSettings& settings) {
  MessageWriter writer = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, room_for(settings));
  writer.put_text(IFLA_IFNAME, settings.name);
  put_link_info(writer, [&] { put_settings(writer, settings); });
  return writer.bytes();
}

Bytes change_device(std::uint32_t index, const DeviceSettings& settings) {
  MessageWriter writer = request(RTM_NEWLINK, 0, index, room_for(settings));
  put_link_info(writer, [&] { put_settings(writer, settings); });
  return writer.bytes();
}

Bytes change_mss_clamp(std::uint32_t index, bool wanted) {
  MessageWriter writer = request(RTM_NEWLINK, 0, index, kRoom);
  put_link_info(writer, [&] { writer.put_u8(IFLA_UTUN_CLAMP_MSS, wanted ? 1 : 0); });
  return writer.bytes();
}

Bytes remove_device(std::uint32_t index) {
  return request(RTM_DELLINK, 0, index, kRoom).bytes();
}

std::string explain_device_error(const std::string& name, const NetlinkAnswer& answer) {
  const std::string device = "utun device " + name + ": ";
  switch (answer.error) {
    case EPERM:
    case EACCES:
      return device + "not permitted; CAP_NET_ADMIN is needed";
    case EOPNOTSUPP:
      return device + "the module utun is not loaded any more; load it: modprobe utun";
    case EEXIST:
      return device + "somebody else has just made a device of that name; choose another name";
    case EBUSY:
      return device + "the UDP port is in use by another tunnel of the kernel (" + to_text(answer) +
             "); remove that one, or listen elsewhere";
    default:
      return device + to_text(answer);
  }
}

std::expected<std::unique_ptr<Device>, std::string> Device::open(std::unique_ptr<NetlinkChannel> channel,
                                                                 DeviceSettings settings, int left) {
  std::unique_ptr<Device> device(new Device(std::move(channel), std::move(settings)));
  if (auto done = device->set_up(left); !done) return std::unexpected(done.error());
  return device;
}

std::expected<void, std::string> Device::set_up(int left) {
  index_ = static_cast<std::uint32_t>(left);
  const NetlinkAnswer answer =
      requester_.exchange(left == 0 ? make_device(settings_) : change_device(index_, settings_));
  if (answer.error != 0) {
    index_ = 0;
    return std::unexpected(explain_device_error(settings_.name, answer));
  }
  if (left == 0) index_ = if_nametoindex(settings_.name.c_str());
  if (index_ == 0) return std::unexpected("utun device " + settings_.name + " has disappeared");
  return {};
}

std::uint32_t Device::index() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

bool Device::is_there() const {
  const std::lock_guard lock(mutex_);
  return index_ != 0 && if_nametoindex(settings_.name.c_str()) == index_;
}

std::expected<void, std::string> Device::make_again(int left) {
  const std::lock_guard lock(mutex_);
  return set_up(left);
}

void Device::clamp_mss(bool wanted) {
  const std::lock_guard lock(mutex_);
  settings_.clamp_mss = wanted;
  // Without a device it is told when there is one again.
  if (index_ != 0) [[maybe_unused]]
    const NetlinkAnswer ignored = requester_.exchange(change_mss_clamp(index_, wanted));
}

Device::~Device() {
  if (index_ != 0) [[maybe_unused]]
    const NetlinkAnswer ignored = requester_.exchange(remove_device(index_));
}

}  // namespace tsp::linux_::utun
