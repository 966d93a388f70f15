// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that run when the module is loaded, if it was built with UTUN_SELFTEST=y, and keep it from
 * being loaded if they fail. The tables are compared with a list that is searched from end to end.
 */
#include <linux/prandom.h>
#include <net/ipv6.h>

#include "utun.h"

#ifdef UTUN_SELFTEST

/* Few keys, so that tunnels get into each other's way. */
#define TUNNELS		24
#define KEYS		16
#define STEPS		20000

struct utun_model {
	struct utun_tables	tables;
	struct utun_tunnel	*tunnel[TUNNELS];	/* by id; NULL: none */
	struct rnd_state	random;
};

static bool __init utun_expect(bool right, const char *what)
{
	if (!right)
		pr_err("self test failed: %s\n", what);
	return right;
}

static u32 __init utun_random(struct utun_model *model, u32 below)
{
	return prandom_u32_state(&model->random) % below;
}

static void __init utun_random_address(struct utun_model *model, struct in6_addr *address)
{
	memset(address, 0, sizeof(*address));
	address->s6_addr[0] = 0x20;
	address->s6_addr[7] = utun_random(model, KEYS);
	address->s6_addr[15] = utun_random(model, 2);
}

static void __init utun_random_path(struct utun_model *model, struct utun_path *path)
{
	memset(path, 0, sizeof(*path));
	path->remote = htonl(0x01020300 + utun_random(model, KEYS));
	path->local = htonl(0x05060708);
	path->remote_port = htons(utun_random(model, 2));
}

static void __init utun_random_spec(struct utun_model *model, struct utun_spec *spec)
{
	static const u8 lengths[] __initconst = { 0, 56, 60, 64, 128 };

	memset(spec, 0, sizeof(*spec));
	spec->id = utun_random(model, TUNNELS);
	spec->type = UTUN_TYPE_V6UDPV4;
	spec->mtu = IPV6_MIN_MTU;
	utun_random_path(model, &spec->path);
	utun_random_address(model, &spec->inner.base);
	spec->inner.length = 128;
	spec->delegated.length = lengths[utun_random(model, ARRAY_SIZE(lengths))];
	if (spec->delegated.length) {
		struct in6_addr address;

		utun_random_address(model, &address);
		ipv6_addr_prefix(&spec->delegated.base, &address, spec->delegated.length);
	}
}

static bool __init utun_has_prefix(const struct utun_tunnel *t, const struct utun_prefix *prefix)
{
	return !memcmp(&t->inner.prefix, prefix, sizeof(*prefix)) ||
	       (prefix->length && !memcmp(&t->delegated.prefix, prefix, sizeof(*prefix)));
}

static bool __init utun_in_the_way(const struct utun_tunnel *t, const struct utun_spec *spec)
{
	return t->id == spec->id || !memcmp(&t->path.path, &spec->path, sizeof(spec->path)) ||
	       utun_has_prefix(t, &spec->inner) ||
	       (spec->delegated.length && utun_has_prefix(t, &spec->delegated));
}

static struct utun_tunnel * __init utun_slow_path(struct utun_model *model,
						  const struct utun_path *path)
{
	int i;

	for (i = 0; i < TUNNELS; i++)
		if (model->tunnel[i] &&
		    !memcmp(&model->tunnel[i]->path.path, path, sizeof(*path)))
			return model->tunnel[i];
	return NULL;
}

static struct utun_tunnel * __init utun_slow_inner(struct utun_model *model,
						   const struct in6_addr *address)
{
	struct utun_tunnel *best = NULL;
	u32 length = 0;
	int i;

	for (i = 0; i < TUNNELS; i++) {
		struct utun_tunnel *t = model->tunnel[i];

		if (!t)
			continue;
		if (ipv6_addr_equal(&t->inner.prefix.base, address))
			return t;
		if (t->delegated.prefix.length > length && utun_is_own(t, address)) {
			best = t;
			length = t->delegated.prefix.length;
		}
	}
	/* The address of one may be the whole prefix of another; then they are in the way. */
	return best;
}

