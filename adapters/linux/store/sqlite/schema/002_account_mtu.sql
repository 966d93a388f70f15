-- SPDX-License-Identifier: Apache-2.0
--
-- An account may have an MTU of its own; NULL: that of the configuration.

ALTER TABLE accounts ADD COLUMN mtu INTEGER;
