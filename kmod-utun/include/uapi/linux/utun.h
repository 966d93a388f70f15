/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * utun: tunnels of many clients (IPv6 in UDP or directly in IPv4) on one network device.
 *
 * A device of the rtnetlink kind "utun" holds the tunnels of one tunnel broker. The broker opens
 * and binds the UDP sockets, keeps them, and hands them over by descriptor; a new broker hands in
 * its own with the same attribute. Tunnels are added and removed through the generic netlink
 * family "utun", which kmod-utun/utun.yaml describes.
 *
 * Addresses and ports are in network byte order, everything else in that of the host. Instants
 * are nanoseconds of CLOCK_MONOTONIC, outside of any time namespace.
 */
#ifndef _UAPI_LINUX_UTUN_H
#define _UAPI_LINUX_UTUN_H

#define UTUN_GENL_NAME		"utun"
#define UTUN_GENL_VERSION	1
#define UTUN_MCGRP_EVENTS	"events"

/* Attributes of a device, in IFLA_INFO_DATA. What is not given stays as it is. */
enum {
	IFLA_UTUN_UNSPEC,
	/* nest of IFLA_UTUN_SOCKET: all sockets that the device shall have; those it had before and
	 * that are not among them are given back. An empty nest leaves it without any. In only.
	 */
	IFLA_UTUN_SOCKETS,
	/* nest of IFLA_UTUN_ADDRESS: local addresses to which protocol 41 is taken; 0.0.0.0: to
	 * every one. Other users of protocol 41 get what is from no tunnel here, and what nobody
	 * takes is not answered. At first none.
	 */
	IFLA_UTUN_PROTO41,
	IFLA_UTUN_SERVER_ADDRESS, /* in6_addr: whom ICMPv6 1/3 comes from; without, none is sent */
	IFLA_UTUN_CLAMP_MSS,	  /* u8, 0 or 1: lower the MSS of TCP to the tunnel; at first 1 */
	IFLA_UTUN_SOCKET_COUNT,	  /* u32, out: sockets that are attached now */
	IFLA_UTUN_TUNNEL_COUNT,	  /* u32, out */
	__IFLA_UTUN_MAX
};

#define IFLA_UTUN_MAX (__IFLA_UTUN_MAX - 1)

enum {
	IFLA_UTUN_LIST_UNSPEC,
	IFLA_UTUN_SOCKET,  /* u32: the descriptor of a bound AF_INET UDP socket without UDP_GRO */
	IFLA_UTUN_ADDRESS, /* be32 */
	__IFLA_UTUN_LIST_MAX
};

#define IFLA_UTUN_LIST_MAX (__IFLA_UTUN_LIST_MAX - 1)

#define UTUN_SOCKETS_MAX	256
#define UTUN_ADDRESSES_MAX	64

/* All need CAP_NET_ADMIN in the user namespace of the device's network namespace. */
enum {
	UTUN_CMD_UNSPEC,
	UTUN_CMD_TUNNEL_ADD,
	UTUN_CMD_TUNNEL_ADD_BATCH,
	UTUN_CMD_TUNNEL_DEL,
	UTUN_CMD_TUNNEL_GET,		/* one, or a dump */
	UTUN_CMD_TUNNEL_FLUSH,
	UTUN_CMD_DEVICE_GET,
	/* events */
	UTUN_CMD_UNKNOWN_ENDPOINT_NTF,	/* a packet from no tunnel; few a second */
	UTUN_CMD_TUNNEL_CONFIRMED_NTF,	/* the first valid packet of an unconfirmed tunnel */
	UTUN_CMD_TUNNEL_REMOVED_NTF,	/* of one tunnel; without an id of all of the device */
	__UTUN_CMD_MAX
};

#define UTUN_CMD_MAX (__UTUN_CMD_MAX - 1)

