// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which inner addresses may be routed at all (RFC 4213 section 5, RFC 3964 section 5; tunnel
 * endpoints must not become a way around a firewall).
 */
#include <net/ipv6.h>

#include "utun.h"

struct utun_ipv4_prefix {
	u32 base;
	u8 length;
};

/* Private, reserved, for documentation, multicast (RFC 6890). */
static const struct utun_ipv4_prefix utun_not_global[] = {
	{ 0x00000000, 8 },	/* 0.0.0.0/8 */
	{ 0x0a000000, 8 },	/* 10.0.0.0/8 */
	{ 0x64400000, 10 },	/* 100.64.0.0/10 */
	{ 0x7f000000, 8 },	/* 127.0.0.0/8 */
	{ 0xa9fe0000, 16 },	/* 169.254.0.0/16 */
	{ 0xac100000, 12 },	/* 172.16.0.0/12 */
	{ 0xc0000000, 24 },	/* 192.0.0.0/24 */
	{ 0xc0000200, 24 },	/* 192.0.2.0/24 */
	{ 0xc0586300, 24 },	/* 192.88.99.0/24 */
	{ 0xc0a80000, 16 },	/* 192.168.0.0/16 */
	{ 0xc6120000, 15 },	/* 198.18.0.0/15 */
	{ 0xc6336400, 24 },	/* 198.51.100.0/24 */
	{ 0xcb007100, 24 },	/* 203.0.113.0/24 */
	{ 0xe0000000, 3 },	/* 224.0.0.0/4 and 240.0.0.0/4 */
};

static bool utun_is_global(__be32 address)
{
	u32 value = ntohl(address);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(utun_not_global); i++)
		if (!((value ^ utun_not_global[i].base) >> (32 - utun_not_global[i].length)))
			return false;
	return true;
}

/* Of addresses below 100::/8, where the kinds that hold an IPv4 address lie. */
static enum utun_scope utun_scope_of_low(const struct in6_addr *address)
{
	if (address->s6_addr32[0] || address->s6_addr32[1] || address->s6_addr16[4])
		return UTUN_SCOPE_ROUTABLE;
	if (address->s6_addr16[5] == htons(0xffff))
		return UTUN_SCOPE_INVALID;	/* mapped */
	if (address->s6_addr16[5])
		return UTUN_SCOPE_ROUTABLE;
	/* compatible, with "::1" among them */
	return address->s6_addr32[3] ? UTUN_SCOPE_INVALID : UTUN_SCOPE_UNSPECIFIED;
}

static enum utun_scope utun_scope_of_6to4(const struct in6_addr *address, __be32 own)
{
	__be32 embedded;

	memcpy(&embedded, &address->s6_addr[2], sizeof(embedded));
	return utun_is_global(embedded) && embedded != own ? UTUN_SCOPE_ROUTABLE :
							     UTUN_SCOPE_INVALID;
}

/**
 * utun_scope_of() - what kind of address one is
 * @address: of an inner packet
 * @own: outer address of the broker, which must not be reached through 6to4; 0: none
 *
 * Return: its scope; not routable are, beside what is for one link: multicast of a wider scope,
 * loopback, IPv4-compatible and -mapped, site-local, 6to4 of what is not global.
 */
enum utun_scope utun_scope_of(const struct in6_addr *address, __be32 own)
{
	switch (address->s6_addr[0]) {
	case 0x00:
		return utun_scope_of_low(address);
	case 0x20:
		return address->s6_addr[1] == 0x02 ? utun_scope_of_6to4(address, own) :
						     UTUN_SCOPE_ROUTABLE;
	case 0xfe:
		switch (address->s6_addr[1] & 0xc0) {
		case 0x80:
			return UTUN_SCOPE_LINK_LOCAL;
		case 0xc0:
			return UTUN_SCOPE_INVALID;	/* site-local */
		default:
			return UTUN_SCOPE_ROUTABLE;
		}
	case 0xff:
		/* Scope 0 is reserved and treated like interface-local (RFC 7346). */
		return (address->s6_addr[1] & 0x0f) <= 2 ? UTUN_SCOPE_LINK_MULTICAST :
							   UTUN_SCOPE_MULTICAST;
	default:
		return UTUN_SCOPE_ROUTABLE;
	}
}
