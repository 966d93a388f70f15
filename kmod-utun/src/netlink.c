// SPDX-License-Identifier: GPL-2.0-only
/* Requests of the generic netlink family. They run one at a time. */
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "spec.h"
#include "utun.h"

/* ---- the device ---- */

/* With a reference to it. */
struct utun_device *utun_get(struct net *net, const struct nlattr *ifindex,
			     struct netlink_ext_ack *extack)
{
	struct net_device *dev;

	if (!ifindex) {
		NL_SET_ERR_MSG(extack, "the request lacks the index of the device");
		return ERR_PTR(-EINVAL);
	}
	dev = dev_get_by_index(net, nla_get_u32(ifindex));
	if (dev && dev->rtnl_link_ops == &utun_link_ops)
		return netdev_priv(dev);
	if (dev)
		dev_put(dev);
	NL_SET_ERR_MSG(extack, "no utun device of this namespace has that index");
	return ERR_PTR(-ENODEV);
}

struct utun_device *utun_get_by(struct genl_info *info)
{
	return utun_get(genl_info_net(info), info->attrs[UTUN_A_IFINDEX], info->extack);
}

void utun_put(struct utun_device *u)
{
	dev_put(u->dev);
}

/* Takes the lock of the tunnels, unless they are being removed with the device. */
int utun_lock(struct utun_device *u, struct netlink_ext_ack *extack)
{
	mutex_lock(&u->lock);
	if (!u->dying)
		return 0;
	mutex_unlock(&u->lock);
	NL_SET_ERR_MSG(extack, "the device is being removed");
	return -ENODEV;
}

int utun_need_id(struct genl_info *info)
{
	if (info->attrs[UTUN_A_ID])
		return 0;
	NL_SET_ERR_MSG(info->extack, "the request lacks the id of the tunnel");
	return -EINVAL;
}

/* ---- adding ---- */

static void utun_remove(struct utun_device *u, struct utun_tunnel *t, enum utun_removal reason)
{
	utun_tables_remove(&u->tables, t);
	utun_notify_removed(u, t, reason);
	utun_tunnel_free_rcu(t);
}

/* Those that are named and there, each once. */
static unsigned int utun_find_replaced(struct utun_device *u, const struct utun_request *request,
				       struct utun_tunnel **found)
{
	unsigned int i, j, count = 0;
	struct utun_tunnel *t;

	for (i = 0; i < request->replaces; i++) {
		t = utun_find_id(&u->tables, request->replaced[i]);
		for (j = 0; t && j < count; j++)
			if (found[j] == t)
				t = NULL;
		if (t)
			found[count++] = t;
	}
	return count;
}

/* It is there as it shall be. */
static void utun_keep(struct utun_device *u, struct utun_tunnel *t, bool confirmed,
		      struct utun_tunnel **replaced, unsigned int count)
{
	unsigned int i;

	if (confirmed)
		atomic_set(&t->confirmed, 1);
	for (i = 0; i < count; i++)
		if (replaced[i] != t)
			utun_remove(u, replaced[i], UTUN_REMOVED_REPLACED);
}

static int utun_install(struct utun_device *u, const struct utun_request *request,
			struct netlink_ext_ack *extack)
{
	struct utun_tunnel *replaced[UTUN_REPLACES_MAX], *t;
	unsigned int count, i;
	int err;

	count = utun_find_replaced(u, request, replaced);
	t = utun_find_id(&u->tables, request->spec.id);
	if (t && utun_tunnel_is(t, &request->spec)) {
		utun_keep(u, t, request->spec.confirmed, replaced, count);
		return 0;
	}
	t = utun_tunnel_alloc(&request->spec);
	if (!t)
		return -ENOMEM;
	err = utun_tables_install(&u->tables, t, replaced, count, extack);
	if (err) {
		utun_tunnel_free_rcu(t);
		return err;
	}
	for (i = 0; i < count; i++) {
		utun_notify_removed(u, replaced[i], UTUN_REMOVED_REPLACED);
		utun_tunnel_free_rcu(replaced[i]);
	}
	return 0;
}

