// SPDX-License-Identifier: Apache-2.0
//
// One thread of the datapath: sockets for every listen address, a queue of the device. Any worker can serve any
// client; which one gets a packet is the kernel's choice.
#pragma once

#include <sys/epoll.h>

#include <span>
#include <string>
#include <thread>
#include <vector>

#include "adapters/linux/datapath/tun/downlink.h"
#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/tun_writer.h"
#include "adapters/linux/datapath/tun/uplink.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/outer_socket.h"

namespace tsp::linux_ {

class Worker {
 public:
  // All of them outlive the worker.
  Worker(SharedState& shared, std::span<const OuterSocket> sockets, int queue);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Error: one line.
  [[nodiscard]] std::expected<void, std::string> start();
  // After start(): from now on it reads what comes. Once.
  [[nodiscard]] std::expected<void, std::string> begin();
  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }

 private:
  [[nodiscard]] bool watch(int fd, std::uint32_t index);
  void run();
  // False: stop.
  [[nodiscard]] bool serve(const epoll_event& event);
  void serve(const OuterSocket& socket, std::uint32_t events);

  std::span<const OuterSocket> sockets_;
  int queue_;
  WorkerCounters counters_;
  TunWriter writer_;
  Uplink uplink_;
  Downlink downlink_;
  FileDescriptor epoll_;
  FileDescriptor stop_;
  std::thread thread_;
};

}  // namespace tsp::linux_
