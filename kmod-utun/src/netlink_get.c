// SPDX-License-Identifier: GPL-2.0-only
/* Requests that ask. */
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "utun.h"

static int utun_put_tunnel(struct sk_buff *msg, const struct utun_tunnel *t)
{
	const struct utun_prefix *delegated = &t->delegated.prefix;
	const struct utun_path *path = &t->path.path;
	u64 last_seen = READ_ONCE(t->last_seen);
	struct nlattr *nest = nla_nest_start(msg, UTUN_A_TUNNEL);

	if (!nest ||
	    nla_put_u64_64bit(msg, UTUN_TUNNEL_A_ID, t->id, UTUN_TUNNEL_A_PAD) ||
	    nla_put_u8(msg, UTUN_TUNNEL_A_TYPE, t->type) ||
	    nla_put_in_addr(msg, UTUN_TUNNEL_A_REMOTE, path->remote) ||
	    nla_put_in_addr(msg, UTUN_TUNNEL_A_LOCAL, path->local) ||
	    nla_put_in6_addr(msg, UTUN_TUNNEL_A_INNER, &t->inner.prefix.base) ||
	    nla_put_in6_addr(msg, UTUN_TUNNEL_A_SERVER, &t->server) ||
	    nla_put_u32(msg, UTUN_TUNNEL_A_MTU, t->mtu) ||
	    nla_put_u8(msg, UTUN_TUNNEL_A_CONFIRMED, atomic_read(&t->confirmed)) ||
	    nla_put_u64_64bit(msg, UTUN_TUNNEL_A_INSTALLED, t->installed, UTUN_TUNNEL_A_PAD))
		return -EMSGSIZE;
	if (t->type == UTUN_TYPE_V6UDPV4 &&
	    (nla_put_be16(msg, UTUN_TUNNEL_A_REMOTE_PORT, path->remote_port) ||
	     nla_put_be16(msg, UTUN_TUNNEL_A_LOCAL_PORT, path->local_port)))
		return -EMSGSIZE;
	if (delegated->length &&
	    (nla_put_in6_addr(msg, UTUN_TUNNEL_A_DELEGATED, &delegated->base) ||
	     nla_put_u8(msg, UTUN_TUNNEL_A_DELEGATED_LENGTH, delegated->length)))
		return -EMSGSIZE;
	if (last_seen &&
	    nla_put_u64_64bit(msg, UTUN_TUNNEL_A_LAST_SEEN, last_seen, UTUN_TUNNEL_A_PAD))
		return -EMSGSIZE;
	if (utun_put_tunnel_counters(msg, t, UTUN_TUNNEL_A_COUNTERS))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int utun_put_tunnel_message(struct sk_buff *msg, void *header, const struct utun_device *u,
				   const struct utun_tunnel *t)
{
	if (!header)
		return -EMSGSIZE;
	if (nla_put_u32(msg, UTUN_A_IFINDEX, u->dev->ifindex) || utun_put_tunnel(msg, t)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

static int utun_reply_with(struct utun_device *u, u64 id, struct sk_buff *msg,
			   struct genl_info *info)
{
	struct utun_tunnel *t = utun_find_id(&u->tables, id);

	if (!t) {
		NL_SET_ERR_MSG(info->extack, "no such tunnel");
		return -ENOENT;
	}
	return utun_put_tunnel_message(msg, genlmsg_put_reply(msg, info, &utun_genl_family, 0,
							      UTUN_CMD_TUNNEL_GET), u, t);
}

int utun_tunnel_get(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u;
	struct sk_buff *msg;
	int err;

	err = utun_need_id(info);
	if (err)
		return err;
	u = utun_get_by(info);
	if (IS_ERR(u))
		return PTR_ERR(u);
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	err = msg ? utun_lock(u, info->extack) : -ENOMEM;
	if (!err) {
		err = utun_reply_with(u, nla_get_u64(info->attrs[UTUN_A_ID]), msg, info);
		mutex_unlock(&u->lock);
	}
	utun_put(u);
	if (!err)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return err;
}

/* Goes on behind the slot of the last one that the message before had room for. */
static void utun_dump_slots(struct sk_buff *msg, struct netlink_callback *cb,
			    struct utun_device *u)
{
	unsigned long slot = cb->args[0];
	struct utun_tunnel *t;
	void *header;

	cb->seq = u->tables.generation;
	xa_for_each_start(&u->tables.slots, slot, t, slot) {
		header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &utun_genl_family, NLM_F_MULTI, UTUN_CMD_TUNNEL_GET);
		if (header)
			genl_dump_check_consistent(cb, header);
		if (utun_put_tunnel_message(msg, header, u, t))
			break;
		cb->args[0] = slot + 1;
	}
}

int utun_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct utun_device *u;
	int err;

	u = utun_get(sock_net(msg->sk), utun_dump_attrs(cb)[UTUN_A_IFINDEX], cb->extack);
	if (IS_ERR(u))
		return PTR_ERR(u);
	err = utun_lock(u, cb->extack);
	if (!err) {
		utun_dump_slots(msg, cb, u);
		mutex_unlock(&u->lock);
	}
	utun_put(u);
	return err ?: msg->len;
}

int utun_device_get(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u = utun_get_by(info);
	struct sk_buff *msg;
	void *header;
	int err;

	if (IS_ERR(u))
		return PTR_ERR(u);
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	header = msg ? genlmsg_put_reply(msg, info, &utun_genl_family, 0, UTUN_CMD_DEVICE_GET) :
		       NULL;
	err = !header || nla_put_u32(msg, UTUN_A_IFINDEX, u->dev->ifindex) ||
	      utun_put_device_counters(msg, u, UTUN_A_COUNTERS) ? -ENOMEM : 0;
	utun_put(u);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}