static int utun_add(struct utun_device *u, const struct nlattr *nest,
		    struct netlink_ext_ack *extack, u64 *id)
{
	struct utun_request *request;
	int err;

	*id = 0;
	request = kzalloc(sizeof(*request), GFP_KERNEL);
	if (!request)
		return -ENOMEM;
	err = utun_request_parse(request, nest, extack);
	*id = request->spec.id;
	if (!err)
		err = utun_lock(u, extack);
	if (!err) {
		err = utun_install(u, request, extack);
		mutex_unlock(&u->lock);
	}
	kfree(request);
	return err;
}

static int utun_count_tunnels(const struct genl_info *info)
{
	const struct nlattr *at;
	int count = 0, rest;

	nlmsg_for_each_attr(at, info->nlhdr, GENL_HDRLEN, rest)
		count += nla_type(at) == UTUN_A_TUNNEL;
	return count;
}

static int utun_tunnel_add(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u;
	u64 id;
	int err;

	if (utun_count_tunnels(info) != 1) {
		NL_SET_ERR_MSG(info->extack, "the request has not exactly one tunnel");
		return -EINVAL;
	}
	u = utun_get_by(info);
	if (IS_ERR(u))
		return PTR_ERR(u);
	err = utun_add(u, info->attrs[UTUN_A_TUNNEL], info->extack, &id);
	utun_put(u);
	return err;
}

/* As far as the message has room. */
static void utun_put_refusal(struct sk_buff *msg, u32 index, u64 id, int err, const char *text)
{
	struct nlattr *nest = nla_nest_start(msg, UTUN_A_REFUSAL);

	if (!nest)
		return;
	if (nla_put_u32(msg, UTUN_REFUSAL_A_INDEX, index) ||
	    nla_put_u64_64bit(msg, UTUN_REFUSAL_A_ID, id, UTUN_REFUSAL_A_PAD) ||
	    nla_put_u32(msg, UTUN_REFUSAL_A_ERROR, -err) ||
	    nla_put_string(msg, UTUN_REFUSAL_A_MESSAGE, text ?: ""))
		nla_nest_cancel(msg, nest);
	else
		nla_nest_end(msg, nest);
}

static struct nlattr *utun_add_all(struct utun_device *u, struct genl_info *info,
				   struct sk_buff *msg)
{
	struct nlattr *added = nla_reserve(msg, UTUN_A_ADDED, sizeof(u32));
	u32 index = 0, count = 0;
	const struct nlattr *at;
	int rest, err;
	u64 id;

	if (!added)
		return NULL;
	nlmsg_for_each_attr(at, info->nlhdr, GENL_HDRLEN, rest) {
		struct netlink_ext_ack extack = {};

		if (nla_type(at) != UTUN_A_TUNNEL)
			continue;
		err = utun_add(u, at, &extack, &id);
		if (err)
			utun_put_refusal(msg, index, id, err, extack._msg);
		else
			count++;
		index++;
		cond_resched();
	}
	memcpy(nla_data(added), &count, sizeof(count));
	return added;
}

