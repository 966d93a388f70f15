/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request says of a tunnel. */
#ifndef _UTUN_SPEC_H
#define _UTUN_SPEC_H

#include <net/netlink.h>

#include "tables.h"

struct utun_request {
	struct utun_spec	spec;
	unsigned int		replaces;
	u64			replaced[UTUN_REPLACES_MAX];
};

extern const struct nla_policy utun_tunnel_policy[UTUN_TUNNEL_A_MAX + 1];

int utun_request_parse(struct utun_request *request, const struct nlattr *nest,
		       struct netlink_ext_ack *extack);

#endif /* _UTUN_SPEC_H */
