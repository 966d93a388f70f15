-- SPDX-License-Identifier: Apache-2.0
--
-- Second factors of console logins (TOTP, RFC 6238), with which they go.
CREATE TABLE console_totp (
  login TEXT PRIMARY KEY,
  secret TEXT NOT NULL,  -- sealed
  confirmed INTEGER NOT NULL,
  last_step INTEGER NOT NULL,  -- whose code was used last
  last_use INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
