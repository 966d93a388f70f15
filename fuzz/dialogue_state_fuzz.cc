// SPDX-License-Identifier: Apache-2.0
//
// The server's side of a conversation, with a client that says anything in any order and a broker that decides
// anything. The dialogue asserts that it takes legal edges only (core/session/states.h); here it is held to what they
// are for.
#include "core/auth/digest_md5.h"
#include "core/base/overloaded.h"
#include "core/session/dialogue.h"
#include "core/wire/examples.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::session;
namespace examples = wire::examples;

namespace {

constexpr std::string_view kRealm = "tb.example.net";
constexpr std::string_view kNonce = "5f1d7c0a9be24386a1c4d2f09e8b7361";
constexpr int kMessagesMax = 64;

constexpr std::array kWords{
    examples::kVersion,
    examples::kAuthenticateAnonymous,
    examples::kAuthenticatePlain,
    examples::kPlainCredentials,
    examples::kAuthenticateDigest,
    examples::kDigestResponse,
    examples::kCreateV6UdpV4,
    examples::kCreateRouter,
    examples::kAccept,
    examples::kReject,
    examples::kDelete,
    examples::kInfoWithLineFeeds,
    std::string_view{},
};

AccountRecord alice() {
  AccountRecord record;
  record.account.id = AccountId{1};
  record.account.login = "alice";
  record.account.verifier = auth::make_verifier("alice", kRealm, "secret");
  return record;
}

class Conversation {
 public:
  explicit Conversation(fuzz::Decisions decisions)
      : decisions_(decisions),
        transport_(decisions_.below(2) == 0 ? Transport::Datagram : Transport::Stream),
        dialogue_(transport_,
                  {.realm = std::string(kRealm),
                   .nonce = std::string(kNonce),
                   .types = {TunnelType::V6UdpV4},
                   .mechanisms = {AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5}}) {}

  void run() {
    for (int i = 0; i < kMessagesMax && !decisions_.over(); ++i) {
      const State before = dialogue_.state();
      hear();
      if (before == State::Closed) fuzz::require(dialogue_.state() == State::Closed);
      fuzz::require(!dialogue_.authenticated() || anonymous_ || looked_up_);
      fuzz::require(dialogue_.account() == nullptr || looked_up_);
      fuzz::require(!dialogue_.endpoint_proved() || dialogue_.account() != nullptr);
    }
  }

 private:
  void hear() {
    if (dialogue_.state() != State::Closed && transport_ == Transport::Stream && decisions_.below(32) == 31) {
      return decide(dialogue_.on_framing_error());
    }
    const std::size_t word = decisions_.below(kWords.size() + 2);
    const std::string_view said =
        word < kWords.size() ? kWords[word] : as_text(decisions_.bytes(decisions_.below(128)));
    anonymous_ = anonymous_ || said.starts_with("AUTHENTICATE ANONYMOUS");
    decide(dialogue_.on_message(said));
  }

  void decide(const Action& action) {
    std::visit(Overloaded{
                   [&](const Answer& answer) {
                     if (answer.close) dialogue_.close();
                   },
                   [](const AnswerTwice&) {},
                   [&](const Ignore&) { fuzz::require(dialogue_.state() == State::Closed); },
                   [&](const LookUpAccount&) { look_up(); },
                   [&](const wire::CreateRequest&) { decisions_.below(3) == 0 ? refuse() : dialogue_.offered(); },
                   [&](const wire::AcceptRequest&) { decisions_.below(3) == 0 ? refuse() : accept(); },
                   [&](const wire::RejectRequest&) { dialogue_.close(); },
                   [&](const wire::DeleteRequest&) { dialogue_.withdrawn(); },
                   [](const wire::InfoRequest&) {},
               },
               action);
  }
  void look_up() {
    looked_up_ = true;
    switch (decisions_.below(3)) {
      case 0:
        return decide(dialogue_.on_account(alice()));
      case 1:
        return decide(dialogue_.on_account(std::nullopt));
      default:
        return decide(dialogue_.on_store_failure());
    }
  }
  void accept() {
    dialogue_.accepted();
    dialogue_.slim();
  }
  // As the broker does it: the offer is taken back first.
  void refuse() {
    if (dialogue_.state() == State::Offered) dialogue_.withdrawn();
    if (dialogue_.refused()) dialogue_.close();
  }

  fuzz::Decisions decisions_;
  Transport transport_;
  Dialogue dialogue_;
  bool anonymous_ = false;
  bool looked_up_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Conversation(fuzz::Decisions({data, size})).run();
  return 0;
}
