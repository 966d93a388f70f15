// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of a device.
 *
 * A tunnel is found by its outer path and by its inner prefixes, in two hash tables. Adding one
 * that replaces others has to be one step to packets, which look into one table or the other: so
 * everything is put into the tables first, to be overlooked, and then one store makes the new
 * tunnel live and those that it replaces dead.
 */
#include <linux/netlink.h>
#include <net/ipv6.h>

#include "tables.h"

static const struct rhashtable_params utun_path_params = {
	.key_len = sizeof(struct utun_path),
	.key_offset = offsetof(struct utun_node, path),
	.head_offset = offsetof(struct utun_node, head),
	.automatic_shrinking = true,
};

static const struct rhashtable_params utun_prefix_params = {
	.key_len = sizeof(struct utun_prefix),
	.key_offset = offsetof(struct utun_node, prefix),
	.head_offset = offsetof(struct utun_node, head),
	.automatic_shrinking = true,
};

static const struct rhashtable_params utun_id_params = {
	.key_len = sizeof_field(struct utun_tunnel, id),
	.key_offset = offsetof(struct utun_tunnel, id),
	.head_offset = offsetof(struct utun_tunnel, by_id),
	.automatic_shrinking = true,
};

int utun_tables_init(struct utun_tables *tables)
{
	int err;

	err = rhashtable_init(&tables->paths, &utun_path_params);
	if (err)
		return err;
	err = rhashtable_init(&tables->prefixes, &utun_prefix_params);
	if (err)
		goto free_paths;
	err = rhashtable_init(&tables->ids, &utun_id_params);
	if (err)
		goto free_prefixes;
	xa_init_flags(&tables->slots, XA_FLAGS_ALLOC);
	seqlock_init(&tables->takeover);
	return 0;

free_prefixes:
	rhashtable_destroy(&tables->prefixes);
free_paths:
	rhashtable_destroy(&tables->paths);
	return err;
}

/* They are empty, and nobody reads them any more. */
void utun_tables_destroy(struct utun_tables *tables)
{
	xa_destroy(&tables->slots);
	rhashtable_destroy(&tables->ids);
	rhashtable_destroy(&tables->prefixes);
	rhashtable_destroy(&tables->paths);
}

/* ---- readers, under RCU ---- */

static struct utun_tunnel *utun_tunnel_of(const struct utun_node *node)
{
	return (struct utun_tunnel *)((char *)node - node->place);
}

/*
 * Whose a node's key is now. Pairs with the stores of utun_tables_install(): first the tunnel
 * becomes live, and only then does the node forget the one that it has taken over from.
 */
static struct utun_tunnel *utun_current(const struct utun_node *node)
{
	struct utun_tunnel *t = utun_tunnel_of(node);
	const struct utun_tunnel *successor;
	const struct utun_node *shadowed;

	/* Pairs with utun_tables_install(). */
	if (unlikely(smp_load_acquire(&t->state) == UTUN_PENDING)) {
		shadowed = rcu_dereference(node->shadowed);
		if (shadowed)
			return utun_tunnel_of(shadowed);
	}
	/* Again: it may have become live since. Pairs with utun_tables_install(), _remove(). */
	if (unlikely(smp_load_acquire(&t->state) != UTUN_LIVE))
		return NULL;
	successor = rcu_dereference(t->successor);
	/* Pairs with utun_tables_install() of the successor. */
	if (unlikely(successor && smp_load_acquire(&successor->state) != UTUN_PENDING))
		return NULL;
	return t;
}

static struct utun_tunnel *utun_look_for_path(struct utun_tables *tables,
					      const struct utun_path *path)
{
	const struct utun_node *node;

	node = rhashtable_lookup(&tables->paths, path, utun_path_params);
	return node ? utun_current(node) : NULL;
}

/* A node that was found just before another one took its place leads to nobody: look again. */
struct utun_tunnel *utun_find_path(struct utun_tables *tables, const struct utun_path *path)
{
	struct utun_tunnel *t;
	unsigned int seq;

	do {
		seq = read_seqbegin(&tables->takeover);
		t = utun_look_for_path(tables, path);
	} while (unlikely(!t) && read_seqretry(&tables->takeover, seq));
	return t;
}

static struct utun_node *utun_prefix_lookup(struct utun_tables *tables,
					    const struct in6_addr *address, u32 length)
{
	struct utun_prefix key = { .length = length };

	ipv6_addr_prefix(&key.base, address, length);
	return rhashtable_lookup(&tables->prefixes, &key, utun_prefix_params);
}

/* The longest prefix wins. A broker hands out two or three lengths, and each costs one look. */
static struct utun_tunnel *utun_look_for_inner(struct utun_tables *tables,
					       const struct in6_addr *address)
{
	const struct utun_node *node;
	struct utun_tunnel *t;
	unsigned int bit;

	for_each_set_bit(bit, tables->lengths, UTUN_PREFIX_LENGTHS) {
		node = utun_prefix_lookup(tables, address, 128 - bit);
		t = node ? utun_current(node) : NULL;
		if (t)
			return t;
	}
	return NULL;
}

