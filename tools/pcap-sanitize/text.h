// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/auth/digest_md5.h"
#include "tools/pcap-sanitize/aliases.h"

namespace tsp::sanitize {

// The signalling of one client, in both directions and in order. Messages are without the header of UDP.
class DialogueSanitizer {
 public:
  explicit DialogueSanitizer(Aliases& aliases) : aliases_(aliases) {}

  // `accepted`: whether the broker took the proof or the credentials in this message, if there are any.
  [[nodiscard]] std::string client_message(std::string_view message, bool accepted);
  [[nodiscard]] std::string broker_message(std::string_view message);

 private:
  [[nodiscard]] std::string credentials(std::string_view message, bool accepted);
  [[nodiscard]] std::string response(std::string_view message, const auth::DigestResponse& given, bool accepted);

  Aliases& aliases_;
  std::string expected_rspauth_;
};

// Addresses and host names in a text become aliases; a length header that counts what follows it still does.
[[nodiscard]] std::string sanitize_text(std::string_view text, Aliases& aliases);

}  // namespace tsp::sanitize
