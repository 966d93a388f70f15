// SPDX-License-Identifier: GPL-2.0-only
/* Reading what a request says of a tunnel. */
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include "spec.h"

/* The largest that UDP can carry. */
static struct netlink_range_validation utun_mtu_range = {
	.min = IPV6_MIN_MTU,
	.max = U16_MAX - sizeof(struct iphdr) - sizeof(struct udphdr),
};

/* What only answers have is not named here, and refused. */
const struct nla_policy utun_tunnel_policy[UTUN_TUNNEL_A_MAX + 1] = {
	[UTUN_TUNNEL_A_ID] = { .type = NLA_U64 },
	[UTUN_TUNNEL_A_TYPE] = NLA_POLICY_RANGE(NLA_U8, UTUN_TYPE_V6UDPV4, UTUN_TYPE_V4V6),
	[UTUN_TUNNEL_A_REMOTE] = { .type = NLA_U32 },
	[UTUN_TUNNEL_A_REMOTE_PORT] = { .type = NLA_U16 },
	[UTUN_TUNNEL_A_LOCAL] = { .type = NLA_U32 },
	[UTUN_TUNNEL_A_LOCAL_PORT] = { .type = NLA_U16 },
	[UTUN_TUNNEL_A_INNER] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[UTUN_TUNNEL_A_DELEGATED] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[UTUN_TUNNEL_A_DELEGATED_LENGTH] = NLA_POLICY_RANGE(NLA_U8, 1, 128),
	[UTUN_TUNNEL_A_SERVER] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[UTUN_TUNNEL_A_MTU] = NLA_POLICY_FULL_RANGE(NLA_U32, &utun_mtu_range),
	[UTUN_TUNNEL_A_CONFIRMED] = NLA_POLICY_MAX(NLA_U8, 1),
	[UTUN_TUNNEL_A_REPLACES] = { .type = NLA_U64 },
};

#define UTUN_REFUSE(extack, text) ({			\
	NL_SET_ERR_MSG(extack, text);			\
	-EINVAL;					\
})

static int utun_parse_path(struct utun_path *path, struct nlattr *tb[],
			   struct netlink_ext_ack *extack)
{
	if (!tb[UTUN_TUNNEL_A_REMOTE] || !tb[UTUN_TUNNEL_A_LOCAL])
		return UTUN_REFUSE(extack, "the tunnel lacks an outer address");
	path->remote = nla_get_in_addr(tb[UTUN_TUNNEL_A_REMOTE]);
	path->local = nla_get_in_addr(tb[UTUN_TUNNEL_A_LOCAL]);
	if (ipv4_is_zeronet(path->remote) || ipv4_is_multicast(path->remote) ||
	    ipv4_is_lbcast(path->remote))
		return UTUN_REFUSE(extack, "the remote address is no host's");
	if (ipv4_is_zeronet(path->local) || ipv4_is_multicast(path->local) ||
	    ipv4_is_lbcast(path->local))
		return UTUN_REFUSE(extack, "the local address is no host's");
	return 0;
}

static int utun_parse_ports(struct utun_spec *spec, struct nlattr *tb[],
			    struct netlink_ext_ack *extack)
{
	struct nlattr *remote = tb[UTUN_TUNNEL_A_REMOTE_PORT];
	struct nlattr *local = tb[UTUN_TUNNEL_A_LOCAL_PORT];

	if (spec->type == UTUN_TYPE_V6V4) {
		if (remote || local)
			return UTUN_REFUSE(extack, "protocol 41 has no ports");
		return 0;
	}
	if (!remote || !local)
		return UTUN_REFUSE(extack, "the tunnel lacks a port");
	spec->path.remote_port = nla_get_be16(remote);
	spec->path.local_port = nla_get_be16(local);
	if (!spec->path.remote_port || !spec->path.local_port)
		return UTUN_REFUSE(extack, "port 0 is no port");
	return 0;
}

