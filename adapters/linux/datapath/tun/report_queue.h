// SPDX-License-Identifier: Apache-2.0
//
// What the workers tell the main thread: signalling datagrams and confirmed tunnels. Bounded, so that nobody can
// fill the memory by sending faster than the main thread works.
#pragma once

#include <cstdint>
#include <expected>
#include <mutex>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

struct ReportLimits {
  std::size_t datagrams = 4096;
  std::size_t datagram_bytes = std::size_t{4} << 20;  // of all that wait
  std::size_t confirmations = 65'536;
};

// In the order of arrival.
class ReportBatch {
 public:
  struct Datagram {
    FourTuple path;
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  std::vector<Datagram> datagrams;
  Bytes bytes;  // of all datagrams
  std::vector<TunnelId> confirmed;
  bool confirmations_lost = false;

  [[nodiscard]] ByteView payload(const Datagram& datagram) const {
    return ByteView(bytes).subspan(datagram.offset, datagram.size);
  }
  void clear();
};

class ReportQueue {
 public:
  // Error: one line.
  [[nodiscard]] static std::expected<FileDescriptor, std::string> make_event();

  // `event`: of make_event(); becomes readable when there is something to take.
  explicit ReportQueue(FileDescriptor event, ReportLimits limits = {}) : event_(std::move(event)), limits_(limits) {}

  // ---- by any worker ----

  // False: full, and dropped.
  [[nodiscard]] bool add_datagram(const FourTuple& path, ByteView payload);
  void add_confirmed(TunnelId id);

  // ---- by the main thread ----

  // Exchanges what has come for `batch`, which must be empty and lends its memory.
  void take(ReportBatch& batch);
  [[nodiscard]] int event() const { return event_.get(); }

 private:
  void signal_if_first(bool was_empty);
  [[nodiscard]] bool empty() const;

  FileDescriptor event_;
  ReportLimits limits_;
  std::mutex mutex_;
  ReportBatch waiting_;
};

}  // namespace tsp::linux_
