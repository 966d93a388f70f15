// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging what comes from clients: the segments of a TCP connection inside of a tunnel reach the
 * host as one packet. Called by UDP, under RCU, for each datagram to one of our sockets.
 */
#include <linux/udp.h>
#include <net/gro.h>
#include <net/ipv6.h>

#include "utun.h"

/* What comes from no tunnel has to reach the socket as it was sent. */
static bool utun_may_merge(struct sock *sk, struct sk_buff *skb, const u8 *inner)
{
	struct utun_device *u = rcu_dereference_sk_user_data(sk);
	const struct udphdr *udp = (const struct udphdr *)inner - 1;
	const struct iphdr *outer = skb_gro_network_header(skb);
	const struct utun_path path = {
		.remote = outer->saddr,
		.local = outer->daddr,
		.remote_port = udp->source,
		.local_port = udp->dest,
	};

	return u && inner[0] >> 4 == 6 && utun_find_path(&u->tables, &path);
}

struct sk_buff *utun_gro_receive(struct sock *sk, struct list_head *head, struct sk_buff *skb)
{
	unsigned int offset = skb_gro_offset(skb);
	const struct packet_offload *ipv6;
	struct sk_buff *merged = NULL;
	const u8 *inner;
	int flush = 1;

	inner = utun_gro_header(skb, offset + 1, offset);
	if (!utun_gro_socket_is_found(sk) || !inner || !utun_may_merge(sk, skb, inner))
		goto out;
	ipv6 = gro_find_receive_by_type(htons(ETH_P_IPV6));
	if (!ipv6)
		goto out;
	merged = call_gro_receive(ipv6->callbacks.gro_receive, head, skb);
	flush = 0;
out:
	skb_gro_flush_final(skb, merged, flush);
	return merged;
}

int utun_gro_complete(struct sock *sk, struct sk_buff *skb, int nhoff)
{
	const struct packet_offload *ipv6 = gro_find_complete_by_type(htons(ETH_P_IPV6));
	int err = -ENOENT;

	if (ipv6)
		err = ipv6->callbacks.gro_complete(skb, nhoff);
	skb_set_inner_mac_header(skb, nhoff);
	return err;
}
