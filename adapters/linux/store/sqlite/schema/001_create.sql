-- SPDX-License-Identifier: Apache-2.0
--
-- Addresses are 16 bytes in network order, so that they sort and compare as numbers; IPv4 is mapped (::ffff:a.b.c.d).
-- Times are nanoseconds since 1970, UTC. Enumerations have the numbers of core/include/tsp/store.h.

CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  realm TEXT NOT NULL,
  probes INTEGER NOT NULL
) STRICT;

INSERT INTO store VALUES (1, '', 0);

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  verifier TEXT NOT NULL,  -- hexadecimal H(login:realm:password); equal in value to the password
  enabled INTEGER NOT NULL,
  prefix_shortest INTEGER,
  prefix_longest INTEGER,
  server_address BLOB,
  created_ns INTEGER NOT NULL
) STRICT;

-- What is not free. Of two claims that overlap both belong to one owner (see PutClaim).
CREATE TABLE claims (
  base BLOB NOT NULL CHECK (length(base) = 16),
  length INTEGER NOT NULL CHECK (length BETWEEN 0 AND 128),
  last BLOB NOT NULL CHECK (length(last) = 16),  -- base <= X AND X <= last: who has X
  owner INTEGER NOT NULL,  -- an account, or 0: anonymous or quarantined
  state INTEGER NOT NULL,
  until_ns INTEGER NOT NULL,
  broker INTEGER NOT NULL,
  PRIMARY KEY (base, length)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX claims_by_owner ON claims (owner, length) WHERE owner <> 0;

-- Live tunnels.
CREATE TABLE tunnels (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  login TEXT NOT NULL,  -- of the account when the tunnel was made: it outlives the account
  broker INTEGER NOT NULL,
  type INTEGER NOT NULL,
  remote_address BLOB NOT NULL,
  remote_port INTEGER NOT NULL,
  local_address BLOB NOT NULL,
  local_port INTEGER NOT NULL,
  inner_address BLOB NOT NULL,
  delegated_base BLOB,
  delegated_length INTEGER,
  server_address BLOB NOT NULL,
  mtu INTEGER NOT NULL,
  keepalive_seconds INTEGER NOT NULL,
  confirmed INTEGER NOT NULL,
  created_ns INTEGER NOT NULL
) STRICT;

CREATE INDEX tunnels_by_broker ON tunnels (broker);

-- Ended tunnels: who had which address and prefix, when, from which endpoint.
CREATE TABLE tunnel_history (
  entry INTEGER PRIMARY KEY,
  tunnel INTEGER NOT NULL,
  account INTEGER NOT NULL,
  login TEXT NOT NULL,
  broker INTEGER NOT NULL,
  type INTEGER NOT NULL,
  remote_address BLOB NOT NULL,
  remote_port INTEGER NOT NULL,
  local_address BLOB NOT NULL,
  local_port INTEGER NOT NULL,
  inner_address BLOB NOT NULL,
  delegated_base BLOB,
  delegated_length INTEGER,
  created_ns INTEGER NOT NULL,
  ended_ns INTEGER NOT NULL,
  reason INTEGER NOT NULL
) STRICT;

CREATE INDEX tunnel_history_by_inner_address ON tunnel_history (inner_address);
CREATE INDEX tunnel_history_by_delegated_base ON tunnel_history (delegated_base) WHERE delegated_base IS NOT NULL;
