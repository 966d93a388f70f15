// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace control_server_test {

namespace fs = std::filesystem;

class ControlServerTest : public testing::Test {
 protected:
  ControlServerTest() {
    std::string pattern = testing::TempDir() + "control_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/run/control.sock";
  }
  ~ControlServerTest() override { fs::remove_all(folder_); }

  std::unique_ptr<ControlServer> open() {
    auto server = ControlServer::open(path_);
    EXPECT_TRUE(server) << server.error();
    if (!server) return nullptr;
    (*server)->serve([](const ApiRequest& request) {
      if (request.target == "/not-allowed")
        return ApiResponse{405, "{}", "application/json", {{"Allow", "GET, DELETE"}}};
      if (request.target == "/who") return ApiResponse{200, std::to_string(request.credentials.uid.value_or(99999))};
      if (request.target == "/throw") throw std::runtime_error("out of luck");
      return ApiResponse{request.body == "fail" ? 422 : 200,
                         request.method + ' ' + request.target + ' ' + request.body};
    });
    return std::move(*server);
  }
  [[nodiscard]] httplib::Client client() const {
    httplib::Client out(path_);
    out.set_address_family(AF_UNIX);
    return out;
  }
  // A socket file that nobody listens on, as SIGKILL leaves it.
  void leave_stale_socket() const {
    fs::create_directory(fs::path(path_).parent_path());
    const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = socket_address();
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  // The beginning of the answer to bytes that are sent in one piece.
  [[nodiscard]] std::string answer_to(std::string_view request) const {
    const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
    const sockaddr_un address = socket_address();
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "no connection";
    if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "not sent";
    std::array<char, 64> answer{};
    const ssize_t size = recv(fd.get(), answer.data(), answer.size(), 0);
    return {answer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  [[nodiscard]] sockaddr_un socket_address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(ControlServerTest, RequestsReachTheHandlerAsTheyCame) {
  const auto server = open();
  const auto response = client().Patch("/api/v1/accounts/a%2Fb?x=1", "{}", "application/json");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "PATCH /api/v1/accounts/a%2Fb?x=1 {}\n");
  EXPECT_EQ(response->get_header_value("Content-Type"), "application/json");
}

TEST_F(ControlServerTest, HandlersRefusalsKeepTheirBody) {
  const auto server = open();
  const auto response = client().Post("/x", "fail", "application/json");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 422);
  EXPECT_EQ(response->body, "POST /x fail\n");
}

TEST_F(ControlServerTest, LargeBodiesAreRefused) {
  const auto server = open();
  const auto response = client().Post("/x", std::string(20000, 'x'), "application/json");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->body, "{\"error\":{\"message\":\"the body is too large\"}}\n");
}

TEST_F(ControlServerTest, BodiesWithoutALengthAreRefused) {
  const auto server = open();
  // A client that is still sending when the answer comes does not always read it.
  const std::string answer =
      answer_to("POST /x HTTP/1.1\r\nHost: tspd\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");

  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 411 "));
}

// Taken apart, it would look like a request without a body.
TEST_F(ControlServerTest, FormsAreRefused) {
  const auto server = open();
  const auto response = client().Post("/x", httplib::MultipartFormDataItems{{"a", "b", "", ""}});

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 415);
}

TEST_F(ControlServerTest, TheMethodsThatThereAreStandInAHeader) {
  const auto server = open();
  const auto response = client().Options("/not-allowed");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 405);
  EXPECT_EQ(response->get_header_value("Allow"), "GET, DELETE");
}

TEST_F(ControlServerTest, WhoseProcessAsksIsKnown) {
  const auto server = open();
  const auto response = client().Get("/who");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, std::to_string(getuid()) + '\n');
}

TEST_F(ControlServerTest, ARequestThatFailsUnexpectedlyHarmsNoOther) {
  const auto server = open();
  const auto response = client().Get("/throw");

  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body, "{\"error\":{\"message\":\"internal error\"}}\n");
  EXPECT_TRUE(client().Get("/x"));
}

TEST_F(ControlServerTest, BodiesMayComeInPieces) {
  const auto server = open();
  const FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM, 0));
  const sockaddr_un address = socket_address();
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const char* piece : {"POST /x HTTP/1.1\r\nContent-Length: 6\r\n", "\r\nab", "cd", "ef", "ignored"}) {
    ASSERT_GT(send(fd.get(), piece, std::strlen(piece), MSG_NOSIGNAL), 0);
  }
  std::string answer;
  std::array<char, 1024> buffer{};
  while (const ssize_t size = recv(fd.get(), buffer.data(), buffer.size(), 0)) {
    ASSERT_GT(size, 0);
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }

  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nPOST /x abcdef\n"));
}

TEST_F(ControlServerTest, SocketIsForOwnerAndGroupOnly) {
  const auto server = open();
  struct stat socket_status{};
  struct stat folder_status{};
  ASSERT_EQ(stat(path_.c_str(), &socket_status), 0);
  ASSERT_EQ(stat(fs::path(path_).parent_path().c_str(), &folder_status), 0);

  EXPECT_EQ(socket_status.st_mode & 0777U, 0660U);
  EXPECT_EQ(folder_status.st_mode & 0777U & ~0755U, 0U);
}

TEST_F(ControlServerTest, SocketIsRemovedAtTheEnd) {
  open().reset();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ControlServerTest, SecondServerIsRefused) {
  const auto server = open();
  const auto second = ControlServer::open(path_);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "control socket " + path_ + ": another tspd is running on this control socket");
  EXPECT_TRUE(client().Get("/x")) << "the first is not disturbed";
}

TEST_F(ControlServerTest, SocketOfAKilledPredecessorIsReplaced) {
  leave_stale_socket();
  const auto server = open();

  EXPECT_TRUE(client().Get("/x"));
}

TEST_F(ControlServerTest, FileInTheWayIsLeftAlone) {
  fs::create_directory(fs::path(path_).parent_path());
  std::ofstream(path_) << "precious";
  const auto server = ControlServer::open(path_);

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error(), "control socket " + path_ + ": is in the way and not a socket");
  EXPECT_EQ(fs::file_size(path_), 8U);
}

TEST_F(ControlServerTest, FolderThatCannotBeMadeIsNamed) {
  const auto server = ControlServer::open(folder_ + "/a/b/control.sock");

  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), testing::HasSubstr("/a/b: cannot be made: No such file or directory"));
}

}  // namespace control_server_test
}  // namespace tsp::linux_
