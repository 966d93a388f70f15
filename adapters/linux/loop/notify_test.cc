// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace {

class NotifyTest : public testing::Test {
 protected:
  ~NotifyTest() override { unsetenv("NOTIFY_SOCKET"); }

  // The service manager's side, at an address as it stands in sockaddr_un.
  static FileDescriptor listen_at(const std::string& name) {
    FileDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    return fd;
  }
  static std::string receive(const FileDescriptor& fd) {
    std::string text(100, '\0');
    const ssize_t size = recv(fd.get(), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
};

TEST_F(NotifyTest, StateReachesASocketInTheFileSystem) {
  const std::string path = testing::TempDir() + "notify_" + std::to_string(getpid());
  const FileDescriptor manager = listen_at(path);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_service_manager("READY=1");

  EXPECT_EQ(receive(manager), "READY=1");
  unlink(path.c_str());
}

TEST_F(NotifyTest, StateReachesAnAbstractSocket) {
  const std::string name = "tspd-notify-test-" + std::to_string(getpid());
  const FileDescriptor manager = listen_at('\0' + name);
  setenv("NOTIFY_SOCKET", ('@' + name).c_str(), 1);
  notify_service_manager("STOPPING=1");

  EXPECT_EQ(receive(manager), "STOPPING=1");
}

TEST_F(NotifyTest, NothingHappensWithoutAManager) {
  unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  notify_service_manager("READY=1");
}

}  // namespace
}  // namespace tsp::linux_
