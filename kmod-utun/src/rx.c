// SPDX-License-Identifier: GPL-2.0-only
/* From clients: which packets are taken, and what becomes of them. */
#include <linux/icmpv6.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "utun.h"

/* What is done with a packet: a reason to drop it, or one of these. */
#define UTUN_FORWARD	0
#define UTUN_ECHO	-1

struct utun_verdict {
	int action;
	/* It is a sign of life, and confirms the endpoint. */
	bool alive;
};

static struct utun_verdict utun_drop_as(enum utun_drop reason)
{
	return (struct utun_verdict){ .action = reason };
}

/*
 * A source that is not the client's own is a violation, but for what every host sends on a new
 * link: router solicitations, duplicate address detection, multicast listener reports.
 */
static struct utun_verdict utun_judge_foreign(const struct utun_tunnel *t,
					      const struct ipv6hdr *header)
{
	__be32 own = t->path.path.local;

	switch (utun_scope_of(&header->saddr, own)) {
	case UTUN_SCOPE_LINK_LOCAL:
		return utun_drop_as(UTUN_DROP_LINK_SCOPE);
	case UTUN_SCOPE_UNSPECIFIED:
		if (utun_is_link_scope(utun_scope_of(&header->daddr, own)))
			return utun_drop_as(UTUN_DROP_LINK_SCOPE);
		return utun_drop_as(UTUN_DROP_INVALID_SOURCE);
	case UTUN_SCOPE_LINK_MULTICAST:
	case UTUN_SCOPE_MULTICAST:
	case UTUN_SCOPE_INVALID:
		return utun_drop_as(UTUN_DROP_INVALID_SOURCE);
	case UTUN_SCOPE_ROUTABLE:
		break;
	}
	return utun_drop_as(UTUN_DROP_FOREIGN_SOURCE);
}

/* The packet begins at @offset, and its header is in the linear part and is right. */
static struct utun_verdict utun_judge(const struct utun_tunnel *t, struct sk_buff *skb,
				      int offset)
{
	const struct ipv6hdr *header = (struct ipv6hdr *)(skb->data + offset);

	if (!utun_is_own(t, &header->saddr))
		return utun_judge_foreign(t, header);
	/* It is at the other end of the tunnel itself: nothing is routed. */
	if (ipv6_addr_equal(&header->daddr, &t->server) && utun_is_plain_echo_request(skb, offset))
		return (struct utun_verdict){ .action = UTUN_ECHO, .alive = true };
	switch (utun_scope_of(&header->daddr, t->path.path.local)) {
	case UTUN_SCOPE_LINK_LOCAL:
	case UTUN_SCOPE_LINK_MULTICAST:
		return (struct utun_verdict){ .action = UTUN_DROP_LINK_SCOPE, .alive = true };
	case UTUN_SCOPE_UNSPECIFIED:
	case UTUN_SCOPE_MULTICAST:
	case UTUN_SCOPE_INVALID:
		return utun_drop_as(UTUN_DROP_INVALID_DESTINATION);
	case UTUN_SCOPE_ROUTABLE:
		break;
	}
	if (!header->hop_limit)
		return utun_drop_as(UTUN_DROP_HOP_LIMIT);
	return (struct utun_verdict){ .action = UTUN_FORWARD, .alive = true };
}

static struct utun_verdict utun_check(const struct utun_tunnel *t, struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *header;
	size_t announced, length;

	header = (struct ipv6hdr *)(skb->data + offset);
	if (header->version != 6)
		return utun_drop_as(UTUN_DROP_WRONG_VERSION);
	announced = sizeof(*header) + ntohs(header->payload_len);
	length = skb->len - offset;
	if (length < announced)
		return utun_drop_as(UTUN_DROP_TRUNCATED);
	if (length > announced)
		return utun_drop_as(UTUN_DROP_LENGTH_MISMATCH);
	return utun_judge(t, skb, offset);
}

static void utun_mark_alive(struct utun_device *u, struct utun_tunnel *t)
{
	u64 now = ktime_get_coarse_ns();

	/* The line is shared by all CPUs, and the clock has some hundred instants a second. */
	if (READ_ONCE(t->last_seen) != now)
		WRITE_ONCE(t->last_seen, now);
	if (likely(atomic_read(&t->confirmed)))
		return;
	if (!atomic_xchg(&t->confirmed, 1))
		utun_notify_confirmed(u, t);
}

/* To the inner packet: afterwards it begins the data. */
static bool utun_decapsulate(struct utun_device *u, struct sk_buff *skb, int hdr_len, bool xnet)
{
	if (iptunnel_pull_header(skb, hdr_len, htons(ETH_P_IPV6), xnet))
		return false;
	skb->dev = u->dev;
	skb->pkt_type = PACKET_HOST;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	return true;
}

