// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "adapters/sim/observer.h"
#include "adapters/sim/world.h"
#include "tools/capture/capture_writer.h"
#include "tools/capture/encapsulate.h"

namespace tsp::broker_sim {

// All datagrams as the broker's host sees them, for Wireshark.
class WireCapture final : public sim::Observer {
 public:
  WireCapture(const sim::World& world, capture::CaptureWriter writer) : world_(world), writer_(std::move(writer)) {}

  void on_arrival(const FourTuple& path, ByteView payload) override { write(path.remote, path.local, payload); }
  void on_departure(const FourTuple& path, ByteView payload) override { write(path.local, path.remote, payload); }

 private:
  void write(const Endpoint& from, const Endpoint& to, ByteView payload) {
    writer_.write(world_.clocks().both().wall.since_epoch, capture::encapsulate(from, to, payload));
  }

  const sim::World& world_;
  capture::CaptureWriter writer_;
};

}  // namespace tsp::broker_sim
