/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the module share.
 *
 * Locks: RTNL protects a device's sockets and configuration, utun_device.lock its tunnels, which
 * are only added and removed by netlink requests. Packets take no lock: they run under RCU.
 */
#ifndef _UTUN_H
#define _UTUN_H

#include <linux/netdevice.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <net/dst_cache.h>
#include <net/gro_cells.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>
#include <linux/utun.h>

#include "tables.h"

#define UTUN_OVERHEAD	(sizeof(struct iphdr) + sizeof(struct udphdr))

/* Token buckets of ICMPv6 errors: one a flow in a small table, and one for all. */
#define UTUN_LIMITER_SLOTS	1024

struct utun_limiter {
	u32		seed;
	atomic64_t	all;
	atomic64_t	flows[UTUN_LIMITER_SLOTS];
};

/* What a device is told, replaced whole. */
struct utun_config {
	struct rcu_head	rcu;
	struct in6_addr	server;		/* "::": none */
	bool		clamp_mss;
	unsigned int	addresses;	/* local ones that protocol 41 is taken on */
	__be32		address[];
};

/* The sockets of a device, replaced whole; each is held. One that was closed is NULL. */
struct utun_sockets {
	struct rcu_head		rcu;
	unsigned int		count;
	struct sock __rcu	*sk[];
};

/* Counters that a device has beside those of its tunnels and of every device. */
enum utun_event {
	UTUN_EVENT_PACKETS_UP,
	UTUN_EVENT_BYTES_UP,
	UTUN_EVENT_PACKETS_DOWN,
	UTUN_EVENT_BYTES_DOWN,
	UTUN_EVENT_ECHO_REPLIES,
	UTUN_EVENT_ICMP_ERRORS,
	UTUN_EVENT_OUTER_ERRORS,
	UTUN_EVENT_MSS_CLAMPED,
	UTUN_EVENTS
};

struct utun_device_stats {
	struct u64_stats_sync	syncp;
	u64_stats_t		events[UTUN_EVENTS];
	u64_stats_t		drops[__UTUN_DROP_MAX];
};

struct utun_device {
	struct net_device		*dev;
	struct list_head		list;		/* of its namespace; RTNL, RCU */
	struct utun_config __rcu	*config;	/* RTNL */
	struct utun_sockets __rcu	*sockets;	/* RTNL */
	struct mutex			lock;		/* of tables and dying */
	struct utun_tables		tables;
	bool				dying;
	struct gro_cells		gro_cells;
	struct utun_device_stats __percpu *stats;
	struct ratelimit_state		unknown_limit;
	struct utun_limiter		limiter;
};

/* main.c */
struct list_head *utun_devices_of(const struct net *net);

/* device.c */
extern struct rtnl_link_ops utun_link_ops;

/* config.c */
int utun_config_init(struct utun_device *u);
int utun_config_change(struct utun_device *u, struct nlattr *data[],
		       struct netlink_ext_ack *extack);
int utun_config_fill(struct sk_buff *skb, const struct utun_device *u);
bool utun_takes_proto41(const struct utun_device *u, __be32 local);

/* socket.c */
int utun_sockets_change(struct utun_device *u, struct nlattr *list,
			struct netlink_ext_ack *extack);
void utun_sockets_release(struct utun_device *u);
unsigned int utun_sockets_attached(const struct utun_device *u);
struct sock *utun_socket_for(const struct utun_device *u, const struct utun_path *path);

/* rx.c */
int utun_udp_rcv(struct sock *sk, struct sk_buff *skb);
int utun_udp_err_lookup(struct sock *sk, struct sk_buff *skb);
void utun_receive(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb, int hdr_len,
		  bool xnet);

/* proto41.c */
int utun_proto41_register(void);
void utun_proto41_unregister(void);

/* gro.c */
struct sk_buff *utun_gro_receive(struct sock *sk, struct list_head *head, struct sk_buff *skb);
int utun_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff);

/* tx.c */
netdev_tx_t utun_xmit(struct sk_buff *skb, struct net_device *dev);
bool utun_send(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb);

/* icmp.c */
void utun_limiter_init(struct utun_limiter *limiter);
bool utun_limiter_allow(struct utun_limiter *limiter, const struct in6_addr *source,
			const struct in6_addr *destination, u64 now);
void utun_icmp_error(struct utun_device *u, struct utun_tunnel *t, const struct sk_buff *about,
		     const struct in6_addr *from, u8 type, u8 code, u32 info);
bool utun_is_plain_echo_request(struct sk_buff *skb, int offset);
bool utun_make_echo_reply(struct sk_buff *skb);

/* mss.c */
bool utun_clamp_mss(struct sk_buff *skb, unsigned int mtu);

/* scope.c */
enum utun_scope {
	UTUN_SCOPE_ROUTABLE,
	UTUN_SCOPE_UNSPECIFIED,
	UTUN_SCOPE_LINK_LOCAL,
	UTUN_SCOPE_LINK_MULTICAST,
	UTUN_SCOPE_MULTICAST,
	UTUN_SCOPE_INVALID,
};

enum utun_scope utun_scope_of(const struct in6_addr *address, __be32 own);

static inline bool utun_is_link_scope(enum utun_scope scope)
{
	return scope == UTUN_SCOPE_LINK_LOCAL || scope == UTUN_SCOPE_LINK_MULTICAST;
}

/* stats.c */
void utun_event(struct utun_device *u, enum utun_event event, u64 n);
void utun_drop(struct utun_device *u, struct utun_tunnel *t, enum utun_drop reason, u64 n);
void utun_count_up(struct utun_device *u, struct utun_tunnel *t, const struct sk_buff *skb,
		   unsigned int offset);
void utun_count_down(struct utun_device *u, struct utun_tunnel *t, u64 packets, u64 bytes);
unsigned int utun_packets_of(const struct sk_buff *skb);
int utun_put_tunnel_counters(struct sk_buff *msg, const struct utun_tunnel *t, int attribute);
int utun_put_device_counters(struct sk_buff *msg, const struct utun_device *u, int attribute);

/* netlink.c */
extern struct genl_family utun_genl_family;

/* notify.c */
void utun_notify_unknown(struct utun_device *u, u8 type, const struct utun_path *path,
			 const struct in6_addr *inner_source);
void utun_notify_confirmed(struct utun_device *u, const struct utun_tunnel *t);
void utun_notify_removed(struct utun_device *u, const struct utun_tunnel *t,
			 enum utun_removal reason);

/* selftest.c */
int utun_selftest(void);

#endif /* _UTUN_H */
