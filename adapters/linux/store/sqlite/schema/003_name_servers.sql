-- SPDX-License-Identifier: Apache-2.0
--
-- To whom an account's reverse zones are delegated: names in their order, with a blank between them. No row: to nobody.

CREATE TABLE name_servers (
  account INTEGER PRIMARY KEY,
  names TEXT NOT NULL
) STRICT;
