-- SPDX-License-Identifier: Apache-2.0
--
-- Who may use the API, and what was done with it.

-- Bearer tokens, of which only the hexadecimal SHA-256 is kept. `account` and `login` are those of a user, else 0 and ''.
CREATE TABLE api_tokens (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  role INTEGER NOT NULL,
  account INTEGER NOT NULL,
  login TEXT NOT NULL,
  scopes TEXT NOT NULL,  -- with a blank between them; '': whatever the role may do
  created_ns INTEGER NOT NULL,
  expires_ns INTEGER
) STRICT;

CREATE UNIQUE INDEX api_tokens_by_hash ON api_tokens (hash);
CREATE UNIQUE INDEX api_tokens_by_name ON api_tokens (login, name);
CREATE INDEX api_tokens_by_account ON api_tokens (account) WHERE account <> 0;

CREATE TABLE console_logins (
  login TEXT PRIMARY KEY,
  role INTEGER NOT NULL,
  account INTEGER NOT NULL,  -- of a user, else 0
  password_hash TEXT NOT NULL,  -- argon2id
  changed_ns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX console_logins_by_account ON console_logins (account) WHERE account <> 0;

-- What operators changed. Rows are added, and after their time forgotten, but never changed.
CREATE TABLE audit (
  at_ns INTEGER NOT NULL,
  id INTEGER NOT NULL,
  broker INTEGER NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (at_ns, id)
) STRICT, WITHOUT ROWID;
