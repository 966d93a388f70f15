/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels before 5.17 have no such header. */
#ifndef _UTUN_COMPAT_NET_GRO_H
#define _UTUN_COMPAT_NET_GRO_H

#ifdef UTUN_HAVE_GRO_H
#include_next <net/gro.h>
#else
#include <linux/netdevice.h>
#include <net/protocol.h>
#include <net/udp.h>
#endif

#endif
