/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the module is built for, so that its sources need not
 * know. probe.sh looks for the forms; this is included before each source file.
 */
#ifndef _UTUN_COMPAT_H
#define _UTUN_COMPAT_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/genetlink.h>
#include <net/gro.h>
#include <net/inet_sock.h>
#include <net/ip_tunnels.h>
#include <net/rtnetlink.h>
#include <net/udp_tunnel.h>

/* ---- network devices ---- */

/*
 * Statistics per CPU, transmission without a lock, and no moving to another network namespace:
 * packets of protocol 41 are looked up in the one where the device was made.
 */
static inline void utun_set_device_flags(struct net_device *dev)
{
#ifdef UTUN_HAVE_PCPU_STAT_TYPE
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
#endif
#ifdef UTUN_HAVE_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
#if defined(UTUN_HAVE_NETNS_IMMUTABLE)
	dev->netns_immutable = true;
#elif defined(UTUN_HAVE_NETNS_LOCAL)
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

/* Newer kernels do this by themselves. */
static inline int utun_tstats_alloc(struct net_device *dev)
{
#ifndef UTUN_HAVE_PCPU_STAT_TYPE
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
#endif
	return 0;
}

static inline void utun_tstats_free(struct net_device *dev)
{
#ifndef UTUN_HAVE_PCPU_STAT_TYPE
	free_percpu(dev->tstats);
	dev->tstats = NULL;
#endif
}

#ifndef UTUN_HAVE_TSTATS64
static inline void dev_get_tstats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	netdev_stats_to_stats64(s, &dev->stats);
	dev_fetch_sw_netstats(s, dev->tstats);
}
#endif

#ifndef UTUN_HAVE_DEV_STATS
#define DEV_STATS_INC(dev, name) ((dev)->stats.name++)
#endif

/* device.c */
int utun_make_link(struct net_device *dev, struct nlattr *data[], struct netlink_ext_ack *extack);

#ifdef UTUN_HAVE_NEWLINK_PARAMS
static inline int utun_newlink(struct net_device *dev, struct rtnl_newlink_params *params,
			       struct netlink_ext_ack *extack)
{
	return utun_make_link(dev, params->data, extack);
}
#else
static inline int utun_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			       struct nlattr *data[], struct netlink_ext_ack *extack)
{
	return utun_make_link(dev, data, extack);
}
#endif

/* ---- packets ---- */

#ifndef UTUN_HAVE_NETWORK_MAY_PULL
static inline bool utun_network_may_pull(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, skb_network_offset(skb) + len);
}
#define pskb_network_may_pull utun_network_may_pull
#endif

#ifdef UTUN_HAVE_UDP_IPCB_FLAGS
#define udp_tunnel_xmit_skb(...) udp_tunnel_xmit_skb(__VA_ARGS__, 0)
#endif

#ifdef UTUN_HAVE_IPCB_FLAGS
#define iptunnel_xmit(...) iptunnel_xmit(__VA_ARGS__, 0)
#endif

/* ---- GRO ---- */

static inline void *utun_gro_header(struct sk_buff *skb, unsigned int hlen, unsigned int offset)
{
#ifdef UTUN_HAVE_GRO_HEADER
	return skb_gro_header(skb, hlen, offset);
#else
	if (skb_gro_header_hard(skb, hlen))
		return skb_gro_header_slow(skb, hlen, offset);
	return skb_gro_header_fast(skb, offset);
#endif
}

/*
 * Before Linux 6.10 udp_gro_complete() looks the socket up with the inner addresses, so that it
 * finds only one that is bound to no address; what has been merged for another is dropped.
 */
static inline bool utun_gro_socket_is_found(const struct sock *sk)
{
#ifdef UTUN_HAVE_GRO_OFFSETS
	return true;
#else
	return !inet_sk(sk)->inet_rcv_saddr;
#endif
}

/* ---- sockets ---- */

static inline void utun_setup_udp_tunnel_sock(struct net *net, struct socket *socket,
					      struct udp_tunnel_sock_cfg *config)
{
#ifdef UTUN_HAVE_SETUP_SOCK
	setup_udp_tunnel_sock(net, socket->sk, config);
#else
	setup_udp_tunnel_sock(net, socket, config);
#endif
}

/* Linux 6.16 keeps a list of gro_receive functions that has to forget ours. */
static inline void utun_udp_tunnel_cleanup_gro(struct sock *sk)
{
#ifdef UTUN_HAVE_CLEANUP_GRO
	udp_tunnel_cleanup_gro(sk);
#endif
}

/* Whether the socket takes several datagrams as one (UDP_GRO). */
static inline bool utun_udp_accepts_merged(const struct sock *sk)
{
#ifdef UTUN_HAVE_UDP_FLAGS
	return udp_test_bit(ACCEPT_L4, sk);
#else
	return udp_sk(sk)->accept_udp_l4;
#endif
}

/* ---- generic netlink ---- */

static inline struct nlattr **utun_dump_attrs(struct netlink_callback *cb)
{
#ifdef UTUN_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* _UTUN_COMPAT_H */
