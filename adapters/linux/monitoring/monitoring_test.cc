// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/monitoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace monitoring_test {

using testing::HasSubstr;

class MonitoringTest : public testing::Test {
 protected:
  MonitoringTest() {
    view_->ready = true;
    view_->store_available = true;
  }
  std::optional<ApiResponse> get(const std::string& target) { return ask("GET", target); }
  std::optional<ApiResponse> ask(const std::string& method, const std::string& target) {
    const Monitoring monitoring({.broker = [this] { return view_; },
                                 .stopping = [this] { return stopping_; },
                                 .others = [] { return Measurements{.version = "1.2.3", .datapath = "tun"}; }});
    return monitoring.handle({.method = method, .target = target, .body = {}});
  }

  std::optional<StatusView> view_ = StatusView{};
  bool stopping_ = false;
};

TEST_F(MonitoringTest, MetricsAreTextOfPrometheus) {
  const auto response = get("/metrics");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response->body, HasSubstr("tspd_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(response->body, HasSubstr("tspd_ready 1\n"));
}

TEST_F(MonitoringTest, MetricsAreThereWithoutTheMainLoop) {
  view_ = std::nullopt;
  const auto response = get("/metrics");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_THAT(response->body, HasSubstr("tspd_main_loop_up 0\n"));
}

TEST_F(MonitoringTest, HealthIsTheStatusAndOneLine) {
  EXPECT_EQ(get("/healthz")->status, 200);
  EXPECT_EQ(get("/readyz")->body, "ok");
  stopping_ = true;
  EXPECT_EQ(get("/healthz")->status, 200);
  EXPECT_EQ(get("/readyz")->status, 503);
  EXPECT_EQ(get("/readyz")->body, "tspd is stopping");
  EXPECT_THAT(get("/metrics")->body, HasSubstr("tspd_ready 0\n"));
  view_ = std::nullopt;
  EXPECT_EQ(get("/healthz")->status, 503);
}

TEST_F(MonitoringTest, AQueryChangesNothing) {
  EXPECT_EQ(get("/readyz?verbose")->status, 200);
}

TEST_F(MonitoringTest, OtherAddressesAreNotItsOwn) {
  for (const char* target : {"/", "/metrics/", "/api/v1/status", "metrics", ""}) EXPECT_FALSE(get(target)) << target;
}

TEST_F(MonitoringTest, NothingCanBeChanged) {
  EXPECT_EQ(ask("POST", "/metrics")->status, 405);
  EXPECT_EQ(ask("DELETE", "/readyz")->status, 405);
}

}  // namespace monitoring_test
}  // namespace tsp::linux_
