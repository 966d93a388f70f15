-- SPDX-License-Identifier: Apache-2.0
--
-- Addresses are 16 bytes in network order, so that they sort and compare as numbers; IPv4 is mapped (::ffff:a.b.c.d).
-- Times are nanoseconds since 1970, UTC. Enumerations have the numbers of core/include/tsp/store.h.
--
-- An upgrade can be cut off between two statements, since each of them is committed by itself. It is then done again
-- from its beginning: what exists is no error, and a statement that changes rows must be one that can be repeated.

-- Its only row is locked and changed first by each transaction that writes, whichever broker it is of.
CREATE TABLE store (
  id TINYINT NOT NULL PRIMARY KEY,
  realm VARBINARY(253) NOT NULL,
  probes BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO store VALUES (1, '', 0) ON DUPLICATE KEY UPDATE id = 1;

-- Logins are UTF-8, and compared by their bytes. The binary collation that MariaDB and MySQL both have is not enough:
-- it takes 'alice' and 'alice ' for the same.
CREATE TABLE accounts (
  id BIGINT NOT NULL PRIMARY KEY,
  login VARBINARY(253) NOT NULL,
  verifier VARCHAR(64) NOT NULL,  -- hexadecimal H(login:realm:password); equal in value to the password
  enabled TINYINT NOT NULL,
  prefix_shortest TINYINT UNSIGNED,
  prefix_longest TINYINT UNSIGNED,
  server_address VARBINARY(16),
  created_ns BIGINT NOT NULL,
  mtu SMALLINT UNSIGNED,
  update_key VARCHAR(64),  -- hexadecimal SHA-256
  home INT UNSIGNED,  -- the broker that is to serve it; NULL: any
  UNIQUE KEY accounts_by_login (login)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What is not free. Of two claims that overlap both belong to one owner (see PutClaim).
CREATE TABLE claims (
  base VARBINARY(16) NOT NULL,
  length TINYINT UNSIGNED NOT NULL,
  last VARBINARY(16) NOT NULL,  -- base <= X AND X <= last: who has X
  owner BIGINT NOT NULL,  -- an account, or 0: anonymous or quarantined
  state TINYINT UNSIGNED NOT NULL,
  until_ns BIGINT NOT NULL,
  broker INT UNSIGNED NOT NULL,
  PRIMARY KEY (base, length),
  KEY claims_by_owner (owner, length)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- To whom an account's reverse zones are delegated: names in their order, with a blank between them. No row: to nobody.
CREATE TABLE name_servers (
  account BIGINT NOT NULL PRIMARY KEY,
  names TEXT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Live tunnels.
CREATE TABLE tunnels (
  id BIGINT NOT NULL PRIMARY KEY,
  account BIGINT NOT NULL,
  login VARBINARY(253) NOT NULL,  -- of the account when the tunnel was made: it outlives the account
  broker INT UNSIGNED NOT NULL,
  type TINYINT UNSIGNED NOT NULL,
  remote_address VARBINARY(16) NOT NULL,
  remote_port SMALLINT UNSIGNED NOT NULL,
  local_address VARBINARY(16) NOT NULL,
  local_port SMALLINT UNSIGNED NOT NULL,
  inner_address VARBINARY(16) NOT NULL,
  delegated_base VARBINARY(16),
  delegated_length TINYINT UNSIGNED,
  server_address VARBINARY(16) NOT NULL,
  mtu SMALLINT UNSIGNED NOT NULL,
  keepalive_seconds INT UNSIGNED NOT NULL,
  confirmed TINYINT NOT NULL,
  created_ns BIGINT NOT NULL,
  evicted TINYINT UNSIGNED,  -- an EndReason: another broker has its account, and its own broker is to remove it
  KEY tunnels_by_broker (broker, evicted),
  KEY tunnels_by_account (account)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Ended tunnels: who had which address and prefix, when, from which endpoint.
CREATE TABLE tunnel_history (
  entry BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tunnel BIGINT NOT NULL,
  account BIGINT NOT NULL,
  login VARBINARY(253) NOT NULL,
  broker INT UNSIGNED NOT NULL,
  type TINYINT UNSIGNED NOT NULL,
  remote_address VARBINARY(16) NOT NULL,
  remote_port SMALLINT UNSIGNED NOT NULL,
  local_address VARBINARY(16) NOT NULL,
  local_port SMALLINT UNSIGNED NOT NULL,
  inner_address VARBINARY(16) NOT NULL,
  delegated_base VARBINARY(16),
  delegated_length TINYINT UNSIGNED,
  created_ns BIGINT NOT NULL,
  ended_ns BIGINT NOT NULL,
  reason TINYINT UNSIGNED NOT NULL,
  KEY tunnel_history_by_inner_address (inner_address),
  KEY tunnel_history_by_delegated_base (delegated_base)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
