// SPDX-License-Identifier: Apache-2.0
#include "core/client/session.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/client/test_support.h"

namespace tsp::client {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::account_config;
using testing::anonymous_config;
using testing::frame;
using testing::kCapability;
using testing::kChallenge;
using testing::kRspauth;
using testing::kSuccess;
using testing::OfferText;

constexpr Instant kStart{100s};
constexpr std::string_view kAccept = "Content-length: 35\r\n<tunnel action=\"accept\"></tunnel>\r\n";
constexpr std::string_view kReject = "Content-length: 35\r\n<tunnel action=\"reject\"></tunnel>\r\n";
constexpr std::string_view kDelete = "Content-length: 35\r\n<tunnel action=\"delete\"></tunnel>\r\n";

// A session and what stands on its other end: a server that says what the test tells it to.
class Dialogue {
 public:
  explicit Dialogue(const ClientConfig& config, Transport transport = Transport::Udp)
      : transport_(transport),
        session_(SessionSetup{.config = std::make_shared<const ClientConfig>(config),
                              .server = config.server,
                              .transport = transport,
                              .version = "2.0.2",
                              .local = *parse_ipv4("10.1.1.5"),
                              .first_sequence = wire::Sequence(0x123),
                              .cnonce = "1700000000"},
                 kStart) {
    take_orders();
  }

  // The next thing the client said, without the UDP header.
  std::string said() {
    if (sent_.empty()) return "(nothing)";
    last_ = std::move(sent_.front());
    sent_.erase(sent_.begin());
    return std::string(transport_ == Transport::Udp ? as_text(ByteView(last_).subspan(8)) : as_text(last_));
  }
  // Answers what said() returned last.
  void answer(std::string_view text) {
    Bytes bytes = testing::to_bytes(text);
    if (transport_ == Transport::Udp) bytes = wire::with_header(*wire::parse_udp_header(last_), text);
    session_.receive(now, bytes);
    take_orders();
  }
  // said() and answer() until there is an offer.
  void negotiate_anonymously(std::string_view offer) {
    said();
    answer(kCapability);
    said();
    answer(kSuccess);
    said();
    answer(offer);
  }
  // Lets time pass until something happens.
  bool wait() {
    const auto deadline = session_.next_deadline();
    if (!deadline) return false;
    now = *deadline;
    session_.advance(now);
    take_orders();
    return true;
  }
  void prepared(const std::optional<std::string>& problem = {}) {
    session_.local_ready(now, problem);
    take_orders();
  }
  void close() {
    session_.closed(now, "closed");
    take_orders();
  }
  void leave() {
    session_.leave(now);
    take_orders();
  }

  Instant now = kStart;
  std::optional<Offer> offered;
  std::optional<Offer> established;
  std::optional<Failure> failure;
  bool left = false;

  [[nodiscard]] std::optional<FailureKind> failed() const {
    return failure ? std::optional(failure->kind) : std::nullopt;
  }

 private:
  void take_orders() {
    while (auto order = session_.poll()) {
      if (auto* send = std::get_if<SessionSend>(&*order)) sent_.push_back(std::move(send->bytes));
      if (auto* offer = std::get_if<SessionOffer>(&*order)) offered = offer->offer;
      if (auto* up = std::get_if<SessionEstablished>(&*order)) established = up->offer;
      if (auto* down = std::get_if<SessionFailed>(&*order)) failure = down->failure;
      if (std::holds_alternative<SessionLeft>(*order)) left = true;
    }
  }

  Transport transport_;
  ClientSession session_;
  std::vector<Bytes> sent_;
  Bytes last_;
};

std::string offer_of_type(std::string_view type) {
  OfferText offer;
  offer.type = type;
  return offer.framed();
}

ClientConfig v6v4_config() {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  return config;
}

// ---- the whole dialogue ---------------------------------------------------------------------------------------

TEST(ClientSession, AnonymousDialogueOverUdpHasTheseBytes) {
  Dialogue dialogue(anonymous_config());
  EXPECT_EQ(dialogue.said(), "VERSION=2.0.2\r\n");
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE ANONYMOUS\r\n");
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  EXPECT_TRUE(create.starts_with("Content-length: "));
  EXPECT_NE(create.find("<tunnel action=\"create\" type=\"v6udpv4\""), std::string::npos);
  EXPECT_NE(create.find("<address type=\"ipv4\">10.1.1.5</address>"), std::string::npos);
  EXPECT_NE(create.find("<keepalive interval=\"25\">"), std::string::npos);
  EXPECT_EQ(create.find("<router>"), std::string::npos);
  dialogue.answer(OfferText{}.framed());
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->client_inner, testing::ipv6("2001:db8:0:100::2"));
  EXPECT_EQ(dialogue.offered->keepalive_seconds, 20U);
  EXPECT_EQ(dialogue.said(), "(nothing)");
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  EXPECT_FALSE(dialogue.established);
  dialogue.answer("");
  EXPECT_EQ(dialogue.established, dialogue.offered);
}