struct utun_tunnel *utun_find_inner(struct utun_tables *tables, const struct in6_addr *address)
{
	struct utun_tunnel *t;
	unsigned int seq;

	do {
		seq = read_seqbegin(&tables->takeover);
		t = utun_look_for_inner(tables, address);
	} while (unlikely(!t) && read_seqretry(&tables->takeover, seq));
	return t;
}

/* ---- the writer ---- */

struct utun_tunnel *utun_find_id(struct utun_tables *tables, u64 id)
{
	return rhashtable_lookup_fast(&tables->ids, &id, utun_id_params);
}

/* A prefix that is the address once more needs no node. */
static bool utun_has_delegated_node(const struct utun_tunnel *t)
{
	const struct utun_prefix *delegated = &t->delegated.prefix;

	return delegated->length &&
	       !(delegated->length == 128 &&
		 ipv6_addr_equal(&delegated->base, &t->inner.prefix.base));
}

static bool utun_is_among(const struct utun_tunnel *t, struct utun_tunnel **list,
			  unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (list[i] == t)
			return true;
	return false;
}

static struct utun_node *utun_path_owner(struct utun_tables *tables, struct utun_tunnel *t)
{
	return rhashtable_lookup_fast(&tables->paths, &t->path.path, utun_path_params);
}

static struct utun_node *utun_prefix_owner(struct utun_tables *tables,
					   const struct utun_node *wanted)
{
	return rhashtable_lookup_fast(&tables->prefixes, &wanted->prefix, utun_prefix_params);
}

static int utun_check_conflicts(struct utun_tables *tables, struct utun_tunnel *t,
				struct utun_tunnel **replaced, unsigned int count,
				struct netlink_ext_ack *extack)
{
	struct utun_tunnel *same_id = utun_find_id(tables, t->id);
	struct utun_node *node;

	if (same_id && !utun_is_among(same_id, replaced, count)) {
		NL_SET_ERR_MSG(extack, "another tunnel has this id");
		return -EEXIST;
	}
	node = utun_path_owner(tables, t);
	if (node && !utun_is_among(utun_tunnel_of(node), replaced, count)) {
		NL_SET_ERR_MSG(extack, "another tunnel has this path");
		return -EEXIST;
	}
	node = utun_prefix_owner(tables, &t->inner);
	if (node && !utun_is_among(utun_tunnel_of(node), replaced, count)) {
		NL_SET_ERR_MSG(extack, "another tunnel has this address");
		return -EEXIST;
	}
	if (!utun_has_delegated_node(t))
		return 0;
	node = utun_prefix_owner(tables, &t->delegated);
	if (node && !utun_is_among(utun_tunnel_of(node), replaced, count)) {
		NL_SET_ERR_MSG(extack, "another tunnel has this prefix");
		return -EEXIST;
	}
	return 0;
}

static int utun_insert_path(struct utun_tables *tables, struct utun_tunnel *t)
{
	struct utun_node *old = utun_path_owner(tables, t);

	if (!old)
		return rhashtable_insert_fast(&tables->paths, &t->path.head, utun_path_params);
	RCU_INIT_POINTER(t->path.shadowed, old);
	return rhashtable_replace_fast(&tables->paths, &old->head, &t->path.head,
				       utun_path_params);
}

static void utun_withdraw_path(struct utun_tables *tables, struct utun_tunnel *t)
{
	struct utun_node *old = rcu_dereference_protected(t->path.shadowed, true);

	if (old)
		rhashtable_replace_fast(&tables->paths, &t->path.head, &old->head,
					utun_path_params);
	else
		rhashtable_remove_fast(&tables->paths, &t->path.head, utun_path_params);
}

/* Packets have to look for the length before there is one of it. */
static void utun_length_get(struct utun_tables *tables, u32 length)
{
	if (!tables->users[length]++)
		set_bit(128 - length, tables->lengths);
}

static void utun_length_put(struct utun_tables *tables, u32 length)
{
	if (!--tables->users[length])
		clear_bit(128 - length, tables->lengths);
}

static int utun_insert_prefix(struct utun_tables *tables, struct utun_node *node)
{
	struct utun_node *old = utun_prefix_owner(tables, node);
	int err;

	utun_length_get(tables, node->prefix.length);
	if (old) {
		RCU_INIT_POINTER(node->shadowed, old);
		return rhashtable_replace_fast(&tables->prefixes, &old->head, &node->head,
					       utun_prefix_params);
	}
	err = rhashtable_insert_fast(&tables->prefixes, &node->head, utun_prefix_params);
	if (err)
		utun_length_put(tables, node->prefix.length);
	return err;
}

