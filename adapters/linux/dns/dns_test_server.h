// SPDX-License-Identifier: Apache-2.0
//
// A server that does what a test says, at a time that passes when the test says so.
#pragma once

#include <gtest/gtest.h>
#include <nettle/hmac.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/dns/server_link.h"
#include "adapters/linux/dns/tsig_key.h"
#include "adapters/linux/dns/wire_format.h"

namespace tsp::linux_::dns {

inline TsigKey test_key() {
  return {.name = "tspd", .algorithm = TsigAlgorithm::HmacSha256, .secret = Bytes(32, 7)};
}

// An answer to a request that test_key() signed, with a signature of its own.
inline Bytes make_signed_answer(ByteView request, std::uint8_t code, std::uint64_t time) {
  Bytes answer(request.begin(), request.begin() + 2);
  append(answer, Bytes{0xA8, code, 0, 0, 0, 0, 0, 0, 0, 0});
  const ByteView request_mac = request.subspan(request.size() - 6 - SHA256_DIGEST_SIZE, SHA256_DIGEST_SIZE);
  Bytes variables;
  append_name(variables, "tspd");
  append_u16(variables, kClassAny);
  append_u32(variables, 0);
  append_name(variables, "hmac-sha256");
  Bytes times;
  append_u48(times, time);
  append_u16(times, 300);
  Bytes data;
  append_u16(data, SHA256_DIGEST_SIZE);
  append(data, request_mac);
  append(data, answer);
  append(data, variables);
  append(data, times);
  append(data, Bytes{0, 0, 0, 0});
  const TsigKey key = test_key();
  hmac_sha256_ctx context;
  hmac_sha256_set_key(&context, key.secret.size(), key.secret.data());
  hmac_sha256_update(&context, data.size(), data.data());
  Bytes mac(SHA256_DIGEST_SIZE);
  hmac_sha256_digest(&context, mac.size(), mac.data());

  answer[11] = 1;
  append_name(answer, "tspd");
  append(answer, Bytes{0, 250, 0, 255, 0, 0, 0, 0, 0, 61});
  append_name(answer, "hmac-sha256");
  append(answer, times);
  append_u16(answer, SHA256_DIGEST_SIZE);
  append(answer, mac);
  append(answer, request.first(2));
  append(answer, Bytes{0, 0, 0, 0});
  return answer;
}

// "ip6.arpa: -1.ip6.arpa/2 +1.ip6.arpa/2": the zone, and in their order what is removed and added, with types.
inline std::string describe_update(ByteView request) {
  WireReader reader(request, kHeaderSize);
  std::string text = reader.name() + ':';
  reader.take(4);
  for (unsigned left = get_u16(request, 8); left > 0; --left) {
    const std::string name = reader.name();
    const std::string type = std::to_string(reader.u16());
    text += reader.u16() == kClassAny ? " -" : " +";
    text += name + '/' + type;
    reader.u32();
    reader.take(reader.u16());
  }
  EXPECT_TRUE(reader.ok());
  return text;
}

// What a test shares with the link that belongs to the object under test.
struct FakeServer {
  Now now{.mono = {std::chrono::hours(1)}, .wall = {std::chrono::seconds(1'700'000'000)}};
  std::pair<Instant, std::function<void()>> wake;
  Bytes request;
  ExchangeDone done;  // not null: a request waits for its answer
  std::vector<std::string> updates;

  [[nodiscard]] bool is_asked() const { return done != nullptr; }
  void answer(std::uint8_t code = 0) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.wall.since_epoch).count();
    answer_with(make_signed_answer(request, code, static_cast<std::uint64_t>(seconds)));
  }
  void answer_with(std::expected<Bytes, std::string> result) {
    ASSERT_TRUE(is_asked());
    std::exchange(done, nullptr)(std::move(result));
  }
  void fail(std::string reason) { answer_with(std::unexpected(std::move(reason))); }
  void advance(Duration duration) {
    now.mono = now.mono + duration;
    now.wall = now.wall + duration;
    if (wake.second && wake.first <= now.mono) std::exchange(wake.second, nullptr)();
  }
};

class FakeLink final : public ServerLink {
 public:
  explicit FakeLink(FakeServer& server) : server_(server) {}

  [[nodiscard]] Now now() const override { return server_.now; }
  void wake_at(Instant at, std::function<void()> wake) override { server_.wake = {at, std::move(wake)}; }
  void exchange(Bytes request, ExchangeDone done) override {
    ASSERT_FALSE(server_.is_asked()) << "two updates at a time";
    server_.request = std::move(request);
    server_.done = std::move(done);
    server_.updates.push_back(describe_update(server_.request));
  }

 private:
  FakeServer& server_;
};

}  // namespace tsp::linux_::dns
