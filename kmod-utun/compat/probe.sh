#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# probe.sh INCLUDE_FOLDER: prints compiler flags that say which forms of the kernel's interfaces its headers have. They
# are looked at rather than the version: distributions carry changes back.
set -eu

include=$1

# has FILE EXPRESSION FLAG: the expression sees the file as one line with single spaces.
has() {
    if [ -f "$include/$1" ] && tr -s '\n\t ' '   ' <"$include/$1" | tr -s ' ' | grep -qE "$2"; then
        printf ' -D%s' "$3"
    fi
}

has net/rtnetlink.h 'struct rtnl_newlink_params \{' UTUN_HAVE_NEWLINK_PARAMS
has net/udp_tunnel.h 'setup_udp_tunnel_sock\(struct net \*net, struct sock \*' UTUN_HAVE_SETUP_SOCK
has net/udp_tunnel.h 'udp_tunnel_cleanup_gro\(struct sock' UTUN_HAVE_CLEANUP_GRO
has net/udp_tunnel.h 'bool nocheck, u16 ipcb_flags' UTUN_HAVE_UDP_IPCB_FLAGS
has net/ip_tunnels.h '__be16 df, bool xnet, u16 ipcb_flags' UTUN_HAVE_IPCB_FLAGS
has linux/udp.h 'UDP_FLAGS_ACCEPT_L4' UTUN_HAVE_UDP_FLAGS
has linux/netdevice.h ' lltx:1;' UTUN_HAVE_LLTX
has linux/netdevice.h ' netns_local:1;' UTUN_HAVE_NETNS_LOCAL
has linux/netdevice.h ' netns_immutable:1;' UTUN_HAVE_NETNS_IMMUTABLE
has linux/netdevice.h ' pcpu_stat_type:8;' UTUN_HAVE_PCPU_STAT_TYPE
has linux/netdevice.h 'dev_get_tstats64\(' UTUN_HAVE_TSTATS64
has linux/netdevice.h 'define DEV_STATS_INC' UTUN_HAVE_DEV_STATS
has linux/skbuff.h 'pskb_network_may_pull' UTUN_HAVE_NETWORK_MAY_PULL
has net/genetlink.h 'genl_info_dump\(' UTUN_HAVE_GENL_INFO_DUMP
has net/gro.h . UTUN_HAVE_GRO_H
has net/gso.h . UTUN_HAVE_GSO_H
has net/gro.h 'network_offsets\[2\]' UTUN_HAVE_GRO_OFFSETS
has net/gro.h '[* ]skb_gro_header\(' UTUN_HAVE_GRO_HEADER
has linux/netdevice.h '[* ]skb_gro_header\(' UTUN_HAVE_GRO_HEADER
