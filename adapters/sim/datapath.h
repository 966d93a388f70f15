// SPDX-License-Identifier: Apache-2.0
//
// A datapath in the simulated world, with a host behind it that routes as a real one would: what is for the pool comes
// back into the device. Orders are carried out and reported when the world says so, as in store.h; packets are
// handled at once.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include <tsp/datapath.h>

#include "adapters/port/datapath.h"
#include "core/dataplane/drop_reason.h"
#include "core/dataplane/error_limiter.h"
#include "core/dataplane/tunnel_table.h"

namespace tsp::sim {

enum class DatapathFault : std::uint8_t {
  None,
  Failed,           // nothing is changed; the order ends in Failed
  FailedAfterDone,  // carried out, but the order ends in Failed: the answer was lost
  Conflicting,      // installations meet something that nobody knows of, and change nothing
  CutShort,         // a list ends in the middle, and in Failed; other orders are carried out
  Stalled,          // nothing is carried out or reported until the fault is gone
};

struct SimDatapathOptions {
  IPv6Prefix pool;
  IPv6Address server_address;  // source of errors about packets that belong to no tunnel
  bool mss_clamp = true;
  std::optional<port::InnerPool> ipv4_pool{};  // of v4v6 tunnels; mapped
};

// Where packets go. The functions may submit orders; they must not hand in packets or report orders.
struct SimDatapathWires {
  std::function<Instant()> clock;
  // A datagram from path.local to path.remote.
  std::function<void(const FourTuple& path, ByteView payload)> to_client;
  // An inner packet as the host sees it come out of the device, whatever its destination, and the path by which it
  // came; none for the datapath's own errors.
  std::function<void(const FourTuple* path, ByteView packet)> to_host;
  std::function<void(const FourTuple& path, ByteView payload)> signalling;
  // An order was carried out, whether or not its completion will ever be reported. May be empty.
  std::function<void(const DatapathOrder& order, DatapathStatus status)> executed{};
};

class SimDatapath final : public port::Datapath {
 public:
  static constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

  SimDatapath(const SimDatapathOptions& options, SimDatapathWires wires, Sink sink);

  void submit(DatapathOrder order) override;

  // What was submitted and not reported, oldest first.
  [[nodiscard]] std::vector<OpId> waiting() const;
  // Carries out the order, and those submitted before it, without reporting. False if there is no such order or the
  // datapath is stalled.
  bool execute(OpId op);
  // Reports the order, after carrying it out if need be. The sink may submit new orders. False as above.
  bool report(OpId op);
  // Reports the oldest order; false as above.
  bool step();
  // Whoever submitted is dead: what was not carried out never will be, and nothing of it is reported.
  void forget_orders() { pending_.clear(); }

  // A datagram from a client, or with port 0 the content of a packet in protocol 41 or 4.
  void receive(const FourTuple& path, ByteView payload);
  // A packet that the host routes into the device.
  void route(ByteView packet);

  // The next `orders` orders to be carried out meet the fault. Stalled ends only with another call.
  void inject(DatapathFault fault, std::uint64_t orders = kForever);
  // The tunnel is gone and nobody is told. False if there is none.
  bool lose(TunnelId id);
  // All tunnels are gone, and DatapathReset says so.
  void reset();
  // The next `reports` TunnelConfirmed are lost.
  void lose_confirmations(std::uint64_t reports) { confirmations_to_lose_ = reports; }
  [[nodiscard]] bool has_lost_confirmations() const { return confirmations_lost_; }
  void clamp_mss(bool wanted) { options_.mss_clamp = wanted; }
  // As after a reload of whatever counts: all counters begin at 0, and all tunnels as if installed now.
  void reset_usage();

  [[nodiscard]] std::uint64_t mss_clamped() const { return mss_clamped_; }
  [[nodiscard]] std::uint64_t dropped(dataplane::DropReason reason) const;
  [[nodiscard]] const dataplane::TunnelTable& tunnels() const { return table_; }

 private:
  struct Pending {
    DatapathOrder order;
    std::optional<DatapathDone> done;  // once it is carried out
  };
  struct Use {
    TunnelUsage usage;  // last_seen: of the installation as long as nothing was seen
    bool seen = false;
  };

  std::deque<Pending>::iterator find(OpId op);
  void carry_out(Pending& pending);
  DatapathFault meet_fault();
  DatapathDone run_order(const DatapathOrder& order);
  DatapathDone run(const InstallTunnel& order);
  DatapathDone run(const RemoveTunnel& order);
  DatapathDone run(const ListTunnels& order) const;
  DatapathDone run(const QueryUsage& order) const;

  void receive_inner(const FourTuple& path, ByteView packet);
  // The packet, with a smaller MSS if need be.
  [[nodiscard]] Bytes clamped(const TunnelSpec& tunnel, ByteView packet);
  void note_alive(TunnelSpec& tunnel, ByteView packet);
  [[nodiscard]] bool is_for_pool(ByteView packet) const;
  void answer_echo(const TunnelSpec& tunnel, ByteView packet);
  void give_to_host(const FourTuple* path, ByteView packet);
  void send_fragments(const TunnelSpec& tunnel, ByteView packet);
  void send_to_client(const TunnelSpec& tunnel, ByteView packet);
  void answer_too_big(const TunnelSpec& tunnel, ByteView packet);
  void answer_no_tunnel(ByteView packet);
  void answer_with_error(const std::optional<Bytes>& error, ByteView about);
  void drop(dataplane::DropReason reason);

  SimDatapathOptions options_;
  SimDatapathWires wires_;
  Sink sink_;
  dataplane::TunnelTable table_;
  std::map<TunnelId, Use> uses_;
  dataplane::ErrorLimiter limiter_;
  std::deque<Pending> pending_;
  DatapathFault fault_ = DatapathFault::None;
  std::uint64_t faulty_orders_ = 0;
  std::uint64_t confirmations_to_lose_ = 0;
  bool confirmations_lost_ = false;
  std::array<std::uint64_t, dataplane::kDropReasons> drops_{};
  std::uint64_t mss_clamped_ = 0;
};

}  // namespace tsp::sim
