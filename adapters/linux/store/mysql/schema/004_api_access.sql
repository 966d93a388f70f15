-- SPDX-License-Identifier: Apache-2.0
--
-- Who may use the API, and what was done with it.

-- Bearer tokens, of which only the hexadecimal SHA-256 is kept. `account` and `login` are those of a user, else 0 and ''.
CREATE TABLE api_tokens (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARBINARY(64) NOT NULL,
  hash VARCHAR(64) NOT NULL,
  role TINYINT UNSIGNED NOT NULL,
  account BIGINT NOT NULL,
  login VARBINARY(253) NOT NULL,
  scopes TEXT NOT NULL,  -- with a blank between them; '': whatever the role may do
  created_ns BIGINT NOT NULL,
  expires_ns BIGINT,
  UNIQUE KEY api_tokens_by_hash (hash),
  UNIQUE KEY api_tokens_by_name (login, name),
  KEY api_tokens_by_account (account)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE console_logins (
  login VARBINARY(253) NOT NULL PRIMARY KEY,
  role TINYINT UNSIGNED NOT NULL,
  account BIGINT NOT NULL,  -- of a user, else 0
  password_hash VARCHAR(255) NOT NULL,  -- argon2id
  changed_ns BIGINT NOT NULL,
  KEY console_logins_by_account (account)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What operators changed. Rows are added, and after their time forgotten, but never changed.
CREATE TABLE audit (
  at_ns BIGINT NOT NULL,
  id BIGINT NOT NULL,
  broker INT UNSIGNED NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (at_ns, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
