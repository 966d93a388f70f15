/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels before 6.5 have no such header. */
#ifndef _UTUN_COMPAT_NET_GSO_H
#define _UTUN_COMPAT_NET_GSO_H

#ifdef UTUN_HAVE_GSO_H
#include_next <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#endif
