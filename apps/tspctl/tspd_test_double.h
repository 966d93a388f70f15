// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/control/control_server.h"
#include "adapters/linux/net/file_descriptor.h"
#include "apps/tspctl/api_client.h"

namespace tsp::tspctl {

// tspd's end of the socket: answers in turn what it was told to, and remembers what it was asked.
class TspdTestDouble : public testing::Test {
 protected:
  TspdTestDouble() {
    std::string pattern = testing::TempDir() + "tspctl_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    client_ = std::make_unique<ApiClient>(folder_ + "/control.sock");
  }
  ~TspdTestDouble() override { std::filesystem::remove_all(folder_); }

  void serve(std::vector<linux_::ApiResponse> answers) {
    answers_ = std::move(answers);
    auto server = linux_::ControlServer::open(folder_ + "/control.sock");
    ASSERT_TRUE(server) << server.error();
    server_ = std::move(*server);
    server_->serve([this](const linux_::ApiRequest& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request.method + ' ' + request.target + ' ' + request.body);
      return answers_.at(requests_.size() - 1);
    });
  }

  // A descriptor from which `text` can be read.
  int descriptor_with(const std::string& text) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(ends[1]);
    descriptors_.emplace_back(ends[0]);
    return ends[0];
  }

  std::string folder_;
  std::unique_ptr<ApiClient> client_;
  std::mutex mutex_;
  std::vector<linux_::ApiResponse> answers_;
  std::vector<std::string> requests_;
  std::vector<linux_::FileDescriptor> descriptors_;
  std::unique_ptr<linux_::ControlServer> server_;
};

}  // namespace tsp::tspctl
