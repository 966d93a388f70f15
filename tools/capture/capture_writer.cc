// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/capture_writer.h"

#include <pcap/pcap.h>

#include <chrono>
#include <utility>

#include "tools/capture/capture_handle.h"

namespace tsp::capture {
namespace {

constexpr int kSnapLength = 65535;

struct CloseDumper {
  void operator()(pcap_dumper_t* dumper) const { pcap_dump_close(dumper); }
};

}  // namespace

struct CaptureWriter::File {
  CaptureHandle handle;
  std::unique_ptr<pcap_dumper_t, CloseDumper> dumper;
};

CaptureWriter::CaptureWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;
CaptureWriter& CaptureWriter::operator=(CaptureWriter&&) noexcept = default;
CaptureWriter::~CaptureWriter() = default;

std::expected<CaptureWriter, std::string> CaptureWriter::create(const std::string& path) {
  auto file = std::make_unique<File>();
  file->handle.reset(pcap_open_dead(DLT_RAW, kSnapLength));
  file->dumper.reset(pcap_dump_open(file->handle.get(), path.c_str()));
  if (!file->dumper) return std::unexpected(std::string("cannot write ") + pcap_geterr(file->handle.get()));
  return CaptureWriter(std::move(file));
}

void CaptureWriter::write(Duration at, ByteView packet) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at);
  pcap_pkthdr header{};
  header.ts.tv_sec = whole.count();
  header.ts.tv_usec = static_cast<suseconds_t>((at - whole) / std::chrono::microseconds(1));
  header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
  pcap_dump(reinterpret_cast<u_char*>(file_->dumper.get()), &header, packet.data());
}

}  // namespace tsp::capture
