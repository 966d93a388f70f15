// SPDX-License-Identifier: GPL-2.0-only
/* The segment size of TCP connections through a tunnel, lowered to what it holds. */
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "utun.h"

/* Two are what hosts send: hop-by-hop, then destination options. */
#define UTUN_OPTIONS_HEADERS_MAX	2

static bool utun_is_options_header(u8 next)
{
	return next == NEXTHDR_HOP || next == NEXTHDR_DEST;
}

/* Where TCP begins behind the IPv6 header; 0: nowhere, as in later fragments. */
static unsigned int utun_find_tcp(const struct sk_buff *skb)
{
	unsigned int at = sizeof(struct ipv6hdr);
	u8 next = ipv6_hdr(skb)->nexthdr;
	const struct ipv6_opt_hdr *options;
	struct ipv6_opt_hdr buffer;
	int headers;

	for (headers = 0; next != IPPROTO_TCP; headers++) {
		if (headers == UTUN_OPTIONS_HEADERS_MAX || !utun_is_options_header(next))
			return 0;
		options = skb_header_pointer(skb, at, sizeof(buffer), &buffer);
		if (!options)
			return 0;
		next = options->nexthdr;
		at += ipv6_optlen(options);
	}
	return at;
}

/* A word at an odd place is summed with its bytes the other way round (RFC 1071 section 2). */
static __be16 utun_as_summed(u16 word, unsigned int at)
{
	return at % 2 ? (__force __be16)swab16((__force u16)htons(word)) : htons(word);
}

/* An unfinished checksum does not cover the options yet. */
static void utun_lower(struct sk_buff *skb, struct tcphdr *tcp, u8 *value, u16 before, u16 after)
{
	unsigned int at = value - (u8 *)tcp;

	value[0] = after >> 8;
	value[1] = after & 0xff;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		inet_proto_csum_replace2(&tcp->check, skb, utun_as_summed(before, at),
					 utun_as_summed(after, at), false);
}

static bool utun_clamp_options(struct sk_buff *skb, struct tcphdr *tcp, u16 mss)
{
	u8 *at = (u8 *)(tcp + 1), *end = (u8 *)tcp + tcp->doff * 4;
	bool clamped = false;

	while (at < end && *at != TCPOPT_EOL) {
		if (*at == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			break;
		if (at[0] == TCPOPT_MSS && at[1] == TCPOLEN_MSS) {
			u16 before = at[2] << 8 | at[3];

			if (before > mss) {
				utun_lower(skb, tcp, at + 2, before, mss);
				clamped = true;
			}
		}
		at += at[1];
	}
	return clamped;
}

/**
 * utun_clamp_mss() - lower the MSS that a SYN announces
 * @skb: a packet that is for one tunnel; its IPv6 header begins the data
 * @mtu: of the tunnel
 *
 * Options, of IPv6 and of TCP, are the sender's own business (RFC 9293 section 3.7.1).
 *
 * Return: whether it was too large. Pointers into the packet are void then.
 */
bool utun_clamp_mss(struct sk_buff *skb, unsigned int mtu)
{
	unsigned int at = utun_find_tcp(skb);
	const struct tcphdr *tcp;
	struct tcphdr buffer;

	tcp = at ? skb_header_pointer(skb, at, sizeof(buffer), &buffer) : NULL;
	if (!tcp || !tcp->syn || tcp->doff * 4 <= sizeof(*tcp) || at + tcp->doff * 4 > skb->len)
		return false;
	if (skb_ensure_writable(skb, at + tcp->doff * 4))
		return false;
	return utun_clamp_options(skb, (struct tcphdr *)(skb->data + at),
				  mtu - sizeof(struct ipv6hdr) - sizeof(struct tcphdr));
}
