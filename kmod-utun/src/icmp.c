// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packets that a device makes itself.
 *
 * icmpv6_send() would choose the source by routing, and limit the rate by rules of its own that
 * nobody can count. Errors come from the server address instead, at a rate that is counted, and
 * they enter the host by the device, where its firewall sees them as it sees all that clients
 * send.
 */
#include <linux/icmpv6.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "utun.h"

#define UTUN_HOP_LIMIT		64
#define UTUN_ERRORS_PER_FLOW	10	/* a second; as many at once */
#define UTUN_ERRORS_PER_SECOND	1000

/* ---- the rate of errors (RFC 4443 section 2.4 (f)) ---- */

void utun_limiter_init(struct utun_limiter *limiter)
{
	int i;

	limiter->seed = get_random_u32();
	atomic64_set(&limiter->all, 0);
	for (i = 0; i < UTUN_LIMITER_SLOTS; i++)
		atomic64_set(&limiter->flows[i], 0);
}

/*
 * A bucket that holds what a second brings, kept as the instant at which it will be full again.
 * Whoever loses a race for a token does without.
 */
static bool utun_bucket_take(atomic64_t *full_at, u32 per_second, u64 now)
{
	u64 token = NSEC_PER_SEC / per_second;
	s64 before = atomic64_read(full_at);
	u64 from = max_t(u64, before, now);

	if (from + token > now + NSEC_PER_SEC)
		return false;
	return atomic64_cmpxchg(full_at, before, from + token) == before;
}

bool utun_limiter_allow(struct utun_limiter *limiter, const struct in6_addr *source,
			const struct in6_addr *destination, u64 now)
{
	u32 hash;

	hash = __ipv6_addr_jhash(source, limiter->seed);
	hash = __ipv6_addr_jhash(destination, hash);
	/* The flow's first: one flow over its rate takes nothing from the others. */
	return utun_bucket_take(&limiter->flows[hash % UTUN_LIMITER_SLOTS], UTUN_ERRORS_PER_FLOW,
				now) &&
	       utun_bucket_take(&limiter->all, UTUN_ERRORS_PER_SECOND, now);
}

/* ---- errors ---- */

/* Of a later fragment the type cannot be seen, so any ICMPv6 may be an error. */
static bool utun_is_icmp_error(const struct sk_buff *skb)
{
	int start = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	u8 next = ipv6_hdr(skb)->nexthdr, buffer;
	__be16 fragment;
	const u8 *at;
	int offset;

	offset = ipv6_skip_exthdr(skb, start, &next, &fragment);
	if (offset < 0)
		return false;
	at = skb_header_pointer(skb, offset, 1, &buffer);
	if (next == NEXTHDR_FRAGMENT)
		return at && *at == IPPROTO_ICMPV6;
	if (next != IPPROTO_ICMPV6)
		return false;
	return !at || !(*at & ICMPV6_INFOMSG_MASK) || *at == NDISC_REDIRECT;
}

/* RFC 4443 section 2.4 (e) */
static bool utun_may_cause_error(const struct sk_buff *skb, u8 type)
{
	const struct ipv6hdr *header = ipv6_hdr(skb);

	if (utun_scope_of(&header->saddr, 0) != UTUN_SCOPE_ROUTABLE || utun_is_icmp_error(skb))
		return false;
	return type == ICMPV6_PKT_TOOBIG || !ipv6_addr_is_multicast(&header->daddr);
}

static void utun_fill_header(struct ipv6hdr *header, const struct in6_addr *from,
			     const struct in6_addr *to, unsigned int payload)
{
	memset(header, 0, sizeof(*header));
	header->version = 6;
	header->payload_len = htons(payload);
	header->nexthdr = IPPROTO_ICMPV6;
	header->hop_limit = UTUN_HOP_LIMIT;
	header->saddr = *from;
	header->daddr = *to;
}

