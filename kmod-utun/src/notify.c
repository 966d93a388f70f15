// SPDX-License-Identifier: GPL-2.0-only
/* Events, to whoever listens in the device's network namespace. */
#include <net/genetlink.h>

#include "utun.h"

static bool utun_anybody_listens(const struct utun_device *u)
{
	return genl_has_listeners(&utun_genl_family, dev_net(u->dev), 0);
}

/* Listeners that miss an event are told that they did: they list all tunnels then. */
static void utun_event_lost(const struct utun_device *u)
{
	genl_set_err(&utun_genl_family, dev_net(u->dev), 0, 0, ENOBUFS);
}

static struct sk_buff *utun_event_start(const struct utun_device *u, u8 command, gfp_t gfp,
					void **header)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, gfp);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, 0, 0, &utun_genl_family, 0, command);
	if (!*header || nla_put_u32(msg, UTUN_A_IFINDEX, u->dev->ifindex)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static void utun_event_send(const struct utun_device *u, struct sk_buff *msg, void *header,
			    gfp_t gfp)
{
	genlmsg_end(msg, header);
	genlmsg_multicast_netns(&utun_genl_family, dev_net(u->dev), msg, 0, 0, gfp);
}

static int utun_put_path(struct sk_buff *msg, u8 type, const struct utun_path *path)
{
	struct nlattr *nest = nla_nest_start(msg, UTUN_A_TUNNEL);

	if (!nest || nla_put_u8(msg, UTUN_TUNNEL_A_TYPE, type) ||
	    nla_put_in_addr(msg, UTUN_TUNNEL_A_REMOTE, path->remote) ||
	    nla_put_in_addr(msg, UTUN_TUNNEL_A_LOCAL, path->local))
		return -EMSGSIZE;
	if (type == UTUN_TYPE_V6UDPV4 &&
	    (nla_put_be16(msg, UTUN_TUNNEL_A_REMOTE_PORT, path->remote_port) ||
	     nla_put_be16(msg, UTUN_TUNNEL_A_LOCAL_PORT, path->local_port)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Anybody can cause these, so they are few, and one that is lost is no loss. */
void utun_notify_unknown(struct utun_device *u, u8 type, const struct utun_path *path,
			 const struct in6_addr *inner_source)
{
	struct sk_buff *msg;
	void *header;

	if (!utun_anybody_listens(u) || !__ratelimit(&u->unknown_limit))
		return;
	msg = utun_event_start(u, UTUN_CMD_UNKNOWN_ENDPOINT_NTF, GFP_ATOMIC, &header);
	if (!msg)
		return;
	if (utun_put_path(msg, type, path) ||
	    nla_put_in6_addr(msg, UTUN_A_INNER_SOURCE, inner_source)) {
		nlmsg_free(msg);
		return;
	}
	utun_event_send(u, msg, header, GFP_ATOMIC);
}

void utun_notify_confirmed(struct utun_device *u, const struct utun_tunnel *t)
{
	struct sk_buff *msg;
	void *header;

	if (!utun_anybody_listens(u))
		return;
	msg = utun_event_start(u, UTUN_CMD_TUNNEL_CONFIRMED_NTF, GFP_ATOMIC, &header);
	if (!msg || nla_put_u64_64bit(msg, UTUN_A_ID, t->id, UTUN_A_PAD)) {
		nlmsg_free(msg);
		utun_event_lost(u);
		return;
	}
	utun_event_send(u, msg, header, GFP_ATOMIC);
}

/* Without a tunnel: all of the device. */
void utun_notify_removed(struct utun_device *u, const struct utun_tunnel *t,
			 enum utun_removal reason)
{
	struct sk_buff *msg;
	void *header;

	if (!utun_anybody_listens(u))
		return;
	msg = utun_event_start(u, UTUN_CMD_TUNNEL_REMOVED_NTF, GFP_KERNEL, &header);
	if (!msg || nla_put_u32(msg, UTUN_A_REASON, reason) ||
	    (t && (nla_put_u64_64bit(msg, UTUN_A_ID, t->id, UTUN_A_PAD) ||
		   utun_put_tunnel_counters(msg, t, UTUN_A_COUNTERS)))) {
		nlmsg_free(msg);
		utun_event_lost(u);
		return;
	}
	utun_event_send(u, msg, header, GFP_KERNEL);
}