static void utun_withdraw_prefix(struct utun_tables *tables, struct utun_node *node)
{
	struct utun_node *old = rcu_dereference_protected(node->shadowed, true);

	if (old)
		rhashtable_replace_fast(&tables->prefixes, &node->head, &old->head,
					utun_prefix_params);
	else
		rhashtable_remove_fast(&tables->prefixes, &node->head, utun_prefix_params);
	utun_length_put(tables, node->prefix.length);
}

static int utun_insert_id(struct utun_tables *tables, struct utun_tunnel *t)
{
	struct utun_tunnel *old = utun_find_id(tables, t->id);

	if (!old)
		return rhashtable_insert_fast(&tables->ids, &t->by_id, utun_id_params);
	return rhashtable_replace_fast(&tables->ids, &old->by_id, &t->by_id, utun_id_params);
}

/* All nodes of a pending tunnel, or none. */
static int utun_insert_nodes(struct utun_tables *tables, struct utun_tunnel *t)
{
	int err;

	err = xa_alloc(&tables->slots, &t->slot, t, xa_limit_32b, GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	err = utun_insert_path(tables, t);
	if (err)
		goto free_slot;
	err = utun_insert_prefix(tables, &t->inner);
	if (err)
		goto withdraw_path;
	if (utun_has_delegated_node(t)) {
		err = utun_insert_prefix(tables, &t->delegated);
		if (err)
			goto withdraw_inner;
	}
	/* The last one, because it is not put back. */
	err = utun_insert_id(tables, t);
	if (!err)
		return 0;

	if (utun_has_delegated_node(t))
		utun_withdraw_prefix(tables, &t->delegated);
withdraw_inner:
	utun_withdraw_prefix(tables, &t->inner);
withdraw_path:
	utun_withdraw_path(tables, t);
free_slot:
	xa_erase(&tables->slots, t->slot);
	return err;
}

/* Those of a tunnel that is no longer live; what has been replaced already is not there. */
static void utun_remove_nodes(struct utun_tables *tables, struct utun_tunnel *t)
{
	rhashtable_remove_fast(&tables->paths, &t->path.head, utun_path_params);
	rhashtable_remove_fast(&tables->prefixes, &t->inner.head, utun_prefix_params);
	utun_length_put(tables, t->inner.prefix.length);
	if (utun_has_delegated_node(t)) {
		rhashtable_remove_fast(&tables->prefixes, &t->delegated.head, utun_prefix_params);
		utun_length_put(tables, t->delegated.prefix.length);
	}
	rhashtable_remove_fast(&tables->ids, &t->by_id, utun_id_params);
	xa_erase(&tables->slots, t->slot);
	tables->count--;
}

static void utun_forget_shadowed(struct utun_node *node)
{
	rcu_assign_pointer(node->shadowed, NULL);
}

/**
 * utun_tables_install() - add a tunnel and remove others in the same step
 * @tables: where
 * @t: the tunnel; the caller's again if this fails, but packets may have seen it
 * @replaced: tunnels of the tables, each once; the caller's to free if this succeeds
 * @count: how many these are
 * @extack: what is wrong
 *
 * Return: 0, or a negative error with nothing changed: -EEXIST if a tunnel that is not replaced
 * has the id, the path, the address or the prefix; -ENOMEM.
 */
int utun_tables_install(struct utun_tables *tables, struct utun_tunnel *t,
			struct utun_tunnel **replaced, unsigned int count,
			struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err;

	err = utun_check_conflicts(tables, t, replaced, count, extack);
	if (err)
		return err;
	for (i = 0; i < count; i++)
		rcu_assign_pointer(replaced[i]->successor, t);
	err = utun_insert_nodes(tables, t);
	if (err) {
		for (i = 0; i < count; i++)
			RCU_INIT_POINTER(replaced[i]->successor, NULL);
		return err == -ENOMEM ? err : -ENOBUFS;
	}

	write_seqlock_bh(&tables->takeover);
	/* The one step. Pairs with utun_current(). */
	smp_store_release(&t->state, UTUN_LIVE);
	write_sequnlock_bh(&tables->takeover);

	utun_forget_shadowed(&t->path);
	utun_forget_shadowed(&t->inner);
	utun_forget_shadowed(&t->delegated);
	for (i = 0; i < count; i++)
		utun_remove_nodes(tables, replaced[i]);
	tables->count++;
	tables->generation++;
	return 0;
}

/**
 * utun_tables_remove() - remove a tunnel
 * @tables: where
 * @t: the tunnel, afterwards the caller's to free
 */
void utun_tables_remove(struct utun_tables *tables, struct utun_tunnel *t)
{
	/* By no key any more, though the nodes go one by one. Pairs with utun_current(). */
	smp_store_release(&t->state, UTUN_DEAD);
	utun_remove_nodes(tables, t);
	tables->generation++;
}
