// SPDX-License-Identifier: Apache-2.0
//
// Merges the uplink packets of one burst into super-packets for a TUN device with IFF_VNET_HDR, as the kernel's GRO
// would: neighbours of one TCP flow, and of one UDP flow where the kernel takes them (USO, Linux 6.2). No payload is
// copied.
//
//   for (ByteView packet : burst) coalescer.add(packet);
//   for (std::size_t i = 0; i < coalescer.size(); ++i) write(coalescer.at(i));
//   coalescer.clear();
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <tsp/types.h>

#include "core/dataplane/vnet_header.h"

namespace tsp::dataplane {

inline constexpr std::size_t kSuperPacketPackets = 64;    // packets in one super-packet
inline constexpr std::size_t kSuperPacketBytes = 65'535;  // bytes of one super-packet, its IP header included

// What one write to the device consists of: `vnet`, then the parts one behind the other.
struct SuperPacket {
  VnetHeader vnet;                  // all zero for a single packet
  std::span<const ByteView> parts;  // 1 … 1 + kSuperPacketPackets
  std::size_t packets = 1;          // how many packets of the burst it stands for
  std::size_t bytes = 0;            // of all parts
};

// What may be merged: what TUNSETOFFLOAD granted.
struct CoalesceOptions {
  bool tcp = true;
  bool udp = false;
};

// For one thread. Packets of one flow keep their order; packets of different flows may change theirs.
class Coalescer {
 public:
  explicit Coalescer(CoalesceOptions options = {}) : options_(options) {}

  // For packets added from now on.
  void set_options(CoalesceOptions options) { options_ = options; }

  // `packet`: one that check_uplink lets pass. Its bytes must stay where they are until clear().
  void add(ByteView packet);

  // The number of super-packets (single packets count as such).
  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  // Number `index` in the order in which they are to be written. The parts are valid until the next call of at(),
  // originals() or clear().
  [[nodiscard]] SuperPacket at(std::size_t index);
  // The packets it was made of, as they were added: to be written singly if the kernel refuses the super-packet.
  // Valid as long as what at() gives.
  [[nodiscard]] std::span<const ByteView> originals(std::size_t index);

  // Forgets everything; keeps its memory.
  void clear();

 private:
  // A link of a group's list of packets.
  struct Link {
    ByteView packet;
    std::uint32_t next = 0;  // index into links_; of the last link without meaning
  };
  struct Group {
    std::uint32_t first = 0;  // indices into links_
    std::uint32_t last = 0;
    std::uint32_t packets = 1;
    std::uint32_t payload_bytes = 0;
    std::uint32_t next_sequence = 0;  // TCP: of the byte behind the last packet
    std::uint16_t header_size = 0;    // IP and transport header
    std::uint16_t segment_size = 0;   // payload of the first packet
    bool verified = false;            // the first packet's checksum; looked at only when a second packet wants to join
    bool pushed = false;              // TCP: the last packet has PSH
  };
  // What the headers of a packet say that could be merged.
  struct Candidate;
  [[nodiscard]] static std::optional<Candidate> candidate_of(ByteView packet);

  static constexpr std::size_t kFlowSlots = 256;
  // The latest group of a flow, as index into groups_, if it may grow: only while `epoch` is the current one. Flows
  // that fall on one slot close each other's groups.
  struct Slot {
    std::uint64_t epoch = 0;
    std::uint32_t group = 0;
  };

  [[nodiscard]] bool may_merge(std::uint8_t protocol) const;
  [[nodiscard]] bool fits(const Group& group, const Candidate& candidate) const;
  [[nodiscard]] bool join(Group& group, const Candidate& candidate);
  void start_group(ByteView packet);
  void start_group(const Candidate& candidate);
  [[nodiscard]] VnetHeader write_header(const Group& group);

  CoalesceOptions options_;
  std::vector<Link> links_;
  std::vector<Group> groups_;
  std::array<Slot, kFlowSlots> slots_{};
  std::uint64_t epoch_ = 1;
  std::array<ByteView, 1 + kSuperPacketPackets> parts_{};
  std::array<std::uint8_t, 128> header_{};  // of the super-packet that at() gave last
};

}  // namespace tsp::dataplane
