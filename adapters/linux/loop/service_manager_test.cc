// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace service_manager_test {

class ServiceManagerTest : public testing::Test {
 protected:
  ~ServiceManagerTest() override { unsetenv("NOTIFY_SOCKET"); }

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

TEST_F(ServiceManagerTest, StateReachesASocketInTheFileSystem) {
  const std::string path = testing::TempDir() + "notify_" + std::to_string(getpid());
  const FileDescriptor manager = listen_at(path);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_service_manager("READY=1");

  EXPECT_EQ(receive(manager), "READY=1");
  unlink(path.c_str());
}

TEST_F(ServiceManagerTest, StateReachesAnAbstractSocket) {
  const std::string name = "tspd-notify-test-" + std::to_string(getpid());
  const FileDescriptor manager = listen_at('\0' + name);
  setenv("NOTIFY_SOCKET", ('@' + name).c_str(), 1);
  notify_service_manager("STOPPING=1");

  EXPECT_EQ(receive(manager), "STOPPING=1");
}

TEST_F(ServiceManagerTest, NothingHappensWithoutAManager) {
  unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  setenv("NOTIFY_SOCKET", std::string(200, 'x').c_str(), 1);
  notify_service_manager("READY=1");
}

TEST_F(ServiceManagerTest, ADescriptorToBeKeptGoesAlong) {
  const std::string name = "tspd-keep-test-" + std::to_string(getpid());
  const FileDescriptor manager = listen_at('\0' + name);
  setenv("NOTIFY_SOCKET", ('@' + name).c_str(), 1);
  std::array<int, 2> pipes{};
  ASSERT_EQ(pipe(pipes.data()), 0);
  FileDescriptor reading(pipes[0]);
  FileDescriptor writing(pipes[1]);
  let_manager_keep(reading.get(), "udp");
  reading.close();

  std::string text(100, '\0');
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(ucred))> control{};
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(manager.get(), &message, 0);
  ASSERT_GT(size, 0);
  EXPECT_EQ(text.substr(0, static_cast<std::size_t>(size)), "FDSTORE=1\nFDPOLL=0\nFDNAME=udp");
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  ASSERT_TRUE(header != nullptr && header->cmsg_type == SCM_RIGHTS);
  int kept = -1;
  std::memcpy(&kept, CMSG_DATA(header), sizeof kept);
  const FileDescriptor owner(kept);
  ASSERT_EQ(write(writing.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(kept, &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(ServiceManagerTest, TheWatchdogIsFedTwiceAsOftenAsItWants) {
  unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(15));
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt) << "it is another process's";
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
}

TEST(StatusLine, SaysWhetherClientsAreServedAndHowMany) {
  StatusView view;
  EXPECT_EQ(status_line(view), "the database is away, clients are told to wait; 0 tunnels go on");
  view.store_available = true;
  EXPECT_EQ(status_line(view), "loading");
  view.ready = true;
  view.counters.tunnels_now = 12;
  EXPECT_EQ(status_line(view), "serving 12 tunnels");
  view.drain = DrainView{};
  EXPECT_EQ(status_line(view), "draining: 12 tunnels left");
}

}  // namespace service_manager_test
}  // namespace tsp::linux_
