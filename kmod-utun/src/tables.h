/* SPDX-License-Identifier: GPL-2.0-only */
/* A tunnel, and the tables of a device that find it. */
#ifndef _UTUN_TABLES_H
#define _UTUN_TABLES_H

#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <linux/seqlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/xarray.h>
#include <net/dst_cache.h>
#include <linux/utun.h>

struct netlink_ext_ack;

/* The outer path as the broker sees it; ports are 0 in protocol 41. */
struct utun_path {
	__be32	remote;
	__be32	local;
	__be16	remote_port;
	__be16	local_port;
};

struct utun_prefix {
	struct in6_addr	base;
	u32		length;
};

struct utun_tunnel;

/*
 * What a table holds. While a tunnel is being added its nodes are in the tables already; a node
 * whose key belonged to a tunnel that it replaces has that one's node here.
 */
struct utun_node {
	struct rhash_head	head;
	struct utun_node __rcu	*shadowed;
	u32			place;		/* in its tunnel, in bytes */
	union {
		struct utun_path	path;
		struct utun_prefix	prefix;
	};
};

struct utun_tunnel_stats {
	struct u64_stats_sync	syncp;
	u64_stats_t		packets_up;
	u64_stats_t		bytes_up;
	u64_stats_t		packets_down;
	u64_stats_t		bytes_down;
};

/* What a broker says of a tunnel. */
struct utun_spec {
	u64			id;
	u8			type;
	bool			confirmed;
	u16			mtu;
	struct utun_path	path;
	struct utun_prefix	inner;		/* length 128 */
	struct utun_prefix	delegated;	/* length 0: none */
	struct in6_addr		server;
};

enum utun_state {
	UTUN_PENDING,	/* in the tables, but what it replaces still holds */
	UTUN_LIVE,
	UTUN_DEAD,
};

/* Reasons to drop that are a tunnel's: the last ones. */
#define UTUN_TUNNEL_DROPS	(__UTUN_DROP_MAX - UTUN_DROP_WRONG_VERSION)

/*
 * Never changed once it is in the tables, but for what is said here; a change of a tunnel is
 * another one that replaces it. There are many, so nothing in it has room that it does not need.
 */
struct utun_tunnel {
	u64				id;
	u16				mtu;
	u8				type;
	u8				state;		/* the writer's; see utun_current() */
	atomic_t			confirmed;	/* 0, then 1 for ever */
	struct in6_addr			server;
	struct utun_tunnel __rcu	*successor;	/* live: this one is not */
	struct utun_tunnel_stats __percpu *stats;
	struct dst_cache		dst_cache;
	u64				last_seen;	/* 0: never */
	struct utun_node		path;
	struct utun_node		inner;
	struct utun_node		delegated;	/* length 0: none */
	u64				installed;
	union {
		struct {			/* the writer's, while it is in the tables */
			struct rhash_head	by_id;
			u32			slot;
		};
		struct rcu_head		rcu;	/* afterwards */
	};
	atomic_long_t			drops[UTUN_TUNNEL_DROPS];
};

#define UTUN_PREFIX_LENGTHS	129

struct utun_tables {
	/* Changes while a tunnel takes over: what was found missing then may only have moved. */
	seqlock_t		takeover;
	struct rhashtable	paths;
	struct rhashtable	prefixes;
	/* lengths in use, the longest first: bit 0 is /128 */
	DECLARE_BITMAP(lengths, UTUN_PREFIX_LENGTHS);
	/* the writer's */
	u32			users[UTUN_PREFIX_LENGTHS];
	struct rhashtable	ids;
	struct xarray		slots;	/* dense, so that a dump can be restarted */
	u32			count;
	u32			generation;
};

int utun_tunnel_cache_create(void);
void utun_tunnel_cache_destroy(void);
struct utun_tunnel *utun_tunnel_alloc(const struct utun_spec *spec);
void utun_tunnel_free(struct utun_tunnel *t);
void utun_tunnel_free_rcu(struct utun_tunnel *t);
bool utun_tunnel_is(const struct utun_tunnel *t, const struct utun_spec *spec);

int utun_tables_init(struct utun_tables *tables);
void utun_tables_destroy(struct utun_tables *tables);
int utun_tables_install(struct utun_tables *tables, struct utun_tunnel *t,
			struct utun_tunnel **replaced, unsigned int count,
			struct netlink_ext_ack *extack);
void utun_tables_remove(struct utun_tables *tables, struct utun_tunnel *t);
struct utun_tunnel *utun_find_id(struct utun_tables *tables, u64 id);
struct utun_tunnel *utun_find_path(struct utun_tables *tables, const struct utun_path *path);
struct utun_tunnel *utun_find_inner(struct utun_tables *tables, const struct in6_addr *address);

static inline bool utun_is_own(const struct utun_tunnel *t, const struct in6_addr *address)
{
	const struct utun_prefix *delegated = &t->delegated.prefix;

	return ipv6_addr_equal(address, &t->inner.prefix.base) ||
	       (delegated->length &&
		ipv6_prefix_equal(address, &delegated->base, delegated->length));
}

#endif /* _UTUN_TABLES_H */
