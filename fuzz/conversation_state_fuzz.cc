// SPDX-License-Identifier: Apache-2.0
//
// Two paths to the broker, on which anything is said, repeated and left unsaid, with all checkers of the simulation: a
// repeated message has the same answer and no second effect, whatever came between.
#include <vector>

#include "adapters/sim/checkers/checkers.h"
#include "adapters/sim/world.h"
#include "core/wire/examples.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::sim;
namespace examples = wire::examples;

namespace {

constexpr int kStepsMax = 48;
constexpr std::array kWords{
    examples::kVersion,
    examples::kAuthenticateAnonymous,
    examples::kAuthenticatePlain,
    examples::kCreateV6UdpV4,
    examples::kCreateRouter,
    examples::kAccept,
    examples::kReject,
    examples::kDelete,
    examples::kInfoWithLineFeeds,
    std::string_view{},
    examples::kPlainCredentials,
    examples::kAuthenticateDigest,
};
constexpr std::array<Duration, 6> kPauses{std::chrono::milliseconds(1), std::chrono::milliseconds(50),
                                          std::chrono::seconds(1),      std::chrono::seconds(9),
                                          std::chrono::seconds(30),     std::chrono::seconds(90)};

class Story {
 public:
  explicit Story(fuzz::Decisions decisions) : decisions_(decisions), world_(default_world(), 1) {
    add_checkers(world_);
    static_cast<void>(world_.add_account("alice", "secret"));
    world_.run_for(std::chrono::seconds(1));
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      paths_[i].four_tuple = {make_endpoint(IPv4Address{{198, 18, 0, 7}}, static_cast<std::uint16_t>(40000 + i)),
                              make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)};
    }
  }

  void run() {
    for (int i = 0; i < kStepsMax && !decisions_.over() && !world_.violation(); ++i) step();
    world_.run_for(std::chrono::minutes(3));
    fuzz::require_none(world_.violation());
  }

 private:
  struct Path {
    FourTuple four_tuple{};
    std::uint32_t sequence = 0xEF;
    std::vector<Bytes> said{};
  };

  void step() {
    Path& path = paths_[decisions_.below(2)];
    switch (decisions_.below(5)) {
      case 0:
      case 1:
        return say(path);
      case 2:
        if (!path.said.empty()) world_.inject(path.four_tuple, path.said[decisions_.below(path.said.size())]);
        return;
      default:
        world_.run_for(decisions_.one_of(kPauses));
    }
  }
  // Mostly under the next sequence number.
  void say(Path& path) {
    const std::size_t word = decisions_.below(kWords.size() + 1);
    const std::string_view text = word < kWords.size() ? kWords[word] : as_text(decisions_.bytes(decisions_.below(64)));
    constexpr std::array<std::uint32_t, 8> kSteps{1, 1, 1, 1, 1, 2, 0, 0xFFFFFFFF};
    path.sequence += decisions_.one_of(kSteps);
    path.said.push_back(wire::with_header(wire::make_udp_header(wire::Sequence(path.sequence), 1), text));
    world_.inject(path.four_tuple, path.said.back());
  }

  fuzz::Decisions decisions_;
  World world_;
  std::array<Path, 2> paths_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Story(fuzz::Decisions({data, size})).run();
  return 0;
}
