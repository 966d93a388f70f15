-- SPDX-License-Identifier: Apache-2.0
--
-- Several brokers on one store. An account may have a broker that is to serve it (NULL: any); a tunnel whose account
-- another broker has taken over is evicted, with an EndReason, until its own broker has removed it.

ALTER TABLE accounts ADD COLUMN home INTEGER;
ALTER TABLE tunnels ADD COLUMN evicted INTEGER;

CREATE INDEX tunnels_by_account ON tunnels (account) WHERE account <> 0;
CREATE INDEX tunnels_evicted ON tunnels (broker) WHERE evicted IS NOT NULL;