static int utun_tunnel_add_batch(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u;
	struct sk_buff *msg;
	void *header;
	int err = 0;

	if (!utun_count_tunnels(info)) {
		NL_SET_ERR_MSG(info->extack, "the request has no tunnels");
		return -EINVAL;
	}
	u = utun_get_by(info);
	if (IS_ERR(u))
		return PTR_ERR(u);
	/* Before anything is done that could not be told. */
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	header = msg ? genlmsg_put_reply(msg, info, &utun_genl_family, 0,
					 UTUN_CMD_TUNNEL_ADD_BATCH) : NULL;
	if (!header || !utun_add_all(u, info, msg)) {
		nlmsg_free(msg);
		err = -ENOMEM;
	}
	utun_put(u);
	if (err)
		return err;
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/* ---- removing ---- */

/* The clock of packets is as coarse as the kernel's tick; in doubt it was seen. */
static bool utun_seen_since(const struct utun_tunnel *t, u64 since)
{
	u64 last_seen = READ_ONCE(t->last_seen);

	return last_seen && last_seen + TICK_NSEC >= since;
}

static int utun_delete(struct utun_device *u, u64 id, const struct nlattr *since,
		       struct netlink_ext_ack *extack)
{
	struct utun_tunnel *t = utun_find_id(&u->tables, id);

	if (!t) {
		NL_SET_ERR_MSG(extack, "no such tunnel");
		return -ENOENT;
	}
	if (since && utun_seen_since(t, nla_get_u64(since))) {
		NL_SET_ERR_MSG(extack, "the tunnel has been used since");
		return -EBUSY;
	}
	utun_remove(u, t, UTUN_REMOVED_DELETED);
	return 0;
}

static int utun_tunnel_del(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u;
	int err;

	err = utun_need_id(info);
	if (err)
		return err;
	u = utun_get_by(info);
	if (IS_ERR(u))
		return PTR_ERR(u);
	err = utun_lock(u, info->extack);
	if (!err) {
		err = utun_delete(u, nla_get_u64(info->attrs[UTUN_A_ID]),
				  info->attrs[UTUN_A_UNLESS_SEEN_SINCE], info->extack);
		mutex_unlock(&u->lock);
	}
	utun_put(u);
	return err;
}

static int utun_tunnel_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct utun_device *u = utun_get_by(info);
	struct utun_tunnel *t;
	unsigned long slot;
	int err;

	if (IS_ERR(u))
		return PTR_ERR(u);
	err = utun_lock(u, info->extack);
	if (!err) {
		xa_for_each(&u->tables.slots, slot, t) {
			utun_tables_remove(&u->tables, t);
			utun_tunnel_free_rcu(t);
			cond_resched();
		}
		utun_notify_removed(u, NULL, UTUN_REMOVED_FLUSHED);
		mutex_unlock(&u->lock);
	}
	utun_put(u);
	return err;
}

/* ---- the family ---- */

static const struct nla_policy utun_policy[UTUN_A_MAX + 1] = {
	[UTUN_A_IFINDEX] = { .type = NLA_U32 },
	[UTUN_A_ID] = { .type = NLA_U64 },
	[UTUN_A_TUNNEL] = NLA_POLICY_NESTED(utun_tunnel_policy),
	[UTUN_A_UNLESS_SEEN_SINCE] = { .type = NLA_U64 },
};

static const struct genl_ops utun_ops[] = {
	{
		.cmd = UTUN_CMD_TUNNEL_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_tunnel_add,
	},
	{
		.cmd = UTUN_CMD_TUNNEL_ADD_BATCH,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_tunnel_add_batch,
	},
	{
		.cmd = UTUN_CMD_TUNNEL_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_tunnel_del,
	},
	{
		.cmd = UTUN_CMD_TUNNEL_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_tunnel_get,
		.dumpit = utun_tunnel_dump,
	},
	{
		.cmd = UTUN_CMD_TUNNEL_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_tunnel_flush,
	},
	{
		.cmd = UTUN_CMD_DEVICE_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = utun_device_get,
	},
};

static const struct genl_multicast_group utun_groups[] = {
	{ .name = UTUN_MCGRP_EVENTS },
};

struct genl_family utun_genl_family __ro_after_init = {
	.name = UTUN_GENL_NAME,
	.version = UTUN_GENL_VERSION,
	.maxattr = UTUN_A_MAX,
	.policy = utun_policy,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = utun_ops,
	.n_ops = ARRAY_SIZE(utun_ops),
	.mcgrps = utun_groups,
	.n_mcgrps = ARRAY_SIZE(utun_groups),
};
