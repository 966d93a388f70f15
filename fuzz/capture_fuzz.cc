// SPDX-License-Identifier: Apache-2.0
//
// Any file as a capture: read as pcap-replay reads it, and made fit to be shown as pcap-sanitize does. What was
// sanitised can be read, and sanitising it again leaves nothing out.
#include <sys/mman.h>
#include <unistd.h>
#include <cstring>

#include "fuzz/fuzz_target.h"
#include "tools/capture/conversation.h"
#include "tools/pcap-sanitize/sanitize.h"

using namespace tsp;

namespace {

// libpcap wants the name of a file.
class MemoryFile {
 public:
  explicit MemoryFile(ByteView content) : descriptor_(memfd_create("capture", 0)) {
    fuzz::require(write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file({data, size});
  const auto conversation = capture::read_conversation(file.path());
  if (!conversation) {
    fuzz::require(!conversation.error().empty());
    return 0;
  }
  const sanitize::SanitizedCapture sanitized = sanitize::sanitize(*conversation);
  capture::ConversationBuilder builder;
  for (const sanitize::TimedPacket& packet : sanitized.packets) builder.add({.at = packet.at, .ip = packet.ip});
  fuzz::require(sanitize::sanitize(builder.finish()).left_out == 0);
  return 0;
}