/* Of a message. */
enum {
	UTUN_A_UNSPEC,
	UTUN_A_PAD,
	UTUN_A_IFINDEX,		  /* u32 */
	UTUN_A_ID,		  /* u64: which tunnel */
	UTUN_A_TUNNEL,		  /* nest UTUN_TUNNEL_A_*; several in a batch */
	UTUN_A_UNLESS_SEEN_SINCE, /* u64, an instant: of TUNNEL_DEL */
	UTUN_A_COUNTERS,	  /* nest UTUN_COUNTER_A_*: of the device */
	UTUN_A_ADDED,		  /* u32: how many of a batch */
	UTUN_A_REFUSAL,		  /* nest UTUN_REFUSAL_A_*: one of a batch that was not added */
	UTUN_A_REASON,		  /* u32, enum utun_removal */
	UTUN_A_INNER_SOURCE,	  /* in6_addr: of the packet that an event is about */
	__UTUN_A_MAX
};

#define UTUN_A_MAX (__UTUN_A_MAX - 1)

enum utun_tunnel_type {
	UTUN_TYPE_V6UDPV4 = 1,	/* IPv6 in UDP in IPv4 */
	UTUN_TYPE_V6V4 = 2,	/* IPv6 in IPv4, protocol 41: no ports */
	UTUN_TYPE_V4V6 = 3,	/* IPv4 in IPv6: reserved, EOPNOTSUPP */
};

/* Of a tunnel. */
enum {
	UTUN_TUNNEL_A_UNSPEC,
	UTUN_TUNNEL_A_PAD,
	UTUN_TUNNEL_A_ID,	     /* u64, chosen by the broker */
	UTUN_TUNNEL_A_TYPE,	     /* u8, enum utun_tunnel_type */
	UTUN_TUNNEL_A_REMOTE,	     /* be32: the outer path, as the broker sees it */
	UTUN_TUNNEL_A_REMOTE_PORT,   /* be16, with UDP only */
	UTUN_TUNNEL_A_LOCAL,	     /* be32, not 0.0.0.0 */
	UTUN_TUNNEL_A_LOCAL_PORT,    /* be16, with UDP only */
	UTUN_TUNNEL_A_INNER,	     /* in6_addr: the client's own address */
	UTUN_TUNNEL_A_DELEGATED,     /* in6_addr: routed to the client as well; optional */
	UTUN_TUNNEL_A_DELEGATED_LENGTH, /* u8, 1…128 */
	UTUN_TUNNEL_A_SERVER,	     /* in6_addr: answers echo requests, sends Packet Too Big */
	UTUN_TUNNEL_A_MTU,	     /* u32, 1280…65507: bytes of an inner packet */
	UTUN_TUNNEL_A_CONFIRMED,     /* u8, 0 or 1: nothing is sent to it before it is; default 0 */
	UTUN_TUNNEL_A_REPLACES,	     /* u64: an id that goes in the same step; may repeat */
	UTUN_TUNNEL_A_INSTALLED,     /* u64, an instant; out only, like all below */
	UTUN_TUNNEL_A_LAST_SEEN,     /* u64, an instant, if there was a packet */
	UTUN_TUNNEL_A_COUNTERS,	     /* nest UTUN_COUNTER_A_* */
	__UTUN_TUNNEL_A_MAX
};

#define UTUN_TUNNEL_A_MAX (__UTUN_TUNNEL_A_MAX - 1)

#define UTUN_REPLACES_MAX	64

