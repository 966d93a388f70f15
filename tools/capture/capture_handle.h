// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pcap/pcap.h>

#include <memory>

namespace tsp::capture {

struct CloseCapture {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using CaptureHandle = std::unique_ptr<pcap_t, CloseCapture>;

}  // namespace tsp::capture
