-- SPDX-License-Identifier: Apache-2.0
--
-- For routers that do not speak TSP: hexadecimal SHA-256 of a random key. NULL: the account has none.

ALTER TABLE accounts ADD COLUMN update_key TEXT;
