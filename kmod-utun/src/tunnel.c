// SPDX-License-Identifier: GPL-2.0-only
/* Making and freeing tunnels. */
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/ipv6.h>

#include "tables.h"

static struct kmem_cache *utun_tunnel_cache;

int utun_tunnel_cache_create(void)
{
	/* A cache of its own packs them closer than the next power of two. */
	utun_tunnel_cache = KMEM_CACHE(utun_tunnel, SLAB_ACCOUNT);
	return utun_tunnel_cache ? 0 : -ENOMEM;
}

/* Callbacks of RCU may be on their way still. */
void utun_tunnel_cache_destroy(void)
{
	rcu_barrier();
	kmem_cache_destroy(utun_tunnel_cache);
}

struct utun_tunnel *utun_tunnel_alloc(const struct utun_spec *spec)
{
	struct utun_tunnel *t;
	int cpu;

	t = kmem_cache_zalloc(utun_tunnel_cache, GFP_KERNEL);
	if (!t)
		return NULL;
	t->stats = alloc_percpu_gfp(struct utun_tunnel_stats, GFP_KERNEL_ACCOUNT);
	if (!t->stats)
		goto free_tunnel;
	if (dst_cache_init(&t->dst_cache, GFP_KERNEL_ACCOUNT))
		goto free_stats;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(t->stats, cpu)->syncp);

	t->id = spec->id;
	t->type = spec->type;
	t->state = UTUN_PENDING;
	atomic_set(&t->confirmed, spec->confirmed);
	t->mtu = spec->mtu;
	t->server = spec->server;
	t->installed = ktime_get_ns();
	t->path.path = spec->path;
	t->path.place = offsetof(struct utun_tunnel, path);
	t->inner.prefix = spec->inner;
	t->inner.place = offsetof(struct utun_tunnel, inner);
	t->delegated.prefix = spec->delegated;
	t->delegated.place = offsetof(struct utun_tunnel, delegated);
	return t;

free_stats:
	free_percpu(t->stats);
free_tunnel:
	kmem_cache_free(utun_tunnel_cache, t);
	return NULL;
}

void utun_tunnel_free(struct utun_tunnel *t)
{
	dst_cache_destroy(&t->dst_cache);
	free_percpu(t->stats);
	kmem_cache_free(utun_tunnel_cache, t);
}

static void utun_tunnel_rcu(struct rcu_head *rcu)
{
	utun_tunnel_free(container_of(rcu, struct utun_tunnel, rcu));
}

void utun_tunnel_free_rcu(struct utun_tunnel *t)
{
	call_rcu(&t->rcu, utun_tunnel_rcu);
}

static bool utun_prefix_is(const struct utun_prefix *a, const struct utun_prefix *b)
{
	return a->length == b->length && ipv6_addr_equal(&a->base, &b->base);
}

/* Whether it was made of this; that it has been confirmed since does not matter. */
bool utun_tunnel_is(const struct utun_tunnel *t, const struct utun_spec *spec)
{
	return t->id == spec->id && t->type == spec->type && t->mtu == spec->mtu &&
	       !memcmp(&t->path.path, &spec->path, sizeof(spec->path)) &&
	       utun_prefix_is(&t->inner.prefix, &spec->inner) &&
	       utun_prefix_is(&t->delegated.prefix, &spec->delegated) &&
	       ipv6_addr_equal(&t->server, &spec->server);
}
