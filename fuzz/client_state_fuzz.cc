// SPDX-License-Identifier: Apache-2.0
//
// Our client and a server that says anything at any time: the attempt ends once, and says so once.
#include "core/client/session_dialogue.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::client;

namespace {

constexpr int kStepsMax = 64;

ClientConfig config_of(fuzz::Decisions& decisions) {
  constexpr std::array kMechanisms{AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5};
  ClientConfig config = testing::account_config(decisions.one_of(kMechanisms));
  if (decisions.below(2) == 1) config.router_prefix_length = 56;
  return config;
}

class Attempt {
 public:
  explicit Attempt(fuzz::Decisions decisions)
      : decisions_(decisions),
        dialogue_(config_of(decisions_), decisions_.below(2) == 0 ? Transport::Udp : Transport::Tcp) {}

  void run() {
    static_cast<void>(dialogue_.said());
    for (int i = 0; i < kStepsMax && !decisions_.over(); ++i) {
      step();
      const bool ended = dialogue_.failure.has_value() || dialogue_.left;
      fuzz::require(!(dialogue_.failure && dialogue_.left));
      fuzz::require(!dialogue_.established || dialogue_.offered);
      if (ended) fuzz::require(!dialogue_.wait());  // nothing is left to be waited for
    }
  }

 private:
  void step() {
    switch (decisions_.below(8)) {
      case 0:
        return dialogue_.answer(testing::kCapability);
      case 1:
        return dialogue_.answer(testing::kSuccess);
      case 2:
        return dialogue_.answer(testing::OfferText{}.framed());
      case 3:
        return dialogue_.answer(as_text(decisions_.bytes(decisions_.byte())));
      case 4:
        return dialogue_.prepared(decisions_.below(2) == 0 ? std::optional<std::string>() : "no");
      case 5:
        static_cast<void>(dialogue_.wait());
        return;
      case 6:
        static_cast<void>(dialogue_.said());
        return;
      default:
        if (!dialogue_.established || leaving_) return dialogue_.answer(testing::kChallenge);
        leaving_ = true;
        return dialogue_.leave();
    }
  }

  fuzz::Decisions decisions_;
  testing::Dialogue dialogue_;
  bool leaving_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Attempt(fuzz::Decisions({data, size})).run();
  return 0;
}
