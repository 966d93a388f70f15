// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/repeated_requests.h"

#include <algorithm>

#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/secrets/sodium.h"

namespace tsp::linux_ {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= RepeatedRequests::kKeyBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

ApiResponse RepeatedRequests::answer(const std::string& given, const ApiRequest& request, const std::string& caller,
                                     const Serve& serve) {
  if (!is_key(given)) return refuse(422, "Idempotency-Key: expected 1 to 255 visible characters of ASCII");
  const Digest digest = digest_of(request);
  const std::string key = given + ' ' + caller;
  {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = entries_.try_emplace(key, Entry{.request = digest});
    if (!is_new && place->second.request != digest) {
      return refuse(422, "Idempotency-Key: this one was used for another request");
    }
    if (!is_new && !place->second.response) {
      return refuse(409, "Idempotency-Key: the request with this one is being served; ask again");
    }
    if (!is_new) return *place->second.response;
  }
  try {
    ApiResponse response = serve();
    settle(key, response);
    return response;
  } catch (...) {  // or the request would be being served for ever
    settle(key, {.status = 500, .body = {}});
    throw;
  }
}

void RepeatedRequests::settle(const std::string& key, const ApiResponse& response) {
  const std::lock_guard lock(mutex_);
  if (response.status >= 300) {
    entries_.erase(key);
    return;
  }
  entries_[key].response = response;
  answered_.push_back(key);
  if (answered_.size() <= kRemembered) return;
  entries_.erase(answered_.front());
  answered_.pop_front();
}

RepeatedRequests::Digest RepeatedRequests::digest_of(const ApiRequest& request) {
  secrets::set_up_sodium();
  const std::string whole = request.method + ' ' + request.target + '\n' + request.body;
  Digest digest{};
  crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(whole.data()), whole.size(),
                     nullptr, 0);
  return digest;
}

}  // namespace tsp::linux_
