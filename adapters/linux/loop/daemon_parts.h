// SPDX-License-Identifier: Apache-2.0
//
// What the core is connected to: opened together, or not at all. tspd opens the host's; a test may open others.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_server.h"
#include "adapters/linux/control/control_server.h"
#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/datapath/host_datapath.h"
#include "adapters/linux/dns/dns_keeper.h"
#include "adapters/linux/http/http_server.h"
#include "adapters/linux/loop/exit_codes.h"
#include "adapters/linux/loop/self_tester.h"
#include "adapters/linux/loop/time_source.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/tcp_listener.h"
#include "adapters/linux/update/update_server.h"
#include "adapters/port/datapath.h"
#include "adapters/port/store.h"

namespace tsp::linux_ {

// Where the parts report to. `datapath` and `signalling` are called on the loop's thread only.
struct DaemonSinks {
  port::Store::Sink store;
  port::Datapath::Sink datapath;
  std::function<void(const FourTuple&, ByteView)> signalling;
  TcpListener::Sink tcp;
  SelfTester::UnusedAddresses unused_addresses;
};

// The last is the first to go: nobody asks for what is gone already.
struct DaemonParts {
  // What is wrong with the host, a line each.
  std::vector<std::string> warnings;
  // What is asked of store and datapath beside their orders; but for `send`, from any thread.
  std::function<std::string()> realm;
  std::function<std::uint64_t()> store_transactions;
  std::function<DatapathCounters()> datapath_counters;
  std::string datapath_name;                             // "tun", "utun"
  std::string datapath_reason;                           // why it is that one
  std::function<void(const FourTuple&, ByteView)> send;  // a signalling reply
  std::function<void(bool)> clamp_mss;                   // as tunnel.mss_clamp says, from now on
  // See HostDatapath; may be empty.
  std::function<std::vector<NamedDescriptor>()> descriptors;
  std::function<std::expected<void, std::string>()> begin_forwarding;
  // Requests to the control socket that are no part of the API; may be empty. From any thread; none: not one of them.
  std::function<std::optional<ApiResponse>(const ApiRequest&)> other_requests;

  std::unique_ptr<TimeSource> time;
  FileDescriptor store_lock;  // before the store, which it outlives
  std::unique_ptr<port::Store> store;
  std::unique_ptr<port::Datapath> datapath;
  std::unique_ptr<TcpListener> tcp;
  std::unique_ptr<SelfTester> self_test;  // null: nothing of the host is used
  std::unique_ptr<dns::DnsKeeper> dns;    // null: nothing is done in the DNS
  std::unique_ptr<ControlServer> control;
  std::unique_ptr<UpdateServer> update;  // null: off
  std::unique_ptr<HttpServer> metrics;   // null: off
  std::unique_ptr<ApiServer> api;        // null: on the control socket only
};

using OpenParts = std::function<std::expected<DaemonParts, StartError>(const DaemonConfig&, asio::io_context&,
                                                                       const DaemonSinks&, InheritedDescriptors&)>;

// SQLite file or MySQL server, a tunnel device, the host's clocks; see OpenParts.
[[nodiscard]] std::expected<DaemonParts, StartError> open_host_parts(const DaemonConfig& config, asio::io_context& io,
                                                                     const DaemonSinks& sinks,
                                                                     InheritedDescriptors& inherited);
// Part of both. Null: the configuration wants none.
[[nodiscard]] std::expected<std::unique_ptr<dns::DnsKeeper>, StartError> open_dns(const DaemonConfig& config,
                                                                                  asio::io_context& io);
[[nodiscard]] std::expected<std::unique_ptr<TcpListener>, StartError> open_tcp(const DaemonConfig& config,
                                                                               asio::io_context& io,
                                                                               const TcpListener::Sink& sink,
                                                                               InheritedDescriptors& inherited);
[[nodiscard]] std::expected<std::unique_ptr<ControlServer>, StartError> open_control(const DaemonConfig& config);
// Each null if the configuration wants none.
[[nodiscard]] std::expected<std::unique_ptr<UpdateServer>, StartError> open_update(const DaemonConfig& config);
[[nodiscard]] std::expected<std::unique_ptr<HttpServer>, StartError> open_metrics(const DaemonConfig& config);
[[nodiscard]] std::expected<std::unique_ptr<ApiServer>, StartError> open_api(const DaemonConfig& config);

}  // namespace tsp::linux_