static bool __init utun_try_install(struct utun_model *model)
{
	struct utun_tunnel *replaced[2], *t;
	struct netlink_ext_ack extack = {};
	unsigned int count = 0, i;
	struct utun_spec spec;
	bool conflict = false;
	int err;

	utun_random_spec(model, &spec);
	for (i = 0; i < TUNNELS; i++) {
		t = model->tunnel[i];
		if (!t || !utun_in_the_way(t, &spec))
			continue;
		if (count < ARRAY_SIZE(replaced) && utun_random(model, 4))
			replaced[count++] = t;
		else
			conflict = true;
	}
	t = utun_tunnel_alloc(&spec);
	if (!utun_expect(t, "no memory"))
		return false;
	err = utun_tables_install(&model->tables, t, replaced, count, &extack);
	if (err) {
		utun_tunnel_free_rcu(t);
		return utun_expect(conflict && err == -EEXIST && extack._msg, "refused");
	}
	for (i = 0; i < count; i++) {
		model->tunnel[replaced[i]->id] = NULL;
		utun_tunnel_free_rcu(replaced[i]);
	}
	model->tunnel[t->id] = t;
	return utun_expect(!conflict, "not refused");
}

static void __init utun_try_remove(struct utun_model *model)
{
	u32 id = utun_random(model, TUNNELS);
	struct utun_tunnel *t = model->tunnel[id];

	if (!t)
		return;
	model->tunnel[id] = NULL;
	utun_tables_remove(&model->tables, t);
	utun_tunnel_free_rcu(t);
}

static bool __init utun_compare(struct utun_model *model)
{
	struct in6_addr address;
	struct utun_path path;
	bool same;
	u32 id;

	utun_random_path(model, &path);
	utun_random_address(model, &address);
	id = utun_random(model, TUNNELS);
	rcu_read_lock();
	same = utun_expect(utun_find_path(&model->tables, &path) == utun_slow_path(model, &path),
			   "by path") &&
	       utun_expect(utun_find_inner(&model->tables, &address) ==
			   utun_slow_inner(model, &address), "by address") &&
	       utun_expect(utun_find_id(&model->tables, id) == model->tunnel[id], "by id");
	rcu_read_unlock();
	return same;
}

static bool __init utun_check_slots(struct utun_model *model)
{
	unsigned int count = 0, i;
	struct utun_tunnel *t;
	unsigned long slot;

	xa_for_each(&model->tables.slots, slot, t) {
		if (!utun_expect(t->slot == slot && model->tunnel[t->id] == t, "by slot"))
			return false;
		count++;
	}
	for (i = 0; i < TUNNELS; i++)
		count -= !!model->tunnel[i];
	return utun_expect(!count, "as many slots as tunnels");
}

static bool __init utun_check_empty(struct utun_model *model)
{
	u32 id;

	for (id = 0; id < TUNNELS; id++) {
		if (!model->tunnel[id])
			continue;
		utun_tables_remove(&model->tables, model->tunnel[id]);
		utun_tunnel_free_rcu(model->tunnel[id]);
	}
	return utun_expect(!model->tables.count && xa_empty(&model->tables.slots) &&
			   bitmap_empty(model->tables.lengths, UTUN_PREFIX_LENGTHS) &&
			   !atomic_read(&model->tables.paths.nelems) &&
			   !atomic_read(&model->tables.prefixes.nelems) &&
			   !atomic_read(&model->tables.ids.nelems), "nothing is left");
}

static bool __init utun_test_tables(void)
{
	struct utun_model *model = kzalloc(sizeof(*model), GFP_KERNEL);
	bool right = true;
	int step;

	if (!model || utun_tables_init(&model->tables)) {
		kfree(model);
		return utun_expect(false, "no memory");
	}
	prandom_seed_state(&model->random, 41);
	for (step = 0; right && step < STEPS; step++) {
		if (utun_random(model, 3))
			right = utun_try_install(model);
		else
			utun_try_remove(model);
		right = right && utun_compare(model);
		cond_resched();
	}
	right = right && utun_check_slots(model);
	right = utun_check_empty(model) && right;
	utun_tables_destroy(&model->tables);
	kfree(model);
	return right;
}

