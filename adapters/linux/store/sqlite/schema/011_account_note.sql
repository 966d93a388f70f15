-- SPDX-License-Identifier: Apache-2.0
--
-- What operators note about an account, for themselves. NULL: nothing.

ALTER TABLE accounts ADD COLUMN note TEXT;