TEST(ClientSession, ContentLengthOfTheRequestIsExact) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  const std::size_t body = create.find("\r\n") + 2;
  EXPECT_EQ(create.substr(0, body), "Content-length: " + std::to_string(create.size() - body) + "\r\n");
}

TEST(ClientSession, EveryMechanismReachesTheOfferOverBothTransports) {
  struct Case {
    AuthMechanism mechanism;
    Transport transport;
    std::vector<std::string> replies;  // between CAPABILITY and create
  };
  const std::string proof = std::string(kRspauth) + "\r\n";
  const std::vector<Case> cases{
      {AuthMechanism::Anonymous, Transport::Udp, {std::string(kSuccess)}},
      {AuthMechanism::Anonymous, Transport::Tcp, {std::string(kSuccess)}},
      {AuthMechanism::Plain, Transport::Udp, {"", std::string(kSuccess)}},
      {AuthMechanism::Plain, Transport::Tcp, {std::string(kSuccess)}},
      {AuthMechanism::DigestMd5, Transport::Udp, {std::string(kChallenge), proof, std::string(kSuccess)}},
      {AuthMechanism::DigestMd5, Transport::Tcp, {std::string(kChallenge), proof, std::string(kSuccess)}},
  };
  for (const Case& c : cases) {
    ClientConfig config = account_config(c.mechanism);
    config.type = RequestedType::V6AnyV4;
    Dialogue dialogue(config, c.transport);
    dialogue.said();
    dialogue.answer(kCapability);
    for (const std::string& reply : c.replies) {
      dialogue.said();
      dialogue.answer(reply);
    }
    dialogue.said();
    dialogue.answer(offer_of_type("v6v4"));
    EXPECT_TRUE(dialogue.offered) << static_cast<int>(c.mechanism) << static_cast<int>(c.transport);
  }
}

TEST(ClientSession, RouterAsksForItsPrefixAndNameServers) {
  ClientConfig config = account_config(AuthMechanism::Plain);
  config.router_prefix_length = 56;
  config.reverse_dns_servers = {"ns1.example.org"};
  Dialogue dialogue(config);
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer("");
  dialogue.said();
  dialogue.answer(kSuccess);
  const std::string create = dialogue.said();
  EXPECT_NE(create.find("<prefix length=\"56\"/>"), std::string::npos);
  EXPECT_NE(create.find("ns1.example.org"), std::string::npos);
  OfferText offer;
  offer.router = "<router><prefix length=\"56\">2001:0db8:0501:e300:0000:0000:0000:0000</prefix></router>";
  dialogue.answer(offer.framed());
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->delegated, parse_prefix("2001:db8:501:e300::/56"));
}

TEST(ClientSession, OfferOfASloppyServerIsRead) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(
      frame("200 Success\n<tunnel type='v6udpv4' action='info' new='1'>\n<server>\n<address type='ipv4'> 192.0.2.1 "
            "</address>\n<address type='ipv6'>\n 2001:DB8::1 \n</address></server><client><address type='ipv4'>10.1.1.5"
            "</address><address type='ipv6'>2001:db8::2</address><what/></client></tunnel>"));
  ASSERT_TRUE(dialogue.offered);
  EXPECT_EQ(dialogue.offered->client_inner, testing::ipv6("2001:db8::2"));
  EXPECT_EQ(dialogue.offered->keepalive_seconds, 0U);
}

// ---- loss -----------------------------------------------------------------------------------------------------

TEST(ClientSession, LostDatagramOfEachStepIsSentAgain) {
  const std::vector<std::string> replies{std::string(kCapability), std::string(kChallenge), std::string(kRspauth),
                                         std::string(kSuccess), OfferText{}.framed()};
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  for (const std::string& reply : replies) {
    const std::string first = dialogue.said();
    ASSERT_TRUE(dialogue.wait());
    EXPECT_EQ(dialogue.said(), first);
    dialogue.answer(reply);
  }
  ASSERT_TRUE(dialogue.offered);
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  ASSERT_TRUE(dialogue.wait());
  EXPECT_EQ(dialogue.said(), kAccept);
  dialogue.answer("");
  EXPECT_TRUE(dialogue.established);
}

