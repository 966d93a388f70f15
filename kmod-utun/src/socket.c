// SPDX-License-Identifier: GPL-2.0-only
/*
 * The broker's sockets. A device holds the struct sock, never the file: a file would keep its
 * network namespace alive, which would keep the device. When the broker dies its sockets are
 * closed as always, and UDP tells us; the tunnels stay for the broker's successor.
 */
#include <linux/file.h>
#include <linux/net.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/netlink.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "utun.h"

/* Any value that is none of the kernel's: what counts is that it is not 0. */
#define UTUN_ENCAP_TYPE	41

static struct utun_device *utun_device_of(const struct sock *sk)
{
	return rcu_dereference_protected(__sk_user_data(sk), lockdep_rtnl_is_held());
}

static bool utun_is_udp(const struct sock *sk)
{
	return sk->sk_family == AF_INET && sk->sk_type == SOCK_DGRAM &&
	       sk->sk_protocol == IPPROTO_UDP;
}

static bool utun_is_ours(const struct utun_device *u, const struct sock *sk)
{
	return utun_is_udp(sk) && READ_ONCE(udp_sk(sk)->encap_type) == UTUN_ENCAP_TYPE &&
	       READ_ONCE(udp_sk(sk)->encap_rcv) == utun_udp_rcv && utun_device_of(sk) == u;
}

static struct sock *utun_sock_at(const struct utun_sockets *sockets, unsigned int i)
{
	return rtnl_dereference(sockets->sk[i]);
}

static bool utun_contains(const struct utun_sockets *sockets, const struct sock *sk)
{
	unsigned int i;

	for (i = 0; sockets && i < sockets->count; i++)
		if (utun_sock_at(sockets, i) == sk)
			return true;
	return false;
}

unsigned int utun_sockets_attached(const struct utun_device *u)
{
	const struct utun_sockets *sockets = rtnl_dereference(u->sockets);
	unsigned int i, attached = 0;

	for (i = 0; sockets && i < sockets->count; i++)
		attached += !!utun_sock_at(sockets, i);
	return attached;
}

/* All that UDP calls us by: the module may be gone before the socket is. */
static void utun_detach(struct sock *sk)
{
	lock_sock(sk);
	utun_udp_tunnel_cleanup_gro(sk);
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_err_lookup, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_destroy, NULL);
	WRITE_ONCE(udp_sk(sk)->gro_receive, NULL);
	WRITE_ONCE(udp_sk(sk)->gro_complete, NULL);
	rcu_assign_sk_user_data(sk, NULL);
	release_sock(sk);
	sock_put(sk);
}

/* The socket is being closed. */
static void utun_socket_closed(struct sock *sk)
{
	struct utun_sockets *sockets;
	struct utun_device *u;
	unsigned int i;

	rtnl_lock();
	u = utun_device_of(sk);
	if (!u)
		goto unlock;
	sockets = rtnl_dereference(u->sockets);
	for (i = 0; i < sockets->count; i++)
		if (utun_sock_at(sockets, i) == sk)
			RCU_INIT_POINTER(sockets->sk[i], NULL);
	utun_detach(sk);
	if (!utun_sockets_attached(u))
		netif_carrier_off(u->dev);
unlock:
	rtnl_unlock();
}

static int utun_check_socket(const struct sock *sk, struct netlink_ext_ack *extack)
{
	if (!utun_is_udp(sk)) {
		NL_SET_ERR_MSG(extack, "not a UDP socket over IPv4");
		return -EINVAL;
	}
	if (!inet_sk(sk)->inet_num) {
		NL_SET_ERR_MSG(extack, "the socket is not bound");
		return -EINVAL;
	}
	/* It would be given several datagrams as one, and so would we. */
	if (utun_udp_accepts_merged(sk)) {
		NL_SET_ERR_MSG(extack, "the socket has UDP_GRO");
		return -EINVAL;
	}
	if (rcu_access_pointer(__sk_user_data(sk)) || READ_ONCE(udp_sk(sk)->encap_type)) {
		NL_SET_ERR_MSG(extack, "the socket belongs to another tunnel device or protocol");
		return -EBUSY;
	}
	return 0;
}

/* Takes a reference of its own. */
static int utun_attach(struct utun_device *u, struct socket *socket,
		       struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg config = {
		.sk_user_data = u,
		.encap_type = UTUN_ENCAP_TYPE,
		.encap_rcv = utun_udp_rcv,
		.encap_err_lookup = utun_udp_err_lookup,
		.encap_destroy = utun_socket_closed,
		.gro_receive = utun_gro_receive,
		.gro_complete = utun_gro_complete,
	};
	struct sock *sk = socket->sk;
	int err;

	lock_sock(sk);
	err = utun_check_socket(sk, extack);
	if (!err) {
		sock_hold(sk);
		utun_setup_udp_tunnel_sock(sock_net(sk), socket, &config);
	}
	release_sock(sk);
	return err;
}

