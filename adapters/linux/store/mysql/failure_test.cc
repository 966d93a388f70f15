// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/failure.h"

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

TEST(MysqlFailure, AServerThatCannotBeReachedMayComeBack) {
  EXPECT_EQ(fault_at_connect(2003), Fault::Connection);  // CR_CONN_HOST_ERROR
}

// Told at whatever statement comes next, which may be the one that takes an order back.
TEST(MysqlFailure, ATransactionThatLostAgainstAnotherIsAConflict) {
  for (const unsigned code : {ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_CHECKREAD, ER_SP_DOES_NOT_EXIST})
    EXPECT_EQ(fault_in_use(code), Fault::Conflict) << code;
}

}  // namespace failure_test
}  // namespace tsp::linux_::mysql