static void utun_answer_echo(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb)
{
	if (!utun_make_echo_reply(skb)) {
		utun_drop(u, t, UTUN_DROP_BAD_CHECKSUM, 1);
		kfree_skb(skb);
	} else if (utun_send(u, t, skb)) {
		utun_event(u, UTUN_EVENT_ECHO_REPLIES, 1);
	}
}

static void utun_forward(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb,
			 const struct iphdr *outer)
{
	unsigned int packets = utun_packets_of(skb);
	unsigned int length = skb->len;

	if (IP_ECN_decapsulate(outer, skb) > 1) {
		utun_drop(u, t, UTUN_DROP_ECN, packets);
		kfree_skb(skb);
		return;
	}
	if (rcu_dereference(u->config)->clamp_mss && utun_clamp_mss(skb, t->mtu))
		utun_event(u, UTUN_EVENT_MSS_CLAMPED, 1);
	if (gro_cells_receive(&u->gro_cells, skb) == NET_RX_SUCCESS)
		dev_sw_netstats_rx_add(u->dev, length);
	else
		utun_drop(u, t, UTUN_DROP_SEND_FAILED, packets);
}

/**
 * utun_receive() - take a packet that came from the endpoint of a tunnel
 * @u: the device
 * @t: the tunnel
 * @skb: with the outer IPv4 header as network header, and the inner header in the linear part
 * @hdr_len: where the inner packet begins in the data
 * @xnet: it came from another network namespace than the device's
 */
void utun_receive(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb, int hdr_len,
		  bool xnet)
{
	struct utun_verdict verdict = utun_check(t, skb, hdr_len);
	struct iphdr outer = { .tos = ip_hdr(skb)->tos };

	/* UDP hands over what it has made of a super-packet one by one, but still linked. */
	skb_mark_not_on_list(skb);
	if (verdict.alive)
		utun_mark_alive(u, t);
	if (verdict.action > 0) {
		utun_drop(u, t, verdict.action, utun_packets_of(skb));
		kfree_skb(skb);
		return;
	}
	utun_count_up(u, t, skb, hdr_len);
	if (!utun_decapsulate(u, skb, hdr_len, xnet)) {
		utun_drop(u, t, UTUN_DROP_SEND_FAILED, 1);
		kfree_skb(skb);
	} else if (verdict.action == UTUN_ECHO) {
		utun_answer_echo(u, t, skb);
	} else {
		utun_forward(u, t, skb, &outer);
	}
}

/* A packet of IPv6 by its first nibble and by its size; anything else is not for us. */
static bool utun_is_inner(const struct sk_buff *skb, int offset)
{
	const u8 *first;
	u8 buffer;

	if (skb->len < offset + sizeof(struct ipv6hdr))
		return false;
	first = skb_header_pointer(skb, offset, 1, &buffer);
	return first && *first >> 4 == 6;
}

/* Called by UDP, under RCU. 0: it is ours; else the socket gets it. */
int utun_udp_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct utun_device *u = rcu_dereference_sk_user_data(sk);
	int offset = sizeof(struct udphdr);
	struct utun_path path;
	struct utun_tunnel *t;

	if (!u || !utun_is_inner(skb, offset) ||
	    !pskb_may_pull(skb, offset + sizeof(struct ipv6hdr)))
		return 1;
	path.remote = ip_hdr(skb)->saddr;
	path.local = ip_hdr(skb)->daddr;
	path.remote_port = udp_hdr(skb)->source;
	path.local_port = udp_hdr(skb)->dest;
	t = utun_find_path(&u->tables, &path);
	if (unlikely(!t)) {
		const struct ipv6hdr *header = (struct ipv6hdr *)(skb->data + offset);

		utun_drop(u, NULL, UTUN_DROP_UNKNOWN_ENDPOINT, utun_packets_of(skb));
		utun_notify_unknown(u, UTUN_TYPE_V6UDPV4, &path, &header->saddr);
		return 1;
	}
	utun_receive(u, t, skb, offset, !net_eq(sock_net(sk), dev_net(u->dev)));
	return 0;
}

/*
 * Called by UDP about a datagram that has come back in an ICMP error, to be told whose it is. All
 * that leaves by our port does so in the socket's name, and what it makes of errors is its own
 * choice: they say nothing about a tunnel, because anybody can forge them.
 */
int utun_udp_err_lookup(struct sock *sk, struct sk_buff *skb)
{
	return rcu_dereference_sk_user_data(sk) ? 0 : -ENOENT;
}
