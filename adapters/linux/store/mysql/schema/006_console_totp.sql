-- SPDX-License-Identifier: Apache-2.0
--
-- Second factors of console logins (TOTP, RFC 6238), with which they go.
CREATE TABLE console_totp (
  login VARBINARY(253) NOT NULL PRIMARY KEY,
  secret VARCHAR(255) NOT NULL,  -- sealed
  confirmed TINYINT NOT NULL,
  last_step BIGINT NOT NULL,  -- whose code was used last
  last_use BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
