// SPDX-License-Identifier: Apache-2.0
//
// Reads pcap files through libpcap, and takes the link header off each packet.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::capture {

struct CapturedPacket {
  Duration at{};            // since the epoch
  Bytes ip{};               // from the IP header on; empty: no IP packet
  std::size_t missing = 0;  // bytes at its end that were not captured
};

class CaptureReader {
 public:
  // Link types: Ethernet (with VLAN tags), Linux cooked 1 and 2, raw IP. Error: one line.
  [[nodiscard]] static std::expected<CaptureReader, std::string> open(const std::string& path);

  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;
  ~CaptureReader();

  // None at the end of the file. Error: one line; the file is damaged, and nothing more comes.
  [[nodiscard]] std::expected<std::optional<CapturedPacket>, std::string> next();

 private:
  struct File;
  explicit CaptureReader(std::unique_ptr<File> file);

  std::unique_ptr<File> file_;
};

}  // namespace tsp::capture