TEST(ClientSession, DuplicateAnswerDoesNotAdvanceTheDialogue) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, SilenceFromTheBeginningIsNoAnswer) {
  Dialogue dialogue(anonymous_config());
  while (dialogue.wait()) {
  }
  EXPECT_EQ(dialogue.failed(), FailureKind::NoAnswer);
  EXPECT_EQ(dialogue.now - kStart, Rudp::kPatienceUnanswered);
}

TEST(ClientSession, SilenceInTheMiddleIsATimeoutAfterSixtySixSeconds) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    Dialogue dialogue(anonymous_config(), transport);
    dialogue.said();
    dialogue.answer(kCapability);
    while (dialogue.wait()) {
    }
    EXPECT_EQ(dialogue.failed(), FailureKind::TimedOut);
    EXPECT_EQ(dialogue.now - kStart, 66s);
  }
}

TEST(ClientSession, RestOfATruncatedAnswerIsPolledFor) {
  const std::string offer = OfferText{}.framed();
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer.substr(0, 300));
  EXPECT_FALSE(dialogue.offered);
  EXPECT_EQ(dialogue.said(), "");
  dialogue.answer(offer.substr(300));
  EXPECT_TRUE(dialogue.offered);
}

TEST(ClientSession, TruncatedAnswerWithoutARestIsABadReply) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed().substr(0, 300));
  dialogue.said();
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadReply);
}

// ---- refusals -------------------------------------------------------------------------------------------------

TEST(ClientSession, StatusInsteadOfCapabilityIsClassified) {
  const std::vector<std::pair<std::string, FailureKind>> cases{
      {"302 Unsupported client version\r\n", FailureKind::VersionRefused},
      {"530 Server too busy\r\n", FailureKind::Refused},
      {"200 Success\r\n", FailureKind::BadReply},
      {"hello\r\n", FailureKind::BadReply},
      {testing::redirect_text(1302, {"ts1.example.net"}), FailureKind::Redirected},
      {"1302 Unsupported client version\r\n", FailureKind::BadReply},
  };
  for (const auto& [reply, kind] : cases) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      Dialogue dialogue(anonymous_config(), transport);
      dialogue.said();
      dialogue.answer(reply);
      if (!dialogue.failure) dialogue.close();
      EXPECT_EQ(dialogue.failed(), kind) << reply;
    }
  }
}

TEST(ClientSession, MissingTypeEndsBeforeAuthentication) {
  Dialogue dialogue(anonymous_config());
  dialogue.said();
  dialogue.answer("CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::TypeNotOffered);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, MechanismIsPinned) {
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  dialogue.said();
  dialogue.answer("CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN AUTH=ANONYMOUS\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::MechanismNotOffered);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, WrongProofStopsBeforeTheRequest) {
  Dialogue dialogue(account_config(AuthMechanism::DigestMd5));
  dialogue.said();
  dialogue.answer(kCapability);
  dialogue.said();
  dialogue.answer(kChallenge);
  dialogue.said();
  dialogue.answer("cnNwYXV0aD0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\r\n");
  EXPECT_EQ(dialogue.failed(), FailureKind::ServerNotAuthentic);
  EXPECT_EQ(dialogue.said(), "(nothing)");
}

TEST(ClientSession, RefusedRequestIsReportedFramedOrNot) {
  for (const std::string& reply : {frame("303 Unsupported tunnel type\r\n"), "303 Unsupported tunnel type\r\n"s}) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      Dialogue dialogue(v6v4_config(), transport);
      dialogue.negotiate_anonymously(reply);
      ASSERT_TRUE(dialogue.failure);
      EXPECT_EQ(dialogue.failure->kind, FailureKind::Refused);
      EXPECT_EQ(dialogue.failure->code, 303U);
      EXPECT_EQ(dialogue.failure->detail, "303 Unsupported tunnel type");
    }
  }
}

TEST(ClientSession, RedirectAtTheRequestNamesTheBrokers) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(frame(testing::redirect_text(1301, {"192.0.2.33", "ts1.example.net"})));
  ASSERT_TRUE(dialogue.failure && dialogue.failure->redirect);
  EXPECT_EQ(dialogue.failure->redirect->brokers, (std::vector<std::string>{"192.0.2.33", "ts1.example.net"}));
}

TEST(ClientSession, WrongOfferIsRejected) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  EXPECT_FALSE(dialogue.offered);
  EXPECT_EQ(dialogue.said(), kReject);
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadOffer);
}

TEST(ClientSession, RejectWaitsOnlyShortlyForItsAnswer) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  while (dialogue.wait()) {
  }
  EXPECT_EQ(dialogue.failed(), FailureKind::BadOffer);
  EXPECT_EQ(dialogue.now - kStart, ClientSession::kFarewellPatience);
}

