// SPDX-License-Identifier: GPL-2.0-only
/* The network device, as rtnetlink makes, changes and removes it. */
#include <linux/if_arp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netlink.h>

#include "utun.h"

#define UTUN_FEATURES (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | \
		       NETIF_F_RXCSUM | NETIF_F_GSO_SOFTWARE)

/* Inner packets of full size on a path of 1500 bytes. Tunnels have MTUs of their own. */
#define UTUN_MTU	(ETH_DATA_LEN - UTUN_OVERHEAD)

#define UTUN_UNKNOWN_EVENTS_PER_SECOND	20

static int utun_stats_init(struct utun_device *u)
{
	int cpu;

	u->stats = alloc_percpu(struct utun_device_stats);
	if (!u->stats)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(u->stats, cpu)->syncp);
	return 0;
}

static int utun_init(struct net_device *dev)
{
	struct utun_device *u = netdev_priv(dev);
	int err;

	u->dev = dev;
	INIT_LIST_HEAD(&u->list);
	mutex_init(&u->lock);
	utun_limiter_init(&u->limiter);
	ratelimit_state_init(&u->unknown_limit, HZ, UTUN_UNKNOWN_EVENTS_PER_SECOND);
	/* No client shall be able to fill the log. */
	ratelimit_set_flags(&u->unknown_limit, RATELIMIT_MSG_ON_RELEASE);
	err = utun_stats_init(u);
	if (err)
		return err;
	err = utun_config_init(u);
	if (err)
		goto free_stats;
	err = utun_tstats_alloc(dev);
	if (err)
		goto free_config;
	err = gro_cells_init(&u->gro_cells, dev);
	if (err)
		goto free_tstats;
	err = utun_tables_init(&u->tables);
	if (err)
		goto free_cells;
	list_add_tail_rcu(&u->list, utun_devices_of(dev_net(dev)));
	return 0;

free_cells:
	gro_cells_destroy(&u->gro_cells);
free_tstats:
	utun_tstats_free(dev);
free_config:
	kfree(rcu_dereference_protected(u->config, true));
free_stats:
	free_percpu(u->stats);
	return err;
}

static void utun_remove_tunnels(struct utun_device *u)
{
	struct utun_tunnel *t;
	unsigned long slot;

	mutex_lock(&u->lock);
	u->dying = true;
	xa_for_each(&u->tables.slots, slot, t) {
		utun_tables_remove(&u->tables, t);
		utun_tunnel_free_rcu(t);
		cond_resched();
	}
	mutex_unlock(&u->lock);
}

static void utun_uninit(struct net_device *dev)
{
	struct utun_device *u = netdev_priv(dev);

	utun_notify_removed(u, NULL, UTUN_REMOVED_DEVICE_GONE);
	list_del_rcu(&u->list);
	utun_sockets_release(u);
	utun_remove_tunnels(u);
	synchronize_net();	/* with whoever has found the device by a socket or by the list */
	utun_tables_destroy(&u->tables);
	gro_cells_destroy(&u->gro_cells);
	kfree(rtnl_dereference(u->config));
	utun_tstats_free(dev);
	free_percpu(u->stats);
}

/* No link-local address, router solicitations and the like: there is no neighbour to hear them. */
static int utun_open(struct net_device *dev)
{
	struct inet6_dev *ipv6 = __in6_dev_get(dev);

	if (ipv6)
		WRITE_ONCE(ipv6->cnf.addr_gen_mode, IN6_ADDR_GEN_MODE_NONE);
	return 0;
}

static const struct net_device_ops utun_netdev_ops = {
	.ndo_init = utun_init,
	.ndo_uninit = utun_uninit,
	.ndo_open = utun_open,
	.ndo_start_xmit = utun_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
};

static const struct device_type utun_type = { .name = "utun" };

static void utun_setup(struct net_device *dev)
{
	dev->netdev_ops = &utun_netdev_ops;
	SET_NETDEV_DEVTYPE(dev, &utun_type);
	dev->needs_free_netdev = true;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->hard_header_len = 0;
	dev->addr_len = 0;
	dev->needed_headroom = LL_MAX_HEADER + UTUN_OVERHEAD;
	dev->mtu = UTUN_MTU;
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - UTUN_OVERHEAD;
	dev->features |= UTUN_FEATURES;
	dev->hw_features |= UTUN_FEATURES;
	utun_set_device_flags(dev);
	netif_keep_dst(dev);
}

static const struct nla_policy utun_link_policy[IFLA_UTUN_MAX + 1] = {
	[IFLA_UTUN_UNSPEC] = { .strict_start_type = IFLA_UTUN_UNSPEC + 1 },
	[IFLA_UTUN_SOCKETS] = { .type = NLA_NESTED },
	[IFLA_UTUN_PROTO41] = { .type = NLA_NESTED },
	[IFLA_UTUN_SERVER_ADDRESS] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_UTUN_CLAMP_MSS] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_UTUN_SOCKET_COUNT] = { .type = NLA_REJECT },
	[IFLA_UTUN_TUNNEL_COUNT] = { .type = NLA_REJECT },
};

static int utun_changelink(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	return data ? utun_config_change(netdev_priv(dev), data, extack) : 0;
}

/* What newlink is, in all its forms. */
int utun_make_link(struct net_device *dev, struct nlattr *data[], struct netlink_ext_ack *extack)
{
	int err;

	err = register_netdevice(dev);
	if (err)
		return err;
	netif_carrier_off(dev);
	err = utun_changelink(dev, NULL, data, extack);
	if (err)
		unregister_netdevice(dev);
	return err;
}

/* Under RTNL, or under RCU alone when the devices of a namespace are listed. */
static size_t utun_get_size(const struct net_device *dev)
{
	const struct utun_device *u = netdev_priv(dev);
	unsigned int addresses = rcu_dereference_rtnl(u->config)->addresses;

	return nla_total_size(addresses * nla_total_size(sizeof(__be32))) +
	       nla_total_size(sizeof(struct in6_addr)) +	/* IFLA_UTUN_SERVER_ADDRESS */
	       nla_total_size(sizeof(u8)) +			/* IFLA_UTUN_CLAMP_MSS */
	       2 * nla_total_size(sizeof(u32));			/* the two counts */
}

static int utun_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	return utun_config_fill(skb, netdev_priv(dev));
}

struct rtnl_link_ops utun_link_ops __read_mostly = {
	.kind = "utun",
	.maxtype = IFLA_UTUN_MAX,
	.policy = utun_link_policy,
	.priv_size = sizeof(struct utun_device),
	.setup = utun_setup,
	.newlink = utun_newlink,
	.changelink = utun_changelink,
	.get_size = utun_get_size,
	.fill_info = utun_fill_info,
};
