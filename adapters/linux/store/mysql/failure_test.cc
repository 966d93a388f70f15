// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/failure.h"

#include <errmsg.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysqld_error.h>

namespace tsp::linux_::mysql {
namespace failure_test {

using testing::HasSubstr;

// It looks like a server that cannot be reached, and stays so until somebody changes something there.
TEST(MysqlFailure, AServerThatDoesNotLetThisHostInRefuses) {
  EXPECT_EQ(fault_at_connect(ER_HOST_NOT_PRIVILEGED), Fault::Setup);
  EXPECT_EQ(fault_at_connect(ER_HOST_IS_BLOCKED), Fault::Setup);

  const std::string text = describe_code(ER_HOST_NOT_PRIVILEGED, "Host '192.0.2.1' is not allowed to connect");
  EXPECT_THAT(text, HasSubstr("lets nobody in from this host"));
  EXPECT_THAT(text, HasSubstr("CREATE USER"));
  EXPECT_THAT(text, HasSubstr("(MySQL 1130: Host '192.0.2.1' is not allowed to connect)"));
}

// What Connector/C 3.3 says when the server's first packet is an error, and TLS is wanted.
TEST(MysqlFailure, AnErrorOfTheServerBeforeTlsIsReadInTheLibrarysText) {
  const std::string text =
      "Received error packet before completion of TLS handshake. The authenticity of the following error cannot be "
      "verified: ";
  EXPECT_EQ(code_at_connect(CR_CONNECTION_ERROR, text + "1130 - Host '192.0.2.1' is not allowed to connect"),
            unsigned{ER_HOST_NOT_PRIVILEGED});
  EXPECT_EQ(code_at_connect(CR_SSL_CONNECTION_ERROR, text + "1040 - Too many connections"),
            unsigned{ER_CON_COUNT_ERROR});

  EXPECT_EQ(code_at_connect(CR_CONNECTION_ERROR, text), unsigned{CR_CONNECTION_ERROR});
  EXPECT_EQ(code_at_connect(CR_CONNECTION_ERROR, text + "1130"), unsigned{CR_CONNECTION_ERROR});
  EXPECT_EQ(code_at_connect(CR_CONNECTION_ERROR, text + "x - y"), unsigned{CR_CONNECTION_ERROR});
  EXPECT_EQ(code_at_connect(CR_CONN_HOST_ERROR, "Can't connect"), unsigned{CR_CONN_HOST_ERROR});
  EXPECT_EQ(code_at_connect(ER_DBACCESS_DENIED_ERROR, text + "1130 - x"), unsigned{ER_DBACCESS_DENIED_ERROR})
      << "quoted by a server";
}

TEST(MysqlFailure, AServerThatCannotBeReachedMayComeBack) {
  EXPECT_EQ(fault_at_connect(2003), Fault::Connection);  // CR_CONN_HOST_ERROR
}

// Told at whatever statement comes next, which may be the one that takes an order back.
TEST(MysqlFailure, ATransactionThatLostAgainstAnotherIsAConflict) {
  for (const int code : {ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_CHECKREAD, ER_SP_DOES_NOT_EXIST})
    EXPECT_EQ(fault_in_use(static_cast<unsigned>(code)), Fault::Conflict) << code;
}

}  // namespace failure_test
}  // namespace tsp::linux_::mysql
