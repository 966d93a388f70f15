// SPDX-License-Identifier: Apache-2.0
//
// A stream gives the same messages in one piece and byte by byte, within bounds. The first byte chooses the modes.
#include "core/wire/content_length.h"
#include "core/wire/framing.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

namespace {

struct Outcome {
  std::vector<std::string> messages;
  std::optional<wire::FramingError> error;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The modes of a session: lines first, then frames; where it changes, and what the second line is, is in `choice`.
wire::StreamMode mode_of(std::size_t message, std::uint8_t choice) {
  if (message >= (choice & 3U)) return wire::StreamMode::Framed;
  return message == 1 && (choice & 4U) != 0 ? wire::StreamMode::Credentials : wire::StreamMode::Line;
}

void drain(wire::StreamFramer& framer, std::uint8_t choice, Outcome& outcome) {
  while (!outcome.error) {
    auto message = framer.next(mode_of(outcome.messages.size(), choice));
    if (!message) {
      outcome.error = message.error();
    } else if (*message) {
      fuzz::require((*message)->size() <= wire::kMessageSizeMax);
      outcome.messages.push_back(**std::move(message));
    } else {
      return;
    }
  }
}

Outcome cut_up(ByteView stream, std::size_t piece_size, std::uint8_t choice) {
  wire::StreamFramer framer;
  Outcome outcome;
  while (!stream.empty() && !outcome.error) {
    const ByteView piece = stream.first(std::min(piece_size, stream.size()));
    fuzz::require(framer.append(piece));
    drain(framer, choice, outcome);
    stream = stream.subspan(piece.size());
  }
  fuzz::require(framer.buffered() <= wire::kMessageSizeMax + wire::kHeaderLineSizeMax);
  return outcome;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > wire::kMessageSizeMax) return 0;
  const ByteView stream = ByteView(data, size).subspan(1);
  fuzz::require(cut_up(stream, stream.size() + 1, data[0]) == cut_up(stream, 1, data[0]));
  return 0;
}
