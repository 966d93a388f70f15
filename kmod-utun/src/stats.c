// SPDX-License-Identifier: GPL-2.0-only
/* Counters: per CPU where each packet counts, atomic where only a drop does. */
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/netlink.h>

#include "utun.h"

void utun_event(struct utun_device *u, enum utun_event event, u64 n)
{
	struct utun_device_stats *stats = get_cpu_ptr(u->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->events[event], n);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(u->stats);
}

/* With @t it counts for the tunnel as well. */
void utun_drop(struct utun_device *u, struct utun_tunnel *t, enum utun_drop reason, u64 n)
{
	struct utun_device_stats *stats = get_cpu_ptr(u->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->drops[reason], n);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(u->stats);
	if (t && reason >= UTUN_DROP_WRONG_VERSION)
		atomic_long_add(n, &t->drops[reason - UTUN_DROP_WRONG_VERSION]);
}

/* How many packets were merged, or will be made of it. */
unsigned int utun_packets_of(const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? max_t(unsigned int, skb_shinfo(skb)->gso_segs, 1) : 1;
}

/* The packet begins at @offset of the data. */
void utun_count_up(struct utun_device *u, struct utun_tunnel *t, const struct sk_buff *skb,
		   unsigned int offset)
{
	struct utun_tunnel_stats *stats = get_cpu_ptr(t->stats);
	unsigned int packets = utun_packets_of(skb);
	unsigned int bytes = skb->len - offset;

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets_up, packets);
	u64_stats_add(&stats->bytes_up, bytes);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(t->stats);
	utun_event(u, UTUN_EVENT_PACKETS_UP, packets);
	utun_event(u, UTUN_EVENT_BYTES_UP, bytes);
}

void utun_count_down(struct utun_device *u, struct utun_tunnel *t, u64 packets, u64 bytes)
{
	struct utun_tunnel_stats *stats = get_cpu_ptr(t->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets_down, packets);
	u64_stats_add(&stats->bytes_down, bytes);
	u64_stats_update_end(&stats->syncp);
	put_cpu_ptr(t->stats);
	utun_event(u, UTUN_EVENT_PACKETS_DOWN, packets);
	utun_event(u, UTUN_EVENT_BYTES_DOWN, bytes);
}

struct utun_sums {
	u64 packets_up, bytes_up, packets_down, bytes_down;
};

static void utun_sum(const struct utun_tunnel *t, struct utun_sums *sums)
{
	int cpu;

	memset(sums, 0, sizeof(*sums));
	for_each_possible_cpu(cpu) {
		const struct utun_tunnel_stats *stats = per_cpu_ptr(t->stats, cpu);
		struct utun_sums one;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			one.packets_up = u64_stats_read(&stats->packets_up);
			one.bytes_up = u64_stats_read(&stats->bytes_up);
			one.packets_down = u64_stats_read(&stats->packets_down);
			one.bytes_down = u64_stats_read(&stats->bytes_down);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		sums->packets_up += one.packets_up;
		sums->bytes_up += one.bytes_up;
		sums->packets_down += one.packets_down;
		sums->bytes_down += one.bytes_down;
	}
}

/* Those that are 0 are left out: most are, and a dump is long. */
static int utun_put_drop(struct sk_buff *msg, int reason, u64 n)
{
	return n ? nla_put_u64_64bit(msg, reason, n, UTUN_DROP_PAD) : 0;
}

static int utun_put_counter(struct sk_buff *msg, int attribute, u64 n)
{
	return nla_put_u64_64bit(msg, attribute, n, UTUN_COUNTER_A_PAD);
}

int utun_put_tunnel_counters(struct sk_buff *msg, const struct utun_tunnel *t, int attribute)
{
	struct nlattr *nest, *drops;
	struct utun_sums sums;
	int i;

	utun_sum(t, &sums);
	nest = nla_nest_start(msg, attribute);
	if (!nest)
		return -EMSGSIZE;
	if (utun_put_counter(msg, UTUN_COUNTER_A_PACKETS_UP, sums.packets_up) ||
	    utun_put_counter(msg, UTUN_COUNTER_A_BYTES_UP, sums.bytes_up) ||
	    utun_put_counter(msg, UTUN_COUNTER_A_PACKETS_DOWN, sums.packets_down) ||
	    utun_put_counter(msg, UTUN_COUNTER_A_BYTES_DOWN, sums.bytes_down))
		goto cancel;
	drops = nla_nest_start(msg, UTUN_COUNTER_A_DROPS);
	if (!drops)
		goto cancel;
	for (i = 0; i < UTUN_TUNNEL_DROPS; i++)
		if (utun_put_drop(msg, UTUN_DROP_WRONG_VERSION + i,
				  atomic_long_read(&t->drops[i])))
			goto cancel;
	nla_nest_end(msg, drops);
	nla_nest_end(msg, nest);
	return 0;

cancel:
	nla_nest_cancel(msg, nest);
	return -EMSGSIZE;
}

static u64 utun_read(const struct utun_device *u, size_t counter)
{
	unsigned int start;
	u64 sum = 0, one;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct utun_device_stats *stats = per_cpu_ptr(u->stats, cpu);
		const u64_stats_t *at = (const void *)stats + counter;

		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			one = u64_stats_read(at);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		sum += one;
	}
	return sum;
}

int utun_put_device_counters(struct sk_buff *msg, const struct utun_device *u, int attribute)
{
	struct nlattr *nest, *drops;
	int i;

	nest = nla_nest_start(msg, attribute);
	if (!nest)
		return -EMSGSIZE;
	/* The attributes are in the order of enum utun_event. */
	for (i = 0; i < UTUN_EVENTS; i++)
		if (utun_put_counter(msg, UTUN_COUNTER_A_PACKETS_UP + i,
				     utun_read(u, offsetof(struct utun_device_stats, events[i]))))
			goto cancel;
	drops = nla_nest_start(msg, UTUN_COUNTER_A_DROPS);
	if (!drops)
		goto cancel;
	for (i = UTUN_DROP_GARBAGE; i <= UTUN_DROP_MAX; i++)
		if (utun_put_drop(msg, i,
				  utun_read(u, offsetof(struct utun_device_stats, drops[i]))))
			goto cancel;
	nla_nest_end(msg, drops);
	nla_nest_end(msg, nest);
	return 0;

cancel:
	nla_nest_cancel(msg, nest);
	return -EMSGSIZE;
}
