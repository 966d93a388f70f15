-- SPDX-License-Identifier: Apache-2.0
--
-- What an account had is asked for by its login, which outlives the account.
CREATE INDEX tunnel_history_by_login ON tunnel_history (login);
