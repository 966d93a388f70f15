// SPDX-License-Identifier: GPL-2.0-only
/* To clients. */
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <net/gso.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/udp_tunnel.h>

#include "utun.h"

/* ---- which packets may go ---- */

/* A reason to drop, or 0. */
static int utun_refusal_of_source(const struct utun_tunnel *t, const struct in6_addr *source)
{
	switch (utun_scope_of(source, t->path.path.local)) {
	case UTUN_SCOPE_LINK_LOCAL:
		return UTUN_DROP_LINK_SCOPE;
	case UTUN_SCOPE_UNSPECIFIED:
	case UTUN_SCOPE_LINK_MULTICAST:
	case UTUN_SCOPE_MULTICAST:
	case UTUN_SCOPE_INVALID:
		return UTUN_DROP_INVALID_SOURCE;
	case UTUN_SCOPE_ROUTABLE:
		break;
	}
	return 0;
}

static bool utun_fits(const struct sk_buff *skb, unsigned int mtu)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, mtu) : skb->len <= mtu;
}

/* What the host tells its neighbours on each link (MLD, router advertisements) is for nobody. */
static void utun_refuse_unroutable(struct utun_device *u, struct sk_buff *skb)
{
	const struct ipv6hdr *header = ipv6_hdr(skb);
	struct in6_addr server;

	if (utun_is_link_scope(utun_scope_of(&header->daddr, 0)))
		return;
	utun_drop(u, NULL, UTUN_DROP_NO_TUNNEL, 1);
	server = rcu_dereference(u->config)->server;
	if (!ipv6_addr_any(&server))
		utun_icmp_error(u, NULL, skb, &server, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
}

/* IPv4 has no tunnels here. */
static void utun_refuse_other(struct utun_device *u, struct sk_buff *skb)
{
	const struct iphdr *header;
	struct iphdr buffer;

	header = skb_header_pointer(skb, skb_network_offset(skb), sizeof(buffer), &buffer);
	if (!header || header->version != 4)
		utun_drop(u, NULL, UTUN_DROP_NOT_IP, 1);
	else if (!ipv4_is_local_multicast(header->daddr) && !ipv4_is_lbcast(header->daddr) &&
		 !ipv4_is_linklocal_169(header->daddr))
		utun_drop(u, NULL, UTUN_DROP_NO_TUNNEL, 1);
}

/* Whether it may go; else it is counted and, where due, answered. */
static bool utun_admit(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb)
{
	unsigned int packets = utun_packets_of(skb);
	int reason;

	/* First of all: not even Packet Too Big may be caused by a tunnel that was aimed at a
	 * stranger.
	 */
	if (!atomic_read(&t->confirmed)) {
		utun_drop(u, t, UTUN_DROP_UNCONFIRMED, packets);
		return false;
	}
	reason = utun_refusal_of_source(t, &ipv6_hdr(skb)->saddr);
	if (reason) {
		utun_drop(u, t, reason, packets);
		return false;
	}
	if (!utun_fits(skb, t->mtu)) {
		utun_drop(u, t, UTUN_DROP_TOO_BIG, packets);
		utun_icmp_error(u, t, skb, &t->server, ICMPV6_PKT_TOOBIG, 0, t->mtu);
		return false;
	}
	return true;
}

/* ---- sending ---- */

/* Takes a reference, as the cache does. */
static struct rtable *utun_route(struct utun_device *u, struct utun_tunnel *t, struct sock *sk)
{
	const struct utun_path *path = &t->path.path;
	struct net *net = sk ? sock_net(sk) : dev_net(u->dev);
	struct flowi4 fl4 = {
		.flowi4_oif = sk ? READ_ONCE(sk->sk_bound_dev_if) : 0,
		.flowi4_mark = sk ? READ_ONCE(sk->sk_mark) : 0,
		.flowi4_proto = t->type == UTUN_TYPE_V6UDPV4 ? IPPROTO_UDP : IPPROTO_IPV6,
		.daddr = path->remote,
		.saddr = path->local,
		.fl4_sport = path->local_port,
		.fl4_dport = path->remote_port,
	};
	struct rtable *rt;
	__be32 saddr;

	rt = dst_cache_get_ip4(&t->dst_cache, &saddr);
	if (rt)
		return rt;
	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	/* A route that leads into the device itself would go round for ever. */
	if (rt->dst.dev == u->dev) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(&t->dst_cache, &rt->dst, path->local);
	return rt;
}

/*
 * Without DF, whatever path MTU an ICMP error claims: a forged one must not shrink or stop what we
 * send. The congestion bits are the inner packet's, the class of service is not (RFC 6040,
 * RFC 2983 section 3).
 */
static bool utun_send_udp(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb,
			  struct sock *sk, struct rtable *rt)
{
	const struct utun_path *path = &t->path.path;
	u8 tos = ip_tunnel_ecn_encap(0, (const struct iphdr *)ipv6_hdr(skb), skb);

	if (udp_tunnel_handle_offloads(skb, true))
		return false;
	skb_set_inner_protocol(skb, htons(ETH_P_IPV6));
	skb->mark = READ_ONCE(sk->sk_mark);
	udp_tunnel_xmit_skb(rt, sk, skb, path->local, path->remote, tos,
			    ip4_dst_hoplimit(&rt->dst), 0, path->local_port, path->remote_port,
			    !net_eq(sock_net(sk), dev_net(u->dev)), false);
	return true;
}

static bool utun_send_proto41(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb,
			      struct sock *sk, struct rtable *rt)
{
	const struct utun_path *path = &t->path.path;
	u8 tos = ip_tunnel_ecn_encap(0, (const struct iphdr *)ipv6_hdr(skb), skb);

	if (iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4))
		return false;
	skb_set_inner_ipproto(skb, IPPROTO_IPV6);
	skb->mark = sk ? READ_ONCE(sk->sk_mark) : 0;
	iptunnel_xmit(sk, rt, skb, path->local, path->remote, IPPROTO_IPV6, tos,
		      ip4_dst_hoplimit(&rt->dst), 0, false);
	return true;
}

