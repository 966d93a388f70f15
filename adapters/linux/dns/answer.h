// SPDX-License-Identifier: Apache-2.0
//
// A server's answer to an update: its code, and its signature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <tsp/types.h>

namespace tsp::linux_::dns {

// RFC 8945 section 4.2.
struct TsigRecord {
  std::string key_name;
  std::string algorithm;
  std::uint64_t time_signed = 0;  // seconds since 1970
  std::uint16_t fudge = 0;
  Bytes mac;
  std::uint16_t original_id = 0;
  std::uint16_t error = 0;
  Bytes other;
};

struct Answer {
  std::uint16_t id = 0;
  std::uint8_t code = 0;
  std::optional<TsigRecord> tsig;
  std::size_t size_without_tsig = 0;
};

// Takes anything; an error says what was expected where.
[[nodiscard]] std::expected<Answer, std::string> parse_answer(ByteView message);

// "REFUSED"; "code 14" if it has no name.
[[nodiscard]] std::string name_of_code(std::uint16_t code);

}  // namespace tsp::linux_::dns
