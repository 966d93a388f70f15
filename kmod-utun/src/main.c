// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading the module. */
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/netns/generic.h>

#include "utun.h"

static unsigned int utun_net_id;

/* The devices of each network namespace, for packets that no socket leads to. */
struct list_head *utun_devices_of(const struct net *net)
{
	return net_generic(net, utun_net_id);
}

static int __net_init utun_net_init(struct net *net)
{
	INIT_LIST_HEAD(utun_devices_of(net));
	return 0;
}

static struct pernet_operations utun_net_ops = {
	.init = utun_net_init,
	.id = &utun_net_id,
	.size = sizeof(struct list_head),
};

static int __init utun_module_init(void)
{
	int err;

	err = utun_tunnel_cache_create();
	if (err)
		return err;
	err = utun_selftest();
	if (err)
		goto destroy_cache;
	err = register_pernet_subsys(&utun_net_ops);
	if (err)
		goto destroy_cache;
	err = utun_proto41_register();
	if (err)
		goto unregister_pernet;
	err = rtnl_link_register(&utun_link_ops);
	if (err)
		goto unregister_proto41;
	err = genl_register_family(&utun_genl_family);
	if (err)
		goto unregister_link;
	return 0;

unregister_link:
	rtnl_link_unregister(&utun_link_ops);
unregister_proto41:
	utun_proto41_unregister();
unregister_pernet:
	unregister_pernet_subsys(&utun_net_ops);
destroy_cache:
	utun_tunnel_cache_destroy();
	return err;
}

static void __exit utun_module_exit(void)
{
	genl_unregister_family(&utun_genl_family);
	rtnl_link_unregister(&utun_link_ops);	/* and with it all devices */
	utun_proto41_unregister();
	unregister_pernet_subsys(&utun_net_ops);
	utun_tunnel_cache_destroy();
}

module_init(utun_module_init);
module_exit(utun_module_exit);
MODULE_DESCRIPTION("IPv6 tunnels of many clients on one device");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("utun");
MODULE_ALIAS_GENL_FAMILY(UTUN_GENL_NAME);
