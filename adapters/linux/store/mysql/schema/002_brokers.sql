-- SPDX-License-Identifier: Apache-2.0
--
-- The list of brokers on the store, and which of them has taken over the account of a tunnel that is evicted.

ALTER TABLE tunnels ADD COLUMN evicted_by INT UNSIGNED;

-- As each broker tells of itself; who has not done so for a while is gone. Addresses and prefixes stand with a blank
-- between them.
CREATE TABLE brokers (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  addresses TEXT NOT NULL,  -- where clients are sent to it
  region VARCHAR(32) NOT NULL,
  weight INT UNSIGNED NOT NULL,
  capacity INT UNSIGNED NOT NULL,  -- tunnels; 0: no limit is stated
  tunnels INT UNSIGNED NOT NULL,
  state TINYINT UNSIGNED NOT NULL,
  pools TEXT NOT NULL,
  interval_seconds INT UNSIGNED NOT NULL,
  heard_ns BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
