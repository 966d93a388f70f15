-- SPDX-License-Identifier: Apache-2.0
--
-- The list of brokers on the store, and which of them has taken over the account of a tunnel that is evicted.

ALTER TABLE tunnels ADD COLUMN evicted_by INTEGER;

-- As each broker tells of itself; who has not done so for a while is gone. Addresses and prefixes stand with a blank
-- between them.
CREATE TABLE brokers (
  id INTEGER PRIMARY KEY,
  addresses TEXT NOT NULL,  -- where clients are sent to it
  region TEXT NOT NULL,
  weight INTEGER NOT NULL,
  capacity INTEGER NOT NULL,  -- tunnels; 0: no limit is stated
  tunnels INTEGER NOT NULL,
  state INTEGER NOT NULL,
  pools TEXT NOT NULL,
  interval_seconds INTEGER NOT NULL,
  heard_ns INTEGER NOT NULL
) STRICT;