static int utun_parse_type(struct utun_spec *spec, struct nlattr *tb[],
			   struct netlink_ext_ack *extack)
{
	if (!tb[UTUN_TUNNEL_A_TYPE])
		return UTUN_REFUSE(extack, "the tunnel lacks its type");
	spec->type = nla_get_u8(tb[UTUN_TUNNEL_A_TYPE]);
	if (spec->type == UTUN_TYPE_V4V6) {
		NL_SET_ERR_MSG(extack, "this module has no tunnels of IPv4 in IPv6");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int utun_parse_delegated(struct utun_prefix *delegated, struct nlattr *tb[],
				struct netlink_ext_ack *extack)
{
	struct nlattr *base = tb[UTUN_TUNNEL_A_DELEGATED];
	struct nlattr *length = tb[UTUN_TUNNEL_A_DELEGATED_LENGTH];
	struct in6_addr masked;

	if (!base != !length)
		return UTUN_REFUSE(extack, "a prefix and its length go together");
	if (!base)
		return 0;
	delegated->base = nla_get_in6_addr(base);
	delegated->length = nla_get_u8(length);
	ipv6_addr_prefix(&masked, &delegated->base, delegated->length);
	if (!ipv6_addr_equal(&masked, &delegated->base))
		return UTUN_REFUSE(extack, "the prefix has bits beyond its length");
	return 0;
}

static int utun_parse_inner(struct utun_spec *spec, struct nlattr *tb[],
			    struct netlink_ext_ack *extack)
{
	if (!tb[UTUN_TUNNEL_A_INNER])
		return UTUN_REFUSE(extack, "the tunnel lacks its inner address");
	if (!tb[UTUN_TUNNEL_A_SERVER])
		return UTUN_REFUSE(extack, "the tunnel lacks the server address");
	spec->inner.base = nla_get_in6_addr(tb[UTUN_TUNNEL_A_INNER]);
	spec->inner.length = 128;
	spec->server = nla_get_in6_addr(tb[UTUN_TUNNEL_A_SERVER]);
	if (ipv6_addr_any(&spec->inner.base) || ipv6_addr_is_multicast(&spec->inner.base))
		return UTUN_REFUSE(extack, "the inner address is no host's");
	if (ipv6_addr_any(&spec->server) || ipv6_addr_is_multicast(&spec->server))
		return UTUN_REFUSE(extack, "the server address is no host's");
	return utun_parse_delegated(&spec->delegated, tb, extack);
}

static int utun_parse_replaces(struct utun_request *request, const struct nlattr *nest,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *at;
	int rest;

	nla_for_each_nested(at, nest, rest) {
		if (nla_type(at) != UTUN_TUNNEL_A_REPLACES)
			continue;
		if (request->replaces == UTUN_REPLACES_MAX) {
			NL_SET_ERR_MSG(extack, "too many tunnels to replace");
			return -E2BIG;
		}
		request->replaced[request->replaces++] = nla_get_u64(at);
	}
	return 0;
}

/**
 * utun_request_parse() - read a tunnel
 * @request: zeroed; has the id of the tunnel afterwards, if it has one, whatever is returned
 * @nest: UTUN_A_TUNNEL
 * @extack: what is wrong
 *
 * Return: 0, or a negative error.
 */
int utun_request_parse(struct utun_request *request, const struct nlattr *nest,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[UTUN_TUNNEL_A_MAX + 1];
	struct utun_spec *spec = &request->spec;
	int err;

	/* The family's policy has it in it: each attribute has been looked at already. */
	err = nla_parse_nested(tb, UTUN_TUNNEL_A_MAX, nest, NULL, extack);
	if (err)
		return err;
	if (!tb[UTUN_TUNNEL_A_ID])
		return UTUN_REFUSE(extack, "the tunnel lacks its id");
	spec->id = nla_get_u64(tb[UTUN_TUNNEL_A_ID]);
	if (!tb[UTUN_TUNNEL_A_MTU])
		return UTUN_REFUSE(extack, "the tunnel lacks its MTU");
	spec->mtu = nla_get_u32(tb[UTUN_TUNNEL_A_MTU]);
	if (tb[UTUN_TUNNEL_A_CONFIRMED])
		spec->confirmed = nla_get_u8(tb[UTUN_TUNNEL_A_CONFIRMED]);
	err = utun_parse_type(spec, tb, extack);
	if (!err)
		err = utun_parse_path(&spec->path, tb, extack);
	if (!err)
		err = utun_parse_ports(spec, tb, extack);
	if (!err)
		err = utun_parse_inner(spec, tb, extack);
	return err ?: utun_parse_replaces(request, nest, extack);
}
