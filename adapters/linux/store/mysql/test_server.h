// SPDX-License-Identifier: Apache-2.0
//
// A MariaDB server of one test program alone: its data in a temporary folder, its own socket, no service of the host
// touched. It ends with the program, however that ends.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <mysql.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tsp::linux_::mysql {

class TestServer {
 public:
  // Of all tests that do not stop it.
  static TestServer& shared() {
    static TestServer server;
    return server;
  }

  TestServer() : folder_(make_folder()) {
    const std::string install = "mariadb-install-db " + common_options() +
                                " --auth-root-authentication-method=normal --skip-test-db > " + folder_ +
                                "/install.log 2>&1";
    if (std::system(install.c_str()) != 0) {
      std::fprintf(stderr, "%s failed; is it there? tools/install-dependencies test\n", install.c_str());
      std::abort();
    }
    start();
  }
  // Not started, and without data: it gets them from the other node of its cluster.
  struct Joiner {};
  explicit TestServer(Joiner) : folder_(make_folder()) {
    const std::string data = folder_ + "/data";
    std::filesystem::create_directory(data);
    give_to_server(data);
  }
  ~TestServer() {
    kill();
    std::filesystem::remove_all(folder_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  // Waits until it answers.
  void start(const std::string& options = "") {
    launch(options);
    for (int attempt = 0; attempt < 600 && is_running() && !answers(); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_TRUE(answers()) << "see " << folder_ << "/server.log";
  }
  // The same, without waiting.
  void launch(const std::string& options = "") {
    const std::string command = "exec mariadbd " + common_options() + " --socket=" + socket() +
                                " --pid-file=" + folder_ + "/server.pid --performance-schema=off " +
                                (options.empty() ? "--skip-networking" : options) + " >> " + folder_ +
                                "/server.log 2>&1";
    process_ = ::fork();
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  void kill() { end(SIGKILL); }
  void stop() { end(SIGTERM); }
  // It neither answers nor closes connections, like a server behind a network that swallows packets.
  void pause() const {
    send(SIGSTOP);
    // On a busy machine its threads still work until the last of them has heard of it.
    int status = 0;
    EXPECT_EQ(::waitpid(process_, &status, WUNTRACED), process_);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  void resume() const { send(SIGCONT); }

  // A database that no other test has.
  std::string make_database() {
    std::string name = "tsp" + std::to_string(++databases_);
    run("CREATE DATABASE " + name);
    return name;
  }
  // As an operator, statements with semicolons between them.
  void run(const std::string& sql, const std::string& database = "") { ask(sql, database); }
  // The first column of the first row, or nothing.
  std::string ask(const std::string& sql, const std::string& database = "") {
    const std::unique_ptr<MYSQL, decltype(&mysql_close)> connection = connect(database);
    EXPECT_TRUE(connection);
    if (!connection) return "";
    std::string answer;
    int status = mysql_query(connection.get(), sql.c_str());
    while (status == 0) {
      if (MYSQL_RES* rows = mysql_store_result(connection.get())) {
        const MYSQL_ROW row = mysql_fetch_row(rows);
        if (row != nullptr && row[0] != nullptr) answer = row[0];
        mysql_free_result(rows);
      }
      status = mysql_next_result(connection.get());
    }
    EXPECT_EQ(mysql_errno(connection.get()), 0u) << sql << ": " << mysql_error(connection.get());
    return answer;
  }
  // For statements that have to stay open, such as a lock.
  [[nodiscard]] std::unique_ptr<MYSQL, decltype(&mysql_close)> connect(const std::string& database) const {
    std::unique_ptr<MYSQL, decltype(&mysql_close)> handle(mysql_init(nullptr), &mysql_close);
    const MYSQL* connected = mysql_real_connect(handle.get(), nullptr, "root", "", database.c_str(), 0,
                                                socket().c_str(), CLIENT_MULTI_STATEMENTS);
    if (connected == nullptr) handle.reset();
    return handle;
  }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ + "/server.sock"; }

 private:
  static std::string make_folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tsp-mysql-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    give_to_server(pattern);
    return pattern;
  }
  // A server does not run as root.
  static void give_to_server(const std::string& path) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::chown(path.c_str(), kNobody, static_cast<gid_t>(-1)) != 0) std::abort();
  }
  [[nodiscard]] std::string common_options() const {
    const std::string user = ::geteuid() == 0 ? " --user=nobody" : "";
    // Its temporary files have names that another server's may have, too.
    return "--no-defaults --datadir=" + folder_ + "/data --tmpdir=" + folder_ +
           " --innodb-log-file-size=8M --innodb-buffer-pool-size=32M" + user;
  }
  [[nodiscard]] bool answers() const { return connect("") != nullptr; }
  void end(int signal) {
    if (process_ <= 0) return;
    send(signal);
    send(SIGCONT);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  bool is_running() {
    if (process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) != 0) process_ = -1;
    return process_ > 0;
  }
  // Never to -1, which stands for all processes.
  void send(int signal) const {
    if (process_ > 0) ::kill(process_, signal);
  }

  std::string folder_;
  pid_t process_ = -1;
  int databases_ = 0;
};

// That nobody listens on now.
inline std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0) std::abort();
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) std::abort();
  ::close(fd);
  return ntohs(address.sin_port);
}

}  // namespace tsp::linux_::mysql