/* It quotes as much as every link carries. */
static struct sk_buff *utun_make_error(struct utun_device *u, const struct sk_buff *about,
				       const struct in6_addr *from, u8 type, u8 code, u32 info)
{
	unsigned int room = IPV6_MIN_MTU - sizeof(struct ipv6hdr) - sizeof(struct icmp6hdr);
	int start = skb_network_offset(about);
	unsigned int quoted = min(about->len - start, room);
	struct icmp6hdr *icmp;
	struct sk_buff *skb;
	unsigned int length;

	skb = netdev_alloc_skb(u->dev, IPV6_MIN_MTU);
	if (!skb)
		return NULL;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	length = sizeof(*icmp) + quoted;
	utun_fill_header(skb_put(skb, sizeof(struct ipv6hdr)), from, &ipv6_hdr(about)->saddr,
			 length);
	skb_set_transport_header(skb, skb->len);
	icmp = skb_put_zero(skb, sizeof(*icmp));
	icmp->icmp6_type = type;
	icmp->icmp6_code = code;
	icmp->icmp6_dataun.un_data32[0] = htonl(info);
	if (skb_copy_bits(about, start, skb_put(skb, quoted), quoted)) {
		kfree_skb(skb);
		return NULL;
	}
	icmp->icmp6_cksum = csum_ipv6_magic(from, &ipv6_hdr(skb)->daddr, length, IPPROTO_ICMPV6,
					    csum_partial(icmp, length, 0));
	skb->protocol = htons(ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

/* @about has its whole IPv6 header in the linear part. @t, if known, is whose packet it is. */
void utun_icmp_error(struct utun_device *u, struct utun_tunnel *t, const struct sk_buff *about,
		     const struct in6_addr *from, u8 type, u8 code, u32 info)
{
	const struct ipv6hdr *header = ipv6_hdr(about);
	struct sk_buff *error;

	if (!utun_may_cause_error(about, type))
		return;
	if (!utun_limiter_allow(&u->limiter, &header->saddr, &header->daddr, ktime_get_ns())) {
		utun_drop(u, t, UTUN_DROP_ICMP_RATE_LIMITED, 1);
		return;
	}
	error = utun_make_error(u, about, from, type, code, info);
	if (error && netif_rx(error) == NET_RX_SUCCESS)
		utun_event(u, UTUN_EVENT_ICMP_ERRORS, 1);
	else
		utun_drop(u, t, UTUN_DROP_SEND_FAILED, 1);
}

/* ---- echo ---- */

/* The packet begins at @offset of the data, and its IPv6 header is in the linear part. */
bool utun_is_plain_echo_request(struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *header = (struct ipv6hdr *)(skb->data + offset);
	struct icmp6hdr buffer;
	const struct icmp6hdr *icmp;

	if (header->nexthdr != IPPROTO_ICMPV6)
		return false;
	icmp = skb_header_pointer(skb, offset + sizeof(*header), sizeof(buffer), &buffer);
	return icmp && icmp->icmp6_type == ICMPV6_ECHO_REQUEST && !icmp->icmp6_code;
}

/*
 * Turns a request, whose IPv6 header begins the data, into the reply to it. False: its checksum is
 * wrong, or there is no memory. It computes over all bytes, whatever the card said of them: the
 * reply must not make a wrong checksum right.
 */
bool utun_make_echo_reply(struct sk_buff *skb)
{
	int at = sizeof(struct ipv6hdr);
	int length = skb->len - at;
	struct in6_addr source;
	struct ipv6hdr *header;
	struct icmp6hdr *icmp;

	if (skb_ensure_writable(skb, at + sizeof(*icmp)))
		return false;
	header = (struct ipv6hdr *)skb->data;
	icmp = (struct icmp6hdr *)(skb->data + at);
	if (skb->ip_summed != CHECKSUM_PARTIAL) {
		if (csum_ipv6_magic(&header->saddr, &header->daddr, length, IPPROTO_ICMPV6,
				    skb_checksum(skb, at, length, 0)))
			return false;
	} else if (skb_checksum_help(skb)) {
		return false;
	}
	header = (struct ipv6hdr *)skb->data;
	icmp = (struct icmp6hdr *)(skb->data + at);
	source = header->saddr;
	header->saddr = header->daddr;
	header->daddr = source;
	header->hop_limit = UTUN_HOP_LIMIT;
	icmp->icmp6_type = ICMPV6_ECHO_REPLY;
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = csum_ipv6_magic(&header->saddr, &header->daddr, length,
					    IPPROTO_ICMPV6, skb_checksum(skb, at, length, 0));
	skb->ip_summed = CHECKSUM_NONE;
	return true;
}