/*
 * A network card computes the checksums that are unfinished and cuts super-packets up, or the
 * kernel does it in front of one that cannot. A device without hardware hands both to whoever is
 * at its other end, and if that is a socket of this host nobody does it: TCP would stand still.
 * So for those it is done here. Returns a list; on failure NULL, and @skb is the caller's still.
 */
static struct sk_buff *utun_finish(struct sk_buff *skb)
{
	struct sk_buff *segments;

	if (!skb_is_gso(skb)) {
		if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
			return NULL;
		return skb;
	}
	segments = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segments))
		return NULL;
	consume_skb(skb);
	return segments;
}

/* Inner bytes of all packets that a super-packet is cut into. */
static u64 utun_bytes_of(const struct sk_buff *skb, unsigned int packets)
{
	unsigned int headers;

	if (packets == 1 || !skb_transport_header_was_set(skb))
		return skb->len;
	headers = skb_transport_offset(skb);
	if (skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6))
		headers += tcp_hdrlen(skb);
	else
		headers += sizeof(struct udphdr);
	return skb->len + (u64)(packets - 1) * headers;
}

/* Takes the reference to the route. */
static bool utun_send_by(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb,
			 struct sock *sk, struct rtable *rt)
{
	unsigned int packets = utun_packets_of(skb);
	u64 bytes = utun_bytes_of(skb, packets);

	if (!skb_cow_head(skb, LL_RESERVED_SPACE(rt->dst.dev) + UTUN_OVERHEAD) &&
	    (t->type == UTUN_TYPE_V6UDPV4 ? utun_send_udp(u, t, skb, sk, rt) :
					    utun_send_proto41(u, t, skb, sk, rt))) {
		utun_count_down(u, t, packets, bytes);
		return true;
	}
	ip_rt_put(rt);
	utun_drop(u, t, UTUN_DROP_SEND_FAILED, packets);
	kfree_skb(skb);
	return false;
}

/**
 * utun_send() - send a packet to the endpoint of a tunnel, and count it
 * @u: the device
 * @t: the tunnel
 * @skb: consumed; its IPv6 header begins the data and is in the linear part
 *
 * Return: whether all of it left for the outer stack.
 */
bool utun_send(struct utun_device *u, struct utun_tunnel *t, struct sk_buff *skb)
{
	struct sock *sk = utun_socket_for(u, &t->path.path);
	struct sk_buff *finished = skb, *next;
	struct rtable *rt;
	bool sent = true;

	if (t->type == UTUN_TYPE_V6UDPV4 && !sk)
		goto drop;
	rt = utun_route(u, t, sk);
	if (!rt)
		goto drop;
	if (!rt->dst.dev->dev.parent)
		finished = utun_finish(skb);
	if (!finished)
		goto put_route;
	skb_list_walk_safe(finished, skb, next) {
		skb_mark_not_on_list(skb);
		dst_hold(&rt->dst);
		sent &= utun_send_by(u, t, skb, sk, rt);
	}
	ip_rt_put(rt);
	return sent;

put_route:
	ip_rt_put(rt);
drop:
	utun_drop(u, t, UTUN_DROP_SEND_FAILED, utun_packets_of(skb));
	kfree_skb(skb);
	return false;
}

static void utun_xmit_rcu(struct utun_device *u, struct sk_buff *skb)
{
	struct utun_tunnel *t;

	if (skb->protocol != htons(ETH_P_IPV6) ||
	    !pskb_network_may_pull(skb, sizeof(struct ipv6hdr)) || ipv6_hdr(skb)->version != 6) {
		utun_refuse_other(u, skb);
		goto drop;
	}
	t = utun_find_inner(&u->tables, &ipv6_hdr(skb)->daddr);
	/* The broker's end may lie in the client's own prefix: it would go round between them. */
	if (!t || ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &t->server)) {
		utun_refuse_unroutable(u, skb);
		goto drop;
	}
	if (!utun_admit(u, t, skb))
		goto drop;
	if (rcu_dereference(u->config)->clamp_mss && utun_clamp_mss(skb, t->mtu))
		utun_event(u, UTUN_EVENT_MSS_CLAMPED, 1);
	if (!utun_send(u, t, skb))
		DEV_STATS_INC(u->dev, tx_errors);
	return;

drop:
	DEV_STATS_INC(u->dev, tx_dropped);
	kfree_skb(skb);
}

netdev_tx_t utun_xmit(struct sk_buff *skb, struct net_device *dev)
{
	rcu_read_lock();
	utun_xmit_rcu(netdev_priv(dev), skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}
