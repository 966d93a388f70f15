// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/client_message.h"

#include <gtest/gtest.h>

#include <string>

#include "core/auth/digest_md5.h"
#include "core/wire/message.h"

namespace tsp::replay {
namespace client_message_test {

using namespace std::string_literals;

void expect(std::string_view message, MessageKind kind, const std::string& text) {
  const ClientMessage read = read_client_message(message);
  EXPECT_EQ(read.kind, kind) << text;
  EXPECT_EQ(read.text, text);
}

TEST(ClientMessage, IsNamedByWhatItIs) {
  expect("", MessageKind::Poll, "poll");
  expect("VERSION=2.0.2\r\n", MessageKind::Version, "VERSION=2.0.2");
  expect("ECHO REQUEST", MessageKind::EchoRequest, "ECHO REQUEST");
  expect("AUTHENTICATE DIGEST-MD5\r\n\0"s, MessageKind::Authenticate, "AUTHENTICATE DIGEST-MD5");
  expect(wire::framed_request(wire::action_text("accept")), MessageKind::Accept, "accept");
  expect(wire::framed_request(wire::action_text("delete")), MessageKind::Delete, "delete");
  expect("\x01\x02\x03", MessageKind::Other, "3 bytes");
  expect("Content-length: 9\r\n<tunnel>", MessageKind::Other, "unreadable request of 27 bytes");
}

TEST(ClientMessage, SaysWhatIsAskedFor) {
  const wire::CreateRequest request{.type = RequestedType::V6AnyV4,
                                    .client_ipv4 = IPv4Address{{10, 0, 0, 2}},
                                    .keepalive_seconds = 30,
                                    .router = wire::RouterRequest{.prefix_length = 56, .dns_servers = {}}};
  expect(wire::framed_request(wire::create_text(request)), MessageKind::Create,
         "create v6anyv4 ipv4=10.0.0.2 keepalive=30 router=/56");
}

TEST(ClientMessage, KeepsSecretsToItself) {
  expect("\0alice\0wonderland\r\n"s, MessageKind::Credentials, "credentials of alice");
  const auth::DigestChallenge challenge{"r.example", "77", "utf-8"};
  expect(auth::make_response(challenge, "alice", "wonderland", "1", "r.example").token + "\r\n",
         MessageKind::DigestResponse, "response of alice");
}

}  // namespace client_message_test
}  // namespace tsp::replay
