/* SPDX-License-Identifier: GPL-2.0-only */
/* What the requests of the generic netlink family share. */
#ifndef _UTUN_NETLINK_H
#define _UTUN_NETLINK_H

#include <net/genetlink.h>

struct utun_device;

/* netlink.c */
struct utun_device *utun_get(struct net *net, const struct nlattr *ifindex,
			     struct netlink_ext_ack *extack);
struct utun_device *utun_get_by(struct genl_info *info);
void utun_put(struct utun_device *u);
int utun_lock(struct utun_device *u, struct netlink_ext_ack *extack);
int utun_need_id(struct genl_info *info);

/* netlink_get.c */
int utun_tunnel_get(struct sk_buff *skb, struct genl_info *info);
int utun_tunnel_dump(struct sk_buff *msg, struct netlink_callback *cb);
int utun_device_get(struct sk_buff *skb, struct genl_info *info);

#endif /* _UTUN_NETLINK_H */
