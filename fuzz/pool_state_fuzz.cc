// SPDX-License-Identifier: Apache-2.0
//
// Claims, quarantines, releases and changes of layout in any order, held against a list of claims.
#include "core/pool/pool_model.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::pool;

namespace {

constexpr int kOperationsMax = 64;

// Near the layouts' borders: four bits choose the /64, the last byte the address, then the length.
IPv6Prefix read_prefix(fuzz::Decisions& decisions) {
  IPv6Address address = *parse_ipv6("2001:db8::");
  address.octets[7] = decisions.byte();
  address.octets[15] = decisions.byte();
  constexpr std::array<unsigned, 12> kLengths{128, 64, 128, 63, 62, 61, 60, 59, 56, 48, 100, 127};
  return make_prefix(address, decisions.one_of(kLengths));
}

class Life {
 public:
  explicit Life(fuzz::Decisions decisions) : decisions_(decisions) {}

  void run() {
    for (int i = 0; i < kOperationsMax && !decisions_.over(); ++i) {
      step();
      if (i % 8 == 7) compare();
    }
    compare();
  }

 private:
  void step() {
    switch (decisions_.below(6)) {
      case 0:
        return both_.claim(read_prefix(decisions_));
      case 1:
        return both_.claim_choices(random_, 59 + static_cast<unsigned>(decisions_.below(6)));
      case 2:
        return both_.quarantine(any_claim(), now_ + std::chrono::seconds(decisions_.byte()));
      case 3:
        return both_.release(any_claim());
      case 4:
        return both_.change_layout(model_layouts()[decisions_.below(3)]);
      default:
        now_.since_epoch += std::chrono::seconds(decisions_.byte());
    }
  }
  // An existing one, if there is one and it is wanted.
  IPv6Prefix any_claim() {
    const std::size_t claims = both_.model().claims();
    const std::uint8_t which = decisions_.byte();
    return claims > 0 && which < 0xC0 ? both_.model().claim_at(which % claims) : read_prefix(decisions_);
  }
  void compare() { fuzz::require_none(both_.find_difference(now_, random_)); }

  fuzz::Decisions decisions_;
  Random random_{Seed{8}};
  WallTime now_;
  PoolAndModel both_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Life(fuzz::Decisions({data, size})).run();
  return 0;
}
