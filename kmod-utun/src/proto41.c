// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 directly in IPv4. There is no socket: what comes in is offered to all users of protocol 41
 * of the host, one after the other. Two of them are ours: the first takes what is from a tunnel,
 * and the last what nobody has taken, which would be answered with an ICMP error else.
 */
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "utun.h"

static void utun_path_of(struct utun_path *path, __be32 remote, __be32 local)
{
	memset(path, 0, sizeof(*path));
	path->remote = remote;
	path->local = local;
}

static struct utun_device *utun_device_for(const struct net *net, __be32 local)
{
	struct utun_device *u;

	list_for_each_entry_rcu(u, utun_devices_of(net), list)
		if (utun_takes_proto41(u, local))
			return u;
	return NULL;
}

static struct utun_tunnel *utun_tunnel_for(const struct net *net, const struct utun_path *path,
					   struct utun_device **device)
{
	struct utun_tunnel *t;
	struct utun_device *u;

	list_for_each_entry_rcu(u, utun_devices_of(net), list) {
		if (!utun_takes_proto41(u, path->local))
			continue;
		t = utun_find_path(&u->tables, path);
		if (t) {
			*device = u;
			return t;
		}
	}
	return NULL;
}

static int utun_proto41_rcv(struct sk_buff *skb)
{
	struct utun_device *u;
	struct utun_tunnel *t;
	struct utun_path path;

	if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)))
		return -ENOENT;
	utun_path_of(&path, ip_hdr(skb)->saddr, ip_hdr(skb)->daddr);
	t = utun_tunnel_for(dev_net(skb->dev), &path, &u);
	if (!t)
		return -ENOENT;
	utun_receive(u, t, skb, 0, false);
	return 0;
}

/* What nobody else has taken: no packet at all, or of a stranger. */
static int utun_proto41_rcv_rest(struct sk_buff *skb)
{
	struct utun_device *u = utun_device_for(dev_net(skb->dev), ip_hdr(skb)->daddr);
	const struct ipv6hdr *header;
	struct ipv6hdr buffer;
	struct utun_path path;

	if (!u)
		return -ENOENT;
	header = skb_header_pointer(skb, 0, sizeof(buffer), &buffer);
	if (!header || (header->version != 6 && header->version != 4)) {
		utun_drop(u, NULL, UTUN_DROP_GARBAGE, 1);
	} else {
		utun_path_of(&path, ip_hdr(skb)->saddr, ip_hdr(skb)->daddr);
		utun_drop(u, NULL, UTUN_DROP_UNKNOWN_ENDPOINT, utun_packets_of(skb));
		utun_notify_unknown(u, UTUN_TYPE_V6V4, &path, &header->saddr);
	}
	kfree_skb(skb);
	return 0;
}

/*
 * Something that we have sent came back in an ICMP error, which begins with the outer header. It
 * is counted and changes nothing: anybody can forge it.
 */
static int utun_proto41_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *outer = (const struct iphdr *)skb->data;
	struct utun_device *u;
	struct utun_path path;

	utun_path_of(&path, outer->daddr, outer->saddr);
	if (!utun_tunnel_for(dev_net(skb->dev), &path, &u))
		return -ENOENT;
	utun_event(u, UTUN_EVENT_OUTER_ERRORS, 1);
	return 0;
}

static int utun_proto41_err_rest(struct sk_buff *skb, u32 info)
{
	return -ENOENT;
}

/* sit has priority 1, xfrm 3 and -1. */
static struct xfrm_tunnel utun_proto41_first = {
	.handler = utun_proto41_rcv,
	.err_handler = utun_proto41_err,
	.priority = 0,
};

static struct xfrm_tunnel utun_proto41_last = {
	.handler = utun_proto41_rcv_rest,
	.err_handler = utun_proto41_err_rest,
	.priority = 1000,
};

int utun_proto41_register(void)
{
	int err;

	err = xfrm4_tunnel_register(&utun_proto41_first, AF_INET6);
	if (err)
		return err;
	err = xfrm4_tunnel_register(&utun_proto41_last, AF_INET6);
	if (err)
		xfrm4_tunnel_deregister(&utun_proto41_first, AF_INET6);
	return err;
}

void utun_proto41_unregister(void)
{
	xfrm4_tunnel_deregister(&utun_proto41_last, AF_INET6);
	xfrm4_tunnel_deregister(&utun_proto41_first, AF_INET6);
}
