// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/capture_reader.h"

#include <pcap/pcap.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "core/dataplane/headers.h"
#include "tools/capture/capture_handle.h"

namespace tsp::capture {
namespace {

using dataplane::get16;

constexpr std::uint16_t kIPv4 = 0x0800;
constexpr std::uint16_t kIPv6 = 0x86DD;
constexpr std::array<std::uint16_t, 2> kVlanTags{0x8100, 0x88A8};
constexpr std::size_t kVlanTagSize = 4;

// Where the protocol of the packet inside stands, and where that packet begins.
struct LinkHeader {
  std::size_t protocol_at;
  std::size_t size;
};
constexpr LinkHeader kEthernet{12, 14};
constexpr LinkHeader kCooked{14, 16};  // LINKTYPE_LINUX_SLL
constexpr LinkHeader kCooked2{0, 20};  // LINKTYPE_LINUX_SLL2

bool is_known(int link_type) {
  return link_type == DLT_EN10MB || link_type == DLT_LINUX_SLL || link_type == DLT_LINUX_SLL2 || link_type == DLT_RAW ||
         link_type == DLT_IPV4 || link_type == DLT_IPV6;
}

ByteView without(ByteView frame, LinkHeader header) {
  while (frame.size() >= header.size) {
    const std::uint16_t protocol = get16(frame, header.protocol_at);
    if (protocol == kIPv4 || protocol == kIPv6) return frame.subspan(header.size);
    if (protocol != kVlanTags[0] && protocol != kVlanTags[1]) break;
    header = {header.protocol_at + kVlanTagSize, header.size + kVlanTagSize};
  }
  return {};
}

ByteView ip_packet(int link_type, ByteView frame) {
  switch (link_type) {
    case DLT_EN10MB:
      return without(frame, kEthernet);
    case DLT_LINUX_SLL:
      return without(frame, kCooked);
    case DLT_LINUX_SLL2:
      return without(frame, kCooked2);
    default:
      return frame;
  }
}

}  // namespace

struct CaptureReader::File {
  CaptureHandle handle;
  int link_type = 0;
};

CaptureReader::CaptureReader(std::unique_ptr<File> file) : file_(std::move(file)) {}
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;
CaptureReader::~CaptureReader() = default;

std::expected<CaptureReader, std::string> CaptureReader::open(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  auto file = std::make_unique<File>();
  file->handle.reset(pcap_open_offline(path.c_str(), error.data()));
  if (!file->handle) return std::unexpected("cannot read " + path + ": " + error.data());
  file->link_type = pcap_datalink(file->handle.get());
  if (!is_known(file->link_type)) {
    const char* name = pcap_datalink_val_to_name(file->link_type);
    return std::unexpected("cannot read " + path + ": link type " + (name != nullptr ? name : "unknown"));
  }
  return CaptureReader(std::move(file));
}

std::expected<std::optional<CapturedPacket>, std::string> CaptureReader::next() {
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  const int result = pcap_next_ex(file_->handle.get(), &header, &data);
  if (result == PCAP_ERROR_BREAK) return std::nullopt;
  if (result != 1) return std::unexpected(std::string(pcap_geterr(file_->handle.get())));
  const ByteView ip = ip_packet(file_->link_type, ByteView(data, header->caplen));
  return CapturedPacket{
      .at = std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec),
      .ip = Bytes(ip.begin(), ip.end()),
      .missing = header->len > header->caplen ? header->len - header->caplen : 0,
  };
}

}  // namespace tsp::capture
