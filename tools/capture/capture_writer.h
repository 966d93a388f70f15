// SPDX-License-Identifier: Apache-2.0
//
// Writes classic pcap files of raw IP packets (LINKTYPE_RAW), through libpcap.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::capture {

class CaptureWriter {
 public:
  // Makes the file, or empties it. Error: one line.
  [[nodiscard]] static std::expected<CaptureWriter, std::string> create(const std::string& path);

  CaptureWriter(CaptureWriter&&) noexcept;
  CaptureWriter& operator=(CaptureWriter&&) noexcept;
  ~CaptureWriter();

  // An IPv4 or IPv6 packet, at a time since the epoch (microseconds are kept).
  void write(Duration at, ByteView packet);

 private:
  struct File;
  explicit CaptureWriter(std::unique_ptr<File> file);

  std::unique_ptr<File> file_;
};

}  // namespace tsp::capture
