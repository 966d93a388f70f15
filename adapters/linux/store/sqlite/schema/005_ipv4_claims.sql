-- SPDX-License-Identifier: Apache-2.0
--
-- An account may have an IPv4 address (mapped, ::ffff:a.b.c.d) beside its IPv6 address: one claim of each length and
-- family.

DROP INDEX claims_by_owner;
CREATE UNIQUE INDEX claims_by_owner
  ON claims (owner, length, substr(base, 1, 12) = x'00000000000000000000FFFF') WHERE owner <> 0;