/* One that the device has already is simply kept. */
static int utun_add_socket(struct utun_device *u, struct utun_sockets *sockets, int fd,
			   struct netlink_ext_ack *extack)
{
	struct socket *socket;
	int err = 0;

	socket = sockfd_lookup(fd, &err);
	if (!socket) {
		NL_SET_ERR_MSG(extack, "not a socket");
		return err;
	}
	if (utun_contains(sockets, socket->sk)) {
		NL_SET_ERR_MSG(extack, "the same socket twice");
		err = -EINVAL;
	} else if (!utun_is_ours(u, socket->sk)) {
		err = utun_attach(u, socket, extack);
	}
	if (!err)
		rcu_assign_pointer(sockets->sk[sockets->count++], socket->sk);
	sockfd_put(socket);
	return err;
}

static void utun_forget_routes(struct utun_device *u)
{
	struct utun_tunnel *t;
	unsigned long slot;

	mutex_lock(&u->lock);
	xa_for_each(&u->tables.slots, slot, t)
		dst_cache_reset(&t->dst_cache);
	mutex_unlock(&u->lock);
}

/* Those of @from that are not in @kept. */
static void utun_detach_all(struct utun_sockets *from, const struct utun_sockets *kept)
{
	unsigned int i;

	for (i = 0; from && i < from->count; i++)
		if (utun_sock_at(from, i) && !utun_contains(kept, utun_sock_at(from, i)))
			utun_detach(utun_sock_at(from, i));
}

static int utun_count_sockets(const struct nlattr *list, struct netlink_ext_ack *extack)
{
	const struct nlattr *at;
	int count = 0, rest;

	nla_for_each_nested(at, list, rest) {
		if (nla_type(at) != IFLA_UTUN_SOCKET || nla_len(at) != sizeof(u32)) {
			NL_SET_ERR_MSG_ATTR(extack, at, "not a descriptor of a socket");
			return -EINVAL;
		}
		if (++count > UTUN_SOCKETS_MAX) {
			NL_SET_ERR_MSG(extack, "too many sockets");
			return -E2BIG;
		}
	}
	return count;
}

/* Gives the device the sockets of @list and no others; with an error it keeps those it has. */
int utun_sockets_change(struct utun_device *u, struct nlattr *list,
			struct netlink_ext_ack *extack)
{
	struct utun_sockets *old = rtnl_dereference(u->sockets), *new;
	struct nlattr *at;
	int count, rest, err;

	count = utun_count_sockets(list, extack);
	if (count < 0)
		return count;
	new = kzalloc(struct_size(new, sk, count), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	nla_for_each_nested(at, list, rest) {
		err = utun_add_socket(u, new, nla_get_u32(at), extack);
		if (err) {
			utun_detach_all(new, old);
			kfree_rcu(new, rcu);
			return err;
		}
	}
	rcu_assign_pointer(u->sockets, new);
	utun_detach_all(old, new);
	if (old)
		kfree_rcu(old, rcu);
	/* Mark and interface of the socket have decided them. */
	utun_forget_routes(u);
	if (count)
		netif_carrier_on(u->dev);
	else
		netif_carrier_off(u->dev);
	return 0;
}

void utun_sockets_release(struct utun_device *u)
{
	struct utun_sockets *old = rtnl_dereference(u->sockets);

	RCU_INIT_POINTER(u->sockets, NULL);
	utun_detach_all(old, NULL);
	if (old)
		kfree_rcu(old, rcu);
}

static bool utun_serves(const struct utun_device *u, const struct sock *sk,
			const struct utun_path *path)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (inet->inet_rcv_saddr && inet->inet_rcv_saddr != path->local)
		return false;
	/* Protocol 41 has no port, and no socket of its own: any of the device will do. */
	return path->local_port ? inet->inet_sport == path->local_port :
				  net_eq(sock_net(sk), dev_net(u->dev));
}

/* In whose name packets are sent to an endpoint; under RCU. */
struct sock *utun_socket_for(const struct utun_device *u, const struct utun_path *path)
{
	const struct utun_sockets *sockets = rcu_dereference(u->sockets);
	struct sock *sk;
	unsigned int i;

	for (i = 0; sockets && i < sockets->count; i++) {
		sk = rcu_dereference(sockets->sk[i]);
		if (sk && utun_serves(u, sk, path))
			return sk;
	}
	return NULL;
}