/* u64 each, since the tunnel or the device was made. Bytes are inner bytes. */
enum {
	UTUN_COUNTER_A_UNSPEC,
	UTUN_COUNTER_A_PAD,
	UTUN_COUNTER_A_PACKETS_UP,   /* accepted; a merged packet counts its segments */
	UTUN_COUNTER_A_BYTES_UP,
	UTUN_COUNTER_A_PACKETS_DOWN, /* sent to clients */
	UTUN_COUNTER_A_BYTES_DOWN,
	UTUN_COUNTER_A_ECHO_REPLIES, /* this and the next three of a device only */
	UTUN_COUNTER_A_ICMP_ERRORS,  /* Packet Too Big and unreachable, sent */
	UTUN_COUNTER_A_OUTER_ERRORS, /* ICMP errors that came back about packets of protocol 41 */
	UTUN_COUNTER_A_MSS_CLAMPED,
	UTUN_COUNTER_A_DROPS,	     /* nest UTUN_DROP_*; one that is absent is 0 */
	__UTUN_COUNTER_A_MAX
};

#define UTUN_COUNTER_A_MAX (__UTUN_COUNTER_A_MAX - 1)

/* Why a packet went no further; attributes of type u64. */
enum utun_drop {
	UTUN_DROP_UNSPEC,
	UTUN_DROP_PAD,
	/* of no tunnel */
	UTUN_DROP_GARBAGE,	      /* protocol 41: no IP packet. In UDP the socket gets it. */
	UTUN_DROP_UNKNOWN_ENDPOINT,   /* a packet from no tunnel. In UDP the socket gets it, too. */
	UTUN_DROP_NO_TUNNEL,	      /* for an address that is no client's */
	UTUN_DROP_NOT_IP,
	/* of a tunnel, from its client */
	UTUN_DROP_WRONG_VERSION,      /* IPv4 in a tunnel of IPv6 */
	UTUN_DROP_TRUNCATED,	      /* shorter than its header says */
	UTUN_DROP_LENGTH_MISMATCH,    /* longer than its header says */
	UTUN_DROP_FOREIGN_SOURCE,     /* inner source outside of the tunnel's address and prefix */
	UTUN_DROP_INVALID_SOURCE,     /* multicast, loopback, mapped …; to a client as well */
	UTUN_DROP_INVALID_DESTINATION,
	UTUN_DROP_LINK_SCOPE,	      /* consumed quietly, no violation; to a client as well */
	UTUN_DROP_HOP_LIMIT,	      /* is 0 */
	UTUN_DROP_BAD_CHECKSUM,	      /* of an echo request to the server address */
	UTUN_DROP_ECN,		      /* congestion was marked on what is not capable (RFC 6040) */
	/* of a tunnel, to its client */
	UTUN_DROP_UNCONFIRMED,
	UTUN_DROP_TOO_BIG,	      /* answered with Packet Too Big */
	/* both; of no tunnel as well */
	UTUN_DROP_ICMP_RATE_LIMITED,  /* an error that was due was not sent */
	UTUN_DROP_SEND_FAILED,	      /* no socket, no route, no memory, device down */
	__UTUN_DROP_MAX
};

#define UTUN_DROP_MAX (__UTUN_DROP_MAX - 1)

/* Why one of a batch was not added. */
enum {
	UTUN_REFUSAL_A_UNSPEC,
	UTUN_REFUSAL_A_PAD,
	UTUN_REFUSAL_A_INDEX,	/* u32: its place in the batch, from 0 */
	UTUN_REFUSAL_A_ID,	/* u64, if it had one */
	UTUN_REFUSAL_A_ERROR,	/* u32: the errno that TUNNEL_ADD would have failed with */
	UTUN_REFUSAL_A_MESSAGE,	/* string, for people */
	__UTUN_REFUSAL_A_MAX
};

#define UTUN_REFUSAL_A_MAX (__UTUN_REFUSAL_A_MAX - 1)

enum utun_removal {
	UTUN_REMOVED_DELETED = 1,	/* by TUNNEL_DEL */
	UTUN_REMOVED_REPLACED = 2,	/* by TUNNEL_ADD of another one, or of itself */
	UTUN_REMOVED_FLUSHED = 3,	/* all, by TUNNEL_FLUSH */
	UTUN_REMOVED_DEVICE_GONE = 4,	/* all, with their device */
};

#endif /* _UAPI_LINUX_UTUN_H */
