// SPDX-License-Identifier: Apache-2.0
//
// The broker's sockets without the module: what is left for this process.
#include "adapters/linux/datapath/utun/signalling.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <asio/io_context.hpp>

#include "adapters/linux/datapath/test_peers.h"
#include "adapters/linux/netlink/test_namespace.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/probe.h"

namespace tsp::linux_::utun {
namespace signalling_test {

using dataplane::DropReason;
using linux_::test::TestClient;
using testing::ElementsAre;
using testing::HasSubstr;

const Endpoint kBroker = make_endpoint({{127, 0, 0, 1}}, 3653);
const Endpoint kClient = make_endpoint({{127, 0, 1, 1}}, 40'000);

class SignallingTest : public linux_::test::NamespaceTest {
 protected:
  InheritedDescriptors inherited_;
  void open(const std::vector<Endpoint>& listen = {make_endpoint({}, 3653)}) {
    auto opened = SignallingSockets::open(
        listen, io_, probes_,
        [this](const FourTuple& path, ByteView payload) {
          paths_.push_back(path);
          payloads_.emplace_back(payload.begin(), payload.end());
        },
        inherited_);
    ASSERT_TRUE(opened) << opened.error();
    sockets_ = std::move(*opened);
    sockets_->start();
  }
  void work() {
    io_.restart();
    io_.run_for(std::chrono::milliseconds(50));
  }
  DatapathCounters counters() {
    DatapathCounters sum;
    sockets_->add_to(sum);
    return sum;
  }

  asio::io_context io_;
  ProbeWatch probes_;
  std::vector<FourTuple> paths_;
  std::vector<Bytes> payloads_;
  std::unique_ptr<SignallingSockets> sockets_;
};

TEST_F(SignallingTest, SignallingComesWithTheAddressThatWasContacted) {
  open();
  const TestClient client(kClient, make_endpoint({{127, 0, 0, 7}}, 3653));

  client.send(Bytes(20, 0xF0));
  work();

  EXPECT_THAT(paths_, ElementsAre(client.path()));
  EXPECT_THAT(payloads_, ElementsAre(Bytes(20, 0xF0)));
  EXPECT_EQ(counters().signalling, 1U);
}

TEST_F(SignallingTest, ABurstIsTakenWhole) {
  open();
  const TestClient client(kClient, kBroker);
  for (int i = 0; i < 300; ++i) client.send(Bytes(20, 0xF0));
  work();
  EXPECT_EQ(payloads_.size(), 300U);
}

TEST_F(SignallingTest, GarbageIsCountedAndGoesNoFurther) {
  open();
  const TestClient client(kClient, kBroker);

  client.send(Bytes(20, 0x10));
  client.send(Bytes(39, 0x60));
  client.send({});
  work();

  EXPECT_TRUE(payloads_.empty());
  EXPECT_EQ(counters().dropped(DropReason::Garbage), 3U);
}

TEST_F(SignallingTest, PacketsOfNoTunnelAreKeptOutOfTheSocket) {
  open();
  const TestClient client(kClient, kBroker);
  for (int i = 0; i < 1000; ++i) client.send(Bytes(1280, 0x60));

  pollfd readable{.fd = sockets_->descriptors().front(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&readable, 1, 20), 0) << "the module counts them; here they would only be in the way";
  client.send(Bytes(20, 0xF0));
  work();
  EXPECT_EQ(payloads_.size(), 1U);
  EXPECT_EQ(counters().dropped(DropReason::Garbage), 0U);
}

TEST_F(SignallingTest, AnswersLeaveFromTheAddressThatWasContacted) {
  open();
  const TestClient client(kClient, make_endpoint({{127, 0, 0, 7}}, 3653));
  sockets_->send(client.path(), Bytes(20, 0xF1));
  EXPECT_EQ(client.receive(), Bytes(20, 0xF1));
}

TEST_F(SignallingTest, AnAnswerThatCannotLeaveIsCounted) {
  open({kBroker});
  const TestClient client(kClient, make_endpoint({{127, 0, 0, 7}}, 3653));
  sockets_->send(client.path(), Bytes(20, 0xF1));
  EXPECT_EQ(counters().dropped(DropReason::SendFailed), 1U);
  EXPECT_TRUE(sockets_->serves(kBroker));
  EXPECT_FALSE(sockets_->serves(make_endpoint({{127, 0, 0, 7}}, 3653)));
}

TEST_F(SignallingTest, ProbesOfTheSelfTestAreKeptFromTheBroker) {
  open();
  const TestClient client(kClient, kBroker);
  probes_.begin(77);

  client.send(dataplane::make_probe_payload({.token = 77, .number = 3}));
  client.send(dataplane::make_probe_payload({.token = 78, .number = 4}));
  work();

  EXPECT_EQ(probes_.seen(), 8U);
  EXPECT_EQ(payloads_.size(), 1U) << "of another token: somebody else's";
}

TEST_F(SignallingTest, NoSocketMergesWhatItReceivesOrSharesItsPort) {
  open();
  int value = -1;
  socklen_t size = sizeof value;
  ASSERT_EQ(getsockopt(sockets_->descriptors().front(), SOL_SOCKET, SO_REUSEPORT, &value, &size), 0);
  EXPECT_EQ(value, 0);
  constexpr int kUdpGro = 104;
  ASSERT_EQ(getsockopt(sockets_->descriptors().front(), IPPROTO_UDP, kUdpGro, &value, &size), 0);
  EXPECT_EQ(value, 0);
}

TEST_F(SignallingTest, APortThatIsTakenIsNamed) {
  open();
  const auto second =
      SignallingSockets::open({make_endpoint({}, 3653)}, io_, probes_, [](const FourTuple&, ByteView) {}, inherited_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), testing::AllOf(HasSubstr("0.0.0.0:3653"), HasSubstr("another broker")));
}

}  // namespace signalling_test
}  // namespace tsp::linux_::utun
