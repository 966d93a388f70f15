// SPDX-License-Identifier: Apache-2.0
#include "core/wire/base64.h"

#include <nettle/base64.h>

#include <tsp/types.h>

#include "core/wire/text.h"

namespace tsp::wire {

std::string base64_encode(std::string_view data) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(data.size()), '\0');
  base64_encode_raw(text.data(), data.size(), as_bytes(data).data());
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  text = skip_trailing(text, kFiller);
  // The decoder skips all sorts of white space anywhere.
  if (text.find_first_of(" \t\r\n\v\f") != std::string_view::npos) return std::nullopt;
  base64_decode_ctx context;
  base64_decode_init(&context);
  std::string data(BASE64_DECODE_LENGTH(text.size()), '\0');
  std::size_t size = data.size();
  auto* const out = reinterpret_cast<std::uint8_t*>(data.data());
  if (base64_decode_update(&context, &size, out, text.size(), text.data()) == 0) return std::nullopt;
  if (base64_decode_final(&context) == 0) return std::nullopt;
  data.resize(size);
  return data;
}

}  // namespace tsp::wire