static bool __init utun_test_limiter(void)
{
	struct utun_limiter *limiter = kzalloc(sizeof(*limiter), GFP_KERNEL);
	const struct in6_addr a = { .s6_addr = { 0x20, 1 } }, b = { .s6_addr = { 0x20, 2 } };
	u64 now = NSEC_PER_SEC;
	int allowed = 0, i;

	if (!limiter)
		return utun_expect(false, "no memory");
	utun_limiter_init(limiter);
	for (i = 0; i < 100; i++)
		allowed += utun_limiter_allow(limiter, &a, &b, now);
	/* A second later there are as many again, and not more. */
	for (i = 0; i < 100; i++)
		allowed += utun_limiter_allow(limiter, &a, &b, now + NSEC_PER_SEC);
	/* And a tenth of that in a tenth of it. */
	for (i = 0; i < 100; i++)
		allowed += utun_limiter_allow(limiter, &a, &b, now + NSEC_PER_SEC * 11 / 10);
	kfree(limiter);
	return utun_expect(allowed == 10 + 10 + 1, "the rate of errors about one flow");
}

struct utun_scope_case {
	struct in6_addr	address;
	enum utun_scope	scope;
};

static const struct utun_scope_case utun_scope_cases[] __initconst = {
	{ { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } }, UTUN_SCOPE_ROUTABLE },
	{ { .s6_addr = { 0 } }, UTUN_SCOPE_UNSPECIFIED },
	{ { .s6_addr = { [15] = 1 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { [12] = 8, 8, 8, 8 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { [10] = 0xff, 0xff, 8, 8, 8, 8 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { 0, 0x64, 0xff, 0x9b, [12] = 8, 8, 8, 8 } }, UTUN_SCOPE_ROUTABLE },
	{ { .s6_addr = { 0xfe, 0x80, [15] = 1 } }, UTUN_SCOPE_LINK_LOCAL },
	{ { .s6_addr = { 0xfe, 0xbf, [15] = 1 } }, UTUN_SCOPE_LINK_LOCAL },
	{ { .s6_addr = { 0xfe, 0xc0, [15] = 1 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { 0xff, 0x02, [15] = 1 } }, UTUN_SCOPE_LINK_MULTICAST },
	{ { .s6_addr = { 0xff, 0x00, [15] = 1 } }, UTUN_SCOPE_LINK_MULTICAST },
	{ { .s6_addr = { 0xff, 0x05, [15] = 1 } }, UTUN_SCOPE_MULTICAST },
	{ { .s6_addr = { 0x20, 0x02, 8, 8, 8, 8 } }, UTUN_SCOPE_ROUTABLE },
	{ { .s6_addr = { 0x20, 0x02, 10, 0, 0, 1 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { 0x20, 0x02, 100, 127, 0, 1 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { 0x20, 0x02, 100, 128, 0, 1 } }, UTUN_SCOPE_ROUTABLE },
	{ { .s6_addr = { 0x20, 0x02, 198, 18, 0, 1 } }, UTUN_SCOPE_INVALID },
	{ { .s6_addr = { 0x20, 0x02, 9, 9, 9, 9 } }, UTUN_SCOPE_INVALID },	/* our own */
};

static bool __init utun_test_scopes(void)
{
	bool right = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(utun_scope_cases); i++) {
		const struct utun_scope_case *one = &utun_scope_cases[i];

		if (utun_scope_of(&one->address, htonl(0x09090909)) == one->scope)
			continue;
		pr_err("self test failed: the scope of %pI6c\n", &one->address);
		right = false;
	}
	return right;
}

int __init utun_selftest(void)
{
	if (!utun_test_tables() || !utun_test_limiter() || !utun_test_scopes())
		return -EINVAL;
	pr_info("self tests passed\n");
	return 0;
}

#else

int __init utun_selftest(void)
{
	return 0;
}

#endif