TEST(ClientSession, OfferThatTheHostCannotSetUpIsRejected) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared("no such device");
  EXPECT_EQ(dialogue.said(), kReject);
  dialogue.answer("");
  EXPECT_EQ(dialogue.failed(), FailureKind::LocalRefused);
  EXPECT_EQ(dialogue.failure->detail, "no such device");
}

TEST(ClientSession, ErrorInAnswerToAcceptIsNoTunnel) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared();
  dialogue.said();
  dialogue.answer(frame("310 Server side error\r\n"));
  EXPECT_FALSE(dialogue.established);
  EXPECT_EQ(dialogue.failed(), FailureKind::Refused);
}

TEST(ClientSession, OtherTextInAnswerToAcceptIsIgnored) {
  for (const std::string& text : {""s, "200 Success\r\n"s, frame("200 Success\r\n"), "whatever"s}) {
    Dialogue dialogue(anonymous_config());
    dialogue.negotiate_anonymously(OfferText{}.framed());
    dialogue.prepared();
    dialogue.said();
    dialogue.answer(text);
    EXPECT_TRUE(dialogue.established) << text;
  }
}

// ---- TCP ------------------------------------------------------------------------------------------------------

TEST(ClientSession, TcpRepliesMayArriveInSingleBytesOrAllAtOnce) {
  const std::string proof_and_verdict = std::string(kRspauth) + "\r\n" + std::string(kSuccess);
  const std::string script =
      std::string(kCapability) + std::string(kChallenge) + proof_and_verdict + offer_of_type("v6v4");
  for (const std::size_t step : {std::size_t{1}, script.size()}) {
    ClientConfig config = account_config(AuthMechanism::DigestMd5);
    config.type = RequestedType::V6V4;
    Dialogue dialogue(config, Transport::Tcp);
    for (std::size_t at = 0; at < script.size(); at += step) dialogue.answer(script.substr(at, step));
    EXPECT_TRUE(dialogue.offered) << step;
  }
}

TEST(ClientSession, TcpPlainSendsLineAndCredentialsAsTwoWrites) {
  ClientConfig config = account_config(AuthMechanism::Plain);
  config.type = RequestedType::V6V4;
  Dialogue dialogue(config, Transport::Tcp);
  dialogue.said();
  dialogue.answer(kCapability);
  EXPECT_EQ(dialogue.said(), "AUTHENTICATE PLAIN\r\n");
  EXPECT_EQ(dialogue.said(), "\0alice\0secret\r\n"s);
}

TEST(ClientSession, AcceptOverTcpNeedsNoAnswerAndTheConnectionMayEnd) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.negotiate_anonymously(offer_of_type("v6v4"));
  dialogue.prepared();
  EXPECT_EQ(dialogue.said(), kAccept);
  EXPECT_TRUE(dialogue.established);
  dialogue.close();
  EXPECT_FALSE(dialogue.failure);
}

TEST(ClientSession, ClosedConnectionInTheMiddleIsAFailure) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.said();
  dialogue.answer("CAPABILITY TUNN");
  dialogue.close();
  EXPECT_NE(dialogue.failed(), std::nullopt);
}

TEST(ClientSession, EndlessReplyIsCutOff) {
  Dialogue dialogue(v6v4_config(), Transport::Tcp);
  dialogue.answer(std::string(StreamReader::kSizeMax, 'x'));
  EXPECT_FALSE(dialogue.failure);
  dialogue.answer("x");
  EXPECT_EQ(dialogue.failed(), FailureKind::BadReply);
}

// ---- the end --------------------------------------------------------------------------------------------------

TEST(ClientSession, LeavingDeletesTheTunnelWhateverTheAnswer) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared();
  dialogue.said();
  dialogue.answer("");
  dialogue.leave();
  EXPECT_EQ(dialogue.said(), kDelete);
  dialogue.answer(frame("310 Server side error\r\n"));
  EXPECT_TRUE(dialogue.left);
  EXPECT_FALSE(dialogue.failure);
}

TEST(ClientSession, LeavingDoesNotWaitForASilentServer) {
  Dialogue dialogue(anonymous_config());
  dialogue.negotiate_anonymously(OfferText{}.framed());
  dialogue.prepared();
  dialogue.said();
  dialogue.answer("");
  dialogue.leave();
  while (dialogue.wait()) {
  }
  EXPECT_TRUE(dialogue.left);
  EXPECT_EQ(dialogue.now - kStart, ClientSession::kFarewellPatience);
}

}  // namespace
}  // namespace tsp::client
