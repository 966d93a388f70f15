// SPDX-License-Identifier: GPL-2.0-only
/* What a device is told by rtnetlink beside its sockets. All of it under RTNL. */
#include <net/ipv6.h>
#include <net/netlink.h>

#include "utun.h"

static struct utun_config *utun_config_alloc(unsigned int addresses)
{
	struct utun_config *config;

	config = kzalloc(struct_size(config, address, addresses), GFP_KERNEL);
	if (config)
		config->addresses = addresses;
	return config;
}

int utun_config_init(struct utun_device *u)
{
	struct utun_config *config = utun_config_alloc(0);

	if (!config)
		return -ENOMEM;
	config->clamp_mss = true;
	RCU_INIT_POINTER(u->config, config);
	return 0;
}

bool utun_takes_proto41(const struct utun_device *u, __be32 local)
{
	const struct utun_config *config = rcu_dereference(u->config);
	unsigned int i;

	for (i = 0; i < config->addresses; i++)
		if (!config->address[i] || config->address[i] == local)
			return true;
	return false;
}

static int utun_count_addresses(const struct nlattr *list, struct netlink_ext_ack *extack)
{
	const struct nlattr *at;
	int count = 0, rest;

	nla_for_each_nested(at, list, rest) {
		if (nla_type(at) != IFLA_UTUN_ADDRESS || nla_len(at) != sizeof(__be32)) {
			NL_SET_ERR_MSG_ATTR(extack, at, "not an IPv4 address");
			return -EINVAL;
		}
		if (++count > UTUN_ADDRESSES_MAX) {
			NL_SET_ERR_MSG(extack, "too many addresses");
			return -E2BIG;
		}
	}
	return count;
}

static struct utun_config *utun_config_with(const struct utun_config *old,
					    const struct nlattr *list, int count)
{
	struct utun_config *config = utun_config_alloc(list ? count : old->addresses);
	const struct nlattr *at;
	int i = 0, rest;

	if (!config)
		return NULL;
	config->server = old->server;
	config->clamp_mss = old->clamp_mss;
	if (list) {
		nla_for_each_nested(at, list, rest)
			config->address[i++] = nla_get_in_addr(at);
	} else {
		memcpy(config->address, old->address, flex_array_size(old, address,
								      old->addresses));
	}
	return config;
}

/* Takes over what is given; with an error nothing is changed. */
int utun_config_change(struct utun_device *u, struct nlattr *data[],
		       struct netlink_ext_ack *extack)
{
	struct utun_config *old = rtnl_dereference(u->config), *config;
	const struct nlattr *list = data[IFLA_UTUN_PROTO41];
	int count = 0, err;

	if (list) {
		count = utun_count_addresses(list, extack);
		if (count < 0)
			return count;
	}
	config = utun_config_with(old, list, count);
	if (!config)
		return -ENOMEM;
	if (data[IFLA_UTUN_SERVER_ADDRESS])
		config->server = nla_get_in6_addr(data[IFLA_UTUN_SERVER_ADDRESS]);
	if (data[IFLA_UTUN_CLAMP_MSS])
		config->clamp_mss = nla_get_u8(data[IFLA_UTUN_CLAMP_MSS]);
	/* The last thing that may fail. */
	if (data[IFLA_UTUN_SOCKETS]) {
		err = utun_sockets_change(u, data[IFLA_UTUN_SOCKETS], extack);
		if (err) {
			kfree(config);
			return err;
		}
	}
	rcu_assign_pointer(u->config, config);
	kfree_rcu(old, rcu);
	return 0;
}

int utun_config_fill(struct sk_buff *skb, const struct utun_device *u)
{
	const struct utun_config *config = rtnl_dereference(u->config);
	struct nlattr *list;
	unsigned int i;

	list = nla_nest_start(skb, IFLA_UTUN_PROTO41);
	if (!list)
		return -EMSGSIZE;
	for (i = 0; i < config->addresses; i++)
		if (nla_put_in_addr(skb, IFLA_UTUN_ADDRESS, config->address[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, list);
	if (nla_put_in6_addr(skb, IFLA_UTUN_SERVER_ADDRESS, &config->server) ||
	    nla_put_u8(skb, IFLA_UTUN_CLAMP_MSS, config->clamp_mss) ||
	    nla_put_u32(skb, IFLA_UTUN_SOCKET_COUNT, utun_sockets_attached(u)) ||
	    nla_put_u32(skb, IFLA_UTUN_TUNNEL_COUNT, READ_ONCE(u->tables.count)))
		return -EMSGSIZE;
	return 0;
}
