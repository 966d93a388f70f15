// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/test_support.h"

namespace tsp::linux_::mysql {
namespace mysql_tls_test {

using testing::HasSubstr;

class MysqlTlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<TestServer>();
    port_ = free_port();
    make_certificates();
    server_->run(
        "CREATE USER ciphered@'%' REQUIRE SSL; GRANT ALL ON *.* TO ciphered@'%';"
        " CREATE USER plain@'%'; GRANT ALL ON *.* TO plain@'%'");
  }
  static void TearDownTestSuite() { server_.reset(); }

  // An authority, another one, and a certificate of the first for the name localhost.
  static void make_certificates() {
    shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
    shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger -keyout other.key -out other.pem");
    shell("openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    shell("echo subjectAltName=DNS:localhost > names");
    shell(
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names"
        " -out server.pem && chmod 644 server.key");
  }
  static void shell(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + server_->folder() + " && " + command + " 2>> openssl.log").c_str()), 0) << command;
  }
  static std::string file(const std::string& name) { return server_->folder() + "/" + name; }
  static void restart(const std::string& options) {
    server_->stop();
    server_->start("--bind-address=127.0.0.1 --port=" + std::to_string(port_) + options);
  }
  static void restart_with_tls(const std::string& options = "") {
    restart(options + " --ssl-cert=" + file("server.pem") + " --ssl-key=" + file("server.key") +
            " --ssl-ca=" + file("ca.pem"));
  }

  static MysqlOptions over_tcp(const std::string& user) {
    MysqlOptions options = options_for(*server_, server_->make_database());
    options.socket.clear();
    options.host = "localhost";
    options.port = port_;
    options.user = user;
    options.ca_file = file("ca.pem");
    return options;
  }

  static inline std::unique_ptr<TestServer> server_;
  static inline std::uint16_t port_ = 0;
};

TEST_F(MysqlTlsTest, AServerWhoseCertificateIsRightIsUsedEncrypted) {
  restart_with_tls();
  TestStore store(over_tcp("ciphered"));

  store.open();

  EXPECT_EQ(store.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  EXPECT_EQ(store.find("login-1").accounts.size(), 1u);
}

TEST_F(MysqlTlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  restart_with_tls();
  TestStore store(over_tcp("ciphered"));
  store.options().ca_file = file("other.pem");

  EXPECT_THAT(store.open_error(), HasSubstr("store.mysql.ca_file"));
}

TEST_F(MysqlTlsTest, ACertificateForAnotherNameIsRefused) {
  restart_with_tls();
  TestStore store(over_tcp("ciphered"));
  store.options().host = "127.0.0.1";

  EXPECT_THAT(store.open_error(), HasSubstr("the encrypted connection cannot be made"));
}

TEST_F(MysqlTlsTest, AServerWithoutTlsIsRefusedUnlessThatIsAllowed) {
  restart("");
  TestStore store(over_tcp("plain"));
  EXPECT_THAT(store.open_error(), HasSubstr("store.mysql.tls"));

  store.options().tls = false;
  store.open();

  EXPECT_EQ(store.probe().status, StoreStatus::Done);
}

// The server says so before it knows of TLS, in a packet that the client library takes for forged.
TEST_F(MysqlTlsTest, AServerThatDoesNotLetThisHostInSaysWhatToDo) {
  restart_with_tls(" --skip-name-resolve");
  server_->run(
      "DROP USER IF EXISTS root@'127.0.0.1'; RENAME USER ciphered@'%' TO ciphered@'192.0.2.1', plain@'%' TO "
      "plain@'192.0.2.1'; FLUSH PRIVILEGES");
  TestStore store(over_tcp("ciphered"));

  const std::string error = store.open_error();
  server_->run("RENAME USER ciphered@'192.0.2.1' TO ciphered@'%', plain@'192.0.2.1' TO plain@'%'; FLUSH PRIVILEGES");

  EXPECT_THAT(error, HasSubstr("the server lets nobody in from this host"));
  EXPECT_THAT(error, HasSubstr("CREATE USER"));
}

TEST_F(MysqlTlsTest, ALiteralAddressAndAPortAreNamedInErrors) {
  TestStore store(over_tcp("plain"));
  store.options().host = "::1";
  store.options().port = free_port();

  store.open();

  EXPECT_THAT(store.store().away(), HasSubstr(" at [::1]:" + std::to_string(store.options().port) + ": "));
}

}  // namespace mysql_tls_test
}  // namespace tsp::linux_::mysql
