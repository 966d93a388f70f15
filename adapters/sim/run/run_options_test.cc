// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/run/run_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tsp::sim {
namespace run_options_test {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(RunOptions, APresetThatIsNotThereIsRefusedWithThoseThatAre) {
  const auto options = sample_options("calm", 1);
  ASSERT_FALSE(options.has_value());
  EXPECT_THAT(options.error(), StartsWith("no preset calm; there are swarm, lite"));
}

TEST(RunOptions, TheSeedSaysAll) {
  for (const std::string_view preset : kPresets) {
    EXPECT_EQ(describe(*sample_options(preset, 7)), describe(*sample_options(preset, 7))) << preset;
  }
  EXPECT_NE(describe(*sample_options("swarm", 7)), describe(*sample_options("swarm", 8)));
}

TEST(RunOptions, ArePrintedWithTheWorldThatTheyMake) {
  RunOptions options;
  options.preset = "x";
  options.world = default_world();
  options.world.nat = {.mapping = NatScope::AddressDependent,
                       .filtering = NatScope::EndpointIndependent,
                       .ports = NatPorts::Sequential,
                       .idle_limit = std::chrono::seconds(31),
                       .inbound_refreshes = true};
  options.world.store_delay_max = std::chrono::milliseconds(170);
  options.world.datapath_delay_max = std::chrono::milliseconds(13);
  options.world.broker.tunnel_mtu = 1400;
  options.world.sweep_interval = 77;
  options.severity.worst_weather.payload_max = 501;
  const std::string text = describe(options);
  EXPECT_THAT(text, StartsWith("preset x\nclients: accounts=6"));
  EXPECT_THAT(text, HasSubstr(" ms, MTU 501 bytes of UDP\n"));
  EXPECT_THAT(text, HasSubstr("\nNATs: mapping=address-dependent filtering=endpoint-independent ports=sequential "
                              "idle_limit=31s inbound_refreshes\n"));
  EXPECT_THAT(text, EndsWith("\nstore: up to 170 ms; datapath: up to 13 ms; tunnel MTU 1400; sweep: each 77 steps\n"));
}

}  // namespace run_options_test
}  // namespace tsp::sim
