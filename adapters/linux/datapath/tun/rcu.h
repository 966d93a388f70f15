// SPDX-License-Identifier: Apache-2.0
//
// Read-copy-update (liburcu, membarrier flavour): readers never wait; what they may still see is freed later.
#pragma once

#include <urcu/urcu-memb.h>

namespace tsp::linux_ {

// Every thread that reads or changes a shared table calls this before; until the thread ends, more calls do nothing.
inline void register_rcu_thread() {
  struct Registration {
    Registration() { urcu_memb_register_thread(); }
    ~Registration() { urcu_memb_unregister_thread(); }
  };
  static thread_local Registration registration;
  static_cast<void>(registration);
}

// What was found in a table may be used as long as the section lasts.
class RcuReadSection {
 public:
  RcuReadSection() { urcu_memb_read_lock(); }
  ~RcuReadSection() { urcu_memb_read_unlock(); }
  RcuReadSection(const RcuReadSection&) = delete;
  RcuReadSection& operator=(const RcuReadSection&) = delete;
};

}  // namespace tsp::linux_
